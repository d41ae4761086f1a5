//! The whole run: list, split, read, and train the members.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use burn::tensor::Device;
use fundus::Preparation;
use rand::seq::SliceRandom;
use trust::Grade;

use crate::checkpoint::Checkpoints;
use crate::configuration::Configuration;
use crate::finish::Finish;
use crate::member::Lesson;
use crate::members::train_members;
use crate::photographs::{Photograph, Photographs, grades};
use crate::progress::Progress;
use crate::source::{
    AnnotatedPhotograph, GradedPhotograph, Skipped, Source, Split, ungraded, with_lesion_masks,
};
use crate::start::check_given;
use crate::validation::Validation;
use crate::{TrainingError, annotated, draws, sampler, split};

/// Trains an ensemble and writes its bundle to [`Configuration::out`].
///
/// After each member the bundle is written with the members finished so far. When `stop` becomes true, the run is saved
/// and ends at the next step with [`TrainingError::Interrupted`]; with [`Configuration::resume`] it goes on from there, or
/// from its last checkpoint where it was killed, and ends with the weights of an uninterrupted run. `observer` is told
/// what happens, from several threads.
///
/// # Errors
/// [`TrainingError`]: what was wrong with which input, and what to do. An unreadable photograph is no error: it is
/// reported and left out.
pub fn train(
    configuration: &Configuration,
    stop: &AtomicBool,
    observer: &(dyn Fn(Progress) + Sync),
) -> Result<(), TrainingError> {
    configuration.check()?;
    let started = Instant::now();
    let devices = configuration
        .devices
        .iter()
        .map(|name| grader::device(name))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| TrainingError::Device(error.to_string()))?;
    let listed = list_all(configuration)?;
    let started_from = match &configuration.init {
        Some(given) => Some(check_given(given, &devices[0])?),
        None => None,
    };
    make_folder(&configuration.out)?;
    let (photographs, preparation) = read(configuration, listed, stop, observer)?;
    let train_grades = grades(&photographs.train);

    let identity = identity(configuration, &photographs, started_from.as_deref());
    let checkpoints = Checkpoints::open(&configuration.out, &identity, configuration.resume)?;
    let validation = Validation::new(&photographs.val, &preparation);
    let with_gradients: Vec<Device> = devices.iter().cloned().map(Device::autodiff).collect();
    let lesson = Lesson {
        configuration,
        preparation: &preparation,
        train: &photographs.train,
        healthy: &photographs.healthy,
        unlabelled: &photographs.unlabelled,
        annotated: &photographs.annotated,
        grades: &train_grades,
        validation: &validation,
        checkpoints: &checkpoints,
        device: &with_gradients[0],
        stop,
        observer,
    };
    let finish = Finish {
        configuration,
        preparation: &preparation,
        photographs: &photographs,
        validation: &validation,
        device: &devices[0],
        stop,
        known: Mutex::default(),
        started_from: started_from.as_deref(),
    };
    let pace = train_members(lesson, &with_gradients, &finish)?;
    observer(Progress::Finished {
        photographs: pace.photographs,
        photographs_per_second: pace.photographs_per_second(),
        waiting: pace.waiting(),
        seconds: started.elapsed().as_secs_f64(),
    });
    Ok(())
}

/// Every photograph that a run is about, not yet opened.
pub(crate) struct Listed {
    graded: Vec<(GradedPhotograph, Split)>,
    healthy: Vec<GradedPhotograph>,
    unlabelled: Vec<GradedPhotograph>,
    annotated: Vec<AnnotatedPhotograph>,
    skipped: Skipped,
}

pub(crate) fn list_all(configuration: &Configuration) -> Result<Listed, TrainingError> {
    let (graded, skipped) = list(configuration)?;
    Ok(Listed {
        graded,
        healthy: list_ungraded(&configuration.healthy)?,
        unlabelled: list_ungraded(&configuration.unlabelled)?,
        annotated: list_annotated(configuration)?,
        skipped,
    })
}

/// Reads the photographs, and measures the normalisation on those to learn from.
pub(crate) fn read(
    configuration: &Configuration,
    listed: Listed,
    stop: &AtomicBool,
    observer: &(dyn Fn(Progress) + Sync),
) -> Result<(Photographs, Preparation), TrainingError> {
    let Listed {
        graded,
        healthy,
        unlabelled,
        annotated,
        skipped,
    } = listed;
    let mut preparation = configuration.preparation();
    let mut photographs =
        Photographs::read(graded, healthy, unlabelled, &preparation, stop, observer)?;
    photographs.annotated =
        annotated::read(&annotated, preparation.working_side(), stop, observer)?;
    let [train, val] = [&photographs.train, &photographs.val].map(|split| grades(split));
    report(&train, &val, skipped, observer);
    check_photographs(&photographs, configuration.photographs_of_a_step())?;
    preparation.normalization = photographs.normalization(&preparation);
    Ok((photographs, preparation))
}

/// Every photograph of folders from which no grade is learned.
fn list_ungraded(folders: &[PathBuf]) -> Result<Vec<GradedPhotograph>, TrainingError> {
    let mut photographs = Vec::new();
    for folder in folders {
        photographs.extend(ungraded(folder)?);
    }
    Ok(photographs)
}

