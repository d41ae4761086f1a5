//! A Gaussian blur along rows and columns, with the values at the edge repeated beyond it.

/// Blurs `[height, width]` values, row-major, by a standard deviation in places.
pub(crate) fn blurred(
    values: &[f32],
    [height, width]: [usize; 2],
    standard_deviation: f64,
) -> Vec<f32> {
    let kernel = gaussian(standard_deviation);
    let once = blur_rows_and_transpose(values, width, height, &kernel);
    blur_rows_and_transpose(&once, height, width, &kernel)
}

/// Weights that sum to 1, over three standard deviations to each side.
fn gaussian(standard_deviation: f64) -> Vec<f32> {
    let radius = (3.0 * standard_deviation).ceil() as i32;
    let weight = |offset: i32| (-0.5 * (f64::from(offset) / standard_deviation).powi(2)).exp();
    let total: f64 = (-radius..=radius).map(weight).sum();
    (-radius..=radius)
        .map(|offset| (weight(offset) / total) as f32)
        .collect()
}

fn blur_rows_and_transpose(
    values: &[f32],
    width: usize,
    height: usize,
    kernel: &[f32],
) -> Vec<f32> {
    let radius = kernel.len() / 2;
    let mut transposed = vec![0.0; values.len()];
    for (y, row) in values.chunks_exact(width.max(1)).enumerate() {
        for x in 0..width {
            let tap = |offset: usize| row[(x + offset).saturating_sub(radius).min(width - 1)];
            transposed[x * height + y] = kernel
                .iter()
                .enumerate()
                .map(|(offset, weight)| weight * tap(offset))
                .sum();
        }
    }
    transposed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_stays_in_the_middle_and_a_constant_everywhere() {
        let (height, width) = (40, 64);
        let ramp: Vec<f32> = (0..height * width)
            .map(|place| (place % width) as f32)
            .collect();
        let result = blurred(&ramp, [height, width], 4.0);
        assert!((result[20 * width + 32] - 32.0).abs() < 1e-3);
        let constant = blurred(&vec![0.75; height * width], [height, width], 2.0);
        assert!(constant.iter().all(|value| (value - 0.75).abs() < 1e-5));
    }

    #[test]
    fn a_point_becomes_a_bell_of_the_same_sum() {
        let (height, width) = (41, 31);
        let mut values = vec![0.0; height * width];
        values[20 * width + 15] = 1.0;
        let result = blurred(&values, [height, width], 2.0);
        assert!((result.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        let ratio = result[20 * width + 17] / result[20 * width + 15];
        assert!((ratio - (-0.5_f32).exp()).abs() < 1e-4);
        assert!((result[22 * width + 15] - result[20 * width + 17]).abs() < 1e-7);
    }
}
