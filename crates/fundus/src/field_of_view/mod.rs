//! Where in a photograph the camera's circular field of view lies, and its square cut out.
//!
//! Borders are black, noisy black, white, grey or coloured; circles are whole, cut off by bars or by the frame. So
//! nothing is assumed about the border's colour: it is read from the corners, several tolerances are tried, and the
//! circle that explains border and picture best is kept. What no circle explains has no field of view.

mod border;
mod circle;

use std::rc::Rc;

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::RgbImage;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use border::Difference;
use circle::Circle;

/// The longest side of the copy on which the circle is searched, in pixels.
const SEARCH_SIDE: u32 = 400;

/// The circle that the camera saw.
///
/// Coordinates are continuous pixels of the upright photograph: the top left pixel covers `0..1` along both axes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldOfView {
    /// Centre, from the left and from the top, in pixels.
    pub center: [f64; 2],
    /// Radius in pixels; the circle may reach beyond the frame.
    pub radius: f64,
}

/// The picture shows no field of view of a fundus camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "no circular field of view was found, so this does not look like a photograph of the retina; \
     use the camera's original picture with its border"
)]
pub struct NoFieldOfView;

impl FieldOfView {
    /// Finds the field of view, whatever the colour of the border.
    ///
    /// # Errors
    ///
    /// [`NoFieldOfView`] when no circle separates a picture from a plain border. A picture that is cropped so far that
    /// no border is left in any corner has none either.
    pub fn find(photograph: &RgbImage) -> Result<Self, NoFieldOfView> {
        let (width, height) = photograph.dimensions();
        if width < 16 || height < 16 {
            return Err(NoFieldOfView);
        }
        let shrink = (f64::from(SEARCH_SIDE) / f64::from(width.max(height))).min(1.0);
        let [copy_width, copy_height] =
            [width, height].map(|side| ((f64::from(side) * shrink).round() as u32).max(8));
        let whole = Window {
            left: 0.0,
            top: 0.0,
            width: f64::from(width),
            height: f64::from(height),
        };
        let copy = resample(photograph, whole, copy_width, copy_height);

        let mut candidates: Vec<_> = border::colours(&copy)
            .into_iter()
            .flat_map(|colour| {
                let difference = Rc::new(Difference::from_border(&copy, colour));
                circle::candidates(&difference)
                    .into_iter()
                    .map(move |fit| (fit, Rc::clone(&difference)))
            })
            .collect();
        candidates.sort_by(|(one, _), (other, _)| other.score.total_cmp(&one.score));
        let circle = candidates
            .into_iter()
            .map(|(fit, difference)| (circle::refine(&difference, fit.circle), difference))
            .find(|(circle, difference)| circle::has_rim(difference, *circle));
        let (Circle { x, y, radius }, _) = circle.ok_or(NoFieldOfView)?;

        let [scale_x, scale_y] = [
            f64::from(width) / f64::from(copy_width),
            f64::from(height) / f64::from(copy_height),
        ];
        Ok(Self {
            center: [x * scale_x, y * scale_y],
            radius: radius * (scale_x + scale_y) / 2.0,
        })
    }

    /// Cuts out the square centre ± radius and resizes it to `side` x `side` pixels (Lanczos, over the area that each
    /// new pixel covers).
    ///
    /// Black is everything outside the circle, and everything inside it that lies beyond the photograph's frame, so
    /// that neither the border's colour nor its cut tells one camera from another.
    pub fn crop(&self, photograph: &RgbImage, side: u32) -> RgbImage {
        let side = side.max(1);
        let diameter = 2.0 * self.radius;
        let window = Window {
            left: self.center[0] - self.radius,
            top: self.center[1] - self.radius,
            width: diameter,
            height: diameter,
        };
        let mut cropped = match framed(photograph, &window) {
            Some((padded, inner)) => resample(&padded, inner, side, side),
            None => resample(photograph, window, side, side),
        };
        blacken_outside_circle(&mut cropped);
        cropped
    }
}

/// A rectangle in continuous pixels.
struct Window {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

/// Copies the window's surroundings onto black when the window reaches beyond the frame; `None` when it does not.
/// Returns the copy and the window in its coordinates.
fn framed(photograph: &RgbImage, window: &Window) -> Option<(RgbImage, Window)> {
    let (width, height) = (
        f64::from(photograph.width()),
        f64::from(photograph.height()),
    );
    let [right, bottom] = [window.left + window.width, window.top + window.height];
    if window.left >= 0.0 && window.top >= 0.0 && right <= width && bottom <= height {
        return None;
    }
    let [left, top] = [window.left, window.top].map(|edge| edge.floor() as i64);
    let [padded_width, padded_height] =
        [right.ceil() as i64 - left, bottom.ceil() as i64 - top].map(|side| side.max(1) as u32);
    let mut padded = RgbImage::new(padded_width, padded_height);
    image::imageops::replace(&mut padded, photograph, -left, -top);
    let inner = Window {
        left: window.left - left as f64,
        top: window.top - top as f64,
        ..*window
    };
    Some((padded, inner))
}

fn blacken_outside_circle(square: &mut RgbImage) {
    let middle = f64::from(square.width()) / 2.0;
    for (row, line) in square.rows_mut().enumerate() {
        let dy = row as f64 + 0.5 - middle;
        for (column, pixel) in line.enumerate() {
            let dx = column as f64 + 0.5 - middle;
            if dx * dx + dy * dy > middle * middle {
                pixel.0 = [0; 3];
            }
        }
    }
}

/// A square picture at another side.
pub(crate) fn resize(picture: &RgbImage, side: u32) -> RgbImage {
    let (width, height) = picture.dimensions();
    let whole = Window {
        left: 0.0,
        top: 0.0,
        width: f64::from(width),
        height: f64::from(height),
    };
    resample(picture, whole, side, side)
}

/// A window of a picture at another size; the window lies within the picture.
fn resample(picture: &RgbImage, window: Window, width: u32, height: u32) -> RgbImage {
    let source = ImageRef::new(
        picture.width(),
        picture.height(),
        picture.as_raw(),
        PixelType::U8x3,
    )
    .expect("the buffer of an RgbImage has three bytes a pixel");
    let mut resized = Image::new(width, height, PixelType::U8x3);
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
        .crop(window.left, window.top, window.width, window.height);
    Resizer::new()
        .resize(&source, &mut resized, &options)
        .expect("the pixel types are equal and the window lies within the picture");
    RgbImage::from_raw(width, height, resized.into_vec())
        .expect("the resized buffer has three bytes a pixel")
}
