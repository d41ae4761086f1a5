//! Grading: prepared photographs in, logits of every pass and what follows from them out.

use std::sync::Arc;

use burn::tensor::Device;
use fundus::{NetworkInput, Preparation, Prepared, Quality};
use trust::{
    Assessment, Calibration, Decision, DecisionPolicy, Evidence, Logits, PredictionSet, Rule,
    TrustError,
};

use crate::batch_norm::SampledStatistics;
use crate::bundle::{Bundle, BundleError};
use crate::draws;
use crate::experience::{Experience, MemberExperience};
use crate::manifest::BundleManifest;
use crate::member::Member;
use crate::network::{FEATURES, NoMoments, ResNet18};
use crate::passes::{Norms, PassPlan, PlanError, View};

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
    /// The bundle holds fewer training batches than samples were asked for.
    #[error(
        "{samples} samples of training batches were asked for, but the bundle holds the statistics of {batches}; ask for \
         fewer, or measure them with `fundoscope bundle experience`"
    )]
    TooFewBatches {
        /// Those it holds.
        batches: usize,
        /// Those that were asked for.
        samples: u32,
    },
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
    /// A member's weights do not fit.
    #[error(transparent)]
    Bundle(#[from] BundleError),
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
    experience: Option<Arc<Experience>>,
}

/// What the members say about one photograph.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Logits of every pass before calibration, in the order member, sample, view.
    pub logits: Vec<Logits>,
    /// How unlike the training photographs it is, see [`FeatureSpace::distance`](crate::FeatureSpace::distance): the mean
    /// over the members. `None` where the bundle does not know their features.
    pub unfamiliarity: Option<f32>,
}

/// What is said about one photograph.
#[derive(Clone, Debug)]
pub struct Screening {
    /// Logits of every pass before calibration, in the order member, sample, view.
    pub logits: Vec<Logits>,
    /// Grade, probabilities and uncertainty.
    pub assessment: Assessment,
    /// The grades that the photograph may have, with the promised coverage; `None` where the bundle promises none.
    pub prediction_set: Option<PredictionSet>,
    /// What should happen next.
    pub decision: Decision,
    /// The line of the policy that decided.
    pub rule: Rule,
    /// The rule that decided, in a sentence.
    pub reason: String,
    /// What the decision took into account beside the assessment.
    pub evidence: Evidence,
    /// The quality of the photograph.
    pub quality: Quality,
}

impl Grader {
    /// Brings the members of an opened bundle to a device and lets each of them grade an empty picture, so that broken
    /// weights are found now and not at the first patient.
    pub fn open(bundle: &Bundle, device: &Device) -> Result<Self, GraderError> {
        let grader = Self::of(bundle.manifest.clone(), bundle.members(device)?)?;
        Ok(grader.with_experience(bundle.experience.clone()))
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
            experience: None,
        })
    }

    /// The same grader with what its members met in training.
    pub fn with_experience(self, experience: Option<Experience>) -> Self {
        Self {
            experience: experience.map(Arc::new),
            ..self
        }
    }

    /// The members, in the bundle's order.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// What the members compute with, see [`Member::computes_with`].
    pub fn computes_with(&self) -> Option<&'static str> {
        self.members.first().map(Member::computes_with)
    }

    /// Training batches whose statistics the bundle holds, see [`Stochastic::training_batches`](crate::Stochastic).
    pub fn training_batches(&self) -> usize {
        let experience = self.experience.iter();
        let members = experience.flat_map(|experience| &experience.members);
        members
            .map(|member| member.batches.len())
            .min()
            .unwrap_or(0)
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
        let answers = self.passes(inputs, plan, false)?;
        Ok(answers.into_iter().map(|answer| answer.logits).collect())
    }

    /// As [`Grader::logits`], and how unlike the training photographs each is.
    pub fn answers(
        &self,
        inputs: &[&NetworkInput],
        plan: &PassPlan,
    ) -> Result<Vec<Answer>, GraderError> {
        self.passes(inputs, plan, true)
    }

    /// The answers, without the distances where nobody asks for them: a plan of chance alone would need further passes.
    fn passes(
        &self,
        inputs: &[&NetworkInput],
        plan: &PassPlan,
        with_distances: bool,
    ) -> Result<Vec<Answer>, GraderError> {
        plan.validate()?;
        self.check_inputs(inputs)?;
        if plan.stochastic.dropout && self.manifest.dropout <= 0.0 {
            return Err(GraderError::NoDropout);
        }
        let views = plan.views();
        let seen: Vec<(&NetworkInput, View)> = inputs
            .iter()
            .flat_map(|&input| views.iter().map(move |&view| (input, view)))
            .collect();

        let answering = plan.answering(self.members.len());
        let mut logits = vec![Vec::with_capacity(plan.passes(self.members.len())); inputs.len()];
        let mut distances = vec![Vec::with_capacity(answering); inputs.len()];
        for (place, member) in self.members.iter().enumerate().take(answering) {
            let passes = MemberPasses {
                grader: self,
                place,
                member,
                seen: &seen,
                plan,
            };
            let (samples, averages) = passes.run()?;
            for sample in samples {
                finite(&sample, place)?;
                for (photograph, passes) in logits.iter_mut().zip(sample.chunks_exact(views.len()))
                {
                    photograph.extend_from_slice(passes);
                }
            }
            if with_distances {
                let found = passes.distances(averages.as_deref());
                for (photograph, distance) in distances.iter_mut().zip(found) {
                    photograph.push(distance);
                }
            }
        }
        let answers = logits.into_iter().zip(distances);
        Ok(answers
            .map(|(logits, distances)| Answer {
                logits,
                unfamiliarity: mean(&distances),
            })
            .collect())
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
        let answers = self.answers(&inputs, plan)?;
        photographs
            .iter()
            .zip(answers)
            .map(|(photograph, answer)| self.screening(photograph.quality.clone(), answer))
            .collect()
    }

    /// What follows from the logits of one photograph.
    fn screening(&self, quality: Quality, answer: Answer) -> Result<Screening, GraderError> {
        let assessment = Assessment::from_passes(&answer.logits, self.calibration())?;
        let evidence = Evidence {
            quality: quality.score,
            unfamiliarity: answer.unfamiliarity,
        };
        let policy = self.policy();
        let rule = policy.rule(&assessment, &evidence);
        let sets = self.manifest.prediction_sets.as_ref();
        Ok(Screening {
            logits: answer.logits,
            assessment,
            prediction_set: sets.map(|sets| sets.set(&assessment.probabilities)),
            decision: rule.decision(),
            rule,
            reason: policy.reason(&assessment, &evidence),
            evidence,
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

/// Averages of the last feature map, a row for each view.
type Averages = Vec<[f32; FEATURES]>;

/// One member at work on some views.
struct MemberPasses<'a> {
    grader: &'a Grader,
    place: usize,
    member: &'a Member,
    /// Every view of the first photograph, then of the second, and so on.
    seen: &'a [(&'a NetworkInput, View)],
    plan: &'a PassPlan,
}

