//! Intervals of shares and of areas under the curve.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A share in percent with its 95 % interval (Wilson 1927), in words.
pub fn share(count: usize, of: usize) -> String {
    if of == 0 {
        return "none".to_owned();
    }
    let (count, of) = (count as f64, of as f64);
    const Z: f64 = 1.96;
    let share = count / of;
    let middle = (share + Z * Z / (2.0 * of)) / (1.0 + Z * Z / of);
    let half =
        Z / (1.0 + Z * Z / of) * (share * (1.0 - share) / of + Z * Z / (4.0 * of * of)).sqrt();
    let [share, low, high] =
        [share, middle - half, middle + half].map(|value| 100.0 * value.clamp(0.0, 1.0));
    format!("{share:.2} % ({low:.2} to {high:.2})")
}

/// One photograph of a patient: how bad it seems, and whether it is bad.
#[derive(Clone)]
pub struct Judged {
    pub patient: String,
    pub badness: f64,
    pub is_bad: bool,
}

/// The share of pairs of a bad and a good one in which the bad one seems worse; ties count half.
pub fn area(judged: &[&Judged]) -> f64 {
    let mut order: Vec<&&Judged> = judged.iter().collect();
    order.sort_by(|one, other| one.badness.total_cmp(&other.badness));
    let (mut sum, mut good, mut bad) = (0.0, 0.0, 0.0);
    for group in order.chunk_by(|one, other| one.badness == other.badness) {
        let bad_here = group.iter().filter(|one| one.is_bad).count() as f64;
        let good_here = group.len() as f64 - bad_here;
        sum += bad_here * (good + good_here / 2.0);
        good += good_here;
        bad += bad_here;
    }
    sum / (good * bad).max(1.0)
}

/// The area with its 95 % interval by drawing patients anew 2000 times.
pub fn area_in_words(judged: &[Judged]) -> String {
    let mut patients: Vec<&str> = judged.iter().map(|one| one.patient.as_str()).collect();
    patients.sort_unstable();
    patients.dedup();
    let of_patient: Vec<Vec<&Judged>> = patients
        .iter()
        .map(|patient| {
            judged
                .iter()
                .filter(|one| one.patient == *patient)
                .collect()
        })
        .collect();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut areas: Vec<f64> = (0..2000)
        .map(|_| {
            let drawn: Vec<&Judged> = (0..patients.len())
                .flat_map(|_| {
                    of_patient[rng.random_range(0..patients.len())]
                        .iter()
                        .copied()
                })
                .collect();
            area(&drawn)
        })
        .collect();
    areas.sort_by(f64::total_cmp);
    let whole = area(&judged.iter().collect::<Vec<_>>());
    format!("{whole:.3} ({:.3} to {:.3})", areas[49], areas[1949])
}
