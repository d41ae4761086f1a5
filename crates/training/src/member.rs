//! One member of the ensemble learns.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use burn::tensor::Device;
use fundus::Preparation;
use grader::ResNet18;
use serde::{Deserialize, Serialize};
use trust::Grade;

use crate::annotated::Annotated;
use crate::average::Average;
use crate::batches::{Batch, Recipe, with_batches};
use crate::checkpoint::{Checkpoints, EpochRecord, History, rounded};
use crate::configuration::{Configuration, Selection};
use crate::optimizer::{adamw, identify};
use crate::pace::Pace;
use crate::photographs::Photograph;
use crate::progress::Progress;
use crate::step::Stepped;
use crate::trail::{ExactSum, Interval, Learner, Place};
use crate::validation::{Measured, Validation};
use crate::{Schedule, TrainingError, sampler};

/// What all members share.
#[derive(Clone, Copy)]
pub(crate) struct Lesson<'a> {
    pub(crate) configuration: &'a Configuration,
    pub(crate) preparation: &'a Preparation,
    pub(crate) train: &'a [Photograph],
    /// To paint lesions on, beside those of `train` with grade 0.
    pub(crate) healthy: &'a [Photograph],
    /// Without a grade, to answer alike for.
    pub(crate) unlabelled: &'a [Photograph],
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

/// A member on its way.
struct Course {
    /// Counted from 0.
    member: usize,
    learner: Learner,
    standing: Standing,
}

/// How far a member has come; stands in its checkpoints.
#[derive(Default, Serialize, Deserialize)]
struct Standing {
    /// The epochs that are done.
    history: History,
    /// Steps done of the next epoch.
    steps: usize,
    /// Sum of their losses.
    loss: ExactSum,
}

impl Standing {
    fn place(&self) -> Place {
        Place {
            epoch: self.history.0.len(),
            step: self.steps,
        }
    }
}

