//! Everything that decides what a training run does.

use std::path::PathBuf;

use fundus::{Augmentation, Normalization, Preparation, Reduction, Standardization};
use grader::weights::Storage;
use serde::{Deserialize, Serialize};
use trust::Grade;

use crate::{Loss, TrainingError};

/// What the best epoch is chosen by, measured on the validation photographs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Selection {
    /// Quadratic weighted kappa of the most probable grade.
    Kappa,
    /// Mean of that kappa and the area under the curve of referable retinopathy: less noisy where validation
    /// photographs are few.
    KappaAndAuc,
    /// The loss, which also says how good the probabilities are: the least noisy of the three.
    Loss,
}

/// In what the activations and the products of convolutions are kept while training; weights, their gradients, batch norm's
/// statistics, head and loss have 32 bits either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// 32 bits.
    Full,
    /// bfloat16, on libtorch only: several times as fast where the processor multiplies it, as recent servers do.
    Mixed,
}

/// A training run. Serialised, it stands in the bundle; paths and devices, which say nothing about the model, do not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Configuration {
    /// Sources of graded photographs.
    #[serde(skip)]
    pub data: Vec<PathBuf>,
    /// Names of data sets whose photographs are left out.
    pub leave_out: Vec<String>,
    /// Grades whose photographs are left out: what such a model says about them shows whether it knows that it has not seen
    /// their like.
    pub leave_out_grades: Vec<Grade>,
    /// Whether the grades of each split are dealt anew among its photographs, by the seed: what such a model explains, it has
    /// not learned from grades. Explanations that look alike for it and for an honest one say nothing of what was learned
    /// (data randomisation, Adebayo et al. 2018).
    #[serde(default)]
    pub shuffle_grades: bool,
    /// Folders of photographs without retinopathy, ungraded otherwise: lesions are painted on them too, and no grade is
    /// learned from them.
    #[serde(skip)]
    pub healthy: Vec<PathBuf>,
    /// Folders of photographs with masks of their lesions beside them, see [`crate::source::with_lesion_masks`]: some of
    /// the pictures with lesions are these.
    #[serde(skip)]
    pub lesion_masks: Vec<PathBuf>,
    /// Folders of photographs whose grade is not known or shall not count: the network learns to answer alike for them
    /// whatever the camera. They need [`weight_average`](Self::weight_average).
    #[serde(skip)]
    pub unlabelled: Vec<PathBuf>,
    /// Folder of the bundle.
    #[serde(skip)]
    pub out: PathBuf,
    /// Weights to start from, with torchvision's names; a head of another number of classes is replaced. Or the folder of
    /// a bundle: member k starts from its member k, counted round where it has fewer, head and moments included.
    #[serde(skip)]
    pub init: Option<PathBuf>,
    /// `cpu`, or what else the program was built with; at least 1. With several, members are trained at the same time,
    /// one a device.
    #[serde(skip)]
    pub devices: Vec<String>,
    /// Threads that make batches ahead; at least 1. Does not change the result.
    #[serde(skip)]
    pub loader_threads: usize,
    /// Continue from the last checkpoint.
    #[serde(skip)]
    pub resume: bool,
    /// Minutes between two checkpoints within an epoch; 0 saves after every step. Does not change the result.
    #[serde(skip)]
    pub checkpoint_minutes: f64,
    /// Members to train, counted from 1; all where none is named. Each is the member that the whole run would train.
    #[serde(skip)]
    pub only_members: Vec<usize>,
    /// Networks of the ensemble.
    pub members: usize,
    /// Largest number of epochs of a member; decides the learning-rate schedule.
    pub epochs: usize,
    /// Epochs without a better validation value after which a member stops.
    pub patience: usize,
    /// What the best epoch is chosen by.
    pub selection: Selection,
    /// Side of the network's input in pixels.
    pub image_size: u32,
    /// Pixels of the standardised picture for one of the input, along each side.
    pub oversampling: u32,
    /// How the standardised picture is reduced to the input.
    pub reduction: Reduction,
    /// Pictures with painted lesions from which the network first learns what a lesion is; 0 for none.
    pub lesion_pictures: usize,
    /// Share of those pictures, in [0, 1), that show real lesions where there are photographs with masks.
    pub lesion_mask_share: f64,
    /// Side of the whole field of view, in pixels of the input, of which pictures with lesions are random patches: from the
    /// input's side to that of the standardised picture. `None`: the input's side, hence the whole field of view.
    pub lesion_field: Option<u32>,
    /// Views of each photograph (itself, then random changes) from whose features a first head for the grades is fitted, with
    /// which all members start; 0 leaves them random heads.
    pub head_views: usize,
    /// Stages of the network, from 0 to 4, whose weights do not learn from grades: the stem, then torchvision's
    /// `layer1` to `layer3`. Their batch norms go on measuring.
    pub frozen_stages: usize,
    /// Photographs that go through the network together; batch norm in training normalises over them.
    pub batch_size: usize,
    /// Batches of one step: their gradients are averaged.
    pub accumulate: usize,
    /// Photographs without a grade that go through the network beside every batch, where there are some.
    pub unlabelled_batch: usize,
    /// Weight of their answers' divergence, beside the loss of the graded photographs.
    pub consistency: f64,
    /// Decay of a running average of the weights, in [0, 1), a step: the average is what a member becomes. 0 for none,
    /// hence the weights of its last step.
    pub weight_average: f64,
    /// In what activations are kept.
    pub precision: Precision,
    /// Highest learning rate.
    pub learning_rate: f64,
    /// Share of the steps in which the learning rate rises.
    pub warm_up: f64,
    /// Decoupled weight decay of the weights with more than one dimension; scales, shifts and biases have none.
    pub weight_decay: f32,
    /// Norm to which the gradient of all weights together is cut.
    pub clip_norm: f64,
    /// Exponent of class balance, see [`crate::sampler::expected_draws`].
    pub balance: f64,
    /// Probability, in [0, 1), with which a feature is dropped before the head; above 0 the bundle allows Monte Carlo
    /// dropout.
    pub dropout: f64,
    /// Share of the patients for validation, where a source has no split of its own.
    pub validation_share: f64,
    /// What is made small.
    pub loss: Loss,
    /// Random changes of the training photographs.
    pub augmentation: Augmentation,
    /// How illumination and colour are standardised.
    pub standardization: Standardization,
    /// How the bundle stores weights.
    pub storage: Storage,
    /// Seed of everything random.
    pub seed: u64,
}

