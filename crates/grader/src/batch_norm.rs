//! Batch normalisation whose mode is said, never guessed.
//!
//! A batch norm that infers "training" from the device it finds itself on changes its answer, and its own state, when
//! somebody asks for a gradient. Here every call names its [`BatchNormMode`], and no call changes the layer: training
//! leaves the statistics of the batch in a [`BatchStatistics`], which the training loop hands to
//! [`ResNet18::absorb`](crate::ResNet18::absorb) after the step.

use std::cell::RefCell;

use burn::module::{Module, Param, ParamId};
use burn::tensor::module::batch_norm_train;
use burn::tensor::{Device, Tensor, TensorData};

use crate::draws;
use crate::network::NoMoments;

/// Added to every variance before its square root is taken; PyTorch's default.
pub const EPSILON: f64 = 1e-5;

/// Weight of the newest batch in the running mean and variance; PyTorch's default.
pub const RUNNING_MOMENTUM: f64 = 0.1;

/// Weight of the newest batch in the moments of stochastic batch normalisation: they remember about 50 batches, long
/// enough to measure a variance, short enough to forget the first epochs.
pub const MOMENT_MOMENTUM: f64 = 0.02;

/// Which statistics a batch norm normalises with.
#[derive(Clone, Copy, Debug)]
pub enum BatchNormMode<'a> {
    /// The statistics of the batch itself. They are left in the given [`BatchStatistics`]; the layer does not change.
    Train(&'a BatchStatistics),
    /// The running statistics stored with the weights. Every photograph is treated on its own.
    Frozen,
    /// Statistics drawn from the moments stored with the weights, the same for every photograph of the batch
    /// (stochastic batch normalisation, Atanov et al. 2018, arXiv:1802.04893).
    Sampled(&'a SampledStatistics),
}

/// What the batch norms of one training forward pass measured, in the order in which they ran.
#[derive(Debug, Default)]
pub struct BatchStatistics(RefCell<Vec<LayerStatistics>>);

impl BatchStatistics {
    /// An empty collection for one forward pass.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes down what another engine measured for a layer: mean and biased variance `[channels]`, without autodiff, of
    /// `count` values a channel.
    #[cfg(feature = "tch")]
    pub(crate) fn measured(
        &self,
        norm: &BatchNorm,
        mean: Tensor<1>,
        variance: Tensor<1>,
        count: usize,
    ) {
        self.0.borrow_mut().push(LayerStatistics {
            layer: norm.layer,
            mean,
            variance,
            count,
        });
    }

    pub(crate) fn into_layers(self) -> Vec<LayerStatistics> {
        self.0.into_inner()
    }
}

/// Mean and biased variance of one layer over one batch.
#[derive(Debug)]
pub(crate) struct LayerStatistics {
    pub(crate) layer: usize,
    mean: Tensor<1>,
    variance: Tensor<1>,
    /// Values that were averaged in each channel.
    count: usize,
}

impl LayerStatistics {
    /// Mean and biased variance `[channels]`.
    pub(crate) fn into_moments(self) -> (Tensor<1>, Tensor<1>) {
        (self.mean, self.variance)
    }
}

/// One draw of the mean and variance of every batch norm of a network; made by
/// [`Member::sample_statistics`](crate::Member::sample_statistics).
#[derive(Clone, Debug)]
pub struct SampledStatistics(pub(crate) Vec<(Tensor<1>, Tensor<1>)>);

impl SampledStatistics {
    /// Draws for the batch norms of a network, in order.
    pub(crate) fn draw<'a>(
        norms: impl IntoIterator<Item = &'a BatchNorm>,
        seed: u64,
        member: usize,
        sample: u32,
    ) -> Result<Self, NoMoments> {
        let draw = |norm: &BatchNorm| norm.sample(seed, member, sample).ok_or(NoMoments);
        norms
            .into_iter()
            .map(draw)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// Batch normalisation over the channels of a `[batch, channels, height, width]` tensor.
///
/// All parameters have shape `[channels]`. Only `gamma` and `beta` learn by gradient; the statistics are parameters
/// without gradient, so that they travel with the module between devices.
#[derive(Module, Debug)]
pub struct BatchNorm {
    /// Learned scale (`weight` in torchvision).
    pub gamma: Param<Tensor<1>>,
    /// Learned shift (`bias` in torchvision).
    pub beta: Param<Tensor<1>>,
    /// Running mean of the training batches.
    pub running_mean: Param<Tensor<1>>,
    /// Running unbiased variance of the training batches.
    pub running_variance: Param<Tensor<1>>,
    /// Moments for [`BatchNormMode::Sampled`]; none in weights trained without them.
    pub moments: Option<Moments>,
    /// Place of this layer among the network's batch norms, in torchvision's order.
    layer: usize,
}

/// How the statistics of training batches scatter: a Gaussian over the batch mean and a Gaussian over the logarithm of
/// the (biased) batch variance, per channel, shape `[channels]` each (Atanov et al. 2018, arXiv:1802.04893).
#[derive(Module, Debug)]
pub struct Moments {
    /// Mean of the batch means.
    pub mean_mean: Param<Tensor<1>>,
    /// Variance of the batch means.
    pub mean_variance: Param<Tensor<1>>,
    /// Mean of the logarithms of the batch variances.
    pub log_variance_mean: Param<Tensor<1>>,
    /// Variance of the logarithms of the batch variances.
    pub log_variance_variance: Param<Tensor<1>>,
}

impl BatchNorm {
    pub(crate) fn new(
        layer: usize,
        [gamma, beta, running_mean, running_variance]: [Tensor<1>; 4],
        moments: Option<Moments>,
    ) -> Self {
        Self {
            gamma: Param::from_tensor(gamma),
            beta: Param::from_tensor(beta),
            running_mean: buffer(running_mean),
            running_variance: buffer(running_variance),
            moments,
            layer,
        }
    }

    pub(crate) fn layer(&self) -> usize {
        self.layer
    }

    /// Normalises `input` `[batch, channels, height, width]` with the statistics that `mode` names.
    pub fn forward(&self, input: Tensor<4>, mode: BatchNormMode<'_>) -> Tensor<4> {
        match mode {
            BatchNormMode::Train(statistics) => self.forward_train(input, statistics),
            BatchNormMode::Frozen => {
                self.normalize(input, self.running_mean.val(), self.running_variance.val())
            }
            BatchNormMode::Sampled(SampledStatistics(layers)) => {
                let (mean, variance) = layers[self.layer].clone();
                self.normalize(input, mean, variance)
            }
        }
    }

    fn forward_train(&self, input: Tensor<4>, statistics: &BatchStatistics) -> Tensor<4> {
        let [batch, _, height, width] = input.dims();
        let result = batch_norm_train(input, self.gamma.val(), self.beta.val(), EPSILON);
        statistics.0.borrow_mut().push(LayerStatistics {
            layer: self.layer,
            mean: result.mean.detach(),
            variance: result.variance.detach(),
            count: batch * height * width,
        });
        result.output
    }

    /// `(input - mean) / sqrt(variance + ε) * gamma + beta`, as one multiplication and one addition per value.
    fn normalize(&self, input: Tensor<4>, mean: Tensor<1>, variance: Tensor<1>) -> Tensor<4> {
        let (scale, shift) = self.scale_and_shift(mean, variance);
        let [channels] = scale.dims();
        input * scale.reshape([1, channels, 1, 1]) + shift.reshape([1, channels, 1, 1])
    }

    /// What these statistics make of the layer: `scale × value + shift` for each channel.
    pub(crate) fn scale_and_shift(
        &self,
        mean: Tensor<1>,
        variance: Tensor<1>,
    ) -> (Tensor<1>, Tensor<1>) {
        let gamma = self.gamma.val();
        let device = gamma.device();
        let scale = gamma / (variance.to_device(&device) + EPSILON).sqrt();
        let shift = self.beta.val() - mean.to_device(&device) * scale.clone();
        (scale, shift)
    }

    /// Takes over what one training batch measured: running statistics as in PyTorch (unbiased variance, momentum
    /// [`RUNNING_MOMENTUM`]) and exponential moments (momentum [`MOMENT_MOMENTUM`]).
    pub(crate) fn absorb(mut self, measured: &LayerStatistics) -> Self {
        // A frozen layer measures without autodiff; its parameters stay where they are.
        let beside_the_others = |tensor: &Tensor<1>| match self.gamma.val().is_autodiff() {
            true => tensor.clone().autodiff(),
            false => tensor.clone(),
        };
        let mean = beside_the_others(&measured.mean);
        let variance = beside_the_others(&measured.variance);
        let bessel = measured.count as f64 / (measured.count.max(2) - 1) as f64;
        let unbiased = variance.clone() * bessel;
        self.running_mean = blend(&self.running_mean, mean.clone(), RUNNING_MOMENTUM);
        self.running_variance = blend(&self.running_variance, unbiased, RUNNING_MOMENTUM);

        let log_variance = (variance + EPSILON).log();
        self.moments = Some(match self.moments {
            None => Moments::first(mean, log_variance),
            Some(moments) => moments.absorb(mean, log_variance),
        });
        self
    }

    /// Draws mean and variance from the moments; nothing if there are none.
    pub(crate) fn sample(
        &self,
        seed: u64,
        member: usize,
        sample: u32,
    ) -> Option<(Tensor<1>, Tensor<1>)> {
        let moments = self.moments.as_ref()?;
        let device = self.gamma.val().device().inner();
        let [channels] = self.gamma.dims();
        let normals = draws::normals(
            draws::Key {
                seed,
                member,
                sample,
                layer: self.layer,
            },
            2 * channels,
        );
        let (for_mean, for_variance) = normals.split_at(channels);
        let mean = gaussian(
            &moments.mean_mean,
            &moments.mean_variance,
            for_mean,
            &device,
        );
        let log_variance = gaussian(
            &moments.log_variance_mean,
            &moments.log_variance_variance,
            for_variance,
            &device,
        );
        Some((mean, log_variance.exp()))
    }
}

impl Moments {
    pub(crate) fn new(
        [
            mean_mean,
            mean_variance,
            log_variance_mean,
            log_variance_variance,
        ]: [Tensor<1>; 4],
    ) -> Self {
        Self {
            mean_mean: buffer(mean_mean),
            mean_variance: buffer(mean_variance),
            log_variance_mean: buffer(log_variance_mean),
            log_variance_variance: buffer(log_variance_variance),
        }
    }

    /// The first batch is the first estimate, with no scatter yet.
    fn first(mean: Tensor<1>, log_variance: Tensor<1>) -> Self {
        Self::new([
            mean.clone(),
            mean.zeros_like(),
            log_variance.clone(),
            log_variance.zeros_like(),
        ])
    }

    fn absorb(self, mean: Tensor<1>, log_variance: Tensor<1>) -> Self {
        let (mean_mean, mean_variance) =
            exponential_moments(&self.mean_mean, &self.mean_variance, mean);
        let (log_variance_mean, log_variance_variance) = exponential_moments(
            &self.log_variance_mean,
            &self.log_variance_variance,
            log_variance,
        );
        Self {
            mean_mean,
            mean_variance,
            log_variance_mean,
            log_variance_variance,
        }
    }
}

/// Exponentially weighted mean and variance after one more value (West 1979, with a constant weight):
/// `δ = x - m`, `m' = m + aδ`, `v' = (1 - a)(v + aδ²)`.
fn exponential_moments(
    mean: &Param<Tensor<1>>,
    variance: &Param<Tensor<1>>,
    value: Tensor<1>,
) -> (Param<Tensor<1>>, Param<Tensor<1>>) {
    let delta = value - mean.val();
    let moved = delta.clone() * MOMENT_MOMENTUM;
    let spread = (variance.val() + moved.clone() * delta) * (1.0 - MOMENT_MOMENTUM);
    (replace(mean, mean.val() + moved), replace(variance, spread))
}

fn blend(old: &Param<Tensor<1>>, new: Tensor<1>, momentum: f64) -> Param<Tensor<1>> {
    replace(old, old.val() * (1.0 - momentum) + new * momentum)
}

/// A parameter that keeps its identity and still takes no gradient.
fn replace(old: &Param<Tensor<1>>, value: Tensor<1>) -> Param<Tensor<1>> {
    Param::initialized(old.id, value.detach()).set_require_grad(false)
}

fn buffer(value: Tensor<1>) -> Param<Tensor<1>> {
    Param::initialized(ParamId::new(), value).set_require_grad(false)
}

fn gaussian(
    mean: &Param<Tensor<1>>,
    variance: &Param<Tensor<1>>,
    normals: &[f32],
    device: &Device,
) -> Tensor<1> {
    let normals = Tensor::from_data(TensorData::new(normals.to_vec(), [normals.len()]), device);
    mean.val().to_device(device) + variance.val().to_device(device).sqrt() * normals
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean_and_variance(values: &[f32]) -> (f64, f64) {
        let count = values.len() as f64;
        let mean = values.iter().map(|&value| f64::from(value)).sum::<f64>() / count;
        let variance = values
            .iter()
            .map(|&value| (f64::from(value) - mean).powi(2))
            .sum::<f64>()
            / count;
        (mean, variance)
    }

    #[test]
    fn draws_have_the_moments_they_are_drawn_from() {
        let device = Device::flex();
        let channels = 20_000;
        let all = |value: f64| Tensor::<1>::full([channels], value, &device);
        let moments = Moments::new([all(2.0), all(9.0), all(-1.0), all(0.25)]);
        let norm = BatchNorm::new(3, [all(1.0), all(0.0), all(0.0), all(1.0)], Some(moments));

        let (mean, variance) = norm.sample(7, 1, 2).expect("there are moments");
        let values = |tensor: Tensor<1>| {
            tensor
                .into_data()
                .try_to_vec::<f32>()
                .expect("they are f32")
        };
        let (mean_of_means, variance_of_means) = mean_and_variance(&values(mean));
        assert!((mean_of_means - 2.0).abs() < 0.1, "{mean_of_means}");
        assert!((variance_of_means - 9.0).abs() < 0.4, "{variance_of_means}");
        let (mean_of_logs, variance_of_logs) = mean_and_variance(&values(variance.log()));
        assert!((mean_of_logs + 1.0).abs() < 0.02, "{mean_of_logs}");
        assert!((variance_of_logs - 0.25).abs() < 0.01, "{variance_of_logs}");
    }
}
