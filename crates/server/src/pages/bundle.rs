//! The page about the model: by which rules its numbers become decisions, and what they promise.

use maud::{Markup, html};
use trust::conformal::Promise;
use trust::words::in_so_many;
use trust::{
    CERTAIN_SHARE, Calibration, ConformalSets, DecisionPolicy, FAMILIAR_SHARE, Grade,
    OperatingPoint, RESCREEN_SENSITIVITY, Rule,
};

use super::view::{Bundle, Rules};
use super::words::text;
use super::{icons, layout, screening, words};

/// The page at `/bundle`.
pub fn bundle(bundle: &Bundle, rules: &Rules) -> Markup {
    let body = html! {
        header class="screening-head" {
            div {
                h1 { (text("bundle-title")) }
                p class="muted" { (words::marked(&model(bundle), "")) (fitted_to(rules)) }
            }
        }
        div class="rules" {
            (operating_points(rules))
            (lines(&rules.policy))
            (limits(&rules.policy))
            (calibration(&rules.calibration))
            (sets(rules.prediction_sets.as_ref()))
        }
    };
    layout::page(text("bundle-title"), None, None, Some(bundle), body)
}

fn model(bundle: &Bundle) -> String {
    text_with!(
        "bundle-model",
        name = bundle.name.as_str(),
        version = bundle.version.as_str(),
        members = text_with!("frame-members", count = bundle.members),
    )
}

fn fitted_to(rules: &Rules) -> String {
    if rules.calibration_photographs == 0 {
        return String::new();
    }
    let photographs = text_with!("frame-photographs", count = rules.calibration_photographs);
    let said = text_with!("bundle-fitted-to", photographs = photographs);
    format!(" · {said}")
}

/// Where the model can stand between finding all and troubling few, and where it stands now.
fn operating_points(rules: &Rules) -> Markup {
    let points = &rules.operating_points;
    let decides = |point: &OperatingPoint| point.policy == rules.policy;
    let is_own = !points.iter().any(decides);
    let headings = [
        text("points-point"),
        text("points-sensitivity"),
        text("points-specificity"),
        text("points-refers-from"),
        text("points-rescreens-below"),
    ];
    let body = html! {
        @for point in points {
            (row(point.name.words_in(words::language()), decides(point), &point.policy, Some(point)))
        }
        @if is_own { (row(text("point-own"), true, &rules.policy, None)) }
    };
    html! {
        section class="card" aria-labelledby="points-title" {
            h2 id="points-title" { (text("points-title")) }
            p { (text("points-meaning")) }
            (layout::table(text("points-table"), &headings, body))
            p class="muted small" {
                (text("points-note"))
                @if points.is_empty() { " " (text("points-none")) }
            }
        }
    }
}

fn row(
    name: &str,
    decides: bool,
    policy: &DecisionPolicy,
    measured: Option<&OperatingPoint>,
) -> Markup {
    html! {
        tr class=(if decides { "deciding" } else { "" }) {
            th scope="row" {
                (words::capitalized(name))
                @if decides { " " span class="pill rescreen" data-decides { (icons::decision(trust::Decision::Rescreen)) (text("points-decides")) } }
            }
            @match measured {
                Some(point) => {
                    td { (words::share_with_interval(&point.sensitivity)) }
                    td { (words::share_with_interval(&point.specificity)) }
                },
                None => { td { (text("points-not-measured")) } td { (text("points-not-measured")) } },
            }
            td { (words::decimal(policy.refer_at, 3)) }
            td { (words::decimal(policy.rescreen_below, 3)) }
        }
    }
}

/// The policy as a list that is read from the top.
fn lines(policy: &DecisionPolicy) -> Markup {
    html! {
        section class="card" aria-labelledby="lines-title" {
            h2 id="lines-title" { (text("lines-title")) }
            p { (text("lines-meaning")) }
            ol class="lines" {
                @for rule in Rule::ALL {
                    li {
                        p { strong { (words::capitalized(rule.words_in(words::language()))) } ": " (condition(rule, policy)) }
                        (screening::decision_pill(rule.decision()))
                    }
                }
            }
        }
    }
}

