//! What the pages say, drawn from plain values.

mod eyes;
mod places;
mod spanish;
mod worklist;

use clinic::{Circumstances, Laterality, PatientOutcome, Usage};
use server::pages::view::{
    Bundle, Explanation, Familiarity, FieldOfView, Graded, Method, Outcome, Photograph, Places,
    Prediction, Quality, Recent, Rules, Screening, ShownEye, Stage, State, System,
};
use server::pages::{asset, home, problem, screening};
use time::OffsetDateTime;
use trust::conformal::Promise;
use trust::{
    Calibration, DISCLAIMER, Decision, DecisionPolicy, Grade, Measure, PredictionSet,
    Probabilities, Rule, Uncertainty,
};

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
            entropy_of_entropies: 0.0,
            variation_ratio: 0.0,
        },
        passes: 8,
        place: None,
        prediction: Some(Prediction {
            set: PredictionSet::new(Grade::Mild, Grade::Moderate).expect("they rise"),
            words: Some("between mild and moderate, 90 %".into()),
            promise: Some(Promise::Split { coverage: 0.9 }),
        }),
        familiarity: Familiarity {
            distance: Some(1.04),
            limit: Some(1.5),
        },
        decision,
        rule: Some(rule(decision)),
        reason: "the reason of the rule".into(),
        explanations: vec![Explanation {
            method: Method::IntegratedGradients,
            target: "grade 2, Moderate".into(),
            stage,
        }],
        places: Places::Absent,
    }
}

/// A line of the policy that leads to this decision.
fn rule(decision: Decision) -> Rule {
    match decision {
        Decision::Refer => Rule::Referable,
        Decision::Rescreen => Rule::Negative,
        Decision::Unsure => Rule::Uncertain,
        Decision::Retake => Rule::PoorQuality,
    }
}

fn rules() -> Rules {
    Rules {
        policy: DecisionPolicy {
            refer_at: 0.4,
            rescreen_below: 0.2,
            unsure_measure: Measure::Entropy,
            unsure_above: 1.2,
            unfamiliar_above: None,
            minimum_quality: 0.2,
        },
        operating_points: Vec::new(),
        calibration: Calibration::Identity,
        calibration_photographs: 0,
        prediction_sets: None,
    }
}

fn page(outcome: Outcome) -> String {
    page_of(State::Done, vec![photograph(right_eye(), outcome)])
}

fn right_eye() -> ShownEye {
    ShownEye {
        laterality: Some(Laterality::Right),
        words: "Right eye (OD)".into(),
        doubt: None,
        choices: Vec::new(),
    }
}

fn photograph(eye: ShownEye, outcome: Outcome) -> Photograph {
    Photograph {
        file: "eye <1>.jpg".into(),
        eye: Some(eye),
        outcome,
    }
}

/// The page of a screening that has come so far.
fn page_in(state: State) -> String {
    page_of(state, Vec::new())
}

fn page_of(state: State, photographs: Vec<Photograph>) -> String {
    let outcome = || PatientOutcome {
        decision: None,
        is_pending: true,
        unanswered: Vec::new(),
        is_unread: false,
    };
    let shown = Screening {
        id: "01".into(),
        received: OffsetDateTime::UNIX_EPOCH,
        patient: Some("A&B".into()),
        patient_id: None,
        year_of_birth: None,
        circumstances: Circumstances::default(),
        state,
        has_failed: false,
        photographs,
        eyes: Vec::new(),
        patient_outcome: outcome(),
        blind_outcome: outcome(),
        reviews: Vec::new(),
    };
    screening(&bundle(), &shown).into_string()
}

#[test]
fn a_report_is_offered_when_everything_is_done() {
    let address = "/screenings/01/report.pdf";
    assert!(page_in(State::Done).contains(address));
    assert!(!page_in(State::Grading).contains(address));
    // Where it will be offered.
    assert!(page_in(State::Grading).contains("data-report"));
}