impl MemberPasses<'_> {
    /// Logits `[sample][photograph × view]`, and the averages of the views with the weights' own statistics, where they
    /// were needed.
    fn run(&self) -> Result<(Vec<Vec<Logits>>, Option<Averages>), GraderError> {
        // What no sample changes is computed once.
        let mut shared: Option<Averages> = None;
        let samples = (0..self.plan.samples)
            .map(|sample| {
                let averages = match self.drawn(sample)? {
                    Some(drawn) => self.averages(self.seen, Some(&drawn)),
                    None => shared
                        .get_or_insert_with(|| self.averages(self.seen, None))
                        .clone(),
                };
                Ok(self.member.classify(&self.dropped(averages, sample)))
            })
            .collect::<Result<_, GraderError>>()?;
        Ok((samples, shared))
    }

    /// The statistics that a sample normalises with; nothing for those of the weights.
    fn drawn(&self, sample: u32) -> Result<Option<SampledStatistics>, GraderError> {
        let seed = self.plan.seed;
        match self.plan.stochastic.norms(sample) {
            Norms::Frozen => Ok(None),
            Norms::Moments => Ok(Some(
                self.member.sample_statistics(seed, self.place, sample)?,
            )),
            Norms::TrainingBatch(place) => {
                let batches = self.experience().map_or(&[][..], |known| &known.batches);
                let order = draws::order(seed, self.place, batches.len());
                let batch = order.get(place as usize).map(|index| &batches[*index]);
                let statistics = batch.and_then(|batch| self.member.batch_statistics(batch));
                match statistics {
                    Some(statistics) => Ok(Some(statistics)),
                    None => Err(GraderError::TooFewBatches {
                        batches: batches.len(),
                        samples: self.plan.samples,
                    }),
                }
            }
        }
    }

    /// Averages with dropout, where the plan has it; the masks act behind the features.
    fn dropped(&self, mut averages: Vec<[f32; FEATURES]>, sample: u32) -> Vec<[f32; FEATURES]> {
        if self.plan.stochastic.dropout {
            let mask = self.grader.dropout_mask(self.plan.seed, self.place, sample);
            for row in &mut averages {
                row.iter_mut()
                    .zip(&mask)
                    .for_each(|(average, factor)| *average *= factor);
            }
        }
        averages
    }

    /// How far each photograph's features, upright and with the weights' own statistics, lie from those of training
    /// photographs; nothing where the bundle does not know those. `averages` are those of all views, where they were
    /// computed already.
    fn distances(&self, averages: Option<&[[f32; FEATURES]]>) -> Vec<f32> {
        let Some(known) = self.experience() else {
            return Vec::new();
        };
        let distance = |features: &[f32; FEATURES]| known.features.distance(features);
        let is_upright = |view: &View| *view == View::UPRIGHT;
        match averages {
            Some(averages) => {
                let views = self.seen.iter().zip(averages);
                let upright = views.filter(|((_, view), _)| is_upright(view));
                upright.map(|(_, features)| distance(features)).collect()
            }
            None => {
                let views = self.seen.iter().filter(|(_, view)| is_upright(view));
                let upright: Vec<(&NetworkInput, View)> = views.copied().collect();
                self.averages(&upright, None).iter().map(distance).collect()
            }
        }
    }

    fn experience(&self) -> Option<&MemberExperience> {
        let experience = self.grader.experience.as_ref()?;
        experience.members.get(self.place)
    }

    /// Averages of the last feature map of views, batch by batch.
    fn averages(
        &self,
        seen: &[(&NetworkInput, View)],
        drawn: Option<&SampledStatistics>,
    ) -> Vec<[f32; FEATURES]> {
        let side = self.grader.preparation().input_side as usize;
        let of_batch = |views: &[(&NetworkInput, View)]| {
            let pictures: Vec<f32> = views
                .iter()
                .flat_map(|(input, view)| view.of(input))
                .collect();
            self.member.averages(&pictures, side, drawn)
        };
        seen.chunks(self.plan.batch_size)
            .flat_map(of_batch)
            .collect()
    }
}

/// The mean, where there is a value.
fn mean(values: &[f32]) -> Option<f32> {
    (!values.is_empty()).then(|| values.iter().sum::<f32>() / values.len() as f32)
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
