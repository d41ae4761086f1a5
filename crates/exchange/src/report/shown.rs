//! The words of a report, as the template reads them.

use clinic::{Eye, EyeAnswer, Laterality, Photograph, PhotographState, Review, Stage, words};
use language::{Language, text_with};
use serde::Serialize;
use trust::bootstrap::Interval;
use trust::words::{self as numbers, sentence};

use super::photograph::{Detail, PhotographShown};
use super::world::families;
use super::{Model, Paper, Report, deciding, program};

/// Characters of a patient's identifier above the later pages.
const RUNNING: usize = 60;
/// Digits of a fingerprint that make a version.
const VERSION: usize = 8;

/// Everything that is printed.
#[derive(Serialize)]
pub(super) struct Shown {
    paper: &'static str,
    fonts: Vec<&'static str>,
    title: &'static str,
    program: String,
    patient: String,
    /// The patient, above the second page and those after it.
    running: String,
    facts: Vec<Fact>,
    verdict: Verdictline,
    eyes: Vec<EyeShown>,
    refused: Vec<Fact>,
    model: Vec<Fact>,
    model_notes: Vec<String>,
    disclaimer: &'static str,
    language: &'static str,
    labels: Labels,
}

/// The words that stand in the layout.
#[derive(Serialize)]
struct Labels {
    patient: &'static str,
    /// Before and after the number of a page, and after that of all.
    page: [String; 3],
    evidence: &'static str,
    across: &'static str,
    by_itself: &'static str,
    photograph: &'static str,
    review: &'static str,
    other_review: &'static str,
    signs: &'static str,
    answer: &'static str,
    refused: &'static str,
    measured: &'static str,
}

impl Labels {
    fn of(language: Language) -> Self {
        // Numbers are known to the layout alone.
        let page = text_with!(language, "report-page", page = "\n", pages = "\n");
        let mut page = page.split('\n').map(str::to_owned);
        Self {
            patient: language.text("report-patient"),
            page: std::array::from_fn(|_| page.next().unwrap_or_default()),
            evidence: language.text("report-evidence"),
            across: language.text("report-across"),
            by_itself: language.text("report-by-itself"),
            photograph: language.text("report-photograph"),
            review: language.text("report-review"),
            other_review: language.text("report-other-review"),
            signs: language.text("signs-title"),
            answer: language.text("report-system-answer"),
            refused: language.text("report-refused"),
            measured: language.text("report-measured"),
        }
    }
}

/// A name and what belongs to it.
#[derive(Serialize)]
struct Fact {
    name: String,
    value: String,
}

/// A decision with its colour, what it means, and what brought it about.
#[derive(Serialize)]
pub(super) struct Verdictline {
    pub(super) kind: &'static str,
    pub(super) word: String,
    pub(super) sentences: Vec<String>,
    pub(super) reasons: Vec<String>,
}

#[derive(Serialize)]
struct EyeShown {
    name: &'static str,
    is_photographed: bool,
    kind: &'static str,
    word: String,
    /// The one that stands first, then the newest first.
    reviews: Vec<ReviewShown>,
    system: SystemShown,
    photographs: Vec<PhotographShown>,
    details_title: String,
    details: Vec<Detail>,
    signs: Vec<&'static str>,
}

#[derive(Serialize)]
struct ReviewShown {
    /// Whether this is the word that counts: that of the only reader, of most readers, or of the arbiter.
    stands: bool,
    verdict: String,
    rest: String,
    signed: String,
}

/// The system's answer to an eye.
#[derive(Serialize)]
struct SystemShown {
    grade: String,
    /// The grade's number and the decision.
    short: String,
    notes: Vec<String>,
}

impl Shown {
    pub(super) fn of(report: &Report) -> Self {
        let screening = &report.screening;
        let patient = screening.patient.clone();
        let language = report.language;
        let patient = patient.unwrap_or_else(|| language.text("report-not-stated").to_owned());
        Self {
            paper: match report.paper {
                Paper::A4 => "a4",
                Paper::UsLetter => "us-letter",
            },
            fonts: families(),
            title: language.text("frame-purpose"),
            program: program(),
            running: beginning(&patient),
            patient,
            facts: facts(report),
            verdict: deciding::patient(language, screening),
            eyes: eyes(report),
            refused: (screening.photographs.iter())
                .filter_map(|photograph| refused(language, photograph))
                .collect(),
            model: model(language, &report.model),
            model_notes: other_models(report),
            disclaimer: language.text("frame-disclaimer"),
            language: language.tag(),
            labels: Labels::of(language),
        }
    }
}

