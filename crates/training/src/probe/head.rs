//! A head on frozen features: how it pools the feature map, and how it is fitted.

use burn::module::{Module, Param};
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::activation::softmax;
use burn::tensor::{Device, Tensor, TensorData};
use grader::FEATURES;
use half::f16;
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use super::features::{View, cells};
use crate::{Schedule, draws};

/// From a feature map `[512, cells]` to one value a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pooling {
    /// The mean of all cells, as in the network itself.
    Average,
    /// `ln(mean(exp(r x))) / r` with r = 5: between mean and maximum (Pinheiro and Collobert 2015, arXiv:1411.6228).
    LogSumExp,
    /// The mean of the highest tenth of the cells.
    TopShare,
    /// A mean weighted by learned attention (Ilse, Tomczak and Welling 2018, arXiv:1802.04712).
    Attention,
}

impl Pooling {
    /// All of them, the network's own first.
    pub const ALL: [Self; 4] = [
        Self::Average,
        Self::LogSumExp,
        Self::TopShare,
        Self::Attention,
    ];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Average => "average",
            Self::LogSumExp => "log-sum-exp",
            Self::TopShare => "highest tenth",
            Self::Attention => "attention",
        }
    }

    /// The pooled features of a view; `None` where pooling is learned.
    fn fixed(self, view: &View) -> Option<Vec<f32>> {
        let pool: fn(&[f32]) -> f32 = match self {
            Self::Average => |cells| cells.iter().sum::<f32>() / cells.len() as f32,
            Self::LogSumExp => log_sum_exp,
            Self::TopShare => highest_tenth,
            Self::Attention => return None,
        };
        let channels = view.map.chunks_exact(cells(view));
        Some(
            channels
                .map(|channel| {
                    let values: Vec<f32> = channel.iter().copied().map(f16::to_f32).collect();
                    pool(&values)
                })
                .collect(),
        )
    }
}

/// Least variance that a feature is standardised by, as a share of the mean variance of all features.
const LEAST_VARIANCE: f64 = 0.01;

/// How sharply the log-sum-exp prefers high cells.
const SHARPNESS: f32 = 5.0;

fn log_sum_exp(cells: &[f32]) -> f32 {
    let highest = cells.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = cells
        .iter()
        .map(|cell| (SHARPNESS * (cell - highest)).exp())
        .sum();
    highest + (sum / cells.len() as f32).ln() / SHARPNESS
}

fn highest_tenth(cells: &[f32]) -> f32 {
    let mut falling = cells.to_vec();
    falling.sort_unstable_by(|left, right| right.total_cmp(left));
    let count = cells.len().div_ceil(10);
    falling[..count].iter().sum::<f32>() / count as f32
}

/// Views in the form in which a head takes them.
pub(crate) enum Pooled<'a> {
    /// `[views, 512]`
    Fixed(Vec<f32>),
    /// To be pooled by attention.
    Maps(Vec<&'a View>),
}

impl<'a> Pooled<'a> {
    pub(crate) fn of(views: &[&'a View], pooling: Pooling) -> Self {
        let fixed: Option<Vec<Vec<f32>>> = views.iter().map(|view| pooling.fixed(view)).collect();
        match fixed {
            Some(rows) => Self::Fixed(rows.concat()),
            None => Self::Maps(views.to_vec()),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Fixed(values) => values.len() / FEATURES,
            Self::Maps(views) => views.len(),
        }
    }

    /// Mean and standard deviation of each feature, for attention those of the cells' average.
    fn moments(&self) -> [Vec<f32>; 2] {
        let rows: Vec<f32> = match self {
            Self::Fixed(values) => values.clone(),
            Self::Maps(views) => views
                .iter()
                .filter_map(|view| Pooling::Average.fixed(view))
                .flatten()
                .collect(),
        };
        let count = (rows.len() / FEATURES) as f64;
        let (mut sums, mut squares) = (vec![0.0_f64; FEATURES], vec![0.0_f64; FEATURES]);
        for row in rows.chunks_exact(FEATURES) {
            for (feature, value) in row.iter().enumerate() {
                sums[feature] += f64::from(*value);
                squares[feature] += f64::from(*value).powi(2);
            }
        }
        let mean: Vec<f32> = sums.iter().map(|sum| (sum / count) as f32).collect();
        let variances: Vec<f64> = sums
            .iter()
            .zip(&squares)
            .map(|(sum, squares)| (squares / count - (sum / count).powi(2)).max(0.0))
            .collect();
        // A feature that hardly changes must not be blown up: what it does on other photographs is not known.
        let least = LEAST_VARIANCE * variances.iter().sum::<f64>() / FEATURES as f64;
        let std = variances
            .iter()
            .map(|variance| variance.max(least).max(1e-12).sqrt() as f32)
            .collect();
        [mean, std]
    }
}

/// What a head is fitted to, and how strictly it is kept small.
pub(crate) struct Task<'a> {
    /// Rows of the head's matrix and entries of its bias.
    pub(crate) scores: usize,
    pub(crate) biases: usize,
    /// The loss of each row of outputs `[views, biases]`, given which views they are.
    pub(crate) losses: &'a dyn Fn(Tensor<2>, &[usize]) -> Tensor<1>,
    /// Weight of each view's loss.
    pub(crate) weights: &'a [f32],
    /// Factor of the sum of squares of the matrix.
    pub(crate) penalty: f64,
    pub(crate) seed: u64,
}

