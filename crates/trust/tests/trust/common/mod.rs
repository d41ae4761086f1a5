//! Made-up cases that look like a screening programme's: skewed grades, patients with two eyes, imperfect passes.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trust::evaluation::Case;
use trust::{
    Assessment, Calibration, DecisionPolicy, Evidence, Grade, Logits, Measure, OperatingPointName,
    TrustError, Witness,
};

/// `count` photographs of half as many patients; the higher `skill`, the better the passes know the grade.
pub fn cases(count: usize, skill: f32, seed: u64) -> Vec<Case> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let graded: Vec<(Grade, Assessment)> = (0..count).map(|_| graded(skill, &mut random)).collect();
    let evidence: Vec<Evidence> = graded
        .iter()
        .map(|_| Evidence {
            quality: random.random_range(0.1..1.0),
            unfamiliarity: None,
        })
        .collect();
    let witnesses: Vec<Witness> = graded
        .iter()
        .zip(&evidence)
        .enumerate()
        .map(|(index, ((grade, assessment), evidence))| Witness {
            patient: (index / 2).to_string(),
            grade: *grade,
            assessment: *assessment,
            evidence: *evidence,
        })
        .collect();
    let policy = policy(&witnesses).unwrap();
    let case = |(index, witness): (usize, Witness)| Case {
        source: if index % 5 < 3 {
            "first".into()
        } else {
            "second".into()
        },
        rule: policy.rule(&witness.assessment, &witness.evidence),
        patient: witness.patient,
        grade: witness.grade,
        assessment: witness.assessment,
        evidence: witness.evidence,
    };
    witnesses.into_iter().enumerate().map(case).collect()
}

/// The policy of a screening programme: a sensitivity of 85 %, unsure by the entropy.
pub fn policy(witnesses: &[Witness]) -> Result<DecisionPolicy, TrustError> {
    OperatingPointName::Nhs.policy(witnesses, Measure::Entropy, 0.2)
}

/// A photograph of which nothing but the referable probability and the grade matters; its patient is `index`.
pub fn witness(index: usize, referable: f32, grade: Grade) -> Witness {
    let passes = [with_probabilities([
        1.0 - referable,
        0.0,
        referable,
        0.0,
        0.0,
    ])];
    Witness {
        patient: index.to_string(),
        grade,
        assessment: Assessment::from_passes(&passes, &Calibration::Identity).unwrap(),
        evidence: Evidence {
            quality: 1.0,
            unfamiliarity: None,
        },
    }
}

/// Logits whose softmax is nearly this.
pub fn with_probabilities(probabilities: [f32; 5]) -> Logits {
    Logits(probabilities.map(|probability| probability.max(1e-9).ln()))
}

fn graded(skill: f32, random: &mut ChaCha8Rng) -> (Grade, Assessment) {
    let index = [0, 0, 0, 0, 0, 1, 1, 2, 2, 2, 3, 4][random.random_range(0..12)];
    let grade = Grade::from_index(index).unwrap();
    let difficulty: f32 = random.random_range(0.0..1.5);
    let seen = index as f32 + difficulty * random.random_range(-2.0..2.0);
    let passes: Vec<Logits> = (0..6)
        .map(|_| {
            let seen_by_pass = seen + difficulty * random.random_range(-0.5..0.5);
            Logits(std::array::from_fn(|grade| {
                -skill * (grade as f32 - seen_by_pass).powi(2)
            }))
        })
        .collect();
    (
        grade,
        Assessment::from_passes(&passes, &Calibration::Identity).unwrap(),
    )
}
