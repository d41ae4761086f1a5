//! What would change the network's mind: the fewest regions without which the grade would be lower.

use image::RgbImage;
use trust::Grade;

use crate::candidates::Candidate;

/// A picture that would have got a lower grade.
#[derive(Clone, Debug)]
pub struct Counterfactual {
    /// Which of the candidates were taken out, by their place in the list, in ascending order.
    pub removed: Vec<usize>,
    /// The picture with those regions filled in from around.
    pub picture: RgbImage,
    /// The grade of that picture.
    pub grade: Grade,
}

/// How far around a region is filled in as well, as a share of the side: a lesion's rim is part of it.
const MARGIN: f64 = 0.006;

/// Rounds of filling in.
const ROUNDS: usize = 120;

/// Takes regions out of a cropped picture, the one with the greatest share of the evidence first, until the grade is lower
/// than `grade`, then puts back those that are not needed for it. `None` where the grade stays with all of them gone, or is
/// the lowest already.
///
/// The set is minimal in that no single region of it can be left out; another set may be as small.
///
/// # Errors
/// What `grade_of` says of a picture that it cannot grade.
pub fn counterfactual<E>(
    cropped: &RgbImage,
    candidates: &[Candidate],
    grade: Grade,
    grade_of: impl Fn(&RgbImage) -> Result<Grade, E>,
) -> Result<Option<Counterfactual>, E> {
    if grade == Grade::NoDr {
        return Ok(None);
    }
    let without = |removed: &[usize]| {
        let picture = filled_in(cropped, removed.iter().map(|&index| &candidates[index]));
        let grade = grade_of(&picture)?;
        Ok((picture, grade))
    };
    // With all of them gone first: where that changes nothing, no smaller set needs to be tried.
    let mut removed: Vec<usize> = (0..candidates.len()).collect();
    let (mut picture, mut lower) = without(&removed)?;
    if lower >= grade {
        return Ok(None);
    }
    for most in 1..candidates.len() {
        let (tried, of_tried) = without(&removed[..most])?;
        if of_tried < grade {
            removed.truncate(most);
            (picture, lower) = (tried, of_tried);
            break;
        }
    }
    // The one that made the difference came last, so it stays.
    for index in (0..removed.len().saturating_sub(1)).rev() {
        let mut fewer = removed.clone();
        fewer.remove(index);
        let (tried, of_tried) = without(&fewer)?;
        if of_tried < grade {
            (removed, picture, lower) = (fewer, tried, of_tried);
        }
    }
    Ok(Some(Counterfactual {
        removed,
        picture,
        grade: lower,
    }))
}

/// The picture with regions filled in from around: from the rim inwards every pixel becomes the mean of those beside it that
/// are known, and then of its four neighbours, again and again.
pub(crate) fn filled_in<'a>(
    picture: &RgbImage,
    regions: impl Iterator<Item = &'a Candidate>,
) -> RgbImage {
    let (width, height) = picture.dimensions();
    let regions: Vec<&Candidate> = regions.collect();
    let place = |x: u32, y: u32| {
        [(x, width), (y, height)].map(|(at, side)| (f64::from(at) + 0.5) / f64::from(side))
    };
    let is_covered = |x, y| {
        regions
            .iter()
            .any(|region| region.covers(place(x, y), MARGIN))
    };
    let covered: Vec<(u32, u32)> = (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .filter(|&(x, y)| is_covered(x, y))
        .collect();
    let index = |x: u32, y: u32| (y * width + x) as usize;
    let neighbours = |x: u32, y: u32| {
        [
            index(x.saturating_sub(1), y),
            index((x + 1).min(width - 1), y),
            index(x, y.saturating_sub(1)),
            index(x, (y + 1).min(height - 1)),
        ]
    };
    let inwards = from_the_rim(&covered, (width * height) as usize, index, neighbours);
    let mut filled = picture.clone();
    for channel in 0..3 {
        let mut plane: Vec<f32> = picture
            .pixels()
            .map(|pixel| f32::from(pixel[channel]))
            .collect();
        for (place, known) in &inwards {
            let sum: f32 = known.iter().map(|&neighbour| plane[neighbour]).sum();
            plane[*place] = sum / known.len() as f32;
        }
        for round in 0..ROUNDS {
            let mut relax = |&(x, y): &(u32, u32)| {
                let around = neighbours(x, y).map(|neighbour| plane[neighbour]);
                plane[index(x, y)] = around.iter().sum::<f32>() / 4.0;
            };
            match round % 2 {
                0 => covered.iter().for_each(&mut relax),
                _ => covered.iter().rev().for_each(&mut relax),
            }
        }
        for &(x, y) in &covered {
            filled.get_pixel_mut(x, y)[channel] = plane[index(x, y)].round() as u8;
        }
    }
    filled
}

/// The covered places in the order in which they can be filled in from the rim, each with those beside it that are known
/// by then. Where everything is covered nothing is known, and nothing is filled in.
fn from_the_rim(
    covered: &[(u32, u32)],
    places: usize,
    index: impl Fn(u32, u32) -> usize,
    neighbours: impl Fn(u32, u32) -> [usize; 4],
) -> Vec<(usize, Vec<usize>)> {
    let mut is_known = vec![true; places];
    covered
        .iter()
        .for_each(|&(x, y)| is_known[index(x, y)] = false);
    let mut waiting = covered.to_vec();
    let mut order = Vec::with_capacity(covered.len());
    while !waiting.is_empty() {
        let (mut ring, mut inner) = (Vec::new(), Vec::new());
        for &(x, y) in &waiting {
            let mut known = neighbours(x, y).to_vec();
            known.retain(|&neighbour| is_known[neighbour]);
            match known.is_empty() {
                true => inner.push((x, y)),
                false => ring.push((index(x, y), known)),
            }
        }
        if ring.is_empty() {
            break;
        }
        ring.iter().for_each(|(place, _)| is_known[*place] = true);
        order.extend(ring);
        waiting = inner;
    }
    order
}