/// A fitted head.
pub(crate) struct Head {
    parameters: Parameters,
    mean: Tensor<2>,
    std: Tensor<2>,
    device: Device,
}

#[derive(Module, Debug)]
struct Parameters {
    attention: Option<Attention>,
    /// `[512, scores]`
    matrix: Param<Tensor<2>>,
    /// `[biases]`
    bias: Param<Tensor<1>>,
}

#[derive(Module, Debug)]
struct Attention {
    /// `[512, 64]`
    project: Param<Tensor<2>>,
    /// `[64, 1]`
    weigh: Param<Tensor<2>>,
}

/// Width of the attention's hidden layer.
const ATTENTION: usize = 64;
/// Steps of a head without attention: every view in each.
const STEPS: usize = 150;
/// Passes over all views of a head with attention, and views of one of its steps.
const ATTENTION_EPOCHS: usize = 12;
const ATTENTION_BATCH: usize = 64;
/// Highest learning rates, without and with attention.
const LEARNING_RATES: [f64; 2] = [0.03, 0.003];

impl Head {
    /// Fits a head to the views that `chosen` names.
    pub(crate) fn fit(
        views: &Pooled<'_>,
        chosen: &[usize],
        task: &Task<'_>,
        plain: &Device,
    ) -> Self {
        let device = plain.clone().autodiff();
        let with_attention = matches!(views, Pooled::Maps(_));
        let [mean, std] = views.moments();
        let row = |values: Vec<f32>, device: &Device| {
            Tensor::<2>::from_data(TensorData::new(values, [1, FEATURES]), device)
        };
        let mut head = Self {
            parameters: Parameters::new(task, with_attention, &device),
            mean: row(mean, &device),
            std: row(std, &device),
            device,
        };
        let mut optimizer =
            ModuleOptimizer::from(AdamWConfig::new().with_weight_decay(0.0).build());
        let batch = if with_attention {
            ATTENTION_BATCH
        } else {
            chosen.len()
        };
        let epochs = if with_attention {
            ATTENTION_EPOCHS
        } else {
            STEPS
        };
        let schedule = Schedule {
            peak: LEARNING_RATES[usize::from(with_attention)],
            warm_up: 5,
            steps: epochs * chosen.len().div_ceil(batch),
        };
        let mut order = chosen.to_vec();
        let mut step = 0;
        for epoch in 0..epochs {
            if with_attention {
                let key = [task.seed, epoch as u64, 0];
                order.shuffle(&mut draws::generator(draws::Purpose::Head, key));
            }
            for indices in order.chunks(batch) {
                let loss = head.loss(views, indices, task);
                let gradients = GradientsParams::from_grads(loss.backward(), &head.parameters);
                head.parameters =
                    optimizer.step(schedule.learning_rate(step), head.parameters, gradients);
                step += 1;
            }
        }
        head
    }

    /// Weighted mean loss and penalty, `[1]`.
    fn loss(&self, views: &Pooled<'_>, indices: &[usize], task: &Task<'_>) -> Tensor<1> {
        let weights: Vec<f32> = indices.iter().map(|index| task.weights[*index]).collect();
        let sum: f32 = weights.iter().sum();
        let weights =
            Tensor::<1>::from_data(TensorData::new(weights, [indices.len()]), &self.device);
        let losses = (task.losses)(self.outputs(views, indices), indices);
        let penalty = self.parameters.matrix.val().square().sum() * task.penalty;
        (losses * weights).sum() / sum + penalty
    }

    /// `[views, biases]`
    fn outputs(&self, views: &Pooled<'_>, indices: &[usize]) -> Tensor<2> {
        let pooled = match views {
            Pooled::Fixed(values) => {
                let rows: Vec<f32> = indices
                    .iter()
                    .flat_map(|index| &values[index * FEATURES..][..FEATURES])
                    .copied()
                    .collect();
                let rows = TensorData::new(rows, [indices.len(), FEATURES]);
                (Tensor::from_data(rows, &self.device) - self.mean.clone()) / self.std.clone()
            }
            Pooled::Maps(views) => self.attended(views, indices),
        };
        let scores = pooled.matmul(self.parameters.matrix.val());
        scores + self.parameters.bias.val().unsqueeze::<2>()
    }

