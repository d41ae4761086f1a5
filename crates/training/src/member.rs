//! One member of the ensemble learns.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Tensor, TensorData};
use fundus::Preparation;
use grader::{BatchNormMode, BatchStatistics, FEATURES, ResNet18};
use rand::RngExt;
use trust::Grade;

use crate::annotated::Annotated;
use crate::batches::{Batch, Recipe, with_batches};
use crate::checkpoint::{Checkpoints, EpochRecord, History, Resumed, rounded};
use crate::configuration::{Configuration, Selection};
use crate::optimizer::{adamw, clip, identify};
use crate::photographs::Photograph;
use crate::progress::Progress;
use crate::validation::Validation;
use crate::{Schedule, TrainingError, draws, sampler};

/// What all members share.
pub(crate) struct Lesson<'a> {
    pub(crate) configuration: &'a Configuration,
    pub(crate) preparation: &'a Preparation,
    pub(crate) train: &'a [Photograph],
    /// To paint lesions on, beside those of `train` with grade 0.
    pub(crate) healthy: &'a [Photograph],
    /// With real lesions and their masks.
    pub(crate) annotated: &'a [Annotated],
    pub(crate) grades: &'a [Grade],
    pub(crate) validation: &'a Validation,
    pub(crate) checkpoints: &'a Checkpoints,
    /// With gradients.
    pub(crate) device: &'a Device,
    pub(crate) stop: &'a AtomicBool,
    pub(crate) observer: &'a (dyn Fn(Progress) + Sync),
}

/// A network in training.
struct Learner {
    network: ResNet18,
    optimizer: ModuleOptimizer,
}

/// Where in the run a step is; all counted from 0.
#[derive(Clone, Copy)]
struct Place {
    member: usize,
    epoch: usize,
    step: usize,
}

