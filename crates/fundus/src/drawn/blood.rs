//! How much blood the light crosses at each pixel: vessels and haemorrhages are painted here, and absorb together.

use image::{GrayImage, Luma};

use super::{View, distance, minus};

/// Density from which blood is clearly darker than what lies around it: it takes a tenth of the green light.
const CLEAR: f32 = 0.12;

/// Optical density of blood for green light, one value a pixel, row by row; 0 is none.
pub struct BloodMap {
    pub width: u32,
    pub height: u32,
    density: Vec<f32>,
}

/// A point of a vessel's centre line, in retinal units.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    pub at: [f32; 2],
    pub half_width: f32,
}

/// How a vessel looks across: its density in the middle, and how much of it the light reflex on its wall takes away.
#[derive(Clone, Copy, Debug)]
pub struct Calibre {
    pub density: f32,
    pub reflex: f32,
}

impl BloodMap {
    pub fn new(width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            density: vec![0.0; width as usize * height as usize],
        }
    }

    pub fn row(&self, row: u32) -> &[f32] {
        let width = self.width as usize;
        &self.density[row as usize * width..][..width]
    }

    /// 255 where there is clearly blood, 0 elsewhere.
    pub fn mask(&self) -> GrayImage {
        GrayImage::from_fn(self.width, self.height, |column, row| {
            let density = self.row(row)[column as usize];
            Luma([if density >= CLEAR { u8::MAX } else { 0 }])
        })
    }

    /// Deepens the density to at least `density(position)` wherever a disc at `at` of `reach` touches (retinal units).
    pub fn stamp(
        &mut self,
        view: &View,
        at: [f32; 2],
        reach: f32,
        density: impl Fn([f32; 2]) -> f32,
    ) {
        let [columns, rows] = view.touched(at, reach, self.width, self.height);
        for row in rows {
            for column in columns.clone() {
                let value = density(view.to_retina(column, row));
                let cell = &mut self.density[row as usize * self.width as usize + column as usize];
                *cell = cell.max(value);
            }
        }
    }

    /// Paints a piece of vessel between two nodes.
    pub fn vessel(&mut self, view: &View, from: Node, to: Node, calibre: Calibre) {
        let pixel = 1.0 / view.radius;
        let middle = [(from.at[0] + to.at[0]) / 2.0, (from.at[1] + to.at[1]) / 2.0];
        let widest = from.half_width.max(to.half_width).max(pixel);
        let reach = distance(from.at, to.at) / 2.0 + widest + pixel;
        self.stamp(view, middle, reach, |at| {
            let Foot {
                distance: off_axis,
                from_line,
                along,
            } = foot(at, from.at, to.at);
            let half_width = from.half_width + (to.half_width - from.half_width) * along;
            // A vessel thinner than a pixel is drawn one pixel wide and fainter.
            let drawn = half_width.max(0.7 * pixel);
            let across = off_axis / drawn;
            let edge = (0.22 * drawn).max(0.5 * pixel);
            let coverage = ((drawn - off_axis) / (2.0 * edge) + 0.5).clamp(0.0, 1.0);
            let depth = 0.6 + 0.4 * (1.0 - across * across).max(0.0).sqrt();
            // Measured from the line, not from the piece, so that the reflex has no beads where pieces meet.
            let reflex = calibre.reflex * (-(from_line / (0.3 * drawn)).powi(2)).exp();
            calibre.density * (half_width / drawn) * coverage * depth * (1.0 - reflex)
        });
    }
}

/// Where a point lies beside a segment.
struct Foot {
    /// Distance from the segment.
    distance: f32,
    /// Distance from the line through it.
    from_line: f32,
    /// The share of the segment's length at which its nearest point lies.
    along: f32,
}

fn foot(at: [f32; 2], from: [f32; 2], to: [f32; 2]) -> Foot {
    let span = minus(to, from);
    let away = minus(at, from);
    let length_squared = (span[0] * span[0] + span[1] * span[1]).max(1e-12);
    let along = ((away[0] * span[0] + away[1] * span[1]) / length_squared).clamp(0.0, 1.0);
    let nearest = [from[0] + along * span[0], from[1] + along * span[1]];
    let from_line = (away[0] * span[1] - away[1] * span[0]).abs() / length_squared.sqrt();
    Foot {
        distance: distance(at, nearest),
        from_line,
        along,
    }
}
