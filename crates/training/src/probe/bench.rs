//! Fitting heads to the features of the training photographs and measuring them on those of the validation photographs.

use std::collections::{BTreeMap, BTreeSet};

use burn::tensor::Device;
use fundus::Quality;
use trust::bootstrap::{Interval, patient_bootstrap};
use trust::comparison::{Comparison, GradedTwice};
use trust::evaluation::{Case, Evaluation};
use trust::{Assessment, Calibration, DISCLAIMER, Evidence, Grade, Logits, Witness, metrics};

use super::answer::Answer;
use super::features::View;
use super::head::{Head, Pooled, Pooling, Task};
use super::{LeftOut, MacularOedema, MeasuredHead, Probe};
use crate::fitting::{OPERATING_POINT, UNSURE_MEASURE};
use crate::photographs::Photograph;
use crate::progress::Progress;
use crate::{TrainingError, sampler};

/// Penalties that are tried.
const PENALTIES: [f64; 3] = [3e-4, 3e-3, 3e-2];
/// Parts of the training patients in the cross-validation.
const FOLDS: usize = 4;
/// Resamples of the bootstrap behind every interval.
const RESAMPLES: usize = 1000;
/// With fewer training photographs with macular oedema nothing is said about it.
const FEWEST: usize = 8;

/// Features and what is known of the photographs they are of.
pub(crate) struct Bench<'a> {
    pub(crate) seed: u64,
    /// Class balance, as in training.
    pub(crate) balance: f64,
    pub(crate) train: &'a [Photograph],
    pub(crate) val: &'a [Photograph],
    pub(crate) trained: &'a [View],
    pub(crate) validated: &'a [View],
}

/// A fitted head and how it is to be read.
pub(crate) struct Fitted {
    pub(crate) head: Head,
    pooling: Pooling,
    answer: Answer,
    penalty: f64,
}

