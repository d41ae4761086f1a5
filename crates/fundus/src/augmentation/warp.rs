//! Turning, mirroring, scaling and shifting a picture in one inverse-mapped pass.

use image::RgbImage;

/// Where each pixel of the changed picture comes from: `origin + column * along_x + row * along_y`, in source pixels.
pub(super) struct Warp {
    pub(super) origin: [f32; 2],
    pub(super) along_x: [f32; 2],
    pub(super) along_y: [f32; 2],
}

impl Warp {
    /// Bilinear, in 8 fractional bits; black beyond the frame.
    pub(super) fn apply(&self, source: &RgbImage) -> RgbImage {
        let (width, height) = source.dimensions();
        let mut warped = RgbImage::new(width, height);
        let stride = width as usize * 3;
        if width < 2 || height < 2 {
            return source.clone();
        }
        let pixels = source.as_raw();
        let (right, bottom) = ((width - 1) as f32, (height - 1) as f32);
        for (row, out_row) in warped.chunks_exact_mut(stride).enumerate() {
            let start = [0, 1].map(|axis| self.origin[axis] + row as f32 * self.along_y[axis]);
            for (column, out) in out_row.chunks_exact_mut(3).enumerate() {
                // A 128th of a pixel of tolerance: rounding must not blacken the outermost pixels.
                let x = start[0] + column as f32 * self.along_x[0];
                let y = start[1] + column as f32 * self.along_x[1];
                if x < -0.008 || y < -0.008 || x > right + 0.008 || y > bottom + 0.008 {
                    continue;
                }
                let (x, y) = (x.clamp(0.0, right), y.clamp(0.0, bottom));
                let fixed = [(x * 256.0 + 0.5) as usize, (y * 256.0 + 0.5) as usize];
                let left = (fixed[0] >> 8).min(width as usize - 2);
                let top = (fixed[1] >> 8).min(height as usize - 2);
                let weight_x = (fixed[0] - (left << 8)) as u32;
                let weight_y = (fixed[1] - (top << 8)) as u32;
                let upper = &pixels[top * stride + left * 3..][..6];
                let lower = &pixels[(top + 1) * stride + left * 3..][..6];
                for channel in 0..3 {
                    let blend = |line: &[u8]| {
                        u32::from(line[channel]) * (256 - weight_x)
                            + u32::from(line[channel + 3]) * weight_x
                    };
                    let value = blend(upper) * (256 - weight_y) + blend(lower) * weight_y;
                    out[channel] = ((value + (1 << 15)) >> 16) as u8;
                }
            }
        }
        warped
    }
}
