//! What fitted calibrations promise: order, ranges, no knowledge of the patients they are measured on.

use proptest::array::uniform5;
use proptest::collection::vec;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trust::{
    Assessment, Calibration, CalibrationChoice, CalibrationMethod, Grade, Knot, Logits,
    Probabilities, TrustError, cross_fitted, metrics,
};

/// Photographs of a screening programme: logits of every pass, grades, patients.
struct Photographs {
    passes: Vec<Vec<Logits>>,
    grades: Vec<Grade>,
    patients: Vec<String>,
}

impl Photographs {
    /// Grades drawn from the softmax of logits, which are then told to the calibration as `distorted` makes them; two
    /// photographs a patient.
    fn drawn(count: usize, seed: u64, distorted: impl Fn([f32; 5]) -> [f32; 5]) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut photographs = Self {
            passes: Vec::new(),
            grades: Vec::new(),
            patients: Vec::new(),
        };
        for index in 0..count {
            let logits: [f32; 5] = std::array::from_fn(|_| random.random_range(-3.0..3.0));
            let probabilities = Probabilities::softmax(&Logits(logits)).unwrap();
            let grade = drawn_grade(&probabilities, random.random());
            photographs.passes.push(vec![Logits(distorted(logits))]);
            photographs.grades.push(grade);
            photographs.patients.push((index / 2).to_string());
        }
        photographs
    }

    fn choice(&self, seed: u64) -> CalibrationChoice {
        Calibration::fit(&self.passes, &self.grades, &self.patients, seed).unwrap()
    }

    fn cross_fitted(&self, seed: u64) -> Vec<Assessment> {
        cross_fitted(&self.passes, &self.grades, &self.patients, seed).unwrap()
    }

    fn reordered(&self, order: &[usize]) -> Self {
        Self {
            passes: order.iter().map(|i| self.passes[*i].clone()).collect(),
            grades: order.iter().map(|i| self.grades[*i]).collect(),
            patients: order.iter().map(|i| self.patients[*i].clone()).collect(),
        }
    }
}

fn drawn_grade(probabilities: &Probabilities, mut place: f32) -> Grade {
    Grade::ALL
        .into_iter()
        .find(|grade| {
            place -= probabilities.get(*grade);
            place < 0.0
        })
        .unwrap_or(Grade::Proliferative)
}

fn loss(passes: &[Vec<Logits>], grades: &[Grade], calibration: &Calibration) -> f64 {
    let predictions: Vec<(Probabilities, Grade)> = passes
        .iter()
        .map(|passes| Assessment::from_passes(passes, calibration).unwrap())
        .map(|assessment| assessment.probabilities)
        .zip(grades.iter().copied())
        .collect();
    metrics::negative_log_likelihood(&predictions).unwrap()
}

fn knot(uncalibrated: f32, calibrated: f32) -> Knot {
    Knot {
        uncalibrated,
        calibrated,
    }
}

/// The same map for every grade.
fn isotonic(map: &[Knot]) -> Calibration {
    Calibration::Isotonic {
        maps: std::array::from_fn(|_| map.to_vec()),
    }
}

#[test]
fn an_isotonic_map_is_linear_between_its_knots_and_level_beyond() {
    let calibration = isotonic(&[knot(0.2, 0.1), knot(0.4, 0.5)]);
    let probabilities = [0.1_f64, 0.25, 0.3, 0.35, 0.0];
    // Far below the others, the last is all but 0.
    let logits = probabilities.map(|probability| probability.max(1e-12).ln() as f32);
    let calibrated = calibration.calibrate(&Logits(logits)).unwrap();
    for (actual, expected) in calibrated.as_array().iter().zip([0.1, 0.2, 0.3, 0.4, 0.1]) {
        assert!((actual - expected / 1.1).abs() < 1e-5, "{calibrated:?}");
    }
}

