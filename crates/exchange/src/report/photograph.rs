//! What a report says of one photograph.

use clinic::{
    AcceptedPhotograph, Explanation, ExplanationState, Finding, PhotographFacts, Region, Stage,
    words,
};
use language::{Language, text_with, unmarked};
use serde::Serialize;
use trust::words::{
    self as numbers, Likeness, capitalized, decided_by, percent, prediction_meaning,
    prediction_set, sentence,
};
use trust::{Decision, Grade};

use super::world::picture_name;
use super::{Method, Report};

/// A photograph with the few words below it.
#[derive(Serialize)]
pub(super) struct PhotographShown {
    number: usize,
    file: String,
    /// The name of the picture; `None` where there is none to show.
    picture: Option<String>,
    /// What the picture shows, for those who cannot see it.
    alternative: String,
    outlines: Vec<Outline>,
    kind: &'static str,
    answer: String,
    lines: Vec<String>,
    places: Option<PlacesShown>,
}

/// A place to look at, in shares of the picture's side.
#[derive(Serialize)]
struct Outline {
    points: Vec<[f64; 2]>,
    /// Where its number stands: the upper right corner of its bounds, as on the page.
    corner: [f64; 2],
}

#[derive(Serialize)]
struct PlacesShown {
    title: &'static str,
    introduction: String,
    rows: Vec<[String; 3]>,
    change: Option<String>,
}

/// A line about the photograph that decides on an eye.
#[derive(Serialize)]
pub(super) struct Detail {
    name: &'static str,
    strong: String,
    rest: String,
}

impl PhotographShown {
    /// The photograph at a place of the screening; `None` for one that was refused.
    pub(super) fn of(report: &Report, place: usize) -> Option<Self> {
        let photograph = report.screening.photographs.get(place)?;
        let accepted = photograph.accepted()?;
        let AcceptedPhotograph { facts, stage, .. } = accepted;
        let picture = report.pictures.get(place).and_then(Option::as_ref);
        let number = place + 1;
        let language = report.language;
        let bare = Self {
            number,
            file: photograph.file_name.clone(),
            picture: picture.map(|_| picture_name(place)),
            alternative: text_with!(
                language,
                "report-alternative",
                number = number,
                eye = words::eye_of(language, facts),
            ),
            outlines: Vec::new(),
            kind: "retake",
            answer: language.text("report-not-graded").to_owned(),
            lines: Vec::new(),
            places: None,
        };
        let mut shown = match stage {
            Stage::Graded {
                finding,
                explanations,
            } if finding.decision != Decision::Retake => {
                bare.graded(language, facts, finding, explanations, &report.places)
            }
            Stage::Graded { finding, .. } => bare.not_gradable(language, facts, finding),
            Stage::Failed { error } => Self {
                lines: vec![sentence(&language.retell(error))],
                ..bare
            },
            Stage::Queued | Stage::Grading => bare,
        };
        let doubt = words::eye_doubt(language, &report.screening, accepted).map(str::to_owned);
        shown.lines.splice(0..0, doubt);
        Some(shown)
    }

    fn graded(
        mut self,
        language: Language,
        facts: &PhotographFacts,
        finding: &Finding,
        explanations: &[Explanation],
        method: &Method,
    ) -> Self {
        let word = numbers::decision(language, finding.decision).0;
        self.kind = finding.decision.name();
        self.answer = text_with!(
            language,
            "report-answer",
            grade = finding.grade.words_in(language),
            number = finding.grade.index(),
        );
        let referable = percent(finding.probabilities.referable());
        self.lines = vec![
            text_with!(
                language,
                "report-referable",
                word = word,
                referable = referable
            ),
            quality_line(language, facts, true),
        ];
        self.lines.extend(faults(language, facts));
        let found = explanations.iter().find(|one| one.method == method.name);
        match found.map(|explanation| &explanation.state) {
            Some(ExplanationState::Ready {
                examination: Some(examination),
                ..
            }) => {
                let regions = &examination.regions;
                if !regions.is_empty() {
                    let marked = text_with!(language, "report-outlined", count = regions.len());
                    self.alternative += &format!(" {marked}");
                }
                self.outlines = regions.iter().map(outline).collect();
                let counterfactual = examination.counterfactual.as_ref().map(|(known, _)| known);
                let is_changeable = finding.grade != Grade::NoDr && !regions.is_empty();
                self.places = Some(PlacesShown {
                    title: words::places_title(language, finding.grade),
                    introduction: words::places_introduction(
                        language,
                        finding.grade,
                        regions,
                        &method.title,
                    ),
                    rows: regions.iter().map(|region| row(language, region)).collect(),
                    change: is_changeable.then(|| {
                        words::what_would_change(language, finding.grade, regions, counterfactual)
                    }),
                });
            }
            _ => self
                .lines
                .push(language.text("report-no-places").to_owned()),
        }
        self
    }

