//! What the tests work with: drawn retinas, a tiny configuration, and what a run tells.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use fundus::drawn::{DrawnRetina, LesionLoad};
use grader::Bundle;
use tempfile::TempDir;
use training::{Configuration, Progress, TrainingError};

/// A source of drawn retinas, healthy and diseased, with a manifest: 10 to learn from and 4 for validation.
pub fn source() -> TempDir {
    let folder = TempDir::new().unwrap();
    let loads = [
        LesionLoad::NONE,
        LesionLoad::MILD,
        LesionLoad::MODERATE,
        LesionLoad::SEVERE,
    ];
    let mut manifest = "file,grade,patient,split\n".to_owned();
    for index in 0..14 {
        let grade = index % 4;
        let retina = DrawnRetina {
            seed: index as u64,
            width: 160,
            height: 140,
            lesions: loads[grade],
            ..DrawnRetina::default()
        };
        retina
            .draw()
            .picture
            .save(folder.path().join(format!("{index}.png")))
            .unwrap();
        let split = if index < 10 { "train" } else { "val" };
        manifest += &format!("{index}.png,{grade},p{index},{split}\n");
    }
    std::fs::write(folder.path().join("manifest.csv"), manifest).unwrap();
    folder
}

pub fn configuration(source: &Path, out: PathBuf) -> Configuration {
    Configuration {
        data: vec![source.to_owned()],
        out,
        members: 1,
        epochs: 3,
        image_size: 32,
        oversampling: 1,
        batch_size: 4,
        ..Configuration::default()
    }
}

/// Trains to the end and returns what was told.
pub fn train(configuration: &Configuration) -> Result<Vec<Progress>, TrainingError> {
    let told = Mutex::new(Vec::new());
    training::train(configuration, &AtomicBool::new(false), &|progress| {
        told.lock().unwrap().push(progress)
    })?;
    Ok(told.into_inner().unwrap())
}

/// SHA-256 of the members' weights.
pub fn weights(bundle: &Path) -> Vec<String> {
    Bundle::open(bundle)
        .unwrap()
        .manifest
        .members
        .into_iter()
        .map(|member| member.sha256)
        .collect()
}

pub fn refused(configuration: &Configuration) -> String {
    train(configuration).unwrap_err().to_string()
}