#[test]
fn a_doubtful_eye_is_a_warning_and_can_be_stated_as_long_as_nobody_has_read_it() {
    let doubtful = |choices: &[Laterality]| ShownEye {
        laterality: Some(Laterality::Left),
        words: "Left eye (OS)".into(),
        doubt: Some("The optic disc lies elsewhere.".into()),
        choices: choices.to_vec(),
    };
    let form = "action=\"/screenings/01/photographs/0/laterality\"";
    let shown = |choices: &[Laterality]| {
        let doubtful = photograph(doubtful(choices), Outcome::Pending);
        page_of(State::Done, vec![doubtful])
    };
    let open = shown(&[Laterality::Right, Laterality::Left]);
    assert!(open.contains("The optic disc lies elsewhere.") && open.contains(form));
    for value in ["right", "left"] {
        assert!(open.contains(&format!("name=\"laterality\" value=\"{value}\"")));
    }
    let closed = shown(&[]);
    assert!(closed.contains("The optic disc lies elsewhere.") && !closed.contains(form));
    assert!(!page(Outcome::Pending).contains("data-which-eye"));
}

fn graded_page(decision: Decision, stage: Stage) -> String {
    page(Outcome::Graded(Box::new(graded(decision, stage))))
}

const READY: Stage = Stage::Ready {
    empty: false,
    scale: Some(0.0125),
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
    assert!(html.contains("integrated-gradients/map?scale=0.0125"));
    assert!(html.contains("full colour at ±0.013"));
    assert!(
        html.contains("adds up to the score within 2 %"),
        "the error is rounded up"
    );
}

#[test]
fn a_photograph_to_be_retaken_shows_no_grade() {
    let html = graded_page(Decision::Retake, READY);
    assert!(html.contains("Not gradable") && html.contains("Out of focus."));
    assert!(html.contains("When it is taken again") && html.contains("does not mean healthy"));
    for withheld in [
        "Moderate",
        "data-grade",
        "85 %",
        "referral.svg",
        "explanations/",
        "prediction-set",
        "familiarity",
    ] {
        assert!(!html.contains(withheld), "{withheld} must be withheld");
    }
}

#[test]
fn the_rule_that_decided_is_named_before_its_sentence() {
    let html = graded_page(Decision::Unsure, READY);
    assert!(html.contains("Decided by: uncertainty.</strong> The reason of the rule."));
    let mut older = graded(Decision::Unsure, READY);
    older.rule = None;
    let html = page(Outcome::Graded(Box::new(older)));
    assert!(html.contains("Rule:</strong> The reason of the rule."));
}

#[test]
fn the_prediction_set_stands_in_words_and_beside_the_bars_of_its_grades() {
    let html = graded_page(Decision::Refer, READY);
    assert!(html.contains("Between mild and moderate, 90 %</strong>: nine in ten photographs"));
    let rows: Vec<&str> = html
        .split("<tr")
        .skip(1)
        .filter(|row| row.contains("data-grade="))
        .collect();
    let marked: Vec<bool> = rows.iter().map(|row| row.contains("data-in-set")).collect();
    assert_eq!(marked, [false, true, true, false, false]);
    assert!(
        rows[1].contains(">yes<") && rows[0].contains(">no<"),
        "it is said, not only drawn"
    );

    let mut without = graded(Decision::Refer, READY);
    without.prediction = None;
    let html = page(Outcome::Graded(Box::new(without)));
    assert!(!html.contains("rediction set") && !html.contains("data-in-set"));
}

#[test]
fn a_promise_of_another_bundle_is_not_explained_as_this_ones() {
    let mut graded = graded(Decision::Refer, READY);
    graded.prediction.as_mut().expect("it has one").promise = None;
    let html = page(Outcome::Graded(Box::new(graded)));
    assert!(
        html.contains("Between mild and moderate, 90 %") && html.contains("not the one loaded now")
    );
    assert!(!html.contains("nine in ten"));
}

#[test]
fn familiarity_is_said_with_its_number_and_limit() {
    let said = |distance, limit, rule| {
        let mut graded = graded(Decision::Unsure, READY);
        graded.familiarity = Familiarity { distance, limit };
        graded.rule = Some(rule);
        page(Outcome::Graded(Box::new(graded)))
    };
    let like = said(Some(1.04), Some(1.5), Rule::Uncertain);
    assert!(like.contains("data-familiarity=\"like\"") && like.contains("Like the photographs"));
    assert!(like.contains("1.04") && like.contains("1.50"));
    let unlike = said(Some(1.6), Some(1.5), Rule::Unfamiliar);
    assert!(unlike.contains("so the answer may not hold"));
    assert!(unlike.contains("What is unusual here"), "it is looked for");
    let referred = said(Some(1.6), Some(1.5), Rule::Referable);
    assert!(referred.contains("data-familiarity=\"unlike\""));
    let remembered = said(None, None, Rule::Unfamiliar);
    assert!(remembered.contains("data-familiarity=\"unlike\""));
    let unjudged = said(Some(1.04), None, Rule::Uncertain);
    assert!(unjudged.contains("data-familiarity=\"unjudged\""));
    let unknown = said(None, Some(1.5), Rule::Uncertain);
    assert!(unknown.contains("data-familiarity=\"unknown\"") && unknown.contains("is not known"));
}