/// Every photograph with masks of its lesions.
fn list_annotated(
    configuration: &Configuration,
) -> Result<Vec<AnnotatedPhotograph>, TrainingError> {
    let mut photographs = Vec::new();
    for folder in &configuration.lesion_masks {
        photographs.extend(with_lesion_masks(folder)?);
    }
    Ok(photographs)
}

/// Every photograph of every source with its split.
fn list(
    configuration: &Configuration,
) -> Result<(Vec<(GradedPhotograph, Split)>, Skipped), TrainingError> {
    let mut photographs = Vec::new();
    let mut skipped = Skipped::default();
    for path in &configuration.data {
        let source = Source::open(path)?;
        skipped += source.skipped;
        photographs.extend(source.photographs);
    }
    leave_out(&mut photographs, &configuration.leave_out)?;
    photographs.retain(|photograph| !configuration.leave_out_grades.contains(&photograph.grade));
    let mut seen = HashSet::new();
    for photograph in &photographs {
        let place = photograph
            .path
            .canonicalize()
            .unwrap_or_else(|_| photograph.path.clone());
        if !seen.insert(place) {
            return Err(TrainingError::PhotographTwice(photograph.file.clone()));
        }
    }
    let splits = split::assign(
        &photographs,
        configuration.validation_share,
        configuration.seed,
    )?;
    let mut photographs: Vec<_> = photographs.into_iter().zip(splits).collect();
    if configuration.shuffle_grades {
        shuffle_grades(&mut photographs, configuration.seed);
    }
    Ok((photographs, skipped))
}

/// Deals the grades of each split anew among its photographs.
fn shuffle_grades(photographs: &mut [(GradedPhotograph, Split)], seed: u64) {
    for (key, wanted) in [Split::Train, Split::Val, Split::Test]
        .into_iter()
        .enumerate()
    {
        let of_split = photographs.iter_mut().filter(|(_, split)| *split == wanted);
        let of_split: Vec<&mut Grade> = of_split
            .map(|(photograph, _)| &mut photograph.grade)
            .collect();
        let mut grades: Vec<Grade> = of_split.iter().map(|grade| **grade).collect();
        grades.shuffle(&mut draws::generator(
            draws::Purpose::Shuffle,
            [seed, key as u64, 0],
        ));
        for (place, grade) in of_split.into_iter().zip(grades) {
            *place = grade;
        }
    }
}

/// Removes the photographs of the named data sets.
fn leave_out(
    photographs: &mut Vec<GradedPhotograph>,
    names: &[String],
) -> Result<(), TrainingError> {
    let known: BTreeSet<&str> = photographs
        .iter()
        .map(|photograph| photograph.source.as_str())
        .collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(name.as_str())) {
        let known: Vec<&str> = known.into_iter().collect();
        return Err(TrainingError::Configuration(format!(
            "the data set `{unknown}` cannot be left out: there are {}",
            known.join(", ")
        )));
    }
    photographs.retain(|photograph| !names.contains(&photograph.source));
    Ok(())
}

fn report(train: &[Grade], val: &[Grade], skipped: Skipped, observer: &(dyn Fn(Progress) + Sync)) {
    let counts = sampler::counts(train);
    observer(Progress::Sources {
        train: counts,
        val: sampler::counts(val),
        skipped,
    });
    for (grade, _) in counts.iter().enumerate().filter(|(_, count)| **count == 0) {
        observer(Progress::EmptyGrade { grade });
    }
}

fn check_photographs(photographs: &Photographs, step: usize) -> Result<(), TrainingError> {
    let trained = photographs.train.len();
    if trained < step {
        return Err(TrainingError::TooFew(format!(
            "{trained} photographs to learn from do not fill a step of {step}: give more, or a smaller batch size"
        )));
    }
    let referable = |photographs: &[Photograph]| {
        photographs
            .iter()
            .filter(|p| p.listed.grade.is_referable())
            .count()
    };
    for (name, split) in [
        ("training", &photographs.train),
        ("validation", &photographs.val),
    ] {
        let count = referable(split);
        if count == 0 || count == split.len() {
            return Err(TrainingError::TooFew(format!(
                "the {name} split has {count} referable photographs (grade 2 or more) and {} others: at least one of each is needed",
                split.len() - count
            )));
        }
    }
    Ok(())
}

/// What a resumed run must have in common with the one that left the checkpoints. The number of members is not part of
/// it: members do not know of each other, so an ensemble can grow later.
fn identity(
    configuration: &Configuration,
    photographs: &Photographs,
    started_from: Option<&str>,
) -> serde_json::Value {
    let mut settings = serde_json::json!(configuration);
    if let Some(settings) = settings.as_object_mut() {
        settings.remove("members");
    }
    let mut identity =
        serde_json::json!({ "configuration": settings, "data": photographs.fingerprint() });
    if let Some(weights) = started_from {
        identity["started_from"] = weights.into();
    }
    identity
}

/// Makes the bundle's folder, and finds out now, not after hours of training, whether it can be written to.
fn make_folder(folder: &Path) -> Result<(), TrainingError> {
    std::fs::create_dir_all(folder)
        .map_err(|error| TrainingError::file("make folder", folder, &error))?;
    let probe = folder.join(".writable");
    std::fs::write(&probe, b"")
        .map_err(|error| TrainingError::file("write to folder", folder, &error))?;
    std::fs::remove_file(&probe)
        .map_err(|error| TrainingError::file("write to folder", folder, &error))
}