    /// Standardised features `[views, 512]`, each cell as much as attention says.
    fn attended(&self, views: &[&View], indices: &[usize]) -> Tensor<2> {
        let count = cells(views[indices[0]]);
        let values: Vec<f32> = indices
            .iter()
            .flat_map(|index| &views[*index].map)
            .copied()
            .map(f16::to_f32)
            .collect();
        let shape = [indices.len(), FEATURES, count];
        let maps = Tensor::<3>::from_data(TensorData::new(values, shape), &self.device);
        let maps = (maps - self.mean.clone().unsqueeze_dim::<3>(2))
            / self.std.clone().unsqueeze_dim::<3>(2);
        let Some(attention) = &self.parameters.attention else {
            return maps.mean_dim(2).squeeze_dim::<2>(2);
        };
        let by_cell = maps
            .clone()
            .swap_dims(1, 2)
            .reshape([indices.len() * count, FEATURES]);
        let hidden = by_cell.matmul(attention.project.val()).tanh();
        let weights = hidden
            .matmul(attention.weigh.val())
            .reshape([indices.len(), count]);
        let weights = softmax(weights, 1).unsqueeze_dim::<3>(1);
        (maps * weights).sum_dim(2).squeeze_dim::<2>(2)
    }

    /// Matrix `[scores, 512]` and bias `[biases]` that give the same outputs from features that are not standardised.
    pub(crate) fn linear(&self) -> [Vec<f32>; 2] {
        let scaled = self.parameters.matrix.val() / self.std.clone().swap_dims(0, 1);
        let bias =
            self.parameters.bias.val().unsqueeze::<2>() - self.mean.clone().matmul(scaled.clone());
        [scaled.swap_dims(0, 1), bias].map(|tensor| tensor.into_data().iter::<f32>().collect())
    }

    /// Outputs of every view, one row each.
    pub(crate) fn answers(&self, views: &Pooled<'_>, chosen: &[usize]) -> Vec<Vec<f32>> {
        let mut rows = Vec::with_capacity(views.len());
        for indices in chosen.chunks(ATTENTION_BATCH) {
            let outputs = self.outputs(views, indices).detach();
            let [_, columns] = outputs.dims();
            let values: Vec<f32> = outputs.into_data().iter::<f32>().collect();
            rows.extend(values.chunks_exact(columns).map(<[f32]>::to_vec));
        }
        rows
    }

    /// Mean weighted loss of the chosen views, without the penalty.
    pub(crate) fn held_out_loss(
        &self,
        views: &Pooled<'_>,
        chosen: &[usize],
        task: &Task<'_>,
    ) -> f64 {
        let unpenalised = Task {
            penalty: 0.0,
            ..*task
        };
        let loss = self.loss(views, chosen, &unpenalised);
        f64::from(loss.detach().into_scalar::<f32>())
    }
}

impl Parameters {
    /// A matrix of zeros; attention starts near the average.
    fn new(task: &Task<'_>, with_attention: bool, device: &Device) -> Self {
        let attention = with_attention.then(|| {
            let key = [task.seed, 1, 0];
            let mut random = draws::generator(draws::Purpose::Head, key);
            Attention::new(&mut random, device)
        });
        Self {
            attention,
            matrix: Param::from_tensor(Tensor::zeros([FEATURES, task.scores], device)),
            bias: Param::from_tensor(Tensor::zeros([task.biases], device)),
        }
    }
}

