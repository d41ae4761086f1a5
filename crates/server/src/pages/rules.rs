//! The lines of the decision policy as people name them.

use trust::Rule;

/// All lines, in the order in which they are asked; the first that holds decides.
pub(super) const ALL: [Rule; 6] = [
    Rule::PoorQuality,
    Rule::Referable,
    Rule::Unfamiliar,
    Rule::Uncertain,
    Rule::Negative,
    Rule::BetweenThresholds,
];

/// The short name, as it stands after "Decided by".
pub(super) fn name(rule: Rule) -> &'static str {
    match rule {
        Rule::PoorQuality => "poor quality",
        Rule::Referable => "high probability",
        Rule::Unfamiliar => "unfamiliarity",
        Rule::Uncertain => "uncertainty",
        Rule::Negative => "low probability",
        Rule::BetweenThresholds => "probability in between",
    }
}
