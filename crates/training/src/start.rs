//! What a member starts from: random weights, given ones, or those that have learned what a lesion is.

use std::path::Path;

use burn::tensor::Device;
use grader::import::{self, HEAD};
use grader::weights::{self, Storage, Tensors, WeightsError};
use grader::{Bundle, MANIFEST, ResNet18};
use sha2::{Digest, Sha256};

use crate::TrainingError;
use crate::member::Lesson;
use crate::photographs::hexadecimal;

impl Lesson<'_> {
    /// A member's weights before its first graded photograph. Convolutions are shared between the members where a file
    /// of weights is given or lesions were learned; heads for grades start at random, one a member. Where a bundle is
    /// given, each member starts from one of its members as it is.
    pub(crate) fn first_weights(&self, member: usize) -> Result<ResNet18, TrainingError> {
        self.with_fitted_head(self.bare_weights(member)?)
    }

    /// The same before a head was fitted.
    pub(crate) fn bare_weights(&self, member: usize) -> Result<ResNet18, TrainingError> {
        let configuration = self.configuration;
        let random = ResNet18::initial(configuration.member_seed(member), self.device);
        if configuration.lesion_pictures == 0 {
            return match &configuration.init {
                Some(given) => given_weights(given, member, &random, self.device),
                None => Ok(random),
            };
        }
        let learned = self.checkpoints.lesions();
        let mut tensors = weights::read_tensors(&learned)?;
        tensors.extend(head(&random));
        assemble(tensors, &learned, self.device)
    }

    /// Whether nothing is left to train.
    pub(crate) fn all_finished(&self, members: &[usize]) -> Result<bool, TrainingError> {
        let mut all = true;
        for member in members {
            all &= self.checkpoints.finished(*member)?.is_some();
        }
        Ok(all)
    }

    /// Learns lesions if that is asked for, one of `members` will start from it, and it has not been done. What it starts
    /// from does not depend on which members those are.
    pub(crate) fn learn_lesions_once(&self, members: &[usize]) -> Result<(), TrainingError> {
        let configuration = self.configuration;
        let learned = self.checkpoints.lesions();
        if configuration.lesion_pictures == 0 || learned.is_file() {
            return Ok(());
        }
        if self.all_finished(members)? {
            return Ok(());
        }
        let start = match &configuration.init {
            Some(given) => {
                let random = ResNet18::initial(configuration.member_seed(0), self.device);
                given_weights(given, 0, &random, self.device)?
            }
            None => ResNet18::initial(configuration.seed, self.device),
        };
        let network = self.learn_lesions(start, configuration.lesion_pictures)?;
        // Without the head, which answers for lesions: so the file can be what another run starts from.
        let mut tensors = weights::to_tensors(&network);
        tensors.retain(|name, _| !HEAD.contains(&name.as_str()));
        weights::save_tensors(&tensors, &learned, Storage::F16)?;
        self.checkpoints.lesion_trail().clear()
    }
}

/// Finds out whether given weights can be started from, before hours are spent on photographs, and says which they are:
/// SHA-256 of the file, or of a bundle's manifest, which names its members by theirs.
pub(crate) fn check_given(given: &Path, device: &Device) -> Result<String, TrainingError> {
    for_features(given, device)?;
    let file = match given.is_dir() {
        true => given.join(MANIFEST),
        false => given.to_owned(),
    };
    let bytes = std::fs::read(&file).map_err(|error| TrainingError::file("read", &file, &error))?;
    Ok(hexadecimal(&Sha256::digest(bytes)))
}

/// Weights of a file, or of a member of the bundle in a folder: with fewer members than there are now they are taken in
/// turn.
fn given_weights(
    given: &Path,
    member: usize,
    random: &ResNet18,
    device: &Device,
) -> Result<ResNet18, TrainingError> {
    if !given.is_dir() {
        return with_fitting_head(given, random, device);
    }
    let members = Bundle::open(given)?.manifest.members;
    let file = &members[member % members.len()].file;
    Ok(weights::load(&given.join(file), device)?)
}

/// Weights to compute features with: of a file, or of the first member of the bundle in a folder.
pub(crate) fn for_features(given: &Path, device: &Device) -> Result<ResNet18, TrainingError> {
    given_weights(given, 0, &ResNet18::initial(0, device), device)
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

pub(crate) fn assemble(
    tensors: Tensors,
    path: &Path,
    device: &Device,
) -> Result<ResNet18, TrainingError> {
    weights::from_tensors(tensors, device).map_err(|problems| {
        WeightsError::Tensors {
            path: path.to_owned(),
            problems,
        }
        .into()
    })
}
