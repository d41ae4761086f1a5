//! One step of the optimiser: gradients of one batch or the mean of several, then AdamW.

use burn::optim::GradientsAccumulator;
use burn::tensor::{Tensor, TensorData};
use grader::{BatchStatistics, CLASSES, FEATURES};
use rand::RngExt;

use crate::batches::Batch;
use crate::member::Lesson;
use crate::optimizer::clip;
use crate::taught::{Taught, teach};
use crate::trail::{Learner, Place};
use crate::{TrainingError, consistency, draws};

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
            let taught = self.teach(&learner, batch, &statistics, member, batch_place);
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
        if let Some(average) = &mut learner.average {
            let steps = place.epoch * self.steps() + place.step + 1;
            average.follow(&learner.network, self.configuration.weight_average, steps);
        }
        let stepped = Stepped {
            loss,
            gradient_norm,
        };
        Ok((learner, stepped))
    }

    /// What a batch teaches as its share of a step; `place` counts batches, not steps.
    fn teach(
        &self,
        learner: &Learner,
        batch: Batch,
        statistics: &BatchStatistics,
        member: usize,
        place: Place,
    ) -> Taught {
        let (configuration, network) = (self.configuration, &learner.network);
        let side = self.preparation.input_side as usize;
        let graded = batch.grades.len();
        let mut values = batch.values;
        let (mut all, mut answers) = (graded, None);
        if let (Some(views), Some(average)) = (batch.views, &learner.average) {
            values.extend(views.learned);
            all += views.photographs;
            answers = Some(consistency::answers(average, &views.answered, side));
        }
        let input =
            Tensor::<4>::from_data(TensorData::new(values, [all, 3, side, side]), self.device);
        let share = 1.0 / configuration.accumulate as f64;
        let loss = |features| {
            let kept = network.pooled(features) * self.dropout_mask(all, member, place);
            let logits = network.classify(kept);
            let of_graded = logits.clone().slice([0..graded, 0..CLASSES]);
            let mut loss = configuration.loss.forward(of_graded, &batch.grades);
            if let Some(answers) = answers {
                let of_unlabelled = logits.slice([graded..all, 0..CLASSES]);
                let weight = configuration.consistency * consistency::rise(self.progress(place));
                loss = loss + consistency::divergence(of_unlabelled, answers) * weight;
            }
            loss * share
        };
        let (frozen, precision) = (configuration.frozen_stages, configuration.precision);
        teach(network, input, frozen, precision, statistics, loss)
    }

    /// Share of all steps that lie before a place, which counts batches, in [0, 1].
    fn progress(&self, place: Place) -> f64 {
        let batches = (self.steps() * self.configuration.accumulate) as f64;
        (place.epoch as f64 + place.step as f64 / batches) / self.configuration.epochs as f64
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
