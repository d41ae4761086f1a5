//! A head for the grades before the whole network learns them: fitted to the features of the weights that members start
//! from, so that the first steps do not spoil these features for the sake of a random head (Kumar et al. 2022,
//! arXiv:2202.10054).

use grader::weights::{self, Storage, StoredTensor, Tensors};
use grader::{CLASSES, FEATURES, ResNet18};

use crate::TrainingError;
use crate::member::Lesson;
use crate::probe::bench::Bench;
use crate::probe::features::{Views, features};
use crate::probe::{Answer, Pooling};
use crate::progress::Progress;

impl Lesson<'_> {
    /// Fits the head that all members start with, if that is asked for, one of `members` will start with it, and it has
    /// not been done.
    pub(crate) fn fit_head_once(&self, members: &[usize]) -> Result<(), TrainingError> {
        let path = self.checkpoints.head();
        if self.configuration.head_views == 0 || path.is_file() || self.all_finished(members)? {
            return Ok(());
        }
        // The head that it has does not matter.
        let tensors = weights::to_tensors(&self.bare_weights(0)?);
        let device = self.device.clone().inner();
        let network = weights::from_tensors(tensors, &device)
            .map_err(|problems| TrainingError::Configuration(problems.join("; ")))?;
        let total = self.train.len();
        let views = Views::Augmented {
            changed: self.configuration.head_views - 1,
            augmentation: &self.configuration.augmentation,
            seed: self.configuration.seed,
        };
        let trained = features(
            &network,
            self.train,
            self.preparation,
            views,
            &device,
            self.stop,
            |done| (self.observer)(Progress::Features { done, total }),
        )?;
        let bench = Bench {
            seed: self.configuration.seed,
            balance: self.configuration.balance,
            train: self.train,
            val: &[],
            trained: &trained,
            validated: &[],
        };
        let answer = Answer::OrderedCrossEntropy;
        let fitted = bench.fit(Pooling::Average, answer, None, &|_| true);
        let [matrix, bias] = fitted.head.linear();
        let head = Tensors::from([
            tensor("fc.weight", &[CLASSES, FEATURES], matrix),
            tensor("fc.bias", &[CLASSES], bias),
        ]);
        Ok(weights::save_tensors(&head, &path, Storage::F32)?)
    }

    /// The network with the head that was fitted, where one was.
    pub(crate) fn with_fitted_head(&self, network: ResNet18) -> Result<ResNet18, TrainingError> {
        let path = self.checkpoints.head();
        if self.configuration.head_views == 0 {
            return Ok(network);
        }
        let mut tensors = weights::to_tensors(&network);
        tensors.extend(weights::read_tensors(&path)?);
        crate::start::assemble(tensors, &path, self.device)
    }
}

fn tensor(name: &str, shape: &[usize], values: Vec<f32>) -> (String, StoredTensor) {
    let shape = shape.to_vec();
    (name.to_owned(), StoredTensor { shape, values })
}
