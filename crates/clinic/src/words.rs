//! Eyes, places and reviews as people read them: the same words on every page and in every report.

use time::OffsetDateTime;
use time::macros::format_description;
use trust::words::percent;
use trust::{Decision, Grade};

use crate::outcome::{Eye, PatientOutcome};
use crate::record::{Counterfactual, Laterality, PhotographFacts, Region};
use crate::review::{Review, Verdict};

/// What stands in the place of an eye's grade where there is none.
pub const EYE_NOT_GRADABLE: &str = "No photograph of this eye can be graded.";
/// Why a photograph that is not gradable has no grade.
pub const WITHHELD: &str =
    "No grade and no probabilities are shown, because the photograph is too poor to rely on them.";
/// What to do when a photograph is taken again and nothing more is known.
pub const RETAKING: &str =
    "Focus on the vessels, light the whole retina evenly, and take the whole circle.";
/// What "not gradable" must not be mistaken for.
pub const NOT_HEALTHY: &str = "Not gradable does not mean healthy: where no better photograph can be taken, the eye needs to be examined.";
/// What is said of a photograph with which nothing is wrong.
pub const NO_FAULT: &str = "No fault of focus, light or framing was found.";

/// The eye in words with the clinician's abbreviation.
pub fn eye(laterality: Option<Laterality>) -> &'static str {
    match laterality {
        Some(Laterality::Left) => "Left eye (OS)",
        Some(Laterality::Right) => "Right eye (OD)",
        None => "Eye not stated",
    }
}

/// What a decision about the patient means.
pub fn patient_decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Refer => "At least one eye shows signs that need an ophthalmologist.",
        Decision::Rescreen => "Neither eye shows signs that need an ophthalmologist.",
        Decision::Unsure | Decision::Retake => {
            "The system is unsure of at least one eye: a reader decides."
        }
    }
}

/// Where the optic disc of a photograph lies, which tells the eye, in a sentence without its end.
pub fn disc_tells(told: Laterality) -> String {
    format!("The optic disc lies where a {} eye has it", side(told))
}

/// The warning where the optic disc tells another eye than the stated one.
pub fn eye_disputed(stated: Laterality, told: Laterality) -> String {
    format!(
        "{}, but the photograph is called a {} eye: check before acting.",
        disc_tells(told),
        side(stated)
    )
}

/// The eye of a photograph in words, with the word of its optic disc where nobody stated one.
pub fn eye_of(facts: &PhotographFacts) -> String {
    match (facts.laterality, facts.told_laterality()) {
        (None, Some(told)) => format!("{}, by its optic disc", eye(Some(told))),
        (stated, _) => eye(stated).to_owned(),
    }
}

/// What is doubtful about the eye of a photograph, in a sentence: that its optic disc tells another, or one where none is
/// stated.
pub fn eye_doubt(facts: &PhotographFacts) -> Option<String> {
    match (facts.laterality, facts.told_laterality()) {
        (Some(stated), Some(told)) if facts.is_disputed() => Some(eye_disputed(stated, told)),
        (None, Some(told)) => Some(format!("{}; nobody stated the eye.", disc_tells(told))),
        _ => None,
    }
}

fn side(laterality: Laterality) -> &'static str {
    match laterality {
        Laterality::Left => "left",
        Laterality::Right => "right",
    }
}

/// What stands in the way of an all-clear: which eyes nothing can be said of, or a photograph of neither. `None` where nothing does.
pub fn unanswered(outcome: &PatientOutcome, eyes: &[Eye]) -> Option<String> {
    let missing = match outcome.unanswered.as_slice() {
        [] if outcome.decision.is_some() || outcome.is_pending => return None,
        [] if eyes.iter().any(|eye| !eye.disputed.is_empty()) => {
            return Some(
                "The optic disc of a photograph lies where the other eye has it, so that one eye may not have been seen: state \
                 which eye it shows."
                    .to_owned(),
            );
        }
        [] => {
            return Some(
                "A photograph of which it is not stated which eye it shows could not be graded; it may show what the others do not."
                    .to_owned(),
            );
        }
        [Laterality::Right] => "the right eye",
        [Laterality::Left] => "the left eye",
        _ => "either eye",
    };
    let is_told = eyes.iter().all(|eye| eye.laterality.is_some());
    Some(match is_told {
        true => format!("No photograph shows {missing} well enough to be graded."),
        false => {
            "It is not stated which eye every photograph shows, so that one may not have been seen."
                .to_owned()
        }
    })
}

/// Whether a photograph's quality allows a grade, by its measure and by whether a grade is shown.
pub fn quality(gradable: bool, is_grade_shown: bool) -> &'static str {
    if gradable && is_grade_shown {
        "Good enough to grade"
    } else {
        "Too poor to grade"
    }
}

/// A review: its verdict, and the rest of the line.
pub fn review(review: &Review) -> (String, String) {
    match &review.verdict {
        Verdict::Agree => {
            let with = review
                .system_grade
                .map_or_else(String::new, |grade| format!(" with {}", grade.words()));
            ("Agreed".to_owned(), with)
        }
        Verdict::Overrule { grade, reason } => (
            format!("Overruled: {}", grade.words()),
            format!(" – {reason}"),
        ),
        Verdict::Ungradable => ("Ungradable".to_owned(), String::new()),
    }
}

/// What the list of the places to look at is called.
pub fn places_title(grade: Grade) -> &'static str {
    match grade {
        Grade::NoDr => "Places that spoke against “No DR”",
        _ => "Places to look at",
    }
}

/// What the places are; `method` is the name of the explanation that they come from.
pub fn places_introduction(grade: Grade, regions: &[Region], method: &str) -> String {
    if regions.is_empty() {
        return match grade {
            Grade::NoDr => {
                "No place stands out: nothing in the picture spoke against “No DR”.".to_owned()
            }
            _ => format!(
                "No place stands out: no part of the picture by itself speaks for {}.",
                grade.words()
            ),
        };
    }
    let what = match grade {
        Grade::NoDr => "Where the little evidence against it lies".to_owned(),
        _ => format!("Where the evidence for {} lies", grade.words()),
    };
    format!("{what}, by {method}. A place may or may not hold a lesion.")
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
pub fn place(region: &Region) -> Place {
    Place {
        evidence: percent(region.share_of_evidence as f32),
        size: match region.disc_diameters {
            Some(diameters) => format!("{diameters:.2} disc diameters"),
            None => format!("{:.1} % of the field", 100.0 * region.diameter),
        },
        weight: match region.speaks_for {
            Some(grade) => format!("speaks for {}", grade.words()),
            None => "matters little".to_owned(),
        },
    }
}

/// What would have changed the answer, in a sentence.
pub fn what_would_change(
    grade: Grade,
    regions: &[Region],
    counterfactual: Option<&Counterfactual>,
) -> String {
    match counterfactual {
        Some(found) => format!(
            "Without {} the grade would be {}.",
            named(&found.removed),
            found.grade.words()
        ),
        None if regions.len() == 1 => format!(
            "Without this place the grade would still be {} or worse.",
            grade.words()
        ),
        None => format!(
            "Without all of these places the grade would still be {} or worse.",
            grade.words()
        ),
    }
}

/// Places of the list, counted from 0, as people count them: `place 2`, `places 1 and 3`, `places 1, 2 and 4`.
pub fn named(places: &[usize]) -> String {
    let numbers: Vec<String> = places.iter().map(|index| (index + 1).to_string()).collect();
    match numbers.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => format!("place {only}"),
        Some((last, others)) => format!("places {} and {last}", others.join(", ")),
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
