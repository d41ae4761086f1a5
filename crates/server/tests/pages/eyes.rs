//! What the photographs come to, and what readers say of it.

use clinic::{Circumstances, Eye, EyeAnswer, PatientOutcome, Review, Verdict};
use server::pages::screening;
use server::pages::view::{Screening, State};
use time::OffsetDateTime;
use trust::{Decision, Grade};

use crate::bundle;

/// A page with these eyes.
fn page_of_eyes(eyes: Vec<Eye>, patient_outcome: PatientOutcome, reviews: Vec<Review>) -> String {
    let shown = Screening {
        id: "01".into(),
        received: OffsetDateTime::UNIX_EPOCH,
        patient: None,
        patient_id: None,
        year_of_birth: None,
        circumstances: Circumstances::default(),
        state: State::Done,
        has_failed: false,
        photographs: Vec::new(),
        eyes,
        blind_outcome: patient_outcome.clone(),
        patient_outcome,
        reviews,
    };
    screening(&bundle(), &shown).into_string()
}

/// Nothing to do at once, and no all-clear.
fn outcome(is_pending: bool, unanswered: &[clinic::Laterality]) -> PatientOutcome {
    PatientOutcome {
        decision: None,
        is_pending,
        unanswered: unanswered.to_vec(),
        is_unread: false,
    }
}

#[test]
fn eyes_are_summed_up_and_reviewed() {
    let right = Some(clinic::Laterality::Right);
    let left = Some(clinic::Laterality::Left);
    let eyes = vec![
        Eye {
            laterality: right,
            photographs: vec![0, 2],
            disputed: Vec::new(),
            answer: EyeAnswer::Graded {
                photograph: 2,
                grade: Grade::Mild,
                decision: Decision::Rescreen,
            },
        },
        Eye {
            laterality: left,
            photographs: vec![1],
            disputed: Vec::new(),
            answer: EyeAnswer::Withheld,
        },
    ];
    let review = Review {
        id: "6f2c7a52-3c36-4a0a-9d8e-0a4c1d6b7e01"
            .parse()
            .expect("it is an identifier"),
        laterality: right,
        reader: Some("Dr. <B>".into()),
        verdict: Verdict::Overrule {
            grade: Grade::Severe,
            reason: "beading & <more>".into(),
        },
        system_grade: Some(Grade::Mild),
        created: OffsetDateTime::UNIX_EPOCH,
    };
    let page = page_of_eyes(
        eyes,
        outcome(false, &[clinic::Laterality::Left]),
        vec![review],
    );
    for part in [
        "No all-clear",
        "No photograph shows the left eye well enough to be graded.",
        "the worst of 2 photographs",
        "#photograph-3",
        "Overruled: Severe",
        "beading &amp; &lt;more&gt;",
        "Dr. &lt;B&gt;",
        "Grade it",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    // The system's own grade cannot overrule it, and there is nothing to agree with in the left eye.
    assert_eq!(page.matches("value=\"agree\"").count(), 1);
    assert_eq!(page.matches("<option value=\"1\">").count(), 1);
    let pending = vec![Eye {
        laterality: None,
        photographs: vec![0],
        disputed: Vec::new(),
        answer: EyeAnswer::Pending,
    }];
    let page = page_of_eyes(pending, outcome(true, &[]), Vec::new());
    assert!(
        page.contains("Eye not stated") && !page.contains("<form class=\"review\""),
        "{page}"
    );
}
