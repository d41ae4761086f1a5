//! Where the features of training photographs lie, and how far off another photograph's are.

use crate::network::FEATURES;

/// A Gaussian over the averages of the last feature map: some directions in which training photographs differ most, and
/// one variance for all others (probabilistic principal component analysis, Tipping and Bishop 1999). Distances are
/// Mahalanobis's under it, as used to find what a network was not trained on (Lee et al. 2018, arXiv:1807.03888).
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureSpace {
    /// `[512]`.
    pub mean: Vec<f32>,
    /// Orthonormal directions, `[512]` each.
    pub components: Vec<Vec<f32>>,
    /// Variance along each direction, above 0.
    pub variances: Vec<f32>,
    /// Variance along every other direction, above 0.
    pub residual_variance: f32,
}

impl FeatureSpace {
    /// How far features lie from those of training photographs: the root of the squared Mahalanobis distance over the
    /// number of features, so that training photographs have 1 in the mean of the squares.
    pub fn distance(&self, features: &[f32; FEATURES]) -> f32 {
        let off: Vec<f64> = features
            .iter()
            .zip(&self.mean)
            .map(|(value, mean)| f64::from(value - mean))
            .collect();
        let mut left = off.iter().map(|value| value * value).sum::<f64>();
        let mut distance = 0.0;
        for (component, variance) in self.components.iter().zip(&self.variances) {
            let along: f64 = component
                .iter()
                .zip(&off)
                .map(|(direction, value)| f64::from(*direction) * value)
                .sum();
            distance += along * along / f64::from(*variance);
            left -= along * along;
        }
        distance += left.max(0.0) / f64::from(self.residual_variance);
        (distance / FEATURES as f64).sqrt() as f32
    }
}
