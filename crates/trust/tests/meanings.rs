//! Grades, probabilities, calibrations and decisions as files and people write them.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

use trust::{
    Assessment, Calibration, DISCLAIMER, Decision, DecisionPolicy, Grade, Logits, Probabilities,
    TrustError,
};

fn assessment(probabilities: [f32; 5]) -> Assessment {
    let logits = Logits(probabilities.map(|probability| probability.max(1e-9).ln()));
    Assessment::from_passes(&[logits], &Calibration::Identity).unwrap()
}

#[test]
fn grades_are_read_however_data_sets_write_them() {
    let spellings = [
        (Grade::NoDr, ["0", "No DR", "no_dr", "No_DR", "Normal"]),
        (Grade::Mild, ["1", "Mild", "mild", "MILD", "mild_npdr"]),
        (
            Grade::Moderate,
            ["2", "Moderate", "moderate", " 2 ", "Moderate NPDR"],
        ),
        (
            Grade::Severe,
            ["3", "Severe", "severe", "Severe_DR", "severe-npdr"],
        ),
        (
            Grade::Proliferative,
            [
                "4",
                "Proliferative",
                "Proliferate_DR",
                "PDR",
                "proliferative dr",
            ],
        ),
    ];
    for (grade, words) in spellings {
        assert_eq!(grade.to_string().parse(), Ok(grade));
        for word in words {
            assert_eq!(word.parse(), Ok(grade), "{word}");
        }
    }
    for wrong in [
        "",
        "5",
        "-1",
        "1.0",
        "dr",
        "npdr",
        "moderately bad",
        "3rd",
        "grade",
    ] {
        assert_eq!(
            wrong.parse::<Grade>(),
            Err(TrustError::UnknownGrade(wrong.to_owned())),
            "{wrong}"
        );
    }
}

#[test]
fn a_grade_is_a_number_in_json() {
    assert_eq!(serde_json::to_string(&Grade::ALL).unwrap(), "[0,1,2,3,4]");
    assert_eq!(serde_json::from_str::<Grade>("3").unwrap(), Grade::Severe);
    assert!(serde_json::from_str::<Grade>("5").is_err());
    let referable: Vec<Grade> = Grade::ALL
        .into_iter()
        .filter(|grade| grade.is_referable())
        .collect();
    assert_eq!(
        referable,
        [Grade::Moderate, Grade::Severe, Grade::Proliferative]
    );
}

#[test]
fn numbers_that_are_no_probabilities_are_refused() {
    for wrong in [
        [0.5; 5],
        [0.0; 5],
        [-0.1, 1.1, 0.0, 0.0, 0.0],
        [f32::NAN, 1.0, 0.0, 0.0, 0.0],
    ] {
        assert!(Probabilities::new(wrong).is_err(), "{wrong:?}");
    }
    assert!(serde_json::from_str::<Probabilities>("[0.2,0.2,0.2,0.2,0.3]").is_err());
    assert!(serde_json::from_str::<Probabilities>("[0.2,0.2,0.2,0.2,0.2]").is_ok());
}

#[test]
fn equally_probable_grades_become_the_more_severe() {
    assert_eq!(
        Probabilities::new([0.4, 0.0, 0.4, 0.2, 0.0])
            .unwrap()
            .grade(),
        Grade::Moderate
    );
    assert_eq!(
        Probabilities::new([0.2; 5]).unwrap().grade(),
        Grade::Proliferative
    );
}

#[test]
fn passes_that_mean_nothing_are_refused() {
    let refused = |passes: &[Logits], calibration| {
        Assessment::from_passes(passes, &calibration)
            .unwrap_err()
            .to_string()
    };
    assert!(refused(&[], Calibration::Identity).contains("no pass"));
    for wrong in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert!(
            refused(
                &[Logits([0.0, wrong, 0.0, 0.0, 0.0])],
                Calibration::Identity
            )
            .contains("not finite")
        );
    }
    for temperature in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let message = refused(
            &[Logits([0.0; 5])],
            Calibration::Temperature { temperature },
        );
        assert!(message.contains("must be positive"), "{message}");
    }
    assert!(Calibration::fit_temperature(&[], &[]).is_err());
    assert!(Calibration::fit_temperature(&[vec![]], &[Grade::Mild]).is_err());
    assert!(Calibration::fit_temperature(&[vec![Logits([0.0; 5])]], &[]).is_err());
}

