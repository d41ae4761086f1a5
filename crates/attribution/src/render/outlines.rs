//! Regions as outlines over the colour photograph: a reader looks at colour, not at heat.

use image::{Rgb, RgbImage};

use super::enlarged;
use super::lettering::Lettering;
use crate::candidates::Candidate;

const LINE: [u8; 3] = [255; 3];
/// Beside the line, so that it shows on bright places as well.
const EDGE: [u8; 3] = [0; 3];
/// Half the width of the line and of its edge, as shares of the picture's side.
const LINE_REACH: f64 = 0.0012;
const EDGE_REACH: f64 = 0.0028;

/// The picture with the outlines of the regions, each with its number in the list, from 1. A picture smaller than
/// [`super::SMALLEST_FIGURE`] is enlarged by a whole factor.
pub fn outlined(cropped: &RgbImage, candidates: &[Candidate]) -> RgbImage {
    let mut picture = enlarged(cropped).into_owned();
    let side = f64::from(picture.width().max(picture.height()));
    for (reach, ink) in [(EDGE_REACH, EDGE), (LINE_REACH, LINE)] {
        for candidate in candidates {
            trace(
                &mut picture,
                &candidate.outline,
                (reach * side).max(0.5),
                ink,
            );
        }
    }
    let height = (side / 28.0) as f32;
    let lettering = Lettering::new(height);
    for (index, candidate) in candidates.iter().enumerate() {
        let [_, top, right, _] = candidate.bounds;
        let text = (index + 1).to_string();
        // Inside the picture, above and to the right of the region.
        let most = side as f32 - lettering.width(&text) - 1.0;
        let at = [
            ((right * side) as f32).min(most),
            ((top * side) as f32 - 0.8 * height).max(0.0),
        ];
        for [dx, dy] in [[-1.0, 0.0], [1.0, 0.0], [0.0, -1.0], [0.0, 1.0]] {
            lettering.write(&mut picture, [at[0] + dx, at[1] + dy], &text, EDGE);
        }
        lettering.write(&mut picture, at, &text, LINE);
    }
    picture
}

/// Colours every pixel whose centre lies within `reach` pixels of the closed line through the points.
fn trace(picture: &mut RgbImage, outline: &[[f64; 2]], reach: f64, ink: [u8; 3]) {
    let sides = [picture.width(), picture.height()];
    let pixels = outline
        .iter()
        .map(|point| [0, 1].map(|axis| point[axis] * f64::from(sides[axis])));
    let next = pixels.clone().cycle().skip(1);
    for (from, to) in pixels.zip(next) {
        let range = |axis: usize| {
            let first = (from[axis].min(to[axis]) - reach).floor().max(0.0) as u32;
            let last = (from[axis].max(to[axis]) + reach).ceil() as u32;
            first..last.min(sides[axis])
        };
        for y in range(1) {
            for x in range(0) {
                let center = [f64::from(x) + 0.5, f64::from(y) + 0.5];
                if distance(center, from, to) <= reach {
                    picture.put_pixel(x, y, Rgb(ink));
                }
            }
        }
    }
}

/// Distance of a point from the line between two others.
fn distance([x, y]: [f64; 2], [ax, ay]: [f64; 2], [bx, by]: [f64; 2]) -> f64 {
    let (dx, dy) = (bx - ax, by - ay);
    let length = dx * dx + dy * dy;
    let along = match length > 0.0 {
        true => (((x - ax) * dx + (y - ay) * dy) / length).clamp(0.0, 1.0),
        false => 0.0,
    };
    (x - ax - along * dx).hypot(y - ay - along * dy)
}
