//! Everything that is wrong with a bundle at once; [`Bundle::open`](crate::Bundle::open) stops at the first.

use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use serde::Serialize;

use crate::batch_norm::BatchNormMode;
use crate::bundle;
use crate::manifest::{self, MANIFEST, MemberRecord};
use crate::network::ResNet18;
use crate::seeded;
use crate::weights::{self, WeightsError};

/// Side of the picture for the trial: every weight of the network takes part in its answer.
const TRIAL_SIDE: usize = 64;

/// What was found in a bundle's folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Members that the manifest names.
    pub members: usize,
    /// Everything that is wrong; nothing in a sound bundle.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file's name in the bundle's folder.
    pub file: String,
    /// What is wrong, in a sentence.
    pub problem: String,
}

impl Verification {
    /// Checks all that opening a bundle checks, and lets every member grade a picture of noise.
    pub fn of(folder: &Path) -> Self {
        let about_manifest = |problem: String| Problem {
            file: MANIFEST.to_owned(),
            problem,
        };
        let manifest = match manifest::parse(&folder.join(MANIFEST)) {
            Ok(manifest) => manifest,
            Err(error) => {
                return Self {
                    members: 0,
                    problems: vec![about_manifest(error.to_string())],
                };
            }
        };
        let mut problems: Vec<Problem> = manifest
            .problems()
            .into_iter()
            .map(about_manifest)
            .collect();
        // What lies outside of the folder is named above and not opened.
        let inside = manifest.members.iter().filter(|member| member.is_inside());
        problems.extend(inside.flat_map(|member| member_problems(folder, member)));
        if let Some(record) = &manifest.experience
            && let Err(error) = bundle::open_experience(folder, record, manifest.members.len())
        {
            problems.push(Problem {
                file: record.file.clone(),
                problem: error.to_string(),
            });
        }
        Self {
            members: manifest.members.len(),
            problems,
        }
    }

    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Everything wrong with one member: its digest, every tensor, its answer.
fn member_problems(folder: &Path, member: &MemberRecord) -> Vec<Problem> {
    let path = folder.join(&member.file);
    let mut found = Vec::new();
    match std::fs::read(&path) {
        Err(error) => found.push(format!("cannot be read: {error}")),
        Ok(bytes) => {
            let digest = bundle::check_digest(&path, &bytes, &member.sha256);
            found.extend(digest.err().map(|error| error.to_string()));
            match weights::decode(&bytes, &path, &Device::flex()) {
                Err(WeightsError::Tensors { problems, .. }) => found.extend(problems),
                Err(error) => found.push(error.to_string()),
                Ok(network) => found.extend(trial(&network)),
            }
        }
    }
    let about = |problem| Problem {
        file: member.file.clone(),
        problem,
    };
    found.into_iter().map(about).collect()
}

/// Lets a network grade a picture of noise.
fn trial(network: &ResNet18) -> Option<String> {
    let input = seeded::input(0, TRIAL_SIDE);
    let data = TensorData::new(input.values, [1, 3, TRIAL_SIDE, TRIAL_SIDE]);
    let logits = network.forward(
        Tensor::from_data(data, &Device::flex()),
        BatchNormMode::Frozen,
    );
    let values = logits.into_data_as::<f32>().try_to_vec::<f32>();
    let is_finite = values.is_ok_and(|values| values.iter().all(|value| value.is_finite()));
    (!is_finite).then(|| "its logits are not finite: the weights are broken".to_owned())
}
