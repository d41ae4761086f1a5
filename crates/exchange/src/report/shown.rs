//! The words of a report, as the template reads them.

use clinic::{Eye, EyeAnswer, Laterality, Photograph, PhotographState, Review, Stage, words};
use serde::Serialize;
use trust::words::{self as numbers, capitalized, sentence};

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
        let patient = patient.unwrap_or_else(|| "not stated".to_owned());
        Self {
            paper: match report.paper {
                Paper::A4 => "a4",
                Paper::UsLetter => "us-letter",
            },
            fonts: families(),
            title: "Screening for diabetic retinopathy",
            program: program(),
            running: beginning(&patient),
            patient,
            facts: facts(report),
            verdict: deciding::patient(screening),
            eyes: eyes(report),
            refused: screening.photographs.iter().filter_map(refused).collect(),
            model: model(&report.model),
            model_notes: other_models(report),
            disclaimer: trust::DISCLAIMER,
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
    let born = screening
        .year_of_birth
        .map_or_else(|| "not stated".to_owned(), |year| year.to_string());
    let made = words::moment(report.made);
    let made = match &report.made_by {
        Some(person) => format!("{made}, by {person}"),
        None => made,
    };
    let circumstances = &screening.circumstances;
    let told = [
        (
            "Examined",
            circumstances.examined.map(|day| day.to_string()),
        ),
        ("Camera", circumstances.device.clone()),
        ("Photographed by", circumstances.operator.clone()),
    ];
    let told = told
        .into_iter()
        .filter_map(|(name, value)| Some(fact(name, value?)));
    let mut facts = vec![
        fact("Year of birth", born),
        fact(
            "Photographs",
            format!(
                "{}, received {}",
                screening.photographs.len(),
                words::moment(screening.created)
            ),
        ),
        fact("Screening", screening.id.to_string()),
        fact("Report made", made),
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
        None => not_photographed(side),
    });
    told.chain(find(None).map(|eye| shown(report, eye)))
        .collect()
}

fn not_photographed(laterality: Option<Laterality>) -> EyeShown {
    EyeShown {
        name: words::eye(laterality),
        is_photographed: false,
        kind: "none",
        word: "No photograph".to_owned(),
        reviews: Vec::new(),
        system: SystemShown {
            grade: String::new(),
            short: String::new(),
            notes: vec!["No photograph is known to show this eye.".to_owned()],
        },
        photographs: Vec::new(),
        details_title: String::new(),
        details: Vec::new(),
        signs: Vec::new(),
    }
}

fn shown(report: &Report, eye: &Eye) -> EyeShown {
    let screening = &report.screening;
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
        name: words::eye(eye.laterality),
        is_photographed: true,
        kind: standing.map_or("retake", |decision| decision.name()),
        word: match standing {
            Some(decision) => numbers::decision(decision).0,
            None => "Not gradable".to_owned(),
        },
        reviews: own.iter().map(|each| review(each, stands(each))).collect(),
        system: system(eye),
        details_title: match eye.answer {
            EyeAnswer::Graded { photograph, .. } => {
                format!("What photograph {} was graded by", photograph + 1)
            }
            _ => String::new(),
        },
        photographs,
        details,
        signs,
    }
}

fn review(review: &Review, stands: bool) -> ReviewShown {
    let (verdict, rest) = words::review(review);
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

fn system(eye: &Eye) -> SystemShown {
    match eye.answer {
        EyeAnswer::Graded {
            photograph,
            grade,
            decision,
        } => {
            let word = numbers::decision(decision).0;
            let which = (eye.photographs.len() > 1).then(|| {
                let all = eye.photographs.len();
                format!(
                    "The worst of {all} photographs: photograph {}.",
                    photograph + 1
                )
            });
            SystemShown {
                grade: grade.words().to_owned(),
                short: format!("grade {} of 0 to 4 · {word}", grade.index()),
                notes: which.into_iter().collect(),
            }
        }
        EyeAnswer::Pending | EyeAnswer::Withheld => SystemShown {
            grade: "Not gradable".to_owned(),
            short: String::new(),
            notes: vec![
                words::EYE_NOT_GRADABLE.to_owned(),
                words::NOT_HEALTHY.to_owned(),
            ],
        },
    }
}

/// A photograph that was not taken, and why.
fn refused(photograph: &Photograph) -> Option<Fact> {
    match &photograph.state {
        PhotographState::Rejected { error } => Some(fact(&photograph.file_name, sentence(error))),
        PhotographState::Accepted(_) => None,
    }
}

/// The model and what it was measured to be worth.
fn model(model: &Model) -> Vec<Fact> {
    let figure = |interval: &trust::bootstrap::Interval| {
        numbers::with_interval(interval.value, interval.lower, interval.upper)
    };
    let version: String = version(&model.fingerprint);
    let figures = [
        (numbers::KAPPA, &model.kappa),
        (numbers::REFERABLE_AUC, &model.referable_auc),
    ];
    let figures = figures
        .into_iter()
        .filter_map(|(name, interval)| Some(fact(name, figure(interval.as_ref()?))));
    [
        fact("Model", format!("{} {version}", model.name)),
        fact("Network", numbers::network(model.members, model.input_side)),
    ]
    .into_iter()
    .chain(figures)
    .chain([
        fact("Measured on", numbers::measured_on(model.validation.len())),
        fact("Terms", model.licence.clone()),
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
                Some(capitalized(&format!(
                    "photograph {} was graded by another model, version {}: the figures above are not its own.",
                    place + 1,
                    version(&finding.bundle)
                )))
            }
            _ => None,
        })
        .collect()
}
