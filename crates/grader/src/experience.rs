//! What the members met in training, beyond their weights: statistics of training batches, for stochastic batch
//! normalisation, and where the features of training photographs lie, to tell what is unlike them.

use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};

use crate::batch_norm::{BatchNorm, BatchNormMode, BatchStatistics, SampledStatistics};
use crate::feature_space::FeatureSpace;
use crate::member::{batch, values};
use crate::network::{FEATURES, ResNet18};
use crate::weights::{self, Storage, StoredTensor, Tensors, WeightsError};

/// What every member met, in the bundle's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Experience {
    /// One a member.
    pub members: Vec<MemberExperience>,
}

/// What one member met.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberExperience {
    /// Statistics of every batch norm over so many batches of training photographs (Teye et al. 2018, arXiv:1802.06455).
    pub batches: Vec<BatchMoments>,
    /// Where the features of training photographs lie.
    pub features: FeatureSpace,
}

/// Mean and logarithm of the biased variance of every channel of every batch norm over one batch, layer after layer.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchMoments {
    /// Means.
    pub means: Vec<f32>,
    /// Natural logarithms of the variances.
    pub log_variances: Vec<f32>,
}

impl BatchMoments {
    /// Measures a batch of planar pictures `[picture][3][side][side]` as training does: every layer sees what the layers
    /// before it make of the batch with the batch's own statistics.
    pub fn measure(network: &ResNet18, pictures: &[f32], side: usize) -> Self {
        let statistics = BatchStatistics::new();
        let input = batch(pictures, side, network);
        network.features(input, BatchNormMode::Train(&statistics));
        let mut layers = statistics.into_layers();
        layers.sort_by_key(|measured| measured.layer);
        let mut moments = Self {
            means: Vec::new(),
            log_variances: Vec::new(),
        };
        for measured in layers {
            let (mean, variance) = measured.into_moments();
            moments.means.extend(values(mean));
            let variance = values(variance);
            moments
                .log_variances
                .extend(variance.iter().map(|variance| variance.max(1e-12).ln()));
        }
        moments
    }

    /// As statistics to normalise with, where there are as many channels as the batch norms have.
    pub(crate) fn statistics<'a>(
        &self,
        norms: impl IntoIterator<Item = &'a BatchNorm>,
    ) -> Option<SampledStatistics> {
        let (mut means, mut log_variances) = (&self.means[..], &self.log_variances[..]);
        let mut layers = Vec::new();
        for norm in norms {
            let [channels] = norm.gamma.dims();
            let device = norm.gamma.val().device().inner();
            let (mean, later_means) = means.split_at_checked(channels)?;
            let (log_variance, later_log_variances) = log_variances.split_at_checked(channels)?;
            (means, log_variances) = (later_means, later_log_variances);
            let variance: Vec<f32> = log_variance.iter().map(|value| value.exp()).collect();
            layers.push((row(mean.to_vec(), &device), row(variance, &device)));
        }
        (means.is_empty() && log_variances.is_empty()).then_some(SampledStatistics(layers))
    }
}

fn row(values: Vec<f32>, device: &Device) -> Tensor<1> {
    let length = values.len();
    Tensor::from_data(TensorData::new(values, [length]), device)
}

impl Experience {
    /// The bytes of a safetensors file, in 16 bits.
    pub fn encode(&self) -> Vec<u8> {
        let mut tensors = Tensors::new();
        for (member, experience) in self.members.iter().enumerate() {
            let mut insert = |name: &str, rows: usize, values: Vec<f32>| {
                let columns = values.len() / rows.max(1);
                let shape = vec![rows, columns];
                tensors.insert(
                    format!("member.{member}.{name}"),
                    StoredTensor { shape, values },
                );
            };
            let batches = &experience.batches;
            let joined = |of: &dyn Fn(&BatchMoments) -> &Vec<f32>| -> Vec<f32> {
                batches.iter().flat_map(of).copied().collect()
            };
            insert("batch_means", batches.len(), joined(&|batch| &batch.means));
            let log_variances = joined(&|batch| &batch.log_variances);
            insert("batch_log_variances", batches.len(), log_variances);
            let space = &experience.features;
            insert("feature_mean", 1, space.mean.clone());
            let rank = space.variances.len();
            insert("feature_components", rank, space.components.concat());
            insert("feature_variances", 1, space.variances.clone());
            insert(
                "feature_residual_variance",
                1,
                vec![space.residual_variance],
            );
        }
        weights::encode_tensors(&tensors, Storage::F16)
    }

    /// Reads what [`encode`](Self::encode) wrote for so many members; `path` is only named in errors.
    ///
    /// # Errors
    /// [`WeightsError`]: no such file, or a tensor is missing or of another shape.
    pub fn decode(bytes: &[u8], members: usize, path: &Path) -> Result<Self, WeightsError> {
        let mut tensors = weights::decode_tensors(bytes, path)?;
        let mut problems = Vec::new();
        let found: Vec<MemberExperience> = (0..members)
            .filter_map(|member| {
                member_experience(&mut tensors, member)
                    .map_err(|problem| problems.push(problem))
                    .ok()
            })
            .collect();
        if problems.is_empty() {
            return Ok(Self { members: found });
        }
        Err(WeightsError::Tensors {
            path: path.to_owned(),
            problems,
        })
    }
}

fn member_experience(tensors: &mut Tensors, member: usize) -> Result<MemberExperience, String> {
    let mut take = |name: &str| {
        let name = format!("member.{member}.{name}");
        let tensor = tensors
            .remove(&name)
            .ok_or_else(|| format!("tensor `{name}` is missing"))?;
        match tensor.values.iter().all(|value| value.is_finite()) {
            true => Ok(tensor),
            false => Err(format!("tensor `{name}` holds numbers that are not finite")),
        }
    };
    let (means, log_variances) = (take("batch_means")?, take("batch_log_variances")?);
    if means.shape != log_variances.shape || means.shape.len() != 2 || means.shape[1] == 0 {
        return Err(format!(
            "the batch statistics of member {member} have the shapes {:?} and {:?}, expected the same two numbers",
            means.shape, log_variances.shape
        ));
    }
    let channels = means.shape[1];
    let batches = means
        .values
        .chunks_exact(channels)
        .zip(log_variances.values.chunks_exact(channels))
        .map(|(means, log_variances)| BatchMoments {
            means: means.to_vec(),
            log_variances: log_variances.to_vec(),
        })
        .collect();
    let mean = take("feature_mean")?.values;
    let components = take("feature_components")?.values;
    let variances = take("feature_variances")?.values;
    let residual = take("feature_residual_variance")?.values;
    let fits = mean.len() == FEATURES
        && components.len() == variances.len() * FEATURES
        && residual.len() == 1
        && variances.iter().chain(&residual).all(|value| *value > 0.0);
    if !fits {
        return Err(format!("the feature space of member {member} is none"));
    }
    Ok(MemberExperience {
        batches,
        features: FeatureSpace {
            mean,
            components: components
                .chunks_exact(FEATURES)
                .map(<[f32]>::to_vec)
                .collect(),
            variances,
            residual_variance: residual[0],
        },
    })
}