impl Lesson<'_> {
    /// Trains a member to its end, or takes it up where it was left, and leaves its best weights in the checkpoints.
    pub(crate) fn train(
        &self,
        member: usize,
        start: impl FnOnce() -> Result<ResNet18, TrainingError>,
    ) -> Result<(History, Pace), TrainingError> {
        let configuration = self.configuration;
        let mut course = self.begin(member, start)?;
        (self.observer)(Progress::Member {
            member: member + 1,
            members: configuration.members,
            first_epoch: course.standing.place().epoch + 1,
            epochs: configuration.epochs,
            steps: self.steps(),
        });
        let mut pace = Pace::default();
        while !self.is_over(&course.standing.history) {
            let started = Instant::now();
            let epoch_pace;
            (course, epoch_pace) = self.epoch(course)?;
            let train_loss = course.standing.loss.0 / self.steps() as f64;
            let network = course.learner.outcome(self.device);
            let measured = self.validation.measure(
                &network,
                &configuration.loss,
                configuration.batch_size,
                self.device,
            )?;
            self.end_epoch(&mut course, &network, train_loss, &measured)?;
            pace += epoch_pace;
            let epochs_done = course.standing.place().epoch;
            (self.observer)(Progress::Epoch {
                member: member + 1,
                epoch: epochs_done,
                epochs: configuration.epochs,
                train_loss,
                val_loss: measured.loss,
                kappa: measured.kappa,
                referable_auc: measured.referable_auc,
                accuracy: measured.accuracy,
                best: course.standing.history.best() == Some(epochs_done - 1),
                photographs_per_second: epoch_pace.photographs_per_second(),
                waiting: epoch_pace.waiting(),
                seconds: started.elapsed().as_secs_f64(),
            });
        }
        let history = course.standing.history;
        self.checkpoints.finish(member, &history)?;
        Ok((history, pace))
    }

    /// A member at its newest checkpoint, or at its start.
    fn begin(
        &self,
        member: usize,
        start: impl FnOnce() -> Result<ResNet18, TrainingError>,
    ) -> Result<Course, TrainingError> {
        let optimizer = adamw(self.configuration.weight_decay);
        let trail = self.checkpoints.trail(member);
        let (learner, standing) = match trail.latest(&optimizer, self.device)? {
            Some(found) => found,
            None => {
                let network = identify(start()?);
                let average =
                    (self.configuration.weight_average > 0.0).then(|| Average::of(&network));
                let learner = Learner {
                    network,
                    optimizer,
                    average,
                };
                (learner, Standing::default())
            }
        };
        Ok(Course {
            member,
            learner,
            standing,
        })
    }

    /// Notes how good the network is after an epoch, and saves it.
    fn end_epoch(
        &self,
        course: &mut Course,
        network: &ResNet18,
        train_loss: f64,
        measured: &Measured,
    ) -> Result<(), TrainingError> {
        let standing = &mut course.standing;
        standing.history.0.push(EpochRecord {
            train_loss: rounded(train_loss),
            val_loss: rounded(measured.loss),
            kappa: rounded(measured.kappa),
            referable_auc: rounded(measured.referable_auc),
            accuracy: rounded(measured.accuracy),
            score: rounded(match self.configuration.selection {
                Selection::Kappa => measured.kappa,
                Selection::KappaAndAuc => (measured.kappa + measured.referable_auc) / 2.0,
                Selection::Loss => -measured.loss,
            }),
        });
        (standing.steps, standing.loss) = (0, ExactSum::default());
        let (epoch, best) = (standing.history.0.len() - 1, standing.history.best());
        // Before the epoch counts as done: on resuming, an epoch done again writes the same best weights again.
        if best == Some(epoch) {
            self.checkpoints.keep(course.member, epoch, network)?;
        }
        self.save(course)?;
        self.checkpoints.forget(course.member, best);
        Ok(())
    }

    fn save(&self, course: &Course) -> Result<(), TrainingError> {
        let Course {
            member,
            learner,
            standing,
        } = course;
        let trail = self.checkpoints.trail(*member);
        trail.save(standing.place(), learner, standing)
    }

    /// All epochs done, or none better for as long as patience lasts.
    fn is_over(&self, history: &History) -> bool {
        let done = history.0.len();
        let since_best = history.best().map_or(0, |best| done - 1 - best);
        done >= self.configuration.epochs || since_best >= self.configuration.patience
    }

    /// Steps of one epoch.
    pub(crate) fn steps(&self) -> usize {
        self.train.len() / self.configuration.photographs_of_a_step()
    }

    /// Learns to the end of the epoch that is running.
    fn epoch(&self, course: Course) -> Result<(Course, Pace), TrainingError> {
        let (configuration, member) = (self.configuration, course.member);
        let Place { epoch, step } = course.standing.place();
        let recipe = Recipe {
            photographs: self.train,
            unlabelled: self.unlabelled,
            unlabelled_batch: configuration.unlabelled_batch,
            preparation: self.preparation,
            augmentation: &configuration.augmentation,
            batch_size: configuration.batch_size,
            seed: configuration.seed,
            member,
            epoch,
        };
        let expected = sampler::expected_draws(self.grades, configuration.balance);
        let order = sampler::epoch(&expected, configuration.seed, member, epoch);
        let accumulate = configuration.accumulate;
        let batches = step * accumulate..self.steps() * accumulate;
        with_batches(
            recipe,
            &order,
            batches,
            configuration.loader_threads,
            |batches| self.steps_of_epoch(course, batches),
        )
    }

    fn steps_of_epoch(
        &self,
        mut course: Course,
        batches: &mut dyn Iterator<Item = Batch>,
    ) -> Result<(Course, Pace), TrainingError> {
        let (configuration, steps) = (self.configuration, self.steps());
        let schedule = self.schedule();
        let mut checkpoint = Interval::minutes(configuration.checkpoint_minutes);
        let (started, mut pace) = (Instant::now(), Pace::default());
        while course.standing.steps < steps {
            let place = course.standing.place();
            if self.stop.load(Ordering::Relaxed) {
                self.leave_off(&course)?;
                return Err(TrainingError::Interrupted);
            }
            let learning_rate = schedule.learning_rate(place.epoch * steps + place.step);
            let timed = timed(batches, &mut pace.waited);
            let stepped;
            (course.learner, stepped) =
                self.step(course.learner, timed, learning_rate, course.member, place)?;
            let Stepped {
                loss,
                gradient_norm,
            } = stepped;
            course.standing.steps += 1;
            course.standing.loss.0 += loss;
            pace.photographs += configuration.photographs_of_a_step();
            pace.time = started.elapsed();
            (self.observer)(Progress::Step {
                member: course.member + 1,
                epoch: place.epoch + 1,
                step: place.step + 1,
                steps,
                batch_size: configuration.photographs_of_a_step(),
                loss,
                gradient_norm,
                learning_rate,
                photographs_per_second: pace.photographs_per_second(),
                waiting: pace.waiting(),
            });
            // The end of the epoch is saved with what was measured then.
            if course.standing.steps < steps && checkpoint.is_over() {
                self.save(&course)?;
            }
        }
        Ok((course, pace))
    }

    /// Saves a member whose epoch shall not go on.
    fn leave_off(&self, course: &Course) -> Result<(), TrainingError> {
        match course.standing.steps {
            // As its last epoch left it, or as it began.
            0 => Ok(()),
            _ => self.save(course),
        }
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

/// The batches, with the time that is waited for them added to `waited`.
fn timed<'a>(
    batches: &'a mut dyn Iterator<Item = Batch>,
    waited: &'a mut Duration,
) -> impl Iterator<Item = Batch> + 'a {
    std::iter::from_fn(move || {
        let since = Instant::now();
        let batch = batches.next();
        *waited += since.elapsed();
        batch
    })
}
