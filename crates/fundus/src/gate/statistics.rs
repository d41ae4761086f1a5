//! Sums over the visible places. Of nothing, all are 0; none is ever infinite.

/// The mean.
pub(super) fn mean(values: impl Iterator<Item = f32>) -> f32 {
    let (mut sum, mut count) = (0.0_f64, 0.0_f64);
    for value in values {
        sum += f64::from(value);
        count += 1.0;
    }
    (sum / count.max(1.0)) as f32
}

/// Mean, standard deviation, skewness and kurtosis (3 for a normal distribution).
pub(super) struct Moments {
    pub mean: f32,
    pub deviation: f32,
    pub skewness: f32,
    pub kurtosis: f32,
}

/// Variances below this (of values of about 1) are rounding.
const LEAST_VARIANCE: f64 = 1e-9;

impl Moments {
    pub fn of(values: impl Iterator<Item = f32> + Clone) -> Self {
        let middle = f64::from(mean(values.clone()));
        let (mut sums, mut count) = ([0.0_f64; 3], 0.0_f64);
        for value in values {
            let off = f64::from(value) - middle;
            sums[0] += off * off;
            sums[1] += off * off * off;
            sums[2] += off * off * off * off;
            count += 1.0;
        }
        let [second, third, fourth] = sums.map(|sum| sum / count.max(1.0));
        let variance = second.max(LEAST_VARIANCE);
        Self {
            mean: middle as f32,
            deviation: second.sqrt() as f32,
            skewness: (third / variance.powf(1.5)) as f32,
            kurtosis: (fourth / (variance * variance)) as f32,
        }
    }
}

/// Pearson's correlation of pairs; 0 where one of both does not vary.
pub(super) fn correlation(pairs: impl Iterator<Item = (f32, f32)> + Clone) -> f32 {
    let first = f64::from(mean(pairs.clone().map(|(one, _)| one)));
    let second = f64::from(mean(pairs.clone().map(|(_, other)| other)));
    let (mut both, mut one_square, mut other_square) = (0.0_f64, 0.0_f64, 0.0_f64);
    for (one, other) in pairs {
        let (one, other) = (f64::from(one) - first, f64::from(other) - second);
        both += one * other;
        one_square += one * one;
        other_square += other * other;
    }
    (both / (one_square * other_square).sqrt().max(LEAST_VARIANCE)) as f32
}

/// The logarithm of a share or strength, which may be 0.
pub(super) fn logarithm(value: f32, least: f32) -> f32 {
    (value.max(0.0) + least).ln()
}

/// The values below which these shares of all lie, the shares ascending; 0 of nothing.
pub(super) fn quantiles<const COUNT: usize>(
    values: impl Iterator<Item = f32>,
    shares: [f32; COUNT],
) -> [f32; COUNT] {
    let mut values: Vec<f32> = values.collect();
    let (count, mut from) = (values.len(), 0);
    shares.map(|share| {
        let place = ((count as f32 * share) as usize).min(count.saturating_sub(1));
        if count == 0 {
            return 0.0;
        }
        // What lies before an earlier quantile is smaller and need not be looked at again.
        let place = place.max(from);
        let (_, value, _) = values[from..].select_nth_unstable_by(place - from, f32::total_cmp);
        from = place;
        *value
    })
}
