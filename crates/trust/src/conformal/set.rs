//! A range of neighbouring grades.

use language::{Language, text_with};
use serde::{Deserialize, Serialize};

use crate::{Grade, TrustError};

/// The grades that a photograph may have: neighbouring ones without a gap, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Ends")]
pub struct PredictionSet {
    lowest: Grade,
    highest: Grade,
}

/// A [`PredictionSet`] as it is read, before the order of its ends is checked.
#[derive(Deserialize)]
struct Ends {
    lowest: Grade,
    highest: Grade,
}

impl PredictionSet {
    /// The most grades by which a truth can lie above a set.
    pub(super) const LARGEST_DISTANCE: f64 = 4.0;

    /// The grades from `lowest` to `highest`, both included.
    ///
    /// # Errors
    /// [`TrustError::InvalidSets`] when `lowest` is the more severe.
    pub fn new(lowest: Grade, highest: Grade) -> Result<Self, TrustError> {
        if lowest > highest {
            let ends = format!("the range from {lowest} to {highest}");
            return Err(TrustError::InvalidSets(ends));
        }
        Ok(Self { lowest, highest })
    }

    /// The set of one grade.
    pub fn single(grade: Grade) -> Self {
        Self {
            lowest: grade,
            highest: grade,
        }
    }

    /// The set and all grades up to, or down to, this one.
    pub(super) fn extended_to(self, grade: Grade) -> Self {
        Self {
            lowest: self.lowest.min(grade),
            highest: self.highest.max(grade),
        }
    }

    /// The least severe grade of the set.
    pub fn lowest(self) -> Grade {
        self.lowest
    }

    /// The most severe grade of the set.
    pub fn highest(self) -> Grade {
        self.highest
    }

    /// Whether the grade is in the set.
    pub fn contains(self, grade: Grade) -> bool {
        (self.lowest..=self.highest).contains(&grade)
    }

    /// Number of grades in the set, from 1 to 5.
    #[expect(clippy::len_without_is_empty, reason = "a set is never empty")]
    pub fn len(self) -> usize {
        self.highest.index() - self.lowest.index() + 1
    }

    /// The grades of the set, from the least severe.
    pub fn grades(self) -> impl Iterator<Item = Grade> {
        Grade::ALL
            .into_iter()
            .filter(move |grade| self.contains(*grade))
    }

    /// How far the truth lies above the set, in [0, 1]: the number of grades between the truth and the set's most
    /// severe grade, divided by 4; 0 for a truth in the set or below it.
    pub fn under_grading(self, truth: Grade) -> f64 {
        truth.index().saturating_sub(self.highest.index()) as f64 / Self::LARGEST_DISTANCE
    }

    /// For clinicians and in English, in which records keep it, with the promised coverage in (0, 1): "between mild and moderate, 90 %", "mild, 90 %", or
    /// "any grade" for all five, of which nothing needs to be promised.
    ///
    /// The percentage is rounded down to a tenth, so that no more is said than is promised.
    pub fn words(self, coverage: f64) -> String {
        if self.len() == Grade::ALL.len() {
            return self.range();
        }
        // 0.29 x 1000 must be 290, whatever its rounding.
        let percent = (coverage * 1000.0 + 1e-6).floor() / 10.0;
        text_with!(
            Language::English,
            "prediction-coverage",
            range = self.range(),
            coverage = percent.to_string(),
        )
    }

    /// The grades in words: "between mild and moderate", "mild" or "any grade".
    pub(super) fn range(self) -> String {
        if self.len() == Grade::ALL.len() {
            return Language::English.text("prediction-any").to_owned();
        }
        let english = Language::English;
        let [lowest, highest] =
            [self.lowest, self.highest].map(|grade| grade.words_inside(english));
        if self.len() == 1 {
            lowest.to_owned()
        } else {
            text_with!(
                english,
                "prediction-between",
                lowest = lowest,
                highest = highest
            )
        }
    }
}

impl TryFrom<Ends> for PredictionSet {
    type Error = TrustError;

    fn try_from(Ends { lowest, highest }: Ends) -> Result<Self, TrustError> {
        Self::new(lowest, highest)
    }
}
