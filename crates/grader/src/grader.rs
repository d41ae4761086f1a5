//! Grading: prepared photographs in, logits of every pass and what follows from them out.

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use fundus::{NetworkInput, Preparation, Prepared, Quality};
use trust::{Assessment, Calibration, Decision, DecisionPolicy, Logits, TrustError};

use crate::batch_norm::{BatchNormMode, SampledStatistics};
use crate::bundle::{Bundle, BundleManifest};
use crate::draws;
use crate::network::{CLASSES, FEATURES, NoMoments, ResNet18};
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
    /// The logits could not be read back from the device.
    #[error("the device failed: {0}")]
    Device(String),
    /// The logits could not be turned into an assessment.
    #[error(transparent)]
    Trust(#[from] TrustError),
}

/// A bundle's members on a device, ready to grade.
#[derive(Clone, Debug)]
pub struct Grader {
    manifest: BundleManifest,
    members: Vec<ResNet18>,
    device: Device,
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
        Self::new(bundle.manifest.clone(), bundle.networks.clone(), device)
    }

    /// As [`Grader::open`], with networks that are not in a bundle yet.
    pub fn new(
        manifest: BundleManifest,
        members: Vec<ResNet18>,
        device: &Device,
    ) -> Result<Self, GraderError> {
        let members: Vec<ResNet18> = members
            .into_iter()
            .map(|member| member.fork(device))
            .collect();
        let empty = Tensor::zeros([1, 3, 32, 32], device);
        for (member, network) in members.iter().enumerate() {
            let logits = read(network.forward(empty.clone(), BatchNormMode::Frozen))?;
            finite(&logits, member)?;
        }
        Ok(Self {
            manifest,
            members,
            device: device.clone(),
        })
    }

    /// The members' networks, in the bundle's order.
    pub fn members(&self) -> &[ResNet18] {
        &self.members
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

    /// Where the members lie.
    pub fn device(&self) -> &Device {
        &self.device
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
        for (member, network) in self.members.iter().enumerate() {
            for sample in self.member_samples(member, network, &seen, plan)? {
                finite(&sample, member)?;
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
        member: usize,
        network: &ResNet18,
        seen: &[(&NetworkInput, View)],
        plan: &PassPlan,
    ) -> Result<Vec<Vec<Logits>>, GraderError> {
        match plan.stochastic {
            Stochastic::None => {
                let pooled = self.pooled(network, seen, BatchNormMode::Frozen, plan.batch_size);
                Ok(vec![classify(network, &pooled)?])
            }
            // The masks act behind the features, which all samples share.
            Stochastic::Dropout => {
                let pooled = self.pooled(network, seen, BatchNormMode::Frozen, plan.batch_size);
                (0..plan.samples)
                    .map(|sample| {
                        let mask = self.dropout_mask(plan.seed, member, sample);
                        let kept: Vec<_> = pooled
                            .iter()
                            .map(|features| features.clone() * mask.clone())
                            .collect();
                        classify(network, &kept)
                    })
                    .collect()
            }
            Stochastic::BatchNorm => (0..plan.samples)
                .map(|sample| {
                    let drawn: SampledStatistics =
                        network.sample_statistics(plan.seed, member, sample)?;
                    let pooled = self.pooled(
                        network,
                        seen,
                        BatchNormMode::Sampled(&drawn),
                        plan.batch_size,
                    );
                    classify(network, &pooled)
                })
                .collect(),
        }
    }

    /// Features `[batch, 512]` of all views, batch by batch.
    fn pooled(
        &self,
        network: &ResNet18,
        seen: &[(&NetworkInput, View)],
        mode: BatchNormMode<'_>,
        batch_size: usize,
    ) -> Vec<Tensor<2>> {
        seen.chunks(batch_size)
            .map(|batch| network.pooled(network.features(self.batch(batch), mode)))
            .collect()
    }

    fn batch(&self, views: &[(&NetworkInput, View)]) -> Tensor<4> {
        let side = self.preparation().input_side as usize;
        let values: Vec<f32> = views
            .iter()
            .flat_map(|(input, view)| view.of(input))
            .collect();
        Tensor::from_data(
            TensorData::new(values, [views.len(), 3, side, side]),
            &self.device,
        )
    }

    /// `[1, 512]`: 0 for a dropped feature, 1 / (1 - dropout) for a kept one.
    fn dropout_mask(&self, seed: u64, member: usize, sample: u32) -> Tensor<2> {
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
        let mask: Vec<f32> = draws::uniforms(key, FEATURES)
            .into_iter()
            .map(kept)
            .collect();
        Tensor::from_data(TensorData::new(mask, [1, FEATURES]), &self.device)
    }
}

fn classify(network: &ResNet18, pooled: &[Tensor<2>]) -> Result<Vec<Logits>, GraderError> {
    let mut logits = Vec::new();
    for features in pooled {
        logits.extend(read(network.classify(features.clone()))?);
    }
    Ok(logits)
}

fn read(logits: Tensor<2>) -> Result<Vec<Logits>, GraderError> {
    let failed = |error: &dyn std::fmt::Display| GraderError::Device(error.to_string());
    let data = logits
        .try_into_data_as::<f32>()
        .map_err(|error| failed(&error))?;
    let values: Vec<f32> = data
        .try_to_vec()
        .map_err(|error| GraderError::Device(format!("{error:?}")))?;
    let (rows, _) = values.as_chunks::<CLASSES>();
    Ok(rows.iter().map(|row| Logits(*row)).collect())
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
