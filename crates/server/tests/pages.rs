//! What the pages say, drawn from plain values.

use server::pages::view::{
    Bundle, Explanation, FieldOfView, Graded, Laterality, Method, Outcome, Photograph, Quality,
    Recent, Screening, Stage, State,
};
use server::pages::{asset, home, problem, screening};
use time::OffsetDateTime;
use trust::{DISCLAIMER, Decision, Grade, Probabilities, Uncertainty};

fn bundle() -> Bundle {
    Bundle {
        name: "starter".into(),
        version: "1".into(),
        members: 2,
        input_side: 192,
        validation_photographs: 290,
        kappa: None,
        referable_auc: None,
        licence: "research use only".into(),
    }
}

fn graded(decision: Decision, stage: Stage) -> Graded {
    let probabilities = Probabilities::new([0.05, 0.1, 0.6, 0.2, 0.05]).expect("they sum to 1");
    Graded {
        width: 4288,
        height: 2848,
        field_of_view: FieldOfView {
            center: [2144.0, 1424.0],
            radius: 1400.0,
        },
        quality: Quality {
            score: 0.3,
            gradable: decision != Decision::Retake,
            reasons: vec!["out of focus".into()],
        },
        grade: Grade::Moderate,
        probabilities,
        uncertainty: Uncertainty {
            std: [0.02; 5],
            entropy: 1.1,
            expected_entropy: 1.0,
            mutual_information: 0.1,
        },
        passes: 8,
        place: None,
        decision,
        reason: "the reason of the rule".into(),
        explanations: vec![Explanation {
            method: Method::IntegratedGradients,
            target: "grade 2, Moderate".into(),
            stage,
        }],
    }
}

fn page(outcome: Outcome) -> String {
    let photograph = Photograph {
        file: "eye <1>.jpg".into(),
        laterality: Some(Laterality::Right),
        outcome,
    };
    let shown = Screening {
        id: "01".into(),
        received: OffsetDateTime::UNIX_EPOCH,
        patient: Some("A&B".into()),
        state: State::Done,
        photographs: vec![photograph],
    };
    screening(&bundle(), &shown).into_string()
}

fn graded_page(decision: Decision, stage: Stage) -> String {
    page(Outcome::Graded(Box::new(graded(decision, stage))))
}

const READY: Stage = Stage::Ready {
    empty: false,
    completeness_error: Some(0.012),
};

#[test]
fn a_result_says_grade_decision_rule_and_what_was_not_assessed() {
    let html = graded_page(Decision::Refer, READY);
    for expected in [
        "Moderate",
        "85 %",
        "The reason of the rule.",
        "Right eye (OD)",
        "Macular oedema: not assessed",
        DISCLAIMER,
    ] {
        assert!(html.contains(expected), "{expected} is missing");
    }
    assert!(
        html.contains("adds up to the score within 2 %"),
        "the error is rounded up"
    );
}

#[test]
fn a_photograph_to_be_retaken_shows_no_grade() {
    let html = graded_page(Decision::Retake, READY);
    assert!(html.contains("Not gradable") && html.contains("Out of focus."));
    for withheld in [
        "Moderate",
        "data-grade",
        "85 %",
        "referral.svg",
        "explanations/",
    ] {
        assert!(!html.contains(withheld), "{withheld} must be withheld");
    }
}

#[test]
fn every_stage_of_an_explanation_is_said_in_words() {
    let empty = Stage::Ready {
        empty: true,
        completeness_error: None,
    };
    assert!(
        graded_page(Decision::Refer, empty)
            .contains("nothing in the picture spoke for or against the grade")
    );
    assert!(graded_page(Decision::Refer, Stage::Pending).contains("Being computed"));
    assert!(graded_page(Decision::Refer, Stage::Failed).contains("could not be computed"));
}

#[test]
fn every_decision_has_its_word_and_its_sign() {
    for decision in Decision::ALL {
        let html = graded_page(decision, READY);
        assert!(html.contains(&format!("data-decision=\"{}\"", decision.name())));
        assert!(
            html.contains(
                decision
                    .words()
                    .split_once(": ")
                    .expect("a word and a sentence")
                    .0
            )
        );
    }
}

#[test]
fn a_refused_photograph_shows_its_sentence() {
    let html = page(Outcome::Refused {
        sentence: "the file is empty".into(),
    });
    assert!(html.contains("The file is empty."));
}

#[test]
fn what_the_submitter_typed_is_text_and_never_markup() {
    let html = graded_page(Decision::Refer, READY);
    assert!(html.contains("eye &lt;1&gt;.jpg") && html.contains("A&amp;B"));
    assert!(!html.contains("eye <1>"));
}

#[test]
fn nothing_is_inline_and_nothing_comes_from_elsewhere() {
    let recent = Recent {
        id: "01".into(),
        received: OffsetDateTime::UNIX_EPOCH,
        patient: None,
        state: State::Done,
        decisions: vec![Some(Decision::Unsure), None],
    };
    let pages = [
        graded_page(Decision::Refer, READY),
        home(&bundle(), &[recent]).into_string(),
        problem(404, "Not found", "there is no such screening").into_string(),
    ];
    for html in pages {
        for forbidden in [
            " style=",
            "<style",
            " onclick=",
            "<script>",
            "http://",
            "https://",
        ] {
            assert!(!html.contains(forbidden), "{forbidden} in {html}");
        }
        assert!(html.contains(DISCLAIMER));
    }
}

#[test]
fn every_file_that_a_page_names_is_there() {
    let all = [
        graded_page(Decision::Refer, READY),
        home(&bundle(), &[]).into_string(),
    ]
    .concat();
    let named: Vec<&str> = all
        .split("/assets/")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(!named.is_empty());
    for name in named {
        assert!(asset(name).is_some(), "{name} is named by a page");
    }
    for module in ["home.js", "screening.js"] {
        let source = std::str::from_utf8(asset(module).expect("it was just found").bytes)
            .expect("modules are text");
        for imported in source
            .split("from \"./")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
        {
            assert!(
                asset(imported).is_some(),
                "{imported} is imported by {module}"
            );
        }
    }
    assert!(asset("../Cargo.toml").is_none());
}
