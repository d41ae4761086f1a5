//! Where the model bundle lies, and the grader made from it.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use grader::{Bundle, Grader, MANIFEST};

use crate::settings::Settings;

/// The starter bundle's folder.
const STARTER: &str = "models";

/// How far above the executable the starter bundle may lie: `target/release/fundoscope` is two folders deep.
const LEVELS_ABOVE_EXECUTABLE: usize = 4;

/// Opens the bundle that was named, else the starter bundle.
pub(crate) fn open(settings: &Settings) -> anyhow::Result<Bundle> {
    open_in(&folder(settings)?, settings)
}

/// The bundle with the operating point that was asked for, where one was.
fn at_operating_point(mut bundle: Bundle, settings: &Settings) -> anyhow::Result<Bundle> {
    if let Some(name) = settings.operating_point {
        let mut points = bundle.manifest.operating_points.iter();
        let point = points.find(|point| point.name == name).ok_or_else(|| {
            anyhow!(
                "the model bundle {} has no operating point `{}`: fit them with `fundoscope bundle calibrate`",
                bundle.folder.display(),
                name.name()
            )
        })?;
        bundle.manifest.policy = point.policy;
    }
    Ok(bundle)
}

/// Opens the bundle in a folder.
pub(crate) fn open_folder(folder: &Path) -> anyhow::Result<Bundle> {
    Bundle::open(folder).with_context(|| unusable(folder))
}

/// Where the bundle lies that is meant.
pub(crate) fn folder(settings: &Settings) -> anyhow::Result<PathBuf> {
    find(settings).ok_or_else(|| {
        anyhow!(
            "no model bundle was found in `{STARTER}`, neither here nor beside the program: name one with --bundle, or \
             train one with `fundoscope train`"
        )
    })
}

/// Brings the bundle's members to the chosen device.
pub(crate) fn grader(settings: &Settings) -> anyhow::Result<Grader> {
    on_device(&open(settings)?, settings)
}

/// Opens the bundle in a folder, whatever `--bundle` says, and brings its members to the chosen device.
pub(crate) fn grader_in(folder: &Path, settings: &Settings) -> anyhow::Result<Grader> {
    on_device(&open_in(folder, settings)?, settings)
}

/// Opens the bundle in a folder, with the operating point that was asked for, where one was.
pub(crate) fn open_in(folder: &Path, settings: &Settings) -> anyhow::Result<Bundle> {
    at_operating_point(open_folder(folder)?, settings)
}

/// Brings the members of an opened bundle to the chosen device.
pub(crate) fn on_device(bundle: &Bundle, settings: &Settings) -> anyhow::Result<Grader> {
    let device = grader::device(&settings.device)?;
    let grader = Grader::open(bundle, &device).with_context(|| unusable(&bundle.folder))?;
    tracing::info!(
        members = grader.members().len(),
        engine = grader.computes_with(),
        "the model is ready"
    );
    Ok(grader)
}

pub(crate) fn unusable(folder: &Path) -> String {
    format!("the model bundle {} cannot be used", folder.display())
}

/// The folder that was named, else where a starter bundle lies.
pub(crate) fn find(settings: &Settings) -> Option<PathBuf> {
    if let Some(folder) = &settings.bundle {
        return Some(folder.clone());
    }
    let executable = std::env::current_exe().ok();
    let above_executable = executable
        .iter()
        .flat_map(|path| path.ancestors().skip(1).take(LEVELS_ABOVE_EXECUTABLE));
    // `cargo run` says where the crate lies, also when its target folder is elsewhere.
    let manifest_folder = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let above_manifest = manifest_folder
        .iter()
        .flat_map(|path| path.ancestors().take(3));
    std::iter::once(Path::new(""))
        .chain(above_executable)
        .chain(above_manifest)
        .map(|folder| folder.join(STARTER))
        .find(|folder| folder.join(MANIFEST).is_file())
}
