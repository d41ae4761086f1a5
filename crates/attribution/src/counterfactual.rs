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
    let mut removed: Vec<usize> = Vec::new();
    let mut found = None;
    for index in 0..candidates.len() {
        removed.push(index);
        let (picture, lower) = without(&removed)?;
        if lower < grade {
            found = Some((picture, lower));
            break;
        }
    }
    let Some((mut picture, mut lower)) = found else {
        return Ok(None);
    };
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

/// The picture with regions filled in from around: every pixel becomes the mean of its four neighbours, again and again.
fn filled_in<'a>(picture: &RgbImage, regions: impl Iterator<Item = &'a Candidate>) -> RgbImage {
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
    let mut filled = picture.clone();
    for channel in 0..3 {
        let mut plane: Vec<f32> = picture
            .pixels()
            .map(|pixel| f32::from(pixel[channel]))
            .collect();
        for round in 0..ROUNDS {
            let mut relax = |&(x, y): &(u32, u32)| {
                let around = [
                    plane[index(x.saturating_sub(1), y)],
                    plane[index((x + 1).min(width - 1), y)],
                    plane[index(x, y.saturating_sub(1))],
                    plane[index(x, (y + 1).min(height - 1))],
                ];
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
