//! What decided about the patient, in words.

use clinic::{Eye, EyeAnswer, ReadingState, Screening, Stage, Verdict, words};
use language::{Language, text_with};
use trust::Decision;
use trust::words::{decided_by, sentence};

use super::shown::Verdictline;

/// The decision about the patient, what it means, and what brought it about.
pub(super) fn patient(language: Language, screening: &Screening) -> Verdictline {
    let outcome = screening.patient_outcome();
    let eyes = screening.eyes();
    let gap = words::unanswered(language, &outcome, &eyes).map(str::to_owned);
    let Some(decision) = outcome.decision else {
        return Verdictline {
            kind: "retake",
            word: language.text("patient-decision-no-all-clear").to_owned(),
            sentences: gap.into_iter().collect(),
            reasons: Vec::new(),
        };
    };
    let deciding = |eye: &&Eye| screening.eye_decision(eye) == Some(decision);
    Verdictline {
        kind: decision.name(),
        word: trust::words::decision(language, decision).0,
        sentences: std::iter::once(words::patient_decision(language, decision).to_owned())
            .chain(gap)
            .collect(),
        reasons: (eyes.iter().filter(deciding))
            .map(|eye| reason(language, screening, eye, decision))
            .collect(),
    }
}

fn reason(language: Language, screening: &Screening, eye: &Eye, decision: Decision) -> String {
    let name = words::eye(language, eye.laterality);
    let of_system = eye.answer.decision();
    let reading = screening.reading(eye.laterality);
    if reading.state == ReadingState::Differ {
        return text_with!(language, "report-readers-differ", eye = name);
    }
    match reading.standing {
        // Who agrees lets the system's rule stand.
        Some(review) if review.verdict != Verdict::Agree || of_system != Some(decision) => {
            return text_with!(language, "report-decided-by-reader", eye = name);
        }
        _ => {}
    }
    // The photograph with the worst grade, which is told of at length, where it is one of those that decided.
    let worst = match eye.answer {
        EyeAnswer::Graded { photograph, .. } => Some(photograph),
        EyeAnswer::Pending | EyeAnswer::Withheld => None,
    };
    let places = worst.iter().chain(&eye.photographs);
    let mut findings = places.filter_map(|&place| {
        let stage = screening.photographs.get(place)?.stage()?;
        match stage {
            Stage::Graded { finding, .. } if finding.decision == decision => Some((place, finding)),
            _ => None,
        }
    });
    match findings.next() {
        Some((place, finding)) => text_with!(
            language,
            "report-decided-by-photograph",
            eye = name,
            number = place + 1,
            rule = decided_by(language, finding.rule),
            reason = sentence(&language.retell(&finding.reason)),
        ),
        None => text_with!(language, "report-decided-by-gap", eye = name),
    }
}
