//! What sets are and say, and what is refused.

use trust::conformal::{CoverageFigures, Promise, coverage_over_splits};
use trust::{ConformalSets, Grade, PredictionSet, Probabilities, TrustError};

use super::golden::Golden;
use super::{ends, sets_at, single_patients};

fn probabilities(values: [f32; 5]) -> Probabilities {
    Probabilities::new(values).unwrap()
}

#[test]
fn a_set_grows_to_the_more_probable_neighbour_and_upward_where_they_tie() {
    let tied = probabilities([0.1, 0.2, 0.4, 0.2, 0.1]);
    let grown = |threshold| ends(sets_at(threshold).set(&tied));
    assert_eq!(grown(0.0), (Grade::Moderate, Grade::Moderate));
    assert_eq!(grown(0.39), (Grade::Moderate, Grade::Moderate));
    assert_eq!(grown(0.41), (Grade::Moderate, Grade::Severe));
    assert_eq!(grown(0.61), (Grade::Mild, Grade::Severe));
    assert_eq!(grown(0.81), (Grade::Mild, Grade::Proliferative));
    assert_eq!(grown(0.91), (Grade::NoDr, Grade::Proliferative));
    let certain = probabilities([0.0, 0.0, 0.0, 0.0, 1.0]);
    assert_eq!(sets_at(0.999).set(&certain).len(), 1);
    assert_eq!(sets_at(1.0).set(&certain).len(), 5);
}

#[test]
fn sets_speak_to_clinicians() {
    let set = |lowest, highest| PredictionSet::new(lowest, highest).unwrap();
    let some = set(Grade::Mild, Grade::Moderate);
    assert_eq!(some.words(0.9), "between mild and moderate, 90 %");
    assert_eq!(
        PredictionSet::single(Grade::Mild).words(0.975),
        "mild, 97.5 %"
    );
    assert_eq!(
        set(Grade::NoDr, Grade::Mild).words(0.29),
        "between no DR and mild, 29 %"
    );
    // Never more than was promised.
    assert_eq!(
        PredictionSet::single(Grade::Severe).words(0.9999),
        "severe, 99.9 %"
    );
    let any = set(Grade::NoDr, Grade::Proliferative);
    assert_eq!(any.words(0.9), "any grade");

    let golden = Golden::read();
    let risk = ConformalSets::fit_risk_control(&golden.answers(), &golden.patients, 0.05).unwrap();
    assert_eq!(
        risk.words(some),
        "between mild and moderate, the truth on average at most 0.2 grades above"
    );
    assert_eq!(risk.words(any), "any grade");
    assert_eq!(sets_at(0.5).words(some), some.words(0.9));
}

#[test]
fn a_set_knows_its_grades() {
    let set = PredictionSet::new(Grade::Mild, Grade::Severe).unwrap();
    let grades: Vec<Grade> = set.grades().collect();
    assert_eq!(grades, [Grade::Mild, Grade::Moderate, Grade::Severe]);
    assert_eq!(set.len(), 3);
    assert_eq!(
        Grade::ALL.map(|grade| set.contains(grade)),
        [false, true, true, true, false]
    );
    let single = PredictionSet::single(Grade::NoDr);
    assert_eq!(
        Grade::ALL.map(|grade| single.under_grading(grade)),
        [0.0, 0.25, 0.5, 0.75, 1.0]
    );
    assert_eq!(
        Grade::ALL.map(|grade| set.under_grading(grade)),
        [0.0, 0.0, 0.0, 0.0, 0.25]
    );
    assert!(matches!(
        PredictionSet::new(Grade::Severe, Grade::Mild),
        Err(TrustError::InvalidSets(_))
    ));
}

