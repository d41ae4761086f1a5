//! `fundoscope train`: learn from graded photographs.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use clap::{Args, ValueEnum};
use fundus::Reduction;
use grader::weights::Storage;
use training::{Configuration, Dashboard, Progress, Selection, TrainingError};

use crate::console::{line, warn};
use crate::settings::Settings;
use crate::{Outcome, interrupt};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Graded photographs: a folder with one sub-folder a grade, a folder with manifest.csv, or a CSV file; may be repeated
    #[arg(long, required = true, num_args = 1.., value_name = "SOURCE")]
    data: Vec<PathBuf>,
    /// Folders of photographs without retinopathy to paint lesions on, beside those of grade 0
    #[arg(long, num_args = 1.., value_name = "FOLDER", requires = "lesion_pictures")]
    healthy: Vec<PathBuf>,
    /// Folder of the bundle to write; checkpoints are kept in it under .checkpoints
    #[arg(long, value_name = "BUNDLE_DIR")]
    out: PathBuf,
    /// Networks of the ensemble; with --resume, more than before let it grow
    #[arg(long, default_value_t = Configuration::default().members)]
    members: usize,
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
    /// Photographs of one step
    #[arg(long, default_value_t = Configuration::default().batch_size, value_name = "N")]
    batch_size: usize,
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
    /// Precision of the weights in the bundle
    #[arg(long, value_enum, default_value_t = Precision::F16)]
    weights_precision: Precision,
    /// Weights to start from, with torchvision's names for ResNet-18: a safetensors file or a checkpoint of PyTorch (.pth);
    /// a head for other classes is replaced
    #[arg(long, value_name = "WEIGHTS")]
    init: Option<PathBuf>,
    /// Go on from the last checkpoint in the bundle's folder
    #[arg(long)]
    resume: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum ReductionName {
    /// The mean of each block
    Mean,
    /// The value of each block furthest from zero, which keeps microaneurysms
    Extreme,
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
enum Precision {
    F16,
    F32,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let configuration = configuration(arguments, settings);
    if let Some(init) = &configuration.init {
        // Weights that do not fit are found out now, not after all photographs were read.
        grader::import::read(init)?;
    }
    interrupt::listen()?;
    // Said at the end where the dashboard has the terminal.
    let failures: Mutex<Vec<String>> = Mutex::default();
    // It reads keys too.
    let is_terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let dashboard = (is_terminal && !settings.json).then(Dashboard::open);
    let result = training::train(&configuration, interrupt::asked(), &|progress| {
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
            return Ok(Outcome::SomeFailed);
        }
        other => other?,
    }
    if failures.is_empty() {
        return Ok(Outcome::AllDone);
    }
    warn(&format!(
        "{} photographs could not be read and were left out",
        failures.len()
    ));
    Ok(Outcome::SomeFailed)
}

fn configuration(arguments: &Arguments, settings: &Settings) -> Configuration {
    let threads = settings
        .threads
        .or_else(|| std::thread::available_parallelism().ok().map(Into::into))
        .unwrap_or(1);
    Configuration {
        data: arguments.data.clone(),
        healthy: arguments.healthy.clone(),
        out: arguments.out.clone(),
        init: arguments.init.clone(),
        device: settings.device.clone(),
        loader_threads: threads,
        resume: arguments.resume,
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
        reduction: match arguments.reduction {
            ReductionName::Mean => Reduction::Mean,
            ReductionName::Extreme => Reduction::Extreme,
        },
        lesion_pictures: arguments.lesion_pictures,
        batch_size: arguments.batch_size,
        learning_rate: arguments.learning_rate,
        balance: arguments.balance,
        storage: match arguments.weights_precision {
            Precision::F16 => Storage::F16,
            Precision::F32 => Storage::F32,
        },
        seed: settings.seed,
        ..Configuration::default()
    }
}

fn print_json(progress: &Progress) {
    if let Ok(document) = serde_json::to_string(progress) {
        line(&document);
    }
}

fn print_line(progress: &Progress) {
    match progress {
        Progress::Sources {
            train,
            val,
            skipped,
        } => line(&format!(
            "{} photographs to learn from (by grade {train:?}), {} for validation ({val:?}); skipped {} rows without grade, \
             {} of another split, {} other files",
            train.iter().sum::<usize>(),
            val.iter().sum::<usize>(),
            skipped.without_grade,
            skipped.unknown_split,
            skipped.other_files
        )),
        Progress::Reading { done, total } => line(&format!("read {done} of {total} photographs")),
        // Named on standard error already.
        Progress::Unreadable { .. } => {}
        Progress::EmptyGrade { grade } => {
            warn(&format!(
                "no photograph to learn from has grade {grade}: the network will hardly ever give it"
            ));
        }
        Progress::Lesions {
            step,
            steps,
            loss,
            pictures_per_second,
        } => {
            line(&format!(
                "lesions step {step}/{steps}: loss {loss:.4}, {pictures_per_second:.1} pictures/s"
            ));
        }
        Progress::Member {
            member,
            members,
            first_epoch,
            epochs,
            steps,
        } => {
            line(&format!(
                "member {member} of {members}: epochs {first_epoch} to {epochs}, {steps} steps each"
            ));
        }
        Progress::Step {
            member,
            epoch,
            step,
            steps,
            loss,
            gradient_norm,
            learning_rate,
            photographs_per_second,
            waiting,
            ..
        } => {
            // A line for every twentieth of an epoch.
            if step % (steps / 20).max(1) == 0 || step == steps {
                line(&format!(
                    "member {member} epoch {epoch} step {step}/{steps}: loss {loss:.4}, gradient {gradient_norm:.2}, \
                     learning rate {learning_rate:.2e}, {photographs_per_second:.1} photographs/s, {:.0} % waiting for data",
                    waiting * 100.0
                ));
            }
        }
        Progress::Epoch {
            member,
            epoch,
            epochs,
            train_loss,
            val_loss,
            kappa,
            referable_auc,
            accuracy,
            best,
            seconds,
        } => {
            line(&format!(
                "member {member} epoch {epoch}/{epochs}: training loss {train_loss:.4}, validation loss {val_loss:.4}, \
                 kappa {kappa:.3}, referable AUC {referable_auc:.3}, accuracy {accuracy:.3}, {seconds:.0} s{}",
                if *best { ", best so far" } else { "" }
            ));
        }
        Progress::MemberFinished {
            member,
            best_epoch,
            kappa,
            referable_auc,
        } => {
            line(&format!(
                "member {member} done: epoch {best_epoch} kept, kappa {kappa:.3}, referable AUC {referable_auc:.3}"
            ));
        }
        Progress::Bundle {
            members,
            kappa,
            referable_auc,
        } => {
            let figure = |value: &Option<f64>| {
                value.map_or_else(|| "undefined".to_owned(), |value| format!("{value:.3}"))
            };
            line(&format!(
                "bundle written with {members} members: kappa {}, referable AUC {} on the validation photographs",
                figure(kappa),
                figure(referable_auc)
            ));
        }
    }
}
