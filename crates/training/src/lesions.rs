//! Learning what a lesion is, before learning grades.
//!
//! A grade says that something is wrong somewhere. A painted lesion says what and where, so a few thousand pictures
//! with painted lesions teach the convolutions what to look for, and the grades then only have to be read off. Where
//! there are photographs of real lesions with masks, some of the pictures are those. The network's own head is applied
//! to every cell of the last feature map (32 pixels of the input) and learns which kinds of lesion lie in it; afterwards
//! each member gets a head of its own for the grades.

use std::sync::atomic::Ordering;
use std::time::Instant;

use burn::tensor::activation::relu;
use burn::tensor::{Tensor, TensorData};
use crossbeam_channel::bounded;
use grader::{BatchStatistics, FEATURES, ResNet18};
use trust::Grade;

use crate::lesion_batches::{BATCH, LesionBatch, TARGETS};
use crate::lesion_course::LesionCourse;
use crate::member::Lesson;
use crate::optimizer::clip;
use crate::photographs::Photograph;
use crate::progress::Progress;
use crate::taught::{Taught, teach};
use crate::trail::{ExactSum, Learner};
use crate::{Schedule, TrainingError};

/// Highest learning rate.
const LEARNING_RATE: f64 = 1.5e-3;
/// Share of the steps in which the learning rate rises.
const WARM_UP: f64 = 0.1;
/// Steps between two reports.
const REPORT_EVERY: usize = 25;

impl Lesson<'_> {
    /// Teaches a network lesions on `pictures` painted photographs; its head then answers for lesions, not for grades.
    pub(crate) fn learn_lesions(
        &self,
        start: ResNet18,
        pictures: usize,
    ) -> Result<ResNet18, TrainingError> {
        let healthy: Vec<&Photograph> = self
            .train
            .iter()
            .filter(|photograph| photograph.listed.grade == Grade::NoDr)
            .chain(self.healthy)
            .collect();
        if healthy.len() < BATCH {
            return Err(TrainingError::TooFew(format!(
                "{} photographs without retinopathy are too few to paint lesions on: give at least {BATCH}, or no pictures with lesions",
                healthy.len()
            )));
        }
        let steps = pictures.div_ceil(BATCH);
        let course = self.lesion_course(start)?;
        let first = course.standing.steps;
        let threads = self.configuration.loader_threads.max(1);
        std::thread::scope(|scope| {
            let receivers: Vec<_> = (0..threads)
                .map(|thread| {
                    let (sender, receiver) = bounded(2);
                    let healthy = &healthy;
                    scope.spawn(move || {
                        let mine = (first + thread..steps).step_by(threads);
                        self.lesion_batches(healthy, mine, &sender)
                    });
                    receiver
                })
                .collect();
            let batches =
                (first..steps).map_while(|step| receivers[(step - first) % threads].recv().ok());
            let learned = self.lesion_steps(course, steps, batches);
            // Threads that still paint find their channel closed and end.
            drop(receivers);
            learned
        })
    }

    fn lesion_steps(
        &self,
        mut course: LesionCourse,
        steps: usize,
        batches: impl Iterator<Item = LesionBatch>,
    ) -> Result<ResNet18, TrainingError> {
        let schedule = Schedule {
            peak: LEARNING_RATE,
            warm_up: (steps as f64 * WARM_UP).ceil() as usize,
            steps,
        };
        let (started, first) = (Instant::now(), course.standing.steps);
        for batch in batches {
            let step = course.standing.steps;
            if self.stop.load(Ordering::Relaxed) {
                self.save_lesions(&course)?;
                return Err(TrainingError::Interrupted);
            }
            let statistics = BatchStatistics::new();
            let Learner {
                network,
                mut optimizer,
                average,
            } = course.learner;
            let Taught {
                loss,
                mut gradients,
            } = self.teach_lesions(&network, batch, &statistics);
            clip(&mut gradients, &network, self.configuration.clip_norm);
            if !loss.is_finite() {
                return Err(TrainingError::NotFinite {
                    member: 0,
                    epoch: 0,
                    step: step + 1,
                });
            }
            let network = optimizer
                .step(schedule.learning_rate(step), network, gradients)
                .absorb(statistics);
            course.learner = Learner {
                network,
                optimizer,
                average,
            };
            course.standing.steps += 1;
            course.standing.recent.0 += loss;
            if (step + 1).is_multiple_of(REPORT_EVERY) || step + 1 == steps {
                let counted = match (step + 1) % REPORT_EVERY {
                    0 => REPORT_EVERY,
                    rest => rest,
                };
                (self.observer)(Progress::Lesions {
                    step: step + 1,
                    steps,
                    loss: course.standing.recent.0 / counted as f64,
                    pictures_per_second: ((step + 1 - first) * BATCH) as f64
                        / started.elapsed().as_secs_f64(),
                });
                course.standing.recent = ExactSum::default();
            }
            self.save_lesions_if_due(&mut course)?;
        }
        Ok(course.learner.network)
    }

    /// Mean binary cross-entropy over all cells and targets for which the truth is known.
    fn teach_lesions(
        &self,
        network: &ResNet18,
        batch: LesionBatch,
        statistics: &BatchStatistics,
    ) -> Taught {
        let side = self.preparation.input_side as usize;
        let input = Tensor::<4>::from_data(
            TensorData::new(batch.values, [BATCH, 3, side, side]),
            self.device,
        );
        let cells = batch.present.len() / TARGETS;
        let known_cells = batch.known.iter().sum::<f32>().max(1.0);
        let [present, known] = [batch.present, batch.known].map(|values| {
            Tensor::<2>::from_data(TensorData::new(values, [cells, TARGETS]), self.device)
        });
        let loss = |features: Tensor<4>| {
            let by_cell = features.permute([0, 2, 3, 1]).reshape([cells, FEATURES]);
            let logits = network.classify(by_cell);
            // The stable form of -present * log p - (1 - present) * log (1 - p).
            let softplus = (logits.clone().abs().neg().exp() + 1.0).log();
            let entropy = relu(logits.clone()) - logits * present + softplus;
            (entropy * known).sum() / known_cells
        };
        let precision = self.configuration.precision;
        teach(network, input, 0, precision, statistics, loss)
    }
}
