//! `fundoscope train`: learn from graded photographs.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use anyhow::anyhow;
use clap::{Args, ValueEnum};
use fundus::{Augmentation, CameraShift, Reduction};
use grader::BundleError;
use grader::weights::{Storage, WeightsError};
use training::{Configuration, Dashboard, Precision, Progress, Selection, TrainingError};
use trust::Grade;

use crate::console::warn;
use crate::settings::Settings;
use crate::{Outcome, interrupt};

mod leave_one_out;
mod said;

pub(crate) use said::{print_json, print_line};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Graded photographs: a folder with one sub-folder a grade, a folder with manifest.csv, or a CSV file; may be repeated
    #[arg(long, required = true, num_args = 1.., value_name = "SOURCE")]
    data: Vec<PathBuf>,
    /// Leave out the photographs of these data sets, by the names in the table's `set` column
    #[arg(long, num_args = 1.., value_name = "NAME")]
    leave_out: Vec<String>,
    /// Leave out the photographs of these grades, to see what the model says about what it has never seen
    #[arg(long, value_delimiter = ',', value_parser = grade, value_name = "GRADE")]
    leave_out_grades: Vec<Grade>,
    /// Deal the grades anew among the photographs of each split: a model that has learned nothing from them, for
    /// `explain --score --shuffled`
    #[arg(long)]
    shuffle_grades: bool,
    /// Train once without each data set, in BUNDLE_DIR/without-NAME, and measure each bundle on the validation photographs
    /// of the set that it has not seen
    #[arg(long, conflicts_with = "leave_out")]
    leave_one_source_out: bool,
    /// Folders of photographs without retinopathy to paint lesions on, beside those of grade 0
    #[arg(long, num_args = 1.., value_name = "FOLDER", requires = "lesion_pictures")]
    healthy: Vec<PathBuf>,
    /// Folder of the bundle to write; checkpoints are kept in it under .checkpoints
    #[arg(long, value_name = "BUNDLE_DIR")]
    out: PathBuf,
    /// Networks of the ensemble; with --resume, more than before let it grow
    #[arg(long, default_value_t = Configuration::default().members)]
    members: usize,
    /// Train only these members of the ensemble, counted from 1, each as the whole run would: so one machine or GPU can
    /// train one member; each call needs its own --out
    #[arg(long = "member", value_name = "K", value_delimiter = ',')]
    only_members: Vec<usize>,
    /// Devices that train members at the same time, one member each, such as cuda:0,cuda:1; instead of --device
    #[arg(long, value_name = "DEVICE", value_delimiter = ',')]
    devices: Vec<String>,
    /// Epochs of a member at most; the learning rate falls over this many
    #[arg(long, default_value_t = Configuration::default().epochs)]
    epochs: usize,
    /// Side of the network's input, in pixels
    #[arg(long, default_value_t = Configuration::default().image_size, value_name = "PX")]
    image_size: u32,
    /// Pixels of the standardised picture for one of the input [default: so that it is about 384 pixels wide]
    #[arg(long, value_name = "N")]
    oversampling: Option<u32>,
    /// How the standardised picture is reduced to the input
    #[arg(long, value_enum, default_value_t = ReductionName::Mean)]
    reduction: ReductionName,
    /// Pictures with painted lesions to learn from before the grades; 0 for none
    #[arg(long, default_value_t = Configuration::default().lesion_pictures, value_name = "N")]
    lesion_pictures: usize,
    /// Fit a head to the features of so many views of each photograph before the whole network learns: the photograph itself,
    /// then random changes; 0 for random heads
    #[arg(long, default_value_t = Configuration::default().head_views, value_name = "N")]
    head_views: usize,
    /// First stages of the network, 0 to 4, that keep the weights they start from while grades are learned: the stem, then
    /// three of the four groups of blocks; saves most of the backward pass
    #[arg(long, default_value_t = Configuration::default().frozen_stages, value_name = "N")]
    frozen_stages: usize,
    /// Folders of photographs with masks of their lesions beside them (NAME.jpg with NAME_MA.png, _HE, _EX, _SE, _NV, as in
    /// IDRiD), mixed into the pictures with lesions
    #[arg(long, num_args = 1.., value_name = "FOLDER", requires = "lesion_pictures")]
    lesion_masks: Vec<PathBuf>,
    /// Folders of photographs without a grade: the network learns to answer alike for them whatever the camera; needs
    /// --weight-average
    #[arg(long, num_args = 1.., value_name = "FOLDER")]
    unlabelled: Vec<PathBuf>,
    /// Photographs without a grade beside every batch
    #[arg(long, default_value_t = Configuration::default().unlabelled_batch, value_name = "N")]
    unlabelled_batch: usize,
    /// Weight of alike answers for photographs without a grade, beside the loss of graded ones
    #[arg(long, default_value_t = Configuration::default().consistency, value_name = "WEIGHT")]
    consistency: f64,
    /// Keep a running average of a member's weights instead of those of its last step, with this decay a step (0.99 looks
    /// back over some hundred steps); 0 for none
    #[arg(long, default_value_t = Configuration::default().weight_average, value_name = "DECAY")]
    weight_average: f64,
    /// Share of the pictures with lesions that are photographs with masks
    #[arg(long, default_value_t = Configuration::default().lesion_mask_share, value_name = "SHARE")]
    lesion_mask_share: f64,
    /// Learn lesions on patches of a field of view this many pixels wide, up to image size times oversampling [default: the
    /// image size, hence the whole field of view]
    #[arg(long, value_name = "PX")]
    lesion_field: Option<u32>,
    /// Photographs that go through the network together
    #[arg(long, default_value_t = Configuration::default().batch_size, value_name = "N")]
    batch_size: usize,
    /// Batches of one step: their gradients are averaged, as in a batch N times as large, for want of memory; batch norm
    /// still sees one batch at a time
    #[arg(long, default_value_t = Configuration::default().accumulate, value_name = "N")]
    accumulate: usize,
    /// In what activations are kept while training: mixed keeps them in 16 bits (bfloat16), with --device libtorch
    #[arg(long, value_enum, default_value_t = PrecisionName::Full)]
    precision: PrecisionName,
    /// Highest learning rate
    #[arg(long, default_value_t = Configuration::default().learning_rate)]
    learning_rate: f64,
    /// Epochs without improvement after which a member stops
    #[arg(long, default_value_t = Configuration::default().patience, value_name = "EPOCHS")]
    patience: usize,
    /// What the best epoch is chosen by
    #[arg(long, value_enum, default_value_t = SelectionName::Kappa)]
    select: SelectionName,
    /// Class balance: 0 shows every photograph equally often, 1 every grade
    #[arg(long, default_value_t = Configuration::default().balance)]
    balance: f64,
    /// How training photographs are changed at random
    #[arg(long, value_enum, default_value_t = AugmentationName::Plain)]
    augmentation: AugmentationName,
    /// Precision of the weights in the bundle
    #[arg(long, value_enum, default_value_t = WeightsPrecision::F16)]
    weights_precision: WeightsPrecision,
    /// Weights to start from, with torchvision's names for ResNet-18: a safetensors file or a checkpoint of PyTorch (.pth),
    /// where a head for other classes is replaced; or the folder of a bundle, whose members are gone on with one by one,
    /// for example at a larger image size
    #[arg(long, value_name = "WEIGHTS|BUNDLE_DIR")]
    init: Option<PathBuf>,
    /// Go on from the last checkpoint in the bundle's folder
    #[arg(long)]
    resume: bool,
    /// Minutes between two checkpoints within an epoch, beside the one at its end; 0 for one after every step
    #[arg(long, default_value_t = Configuration::default().checkpoint_minutes, value_name = "N")]
    checkpoint_minutes: f64,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum ReductionName {
    /// The mean of each block
    Mean,
    /// The value of each block furthest from zero, which keeps microaneurysms
    Extreme,
}

