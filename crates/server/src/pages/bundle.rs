//! The page about the model: by which rules its numbers become decisions, and what they promise.

use maud::{Markup, html};
use trust::conformal::Promise;
use trust::words::in_so_many;
use trust::{
    CERTAIN_SHARE, Calibration, ConformalSets, DecisionPolicy, FAMILIAR_SHARE, Grade,
    OperatingPoint, RESCREEN_SENSITIVITY, Rule,
};

use super::view::{Bundle, Rules};
use super::{icons, layout, screening, words};

/// The page at `/bundle`.
pub fn bundle(bundle: &Bundle, rules: &Rules) -> Markup {
    let body = html! {
        header class="screening-head" {
            div {
                h1 { "How this model decides" }
                p class="muted" { "Model " strong { (bundle.name) " " (bundle.version) } " · " (words::count(bundle.members, "member")) (fitted_to(rules)) }
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
    layout::page("How this model decides", None, None, Some(bundle), body)
}

fn fitted_to(rules: &Rules) -> String {
    match rules.calibration_photographs {
        0 => String::new(),
        photographs => format!(
            " · calibration and thresholds fitted to {}",
            words::count(photographs as usize, "photograph")
        ),
    }
}

/// Where the model can stand between finding all and troubling few, and where it stands now.
fn operating_points(rules: &Rules) -> Markup {
    let points = &rules.operating_points;
    let decides = |point: &OperatingPoint| point.policy == rules.policy;
    let is_own = !points.iter().any(decides);
    let headings = [
        "Operating point",
        "Sensitivity",
        "Specificity",
        "Refers from",
        "Rescreens below",
    ];
    let body = html! {
        @for point in points {
            (row(point.name.words(), decides(point), &point.policy, Some(point)))
        }
        @if is_own { (row("the model’s own thresholds", true, &rules.policy, None)) }
    };
    html! {
        section class="card" aria-labelledby="points-title" {
            h2 id="points-title" { "Operating points" }
            p {
                "Referring more photographs finds more disease and troubles more people who have none. "
                "Sensitivity is the share of the photographs with moderate or worse retinopathy that are referred; "
                "specificity is the share of the others that are not."
            }
            (layout::table("Table of operating points", &headings, body))
            p class="muted small" {
                "In brackets: 95 % intervals, by drawing patients anew many times. All is measured on the photographs that the thresholds "
                "were chosen on, which flatters it; on other cameras and other patients expect less. "
                "“Refers from” and “rescreens below” are probabilities of referable retinopathy."
                @if points.is_empty() { " This model names no operating points to choose from." }
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
                @if decides { " " span class="pill rescreen" data-decides { (icons::decision(trust::Decision::Rescreen)) "Decides now" } }
            }
            @match measured {
                Some(point) => {
                    td { (words::share_with_interval(&point.sensitivity)) }
                    td { (words::share_with_interval(&point.specificity)) }
                },
                None => { td { "not measured" } td { "not measured" } },
            }
            td { (format!("{:.3}", policy.refer_at)) }
            td { (format!("{:.3}", policy.rescreen_below)) }
        }
    }
}

/// The policy as a list that is read from the top.
fn lines(policy: &DecisionPolicy) -> Markup {
    html! {
        section class="card" aria-labelledby="lines-title" {
            h2 id="lines-title" { "The rule, line by line" }
            p { "The first line that holds decides; the result says which it was." }
            ol class="lines" {
                @for rule in Rule::ALL {
                    li {
                        p { strong { (words::capitalized(rule.words())) } ": " (condition(rule, policy)) }
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
        Rule::PoorQuality => {
            format!("the quality of the photograph is below {minimum_quality:.2} of 1.")
        }
        Rule::Referable => {
            format!("the probability of referable retinopathy is {refer_at:.3} or more.")
        }
        Rule::Unfamiliar => match unfamiliar_above {
            Some(limit) => format!(
                "the photograph lies more than {limit:.2} times as far from those that the system learned from as they do \
                 on average."
            ),
            None => "never, because this model does not know what it learned from looks like."
                .to_owned(),
        },
        Rule::Uncertain => format!("the {} is above {unsure_above:.3}.", unsure_measure.words()),
        Rule::Negative => {
            format!("the probability of referable retinopathy is below {rescreen_below:.3}.")
        }
        Rule::BetweenThresholds => "in all other cases.".to_owned(),
    }
}

/// Where the numbers in the rule come from.
fn limits(policy: &DecisionPolicy) -> Markup {
    let missed = 1.0 - RESCREEN_SENSITIVITY;
    html! {
        section class="card" aria-labelledby="limits-title" {
            h2 id="limits-title" { "How the limits were chosen" }
            p { "All on graded photographs that the model did not learn from:" }
            dl class="limits" {
                div {
                    dt { "Certain enough" }
                    dd {
                        "The limit for the " (policy.unsure_measure.words()) ", " (format!("{:.3}", policy.unsure_above))
                        ", is set so that the most unsure " (words::percent(1.0 - CERTAIN_SHARE as f32)) " of those photographs lie above it and are seen by a human."
                    }
                }
                div {
                    dt { "Familiar enough" }
                    dd {
                        @match policy.unfamiliar_above {
                            Some(limit) => {
                                "The limit for the distance, " (format!("{limit:.2}")) ", is set so that "
                                (words::percent(1.0 - FAMILIAR_SHARE as f32)) " of those photographs lie above it. It is about 1 for a photograph like those the model learned from."
                            },
                            None => { "Not judged: this model does not know what the photographs that it learned from look like." },
                        }
                    }
                }
                div {
                    dt { "Safely negative" }
                    dd {
                        "The threshold is set so that at most " (words::percent(missed as f32))
                        " of the photographs with referable retinopathy lie below it."
                    }
                }
                div {
                    dt { "Good enough to grade" }
                    dd { "The least quality, " (format!("{:.2}", policy.minimum_quality)) ", belongs to the measure of quality and not to the network." }
                }
            }
        }
    }
}

fn calibration(calibration: &Calibration) -> Markup {
    html! {
        section class="card" aria-labelledby="calibration-title" {
            h2 id="calibration-title" { "Calibration" }
            p { "Of all photographs to which a grade is given a probability of 80 %, four in five should have it. " (method(calibration)) }
        }
    }
}

/// What was done so that probabilities mean what they say.
fn method(calibration: &Calibration) -> String {
    match calibration {
        Calibration::Identity => {
            "Nothing was done for that here: the network’s own probabilities are shown.".to_owned()
        }
        Calibration::Temperature { temperature } => {
            let effect = if *temperature > 1.0 {
                "less sure"
            } else {
                "surer"
            };
            format!(
                "For that, all answers of the network are made {effect} than they came, by one factor (temperature scaling, \
                 {temperature:.2})."
            )
        }
        Calibration::Vector { .. } => {
            "For that, each grade of the network’s answer is weighted by a factor and a shift of \
                                       its own (vector scaling)."
                .to_owned()
        }
        Calibration::Isotonic { .. } => {
            "For that, each grade’s probability is replaced by how often the grade was right at \
                                         such a probability (isotonic regression)."
                .to_owned()
        }
    }
}

fn sets(sets: Option<&ConformalSets>) -> Markup {
    html! {
        section class="card" aria-labelledby="sets-title" {
            h2 id="sets-title" { "What the prediction sets promise" }
            @match sets {
                None => p { "Nothing: this model gives no prediction sets." },
                Some(sets) => {
                    p { "Beside the most probable grade stands a range of grades, as wide as a promise needs. " strong { (promise(sets)) } }
                    p {
                        "It was fitted to " (words::count(sets.photographs(), "photograph")) " of " (words::count(sets.patients(), "patient"))
                        ", and it holds as long as patients and cameras are like theirs. It holds on average over patients: for one "
                        "grade, one camera or one clinic it may be less."
                    }
                },
            }
        }
    }
}

fn promise(sets: &ConformalSets) -> String {
    match sets.promise() {
        Promise::Split { coverage } => format!(
            "At least {} photographs’ true grades lie in their sets.",
            in_so_many(coverage)
        ),
        Promise::RiskControl { risk } => format!(
            "On average the true grade lies at most {:.2} grades above the set.",
            // Rounded up, so that no more is said than is promised.
            (risk * (Grade::ALL.len() - 1) as f64 * 100.0 - 1e-6).ceil() / 100.0
        ),
    }
}