fn fact(name: &str, value: impl Into<String>) -> Fact {
    Fact {
        name: name.to_owned(),
        value: value.into(),
    }
}

fn beginning(patient: &str) -> String {
    match patient.char_indices().nth(RUNNING) {
        Some((end, _)) => format!("{}…", &patient[..end]),
        None => patient.to_owned(),
    }
}

fn facts(report: &Report) -> Vec<Fact> {
    let screening = &report.screening;
    let language = report.language;
    let not_stated = || language.text("report-not-stated").to_owned();
    let born = (screening.year_of_birth).map_or_else(not_stated, |year| year.to_string());
    let made = words::moment(report.made);
    let made = match &report.made_by {
        Some(person) => text_with!(
            language,
            "report-made-by",
            moment = made,
            person = person.as_str(),
        ),
        None => made,
    };
    let photographs = text_with!(
        language,
        "report-photographs-received",
        count = screening.photographs.len(),
        moment = words::moment(screening.created),
    );
    let circumstances = &screening.circumstances;
    let examined = circumstances.examined.map(|day| day.to_string());
    let told = [
        (language.text("report-examined"), examined),
        (language.text("report-camera"), circumstances.device.clone()),
        (
            language.text("report-operator"),
            circumstances.operator.clone(),
        ),
    ];
    let told = told
        .into_iter()
        .filter_map(|(name, value)| Some(fact(name, value?)));
    let mut facts = vec![
        fact(language.text("report-year-of-birth"), born),
        fact(language.text("report-photographs"), photographs),
        fact(language.text("report-screening"), screening.id.to_string()),
        fact(language.text("report-made"), made),
    ];
    facts.splice(1..1, told);
    facts
}

/// Right and left, photographed or not, as soon as one of them is known; then the photographs of which nobody said which.
fn eyes(report: &Report) -> Vec<EyeShown> {
    let eyes = report.screening.eyes();
    let find = |laterality| eyes.iter().find(|eye| eye.laterality == laterality);
    let sides = [Some(Laterality::Right), Some(Laterality::Left)];
    let is_told = sides.iter().any(|side| find(*side).is_some());
    let told = sides.into_iter().filter(|_| is_told);
    let told = told.map(|side| match find(side) {
        Some(eye) => shown(report, eye),
        None => not_photographed(report.language, side),
    });
    told.chain(find(None).map(|eye| shown(report, eye)))
        .collect()
}

fn not_photographed(language: Language, laterality: Option<Laterality>) -> EyeShown {
    EyeShown {
        name: words::eye(language, laterality),
        is_photographed: false,
        kind: "none",
        word: language.text("report-no-photograph").to_owned(),
        reviews: Vec::new(),
        system: SystemShown {
            grade: String::new(),
            short: String::new(),
            notes: vec![language.text("report-no-photograph-known").to_owned()],
        },
        photographs: Vec::new(),
        details_title: String::new(),
        details: Vec::new(),
        signs: Vec::new(),
    }
}

fn shown(report: &Report, eye: &Eye) -> EyeShown {
    let screening = &report.screening;
    let language = report.language;
    let standing = screening.eye_decision(eye);
    let standing_review = screening.reading(eye.laterality).standing;
    let stands =
        |review: &&Review| standing_review.is_some_and(|standing| std::ptr::eq(standing, *review));
    let newest_first = screening.reviews.iter().rev();
    let mut own: Vec<&Review> = newest_first
        .filter(|review| review.laterality == eye.laterality)
        .collect();
    own.sort_by_key(|review| !stands(review));
    let photographs: Vec<PhotographShown> = eye
        .photographs
        .iter()
        .filter_map(|&place| PhotographShown::of(report, place))
        .collect();
    let (details, signs) = match eye.answer {
        EyeAnswer::Graded { photograph, .. } => super::photograph::details(report, photograph),
        EyeAnswer::Pending | EyeAnswer::Withheld => (Vec::new(), Vec::new()),
    };
    EyeShown {
        name: words::eye(language, eye.laterality),
        is_photographed: true,
        kind: standing.map_or("retake", |decision| decision.name()),
        word: match standing {
            Some(decision) => numbers::decision(language, decision).0,
            None => language.text("photograph-not-gradable").to_owned(),
        },
        reviews: (own.iter())
            .map(|each| review(language, each, stands(each)))
            .collect(),
        system: system(language, eye),
        details_title: match eye.answer {
            EyeAnswer::Graded { photograph, .. } => {
                text_with!(language, "report-graded-by", number = photograph + 1)
            }
            _ => String::new(),
        },
        photographs,
        details,
        signs,
    }
}

