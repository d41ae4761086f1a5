//! The written rule: which line decides, in which order, and what it says.

use proptest::array::uniform5;
use proptest::collection::vec;
use proptest::prelude::*;
use trust::{
    Assessment, Calibration, DISCLAIMER, Decision, DecisionPolicy, Evidence, Grade, Logits,
    Measure, Rule,
};

const POLICY: DecisionPolicy = DecisionPolicy {
    refer_at: 0.5,
    rescreen_below: 0.2,
    unsure_measure: Measure::Entropy,
    unsure_above: 1.2,
    unfamiliar_above: Some(1.5),
    minimum_quality: 0.3,
};

/// Good and familiar.
const GOOD: Evidence = Evidence {
    quality: 0.9,
    unfamiliarity: Some(1.0),
};

const BLURRED: Evidence = Evidence {
    quality: 0.1,
    ..GOOD
};

const STRANGE: Evidence = Evidence {
    unfamiliarity: Some(2.25),
    ..GOOD
};

fn assessment(probabilities: [f32; 5]) -> Assessment {
    let passes = [crate::common::with_probabilities(probabilities)];
    Assessment::from_passes(&passes, &Calibration::Identity).unwrap()
}

fn clear() -> Assessment {
    assessment([0.95, 0.02, 0.01, 0.01, 0.01])
}

fn referable() -> Assessment {
    assessment([0.1, 0.1, 0.6, 0.1, 0.1])
}

fn between() -> Assessment {
    assessment([0.65, 0.0, 0.35, 0.0, 0.0])
}

#[test]
fn each_line_of_the_rule_decides_and_says_so() {
    let scattered = DecisionPolicy {
        unsure_above: 0.1,
        ..POLICY
    };
    let no_quality = Evidence {
        quality: f32::NAN,
        ..GOOD
    };
    for (policy, assessment, evidence, rule, reason) in [
        (
            POLICY,
            clear(),
            GOOD,
            Rule::Negative,
            "0.030, is below 0.200, and the entropy, 0.265, is at most 1.200.",
        ),
        (
            POLICY,
            referable(),
            GOOD,
            Rule::Referable,
            "0.800, is at or above the threshold 0.500.",
        ),
        (
            POLICY,
            between(),
            GOOD,
            Rule::BetweenThresholds,
            "0.350, lies between 0.200, below which it is safely negative, and 0.500,",
        ),
        (
            scattered,
            clear(),
            GOOD,
            Rule::Uncertain,
            "The entropy, 0.265, is above 0.100.",
        ),
        (scattered, referable(), GOOD, Rule::Referable, "at or above"),
        (
            POLICY,
            clear(),
            STRANGE,
            Rule::Unfamiliar,
            "2.25 times as far off as theirs do on average, and 1.50 times is the limit.",
        ),
        (
            POLICY,
            clear(),
            BLURRED,
            Rule::PoorQuality,
            "The quality 0.10 is below 0.30.",
        ),
        (
            POLICY,
            referable(),
            BLURRED,
            Rule::PoorQuality,
            "0.10 is below 0.30; what could be read speaks for referral",
        ),
        (POLICY, clear(), no_quality, Rule::PoorQuality, "quality"),
    ] {
        assert_eq!(policy.rule(&assessment, &evidence), rule);
        assert_eq!(policy.decide(&assessment, &evidence), rule.decision());
        let said = policy.reason(&assessment, &evidence);
        assert!(said.contains(reason), "{said}");
        assert!(said.ends_with('.'), "{said}");
    }
}

#[test]
fn the_lines_are_tried_in_their_order() {
    // Everything speaks against this photograph; what decides is mended one after the other.
    let mut policy = DecisionPolicy {
        refer_at: 0.3,
        rescreen_below: 0.2,
        unsure_above: 0.1,
        ..POLICY
    };
    let mut evidence = Evidence {
        quality: 0.1,
        ..STRANGE
    };
    let photograph = between();
    let mut rules = vec![policy.rule(&photograph, &evidence)];
    evidence.quality = 0.3;
    rules.push(policy.rule(&photograph, &evidence));
    policy.refer_at = 0.5;
    rules.push(policy.rule(&photograph, &evidence));
    evidence.unfamiliarity = Some(1.5);
    rules.push(policy.rule(&photograph, &evidence));
    policy.unsure_above = photograph.uncertainty.entropy;
    rules.push(policy.rule(&photograph, &evidence));
    policy.rescreen_below = 0.4;
    rules.push(policy.rule(&photograph, &evidence));
    assert_eq!(
        rules,
        [
            Rule::PoorQuality,
            Rule::Referable,
            Rule::Unfamiliar,
            Rule::Uncertain,
            Rule::BetweenThresholds,
            Rule::Negative,
        ]
    );
}

