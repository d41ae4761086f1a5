//! Grading: prepared photographs in, logits of every pass and what follows from them out.

use std::sync::Arc;

use burn::tensor::Device;
use fundus::{NetworkInput, Preparation, Prepared, Quality};
use trust::{Assessment, Calibration, Decision, DecisionPolicy, Logits, TrustError};

use crate::batch_norm::SampledStatistics;
use crate::bundle::{Bundle, BundleManifest};
use crate::draws;
use crate::member::Member;
use crate::network::{FEATURES, NoMoments, ResNet18};
use crate::passes::{PassPlan, PlanError, Stochastic, View};

/// Why photographs could not be graded.
#[derive(Debug, thiserror::Error)]
pub enum GraderError {
    /// The plan cannot be carried out.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Batch norm cannot be sampled.
    #[error(transparent)]
    NoMoments(#[from] NoMoments),
    /// Dropout was asked for, but the bundle was trained without.
    #[error(
        "this bundle was trained without dropout, so dropout cannot be sampled; use batch norm or no stochastic samples"
    )]
    NoDropout,
    /// An input is not what the bundle's preparation makes.
    #[error(
        "photograph {index} was prepared as {side} x {side} pixels with {values} values, but the bundle wants {expected} x {expected} x 3"
    )]
    Input {
        /// Place of the photograph among those given.
        index: usize,
        /// Its side in pixels.
        side: usize,
        /// The number of its values.
        values: usize,
        /// The side that the bundle wants.
        expected: usize,
    },
    /// A member computes nonsense.
    #[error(
        "member {member} of the bundle gives logits that are not finite; its weights are broken"
    )]
    NotFinite {
        /// Place of the member in the bundle.
        member: usize,
    },
    /// The logits could not be turned into an assessment.
    #[error(transparent)]
    Trust(#[from] TrustError),
}

/// A bundle's members on a device, ready to grade.
#[derive(Clone, Debug)]
pub struct Grader {
    manifest: BundleManifest,
    members: Arc<[Member]>,
}

/// What is said about one photograph.
#[derive(Clone, Debug)]
pub struct Screening {
    /// Logits of every pass before calibration, in the order member, sample, view.
    pub logits: Vec<Logits>,
    /// Grade, probabilities and uncertainty.
    pub assessment: Assessment,
    /// What should happen next.
    pub decision: Decision,
    /// The rule that decided, in a sentence.
    pub reason: String,
    /// The quality of the photograph.
    pub quality: Quality,
}

impl Grader {
    /// Brings the members of an opened bundle to a device and lets each of them grade an empty picture, so that broken
    /// weights are found now and not at the first patient.
    pub fn open(bundle: &Bundle, device: &Device) -> Result<Self, GraderError> {
        Self::new(bundle.manifest.clone(), bundle.networks(), device)
    }

    /// As [`Grader::open`], with networks that are not in a bundle yet.
    pub fn new(
        manifest: BundleManifest,
        networks: &[ResNet18],
        device: &Device,
    ) -> Result<Self, GraderError> {
        let members = networks.iter().map(|network| Member::new(network, device));
        Self::of(manifest, members.collect())
    }

    /// As [`Grader::new`], with members that are ready to compute.
    pub fn of(manifest: BundleManifest, members: Vec<Member>) -> Result<Self, GraderError> {
        let side = 32;
        let empty = vec![0.0; 3 * side * side];
        for (place, member) in members.iter().enumerate() {
            finite(
                &member.classify(&member.averages(&empty, side, None)),
                place,
            )?;
        }
        Ok(Self {
            manifest,
            members: members.into(),
        })
    }

