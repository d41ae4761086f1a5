//! From trained members to a bundle: calibration, thresholds and metrics, all measured on the validation photographs
//! with the weights exactly as the bundle stores them.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use burn::tensor::Device;
use fundus::Preparation;
use grader::weights;
use grader::{
    Answer, Bundle, BundleManifest, Experience, Grader, MemberExperience, PassPlan, ResNet18,
};
use serde_json::json;
use trust::{Calibration, DecisionPolicy, Evidence};

use crate::TrainingError;
use crate::checkpoint::{Checkpoints, History};
use crate::configuration::Configuration;
use crate::experience::Met;
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
    pub(crate) stop: &'a AtomicBool,
    /// What the members that are finished met, by number.
    pub(crate) known: Mutex<BTreeMap<usize, MemberExperience>>,
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
        let met = Met {
            photographs: &self.photographs.train,
            preparation: self.preparation,
            augmentation: &self.configuration.augmentation,
            seed: self.configuration.seed,
        };
        let experience = self.experience(&met, histories.keys().zip(&networks))?;
        let answers = self.validation_answers(&networks, &experience)?;
        let fitted = fitting::fit(&self.answered(answers), self.configuration.seed)?;
        let evaluation = fitted.evaluation.clone();

        let mut manifest = BundleManifest::new(
            self.preparation.clone(),
            fitted.calibration.clone(),
            fitted.policy,
        );
        fitted.into_manifest(&mut manifest);
        manifest.dropout = self.configuration.dropout as f32;
        manifest.data_fingerprint = self.photographs.fingerprint();
        manifest.grade_counts =
            sampler::counts(&grades(&self.photographs.train)).map(|count| count as u64);
        manifest.training = json!({
            "configuration": self.configuration,
            "healthy_photographs": self.photographs.healthy.len(),
            "unlabelled_photographs": self.photographs.unlabelled.len(),
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
            Some(&experience),
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

    /// What members met, by number; each is asked once.
    fn experience<'a>(
        &self,
        met: &Met<'_>,
        members: impl Iterator<Item = (&'a usize, &'a ResNet18)>,
    ) -> Result<Experience, TrainingError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let members = members.map(|(number, network)| {
            if let Some(experience) = known.get(number) {
                return Ok(experience.clone());
            }
            let experience = met.member(network, *number, self.device, self.stop)?;
            known.insert(*number, experience.clone());
            Ok(experience)
        });
        Ok(Experience {
            members: members.collect::<Result<_, TrainingError>>()?,
        })
    }

    /// A member's best weights, rounded as the bundle will round them.
    fn as_stored(&self, best: &Path) -> Result<ResNet18, TrainingError> {
        let network = weights::load(best, self.device)?;
        let bytes = weights::encode(&network, self.configuration.storage);
        Ok(weights::decode(&bytes, best, self.device)?)
    }

    /// What is said about every validation photograph: every member, four rotations.
    fn validation_answers(
        &self,
        networks: &[ResNet18],
        experience: &Experience,
    ) -> Result<Vec<Answer>, TrainingError> {
        // Only the preparation matters for logits; calibration and policy follow from them.
        let unknown = DecisionPolicy {
            refer_at: 1.0,
            rescreen_below: 0.0,
            unsure_measure: fitting::UNSURE_MEASURE,
            unsure_above: 0.0,
            unfamiliar_above: None,
            minimum_quality: 0.0,
        };
        let manifest =
            BundleManifest::new(self.preparation.clone(), Calibration::Identity, unknown);
        let grader =
            Grader::new(manifest, networks, self.device)?.with_experience(Some(experience.clone()));
        let plan = PassPlan {
            rotations: 4,
            batch_size: self.configuration.batch_size,
            ..PassPlan::default()
        };
        let inputs: Vec<_> = self.validation.inputs.iter().collect();
        Ok(grader.answers(&inputs, &plan)?)
    }

    /// The validation photographs with what was said about them.
    fn answered(&self, answers: Vec<Answer>) -> Vec<Answered> {
        let photographs = self.photographs.val.iter().zip(answers);
        photographs
            .map(|(photograph, answer)| Answered {
                source: photograph.listed.source.clone(),
                patient: photograph.listed.patient.clone(),
                grade: photograph.listed.grade,
                evidence: Evidence {
                    quality: photograph.quality,
                    unfamiliarity: answer.unfamiliarity,
                },
                logits: answer.logits,
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
