//! From trained members to a bundle: calibration, thresholds and metrics, all measured on the validation photographs
//! with the weights exactly as the bundle stores them.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use burn::tensor::Device;
use fundus::Preparation;
use grader::weights;
use grader::{Bundle, BundleManifest, Grader, PassPlan, ResNet18};
use serde_json::json;
use trust::{Calibration, DecisionPolicy, Logits};

use crate::TrainingError;
use crate::checkpoint::{Checkpoints, History};
use crate::configuration::Configuration;
use crate::fitting::{self, Answered};
use crate::photographs::{Photographs, grades};
use crate::progress::Progress;
use crate::sampler;
use crate::validation::Validation;

/// Under what terms the weights may be used: those of photographs given for research.
const LICENCE: &str = "Research use only: the weights were learned from photographs whose terms allow research and \
                       education, and no other use. They carry no licence to the photographs.";

/// What is needed to finish a bundle.
pub(crate) struct Finish<'a> {
    pub(crate) configuration: &'a Configuration,
    pub(crate) preparation: &'a Preparation,
    pub(crate) photographs: &'a Photographs,
    pub(crate) validation: &'a Validation,
    /// Without gradients.
    pub(crate) device: &'a Device,
    /// SHA-256 of the weights that members started from, where some were given.
    pub(crate) started_from: Option<&'a str>,
}

impl Finish<'_> {
    /// Writes the bundle of the members that are finished, by number counted from 0.
    pub(crate) fn write_bundle(
        &self,
        checkpoints: &Checkpoints,
        histories: &BTreeMap<usize, History>,
        observer: &(dyn Fn(Progress) + Sync),
    ) -> Result<(), TrainingError> {
        let networks = histories
            .iter()
            .map(|(member, history)| {
                let best = history.best().unwrap_or(0);
                self.as_stored(&checkpoints.best(*member, best))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let logits = self.validation_logits(networks.clone())?;
        let fitted = fitting::fit(&self.answers(logits), self.configuration.seed)?;
        let evaluation = fitted.evaluation.clone();

        let mut manifest =
            BundleManifest::new(self.preparation.clone(), fitted.calibration, fitted.policy);
        fitted.into_manifest(&mut manifest);
        manifest.dropout = self.configuration.dropout as f32;
        manifest.data_fingerprint = self.photographs.fingerprint();
        manifest.grade_counts =
            sampler::counts(&grades(&self.photographs.train)).map(|count| count as u64);
        manifest.training = json!({
            "configuration": self.configuration,
            "healthy_photographs": self.photographs.healthy.len(),
            "annotated_photographs": self.photographs.annotated.len(),
            "started_from": self.started_from,
            "members": histories.values().collect::<Vec<_>>(),
            "member_numbers": histories.keys().map(|member| member + 1).collect::<Vec<_>>(),
        });
        manifest.code_revision = revision();
        manifest.licence = LICENCE.to_owned();
        let members: Vec<(&ResNet18, u64)> = networks
            .iter()
            .zip(histories.keys())
            .map(|(network, member)| (network, self.configuration.member_seed(*member)))
            .collect();
        Bundle::write(
            &self.configuration.out,
            manifest,
            &members,
            self.configuration.storage,
        )?;

        let value =
            |interval: Option<trust::bootstrap::Interval>| interval.map(|interval| interval.value);
        observer(Progress::Bundle {
            members: histories.len(),
            kappa: value(evaluation.pooled.quadratic_weighted_kappa),
            referable_auc: value(evaluation.pooled.referable_auc),
        });
        Ok(())
    }

    /// A member's best weights, rounded as the bundle will round them.
    fn as_stored(&self, best: &Path) -> Result<ResNet18, TrainingError> {
        let network = weights::load(best, self.device)?;
        let bytes = weights::encode(&network, self.configuration.storage);
        Ok(weights::decode(&bytes, best, self.device)?)
    }

    /// Logits of every validation photograph: every member, four rotations.
    fn validation_logits(
        &self,
        networks: Vec<ResNet18>,
    ) -> Result<Vec<Vec<Logits>>, TrainingError> {
        // Only the preparation matters for logits; calibration and policy follow from them.
        let unknown = DecisionPolicy {
            refer_at: 1.0,
            rescreen_below: 0.0,
            unsure_entropy: 0.0,
            minimum_quality: 0.0,
        };
        let manifest =
            BundleManifest::new(self.preparation.clone(), Calibration::Identity, unknown);
        let grader = Grader::new(manifest, &networks, self.device)?;
        let plan = PassPlan {
            rotations: 4,
            batch_size: self.configuration.batch_size,
            ..PassPlan::default()
        };
        let inputs: Vec<_> = self.validation.inputs.iter().collect();
        Ok(grader.logits(&inputs, &plan)?)
    }

    /// The validation photographs with their logits.
    fn answers(&self, logits: Vec<Vec<Logits>>) -> Vec<Answered> {
        let photographs = self.photographs.val.iter().zip(logits);
        photographs
            .map(|(photograph, logits)| Answered {
                source: photograph.listed.source.clone(),
                patient: photograph.listed.patient.clone(),
                grade: photograph.listed.grade,
                quality: photograph.quality,
                logits,
            })
            .collect()
    }
}

/// The revision of the code, where it lies in a git repository and git is installed.
fn revision() -> String {
    let output = Command::new("git")
        .args(["-C", env!("CARGO_MANIFEST_DIR"), "rev-parse", "HEAD"])
        .output();
    match output {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        }
        _ => "unknown".to_owned(),
    }
}
