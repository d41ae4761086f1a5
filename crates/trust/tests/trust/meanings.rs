//! Grades, probabilities and calibrations as files and people write them.

use trust::{Assessment, Calibration, Grade, Logits, Probabilities, TrustError};

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