#[test]
fn documents_give_back_what_was_written_and_refuse_what_no_fit_made() {
    let set = PredictionSet::new(Grade::Mild, Grade::Severe).unwrap();
    let text = serde_json::to_string(&set).unwrap();
    assert_eq!(text, r#"{"lowest":1,"highest":3}"#);
    assert_eq!(serde_json::from_str::<PredictionSet>(&text).unwrap(), set);
    let reversed = r#"{"lowest":3,"highest":1}"#;
    assert!(serde_json::from_str::<PredictionSet>(reversed).is_err());

    let split =
        r#"{"method":"split","coverage":0.9,"threshold":0.75,"photographs":40,"patients":20}"#;
    let read: ConformalSets = serde_json::from_str(split).unwrap();
    assert_eq!(read.promise(), Promise::Split { coverage: 0.9 });
    assert_eq!(serde_json::to_string(&read).unwrap(), split);
    let risk =
        r#"{"method":"risk_control","risk":0.1,"threshold":0.5,"photographs":40,"patients":20}"#;
    let read: ConformalSets = serde_json::from_str(risk).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), risk);
    for (right, wrong) in [
        ("0.75", "1.5"),
        ("0.75", "-0.5"),
        ("0.9", "1.0"),
        (":20", ":8"),
        (":20", ":41"),
        ("split", "guess"),
    ] {
        let changed = split.replace(right, wrong);
        assert!(
            serde_json::from_str::<ConformalSets>(&changed).is_err(),
            "{changed}"
        );
    }
}

#[test]
fn too_few_patients_are_told_how_many_are_needed() {
    let answer = (probabilities([0.6, 0.1, 0.1, 0.1, 0.1]), Grade::NoDr);
    let split = |count: usize, coverage| {
        ConformalSets::fit_split(&vec![answer; count], &single_patients(count), coverage)
    };
    let risk_control = |count: usize, risk| {
        ConformalSets::fit_risk_control(&vec![answer; count], &single_patients(count), risk)
    };
    let needs = |patients, needed| TrustError::PromiseNeedsPatients { patients, needed };
    assert_eq!(split(8, 0.9).unwrap_err(), needs(8, 9));
    assert!(split(9, 0.9).is_ok());
    assert_eq!(split(18, 0.95).unwrap_err(), needs(18, 19));
    assert!(split(19, 0.95).is_ok());
    assert_eq!(risk_control(48, 0.02).unwrap_err(), needs(48, 49));
    assert!(risk_control(49, 0.02).is_ok());
    let message = risk_control(48, 0.02).unwrap_err().to_string();
    assert!(message.contains("at least 49"), "{message}");
    // A hundred photographs of one patient are one patient.
    let same = vec!["one"; 100];
    assert_eq!(
        ConformalSets::fit_split(&[answer; 100], &same, 0.9).unwrap_err(),
        needs(1, 9)
    );
}

#[test]
fn promises_and_lists_out_of_range_are_refused() {
    let answer = (probabilities([0.6, 0.1, 0.1, 0.1, 0.1]), Grade::NoDr);
    let names = single_patients(30);
    for value in [0.0, 1.0, -0.1, 1.1, f64::NAN] {
        let fitted = ConformalSets::fit_split(&[answer; 30], &names, value);
        assert!(matches!(
            fitted,
            Err(TrustError::NoShare {
                what: "coverage",
                ..
            })
        ));
        let fitted = ConformalSets::fit_risk_control(&[answer; 30], &names, value);
        assert!(matches!(
            fitted,
            Err(TrustError::NoShare { what: "risk", .. })
        ));
        let split = coverage_over_splits(&[answer; 30], &names, &names, value, 3, 0);
        assert!(matches!(split, Err(TrustError::NoShare { .. })));
    }
    let differ = |what, left| TrustError::LengthsDiffer {
        what,
        left,
        right: 29,
    };
    let answers = [answer; 29];
    assert_eq!(
        ConformalSets::fit_split(&answers, &names, 0.8).unwrap_err(),
        differ("patients", 30)
    );
    assert_eq!(
        coverage_over_splits(&answers, &names[1..], &names, 0.8, 3, 0).unwrap_err(),
        differ("sources", 30)
    );
    let nobody: [&str; 0] = [];
    assert_eq!(
        ConformalSets::fit_risk_control(&[], &nobody, 0.1).unwrap_err(),
        TrustError::Empty
    );
    let nothing = CoverageFigures::of(&sets_at(0.5), &[]);
    assert_eq!((nothing.photographs, nothing.coverage), (0, None));
}