#[test]
fn what_is_not_a_number_never_sends_anyone_home() {
    let with = |quality: f32, unfamiliarity: Option<f32>| Evidence {
        quality,
        unfamiliarity,
    };
    let rule = |evidence: Evidence| POLICY.rule(&clear(), &evidence);
    assert_eq!(rule(with(f32::NAN, Some(1.0))), Rule::PoorQuality);
    assert_eq!(rule(with(f32::NAN, Some(f32::NAN))), Rule::PoorQuality);
    assert_eq!(rule(with(0.9, Some(f32::NAN))), Rule::Unfamiliar);
    assert_eq!(rule(with(0.9, Some(f32::INFINITY))), Rule::Unfamiliar);
    // Unfamiliarity never stands in the way of a referral.
    let unknown = with(0.9, Some(f32::NAN));
    assert_eq!(POLICY.rule(&referable(), &unknown), Rule::Referable);
}

#[test]
fn a_bundle_that_cannot_tell_finds_nothing_unfamiliar() {
    let without_limit = DecisionPolicy {
        unfamiliar_above: None,
        ..POLICY
    };
    assert_eq!(without_limit.rule(&clear(), &STRANGE), Rule::Negative);
    let unknown = Evidence {
        unfamiliarity: None,
        ..GOOD
    };
    assert_eq!(POLICY.rule(&clear(), &unknown), Rule::Negative);
}

