//! What is told about the model bundle that answers.

use clinic::ContentHash;
use exchange::Model;
use grader::{Bundle, BundleManifest};
use trust::bootstrap::Interval;
use trust::drift::Screened;
use trust::evaluation::Evaluation;
use trust::place::ValidationPoint;
use trust::{Calibration, ConformalSets, DecisionPolicy, OperatingPoint};

use crate::monitoring;
use crate::pages::view;

/// Digits of a fingerprint.
const FINGERPRINT_LENGTH: usize = 16;

/// The particulars of a bundle.
#[derive(Debug)]
pub(crate) struct BundleSummary {
    /// Name of its folder.
    pub(crate) name: String,
    /// Beginning of the SHA-256 of its manifest, which names the SHA-256 of every member.
    pub(crate) fingerprint: String,
    pub(crate) members: usize,
    /// The validation photographs, for the place of a new one among them.
    pub(crate) validation: Vec<ValidationPoint>,
    /// The rule that decides now.
    pub(crate) policy: DecisionPolicy,
    pub(crate) prediction_sets: Option<ConformalSets>,
    /// The validation photographs, as far as the bundle notes what recent ones are compared with.
    pub(crate) reference: Vec<Screened>,
    operating_points: Vec<OperatingPoint>,
    calibration: Calibration,
    calibration_photographs: u64,
    input_side: u32,
    kappa: Option<Interval>,
    referable_auc: Option<Interval>,
    licence: String,
}

impl BundleSummary {
    pub(crate) fn of(bundle: &Bundle) -> Self {
        let manifest = &bundle.manifest;
        let folder = bundle
            .folder
            .canonicalize()
            .unwrap_or_else(|_| bundle.folder.clone());
        let evaluation: Option<Evaluation> = serde_json::from_value(manifest.metrics.clone()).ok();
        let pooled = evaluation.map(|evaluation| evaluation.pooled);
        Self {
            name: folder.file_name().map_or_else(
                || "bundle".to_owned(),
                |name| name.to_string_lossy().into_owned(),
            ),
            fingerprint: fingerprint(bundle),
            members: manifest.members.len(),
            validation: manifest
                .validation
                .iter()
                .map(|photograph| photograph.point())
                .collect(),
            reference: monitoring::reference(manifest),
            policy: manifest.policy,
            prediction_sets: manifest.prediction_sets,
            operating_points: manifest.operating_points.clone(),
            calibration: manifest.calibration.clone(),
            calibration_photographs: calibration_photographs(manifest),
            input_side: manifest.preparation.input_side,
            kappa: pooled
                .as_ref()
                .and_then(|figures| figures.quadratic_weighted_kappa),
            referable_auc: pooled.as_ref().and_then(|figures| figures.referable_auc),
            licence: manifest.licence.clone(),
        }
    }

    /// As the foot of every page shows it.
    pub(crate) fn shown(&self) -> view::Bundle {
        view::Bundle {
            name: self.name.clone(),
            version: self.fingerprint.chars().take(8).collect(),
            members: self.members,
            input_side: self.input_side,
            validation_photographs: self.validation.len(),
            kappa: self.kappa.as_ref().map(figure),
            referable_auc: self.referable_auc.as_ref().map(figure),
            licence: self.licence.clone(),
        }
    }

    /// As a report shows it.
    pub(crate) fn report_model(&self) -> Model {
        Model {
            name: self.name.clone(),
            fingerprint: self.fingerprint.clone(),
            members: self.members,
            input_side: self.input_side,
            validation: self.validation.clone(),
            kappa: self.kappa,
            referable_auc: self.referable_auc,
            promise: self.prediction_sets.map(|sets| sets.promise()),
            unfamiliar_above: self.policy.unfamiliar_above,
            licence: self.licence.clone(),
        }
    }

    /// As the page about it shows it.
    pub(crate) fn rules(&self) -> view::Rules {
        view::Rules {
            policy: self.policy,
            operating_points: self.operating_points.clone(),
            calibration: self.calibration.clone(),
            calibration_photographs: self.calibration_photographs,
            prediction_sets: self.prediction_sets,
        }
    }
}

/// The photographs that calibration and thresholds were fitted to.
fn calibration_photographs(manifest: &BundleManifest) -> u64 {
    match &manifest.calibrated_on {
        Some(record) => record.grade_counts.iter().sum(),
        None => manifest.validation.len() as u64,
    }
}

/// What tells a bundle from every other: the beginning of the SHA-256 of its manifest, which names the SHA-256 of every
/// member and holds the policy that decides.
pub fn fingerprint(bundle: &Bundle) -> String {
    // A manifest was read from JSON, so it can be written as JSON.
    let manifest = serde_json::to_vec(&bundle.manifest).unwrap_or_default();
    ContentHash::of(&manifest).as_str()[..FINGERPRINT_LENGTH].to_owned()
}

fn figure(interval: &Interval) -> view::Figure {
    view::Figure {
        value: interval.value,
        lower: interval.lower,
        upper: interval.upper,
    }
}
