//! What the border looks like, and how far each pixel is from it.

use image::RgbImage;

/// How far each pixel of the search copy is from the border's colour: the largest difference of a channel, 0 to 255,
/// averaged over 3 x 3 pixels.
pub(super) struct Difference {
    pub width: usize,
    pub height: usize,
    pub values: Vec<u8>,
}

/// Colours that the border may have: the median of all corners, then each corner that differs from it clearly
/// (a light leak, a name tag or a logo may lie in the others).
pub(super) fn colours(copy: &RgbImage) -> Vec<[u8; 3]> {
    let (width, height) = copy.dimensions();
    let patch = (width.min(height) / 40).max(2);
    let [right, bottom] = [width - patch, height - patch];
    let corners = [(0, 0), (right, 0), (0, bottom), (right, bottom)].map(|(left, top)| {
        let pixels = (top..top + patch).flat_map(|y| (left..left + patch).map(move |x| (x, y)));
        pixels
            .map(|(x, y)| copy.get_pixel(x, y).0)
            .collect::<Vec<_>>()
    });
    let mut colours = vec![median(&corners.concat())];
    for corner in &corners {
        let colour = median(corner);
        if colours
            .iter()
            .all(|known| channel_distance(known, &colour) > 12)
        {
            colours.push(colour);
        }
    }
    colours
}

fn median(pixels: &[[u8; 3]]) -> [u8; 3] {
    std::array::from_fn(|channel| {
        let mut values: Vec<u8> = pixels.iter().map(|pixel| pixel[channel]).collect();
        values.sort_unstable();
        values[values.len() / 2]
    })
}

fn channel_distance(one: &[u8; 3], other: &[u8; 3]) -> u8 {
    (0..3)
        .map(|channel| one[channel].abs_diff(other[channel]))
        .max()
        .unwrap_or(0)
}

impl Difference {
    pub(super) fn from_border(copy: &RgbImage, colour: [u8; 3]) -> Self {
        let (width, height) = (copy.width() as usize, copy.height() as usize);
        let raw: Vec<u8> = copy
            .pixels()
            .map(|pixel| channel_distance(&pixel.0, &colour))
            .collect();
        let mut values = vec![0_u8; raw.len()];
        for y in 0..height {
            let rows = y.saturating_sub(1)..(y + 2).min(height);
            for x in 0..width {
                let columns = x.saturating_sub(1)..(x + 2).min(width);
                let count = rows.len() * columns.len();
                let window = rows
                    .clone()
                    .flat_map(|row| &raw[row * width..][columns.clone()]);
                let sum: usize = window.map(|&value| usize::from(value)).sum();
                values[y * width + x] = ((sum + count / 2) / count) as u8;
            }
        }
        Self {
            width,
            height,
            values,
        }
    }

    /// The largest connected set of pixels further than `tolerance` from the border's colour, with its number of
    /// pixels.
    pub(super) fn largest_component(&self, tolerance: u8) -> (Vec<bool>, usize) {
        let mut labels = vec![0_u32; self.values.len()];
        let (mut label, mut largest, mut largest_label) = (0, 0, 0);
        let mut stack = Vec::new();
        for start in 0..labels.len() {
            if labels[start] != 0 || self.values[start] <= tolerance {
                continue;
            }
            label += 1;
            labels[start] = label;
            stack.push(start);
            let mut size = 0;
            while let Some(at) = stack.pop() {
                size += 1;
                for neighbour in self.neighbours(at).into_iter().flatten() {
                    if labels[neighbour] == 0 && self.values[neighbour] > tolerance {
                        labels[neighbour] = label;
                        stack.push(neighbour);
                    }
                }
            }
            if size > largest {
                (largest, largest_label) = (size, label);
            }
        }
        (
            labels
                .iter()
                .map(|&of| of == largest_label && largest > 0)
                .collect(),
            largest,
        )
    }

    fn neighbours(&self, at: usize) -> [Option<usize>; 4] {
        let x = at % self.width;
        [
            (x > 0).then(|| at - 1),
            (x + 1 < self.width).then(|| at + 1),
            at.checked_sub(self.width),
            (at + self.width < self.values.len()).then_some(at + self.width),
        ]
    }
}
