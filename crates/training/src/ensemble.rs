//! The whole run: list, split, read, train one member after the other, and write the bundle after each.

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use trust::Grade;

use crate::checkpoint::{Checkpoints, History};
use crate::configuration::Configuration;
use crate::finish::Finish;
use crate::member::Lesson;
use crate::photographs::{Photograph, Photographs, grades};
use crate::progress::Progress;
use crate::source::{
    AnnotatedPhotograph, GradedPhotograph, Skipped, Source, Split, with_lesion_masks,
    without_retinopathy,
};
use crate::validation::Validation;
use crate::{TrainingError, annotated, sampler, split};

/// Trains an ensemble and writes its bundle to [`Configuration::out`].
///
/// After each member the bundle is written with the members finished so far. When `stop` becomes true, the run ends at
/// the next step with [`TrainingError::Interrupted`]; with [`Configuration::resume`] it goes on from the last whole
/// epoch and ends with the weights of an uninterrupted run. `observer` is told what happens, from several threads.
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
    let plain_device = grader::device(&configuration.device)
        .map_err(|error| TrainingError::Device(error.to_string()))?;
    let (listed, skipped) = list(configuration)?;
    let healthy = list_healthy(configuration)?;
    let annotated = list_annotated(configuration)?;
    make_folder(&configuration.out)?;
    let mut preparation = configuration.preparation();
    let mut photographs = Photographs::read(listed, healthy, &preparation, stop, observer)?;
    photographs.annotated =
        annotated::read(&annotated, preparation.working_side(), stop, observer)?;
    let train_grades = grades(&photographs.train);
    report(&train_grades, &grades(&photographs.val), skipped, observer);
    check_photographs(&photographs, configuration.batch_size)?;
    preparation.normalization = photographs.normalization(&preparation);

    let identity = identity(configuration, &photographs);
    let checkpoints = Checkpoints::open(&configuration.out, &identity, configuration.resume)?;
    let validation = Validation::new(&photographs.val, &preparation);
    let device = plain_device.clone().autodiff();
    let lesson = Lesson {
        configuration,
        preparation: &preparation,
        train: &photographs.train,
        healthy: &photographs.healthy,
        annotated: &photographs.annotated,
        grades: &train_grades,
        validation: &validation,
        checkpoints: &checkpoints,
        device: &device,
        stop,
        observer,
    };
    let finish = Finish {
        configuration,
        preparation: &preparation,
        photographs: &photographs,
        validation: &validation,
        device: &plain_device,
    };
    let mut histories = Vec::new();
    for member in 0..configuration.members {
        let history = match checkpoints.finished(member)? {
            Some(history) => history,
            None => lesson.train(member, || lesson.first_weights(member))?,
        };
        report_member(member, &history, observer);
        histories.push(history);
        finish.write_bundle(&checkpoints, &histories, observer)?;
    }
    Ok(())
}

/// Every photograph that only serves to paint lesions on.
fn list_healthy(configuration: &Configuration) -> Result<Vec<GradedPhotograph>, TrainingError> {
    let mut photographs = Vec::new();
    for folder in &configuration.healthy {
        photographs.extend(without_retinopathy(folder)?);
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
    Ok((photographs.into_iter().zip(splits).collect(), skipped))
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

fn check_photographs(photographs: &Photographs, batch_size: usize) -> Result<(), TrainingError> {
    let trained = photographs.train.len();
    if trained < batch_size {
        return Err(TrainingError::TooFew(format!(
            "{trained} photographs to learn from do not fill a batch of {batch_size}: give more, or a smaller batch size"
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
fn identity(configuration: &Configuration, photographs: &Photographs) -> serde_json::Value {
    let mut settings = serde_json::json!(configuration);
    if let Some(settings) = settings.as_object_mut() {
        settings.remove("members");
    }
    serde_json::json!({ "configuration": settings, "data": photographs.fingerprint() })
}

fn report_member(member: usize, history: &History, observer: &(dyn Fn(Progress) + Sync)) {
    if let Some(best) = history.best() {
        let record = history.0[best];
        observer(Progress::MemberFinished {
            member: member + 1,
            best_epoch: best + 1,
            kappa: record.kappa,
            referable_auc: record.referable_auc,
        });
    }
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
