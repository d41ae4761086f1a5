//! What networks met in training: batch-norm statistics of training batches, and where the features of training
//! photographs lie.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use burn::module::Module;
use burn::tensor::Device;
use fundus::{Augmentation, Preparation};
use grader::{
    BatchMoments, Bundle, Experience, FEATURES, FeatureSpace, Member, MemberExperience, ResNet18,
};
use nalgebra::{DMatrix, SymmetricEigen};
use rand::seq::SliceRandom;
use rayon::prelude::*;

use crate::batches::Recipe;
use crate::photographs::{Photograph, Photographs};
use crate::progress::Progress;
use crate::source::{Source, Split};
use crate::{Configuration, TrainingError, draws};

/// Training batches whose statistics a bundle keeps.
const BATCHES: usize = 32;

/// Photographs of such a batch.
const BATCH_SIZE: usize = 32;

/// Batches that are in memory together, at most.
const MADE_TOGETHER: usize = 16;

/// Photographs whose features are looked at, at most.
const FEATURED: usize = 1000;

/// Directions in which the features of training photographs differ most that a bundle keeps.
const COMPONENTS: usize = 24;

/// Training photographs and how networks see them.
pub(crate) struct Met<'a> {
    pub(crate) photographs: &'a [Photograph],
    pub(crate) preparation: &'a Preparation,
    pub(crate) augmentation: &'a Augmentation,
    pub(crate) seed: u64,
}

impl Met<'_> {
    /// Shows the photographs to a member's network on a device without gradients; `number` keys the draws.
    ///
    /// # Errors
    /// [`TrainingError::Interrupted`] where `stop` became true.
    pub(crate) fn member(
        &self,
        network: &ResNet18,
        number: usize,
        device: &Device,
        stop: &AtomicBool,
    ) -> Result<MemberExperience, TrainingError> {
        Ok(MemberExperience {
            batches: self.batches(network, number, device, stop)?,
            features: self.features(network, device, stop)?,
        })
    }

    /// Statistics of batches as training makes them: drawn at random, changed at random.
    fn batches(
        &self,
        network: &ResNet18,
        number: usize,
        device: &Device,
        stop: &AtomicBool,
    ) -> Result<Vec<BatchMoments>, TrainingError> {
        let network = network.clone().fork(device);
        let recipe = Recipe {
            photographs: self.photographs,
            unlabelled: &[],
            unlabelled_batch: 0,
            preparation: self.preparation,
            augmentation: self.augmentation,
            batch_size: BATCH_SIZE.min(self.photographs.len()),
            seed: self.seed,
            member: number,
            epoch: 0,
        };
        let side = self.preparation.input_side as usize;
        let batch = |step: usize| {
            let key = [self.seed, number as u64, step as u64];
            let mut order: Vec<usize> = (0..self.photographs.len()).collect();
            order.shuffle(&mut draws::generator(draws::Purpose::Experience, key));
            order.truncate(recipe.batch_size);
            recipe.batch(step, &order)
        };
        let mut moments = Vec::with_capacity(BATCHES);
        // A few at a time: made side by side, and not all in memory.
        let steps: Vec<usize> = (0..BATCHES).collect();
        for steps in steps.chunks(rayon::current_num_threads().min(MADE_TOGETHER)) {
            if stop.load(Ordering::Relaxed) {
                return Err(TrainingError::Interrupted);
            }
            let batches: Vec<_> = steps.par_iter().map(|&step| batch(step)).collect();
            moments.extend(
                (batches.iter()).map(|batch| BatchMoments::measure(&network, &batch.values, side)),
            );
        }
        Ok(moments)
    }

    /// Where the features of photographs as they are lie, of evenly chosen ones where there are many.
    fn features(
        &self,
        network: &ResNet18,
        device: &Device,
        stop: &AtomicBool,
    ) -> Result<FeatureSpace, TrainingError> {
        let member = Member::new(network, device);
        let step = self.photographs.len().div_ceil(FEATURED).max(1);
        let chosen: Vec<&Photograph> = self.photographs.iter().step_by(step).collect();
        let side = self.preparation.input_side as usize;
        let mut features: Vec<[f32; FEATURES]> = Vec::with_capacity(chosen.len());
        for photographs in chosen.chunks(8) {
            if stop.load(Ordering::Relaxed) {
                return Err(TrainingError::Interrupted);
            }
            let inputs: Vec<Vec<f32>> = (photographs.par_iter())
                .map(|photograph| self.preparation.input(&photograph.cropped).values)
                .collect();
            let values = inputs.concat();
            features.extend(member.averages(&values, side, None));
        }
        Ok(feature_space(&features))
    }
}

