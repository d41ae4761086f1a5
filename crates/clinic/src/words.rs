//! Eyes, places and reviews as people read them: the same words on every page and in every report.

use language::{Language, text_with};
use time::OffsetDateTime;
use time::macros::format_description;
use trust::words::percent;
use trust::{Decision, Grade};

use crate::laterality::differs;
use crate::outcome::{Eye, PatientOutcome};
use crate::record::{
    AcceptedPhotograph, Counterfactual, Laterality, PhotographFacts, Region, Screening,
};
use crate::review::{Review, Verdict};

/// The eye in words with the clinician's abbreviation.
pub fn eye(language: Language, laterality: Option<Laterality>) -> &'static str {
    match laterality {
        Some(Laterality::Left) => language.text("eye-left"),
        Some(Laterality::Right) => language.text("eye-right"),
        None => language.text("eye-not-stated"),
    }
}

/// What a decision about the patient means.
pub fn patient_decision(language: Language, decision: Decision) -> &'static str {
    match decision {
        Decision::Refer => language.text("patient-refer"),
        Decision::Rescreen => language.text("patient-rescreen"),
        Decision::Unsure | Decision::Retake => language.text("patient-unsure"),
    }
}

/// The warning where the file's header names another eye than the stated one.
fn eye_recorded(language: Language, recorded: Laterality) -> &'static str {
    match recorded {
        Laterality::Right => language.text("doubt-right-recorded"),
        Laterality::Left => language.text("doubt-left-recorded"),
    }
}

/// The warning where the optic disc tells another eye than the stated one.
fn eye_disputed(language: Language, told: Laterality) -> &'static str {
    match told {
        Laterality::Right => language.text("doubt-right-called-left"),
        Laterality::Left => language.text("doubt-left-called-right"),
    }
}

/// The eye of a photograph in words, with the word of its optic disc where nobody stated one.
pub fn eye_of(language: Language, facts: &PhotographFacts) -> String {
    match (facts.laterality, facts.told_laterality()) {
        (None, Some(told)) => {
            text_with!(language, "eye-by-disc", eye = eye(language, Some(told)))
        }
        (stated, _) => eye(language, stated).to_owned(),
    }
}

/// What is doubtful about the eye of a photograph of a screening, in a sentence: that its file's header or its optic disc tells
/// another, that the same file stands for both, or that the disc tells one where none is stated.
pub fn eye_doubt(
    language: Language,
    screening: &Screening,
    accepted: &AcceptedPhotograph,
) -> Option<&'static str> {
    let facts = &accepted.facts;
    if facts.is_disputed() && differs(facts.laterality, facts.recorded_laterality) {
        return (facts.recorded_laterality).map(|recorded| eye_recorded(language, recorded));
    }
    match (facts.laterality, facts.told_laterality()) {
        (Some(_), Some(told)) if facts.is_disputed() => Some(eye_disputed(language, told)),
        (None, Some(Laterality::Right)) => Some(language.text("doubt-right-unstated")),
        (None, Some(Laterality::Left)) => Some(language.text("doubt-left-unstated")),
        _ if screening.is_disputed(accepted) => Some(language.text("doubt-both")),
        _ => None,
    }
}

/// What stands in the way of an all-clear: which eyes nothing can be said of, or a photograph of neither. `None` where nothing does.
pub fn unanswered(
    language: Language,
    outcome: &PatientOutcome,
    eyes: &[Eye],
) -> Option<&'static str> {
    let is_told = eyes.iter().all(|eye| eye.laterality.is_some());
    Some(match outcome.unanswered.as_slice() {
        [] if outcome.decision.is_some() || outcome.is_pending => return None,
        [] if eyes.iter().any(|eye| !eye.disputed.is_empty()) => {
            language.text("unanswered-disputed")
        }
        [] if outcome.is_unread => language.text("unanswered-unread"),
        [] => language.text("unanswered-unstated"),
        _ if !is_told => language.text("unanswered-untold"),
        [Laterality::Right] => language.text("unanswered-right"),
        [Laterality::Left] => language.text("unanswered-left"),
        _ => language.text("unanswered-both"),
    })
}

