//! The figures that are followed as fewer photographs are kept.

use serde::{Deserialize, Serialize};

/// A figure that is followed along a referral curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReferralFigure {
    /// Share of right grades.
    Accuracy,
    /// Area under the ROC curve of the referable probability.
    ReferableAuc,
    /// Sensitivity for referable retinopathy at the referral threshold.
    Sensitivity,
    /// Specificity for referable retinopathy at the referral threshold.
    Specificity,
    /// Cohen's kappa with quadratic weights.
    QuadraticWeightedKappa,
}

impl ReferralFigure {
    /// All figures, in the order of the table's columns.
    pub const ALL: [ReferralFigure; 5] = [
        ReferralFigure::Accuracy,
        ReferralFigure::ReferableAuc,
        ReferralFigure::Sensitivity,
        ReferralFigure::Specificity,
        ReferralFigure::QuadraticWeightedKappa,
    ];

    /// The name in tables and file names.
    pub fn name(self) -> &'static str {
        match self {
            ReferralFigure::Accuracy => "accuracy",
            ReferralFigure::ReferableAuc => "referable_auc",
            ReferralFigure::Sensitivity => "sensitivity",
            ReferralFigure::Specificity => "specificity",
            ReferralFigure::QuadraticWeightedKappa => "quadratic_weighted_kappa",
        }
    }
}

/// The figures over the photographs that are kept, or their bounds or differences; `None` where one is not defined.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct KeptFigures {
    /// Share of right grades.
    pub accuracy: Option<f64>,
    /// Area under the ROC curve of the referable probability.
    pub referable_auc: Option<f64>,
    /// Sensitivity for referable retinopathy at the referral threshold.
    pub sensitivity: Option<f64>,
    /// Specificity for referable retinopathy at the referral threshold.
    pub specificity: Option<f64>,
    /// Cohen's kappa with quadratic weights.
    pub quadratic_weighted_kappa: Option<f64>,
}

impl KeptFigures {
    /// One of the figures.
    pub fn get(&self, figure: ReferralFigure) -> Option<f64> {
        match figure {
            ReferralFigure::Accuracy => self.accuracy,
            ReferralFigure::ReferableAuc => self.referable_auc,
            ReferralFigure::Sensitivity => self.sensitivity,
            ReferralFigure::Specificity => self.specificity,
            ReferralFigure::QuadraticWeightedKappa => self.quadratic_weighted_kappa,
        }
    }

    /// Each figure as the function gives it.
    pub(super) fn from_each(value: impl Fn(ReferralFigure) -> Option<f64>) -> Self {
        Self {
            accuracy: value(ReferralFigure::Accuracy),
            referable_auc: value(ReferralFigure::ReferableAuc),
            sensitivity: value(ReferralFigure::Sensitivity),
            specificity: value(ReferralFigure::Specificity),
            quadratic_weighted_kappa: value(ReferralFigure::QuadraticWeightedKappa),
        }
    }

    /// `grades` where the figure is about the five grades, `referral` where it is about the referral.
    pub(super) fn joined(grades: &Self, referral: &Self) -> Self {
        Self {
            accuracy: grades.accuracy,
            quadratic_weighted_kappa: grades.quadratic_weighted_kappa,
            ..*referral
        }
    }
}