impl ReductionName {
    pub(crate) fn reduction(self) -> Reduction {
        match self {
            Self::Mean => Reduction::Mean,
            Self::Extreme => Reduction::Extreme,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum AugmentationName {
    /// How the camera was held, and the light
    Plain,
    /// Also another camera: colours, vignetting, resolution, noise, compression
    Cameras,
}

impl AugmentationName {
    pub(crate) fn augmentation(self) -> Augmentation {
        Augmentation {
            camera: match self {
                Self::Plain => None,
                Self::Cameras => Some(CameraShift::default()),
            },
            ..Augmentation::default()
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum SelectionName {
    /// Quadratic weighted kappa on the validation photographs
    Kappa,
    /// Mean of kappa and the area under the curve of referable retinopathy
    KappaAndAuc,
    /// The loss on the validation photographs, the least noisy of the three
    Loss,
}

#[derive(Clone, Copy, ValueEnum)]
enum WeightsPrecision {
    F16,
    F32,
}

#[derive(Clone, Copy, ValueEnum)]
enum PrecisionName {
    /// 32 bits
    Full,
    /// bfloat16 activations and products; weights and sums in 32 bits
    Mixed,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let configuration = configuration(arguments, settings);
    interrupt::listen()?;
    if arguments.leave_one_source_out {
        return leave_one_out::run(&configuration, settings);
    }
    Ok(match train(&configuration, settings)? {
        End::Reached(outcome) => outcome,
        End::Interrupted => Outcome::SomeFailed,
    })
}

/// How a run ended that could be begun.
enum End {
    Reached(Outcome),
    Interrupted,
}

/// Trains one ensemble and says how it goes.
fn train(configuration: &Configuration, settings: &Settings) -> anyhow::Result<End> {
    // Said at the end where the dashboard has the terminal.
    let failures: Mutex<Vec<String>> = Mutex::default();
    // It reads keys too.
    let is_terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    // One bar cannot show several members at once.
    let is_single = configuration.devices.len() == 1;
    let dashboard = (is_terminal && is_single && !settings.json).then(Dashboard::open);
    let result = training::train(configuration, interrupt::asked(), &|progress| {
        if let Progress::Unreadable { file, reason } = &progress {
            let failure = format!("{file}: {reason}");
            if dashboard.is_none() {
                warn(&failure);
            }
            failures
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(failure);
        }
        match &dashboard {
            Some(dashboard) => dashboard.show(&progress, interrupt::asked()),
            None if settings.json => print_json(&progress),
            None => print_line(&progress),
        }
    });
    let had_dashboard = dashboard.is_some();
    drop(dashboard);
    let failures = failures
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    if had_dashboard {
        failures.iter().for_each(|failure| warn(failure));
    }
    match result {
        Err(error @ TrainingError::Interrupted) => {
            warn(&error.to_string());
            return Ok(End::Interrupted);
        }
        Err(error) if is_failed_writing(&error) => {
            return Err(anyhow!(
                "{error}; what was trained up to the last checkpoint is kept: make room, or mend what is named, and run it \
                 again with --resume"
            ));
        }
        other => other?,
    }
    if failures.is_empty() {
        return Ok(End::Reached(Outcome::AllDone));
    }
    warn(&format!(
        "{} photographs could not be read and were left out",
        failures.len()
    ));
    Ok(End::Reached(Outcome::SomeFailed))
}

/// Whether a file of the run, its bundle or its weights could not be written, as on a full disk.
fn is_failed_writing(error: &TrainingError) -> bool {
    matches!(
        error,
        TrainingError::File {
            action: "write",
            ..
        } | TrainingError::Weights(WeightsError::Write { .. })
            | TrainingError::Bundle(BundleError::Write { .. })
    )
}

fn grade(text: &str) -> Result<Grade, String> {
    let number = text.parse().ok().and_then(Grade::from_index);
    number.ok_or_else(|| "give a grade from 0 to 4".to_owned())
}

fn configuration(arguments: &Arguments, settings: &Settings) -> Configuration {
    let threads = settings
        .threads
        .or_else(|| std::thread::available_parallelism().ok().map(Into::into))
        .unwrap_or(1);
    Configuration {
        data: arguments.data.clone(),
        leave_out: arguments.leave_out.clone(),
        leave_out_grades: arguments.leave_out_grades.clone(),
        shuffle_grades: arguments.shuffle_grades,
        healthy: arguments.healthy.clone(),
        lesion_masks: arguments.lesion_masks.clone(),
        unlabelled: arguments.unlabelled.clone(),
        unlabelled_batch: arguments.unlabelled_batch,
        consistency: arguments.consistency,
        weight_average: arguments.weight_average,
        out: arguments.out.clone(),
        init: arguments.init.clone(),
        devices: match arguments.devices.is_empty() {
            true => vec![settings.device.clone()],
            false => arguments.devices.clone(),
        },
        loader_threads: threads,
        resume: arguments.resume,
        checkpoint_minutes: arguments.checkpoint_minutes,
        only_members: arguments.only_members.clone(),
        members: arguments.members,
        epochs: arguments.epochs,
        patience: arguments.patience,
        selection: match arguments.select {
            SelectionName::Kappa => Selection::Kappa,
            SelectionName::KappaAndAuc => Selection::KappaAndAuc,
            SelectionName::Loss => Selection::Loss,
        },
        image_size: arguments.image_size,
        oversampling: arguments
            .oversampling
            .unwrap_or_else(|| Configuration::default_oversampling(arguments.image_size)),
        reduction: arguments.reduction.reduction(),
        lesion_pictures: arguments.lesion_pictures,
        head_views: arguments.head_views,
        frozen_stages: arguments.frozen_stages,
        lesion_mask_share: arguments.lesion_mask_share,
        lesion_field: arguments.lesion_field,
        batch_size: arguments.batch_size,
        accumulate: arguments.accumulate,
        precision: match arguments.precision {
            PrecisionName::Full => Precision::Full,
            PrecisionName::Mixed => Precision::Mixed,
        },
        learning_rate: arguments.learning_rate,
        balance: arguments.balance,
        augmentation: arguments.augmentation.augmentation(),
        storage: match arguments.weights_precision {
            WeightsPrecision::F16 => Storage::F16,
            WeightsPrecision::F32 => Storage::F32,
        },
        seed: settings.seed,
        ..Configuration::default()
    }
}
