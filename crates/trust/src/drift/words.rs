//! What was compared, in sentences for clinicians.

use super::{Agreement, Drift, DriftComparison, DriftFigure, ENOUGH_PHOTOGRAPHS, Summary};

/// Grades from which shares are told, by the lowest grade; the first is the one that screening is about.
const FROM_GRADE: [(usize, &str); 4] = [
    (2, "moderate or worse"),
    (1, "mild or worse"),
    (3, "severe or worse"),
    (4, "proliferative"),
];

/// What is added to a figure that differs but is not said to drift.
const NO_DRIFT: &str = ", which may be chance or too little to matter";

impl DriftComparison {
    /// One sentence with the figure before and now: "The share of moderate or worse grades rose from 26 % to 41 %."
    pub fn words(&self) -> String {
        match (self.what, self.reference, self.recent) {
            (_, Summary::Grades(before), Summary::Grades(now)) => {
                let (grades, before, now) = most_changed(&before, &now);
                let subject = format!("The share of {grades} grades");
                self.sentence(&subject, &percent(before), &percent(now), before < now, "")
            }
            (_, Summary::Share(before), Summary::Share(now)) => {
                let subject = "The share of gradable photographs";
                self.sentence(subject, &percent(before), &percent(now), before < now, "")
            }
            (what, before, now) => {
                let (before, now) = (before.median(), now.median());
                let (subject, unit) = median_of(what);
                let (is_rise, before, now) =
                    (before < now, format!("{before:.2}"), format!("{now:.2}"));
                self.sentence(subject, &before, &now, is_rise, unit)
            }
        }
    }

    fn sentence(
        &self,
        subject: &str,
        before: &str,
        now: &str,
        is_rise: bool,
        unit: &str,
    ) -> String {
        let doubt = if self.drifted { "" } else { NO_DRIFT };
        if before != now {
            let verb = if is_rise { "rose" } else { "fell" };
            format!("{subject} {verb} from {before} to {now}{unit}{doubt}.")
        } else if self.drifted {
            format!("{subject} stayed at {now}{unit}, but what lies around it changed.")
        } else {
            format!("{subject} stayed at {now}{unit}.")
        }
    }
}

impl Summary {
    /// The median of values; the first number of anything else.
    fn median(self) -> f64 {
        match self {
            Summary::Values { median, .. } => median,
            Summary::Share(share) => share,
            Summary::Grades([share, ..]) => share,
        }
    }
}

impl Drift {
    /// One sentence on all figures together.
    pub fn words(&self) -> String {
        let (recent, reference) = (self.recent, self.reference);
        let drifted = self
            .comparisons
            .iter()
            .filter(|found| found.drifted)
            .count();
        if !self.enough {
            format!(
                "{recent} photographs against {reference} validation photographs are too few to say whether anything \
                 changed: at least {ENOUGH_PHOTOGRAPHS} of each are needed."
            )
        } else if drifted == 0 {
            format!(
                "The {recent} photographs screened lately are like the {reference} validation photographs in all that \
                 was compared."
            )
        } else {
            format!(
                "The {recent} photographs screened lately differ from the {reference} validation photographs in {drifted} \
                 of {} figures; what the validation says may not hold for them.",
                self.comparisons.len()
            )
        }
    }
}

impl Agreement {
    /// One sentence with the agreement, and with the validation accuracy where there is one.
    pub fn words(&self) -> String {
        let (agreed, reviewed) = (self.agreed, self.reviewed);
        let Some(share) = self.share() else {
            return "No photograph was reviewed.".to_owned();
        };
        let agreement = format!(
            "Reviewers agreed with {agreed} of {reviewed} grades ({})",
            percent(share)
        );
        let accuracy = |validation: super::ValidationComparison| {
            Some((validation.accuracy.share()?, validation.drifted))
        };
        match self.validation.and_then(accuracy) {
            None => format!("{agreement}."),
            Some((accuracy, drifted)) => {
                let what_of_it = match (drifted, share < accuracy) {
                    (false, _) => "the difference may be chance or too little to matter",
                    (true, true) => "the agreement is lower than chance explains",
                    (true, false) => "the agreement is higher than chance explains",
                };
                let accuracy = percent(accuracy);
                format!(
                    "{agreement}; {accuracy} of the validation photographs were graded right, and {what_of_it}."
                )
            }
        }
    }
}

/// The grades whose share, with all worse ones, changed most, and that share before and now.
fn most_changed(before: &[f64; 5], now: &[f64; 5]) -> (&'static str, f64, f64) {
    let from = |shares: &[f64; 5], grade: usize| shares[grade..].iter().sum::<f64>();
    let shares = FROM_GRADE.map(|(grade, words)| (words, from(before, grade), from(now, grade)));
    let [first, others @ ..] = shares;
    others.into_iter().fold(first, |most, other| {
        // Beyond rounding, so that the first stays the first.
        if (other.2 - other.1).abs() > (most.2 - most.1).abs() + 1e-9 {
            other
        } else {
            most
        }
    })
}

/// What the values are called, and their unit with a space before it.
fn median_of(what: DriftFigure) -> (&'static str, &'static str) {
    match what {
        DriftFigure::Quality => ("The median quality", ""),
        DriftFigure::Unfamiliarity => ("The median unfamiliarity", ""),
        DriftFigure::Entropy | DriftFigure::GradeMix | DriftFigure::GradableShare => {
            ("The median entropy", " nats")
        }
    }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}