/// Side of the picture that is standardised where nothing else is said: a microaneurysm is still a pixel or two.
const WORKING_SIDE: u32 = 384;

impl Default for Configuration {
    fn default() -> Self {
        let image_size = 192;
        Self {
            data: Vec::new(),
            leave_out: Vec::new(),
            leave_out_grades: Vec::new(),
            shuffle_grades: false,
            healthy: Vec::new(),
            lesion_masks: Vec::new(),
            unlabelled: Vec::new(),
            out: PathBuf::new(),
            init: None,
            devices: vec!["cpu".to_owned()],
            loader_threads: 2,
            resume: false,
            checkpoint_minutes: 10.0,
            only_members: Vec::new(),
            members: 2,
            epochs: 30,
            patience: 10,
            selection: Selection::Kappa,
            image_size,
            oversampling: Self::default_oversampling(image_size),
            reduction: Reduction::Mean,
            lesion_pictures: 0,
            lesion_mask_share: 0.125,
            lesion_field: None,
            head_views: 0,
            frozen_stages: 0,
            batch_size: 32,
            accumulate: 1,
            unlabelled_batch: 16,
            consistency: 1.0,
            weight_average: 0.0,
            precision: Precision::Full,
            learning_rate: 1e-3,
            warm_up: 0.1,
            weight_decay: 0.05,
            clip_norm: 5.0,
            balance: 0.5,
            dropout: 0.2,
            validation_share: 0.15,
            loss: Loss::default(),
            augmentation: Augmentation::default(),
            standardization: Standardization::default(),
            storage: Storage::F16,
            seed: 0,
        }
    }
}

impl Configuration {
    /// The oversampling that brings the working picture closest to 384 pixels, from 1 to 8.
    pub fn default_oversampling(image_size: u32) -> u32 {
        (WORKING_SIDE + image_size / 2)
            .checked_div(image_size)
            .unwrap_or(1)
            .clamp(1, 8)
    }

    /// From a cropped picture to the network, before the normalisation is known.
    pub(crate) fn preparation(&self) -> Preparation {
        Preparation {
            input_side: self.image_size,
            oversampling: self.oversampling,
            reduction: self.reduction,
            standardization: self.standardization,
            normalization: Normalization::default(),
        }
    }

    /// The seed of a member's first weights: members differ in it, and so do runs.
    pub(crate) fn member_seed(&self, member: usize) -> u64 {
        self.seed
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .wrapping_add(member as u64)
    }

    /// Photographs of one step of the optimiser.
    pub(crate) fn photographs_of_a_step(&self) -> usize {
        self.batch_size.saturating_mul(self.accumulate)
    }

    /// The members to train, counted from 0, in order.
    pub(crate) fn members_to_train(&self) -> Vec<usize> {
        (0..self.members)
            .filter(|member| {
                self.only_members.is_empty() || self.only_members.contains(&(member + 1))
            })
            .collect()
    }

