//! The flags that say which passes a photograph goes through.

use clap::{Args, ValueEnum};
use grader::{PassPlan, Stochastic};

use crate::settings::Settings;

#[derive(Args)]
pub(crate) struct PassArguments {
    /// Rotations in which every member sees a photograph: 1, 2 or 4
    #[arg(long, default_value_t = PassPlan::default().rotations, value_name = "1|2|4")]
    rotations: u32,
    /// Show every rotation mirrored too
    #[arg(long)]
    mirrors: bool,
    /// Stochastic samples of each member and view
    #[arg(long, default_value_t = PassPlan::default().samples, value_name = "N")]
    samples: u32,
    /// What is random in a pass; several, joined by commas, act together
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [StochasticName::None])]
    stochastic: Vec<StochasticName>,
    /// Members of the ensemble that answer, from the first on [default: all]
    #[arg(long, value_name = "N")]
    members: Option<usize>,
    /// Views that go through the network together; bounds the memory, does not change the answer
    #[arg(long, default_value_t = PassPlan::default().batch_size, value_name = "N")]
    batch_size: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StochasticName {
    /// Nothing
    None,
    /// Features are dropped before the head (Monte Carlo dropout)
    Dropout,
    /// Batch-norm statistics are drawn from the moments of training (stochastic batch normalisation)
    BatchNorm,
    /// Batch-norm statistics are those of a training batch that the bundle holds
    TrainingBatches,
}

impl PassArguments {
    /// The plan, checked.
    pub(crate) fn plan(&self, settings: &Settings) -> anyhow::Result<PassPlan> {
        let has = |name: StochasticName| self.stochastic.contains(&name);
        let plan = PassPlan {
            rotations: self.rotations,
            mirrors: self.mirrors,
            samples: self.samples,
            members: self.members,
            stochastic: Stochastic {
                dropout: has(StochasticName::Dropout),
                batch_norm: has(StochasticName::BatchNorm),
                training_batches: has(StochasticName::TrainingBatches),
            },
            seed: settings.seed,
            batch_size: self.batch_size,
        };
        plan.validate()?;
        Ok(plan)
    }
}
