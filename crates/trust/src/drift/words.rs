//! What was compared, in sentences for clinicians.

use language::{Language, key, text_with};

use super::{Agreement, Drift, DriftComparison, DriftFigure, ENOUGH_PHOTOGRAPHS, Summary};

/// Grades from which shares are told, by the lowest grade, with the name of that share; the first is the one that screening is
/// about.
const FROM_GRADE: [(usize, &str); 4] = [
    (2, key!("drift-moderate-share")),
    (1, key!("drift-mild-share")),
    (3, key!("drift-severe-share")),
    (4, key!("drift-proliferative-share")),
];

impl DriftComparison {
    /// One sentence with the figure before and now: "The share of moderate or worse grades rose from 26 % to 41 %."
    pub fn words(&self) -> String {
        self.words_in(Language::English)
    }

    /// The same in a language.
    pub fn words_in(&self, language: Language) -> String {
        match (self.what, self.reference, self.recent) {
            (_, Summary::Grades(before), Summary::Grades(now)) => {
                let (share, before, now) = most_changed(&before, &now);
                let is_rise = before < now;
                self.sentence(
                    language,
                    share,
                    [percent(before), percent(now)],
                    is_rise,
                    "",
                )
            }
            (_, Summary::Share(before), Summary::Share(now)) => {
                let is_rise = before < now;
                let figures = [percent(before), percent(now)];
                self.sentence(language, key!("drift-gradable-share"), figures, is_rise, "")
            }
            (what, before, now) => {
                let (before, now) = (before.median(), now.median());
                let (subject, unit) = median_of(what);
                let figures = [before, now].map(|figure| language.decimal(figure, 2));
                self.sentence(language, subject, figures, before < now, unit)
            }
        }
    }

    fn sentence(
        &self,
        language: Language,
        subject: &'static str,
        [before, now]: [String; 2],
        is_rise: bool,
        unit: &str,
    ) -> String {
        let subject = language.text(subject);
        if before == now {
            return match self.drifted {
                true => text_with!(
                    language,
                    "drift-stayed-but",
                    subject = subject,
                    now = now,
                    unit = unit
                ),
                false => text_with!(
                    language,
                    "drift-stayed",
                    subject = subject,
                    now = now,
                    unit = unit
                ),
            };
        }
        match (is_rise, self.drifted) {
            (true, true) => {
                text_with!(
                    language,
                    "drift-rose",
                    subject = subject,
                    before = before,
                    now = now,
                    unit = unit
                )
            }
            (true, false) => {
                text_with!(
                    language,
                    "drift-rose-perhaps",
                    subject = subject,
                    before = before,
                    now = now,
                    unit = unit
                )
            }
            (false, true) => {
                text_with!(
                    language,
                    "drift-fell",
                    subject = subject,
                    before = before,
                    now = now,
                    unit = unit
                )
            }
            (false, false) => {
                text_with!(
                    language,
                    "drift-fell-perhaps",
                    subject = subject,
                    before = before,
                    now = now,
                    unit = unit
                )
            }
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
        self.words_in(Language::English)
    }

    /// The same in a language.
    pub fn words_in(&self, language: Language) -> String {
        let (agreed, reviewed) = (self.agreed, self.reviewed);
        let Some(share) = self.share() else {
            return language.text("agreement-none").to_owned();
        };
        let accuracy = |validation: super::ValidationComparison| {
            Some((validation.accuracy.share()?, validation.drifted))
        };
        let agreement = text_with!(
            language,
            "agreement-share",
            agreed = agreed,
            reviewed = reviewed,
            share = percent(share),
        );
        match self.validation.and_then(accuracy) {
            None => format!("{agreement}."),
            Some((accuracy, drifted)) => {
                let verdict = match (drifted, share < accuracy) {
                    (false, _) => language.text("agreement-chance"),
                    (true, true) => language.text("agreement-lower"),
                    (true, false) => language.text("agreement-higher"),
                };
                text_with!(
                    language,
                    "agreement-beside-validation",
                    agreement = agreement,
                    accuracy = percent(accuracy),
                    verdict = verdict,
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
        DriftFigure::Quality => (key!("drift-median-quality"), ""),
        DriftFigure::Unfamiliarity => (key!("drift-median-unfamiliarity"), ""),
        DriftFigure::Entropy | DriftFigure::GradeMix | DriftFigure::GradableShare => {
            (key!("drift-median-entropy"), " nats")
        }
    }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}