    /// Refuses what cannot be trained.
    pub(crate) fn check(&self) -> Result<(), TrainingError> {
        let refuse = |what: String| Err(TrainingError::Configuration(what));
        if self.data.is_empty() {
            return refuse("no source of photographs was given".to_owned());
        }
        if self.members == 0 || self.epochs == 0 || self.batch_size < 2 || self.accumulate == 0 {
            return refuse(format!(
                "{} members, {} epochs, {} photographs a batch and {} batches a step: at least 1, 1, 2 and 1 are needed",
                self.members, self.epochs, self.batch_size, self.accumulate
            ));
        }
        let is_member = |number: &usize| (1..=self.members).contains(number);
        if let Some(stranger) = self.only_members.iter().find(|number| !is_member(number)) {
            return refuse(format!(
                "member {stranger} was asked for, but the ensemble's members are numbered from 1 to {}: give a number \
                 among them, or more members",
                self.members
            ));
        }
        if self.devices.is_empty() {
            return refuse("no device was given: give at least cpu".to_owned());
        }
        let without_mixed = |device: &&String| !grader::is_libtorch(device);
        if let Some(device) = self.devices.iter().find(without_mixed)
            && self.precision == Precision::Mixed
        {
            return refuse(format!(
                "mixed precision is for libtorch, but the device is {device}: train in full precision, or with --device \
                 libtorch"
            ));
        }
        if self.checkpoint_minutes.is_nan() || self.checkpoint_minutes < 0.0 {
            return refuse(format!(
                "{} minutes between two checkpoints: give 0 or more",
                self.checkpoint_minutes
            ));
        }
        if let Err(error) = self.preparation().check_sizes() {
            return refuse(error.to_string());
        }
        if !self.healthy.is_empty() && self.lesion_pictures == 0 {
            return refuse(
                "photographs to paint lesions on were given, but no pictures with lesions are asked for".to_owned(),
            );
        }
        if self.frozen_stages > 4 {
            return refuse(format!(
                "{} stages are to stay as they are, but only the first 4 of 5 can: give 0 to 4",
                self.frozen_stages
            ));
        }
        if self.head_views > 64 {
            return refuse(format!(
                "features of {} views of each photograph are too many to keep: give at most 64",
                self.head_views
            ));
        }
        if self.head_views > 0 && self.init.as_ref().is_some_and(|init| init.is_dir()) {
            return refuse(
                "the members of a bundle have heads of their own: start from weights, or fit no first head".to_owned(),
            );
        }
        if self.frozen_stages > 0 && self.init.is_none() && self.lesion_pictures == 0 {
            return refuse(
                "frozen stages would keep random weights: give weights to start from, or pictures with lesions to \
                 learn from first"
                    .to_owned(),
            );
        }
        if !self.unlabelled.is_empty() && (self.weight_average <= 0.0 || self.unlabelled_batch == 0)
        {
            return refuse(
                "photographs without a grade are answered for by the average of the weights: give a weight average above \
                 0 (0.99 for example), and at least 1 of them a batch"
                    .to_owned(),
            );
        }
        if !self.lesion_masks.is_empty() && self.lesion_pictures == 0 {
            return refuse(
                "photographs with lesion masks were given, but no pictures with lesions are asked for".to_owned(),
            );
        }
        let fields = self.image_size..=self.preparation().working_side();
        if let Some(field) = self.lesion_field.filter(|field| !fields.contains(field)) {
            return refuse(format!(
                "lesions in a field of view of {field} pixels: expected {} (the image size) to {} (times oversampling)",
                fields.start(),
                fields.end()
            ));
        }
        let numbers = [
            ("learning rate", self.learning_rate, 0.0..f64::INFINITY),
            ("balance", self.balance, -1e-9..2.0),
            ("dropout", self.dropout, -1e-9..1.0),
            (
                "share of pictures with lesion masks",
                self.lesion_mask_share,
                -1e-9..1.0,
            ),
            ("weight average", self.weight_average, -1e-9..1.0),
            ("consistency", self.consistency, 0.0..f64::INFINITY),
            ("validation share", self.validation_share, 0.0..1.0),
            ("gradient norm", self.clip_norm, 0.0..f64::INFINITY),
        ];
        for (name, value, range) in numbers {
            // Open at both ends: none of these may be nothing, except balance and dropout.
            if !(value > range.start && value < range.end) {
                return refuse(format!(
                    "the {name} is {value}, expected a number between {} and {}",
                    range.start.round(),
                    range.end
                ));
            }
        }
        Ok(())
    }
}
