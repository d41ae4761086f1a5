//! Where learning lesions stands, so that it goes on after an interruption as if there had been none.

use grader::ResNet18;
use serde::{Deserialize, Serialize};

use crate::TrainingError;
use crate::member::Lesson;
use crate::optimizer::{adamw, identify};
use crate::trail::{ExactSum, Interval, Learner, Place};

/// Learning lesions on its way.
pub(crate) struct LesionCourse {
    pub(crate) learner: Learner,
    pub(crate) standing: LesionStanding,
    checkpoint: Interval,
}

/// How far learning lesions has come; stands in its checkpoints.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct LesionStanding {
    /// Steps done.
    pub(crate) steps: usize,
    /// Sum of the losses since the last report.
    pub(crate) recent: ExactSum,
}

impl Lesson<'_> {
    /// Learning lesions at its newest checkpoint, or at its start.
    pub(crate) fn lesion_course(&self, start: ResNet18) -> Result<LesionCourse, TrainingError> {
        let optimizer = adamw(self.configuration.weight_decay);
        let trail = self.checkpoints.lesion_trail();
        let (learner, standing) = match trail.latest(&optimizer, self.device)? {
            Some(found) => found,
            None => {
                let network = identify(start);
                {
                    let learner = Learner {
                        network,
                        optimizer,
                        average: None,
                    };
                    (learner, LesionStanding::default())
                }
            }
        };
        Ok(LesionCourse {
            learner,
            standing,
            checkpoint: Interval::minutes(self.configuration.checkpoint_minutes),
        })
    }

    /// Saves learning lesions if that is due.
    pub(crate) fn save_lesions_if_due(
        &self,
        course: &mut LesionCourse,
    ) -> Result<(), TrainingError> {
        match course.checkpoint.is_over() {
            true => self.save_lesions(course),
            false => Ok(()),
        }
    }

    /// Saves learning lesions.
    pub(crate) fn save_lesions(&self, course: &LesionCourse) -> Result<(), TrainingError> {
        let place = Place {
            epoch: 0,
            step: course.standing.steps,
        };
        let trail = self.checkpoints.lesion_trail();
        trail.save(place, &course.learner, &course.standing)
    }
}