#[test]
fn maps_that_fall_or_leave_their_range_are_refused() {
    let valid = [knot(0.0, 0.1), knot(1.0, 0.9)];
    assert_eq!(isotonic(&valid).validate(), Ok(()));
    for wrong in [
        vec![],
        vec![knot(0.5, 0.0)],
        vec![knot(0.5, f32::NAN)],
        vec![knot(f32::NAN, 0.5)],
        vec![knot(-0.1, 0.5)],
        vec![knot(0.5, 1.1)],
        vec![knot(0.5, 0.5), knot(0.5, 0.6)],
        vec![knot(0.5, 0.5), knot(0.4, 0.6)],
        vec![knot(0.4, 0.6), knot(0.5, 0.5)],
    ] {
        let calibration = isotonic(&wrong);
        assert!(matches!(
            calibration.validate(),
            Err(TrustError::InvalidCalibration(_))
        ));
        assert!(calibration.calibrate(&Logits([0.0; 5])).is_err());
    }
}

#[test]
fn an_isotonic_calibration_is_written_by_name() {
    let text = serde_json::to_string(&isotonic(&[knot(0.1, 0.2)])).unwrap();
    assert!(
        text.starts_with(
            r#"{"method":"isotonic","maps":[[{"uncalibrated":0.1,"calibrated":0.2}],"#
        ),
        "{text}"
    );
    let names = serde_json::to_string(&CalibrationMethod::ALL).unwrap();
    assert_eq!(names, r#"["identity","temperature","vector","isotonic"]"#);
    for method in CalibrationMethod::ALL {
        assert_eq!(
            serde_json::to_string(&method).unwrap(),
            format!("\"{method}\"")
        );
    }
}

#[test]
fn a_grade_that_no_photograph_has_stays_possible() {
    let passes = vec![vec![Logits([2.0, 1.0, 0.0, -1.0, -2.0])]; 20];
    let grades: Vec<Grade> = (0..20).map(|index| Grade::ALL[index % 2]).collect();
    let calibration = Calibration::fit_isotonic(&passes, &grades).unwrap();
    let probabilities = calibration.calibrate(&passes[0][0]).unwrap();
    let unseen = f64::from(probabilities.get(Grade::Severe));
    // Half a photograph in twenty, beside two halves and two others like it.
    assert!((unseen - 0.025 / 1.075).abs() < 1e-6, "{probabilities:?}");
}

#[test]
fn perfect_probabilities_are_left_as_good_as_alone() {
    for seed in 0..5 {
        let photographs = Photographs::drawn(2000, 10 + seed, |logits| logits);
        let choice = photographs.choice(seed);
        assert!(
            choice.method <= CalibrationMethod::Vector,
            "{choice:?}: maps fit chance"
        );
        let moved = |passes: &Vec<Logits>| {
            let before = Calibration::Identity.calibrate(&passes[0]).unwrap();
            let after = choice.calibration.calibrate(&passes[0]).unwrap();
            let moved =
                Grade::ALL.map(|grade| f64::from((after.get(grade) - before.get(grade)).abs()));
            moved.iter().sum::<f64>() / moved.len() as f64
        };
        let mean = photographs.passes.iter().map(moved).sum::<f64>() / 2000.0;
        assert!(mean < 0.02, "probabilities moved by {mean}: {choice:?}");
    }
}

#[test]
fn probabilities_that_are_too_sure_get_a_temperature() {
    let choice = Photographs::drawn(600, 2, |logits| logits.map(|logit| 2.5 * logit)).choice(3);
    assert!(
        matches!(choice.calibration, Calibration::Temperature { temperature } if (2.0..3.2).contains(&temperature)),
        "{choice:?}"
    );
}

#[test]
fn grades_that_are_said_too_often_get_scales_and_biases() {
    let choice = Photographs::drawn(600, 3, |mut logits| {
        logits[0] += 2.0;
        logits[4] *= 2.0;
        logits
    })
    .choice(3);
    let Calibration::Vector { scale, bias } = &choice.calibration else {
        panic!("{choice:?}");
    };
    assert!(scale[4] < 0.7 * scale[1], "{choice:?}");
    assert!(bias[0] < bias[1] - 1.2, "{choice:?}");
}

#[test]
fn probabilities_that_are_bent_get_maps() {
    // Every probability says the same of the order, but none of the size, and no scale of logits can straighten them.
    let choice = Photographs::drawn(2000, 4, |logits| {
        let probabilities = Probabilities::softmax(&Logits(logits)).unwrap();
        probabilities
            .as_array()
            .map(|probability| 0.5 * probability.powi(4) + 0.1 * probability)
    })
    .choice(3);
    assert_eq!(choice.method, CalibrationMethod::Isotonic, "{choice:?}");
}

#[test]
fn fitted_calibrations_are_refused_what_means_nothing() {
    let photographs = Photographs::drawn(4, 5, |logits| logits);
    let (passes, grades) = (&photographs.passes, &photographs.grades);
    let one_patient = ["same"; 4];
    assert_eq!(
        Calibration::fit(passes, grades, &one_patient, 0),
        Err(TrustError::TooFewPatients { patients: 1 })
    );
    let two_patients = &photographs.patients;
    assert!(Calibration::fit(passes, grades, two_patients, 0).is_ok());
    assert_eq!(
        cross_fitted(passes, grades, two_patients, 0),
        Err(TrustError::TooFewPatients { patients: 2 })
    );
    assert!(cross_fitted(passes, grades, &["a", "b", "c", "c"], 0).is_ok());
    let message = Calibration::fit(passes, grades, &one_patient[1..], 0).unwrap_err();
    assert!(message.to_string().starts_with("3 patients but 4 grades"));
    assert!(Calibration::fit(&passes[1..], grades, two_patients, 0).is_err());
    let nobody: [&str; 0] = [];
    assert_eq!(
        Calibration::fit(&[], &[], &nobody, 0),
        Err(TrustError::Empty)
    );
    let endless = [vec![Logits([f32::INFINITY; 5])]];
    for fit in [Calibration::fit_vector, Calibration::fit_isotonic] {
        assert_eq!(fit(&[], &[]), Err(TrustError::Empty));
        assert_eq!(fit(&[vec![]], &[Grade::Mild]), Err(TrustError::NoPasses));
        assert!(matches!(
            fit(&endless, &[Grade::Mild]),
            Err(TrustError::NotFinite(_))
        ));
    }
}

#[test]
fn a_patient_never_decides_on_its_own_calibration() {
    let honest = Photographs::drawn(120, 6, |logits| logits.map(|logit| 2.0 * logit));
    let before = honest.cross_fitted(9);
    for patient in [0, 17, 59] {
        // The second photograph of the patient is now certain, and wrong; the first is as it was.
        let (first, second) = (2 * patient, 2 * patient + 1);
        let mut changed = honest.reordered(&(0..120).collect::<Vec<_>>());
        let mut certain = [-30.0; 5];
        certain[(changed.grades[second].index() + 1) % 5] = 30.0;
        changed.passes[second] = vec![Logits(certain)];
        let after = changed.cross_fitted(9);
        assert_eq!(after[first], before[first]);
        assert!(
            after != before && after[second] != before[second],
            "the change is seen elsewhere"
        );
    }
}

#[test]
fn cross_fitted_figures_are_not_flattered() {
    let photographs = Photographs::drawn(80, 8, |logits| logits.map(|logit| 2.0 * logit));
    let fitted = photographs.choice(1).calibration;
    let flattered = loss(&photographs.passes, &photographs.grades, &fitted);
    let honest: Vec<(Probabilities, Grade)> = photographs
        .cross_fitted(1)
        .iter()
        .map(|assessment| assessment.probabilities)
        .zip(photographs.grades.iter().copied())
        .collect();
    assert!(metrics::negative_log_likelihood(&honest).unwrap() > flattered);
}

fn logits() -> impl Strategy<Value = Logits> {
    uniform5(-60.0_f32..60.0).prop_map(Logits)
}

fn grade() -> impl Strategy<Value = Grade> {
    (0_usize..5).prop_map(|index| Grade::ALL[index])
}

fn photographs() -> impl Strategy<Value = Photographs> {
    vec((vec(logits(), 1..4), grade(), 0_u8..12), 6..40)
        .prop_map(|photographs| {
            let mut all = Photographs {
                passes: Vec::new(),
                grades: Vec::new(),
                patients: Vec::new(),
            };
            for (passes, grade, patient) in photographs {
                all.passes.push(passes);
                all.grades.push(grade);
                all.patients.push(patient.to_string());
            }
            all
        })
        .prop_filter("three patients", |photographs| {
            let mut patients = photographs.patients.clone();
            patients.sort_unstable();
            patients.dedup();
            patients.len() >= 3
        })
}

impl std::fmt::Debug for Photographs {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{:?} {:?} {:?}",
            self.patients, self.grades, self.passes
        )
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_order_of_the_photographs_does_not_matter(photographs in photographs(), seed in any::<u64>()) {
        let order: Vec<usize> = (0..photographs.grades.len()).rev().collect();
        let reversed = photographs.reordered(&order);
        prop_assert_eq!(photographs.choice(seed), reversed.choice(seed));
        let mut back = reversed.cross_fitted(seed);
        back.reverse();
        prop_assert_eq!(photographs.cross_fitted(seed), back);
    }

    #[test]
    fn a_choice_is_the_simplest_of_the_least_loss(photographs in photographs(), seed in any::<u64>()) {
        let choice = photographs.choice(seed);
        choice.calibration.validate().unwrap();
        prop_assert!((2..=5).contains(&choice.folds));
        let least = choice.candidates.iter().map(|candidate| candidate.negative_log_likelihood).fold(f64::INFINITY, f64::min);
        for candidate in &choice.candidates {
            prop_assert!((candidate.negative_log_likelihood - candidate.excess - least).abs() < 1e-9);
            let good = candidate.negative_log_likelihood <= least;
            prop_assert!(good || candidate.method != choice.method);
            prop_assert!(!good || candidate.method >= choice.method);
        }
        let text = serde_json::to_string(&choice).unwrap();
        let read: CalibrationChoice = serde_json::from_str(&text).unwrap();
        prop_assert_eq!((read.method, read.folds, read.seed), (choice.method, choice.folds, choice.seed));
        read.calibration.validate().unwrap();
    }

    #[test]
    fn every_fitted_kind_gives_probabilities(photographs in photographs(), pass in logits()) {
        for calibration in [
            Calibration::fit_vector(&photographs.passes, &photographs.grades).unwrap(),
            Calibration::fit_isotonic(&photographs.passes, &photographs.grades).unwrap(),
        ] {
            calibration.validate().unwrap();
            let probabilities = calibration.calibrate(&pass).unwrap();
            prop_assert!(Probabilities::new(*probabilities.as_array()).is_ok(), "{:?}", probabilities);
        }
    }

    #[test]
    fn isotonic_maps_never_fall_and_survive_a_file(photographs in photographs()) {
        let fitted = Calibration::fit_isotonic(&photographs.passes, &photographs.grades).unwrap();
        let text = serde_json::to_string(&fitted).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Calibration>(&text).unwrap(), &fitted);
        let Calibration::Isotonic { maps } = fitted else { panic!("maps were to be fitted") };
        for map in maps {
            prop_assert!(map.windows(2).all(|pair| pair[0].uncalibrated < pair[1].uncalibrated));
            prop_assert!(map.windows(2).all(|pair| pair[0].calibrated <= pair[1].calibrated));
            prop_assert!(map.iter().all(|knot| knot.calibrated >= 0.49 / photographs.grades.len() as f32));
        }
    }

    #[test]
    fn vector_scaling_is_no_worse_than_its_temperature(photographs in photographs()) {
        // The pull vanishes at the temperature, so less of both losses is less of the first.
        let (passes, grades) = (&photographs.passes, &photographs.grades);
        let of = |calibration: &Calibration| {
            let exactly = |passes: &Vec<Logits>| Assessment::from_passes(passes, calibration).unwrap().probabilities;
            // The metric stops counting below the resolution of single precision, which the fit does not.
            let seen = passes.iter().zip(grades).all(|(passes, grade)| exactly(passes).get(*grade) > 1e-6);
            seen.then(|| loss(passes, grades, calibration))
        };
        let vector = of(&Calibration::fit_vector(passes, grades).unwrap());
        let temperature = of(&Calibration::fit_temperature(passes, grades).unwrap());
        if let (Some(vector), Some(temperature)) = (vector, temperature) {
            prop_assert!(vector <= temperature + 1e-6, "{} and {}", vector, temperature);
        }
    }
}