impl Bench<'_> {
    /// Every pooling with the plainest answer, and every answer with the plainest pooling.
    pub(super) fn measure(
        &self,
        observer: &(dyn Fn(Progress) + Sync),
    ) -> Result<Probe, TrainingError> {
        let poolings = Pooling::ALL.map(|pooling| (pooling, Answer::CrossEntropy));
        let answers = Answer::ALL.map(|answer| (Pooling::Average, answer));
        // Both begin with the network's own head.
        let kinds = poolings.into_iter().chain(answers.into_iter().skip(1));
        let everywhere = |_: &Photograph| true;
        let mut heads: Vec<MeasuredHead> = Vec::new();
        let mut first: Vec<Case> = Vec::new();
        for (pooling, answer) in kinds {
            let known = heads.first().map(|head| head.penalty);
            let fitted = self.fit(pooling, answer, known, &everywhere);
            let calibration = self.calibrate(&fitted, &everywhere)?;
            let cases = self.cases(&fitted, &calibration, &everywhere)?;
            let evaluation = Evaluation::of(&cases, self.seed, RESAMPLES);
            observer(Progress::Head {
                pooling: pooling.name(),
                answer: answer.name(),
                kappa: value(evaluation.pooled.quadratic_weighted_kappa),
                referable_auc: value(evaluation.pooled.referable_auc),
            });
            let against_first = (!heads.is_empty()).then(|| self.compare(&cases, &first));
            if heads.is_empty() {
                first = cases;
            }
            heads.push(MeasuredHead {
                pooling,
                answer,
                penalty: fitted.penalty,
                evaluation,
                against_first,
            });
        }
        let penalty = heads.first().map_or(PENALTIES[0], |head| head.penalty);
        Ok(Probe {
            disclaimer: DISCLAIMER.to_owned(),
            leave_one_source_out: self.leave_one_source_out(penalty)?,
            macular_oedema: self.macular_oedema(penalty, &first),
            heads,
        })
    }

    /// Fits a head to the views of those training photographs that are wanted. Attention takes the `known` penalty:
    /// cross-validating it would take longer than all other heads together.
    pub(crate) fn fit(
        &self,
        pooling: Pooling,
        answer: Answer,
        known: Option<f64>,
        is_wanted: &dyn Fn(&Photograph) -> bool,
    ) -> Fitted {
        let chosen = self.views_of(self.trained, self.train, is_wanted);
        let views: Vec<&View> = self.trained.iter().collect();
        let pooled = Pooled::of(&views, pooling);
        let grades: Vec<Grade> = views.iter().map(|view| view.grade).collect();
        let weights = self.weights(&grades);
        let losses = |outputs, indices: &[usize]| {
            let grades: Vec<Grade> = indices.iter().map(|index| grades[*index]).collect();
            answer.losses(outputs, &grades)
        };
        let task = |penalty: f64| Task {
            scores: answer.scores(),
            biases: answer.biases(),
            losses: &losses,
            weights: &weights,
            penalty,
            seed: self.seed,
        };
        let penalty = match (pooling, known) {
            (Pooling::Attention, Some(known)) => known,
            _ => self.cross_validated(&pooled, &chosen, &task),
        };
        Fitted {
            head: Head::fit(&pooled, &chosen, &task(penalty), &Device::flex()),
            pooling,
            answer,
            penalty,
        }
    }

    /// The penalty with the least loss on patients that the head was not fitted to.
    fn cross_validated<'t>(
        &self,
        pooled: &Pooled<'_>,
        chosen: &[usize],
        task: &dyn Fn(f64) -> Task<'t>,
    ) -> f64 {
        let folds = self.folds();
        let fold_of = |index: &usize| folds[self.trained[*index].photograph];
        let losses = PENALTIES.map(|penalty| {
            let task = task(penalty);
            let held_out_loss = |fold: usize| {
                let (held_out, fitted): (Vec<usize>, Vec<usize>) =
                    chosen.iter().partition(|index| fold_of(index) == fold);
                if held_out.is_empty() || fitted.is_empty() {
                    return 0.0;
                }
                let head = Head::fit(pooled, &fitted, &task, &Device::flex());
                head.held_out_loss(pooled, &held_out, &task) * held_out.len() as f64
            };
            (0..FOLDS).map(held_out_loss).sum::<f64>()
        });
        let least =
            (0..PENALTIES.len()).min_by(|left, right| losses[*left].total_cmp(&losses[*right]));
        PENALTIES[least.unwrap_or_default()]
    }

    /// The fold of each training photograph; a patient's photographs share one.
    fn folds(&self) -> Vec<usize> {
        let patient = |photograph: &Photograph| {
            let listed = &photograph.listed;
            (listed.source.clone(), listed.patient.clone())
        };
        let patients: BTreeSet<_> = self.train.iter().map(patient).collect();
        let folds: BTreeMap<_, usize> = patients.into_iter().zip((0..FOLDS).cycle()).collect();
        let train = self.train.iter();
        train
            .map(|photograph| folds[&patient(photograph)])
            .collect()
    }

    /// How much each training view counts, as often as training would show its photograph.
    fn weights(&self, grades: &[Grade]) -> Vec<f32> {
        let expected = sampler::expected_draws(grades, self.balance);
        expected.into_iter().map(|weight| weight as f32).collect()
    }

    /// Indices of the views of those photographs that are wanted.
    fn views_of(
        &self,
        views: &[View],
        photographs: &[Photograph],
        is_wanted: &dyn Fn(&Photograph) -> bool,
    ) -> Vec<usize> {
        (0..views.len())
            .filter(|index| is_wanted(&photographs[views[*index].photograph]))
            .collect()
    }

    /// The logits of all views of each wanted validation photograph, and which photographs they are.
    fn answers(
        &self,
        fitted: &Fitted,
        is_wanted: &dyn Fn(&Photograph) -> bool,
    ) -> (Vec<usize>, Vec<Vec<Logits>>) {
        let chosen = self.views_of(self.validated, self.val, is_wanted);
        let views: Vec<&View> = self.validated.iter().collect();
        let pooled = Pooled::of(&views, fitted.pooling);
        let mut by_photograph: BTreeMap<usize, Vec<Logits>> = BTreeMap::new();
        for (index, outputs) in chosen.iter().zip(fitted.head.answers(&pooled, &chosen)) {
            by_photograph
                .entry(self.validated[*index].photograph)
                .or_default()
                .push(fitted.answer.logits(&outputs));
        }
        by_photograph.into_iter().unzip()
    }

    fn calibrate(
        &self,
        fitted: &Fitted,
        is_wanted: &dyn Fn(&Photograph) -> bool,
    ) -> Result<Calibration, TrainingError> {
        let (photographs, logits) = self.answers(fitted, is_wanted);
        let grades: Vec<Grade> = photographs
            .iter()
            .map(|photograph| self.val[*photograph].listed.grade)
            .collect();
        Ok(Calibration::fit_temperature(&logits, &grades)?)
    }

    fn cases(
        &self,
        fitted: &Fitted,
        calibration: &Calibration,
        is_wanted: &dyn Fn(&Photograph) -> bool,
    ) -> Result<Vec<Case>, TrainingError> {
        let (photographs, logits) = self.answers(fitted, is_wanted);
        let photographs: Vec<&Photograph> = photographs
            .iter()
            .map(|photograph| &self.val[*photograph])
            .collect();
        let grades: Vec<Grade> = photographs
            .iter()
            .map(|photograph| photograph.listed.grade)
            .collect();
        let assessments = logits
            .iter()
            .map(|passes| Assessment::from_passes(passes, calibration))
            .collect::<Result<Vec<_>, _>>()?;
        let evidence = |photograph: &Photograph| Evidence {
            quality: photograph.quality,
            unfamiliarity: None,
        };
        let witnesses: Vec<Witness> = photographs
            .iter()
            .zip(assessments.iter().zip(&grades))
            .map(|(photograph, (assessment, grade))| Witness {
                patient: photograph.listed.patient.clone(),
                grade: *grade,
                assessment: *assessment,
                evidence: evidence(photograph),
            })
            .collect();
        let policy = OPERATING_POINT.policy(&witnesses, UNSURE_MEASURE, Quality::GRADABLE_AT)?;
        let cases = photographs.into_iter().zip(assessments);
        Ok(cases
            .map(|(photograph, assessment)| Case {
                source: photograph.listed.source.clone(),
                patient: photograph.listed.patient.clone(),
                grade: photograph.listed.grade,
                assessment,
                evidence: evidence(photograph),
                rule: policy.rule(&assessment, &evidence(photograph)),
            })
            .collect())
    }

    fn compare(&self, cases: &[Case], first: &[Case]) -> Comparison {
        let twice: Vec<GradedTwice> = cases
            .iter()
            .zip(first)
            .map(|(case, first)| GradedTwice {
                case: case.clone(),
                reference: first.assessment.probabilities,
            })
            .collect();
        Comparison::of(&twice, self.seed, RESAMPLES)
    }

    /// The network's own head, fitted and calibrated without one source, for each source.
    fn leave_one_source_out(&self, penalty: f64) -> Result<Vec<LeftOut>, TrainingError> {
        let all = self.train.iter().chain(self.val);
        let sources: BTreeSet<&str> = all
            .map(|photograph| photograph.listed.source.as_str())
            .collect();
        if sources.len() < 2 {
            return Ok(Vec::new());
        }
        let mut left_out = Vec::new();
        for source in sources {
            let others = |photograph: &Photograph| photograph.listed.source != source;
            let itself = |photograph: &Photograph| photograph.listed.source == source;
            let fitted = self.fit(
                Pooling::Average,
                Answer::CrossEntropy,
                Some(penalty),
                &others,
            );
            let calibration = self.calibrate(&fitted, &others)?;
            let cases = self.cases(&fitted, &calibration, &itself)?;
            left_out.push(LeftOut {
                source: source.to_owned(),
                evaluation: Evaluation::of(&cases, self.seed, RESAMPLES),
            });
        }
        Ok(left_out)
    }

    /// A second output beside the grades, on the photographs whose source says whether there is macular oedema. `first`
    /// are the answers of the first head to all validation photographs.
    fn macular_oedema(&self, penalty: f64, first: &[Case]) -> Option<MacularOedema> {
        let truth = |photograph: &Photograph| photograph.listed.macular_oedema;
        let known = |photograph: &Photograph| truth(photograph).is_some();
        let trained = counted(self.train.iter().filter_map(truth));
        let measured = counted(self.val.iter().filter_map(truth));
        if trained.iter().any(|count| *count < FEWEST) || measured.contains(&0) {
            return None;
        }
        let train = self.train;
        let chosen = self.views_of(self.trained, train, &known);
        let views: Vec<&View> = self.trained.iter().collect();
        let pooled = Pooled::of(&views, Pooling::Average);
        let has = |index: &usize| truth(&train[views[*index].photograph]) == Some(true);
        // Both kinds count equally in all.
        let weights: Vec<f32> = (0..views.len())
            .map(|index| 1.0 / trained[usize::from(has(&index))] as f32)
            .collect();
        let losses = |outputs, indices: &[usize]| {
            let has: Vec<bool> = indices.iter().map(has).collect();
            super::answer::binary_losses(outputs, &has)
        };
        let task = Task {
            scores: 1,
            biases: 1,
            losses: &losses,
            weights: &weights,
            penalty,
            seed: self.seed,
        };
        let head = Head::fit(&pooled, &chosen, &task, &Device::flex());
        let scores = self.oedema_scores(&head);
        let val = self.val;
        let asked: Vec<usize> = (0..val.len()).filter(|index| known(&val[*index])).collect();
        let auc = |score: &dyn Fn(usize) -> f32| {
            let patients: Vec<String> = asked
                .iter()
                .map(|index| {
                    format!(
                        "{}\n{}",
                        val[*index].listed.source, val[*index].listed.patient
                    )
                })
                .collect();
            let scored: Vec<(f32, bool)> = asked
                .iter()
                .map(|index| (score(*index), truth(&val[*index]) == Some(true)))
                .collect();
            let figures = |chosen: &[usize]| {
                let scored: Vec<(f32, bool)> = chosen.iter().map(|index| scored[*index]).collect();
                vec![metrics::roc_auc(&scored)]
            };
            let intervals = patient_bootstrap(&patients, self.seed, RESAMPLES, figures);
            intervals.into_iter().next().flatten()
        };
        Some(MacularOedema {
            trained,
            measured,
            auc: auc(&|index| scores[index]),
            referable_auc: auc(&|index| first[index].assessment.probabilities.referable()),
        })
    }

    /// The mean score of each validation photograph's views.
    fn oedema_scores(&self, head: &Head) -> Vec<f32> {
        let views: Vec<&View> = self.validated.iter().collect();
        let all: Vec<usize> = (0..views.len()).collect();
        let pooled = Pooled::of(&views, Pooling::Average);
        let mut sums = vec![(0.0, 0.0); self.val.len()];
        for (view, outputs) in views.iter().zip(head.answers(&pooled, &all)) {
            let (sum, count) = &mut sums[view.photograph];
            *sum += outputs[0];
            *count += 1.0;
        }
        sums.into_iter().map(|(sum, count)| sum / count).collect()
    }
}

/// How many are false, and how many true.
fn counted(values: impl Iterator<Item = bool>) -> [usize; 2] {
    values.fold([0, 0], |mut counts, value| {
        counts[usize::from(value)] += 1;
        counts
    })
}

fn value(interval: Option<Interval>) -> Option<f64> {
    interval.map(|interval| interval.value)
}