fn review(language: Language, review: &Review, stands: bool) -> ReviewShown {
    let (verdict, rest) = words::review(language, review);
    let moment = words::moment(review.created);
    ReviewShown {
        stands,
        verdict,
        rest,
        signed: match &review.reader {
            Some(reader) => format!("{moment} · {reader}"),
            None => moment,
        },
    }
}

fn system(language: Language, eye: &Eye) -> SystemShown {
    match eye.answer {
        EyeAnswer::Graded {
            photograph,
            grade,
            decision,
        } => {
            let all = eye.photographs.len();
            let which = (all > 1).then(|| {
                text_with!(
                    language,
                    "report-worst-of",
                    count = all,
                    number = photograph + 1,
                )
            });
            SystemShown {
                grade: grade.words_in(language).to_owned(),
                short: text_with!(
                    language,
                    "report-short-answer",
                    number = grade.index(),
                    word = numbers::decision(language, decision).0,
                ),
                notes: which.into_iter().collect(),
            }
        }
        EyeAnswer::Pending | EyeAnswer::Withheld => SystemShown {
            grade: language.text("photograph-not-gradable").to_owned(),
            short: String::new(),
            notes: vec![
                language.text("quality-eye-not-gradable").to_owned(),
                language.text("quality-not-healthy").to_owned(),
            ],
        },
    }
}

/// A photograph that was not taken, and why.
fn refused(language: Language, photograph: &Photograph) -> Option<Fact> {
    match &photograph.state {
        PhotographState::Rejected { error } => {
            let why = sentence(&language.retell(error));
            Some(fact(&photograph.file_name, why))
        }
        PhotographState::Accepted(_) => None,
    }
}

/// The model and what it was measured to be worth.
fn model(language: Language, model: &Model) -> Vec<Fact> {
    let figure = |interval: &Interval| {
        numbers::with_interval(language, interval.value, interval.lower, interval.upper)
    };
    let version: String = version(&model.fingerprint);
    let figures = [
        (language.text("frame-kappa"), &model.kappa),
        (language.text("frame-referable-auc"), &model.referable_auc),
    ];
    let figures = figures
        .into_iter()
        .filter_map(|(name, interval)| Some(fact(name, figure(interval.as_ref()?))));
    let network = numbers::network(language, model.members, model.input_side);
    let measured_on = numbers::measured_on(language, model.validation.len());
    [
        fact(
            language.text("report-model"),
            format!("{} {version}", model.name),
        ),
        fact(language.text("frame-network"), network),
    ]
    .into_iter()
    .chain(figures)
    .chain([
        fact(language.text("frame-measured-on"), measured_on),
        fact(language.text("frame-terms"), model.licence.clone()),
    ])
    .collect()
}

fn version(fingerprint: &str) -> String {
    fingerprint.chars().take(VERSION).collect()
}

/// The photographs to which another model answered, of which nothing more is known.
fn other_models(report: &Report) -> Vec<String> {
    let photographs = report.screening.photographs.iter().enumerate();
    photographs
        .filter_map(|(place, photograph)| match photograph.stage()? {
            Stage::Graded { finding, .. } if finding.bundle != report.model.fingerprint => {
                Some(text_with!(
                    report.language,
                    "report-other-model",
                    number = place + 1,
                    version = version(&finding.bundle),
                ))
            }
            _ => None,
        })
        .collect()
}