    /// What is wrong with it and what to do about that, and neither grade nor places.
    fn not_gradable(
        mut self,
        language: Language,
        facts: &PhotographFacts,
        finding: &Finding,
    ) -> Self {
        self.answer = language.text("photograph-not-gradable").to_owned();
        self.lines = vec![
            sentence(&language.retell(&finding.reason)),
            quality_line(language, facts, false),
        ];
        let faults = faults(language, facts);
        match faults.is_empty() {
            true => (self.lines).push(language.text("quality-retaking").to_owned()),
            false => self.lines.extend(faults),
        }
        self
    }
}

fn quality_line(language: Language, facts: &PhotographFacts, is_grade_shown: bool) -> String {
    let quality = &facts.quality;
    text_with!(
        language,
        "report-quality-line",
        score = language.decimal(f64::from(quality.score), 2),
        verdict = words::quality(language, quality.gradable, is_grade_shown),
    )
}

fn faults(language: Language, facts: &PhotographFacts) -> Vec<String> {
    let reasons = facts.quality.reasons.iter();
    let said = reasons.map(|reason| sentence(&language.retell(reason)));
    said.collect()
}

fn outline(region: &Region) -> Outline {
    let along = |axis: usize| region.outline.iter().map(move |point| point[axis]);
    Outline {
        points: region.outline.clone(),
        corner: [along(0).fold(0.0, f64::max), along(1).fold(1.0, f64::min)],
    }
}

fn row(language: Language, region: &Region) -> [String; 3] {
    let words::Place {
        evidence,
        size,
        weight,
    } = words::place(language, region);
    [evidence, size, weight]
}

/// What is said at length of the photograph that decides on an eye, and what a human should look for in it.
pub(super) fn details(report: &Report, place: usize) -> (Vec<Detail>, Vec<&'static str>) {
    let photograph = report.screening.photographs.get(place);
    let Some(AcceptedPhotograph { facts, stage, .. }) = photograph.and_then(|one| one.accepted())
    else {
        return (Vec::new(), Vec::new());
    };
    let Stage::Graded { finding, .. } = stage else {
        return (Vec::new(), Vec::new());
    };
    let language = report.language;
    // The promises and limits of another model would say nothing about this answer.
    let model = Some(&report.model).filter(|model| model.fingerprint == finding.bundle);
    let entropy = finding.uncertainty.entropy;
    let known = model.and_then(|model| trust::place::place(&model.validation, entropy));
    let likeness = Likeness::of(
        finding.unfamiliarity,
        model.and_then(|model| model.unfamiliar_above),
        finding.rule,
    );
    let set = finding.prediction_set.map(|set| Detail {
        name: language.text("report-possible-grades"),
        strong: format!(
            "{}:",
            capitalized(&prediction_set(
                language,
                set,
                finding.prediction_words.as_deref()
            ))
        ),
        rest: prediction_meaning(language, set, model.and_then(|model| model.promise)),
    });
    let quality = match facts.quality.reasons.is_empty() {
        true => language.text("quality-no-fault").to_owned(),
        false => faults(language, facts).join(" "),
    };
    let lines = [
        Some(Detail {
            name: language.text("report-referable-retinopathy"),
            strong: percent(finding.probabilities.referable()),
            rest: format!(
                "{} {}",
                language.text("bars-referable-meaning"),
                language.text("bars-oedema")
            ),
        }),
        set,
        Some(Detail {
            name: language.text("report-how-sure"),
            strong: numbers::sureness(language, entropy).to_owned(),
            rest: known
                .map(|place| unmarked(&numbers::experience(language, &place)))
                .unwrap_or_default(),
        }),
        Some(Detail {
            name: language.text("report-likeness"),
            strong: String::new(),
            rest: likeness.words_in(language).to_owned(),
        }),
        Some(Detail {
            name: language.text("report-quality"),
            strong: text_with!(
                language,
                "report-quality-score",
                score = language.decimal(f64::from(facts.quality.score), 2),
            ),
            rest: format!(
                "{}. {quality}",
                words::quality(language, facts.quality.gradable, true)
            ),
        }),
        Some(Detail {
            name: language.text("report-rule"),
            strong: decided_by(language, finding.rule),
            rest: sentence(&language.retell(&finding.reason)),
        }),
    ];
    let signs = match finding.decision {
        Decision::Unsure => numbers::signs_to_look_for(
            language,
            &finding.probabilities,
            finding.prediction_set,
            finding.rule,
        ),
        _ => Vec::new(),
    };
    (lines.into_iter().flatten().collect(), signs)
}
