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
    /// What is random in a pass
    #[arg(long, value_enum, default_value_t = StochasticName::None)]
    stochastic: StochasticName,
    /// Views that go through the network together; bounds the memory, does not change the answer
    #[arg(long, default_value_t = PassPlan::default().batch_size, value_name = "N")]
    batch_size: usize,
}

#[derive(Clone, Copy, ValueEnum)]
enum StochasticName {
    /// Nothing
    None,
    /// Features are dropped before the head (Monte Carlo dropout)
    Dropout,
    /// Batch-norm statistics are drawn (stochastic batch normalisation)
    BatchNorm,
}

impl PassArguments {
    /// The plan, checked.
    pub(crate) fn plan(&self, settings: &Settings) -> anyhow::Result<PassPlan> {
        let plan = PassPlan {
            rotations: self.rotations,
            mirrors: self.mirrors,
            samples: self.samples,
            stochastic: match self.stochastic {
                StochasticName::None => Stochastic::None,
                StochasticName::Dropout => Stochastic::Dropout,
                StochasticName::BatchNorm => Stochastic::BatchNorm,
            },
            seed: settings.seed,
            batch_size: self.batch_size,
        };
        plan.validate()?;
        Ok(plan)
    }
}
