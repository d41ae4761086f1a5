//! What photographs without a grade teach: whatever the camera, the answer is the same.
//!
//! The [average](crate::average) of the weights answers for a photograph held otherwise; the network that learns sees the
//! same photograph as another camera would have taken it, and is to answer alike (consistency training with a mean
//! teacher, Tarvainen and Valpola 2017, arXiv:1703.01780).

use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor, TensorData};
use fundus::Augmentation;
use grader::{CLASSES, Member};
use rand::RngExt;
use trust::{Grade, Logits, Probabilities};

use crate::average::Average;
use crate::batches::Recipe;
use crate::draws;

/// Share of all steps over which the weight of the consistency rises: before, the average knows too little to teach.
const RISE: f64 = 0.25;

/// Views of the same photographs without a grade, each `[batch, 3, side, side]`, row-major.
pub(crate) struct Views {
    /// By another camera, to learn from.
    pub(crate) learned: Vec<f32>,
    /// By the camera itself, held otherwise, for the average to answer about.
    pub(crate) answered: Vec<f32>,
    pub(crate) photographs: usize,
}

impl Recipe<'_> {
    /// Draws photographs without a grade for a batch.
    pub(crate) fn views(&self, batch: usize) -> Option<Views> {
        let photographs = self.unlabelled;
        if photographs.is_empty() {
            return None;
        }
        let key = [
            self.seed,
            ((self.member as u64) << 32) | self.epoch as u64,
            batch as u64,
        ];
        let mut random = draws::generator(draws::Purpose::Unlabelled, key);
        let same_camera = Augmentation {
            camera: None,
            ..*self.augmentation
        };
        let mut views = Views {
            learned: Vec::new(),
            answered: Vec::new(),
            photographs: self.unlabelled_batch,
        };
        for _ in 0..self.unlabelled_batch {
            let cropped = &photographs[random.random_range(0..photographs.len())].cropped;
            for (augmentation, values) in [
                (self.augmentation, &mut views.learned),
                (&same_camera, &mut views.answered),
            ] {
                let augmented = augmentation.apply(cropped, &mut random);
                values.extend(self.preparation.input(&augmented).values);
            }
        }
        Some(views)
    }
}

/// What the average says about views, softmax, row-major `[batch, 5]`; its weights lie with the program, and so it
/// answers on the CPU whatever device learns. Logits that are not finite give equal probabilities: they teach nothing,
/// and the loss of the network that learns says what is wrong.
pub(crate) fn answers(average: &Average, views: &[f32], side: usize) -> Vec<f32> {
    let device = Device::flex();
    let member = Member::new(&average.network(&device), &device);
    let logits = member.classify(&member.averages(views, side, None));
    let of = |logits: &Logits| match Probabilities::softmax(logits) {
        Ok(probabilities) => Grade::ALL.map(|grade| probabilities.get(grade)),
        Err(_) => [1.0 / CLASSES as f32; CLASSES],
    };
    logits.iter().flat_map(of).collect()
}

/// Mean Kullback-Leibler divergence `[1]` of what logits `[batch, 5]` say from `answers`, in nats: 0 where both say the
/// same.
pub(crate) fn divergence(logits: Tensor<2>, answers: Vec<f32>) -> Tensor<1> {
    let entropy: f32 = answers
        .chunks_exact(CLASSES)
        .flatten()
        .map(|p| if *p > 0.0 { -p * p.ln() } else { 0.0 })
        .sum();
    let photographs = answers.len() / CLASSES;
    let device = logits.device();
    let answers = Tensor::from_data(TensorData::new(answers, [photographs, CLASSES]), &device);
    let cross_entropy = (log_softmax(logits, 1) * answers).sum().neg();
    (cross_entropy - entropy) / photographs as f64
}

/// Share of the full weight after `progress` of all steps, in [0, 1]: exp(-5 (1 - t)²) while it rises, as in the paper.
pub(crate) fn rise(progress: f64) -> f64 {
    let left = (1.0 - progress / RISE).max(0.0);
    (-5.0 * left * left).exp()
}
