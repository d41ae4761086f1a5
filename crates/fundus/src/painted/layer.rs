//! Shapes laid over a photograph: how much of each pixel they cover, how deep they are, and their way into the picture.

use image::{GrayImage, Luma, Rgb, RgbImage};

use super::places::distance;
use super::retina::Retina;
use super::sharpness::blur;
use crate::drawn::noise::Texture;

/// What shapes of one kind make of a photograph, before its optics.
pub(super) struct Layer {
    width: usize,
    height: usize,
    /// Share of each pixel that is covered.
    coverage: Vec<f32>,
    /// Coverage times how deep, how dark or how bright it is, as the kind has it.
    depth: Vec<f32>,
    /// Left, top, right, bottom of what was stamped; the last two are beyond it.
    touched: [usize; 4],
}

impl Layer {
    pub(super) fn new(retina: &Retina) -> Self {
        let (width, height) = retina.picture.dimensions();
        let (width, height) = (width as usize, height as usize);
        Self {
            width,
            height,
            coverage: vec![0.0; width * height],
            depth: vec![0.0; width * height],
            touched: [width, height, 0, 0],
        }
    }

    /// Raises coverage and depth within `reach` of a place to at least `shape(at)`, which gives both.
    pub(super) fn stamp(
        &mut self,
        center: [f32; 2],
        reach: f32,
        shape: impl Fn([f32; 2]) -> [f32; 2],
    ) {
        let range = |at: f32, side: usize| {
            let first = (at - reach).max(0.0) as usize;
            let beyond = ((at + reach + 1.0).max(0.0) as usize).min(side);
            (first.min(beyond), beyond)
        };
        let (left, right) = range(center[0], self.width);
        let (top, bottom) = range(center[1], self.height);
        if left == right || top == bottom {
            return;
        }
        let [was_left, was_top, was_right, was_bottom] = self.touched;
        self.touched = [
            was_left.min(left),
            was_top.min(top),
            was_right.max(right),
            was_bottom.max(bottom),
        ];
        for y in top..bottom {
            for x in left..right {
                let [coverage, depth] = shape([x as f32 + 0.5, y as f32 + 0.5]);
                let at = y * self.width + x;
                self.coverage[at] = self.coverage[at].max(coverage);
                self.depth[at] = self.depth[at].max(depth);
            }
        }
    }

    /// An uneven spot of one depth.
    pub(super) fn blob(&mut self, blob: &Blob, depth: f32) {
        self.stamp(blob.center, blob.reach(), |at| {
            let coverage = blob.coverage(at);
            [coverage, coverage * depth]
        });
    }

    /// A piece of a line, `half_width` pixels to either side.
    pub(super) fn stroke(&mut self, from: [f32; 2], to: [f32; 2], half_width: f32, depth: f32) {
        let middle = [(from[0] + to[0]) / 2.0, (from[1] + to[1]) / 2.0];
        let reach = distance(from, to) / 2.0 + half_width + 1.0;
        self.stamp(middle, reach, |at| {
            // What is thinner than a pixel covers only a part of it.
            let coverage =
                (half_width + 0.5 - off_line(at, from, to)).clamp(0.0, (2.0 * half_width).min(1.0));
            [coverage, coverage * depth]
        });
    }