impl Lesson<'_> {
    /// Trains a member to its end, or takes it up where it was left, and leaves its best weights in the checkpoints.
    pub(crate) fn train(
        &self,
        member: usize,
        start: impl FnOnce() -> Result<ResNet18, TrainingError>,
    ) -> Result<History, TrainingError> {
        let configuration = self.configuration;
        let optimizer = adamw(configuration.weight_decay);
        let Resumed {
            network,
            optimizer,
            mut history,
        } = match self
            .checkpoints
            .load(member, optimizer.clone(), self.device)?
        {
            Some(resumed) => resumed,
            None => Resumed {
                network: identify(start()?),
                optimizer,
                history: History::default(),
            },
        };
        let mut learner = Learner { network, optimizer };
        (self.observer)(Progress::Member {
            member: member + 1,
            members: configuration.members,
            first_epoch: history.0.len() + 1,
            epochs: configuration.epochs,
            steps: self.steps(),
        });
        while !self.is_over(&history) {
            let started = Instant::now();
            let epoch = history.0.len();
            let train_loss;
            (learner, train_loss) = self.epoch(learner, member, epoch)?;
            let measured = self.validation.measure(
                &learner.network,
                &configuration.loss,
                configuration.batch_size,
                self.device,
            )?;
            history.0.push(EpochRecord {
                train_loss: rounded(train_loss),
                val_loss: rounded(measured.loss),
                kappa: rounded(measured.kappa),
                referable_auc: rounded(measured.referable_auc),
                accuracy: rounded(measured.accuracy),
                score: rounded(match configuration.selection {
                    Selection::Kappa => measured.kappa,
                    Selection::KappaAndAuc => (measured.kappa + measured.referable_auc) / 2.0,
                    Selection::Loss => -measured.loss,
                }),
            });
            self.checkpoints
                .save(member, &learner.network, &learner.optimizer, &history)?;
            (self.observer)(Progress::Epoch {
                member: member + 1,
                epoch: epoch + 1,
                epochs: configuration.epochs,
                train_loss,
                val_loss: measured.loss,
                kappa: measured.kappa,
                referable_auc: measured.referable_auc,
                accuracy: measured.accuracy,
                best: history.best() == Some(epoch),
                seconds: started.elapsed().as_secs_f64(),
            });
        }
        self.checkpoints.finish(member, &history)?;
        Ok(history)
    }

    /// All epochs done, or none better for as long as patience lasts.
    fn is_over(&self, history: &History) -> bool {
        let done = history.0.len();
        let since_best = history.best().map_or(0, |best| done - 1 - best);
        done >= self.configuration.epochs || since_best >= self.configuration.patience
    }

    /// Steps of one epoch.
    fn steps(&self) -> usize {
        self.train.len() / self.configuration.batch_size
    }

    fn epoch(
        &self,
        learner: Learner,
        member: usize,
        epoch: usize,
    ) -> Result<(Learner, f64), TrainingError> {
        let configuration = self.configuration;
        let recipe = Recipe {
            photographs: self.train,
            preparation: self.preparation,
            augmentation: &configuration.augmentation,
            batch_size: configuration.batch_size,
            seed: configuration.seed,
            member,
            epoch,
        };
        let expected = sampler::expected_draws(self.grades, configuration.balance);
        let order = sampler::epoch(&expected, configuration.seed, member, epoch);
        with_batches(recipe, &order, configuration.loader_threads, |batches| {
            self.steps_of_epoch(learner, member, epoch, batches)
        })
    }

    fn steps_of_epoch(
        &self,
        mut learner: Learner,
        member: usize,
        epoch: usize,
        batches: &mut dyn Iterator<Item = Batch>,
    ) -> Result<(Learner, f64), TrainingError> {
        let (configuration, steps) = (self.configuration, self.steps());
        let schedule = self.schedule();
        let (started, mut waited, mut total_loss) = (Instant::now(), Duration::ZERO, 0.0);
        for step in 0..steps {
            if self.stop.load(Ordering::Relaxed) {
                return Err(TrainingError::Interrupted);
            }
            let waiting_since = Instant::now();
            let Some(batch) = batches.next() else { break };
            waited += waiting_since.elapsed();
            let learning_rate = schedule.learning_rate(epoch * steps + step);
            let (loss, gradient_norm);
            (learner, loss, gradient_norm) = self.step(
                learner,
                batch,
                learning_rate,
                Place {
                    member,
                    epoch,
                    step,
                },
            )?;
            total_loss += loss;
            let seconds = started.elapsed().as_secs_f64();
            (self.observer)(Progress::Step {
                member: member + 1,
                epoch: epoch + 1,
                step: step + 1,
                steps,
                batch_size: configuration.batch_size,
                loss,
                gradient_norm,
                learning_rate,
                photographs_per_second: ((step + 1) * configuration.batch_size) as f64 / seconds,
                waiting: waited.as_secs_f64() / seconds,
            });
        }
        Ok((learner, total_loss / steps as f64))
    }

    fn step(
        &self,
        mut learner: Learner,
        batch: Batch,
        learning_rate: f64,
        place: Place,
    ) -> Result<(Learner, f64, f64), TrainingError> {
        let side = self.preparation.input_side as usize;
        let shape = [batch.grades.len(), 3, side, side];
        let input = Tensor::<4>::from_data(TensorData::new(batch.values, shape), self.device);
        let statistics = BatchStatistics::new();
        let features = learner
            .network
            .features(input, BatchNormMode::Train(&statistics));
        let kept = learner.network.pooled(features) * self.dropout_mask(batch.grades.len(), place);
        let logits = learner.network.classify(kept);
        let loss = self.configuration.loss.forward(logits, &batch.grades);
        let mut gradients = GradientsParams::from_grads(loss.backward(), &learner.network);
        let norm = clip(
            &mut gradients,
            &learner.network,
            self.configuration.clip_norm,
        );
        let loss = f64::from(loss.into_scalar::<f32>());
        let norm = norm.map_or(0.0, |norm| f64::from(norm.into_scalar::<f32>()));
        if !loss.is_finite() || !norm.is_finite() {
            let Place {
                member,
                epoch,
                step,
            } = place;
            return Err(TrainingError::NotFinite {
                member: member + 1,
                epoch: epoch + 1,
                step: step + 1,
            });
        }
        let stepped = learner
            .optimizer
            .step(learning_rate, learner.network, gradients);
        learner.network = stepped.absorb(statistics);
        Ok((learner, loss, norm))
    }

    /// `[batch, 512]`: 0 for a dropped feature, 1 / (1 - dropout) for a kept one.
    fn dropout_mask(&self, photographs: usize, place: Place) -> Tensor<2> {
        let dropout = self.configuration.dropout;
        let key = [
            self.configuration.seed,
            ((place.member as u64) << 32) | place.epoch as u64,
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

    fn schedule(&self) -> Schedule {
        let steps = self.steps() * self.configuration.epochs;
        Schedule {
            peak: self.configuration.learning_rate,
            warm_up: (steps as f64 * self.configuration.warm_up).ceil() as usize,
            steps,
        }
    }
}