#[test]
fn unsure_says_which_signs_lie_between_the_grades_in_question() {
    let html = graded_page(Decision::Unsure, READY);
    assert!(html.contains("A human should look for:"));
    assert!(html.contains("cotton-wool spots make it moderate"));
    assert!(!html.contains("make it mild") && !html.contains("venous beading"));

    let mut without = graded(Decision::Unsure, READY);
    without.prediction = None;
    let html = page(Outcome::Graded(Box::new(without)));
    assert!(html.contains("cotton-wool spots") && html.contains("venous beading"));
    assert!(!html.contains("make it mild") && !html.contains("New vessels"));

    let mut single = graded(Decision::Unsure, READY);
    let prediction = single.prediction.as_mut().expect("it has one");
    prediction.set = PredictionSet::single(Grade::Severe);
    single.rule = Some(Rule::BetweenThresholds);
    let html = page(Outcome::Graded(Box::new(single)));
    for neighbour in ["venous beading", "New vessels", "make it moderate"] {
        assert!(html.contains(neighbour), "{neighbour} is missing");
    }
    assert!(!graded_page(Decision::Refer, READY).contains("A human should look for"));
}

#[test]
fn a_model_without_operating_points_and_promises_says_so() {
    let html = server::pages::bundle(&bundle(), &rules()).into_string();
    for expected in [
        "names no operating points",
        "data-decides",
        "not measured",
        "Nothing was done for that here",
        "gives no prediction sets",
        "does not know what the photographs",
        DISCLAIMER,
    ] {
        assert!(html.contains(expected), "{expected} is missing");
    }
}

#[test]
fn every_stage_of_an_explanation_is_said_in_words() {
    let empty = Stage::Ready {
        empty: true,
        scale: None,
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
fn photographs_of_an_eye_are_gone_through_one_after_the_other() {
    let of = |laterality: Laterality, outcome| {
        let words = clinic::words::eye(language::Language::English, Some(laterality));
        let eye = ShownEye {
            laterality: Some(laterality),
            words: words.into(),
            ..right_eye()
        };
        photograph(eye, outcome)
    };
    let shown = || Outcome::Graded(Box::new(graded(Decision::Refer, READY)));
    let refused = Outcome::Refused {
        sentence: "no retina".into(),
    };
    let html = page_of(
        State::Done,
        vec![
            of(Laterality::Right, shown()),
            of(Laterality::Left, shown()),
            of(Laterality::Right, refused),
            of(Laterality::Right, shown()),
        ],
    );
    assert!(html.contains("<span>1 of 2<") && html.contains("<span>2 of 2<"));
    assert_eq!(
        html.matches("<span>1 of ").count(),
        1,
        "the left eye has one"
    );
    assert!(html.contains("data-name=\"4: Right eye (OD), eye &lt;1&gt;.jpg\""));
    assert!(html.contains("<filter id=\"red-free\""));
}

#[test]
fn the_page_about_the_system_says_how_the_server_is() {
    let system = System {
        version: "1.2.3",
        fingerprint: "0123456789abcdef".into(),
        methods: vec!["combined", "grad-cam"],
        grades_here: false,
        waiting_photographs: 1,
        waiting_explanations: 12,
        busy_workers: 2,
        database: "PostgreSQL",
        usage: Usage {
            files: 3,
            bytes: 2_340_000,
        },
    };
    let html = server::pages::system(&bundle(), &system).into_string();
    for expected in [
        "Fundoscope 1.2.3",
        "starter, fingerprint 0123456789abcdef, 2 members",
        "combined, grad-cam",
        "<dd>workers that share its records",
        "1 photograph, 12 explanations",
        "PostgreSQL",
        "3 files, 2.3 MB",
        DISCLAIMER,
    ] {
        assert!(html.contains(expected), "{expected} is missing");
    }
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
        server::pages::bundle(&bundle(), &rules()).into_string(),
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
        server::pages::bundle(&bundle(), &rules()).into_string(),
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
    for module in [
        "home.js",
        "screening.js",
        "viewer.js",
        "comparison.js",
        "review.js",
        "worklist.js",
    ] {
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
