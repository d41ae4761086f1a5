//! Which passes a photograph goes through: members × stochastic samples × views.

use fundus::NetworkInput;

/// What is random in a pass; any combination. By default nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Stochastic {
    /// Features are dropped before the head (Monte Carlo dropout, Gal and Ghahramani 2016, arXiv:1506.02142).
    pub dropout: bool,
    /// Batch-norm statistics are drawn from the moments of training (Atanov et al. 2018, arXiv:1802.04893).
    pub batch_norm: bool,
    /// Batch-norm statistics are those of a training batch, drawn without putting back (Teye et al. 2018,
    /// arXiv:1802.06455). Together with `batch_norm`, samples take turns: a layer can only be normalised in one way.
    pub training_batches: bool,
}

/// Where the batch-norm statistics of one sample come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Norms {
    /// The weights' running statistics.
    Frozen,
    /// A draw from the moments.
    Moments,
    /// The statistics of a training batch, by its place in a shuffled order.
    TrainingBatch(u32),
}

impl Stochastic {
    /// Nothing is random.
    pub const NONE: Self = Self {
        dropout: false,
        batch_norm: false,
        training_batches: false,
    };
    /// Only dropout.
    pub const DROPOUT: Self = Self {
        dropout: true,
        ..Self::NONE
    };
    /// Only drawn batch-norm statistics.
    pub const BATCH_NORM: Self = Self {
        batch_norm: true,
        ..Self::NONE
    };
    /// Only the statistics of training batches.
    pub const TRAINING_BATCHES: Self = Self {
        training_batches: true,
        ..Self::NONE
    };

    /// Which statistics a sample normalises with.
    pub(crate) fn norms(self, sample: u32) -> Norms {
        match (self.batch_norm, self.training_batches) {
            (false, false) => Norms::Frozen,
            (true, false) => Norms::Moments,
            (false, true) => Norms::TrainingBatch(sample),
            (true, true) if sample.is_multiple_of(2) => Norms::Moments,
            (true, true) => Norms::TrainingBatch(sample / 2),
        }
    }
}

/// Which views and samples every member sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PassPlan {
    /// Number of rotations: 1 (0°), 2 (0°, 180°) or 4 (0°, 90°, 180°, 270°).
    pub rotations: u32,
    /// Whether every rotation is also seen mirrored.
    pub mirrors: bool,
    /// How many of the ensemble's members answer, from the first on; all where there are fewer, or nothing is said.
    pub members: Option<usize>,
    /// Stochastic samples of each member and view; 1 when nothing is random.
    pub samples: u32,
    /// What is random.
    pub stochastic: Stochastic,
    /// Key of all random draws, together with member, sample and layer.
    pub seed: u64,
    /// Views that go through the network together; bounds the memory, does not change the answer.
    pub batch_size: usize,
}

impl Default for PassPlan {
    /// All members, four rotations, nothing random, 8 views at a time.
    fn default() -> Self {
        Self {
            rotations: 4,
            mirrors: false,
            members: None,
            samples: 1,
            stochastic: Stochastic::NONE,
            seed: 0,
            batch_size: 8,
        }
    }
}

/// A plan that cannot be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The number of rotations is not 1, 2 or 4.
    #[error("{0} rotations are not possible; choose 1, 2 or 4")]
    Rotations(u32),
    /// No member, no sample or an empty batch.
    #[error("members, samples and batch size must be at least 1")]
    Zero,
    /// Several samples, but nothing is random.
    #[error(
        "{0} samples would all be the same, because nothing is random; choose 1 sample, dropout or batch norm"
    )]
    SameSamples(u32),
}

/// One way of looking at a photograph: mirrored or not, then turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// Rotation in quarter turns counter-clockwise, 0 to 3.
    pub quarter_turns: u32,
    /// Whether left and right are exchanged first.
    pub mirrored: bool,
}

impl PassPlan {
    /// Checks that the plan can be carried out.
    pub fn validate(&self) -> Result<(), PlanError> {
        if ![1, 2, 4].contains(&self.rotations) {
            return Err(PlanError::Rotations(self.rotations));
        }
        if self.samples == 0 || self.batch_size == 0 || self.members == Some(0) {
            return Err(PlanError::Zero);
        }
        if self.stochastic == Stochastic::NONE && self.samples > 1 {
            return Err(PlanError::SameSamples(self.samples));
        }
        Ok(())
    }

    /// The views in the order of the passes: first all rotations as they are, then all mirrored.
    pub fn views(&self) -> Vec<View> {
        let step = 4 / self.rotations.clamp(1, 4);
        let rotated = |mirrored| {
            (0..self.rotations).map(move |index| View {
                quarter_turns: index * step,
                mirrored,
            })
        };
        let mirrored = if self.mirrors {
            Some(rotated(true))
        } else {
            None
        };
        rotated(false)
            .chain(mirrored.into_iter().flatten())
            .collect()
    }

    /// How many of an ensemble's members answer.
    pub fn answering(&self, members: usize) -> usize {
        self.members.map_or(members, |wanted| wanted.min(members))
    }

    /// Passes of one photograph through an ensemble of `members`.
    pub fn passes(&self, members: usize) -> usize {
        self.answering(members) * self.samples as usize * self.views().len()
    }