/// Whether a photograph's quality allows a grade, by its measure and by whether a grade is shown.
pub fn quality(language: Language, gradable: bool, is_grade_shown: bool) -> &'static str {
    if gradable && is_grade_shown {
        language.text("quality-sufficient")
    } else {
        language.text("quality-insufficient")
    }
}

/// A review: its verdict, and the rest of the line.
pub fn review(language: Language, review: &Review) -> (String, String) {
    match &review.verdict {
        Verdict::Agree => {
            let with = review.system_grade.map_or_else(String::new, |grade| {
                let grade = grade.words_in(language);
                format!(
                    " {}",
                    text_with!(language, "review-agreed-with", grade = grade)
                )
            });
            (language.text("review-agreed").to_owned(), with)
        }
        Verdict::Overrule { grade, reason } => (
            text_with!(
                language,
                "review-overruled",
                grade = grade.words_in(language)
            ),
            format!(" – {reason}"),
        ),
        Verdict::Ungradable => (language.text("review-ungradable").to_owned(), String::new()),
    }
}

/// What the list of the places to look at is called.
pub fn places_title(language: Language, grade: Grade) -> &'static str {
    match grade {
        Grade::NoDr => language.text("places-title-none"),
        _ => language.text("places-title"),
    }
}

/// What the places are; `method` is the name of the explanation that they come from.
pub fn places_introduction(
    language: Language,
    grade: Grade,
    regions: &[Region],
    method: &str,
) -> String {
    let name = grade.words_in(language);
    match (grade, regions.is_empty()) {
        (Grade::NoDr, true) => language.text("places-nothing-none").to_owned(),
        (_, true) => text_with!(language, "places-nothing", grade = name),
        (Grade::NoDr, false) => {
            text_with!(language, "places-introduction-none", method = method)
        }
        (_, false) => text_with!(
            language,
            "places-introduction",
            grade = name,
            method = method
        ),
    }
}

/// A place of the list in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its share of the evidence, as `34 %`.
    pub evidence: String,
    /// How far it is across, as `0.42 disc diameters`.
    pub size: String,
    /// What it means by itself, as `speaks for Moderate`.
    pub weight: String,
}

/// A place of the list in words.
pub fn place(language: Language, region: &Region) -> Place {
    Place {
        evidence: percent(region.share_of_evidence as f32),
        size: match region.disc_diameters {
            Some(diameters) => text_with!(
                language,
                "place-disc-diameters",
                diameters = language.decimal(diameters, 2)
            ),
            None => text_with!(
                language,
                "place-share-of-field",
                percent = language.decimal(100.0 * region.diameter, 1)
            ),
        },
        weight: match region.speaks_for {
            Some(grade) => {
                text_with!(
                    language,
                    "place-speaks-for",
                    grade = grade.words_in(language)
                )
            }
            None => language.text("place-matters-little").to_owned(),
        },
    }
}

/// What would have changed the answer, in a sentence.
pub fn what_would_change(
    language: Language,
    grade: Grade,
    regions: &[Region],
    counterfactual: Option<&Counterfactual>,
) -> String {
    match counterfactual {
        Some(found) => text_with!(
            language,
            "places-change",
            places = named(language, &found.removed),
            grade = found.grade.words_in(language),
        ),
        None => text_with!(
            language,
            "places-no-change",
            count = regions.len(),
            grade = grade.words_in(language),
        ),
    }
}

/// Places of the list, counted from 0, as people count them: `place 2`, `places 1 and 3`, `places 1, 2 and 4`.
pub fn named(language: Language, places: &[usize]) -> String {
    let numbers: Vec<String> = places.iter().map(|index| (index + 1).to_string()).collect();
    match numbers.split_last() {
        None => language.text("places-named-none").to_owned(),
        Some((only, [])) => text_with!(language, "places-named-one", number = only.as_str()),
        Some((last, others)) => text_with!(
            language,
            "places-named",
            others = others.join(", "),
            last = last.as_str(),
        ),
    }
}

/// A moment in universal time, to the minute: `2026-03-01 09:30 UTC`.
pub fn moment(moment: OffsetDateTime) -> String {
    let universal = moment.to_offset(time::UtcOffset::UTC);
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]");
    // The format is complete for every moment that the type can hold between the years 0 and 9999.
    let text = universal.format(&format).unwrap_or_default();
    format!("{text} UTC")
}