/// The Gaussian of most likelihood with so few directions (Tipping and Bishop 1999, equations 7 and 8): the eigenvectors
/// of the covariance with the largest eigenvalues, and the mean of all other eigenvalues.
pub(crate) fn feature_space(features: &[[f32; FEATURES]]) -> FeatureSpace {
    let count = features.len().max(1) as f64;
    let column = |feature: usize| features.iter().map(move |row| f64::from(row[feature]));
    let mean: Vec<f64> = (0..FEATURES)
        .map(|feature| column(feature).sum::<f64>() / count)
        .collect();
    let off = DMatrix::from_fn(features.len(), FEATURES, |row, feature| {
        f64::from(features[row][feature]) - mean[feature]
    });
    let covariance = off.tr_mul(&off) / count;
    let eigen = SymmetricEigen::new(covariance);
    let mut falling: Vec<usize> = (0..FEATURES).collect();
    falling.sort_by(|left, right| eigen.eigenvalues[*right].total_cmp(&eigen.eigenvalues[*left]));
    let (kept, others) = falling.split_at(COMPONENTS);
    let residual: f64 = others.iter().map(|index| eigen.eigenvalues[*index]).sum();
    // Of 16 bits the smallest number above 0 is 6e-8; features that never change must not divide by it.
    let positive = |variance: f64| variance.max(1e-6) as f32;
    FeatureSpace {
        mean: mean.into_iter().map(|value| value as f32).collect(),
        components: kept
            .iter()
            .map(|index| {
                let direction = eigen.eigenvectors.column(*index);
                direction.iter().map(|value| *value as f32).collect()
            })
            .collect(),
        variances: kept
            .iter()
            .map(|index| positive(eigen.eigenvalues[*index]))
            .collect(),
        residual_variance: positive(residual / others.len() as f64),
    }
}

/// Measures what the members of a bundle met, on the training photographs of sources.
///
/// # Errors
/// [`TrainingError`]: a source cannot be read, it holds too few training photographs, or `stop` became true.
pub fn of_bundle(
    bundle: &Bundle,
    data: &[PathBuf],
    device: &Device,
    seed: u64,
    stop: &AtomicBool,
    observer: &(dyn Fn(Progress) + Sync),
) -> Result<Experience, TrainingError> {
    let mut listed = Vec::new();
    for path in data {
        let photographs = Source::open(path)?.photographs;
        let train = photographs
            .into_iter()
            .filter(|photograph| photograph.split.is_none_or(|split| split == Split::Train));
        listed.extend(train.map(|photograph| (photograph, Split::Train)));
    }
    let preparation = &bundle.manifest.preparation;
    let photographs =
        Photographs::read(listed, Vec::new(), Vec::new(), preparation, stop, observer)?.train;
    if photographs.len() < BATCH_SIZE {
        return Err(TrainingError::TooFew(format!(
            "{} training photographs do not fill a batch of {BATCH_SIZE}: give more",
            photographs.len()
        )));
    }
    let met = Met {
        photographs: &photographs,
        preparation,
        augmentation: &Configuration::default().augmentation,
        seed,
    };
    let members = bundle.networks().enumerate();
    Ok(Experience {
        members: members
            .map(|(number, network)| met.member(&network?, number, device, stop))
            .collect::<Result<_, _>>()?,
    })
}

#[cfg(test)]
mod tests {
    use grader::FEATURES;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::feature_space;

    #[test]
    fn training_features_lie_at_one_and_others_further_off() {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let mut draw = |along: f32| -> [f32; FEATURES] {
            let strength = random.random_range(-1.0..1.0_f32) * along;
            std::array::from_fn(|feature| {
                let direction = if feature < 10 { strength } else { 0.0 };
                2.0 + direction + random.random_range(-0.1..0.1_f32)
            })
        };
        let features: Vec<[f32; FEATURES]> = (0..800).map(|_| draw(3.0)).collect();
        let space = feature_space(&features);
        let squares = features
            .iter()
            .map(|row| f64::from(space.distance(row)).powi(2));
        let mean = squares.sum::<f64>() / features.len() as f64;
        assert!((mean - 1.0).abs() < 0.05, "{mean}");
        // As far along the direction in which they differ is near, across it is far.
        let moved = |feature: usize| {
            let mut row = [2.0_f32; FEATURES];
            row[feature] += 1.5;
            space.distance(&row)
        };
        // Uniform within ±0.1 deviates by 0.1 / √3.
        let expected = 1.5 / (0.1 / 3.0_f32.sqrt()) / (FEATURES as f32).sqrt();
        let off = (moved(200) / expected - 1.0).abs();
        assert!(off < 0.05, "{} instead of {expected}", moved(200));
        let mut along = [2.0_f32; FEATURES];
        along[..10].iter_mut().for_each(|value| *value += 1.5);
        assert!(space.distance(&along) < 0.5, "{}", space.distance(&along));
    }
}