    /// Lays the shapes over the picture as sharp as the photograph is, where it shows retina. `change` gives a pixel's
    /// new colour from its place, its colour, its coverage and its depth. Coverage is recorded in the mask, 255 for
    /// all of a pixel, and no pixel is changed where it rounds to 0.
    pub(super) fn lay(
        mut self,
        retina: &Retina,
        picture: &mut RgbImage,
        mask: &mut GrayImage,
        change: impl Fn([u32; 2], [f32; 3], [f32; 2]) -> [f32; 3],
    ) {
        let [left, top, right, bottom] = self.touched;
        let margin = (3.0 * retina.sharpness).ceil() as usize + 1;
        let part = [
            left.saturating_sub(margin),
            top.saturating_sub(margin),
            (right + margin).min(self.width),
            (bottom + margin).min(self.height),
        ];
        for values in [&mut self.coverage, &mut self.depth] {
            blur(values, self.width, part, retina.sharpness);
        }
        for y in part[1]..part[3] {
            for x in part[0]..part[2] {
                let at = [x as u32, y as u32];
                let index = y * self.width + x;
                let coverage = self.coverage[index].min(1.0);
                let covered = (coverage * 255.0).round() as u8;
                if covered == 0 || !retina.shows(at) {
                    continue;
                }
                let Luma([before]) = mask.get_pixel_mut(at[0], at[1]);
                *before = (*before).max(covered);
                let Rgb(color) = picture.get_pixel_mut(at[0], at[1]);
                let changed = change(at, color.map(f32::from), [coverage, self.depth[index]]);
                *color = changed.map(|value| value.round() as u8);
            }
        }
    }
}

/// A colour through something that absorbs light: `absorption` is the natural logarithm for a depth of 1.
pub(super) fn absorbed(color: [f32; 3], depth: f32, absorption: [f32; 3]) -> [f32; 3] {
    [0, 1, 2].map(|channel| color[channel] * (-depth * absorption[channel]).exp())
}

/// A spot with an uneven outline.
pub(super) struct Blob {
    pub(super) center: [f32; 2],
    /// Half its length and half its breadth, in pixels.
    pub(super) radii: [f32; 2],
    /// Direction of its length, in radians.
    pub(super) angle: f32,
    /// How uneven the outline is: 0 is an ellipse.
    pub(super) roughness: f32,
    /// Width of the edge as a share of the radius: 0 is as sharp as the photograph.
    pub(super) edge: f32,
    pub(super) texture: Texture,
}

impl Blob {
    fn reach(&self) -> f32 {
        self.radii[0].max(self.radii[1]) * (1.0 + self.edge) * (1.0 + 1.5 * self.roughness) + 1.5
    }

    pub(super) fn coverage(&self, at: [f32; 2]) -> f32 {
        let edge = self
            .edge
            .max(0.5 / self.radii[0].min(self.radii[1]).max(0.5));
        let inside = ((1.0 + edge - self.off_center(at)) / (2.0 * edge)).clamp(0.0, 1.0);
        inside * inside * (3.0 - 2.0 * inside)
    }

    /// Distance from the centre in units of the uneven outline: 1 is on it.
    fn off_center(&self, at: [f32; 2]) -> f32 {
        let (sine, cosine) = self.angle.sin_cos();
        let [dx, dy] = [at[0] - self.center[0], at[1] - self.center[1]];
        let along = (dx * cosine + dy * sine) / self.radii[0];
        let across = (dy * cosine - dx * sine) / self.radii[1];
        let off = along.hypot(across);
        if self.roughness == 0.0 {
            return off;
        }
        // The outline's radius is noise along a circle, so it closes; a little noise in the plane frays the edge.
        let direction = [along, across].map(|value| value / off.max(1e-6));
        let lobes = self.texture.at(direction.map(|value| 1.1 * value + 5.0))
            + 0.5 * self.texture.at(direction.map(|value| 2.3 * value));
        let fray = self.texture.at([3.1 * along + 40.0, 3.1 * across + 40.0]);
        off / (1.0 + self.roughness * lobes).max(0.3) + 0.35 * self.roughness * fray
    }
}

/// Distance of a place from a segment.
fn off_line(at: [f32; 2], from: [f32; 2], to: [f32; 2]) -> f32 {
    let [span, away] = [to, at].map(|end| [end[0] - from[0], end[1] - from[1]]);
    let squared = (span[0] * span[0] + span[1] * span[1]).max(1e-9);
    let along = ((away[0] * span[0] + away[1] * span[1]) / squared).clamp(0.0, 1.0);
    (away[0] - along * span[0]).hypot(away[1] - along * span[1])
}
