//! Made-up cases that look like a screening programme's: skewed grades, patients with two eyes, imperfect passes.

#![allow(clippy::unwrap_used, reason = "a test may stop")]
#![allow(dead_code, reason = "each test binary uses its own part of this")]

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trust::evaluation::Case;
use trust::{Assessment, Calibration, DecisionPolicy, Grade, Logits};

/// `count` photographs of half as many patients; the higher `skill`, the better the passes know the grade.
pub fn cases(count: usize, skill: f32, seed: u64) -> Vec<Case> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let graded: Vec<(Grade, Assessment)> = (0..count).map(|_| graded(skill, &mut random)).collect();
    let (grades, assessments): (Vec<Grade>, Vec<Assessment>) = graded.iter().copied().unzip();
    let policy = DecisionPolicy::fit(&assessments, &grades, 0.2).unwrap();
    let case = |(index, (grade, assessment)): (usize, (Grade, Assessment))| {
        let quality = random.random_range(0.1..1.0);
        Case {
            source: if index % 5 < 3 {
                "first".into()
            } else {
                "second".into()
            },
            patient: (index / 2).to_string(),
            grade,
            assessment,
            quality,
            decision: policy.decide(&assessment, quality),
        }
    };
    graded.into_iter().enumerate().map(case).collect()
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