/// When a line holds, with its numbers.
fn condition(rule: Rule, policy: &DecisionPolicy) -> String {
    let DecisionPolicy {
        refer_at,
        rescreen_below,
        unsure_measure,
        unsure_above,
        unfamiliar_above,
        minimum_quality,
    } = policy;
    match rule {
        Rule::PoorQuality => text_with!(
            "line-poor-quality",
            least = words::decimal(*minimum_quality, 2),
        ),
        Rule::Referable => {
            text_with!("line-referable", threshold = words::decimal(*refer_at, 3))
        }
        Rule::Unfamiliar => match unfamiliar_above {
            Some(limit) => text_with!("line-unfamiliar", limit = words::decimal(*limit, 2)),
            None => text("line-unfamiliar-never").to_owned(),
        },
        Rule::Uncertain => text_with!(
            "line-uncertain",
            measure = unsure_measure.words_in(words::language()),
            limit = words::decimal(*unsure_above, 3),
        ),
        Rule::Negative => text_with!(
            "line-negative",
            threshold = words::decimal(*rescreen_below, 3),
        ),
        Rule::BetweenThresholds => text("line-otherwise").to_owned(),
    }
}

/// Where the numbers in the rule come from.
fn limits(policy: &DecisionPolicy) -> Markup {
    let certain = text_with!(
        "limits-certain-meaning",
        measure = policy.unsure_measure.words_in(words::language()),
        limit = words::decimal(policy.unsure_above, 3),
        share = words::percent(1.0 - CERTAIN_SHARE as f32),
    );
    let familiar = match policy.unfamiliar_above {
        None => text("limits-familiar-unknown").to_owned(),
        Some(limit) => text_with!(
            "limits-familiar-meaning",
            limit = words::decimal(limit, 2),
            share = words::percent(1.0 - FAMILIAR_SHARE as f32),
        ),
    };
    let missed = (1.0 - RESCREEN_SENSITIVITY) as f32;
    let negative = text_with!("limits-negative-meaning", share = words::percent(missed));
    let quality = text_with!(
        "limits-quality-meaning",
        least = words::decimal(policy.minimum_quality, 2),
    );
    let limits = [
        (text("limits-certain"), certain),
        (text("limits-familiar"), familiar),
        (text("limits-negative"), negative),
        (text("limits-quality"), quality),
    ];
    html! {
        section class="card" aria-labelledby="limits-title" {
            h2 id="limits-title" { (text("limits-title")) }
            p { (text("limits-meaning")) }
            dl class="limits" { @for (name, meaning) in limits { div { dt { (name) } dd { (meaning) } } } }
        }
    }
}

fn calibration(calibration: &Calibration) -> Markup {
    html! {
        section class="card" aria-labelledby="calibration-title" {
            h2 id="calibration-title" { (text("calibration-title")) }
            p { (text("calibration-meaning")) " " (method(calibration)) }
        }
    }
}

/// What was done so that probabilities mean what they say.
fn method(calibration: &Calibration) -> String {
    match calibration {
        Calibration::Identity => text("calibration-identity").to_owned(),
        Calibration::Temperature { temperature } => {
            let shown = words::decimal(*temperature, 2);
            match *temperature > 1.0 {
                true => text_with!("calibration-temperature-less", temperature = shown),
                false => text_with!("calibration-temperature-more", temperature = shown),
            }
        }
        Calibration::Vector { .. } => text("calibration-vector").to_owned(),
        Calibration::Isotonic { .. } => text("calibration-isotonic").to_owned(),
    }
}

fn sets(sets: Option<&ConformalSets>) -> Markup {
    html! {
        section class="card" aria-labelledby="sets-title" {
            h2 id="sets-title" { (text("sets-title")) }
            @match sets {
                None => p { (text("sets-none")) },
                Some(sets) => {
                    p { (words::marked(&text_with!("sets-meaning", promise = promise(sets)), "")) }
                    p { (fitted(sets)) }
                },
            }
        }
    }
}

fn fitted(sets: &ConformalSets) -> String {
    text_with!(
        "sets-fitted-to",
        photographs = text_with!("frame-photographs", count = sets.photographs()),
        patients = text_with!("frame-patients", count = sets.patients()),
    )
}

fn promise(sets: &ConformalSets) -> String {
    match sets.promise() {
        Promise::Split { coverage } => {
            let coverage = in_so_many(words::language(), coverage);
            text_with!("sets-split", coverage = coverage)
        }
        Promise::RiskControl { risk } => {
            // Rounded up, so that no more is said than is promised.
            let grades = (risk * (Grade::ALL.len() - 1) as f64 * 100.0 - 1e-6).ceil() / 100.0;
            text_with!("sets-risk", grades = words::decimal(grades, 2))
        }
    }
}
