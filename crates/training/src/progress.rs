//! What a training run tells while it goes on.

use serde::Serialize;

use crate::source::Skipped;

/// Something happened. As JSON, one object with the key `event`.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Progress {
    /// The sources have been listed and split.
    Sources {
        /// Photographs to learn from, by grade.
        train: [usize; 5],
        /// Photographs of the validation split, by grade.
        val: [usize; 5],
        /// What the sources held beside them.
        skipped: Skipped,
    },
    /// Photographs are being decoded and cropped.
    Reading {
        /// So many are done.
        done: usize,
        /// Of so many.
        total: usize,
    },
    /// A photograph cannot be used; the run goes on without it.
    Unreadable {
        /// Its name.
        file: String,
        /// Why.
        reason: String,
    },
    /// A grade has no photograph to learn from; the members will hardly ever give it.
    EmptyGrade {
        /// The grade's number.
        grade: usize,
    },
    /// The network that every member starts from is learning to tell painted lesions.
    Lesions {
        /// Steps done.
        step: usize,
        /// Steps in all.
        steps: usize,
        /// Mean loss since the last report: binary cross-entropy in nats.
        loss: f64,
        /// Painted pictures a second since the beginning.
        pictures_per_second: f64,
    },
    /// The features of photographs are being computed.
    Features {
        /// Photographs done.
        done: usize,
        /// Photographs in all.
        total: usize,
    },
    /// A head on frozen features has been fitted and measured.
    Head {
        /// How it pools.
        pooling: &'static str,
        /// How it answers.
        answer: &'static str,
        /// Quadratic weighted kappa on the validation photographs, where it is defined.
        kappa: Option<f64>,
        /// Area under the curve of referable retinopathy, where it is defined.
        referable_auc: Option<f64>,
    },
    /// A member starts or continues.
    Member {
        /// Member, counted from 1.
        member: usize,
        /// Members in all.
        members: usize,
        /// The first epoch to come, counted from 1.
        first_epoch: usize,
        /// Epochs at most.
        epochs: usize,
        /// Steps of one epoch.
        steps: usize,
    },
    /// A step is done.
    Step {
        /// Member, counted from 1.
        member: usize,
        /// Epoch, counted from 1.
        epoch: usize,
        /// Step in the epoch, counted from 1.
        step: usize,
        /// Steps of one epoch.
        steps: usize,
        /// Photographs of one step, of all its batches together.
        batch_size: usize,
        /// Mean loss of its photographs.
        loss: f64,
        /// Norm of the gradient before it was cut.
        gradient_norm: f64,
        /// Learning rate of this step.
        learning_rate: f64,
        /// Photographs a second since the epoch began.
        photographs_per_second: f64,
        /// Share of the time since the epoch began that was spent waiting for batches, in [0, 1].
        waiting: f64,
    },
    /// An epoch is done and validated.
    Epoch {
        /// Member, counted from 1.
        member: usize,
        /// Epoch, counted from 1.
        epoch: usize,
        /// Epochs at most.
        epochs: usize,
        /// Mean loss of the epoch's batches.
        train_loss: f64,
        /// Mean loss of the validation photographs.
        val_loss: f64,
        /// Quadratic weighted kappa on the validation photographs.
        kappa: f64,
        /// Area under the curve of referable retinopathy on the validation photographs.
        referable_auc: f64,
        /// Accuracy of the most probable grade on the validation photographs.
        accuracy: f64,
        /// Whether this is the best epoch so far.
        best: bool,
        /// Photographs a second in training, since the epoch began or was taken up again.
        photographs_per_second: f64,
        /// Share of that time that was spent waiting for batches, in [0, 1].
        waiting: f64,
        /// Seconds for training and validation.
        seconds: f64,
    },
    /// A member is done; its best epoch is kept.
    MemberFinished {
        /// Member, counted from 1.
        member: usize,
        /// The epoch that was kept, counted from 1.
        best_epoch: usize,
        /// Its kappa.
        kappa: f64,
        /// Its area under the curve.
        referable_auc: f64,
    },
    /// All members are done.
    Finished {
        /// Photographs that were learned from, each as often as it was shown.
        photographs: usize,
        /// Photographs a second in the steps of all members; with several devices, of one device in the mean.
        photographs_per_second: f64,
        /// Share of the time of the steps that was spent waiting for batches, in [0, 1].
        waiting: f64,
        /// Seconds for all of the run, with reading, validation and the bundle.
        seconds: f64,
    },
    /// The bundle was written with the members finished so far.
    Bundle {
        /// Its members.
        members: usize,
        /// Quadratic weighted kappa of the ensemble on the validation photographs, where it is defined.
        kappa: Option<f64>,
        /// Area under the curve of referable retinopathy, where it is defined.
        referable_auc: Option<f64>,
    },
}
