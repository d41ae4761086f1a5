//! What is noted of a photograph, before and after it is graded; the same wherever it is screened.

use clinic::{FieldOfView, Finding, Laterality, PhotographFacts, Quality, SeenLaterality};
use fundus::{Landmarks, Prepared};
use grader::{BundleManifest, Screening};

/// What is known of a photograph before any grading; `bytes` are those that were handed in, `eye` is the one that it is said to
/// show, without which it is the one that its header names.
pub fn facts(
    prepared: &Prepared,
    bytes: &[u8],
    eye: Option<fundus::Laterality>,
) -> PhotographFacts {
    let recorded = prepared.header.laterality;
    PhotographFacts {
        width: prepared.width,
        height: prepared.height,
        media_type: fundus::media_type(bytes).to_owned(),
        field_of_view: FieldOfView {
            center: prepared.field_of_view.center,
            radius: prepared.field_of_view.radius,
        },
        quality: Quality {
            gradable: prepared.quality.gradable,
            score: prepared.quality.score,
            reasons: prepared
                .quality
                .reasons
                .iter()
                .map(|reason| reason.words().to_owned())
                .collect(),
        },
        laterality: eye.or(recorded).map(laterality),
        recorded_laterality: recorded.map(laterality),
        seen_laterality: seen_laterality(&Landmarks::find(&prepared.cropped)),
        laterality_checked: false,
    }
}

/// The eye that the optic disc speaks for, as the records keep it.
pub fn seen_laterality(landmarks: &Landmarks) -> Option<SeenLaterality> {
    let seen = landmarks.laterality?;
    Some(SeenLaterality {
        eye: laterality(seen.eye),
        confidence: seen.confidence,
    })
}

/// The eye, as the records name it.
pub fn laterality(eye: fundus::Laterality) -> Laterality {
    match eye {
        fundus::Laterality::Left => Laterality::Left,
        fundus::Laterality::Right => Laterality::Right,
    }
}

/// The answer of the bundle with this manifest and this [fingerprint](crate::fingerprint).
pub fn finding(screening: Screening, manifest: &BundleManifest, fingerprint: &str) -> Finding {
    let sets = manifest.prediction_sets.as_ref();
    Finding {
        grade: screening.assessment.grade,
        probabilities: screening.assessment.probabilities,
        uncertainty: screening.assessment.uncertainty,
        prediction_set: screening.prediction_set,
        prediction_words: sets
            .zip(screening.prediction_set)
            .map(|(sets, set)| sets.words(set)),
        unfamiliarity: screening.evidence.unfamiliarity,
        decision: screening.decision,
        rule: Some(screening.rule),
        reason: screening.reason,
        bundle: fingerprint.to_owned(),
        passes: screening.logits.len(),
    }
}
