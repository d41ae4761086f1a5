//! What a report says of one photograph.

use clinic::{
    AcceptedPhotograph, Explanation, ExplanationState, Finding, PhotographFacts, Region, Stage,
    words,
};
use serde::Serialize;
use trust::words::{
    self as numbers, Likeness, capitalized, count, decided_by, percent, prediction_meaning,
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
        let AcceptedPhotograph { facts, stage, .. } = photograph.accepted()?;
        let picture = report.pictures.get(place).and_then(Option::as_ref);
        let number = place + 1;
        let bare = Self {
            number,
            file: photograph.file_name.clone(),
            picture: picture.map(|_| picture_name(place)),
            alternative: format!(
                "Photograph {number}, {}, cut to its field of view.",
                words::eye_of(facts)
            ),
            outlines: Vec::new(),
            kind: "retake",
            answer: "Not graded".to_owned(),
            lines: Vec::new(),
            places: None,
        };
        let mut shown = match stage {
            Stage::Graded {
                finding,
                explanations,
            } if finding.decision != Decision::Retake => {
                bare.graded(facts, finding, explanations, &report.places)
            }
            Stage::Graded { finding, .. } => bare.not_gradable(facts, finding),
            Stage::Failed { error } => Self {
                lines: vec![sentence(error)],
                ..bare
            },
            Stage::Queued | Stage::Grading => bare,
        };
        shown.lines.splice(0..0, words::eye_doubt(facts));
        Some(shown)
    }

    fn graded(
        mut self,
        facts: &PhotographFacts,
        finding: &Finding,
        explanations: &[Explanation],
        method: &Method,
    ) -> Self {
        let word = numbers::decision(finding.decision).0;
        self.kind = finding.decision.name();
        self.answer = format!("{}, grade {}", finding.grade.words(), finding.grade.index());
        let referable = percent(finding.probabilities.referable());
        self.lines = vec![
            format!("{word}. Referable: {referable}."),
            quality_line(facts, true),
        ];
        self.lines.extend(faults(facts));
        let found = explanations.iter().find(|one| one.method == method.name);
        match found.map(|explanation| &explanation.state) {
            Some(ExplanationState::Ready {
                examination: Some(examination),
                ..
            }) => {
                let regions = &examination.regions;
                if !regions.is_empty() {
                    let marked = count(regions.len(), "place");
                    self.alternative += &format!(" Outlined: {marked} to look at.");
                }
                self.outlines = regions.iter().map(outline).collect();
                let counterfactual = examination.counterfactual.as_ref().map(|(known, _)| known);
                let is_changeable = finding.grade != Grade::NoDr && !regions.is_empty();
                self.places = Some(PlacesShown {
                    title: words::places_title(finding.grade),
                    introduction: words::places_introduction(finding.grade, regions, &method.title),
                    rows: regions.iter().map(row).collect(),
                    change: is_changeable
                        .then(|| words::what_would_change(finding.grade, regions, counterfactual)),
                });
            }
            _ => self
                .lines
                .push("Places to look at were not computed.".to_owned()),
        }
        self
    }

    /// What is wrong with it and what to do about that, and neither grade nor places.
    fn not_gradable(mut self, facts: &PhotographFacts, finding: &Finding) -> Self {
        self.answer = "Not gradable".to_owned();
        self.lines = vec![sentence(&finding.reason), quality_line(facts, false)];
        let faults = faults(facts);
        match faults.is_empty() {
            true => self.lines.push(words::RETAKING.to_owned()),
            false => self.lines.extend(faults),
        }
        self
    }
}

fn quality_line(facts: &PhotographFacts, is_grade_shown: bool) -> String {
    let quality = &facts.quality;
    let verdict = words::quality(quality.gradable, is_grade_shown);
    format!("Quality {:.2} of 1. {verdict}.", quality.score)
}

fn faults(facts: &PhotographFacts) -> Vec<String> {
    let reasons = facts.quality.reasons.iter();
    reasons.map(|reason| sentence(reason)).collect()
}

fn outline(region: &Region) -> Outline {
    let along = |axis: usize| region.outline.iter().map(move |point| point[axis]);
    Outline {
        points: region.outline.clone(),
        corner: [along(0).fold(0.0, f64::max), along(1).fold(1.0, f64::min)],
    }
}

fn row(region: &Region) -> [String; 3] {
    let words::Place {
        evidence,
        size,
        weight,
    } = words::place(region);
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
        name: "Possible grades",
        strong: format!(
            "{}:",
            capitalized(&prediction_set(set, finding.prediction_words.as_deref()))
        ),
        rest: prediction_meaning(set, model.and_then(|model| model.promise)),
    });
    let quality = match facts.quality.reasons.is_empty() {
        true => words::NO_FAULT.to_owned(),
        false => faults(facts).join(" "),
    };
    let lines = [
        Some(Detail {
            name: "Referable retinopathy",
            strong: percent(finding.probabilities.referable()),
            rest: format!("{} {}", numbers::REFERABLE, numbers::OEDEMA_NOT_ASSESSED),
        }),
        set,
        Some(Detail {
            name: "How sure",
            strong: numbers::sureness(entropy).to_owned(),
            rest: known
                .map(|place| numbers::experience(&place).concat())
                .unwrap_or_default(),
        }),
        Some(Detail {
            name: "Likeness",
            strong: String::new(),
            rest: likeness.words().to_owned(),
        }),
        Some(Detail {
            name: "Quality",
            strong: format!("{:.2} of 1.", facts.quality.score),
            rest: format!(
                "{}. {quality}",
                words::quality(facts.quality.gradable, true)
            ),
        }),
        Some(Detail {
            name: "Rule",
            strong: decided_by(finding.rule),
            rest: sentence(&finding.reason),
        }),
    ];
    let signs = match finding.decision {
        Decision::Unsure => {
            numbers::signs_to_look_for(&finding.probabilities, finding.prediction_set, finding.rule)
        }
        _ => Vec::new(),
    };
    (lines.into_iter().flatten().collect(), signs)
}