    /// Where this plan's passes stand among those of another plan through the same ensemble of `members`; `None` where
    /// the other has not all of them, or where chance has a part.
    pub fn places_in(&self, other: &PassPlan, members: usize) -> Option<Vec<usize>> {
        let answering = self.answering(members);
        if [self.stochastic, other.stochastic] != [Stochastic::NONE; 2]
            || answering > other.answering(members)
        {
            return None;
        }
        let seen = other.views();
        let own = self.views();
        let place = |view: &View| seen.iter().position(|other| other == view);
        let of_first: Vec<usize> = own.iter().map(place).collect::<Option<_>>()?;
        let views = seen.len();
        let of_member = |member| of_first.iter().map(move |place| member * views + place);
        Some((0..answering).flat_map(of_member).collect())
    }
}

impl View {
    /// As the photograph is.
    pub const UPRIGHT: Self = Self {
        quarter_turns: 0,
        mirrored: false,
    };

    /// The values `[3, side, side]` of a picture seen this way; exact, because pixels only change places.
    pub fn of(self, input: &NetworkInput) -> Vec<f32> {
        let side = input.side;
        let last = side.saturating_sub(1);
        let mut values = Vec::with_capacity(input.values.len());
        for plane in input.values.chunks_exact(side * side) {
            for row in 0..side {
                for column in 0..side {
                    // Where this pixel was before the counter-clockwise turn.
                    let (from_row, turned_column) = match self.quarter_turns {
                        0 => (row, column),
                        1 => (column, last - row),
                        2 => (last - row, last - column),
                        _ => (last - column, row),
                    };
                    let from_column = if self.mirrored {
                        last - turned_column
                    } else {
                        turned_column
                    };
                    values.push(plane[from_row * side + from_column]);
                }
            }
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ```text
    /// 0 1
    /// 2 3
    /// ```
    fn picture() -> NetworkInput {
        NetworkInput {
            side: 2,
            values: [0.0, 1.0, 2.0, 3.0].repeat(3),
        }
    }

    fn first_plane(quarter_turns: u32, mirrored: bool) -> Vec<f32> {
        View {
            quarter_turns,
            mirrored,
        }
        .of(&picture())[..4]
            .to_vec()
    }

    #[test]
    fn views_turn_counter_clockwise_after_mirroring() {
        assert_eq!(first_plane(0, false), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(first_plane(1, false), [1.0, 3.0, 0.0, 2.0]);
        assert_eq!(first_plane(2, false), [3.0, 2.0, 1.0, 0.0]);
        assert_eq!(first_plane(3, false), [2.0, 0.0, 3.0, 1.0]);
        assert_eq!(first_plane(0, true), [1.0, 0.0, 3.0, 2.0]);
        assert_eq!(first_plane(1, true), [0.0, 2.0, 1.0, 3.0]);
    }

    #[test]
    fn the_plan_lists_its_views() {
        let plan = PassPlan {
            rotations: 2,
            mirrors: true,
            ..PassPlan::default()
        };
        let turns: Vec<_> = plan
            .views()
            .into_iter()
            .map(|view| (view.quarter_turns, view.mirrored))
            .collect();
        assert_eq!(turns, [(0, false), (2, false), (0, true), (2, true)]);
        assert_eq!(plan.passes(3), 12);
    }

    #[test]
    fn a_plan_finds_its_passes_among_those_of_a_wider_one() {
        let wide = PassPlan {
            mirrors: true,
            ..PassPlan::default()
        };
        let upright_and_upside_down = PassPlan {
            rotations: 2,
            ..PassPlan::default()
        };
        let found = upright_and_upside_down.places_in(&wide, 2);
        assert_eq!(found, Some(vec![0, 2, 8, 10]));
        let first_member = PassPlan {
            members: Some(1),
            mirrors: true,
            ..upright_and_upside_down
        };
        assert_eq!(
            first_member.places_in(&wide, 2),
            Some(vec![0, 2, 4, 6]),
            "views of the first member only"
        );
        assert_eq!(
            wide.places_in(&first_member, 2),
            None,
            "views and members lack"
        );
        let drawn = PassPlan {
            stochastic: Stochastic::DROPOUT,
            ..PassPlan::default()
        };
        assert_eq!(drawn.places_in(&wide, 2), None);
    }

    #[test]
    fn impossible_plans_are_refused() {
        let plan = PassPlan::default();
        assert_eq!(
            PassPlan {
                rotations: 3,
                ..plan
            }
            .validate(),
            Err(PlanError::Rotations(3))
        );
        assert_eq!(
            PassPlan { samples: 0, ..plan }.validate(),
            Err(PlanError::Zero)
        );
        assert_eq!(
            PassPlan {
                batch_size: 0,
                ..plan
            }
            .validate(),
            Err(PlanError::Zero)
        );
        assert_eq!(
            PassPlan { samples: 5, ..plan }.validate(),
            Err(PlanError::SameSamples(5))
        );
        assert_eq!(
            PassPlan {
                samples: 5,
                stochastic: Stochastic::DROPOUT,
                ..plan
            }
            .validate(),
            Ok(())
        );
    }
}
