//! The pictures that an explanation compares with: without information, or without lesions.

use fundus::drawn::{DrawnRetina, LesionLoad};
use fundus::{FieldOfView, NetworkInput, Preparation};
use image::RgbImage;

use crate::blur;
use crate::options::Baseline;

/// Drawn retinas that Expected Gradients compare a picture with.
const REFERENCES: u64 = 6;

/// The baseline for `input`, in the space of the network's input: planar `[3, side, side]`.
pub(crate) fn values(
    baseline: Baseline,
    input: &NetworkInput,
    preparation: &Preparation,
) -> Vec<f32> {
    match baseline {
        Baseline::Black => {
            let side = preparation.working_side();
            preparation.input(&RgbImage::new(side, side)).values
        }
        Baseline::MeanColour => mean_colour(input),
        Baseline::Blurred => blurred(input),
    }
}

/// Retinas without lesions as the network would see them, `[3, side, side]` each: drawn ones, since a bundle holds no
/// photograph of a patient.
pub(crate) fn healthy_retinas(preparation: &Preparation) -> Vec<Vec<f32>> {
    let side = preparation.working_side();
    let drawn = |seed| {
        let retina = DrawnRetina {
            seed,
            width: side + side / 16,
            height: side + side / 16,
            lesions: LesionLoad::NONE,
            ..DrawnRetina::default()
        };
        let picture = retina.draw().picture;
        let field_of_view = FieldOfView::find(&picture).ok()?;
        Some(
            preparation
                .input(&field_of_view.crop(&picture, side))
                .values,
        )
    };
    (0..REFERENCES).filter_map(drawn).collect()
}

fn mean_colour(input: &NetworkInput) -> Vec<f32> {
    let inside = circle(input.side);
    let count = inside.iter().filter(|&&inside| inside).count().max(1) as f64;
    let mut values = input.values.clone();
    for plane in values.chunks_exact_mut(input.side * input.side) {
        let visible = plane.iter().zip(&inside).filter(|&(_, &inside)| inside);
        let mean = visible.map(|(&value, _)| f64::from(value)).sum::<f64>() / count;
        let places = plane.iter_mut().zip(&inside).filter(|&(_, &inside)| inside);
        places.for_each(|(value, _)| *value = mean as f32);
    }
    values
}

/// The pixels of a square whose centres lie in its inscribed circle.
fn circle(side: usize) -> Vec<bool> {
    let middle = side as f64 / 2.0;
    let offset = |at: usize| at as f64 + 0.5 - middle;
    let inside = |index: usize| offset(index % side).hypot(offset(index / side)) <= middle;
    (0..side * side).map(inside).collect()
}

/// Each colour blurred by a sixteenth of the side.
fn blurred(input: &NetworkInput) -> Vec<f32> {
    let side = input.side;
    let planes = input.values.chunks_exact(side * side);
    planes
        .flat_map(|plane| blur::blurred(plane, [side, side], side as f64 / 16.0))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(side: usize) -> NetworkInput {
        let values = (0..3 * side * side)
            .map(|index| (index % side) as f32)
            .collect();
        NetworkInput { side, values }
    }

    #[test]
    fn blur_keeps_a_ramp_in_the_middle_and_the_total_of_a_constant() {
        let input = ramp(64);
        let result = blurred(&input);
        let middle = 32 * 64 + 32;
        assert!((result[middle] - input.values[middle]).abs() < 1e-3);
        let constant = NetworkInput {
            side: 32,
            values: vec![0.75; 3 * 32 * 32],
        };
        assert!(
            blurred(&constant)
                .iter()
                .all(|value| (value - 0.75).abs() < 1e-5)
        );
    }

    #[test]
    fn mean_colour_is_flat_inside_and_the_picture_outside() {
        let input = ramp(64);
        let result = mean_colour(&input);
        assert_eq!(result[0], input.values[0]);
        assert!((result[32 * 64 + 32] - 31.5).abs() < 1e-4);
        assert_eq!(result[32 * 64 + 32], result[20 * 64 + 30]);
    }
}