#[test]
fn every_measure_can_make_a_photograph_unsure_and_is_named() {
    let passes = [
        crate::common::with_probabilities([0.9, 0.07, 0.01, 0.01, 0.01]),
        crate::common::with_probabilities([0.4, 0.5, 0.08, 0.01, 0.01]),
    ];
    let assessment = Assessment::from_passes(&passes, &Calibration::Identity).unwrap();
    for measure in Measure::ALL {
        let uncertainty = measure.uncertainty(&assessment, POLICY.refer_at);
        let policy = |unsure_above: f32| DecisionPolicy {
            unsure_measure: measure,
            unsure_above,
            ..POLICY
        };
        let strict = policy(uncertainty - 0.001);
        assert_eq!(strict.rule(&assessment, &GOOD), Rule::Uncertain);
        let said = strict.reason(&assessment, &GOOD);
        let expected = format!(
            "The {}, {uncertainty:.3}, is above {:.3}.",
            measure.words(),
            strict.unsure_above
        );
        assert_eq!(said, expected);
        // At the limit itself it is not above it.
        assert_eq!(policy(uncertainty).rule(&assessment, &GOOD), Rule::Negative);
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
fn rules_are_words_and_lead_to_their_decisions() {
    for (rule, word, decision) in [
        (Rule::PoorQuality, "poor_quality", Decision::Retake),
        (Rule::Referable, "referable", Decision::Refer),
        (Rule::Unfamiliar, "unfamiliar", Decision::Unsure),
        (Rule::Uncertain, "uncertain", Decision::Unsure),
        (Rule::Negative, "negative", Decision::Rescreen),
        (
            Rule::BetweenThresholds,
            "between_thresholds",
            Decision::Unsure,
        ),
    ] {
        assert_eq!(rule.to_string(), word);
        assert_eq!(serde_json::to_string(&rule).unwrap(), format!("\"{word}\""));
        assert_eq!(rule.decision(), decision);
    }
}

#[test]
fn policies_from_before_there_was_a_choice_are_unsure_by_the_entropy() {
    let old =
        r#"{"refer_at":0.5,"rescreen_below":0.25,"unsure_entropy":1.25,"minimum_quality":0.125}"#;
    let policy: DecisionPolicy = serde_json::from_str(old).unwrap();
    assert_eq!(
        policy,
        DecisionPolicy {
            refer_at: 0.5,
            rescreen_below: 0.25,
            unsure_measure: Measure::Entropy,
            unsure_above: 1.25,
            unfamiliar_above: None,
            minimum_quality: 0.125,
        }
    );
    let evidence: Evidence = serde_json::from_str(r#"{"quality":0.5}"#).unwrap();
    assert_eq!(evidence.unfamiliarity, None);
}

fn passes() -> impl Strategy<Value = Vec<Logits>> {
    vec(uniform5(-60.0_f32..60.0).prop_map(Logits), 1..12)
}

prop_compose! {
    fn policies()(
        refer_at in 0.0_f32..1.0,
        part in 0.0_f32..=1.0,
        measure in 0_usize..10,
        unsure_above in -1.0_f32..1.6,
        unfamiliar_above in proptest::option::of(0.5_f32..3.0),
        minimum_quality in 0.0_f32..1.0,
    ) -> DecisionPolicy {
        DecisionPolicy {
            refer_at,
            rescreen_below: refer_at * part,
            unsure_measure: Measure::ALL[measure],
            unsure_above,
            unfamiliar_above,
            minimum_quality,
        }
    }
}

prop_compose! {
    fn evidences()(quality in 0.0_f32..1.0, unfamiliarity in proptest::option::of(0.0_f32..4.0)) -> Evidence {
        Evidence { quality, unfamiliarity }
    }
}

proptest! {
    #[test]
    fn the_first_line_that_holds_decides(passes in passes(), policy in policies(), evidence in evidences()) {
        let assessment = Assessment::from_passes(&passes, &Calibration::Identity).unwrap();
        let referable = assessment.probabilities.referable();
        let uncertainty = policy.unsure_measure.uncertainty(&assessment, policy.refer_at);
        let is_unfamiliar = matches!(
            (evidence.unfamiliarity, policy.unfamiliar_above),
            (Some(unfamiliarity), Some(limit)) if unfamiliarity > limit
        );
        let lines = [
            (evidence.quality < policy.minimum_quality, Rule::PoorQuality),
            (referable >= policy.refer_at, Rule::Referable),
            (is_unfamiliar, Rule::Unfamiliar),
            (uncertainty > policy.unsure_above, Rule::Uncertain),
            (referable < policy.rescreen_below, Rule::Negative),
            (true, Rule::BetweenThresholds),
        ];
        let first = lines.iter().find(|(holds, _)| *holds).unwrap().1;
        prop_assert_eq!(policy.rule(&assessment, &evidence), first);
        prop_assert_eq!(policy.decide(&assessment, &evidence), first.decision());
        let said = policy.reason(&assessment, &evidence);
        prop_assert!(said.ends_with('.') && said.contains(|letter: char| letter.is_ascii_digit()), "{}", said);
        prop_assert!(!said.contains("NaN") && !said.contains("inf"), "{}", said);
    }

    #[test]
    fn policies_give_back_what_was_written(policy in policies(), evidence in evidences()) {
        let text = serde_json::to_string(&(policy, evidence)).unwrap();
        let read: (DecisionPolicy, Evidence) = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(read, (policy, evidence));
    }

    #[test]
    fn a_policy_does_not_ask_how_sure_it_is_before_it_refers(
        passes in passes(), policy in policies(), evidence in evidences(), grade in 2_usize..5,
    ) {
        // However uncertain and unfamiliar: what reaches the threshold on a good photograph is referred.
        let lifted: Vec<Logits> = passes
            .iter()
            .map(|Logits(logits)| {
                let mut logits = *logits;
                logits[grade] += 200.0;
                Logits(logits)
            })
            .collect();
        let assessment = Assessment::from_passes(&lifted, &Calibration::Identity).unwrap();
        prop_assert_eq!(assessment.grade, Grade::ALL[grade]);
        let decided = policy.decide(&assessment, &evidence);
        let expected = if evidence.quality < policy.minimum_quality { Decision::Retake } else { Decision::Refer };
        prop_assert_eq!(decided, expected);
    }
}
