//! The regions of an explanation as a reader needs them: how large they are, what each speaks for, and which of them the
//! grade depends on.

use fundus::{Landmarks, Prepared};
use grader::{Grader, GraderError, PassPlan};
use image::RgbImage;
use trust::{Assessment, Grade, Probabilities};

use crate::candidates::{Candidate, candidates};
use crate::counterfactual::{Counterfactual, counterfactual, filled_in};
use crate::explain::Attribution;
use crate::map::Map;
use crate::target::Target;

/// A place to look at.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// Where it is, and how much of the evidence it holds.
    pub candidate: Candidate,
    /// Its diameter in diameters of this eye's optic disc (about 1.5 mm); `None` where the picture shows no disc for certain.
    pub disc_diameters: Option<f64>,
    /// The grade that loses most of its probability when this region alone is filled in from around; `None` where none
    /// loses a hundredth.
    pub speaks_for: Option<Grade>,
}

/// What regions of an explanation mean to the network.
#[derive(Clone, Debug)]
pub struct Examination {
    /// In order of their share of the evidence, the greatest first. For a grade above 0 the evidence for it; for grade 0
    /// the evidence against it, since nothing is left to be looked for where there is no retinopathy.
    pub regions: Vec<Region>,
    /// The fewest of them without which the grade would be lower, see [`counterfactual`]; `None` where there are none.
    pub counterfactual: Option<Counterfactual>,
}

/// A region that changes no grade's probability by this much speaks for none.
const LEAST_LOSS: f32 = 0.01;

/// Finds the regions of an explanation, fills in each of them alone and asks the network again, and looks for the fewest
/// without which it would give a lower grade than `grade`, which it gave by `plan`.
///
/// # Errors
/// As [`Grader::logits`].
pub fn examine(
    grader: &Grader,
    prepared: &Prepared,
    attribution: &Attribution,
    grade: Grade,
    plan: &PassPlan,
) -> Result<Examination, GraderError> {
    let cropped = &prepared.cropped;
    let candidates = places(attribution);
    if candidates.is_empty() {
        return Ok(Examination {
            regions: Vec::new(),
            counterfactual: None,
        });
    }
    // Without turning: what a region changes is seen in one view, too.
    let upright = PassPlan {
        rotations: 1,
        mirrors: false,
        ..*plan
    };
    let disc = Landmarks::find(cropped).optic_disc;
    let whole = answer(grader, cropped, &upright)?.probabilities;
    let regions = candidates.iter().map(|candidate| {
        let without = filled_in(cropped, std::iter::once(candidate));
        let left = answer(grader, &without, &upright)?.probabilities;
        Ok(Region {
            candidate: candidate.clone(),
            disc_diameters: disc.map(|disc| candidate.diameter() / disc.diameter),
            speaks_for: greatest_loss(&whole, &left),
        })
    });
    let regions = regions.collect::<Result<_, GraderError>>()?;
    let counterfactual = counterfactual(cropped, &candidates, grade, |picture| {
        Ok::<_, GraderError>(answer(grader, picture, plan)?.grade)
    })?;
    Ok(Examination {
        regions,
        counterfactual,
    })
}

/// The places that a reader should look at.
fn places(attribution: &Attribution) -> Vec<Candidate> {
    if attribution.target != Target::Grade(Grade::NoDr) {
        return candidates(&attribution.map);
    }
    let map = &attribution.map;
    candidates(&Map {
        values: map.values.iter().map(|value| -value).collect(),
        ..*map
    })
}

fn answer(grader: &Grader, cropped: &RgbImage, plan: &PassPlan) -> Result<Assessment, GraderError> {
    let input = grader.preparation().input(cropped);
    let logits = grader.logits(&[&input], plan)?.concat();
    Ok(Assessment::from_passes(&logits, grader.calibration())?)
}

fn greatest_loss(whole: &Probabilities, left: &Probabilities) -> Option<Grade> {
    let loss = |grade: Grade| whole.get(grade) - left.get(grade);
    let greatest = Grade::ALL
        .into_iter()
        .max_by(|&one, &other| loss(one).total_cmp(&loss(other)))?;
    (loss(greatest) >= LEAST_LOSS).then_some(greatest)
}
