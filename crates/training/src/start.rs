//! What a member starts from: random weights, given ones, or those that have learned what a lesion is.

use std::path::Path;

use burn::tensor::Device;
use grader::ResNet18;
use grader::import::{self, HEAD};
use grader::weights::{self, Storage, Tensors, WeightsError};

use crate::TrainingError;
use crate::member::Lesson;

impl Lesson<'_> {
    /// A member's weights before its first graded photograph. Convolutions are shared between the members where weights
    /// are given or lesions were learned; heads for grades start at random, one a member.
    pub(crate) fn first_weights(&self, member: usize) -> Result<ResNet18, TrainingError> {
        let configuration = self.configuration;
        let random = ResNet18::initial(configuration.member_seed(member), self.device);
        let given = match &configuration.init {
            Some(path) => with_fitting_head(path, &random, self.device)?,
            None => ResNet18::initial(configuration.seed, self.device),
        };
        if configuration.lesion_pictures == 0 {
            return Ok(if configuration.init.is_some() {
                given
            } else {
                random
            });
        }
        let learned = self.checkpoints.lesions();
        if !learned.is_file() {
            let network = self.learn_lesions(given, configuration.lesion_pictures)?;
            // Without the head, which answers for lesions: so the file can be what another run starts from.
            let mut tensors = weights::to_tensors(&network);
            tensors.retain(|name, _| !HEAD.contains(&name.as_str()));
            weights::save_tensors(&tensors, &learned, Storage::F16)?;
        }
        let mut tensors = weights::read_tensors(&learned)?;
        tensors.extend(head(&random));
        assemble(tensors, &learned, self.device)
    }
}

/// Weights of a file, safetensors or a checkpoint of PyTorch; a head for another number of classes is replaced by that of
/// `random`.
fn with_fitting_head(
    path: &Path,
    random: &ResNet18,
    device: &Device,
) -> Result<ResNet18, TrainingError> {
    let mut tensors = import::read(path)?.tensors;
    for (name, own) in head(random) {
        tensors.entry(name).or_insert(own);
    }
    assemble(tensors, path, device)
}

fn head(network: &ResNet18) -> Tensors {
    weights::to_tensors(network)
        .into_iter()
        .filter(|(name, _)| HEAD.contains(&name.as_str()))
        .collect()
}

fn assemble(tensors: Tensors, path: &Path, device: &Device) -> Result<ResNet18, TrainingError> {
    weights::from_tensors(tensors, device).map_err(|problems| {
        WeightsError::Tensors {
            path: path.to_owned(),
            problems,
        }
        .into()
    })
}
