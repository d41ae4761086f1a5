//! Graded photographs, made ready for computing the figures of many choices among them.

use super::figures::KeptFigures;
use super::order::{Order, count_kept};
use crate::{Assessment, Grade, Measure};

/// What the figures need of each photograph, in the order of the input.
pub(super) struct Graded<'a> {
    photographs: &'a [(Assessment, Grade)],
    refer_at: f32,
    /// From the highest referable probability to the lowest.
    by_falling_score: Order,
    /// Number of groups of equal scores at or above the referral threshold.
    groups_called: usize,
    /// Row and column in the confusion matrix.
    cells: Vec<(usize, usize)>,
}

/// By what photographs are handed over: a measure, chance or the truth.
pub(super) struct Way {
    /// Name of the measure, `random` or `oracle`.
    pub name: &'static str,
    /// The order for what is about the five grades.
    pub for_grades: Order,
    /// The order for what is about the referral, where it is another.
    for_referral: Option<Order>,
}

impl Way {
    /// The order for what is about the referral.
    pub fn for_referral(&self) -> &Order {
        self.for_referral.as_ref().unwrap_or(&self.for_grades)
    }
}

impl<'a> Graded<'a> {
    pub fn new(photographs: &'a [(Assessment, Grade)], refer_at: f32) -> Self {
        let falling: Vec<f32> = photographs
            .iter()
            .map(|(assessment, _)| -assessment.probabilities.referable())
            .collect();
        let by_falling_score = Order::rising(&falling);
        let called = |tied: &&[usize]| -falling[tied[0]] >= refer_at;
        Self {
            photographs,
            refer_at,
            groups_called: by_falling_score.groups().take_while(called).count(),
            by_falling_score,
            cells: photographs
                .iter()
                .map(|(assessment, grade)| (grade.index(), assessment.grade.index()))
                .collect(),
        }
    }

    pub fn len(&self) -> usize {
        self.photographs.len()
    }

    /// The figures where each photograph counts by its weight.
    pub fn figures(&self, weights: &[f64]) -> KeptFigures {
        let mut matrix = [[0.0; 5]; 5];
        let (mut positives, mut negatives, mut area) = (0.0, 0.0, 0.0);
        let (mut found, mut false_alarms) = (0.0, 0.0);
        for (group, tied) in self.by_falling_score.groups().enumerate() {
            let (mut tied_positives, mut tied_negatives) = (0.0, 0.0);
            for index in tied {
                let (truth, predicted) = self.cells[*index];
                matrix[truth][predicted] += weights[*index];
                if truth >= Grade::Moderate.index() {
                    tied_positives += weights[*index];
                } else {
                    tied_negatives += weights[*index];
                }
            }
            // A negative is outscored by all positives above it and by half of those beside it.
            area += tied_negatives * (positives + tied_positives / 2.0);
            positives += tied_positives;
            negatives += tied_negatives;
            if group < self.groups_called {
                (found, false_alarms) = (positives, negatives);
            }
        }
        let both = positives > 0.0 && negatives > 0.0;
        KeptFigures {
            accuracy: accuracy(&matrix),
            referable_auc: both.then(|| (area / (positives * negatives)).min(1.0)),
            sensitivity: (positives > 0.0).then(|| found / positives),
            specificity: (negatives > 0.0).then(|| (negatives - false_alarms) / negatives),
            quadratic_weighted_kappa: quadratic_weighted_kappa(&matrix),
        }
    }

    /// The figures over the most certain `kept` of the `drawn` photographs.
    pub fn kept_figures(&self, way: &Way, drawn: &[f64], kept: f64) -> KeptFigures {
        let figures = |order: &Order| self.figures(&order.kept(drawn, kept));
        let grades = figures(&way.for_grades);
        match &way.for_referral {
            None => grades,
            Some(order) => KeptFigures::joined(&grades, &figures(order)),
        }
    }

    /// The figures over the most certain share of the `drawn` photographs.
    pub fn figures_at(&self, way: &Way, drawn: &[f64], share: f64) -> KeptFigures {
        self.kept_figures(way, drawn, count_kept(drawn.iter().sum(), share))
    }

    /// The most unsure by a measure are handed over first.
    pub fn by_measure(&self, measure: Measure) -> Way {
        let uncertainty =
            |(assessment, _): &(Assessment, Grade)| measure.uncertainty(assessment, self.refer_at);
        Way {
            name: measure.name(),
            for_grades: self.order(uncertainty),
            for_referral: None,
        }
    }

    /// All photographs are handed over alike.
    pub fn at_random(&self) -> Way {
        Way {
            name: "random",
            for_grades: self.order(|_| 0.0),
            for_referral: None,
        }
    }

    /// The worst errors are handed over first.
    pub fn by_oracle(&self) -> Way {
        let grade_error = |(assessment, grade): &(Assessment, Grade)| {
            assessment.grade.index().abs_diff(grade.index()) as f32
        };
        let wrong_side = |photograph: &(Assessment, Grade)| {
            let above_threshold = photograph.0.probabilities.referable() - self.refer_at;
            if photograph.1.is_referable() {
                -above_threshold
            } else if above_threshold >= 0.0 {
                // At the threshold itself a photograph is referred, here wrongly.
                above_threshold.max(f32::MIN_POSITIVE)
            } else {
                above_threshold
            }
        };
        Way {
            name: "oracle",
            for_grades: self.order(grade_error),
            for_referral: Some(self.order(wrong_side)),
        }
    }

    /// For each photograph 1 where its grade is wrong, else 0.
    pub fn wrong_grades(&self) -> Vec<f64> {
        let wrong = |(truth, predicted): &(usize, usize)| f64::from(u8::from(truth != predicted));
        self.cells.iter().map(wrong).collect()
    }

    /// For each photograph 1 where its referral is wrong, else 0.
    pub fn wrong_referrals(&self) -> Vec<f64> {
        let wrong = |(assessment, grade): &(Assessment, Grade)| {
            let referred = assessment.probabilities.referable() >= self.refer_at;
            f64::from(u8::from(referred != grade.is_referable()))
        };
        self.photographs.iter().map(wrong).collect()
    }

    fn order(&self, uncertainty: impl Fn(&(Assessment, Grade)) -> f32) -> Order {
        Order::rising(&self.photographs.iter().map(uncertainty).collect::<Vec<_>>())
    }
}

fn accuracy(matrix: &[[f64; 5]; 5]) -> Option<f64> {
    let right: f64 = (0..5).map(|grade| matrix[grade][grade]).sum();
    let whole: f64 = matrix.iter().flatten().sum();
    (whole > 0.0).then(|| right / whole)
}

/// As [`crate::metrics::quadratic_weighted_kappa`], of photographs that may count in part.
fn quadratic_weighted_kappa(matrix: &[[f64; 5]; 5]) -> Option<f64> {
    let truth: [f64; 5] = std::array::from_fn(|grade| matrix[grade].iter().sum());
    let predicted: [f64; 5] =
        std::array::from_fn(|grade| matrix.iter().map(|row| row[grade]).sum());
    let whole: f64 = truth.iter().sum();
    let (mut observed, mut expected) = (0.0, 0.0);
    for row in 0..5 {
        for column in 0..5 {
            let weight = (row as f64 - column as f64).powi(2);
            observed += weight * matrix[row][column];
            expected += weight * truth[row] * predicted[column] / whole;
        }
    }
    (whole > 0.0 && expected > 0.0).then(|| 1.0 - observed / expected)
}
