//! One step of the optimiser: gradients of one batch or the mean of several, then AdamW.

use burn::optim::GradientsAccumulator;
use burn::tensor::{Tensor, TensorData};
use grader::{BatchStatistics, FEATURES, ResNet18};
use rand::RngExt;

use crate::batches::Batch;
use crate::member::Lesson;
use crate::optimizer::clip;
use crate::taught::{Taught, teach};
use crate::trail::{Learner, Place};
use crate::{TrainingError, draws};

/// What a step measured.
pub(crate) struct Stepped {
    /// Mean loss of its photographs.
    pub(crate) loss: f64,
    /// Norm of the gradient before it was cut.
    pub(crate) gradient_norm: f64,
}

impl Lesson<'_> {
    /// Learns from the next [`accumulate`](crate::Configuration::accumulate) batches as if they were one, but for batch
    /// norm, which sees them one by one.
    pub(crate) fn step(
        &self,
        mut learner: Learner,
        mut batches: impl Iterator<Item = Batch>,
        learning_rate: f64,
        member: usize,
        place: Place,
    ) -> Result<(Learner, Stepped), TrainingError> {
        let accumulate = self.configuration.accumulate;
        let (mut sum, mut loss) = (GradientsAccumulator::new(), 0.0);
        for index in 0..accumulate {
            // Batches end early only where a thread that makes them has panicked, which it then says itself.
            let batch = batches.next().ok_or(TrainingError::Interrupted)?;
            let statistics = BatchStatistics::new();
            let batch_place = Place {
                step: place.step * accumulate + index,
                ..place
            };
            let taught = self.teach(&learner.network, batch, &statistics, member, batch_place);
            sum.accumulate(&learner.network, taught.gradients);
            learner.network = learner.network.absorb(statistics);
            loss += taught.loss;
        }
        let mut gradients = sum.grads();
        let norm = clip(
            &mut gradients,
            &learner.network,
            self.configuration.clip_norm,
        );
        let gradient_norm = norm.map_or(0.0, |norm| f64::from(norm.into_scalar::<f32>()));
        if !loss.is_finite() || !gradient_norm.is_finite() {
            return Err(TrainingError::NotFinite {
                member: member + 1,
                epoch: place.epoch + 1,
                step: place.step + 1,
            });
        }
        learner.network = learner
            .optimizer
            .step(learning_rate, learner.network, gradients);
        let stepped = Stepped {
            loss,
            gradient_norm,
        };
        Ok((learner, stepped))
    }

    /// What a batch teaches as its share of a step; `place` counts batches, not steps.
    fn teach(
        &self,
        network: &ResNet18,
        batch: Batch,
        statistics: &BatchStatistics,
        member: usize,
        place: Place,
    ) -> Taught {
        let configuration = self.configuration;
        let side = self.preparation.input_side as usize;
        let photographs = batch.grades.len();
        let input = Tensor::<4>::from_data(
            TensorData::new(batch.values, [photographs, 3, side, side]),
            self.device,
        );
        let share = 1.0 / configuration.accumulate as f64;
        let loss = |features| {
            let kept = network.pooled(features) * self.dropout_mask(photographs, member, place);
            let logits = network.classify(kept);
            configuration.loss.forward(logits, &batch.grades) * share
        };
        let (frozen, precision) = (configuration.frozen_stages, configuration.precision);
        teach(network, input, frozen, precision, statistics, loss)
    }

    /// `[photographs, 512]`: 0 for a dropped feature, 1 / (1 - dropout) for a kept one.
    fn dropout_mask(&self, photographs: usize, member: usize, place: Place) -> Tensor<2> {
        let dropout = self.configuration.dropout;
        let key = [
            self.configuration.seed,
            ((member as u64) << 32) | place.epoch as u64,
            place.step as u64,
        ];
        let mut random = draws::generator(draws::Purpose::Dropout, key);
        let kept = (1.0 / (1.0 - dropout)) as f32;
        let mask: Vec<f32> = (0..photographs * FEATURES)
            .map(|_| {
                if random.random_bool(dropout) {
                    0.0
                } else {
                    kept
                }
            })
            .collect();
        Tensor::from_data(TensorData::new(mask, [photographs, FEATURES]), self.device)
    }
}