    /// The members, in the bundle's order.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// What the members compute with, see [`Member::computes_with`].
    pub fn computes_with(&self) -> Option<&'static str> {
        self.members.first().map(Member::computes_with)
    }

    /// What the bundle says about itself.
    pub fn manifest(&self) -> &BundleManifest {
        &self.manifest
    }

    /// How a photograph becomes the network's input.
    pub fn preparation(&self) -> &Preparation {
        &self.manifest.preparation
    }

    /// How the logits of a pass become probabilities.
    pub fn calibration(&self) -> &Calibration {
        &self.manifest.calibration
    }

    /// How an assessment becomes a decision.
    pub fn policy(&self) -> &DecisionPolicy {
        &self.manifest.policy
    }

    /// Logits of every pass of every photograph: `[photograph][pass]`, passes in the order member, sample, view.
    ///
    /// A photograph's logits depend on itself, the bundle and the plan only; on the CPU they are the same bits alone or
    /// among others, in any order, with any batch size and any number of threads.
    pub fn logits(
        &self,
        inputs: &[&NetworkInput],
        plan: &PassPlan,
    ) -> Result<Vec<Vec<Logits>>, GraderError> {
        plan.validate()?;
        self.check_inputs(inputs)?;
        if plan.stochastic == Stochastic::Dropout && self.manifest.dropout <= 0.0 {
            return Err(GraderError::NoDropout);
        }
        let views = plan.views();
        let seen: Vec<(&NetworkInput, View)> = inputs
            .iter()
            .flat_map(|&input| views.iter().map(move |&view| (input, view)))
            .collect();

        let mut logits = vec![Vec::with_capacity(plan.passes(self.members.len())); inputs.len()];
        for (place, member) in self.members.iter().enumerate() {
            for sample in self.member_samples(place, member, &seen, plan)? {
                finite(&sample, place)?;
                for (photograph, passes) in logits.iter_mut().zip(sample.chunks_exact(views.len()))
                {
                    photograph.extend_from_slice(passes);
                }
            }
        }
        Ok(logits)
    }

    /// Grades photographs and decides what should happen next, in the order given.
    pub fn screen(
        &self,
        photographs: &[&Prepared],
        plan: &PassPlan,
    ) -> Result<Vec<Screening>, GraderError> {
        let inputs: Vec<&NetworkInput> = photographs
            .iter()
            .map(|photograph| &photograph.input)
            .collect();
        let logits = self.logits(&inputs, plan)?;
        photographs
            .iter()
            .zip(logits)
            .map(|(photograph, passes)| self.screening(photograph.quality.clone(), passes))
            .collect()
    }

    /// What follows from the logits of one photograph.
    fn screening(&self, quality: Quality, logits: Vec<Logits>) -> Result<Screening, GraderError> {
        let assessment = Assessment::from_passes(&logits, self.calibration())?;
        let decision = self.policy().decide(&assessment, quality.score);
        let reason = self.policy().reason(&assessment, quality.score);
        Ok(Screening {
            logits,
            assessment,
            decision,
            reason,
            quality,
        })
    }

    fn check_inputs(&self, inputs: &[&NetworkInput]) -> Result<(), GraderError> {
        let expected = self.preparation().input_side as usize;
        let fits = |input: &NetworkInput| {
            input.side == expected && input.values.len() == 3 * expected * expected
        };
        match inputs.iter().enumerate().find(|(_, input)| !fits(input)) {
            None => Ok(()),
            Some((index, input)) => Err(GraderError::Input {
                index,
                side: input.side,
                values: input.values.len(),
                expected,
            }),
        }
    }

    /// One member's logits: `[sample][photograph × view]`.
    fn member_samples(
        &self,
        place: usize,
        member: &Member,
        seen: &[(&NetworkInput, View)],
        plan: &PassPlan,
    ) -> Result<Vec<Vec<Logits>>, GraderError> {
        match plan.stochastic {
            Stochastic::None => {
                let averages = self.averages(member, seen, None, plan.batch_size);
                Ok(vec![member.classify(&averages)])
            }
            // The masks act behind the features, which all samples share.
            Stochastic::Dropout => {
                let averages = self.averages(member, seen, None, plan.batch_size);
                let samples = (0..plan.samples).map(|sample| {
                    let mask = self.dropout_mask(plan.seed, place, sample);
                    let mut kept = averages.clone();
                    for row in &mut kept {
                        row.iter_mut()
                            .zip(&mask)
                            .for_each(|(average, factor)| *average *= factor);
                    }
                    member.classify(&kept)
                });
                Ok(samples.collect())
            }
            Stochastic::BatchNorm => (0..plan.samples)
                .map(|sample| {
                    let drawn = member.sample_statistics(plan.seed, place, sample)?;
                    let averages = self.averages(member, seen, Some(&drawn), plan.batch_size);
                    Ok(member.classify(&averages))
                })
                .collect(),
        }
    }

    /// Averages of the last feature map of all views, batch by batch.
    fn averages(
        &self,
        member: &Member,
        seen: &[(&NetworkInput, View)],
        drawn: Option<&SampledStatistics>,
        batch_size: usize,
    ) -> Vec<[f32; FEATURES]> {
        let side = self.preparation().input_side as usize;
        let of_batch = |views: &[(&NetworkInput, View)]| {
            let pictures: Vec<f32> = views
                .iter()
                .flat_map(|(input, view)| view.of(input))
                .collect();
            member.averages(&pictures, side, drawn)
        };
        seen.chunks(batch_size).flat_map(of_batch).collect()
    }

    /// For each feature, 0 if it is dropped and 1 / (1 - dropout) if it is kept.
    fn dropout_mask(&self, seed: u64, member: usize, sample: u32) -> Vec<f32> {
        let dropout = self.manifest.dropout;
        let key = draws::Key {
            seed,
            member,
            sample,
            layer: draws::DROPOUT,
        };
        let kept = |uniform: f32| {
            if uniform < dropout {
                0.0
            } else {
                1.0 / (1.0 - dropout)
            }
        };
        let uniforms = draws::uniforms(key, FEATURES);
        uniforms.into_iter().map(kept).collect()
    }
}

fn finite(logits: &[Logits], member: usize) -> Result<(), GraderError> {
    let all = logits
        .iter()
        .flat_map(|logits| logits.0)
        .all(f32::is_finite);
    if all {
        Ok(())
    } else {
        Err(GraderError::NotFinite { member })
    }
}