#[test]
fn calibrations_are_written_by_name() {
    let temperature = Calibration::Temperature { temperature: 1.5 };
    assert_eq!(
        serde_json::to_string(&temperature).unwrap(),
        r#"{"method":"temperature","temperature":1.5}"#
    );
    assert_eq!(
        serde_json::from_str::<Calibration>(r#"{"method":"identity"}"#).unwrap(),
        Calibration::Identity
    );
}

#[test]
fn overconfident_passes_are_cooled() {
    // Said with near certainty, but only three in four are right.
    let passes: Vec<Vec<Logits>> = (0..40)
        .map(|_| vec![Logits([6.0, 0.0, 0.0, 0.0, 0.0]); 2])
        .collect();
    let grades: Vec<Grade> = (0..40)
        .map(|index| {
            if index % 4 == 0 {
                Grade::Mild
            } else {
                Grade::NoDr
            }
        })
        .collect();
    let calibration = Calibration::fit_temperature(&passes, &grades).unwrap();
    let calibrated = calibration.calibrate(&passes[0][0]).unwrap();
    assert!(
        matches!(calibration, Calibration::Temperature { temperature } if temperature > 1.5),
        "{calibration:?}"
    );
    assert!(calibrated.get(Grade::NoDr) < 0.9, "{calibrated:?}");
}

const POLICY: DecisionPolicy = DecisionPolicy {
    refer_at: 0.5,
    rescreen_below: 0.2,
    unsure_entropy: 1.2,
    minimum_quality: 0.3,
};

#[test]
fn each_line_of_the_rule_decides_and_says_so() {
    let clear = assessment([0.95, 0.02, 0.01, 0.01, 0.01]);
    let referable = assessment([0.1, 0.1, 0.6, 0.1, 0.1]);
    let between = assessment([0.65, 0.0, 0.35, 0.0, 0.0]);
    let scattered = DecisionPolicy {
        unsure_entropy: 0.1,
        ..POLICY
    };
    for (policy, assessment, quality, decision, reason) in [
        (
            POLICY,
            clear,
            0.9,
            Decision::Rescreen,
            "0.030, is below 0.200",
        ),
        (
            POLICY,
            referable,
            0.9,
            Decision::Refer,
            "0.800, is at or above the threshold 0.500",
        ),
        (
            POLICY,
            between,
            0.9,
            Decision::Unsure,
            "0.350, lies between 0.200",
        ),
        (
            scattered,
            clear,
            0.9,
            Decision::Unsure,
            "nats is above 0.100 nats",
        ),
        (scattered, referable, 0.9, Decision::Refer, "at or above"),
        (
            POLICY,
            clear,
            0.1,
            Decision::Retake,
            "The quality 0.10 is below 0.30.",
        ),
        (
            POLICY,
            referable,
            0.1,
            Decision::Retake,
            "speaks for referral",
        ),
        (POLICY, clear, f32::NAN, Decision::Retake, "quality"),
    ] {
        assert_eq!(policy.decide(&assessment, quality), decision);
        let said = policy.reason(&assessment, quality);
        assert!(said.contains(reason), "{said}");
    }
}

#[test]
fn decisions_are_the_words_of_the_contract() {
    let json = serde_json::to_string(&Decision::ALL).unwrap();
    assert_eq!(json, r#"["refer","rescreen","unsure","retake"]"#);
    for decision in Decision::ALL {
        assert_eq!(
            serde_json::to_string(&decision).unwrap(),
            format!("\"{decision}\"")
        );
        assert!(decision.words().ends_with('.'));
    }
    assert!(DISCLAIMER.contains("not a medical device"));
}

#[test]
fn thresholds_lie_where_the_rule_says() {
    // Twenty referable photographs at 0.41, 0.43, ..., 0.79 and twenty others at 0.10, 0.12, ..., 0.48.
    let with_referable = |referable: f32| assessment([1.0 - referable, 0.0, referable, 0.0, 0.0]);
    let referable = (0..20).map(|index| (0.41 + 0.02 * index as f32, Grade::Severe));
    let others = (0..20).map(|index| (0.10 + 0.02 * index as f32, Grade::Mild));
    let (scores, grades): (Vec<f32>, Vec<Grade>) = referable.chain(others).unzip();
    let assessments: Vec<Assessment> = scores.into_iter().map(with_referable).collect();
    let policy = DecisionPolicy::fit(&assessments, &grades, 0.3).unwrap();
    // 17 of 20 lie at or above 0.47, whose next lower neighbour is 0.46; 19 of 20 at or above 0.43, next to 0.42.
    assert!((policy.refer_at - 0.465).abs() < 1e-4, "{policy:?}");
    assert!((policy.rescreen_below - 0.425).abs() < 1e-4, "{policy:?}");
    assert_eq!(policy.minimum_quality, 0.3);

    assert!(DecisionPolicy::fit(&assessments, &grades[1..], 0.3).is_err());
    assert!(DecisionPolicy::fit(&assessments[..20], &grades[..20], 0.3).is_err());
    assert!(DecisionPolicy::fit(&[], &[], 0.3).is_err());
}