impl Attention {
    /// Uniform draws within the bounds of Glorot and Bengio (2010) for the hidden layer; nothing is preferred yet.
    fn new(random: &mut impl Rng, device: &Device) -> Self {
        let bound = (6.0 / (FEATURES + ATTENTION) as f32).sqrt();
        let values: Vec<f32> = (0..FEATURES * ATTENTION)
            .map(|_| random.random_range(-bound..bound))
            .collect();
        let project = TensorData::new(values, [FEATURES, ATTENTION]);
        Self {
            project: Param::from_tensor(Tensor::from_data(project, device)),
            weigh: Param::from_tensor(Tensor::zeros([ATTENTION, 1], device)),
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use grader::FEATURES;
    use half::f16;
    use serde_json::Value;
    use trust::{Grade, Probabilities};

    use super::{Head, Pooled, Pooling, Task};
    use crate::probe::answer::Answer;
    use crate::probe::features::View;

    const VIEWS: usize = 60;

    fn grade(view: usize) -> Grade {
        Grade::from_index(view % 5).unwrap()
    }

    /// As in `tests/reference/ordinal.py`.
    fn feature(view: usize, index: usize) -> f32 {
        let wave = (0.37 * ((view + 1) * (index + 1)) as f64).sin();
        (wave + 0.6 * (view % 5) as f64 * (index as f64).cos()).max(0.0) as f32
    }

    /// Maps of `cells` cells whose average is the feature.
    fn views(cells: usize) -> Vec<View> {
        let view = |photograph: usize| View {
            photograph,
            grade: grade(photograph),
            map: (0..FEATURES * cells)
                .map(|at| {
                    let ripple = if cells > 1 && at % 2 == 0 { 0.25 } else { 0.0 };
                    f16::from_f32(feature(photograph, at / cells) + ripple)
                })
                .collect(),
        };
        (0..VIEWS).map(view).collect()
    }

    fn probabilities(pooling: Pooling, cells: usize) -> Vec<Probabilities> {
        let views = views(cells);
        let views: Vec<&View> = views.iter().collect();
        let pooled = Pooled::of(&views, pooling);
        let all: Vec<usize> = (0..VIEWS).collect();
        let weights: Vec<f32> = (0..VIEWS)
            .map(|view| if view % 5 == 2 { 2.0 } else { 1.0 })
            .collect();
        let losses = |outputs, indices: &[usize]| {
            let grades: Vec<Grade> = indices.iter().map(|view| grade(*view)).collect();
            Answer::CrossEntropy.losses(outputs, &grades)
        };
        let task = Task {
            scores: 5,
            biases: 5,
            losses: &losses,
            weights: &weights,
            penalty: 3e-2,
            seed: 1,
        };
        let head = Head::fit(&pooled, &all, &task, &Device::flex());
        head.answers(&pooled, &all)
            .iter()
            .map(|outputs| Probabilities::softmax(&Answer::CrossEntropy.logits(outputs)).unwrap())
            .collect()
    }

    /// Values from `tests/reference/ordinal.py`: scikit-learn's logistic regression with the same penalty.
    #[test]
    fn a_fit_ends_where_scikit_learn_ends() {
        let golden: Value =
            serde_json::from_str(include_str!("../../tests/reference/ordinal.json")).unwrap();
        let found = probabilities(Pooling::Average, 1);
        for (found, expected) in found.iter().zip(golden["fit"].as_array().unwrap()) {
            for (found, expected) in found.as_array().iter().zip(expected.as_array().unwrap()) {
                let expected = expected.as_f64().unwrap() as f32;
                assert!((found - expected).abs() < 0.02, "{found} for {expected}");
            }
        }
    }

    #[test]
    fn every_pooling_reads_grades_off_features_that_show_them() {
        for pooling in Pooling::ALL {
            let found = probabilities(pooling, 4);
            let right = (0..VIEWS)
                .filter(|view| found[*view].grade() == grade(*view))
                .count();
            assert!(right > VIEWS * 9 / 10, "{}: {right}", pooling.name());
        }
    }

    #[test]
    fn the_linear_head_gives_the_same_outputs() {
        let views = views(1);
        let views: Vec<&View> = views.iter().collect();
        let pooled = Pooled::of(&views, Pooling::Average);
        let all: Vec<usize> = (0..VIEWS).collect();
        let losses = |outputs, indices: &[usize]| {
            let grades: Vec<Grade> = indices.iter().map(|view| grade(*view)).collect();
            Answer::CrossEntropy.losses(outputs, &grades)
        };
        let task = Task {
            scores: 5,
            biases: 5,
            losses: &losses,
            weights: &[1.0; VIEWS],
            penalty: 3e-2,
            seed: 1,
        };
        let head = Head::fit(&pooled, &all, &task, &Device::flex());
        let [matrix, bias] = head.linear();
        for (view, outputs) in views.iter().zip(head.answers(&pooled, &all)) {
            let features = Pooling::Average.fixed(view).unwrap();
            for (class, expected) in outputs.iter().enumerate() {
                let row = matrix[class * FEATURES..].iter().zip(&features);
                let found = bias[class] + row.map(|(weight, value)| weight * value).sum::<f32>();
                assert!((found - expected).abs() < 1e-3, "{found} for {expected}");
            }
        }
    }

    #[test]
    fn poolings_lie_between_the_mean_and_the_highest_cell() {
        let mut map = vec![f16::ZERO; FEATURES * 20];
        map[3] = f16::from_f32(2.0);
        let view = View {
            photograph: 0,
            grade: grade(0),
            map,
        };
        let pooled = |pooling: Pooling| pooling.fixed(&view).unwrap()[0];
        assert!((pooled(Pooling::Average) - 0.1).abs() < 1e-6);
        // ln((19 + e^10) / 20) / 5, and the mean of the two highest of twenty.
        assert!((pooled(Pooling::LogSumExp) - 1.401_026).abs() < 1e-4);
        assert!((pooled(Pooling::TopShare) - 1.0).abs() < 1e-6);
        assert!(Pooling::Attention.fixed(&view).is_none());
    }
}
