//! The one product that every convolution comes down to.
//!
//! For neighbouring places `p`: `sums[p][o] (+)= Σ input[p × STRIDE + i] × weights[i][o]`, where `i` goes along one or
//! more runs of values that are neighbours in memory. A convolution over channels-last pictures is such a product: a run
//! is a row of its window. A Winograd convolution is 36 of them with one run each.

use crate::lanes::{Lanes, Sixteen};

/// Products of a chain of [`products_in_chains`], if a run is no longer.
const CHAIN: usize = 64;

/// What is multiplied.
#[derive(Clone, Copy)]
pub(crate) struct Product<'a> {
    /// From the first place's first value on.
    pub(crate) input: &'a [f32],
    /// Where each run begins, from the first value of `input` for the first place.
    pub(crate) runs: &'a [usize],
    /// Values in each run.
    pub(crate) run_length: usize,
    /// `ROW` sixteens of weights for each value of each run.
    pub(crate) weights: &'a [Sixteen],
    /// `ROW` sixteens for each place; the pointer stands for a `&mut` that several products of one place share by parts.
    pub(crate) sums: *mut Sixteen,
    /// What is added to the products, laid out as `sums`: a part of the same sum, so that parts are added up before they
    /// are added to the whole.
    pub(crate) part: Option<&'a [Sixteen]>,
    /// Whether all that is then added to what is in `sums`, or replaces it.
    pub(crate) accumulate: bool,
}

/// Multiplies for `sums.len() / ROW` places that stand `STRIDE` values apart. `ROW` is the number of sixteens of output
/// channels.
#[inline(always)]
#[allow(unsafe_code)]
pub(crate) fn products<L: Lanes, const STRIDE: usize, const ROW: usize>(
    input: &[f32],
    runs: &[usize],
    run_length: usize,
    weights: &[Sixteen],
    sums: &mut [Sixteen],
    part: Option<&[Sixteen]>,
    accumulate: bool,
) {
    let places = sums.len() / ROW;
    if places == 0 {
        return;
    }
    assert!(part.is_none_or(|part| part.len() >= places * ROW));
    let last_run = runs.iter().copied().max().unwrap_or(0);
    assert!(input.len() >= (places - 1) * STRIDE + last_run + run_length);
    assert!(weights.len() >= runs.len() * run_length * ROW);
    // As equal as possible, so that no small rest is left, whose sums would wait for one another.
    let groups = places.div_ceil(L::PLACES);
    let mut first = 0;
    for group in 0..groups {
        let count = (places - first).div_ceil(groups - group);
        for column in (0..ROW).step_by(L::WIDE) {
            let product = Product {
                input: &input[first * STRIDE..],
                runs,
                run_length,
                weights: &weights[column..],
                sums: sums.as_mut_ptr().wrapping_add(first * ROW + column),
                part: part.map(|part| &part[first * ROW + column..]),
                accumulate,
            };
            // SAFETY: the assertions above bound what is read for all places; `count` rows of `ROW` sixteens follow
            // `first * ROW` in `sums` and in `part`, and `column + WIDE` is at most `ROW`, because `ROW` is 1 or 2 and
            // `WIDE` is at most `ROW` (`dispatch` takes 1 where `ROW` is 1).
            unsafe { dispatch::<L, STRIDE, ROW>(count, product) }
        }
        first += count;
    }
}

/// The same, where the sums of some runs at a time are added to one another: the shorter a chain of additions, the smaller
/// its rounding error.
#[inline(always)]
pub(crate) fn products_in_chains<L: Lanes, const STRIDE: usize, const ROW: usize>(
    input: &[f32],
    runs: &[usize],
    run_length: usize,
    weights: &[Sixteen],
    sums: &mut [Sixteen],
    accumulate: bool,
) {
    let runs_of_chain = (CHAIN / run_length).max(1);
    let weights = weights.chunks(runs_of_chain * run_length * ROW);
    for (chain, (runs, weights)) in runs.chunks(runs_of_chain).zip(weights).enumerate() {
        let accumulate = accumulate || chain > 0;
        products::<L, STRIDE, ROW>(input, runs, run_length, weights, sums, None, accumulate);
    }
}

/// From a number of places to the function compiled for it.
#[inline(always)]
#[allow(unsafe_code)]
unsafe fn dispatch<L: Lanes, const STRIDE: usize, const ROW: usize>(
    places: usize,
    product: Product<'_>,
) {
    macro_rules! by_places {
        ($($places:literal)*) => {
            match (places, L::WIDE.min(ROW)) {
                $(
                    // SAFETY: the caller's promise, handed on.
                    ($places, 2) => unsafe { L::product::<$places, 2, STRIDE, ROW>(product) },
                    // SAFETY: the caller's promise, handed on.
                    ($places, _) => unsafe { L::product::<$places, 1, STRIDE, ROW>(product) },
                )*
                _ => unreachable!("no set of instructions takes more than 14 places"),
            }
        };
    }
    by_places!(1 2 3 4 5 6 7 8 9 10 11 12 13 14)
}

/// The product itself; all loops over places and sixteens have constant ends and become registers.
///
/// # Safety
/// `input` holds `(PLACES - 1) × STRIDE + run + run_length` values for every run; `weights` holds `WIDE` sixteens from
/// each `ROW`th on, for each value of each run; `sums` may be written for `WIDE` sixteens from each `ROW`th on, `PLACES`
/// times, and `part` holds as many.
#[inline(always)]
#[allow(unsafe_code)]
pub(crate) unsafe fn multiply<
    L: Lanes,
    const PLACES: usize,
    const WIDE: usize,
    const STRIDE: usize,
    const ROW: usize,
>(
    product: Product<'_>,
) {
    let mut sums = [[L::splat(0.0); WIDE]; PLACES];
    let mut weights = product.weights.as_ptr();
    for &run in product.runs {
        // SAFETY: within `input`, by the caller's promise; so are the reads below.
        let mut values = unsafe { product.input.as_ptr().add(run) };
        for _ in 0..product.run_length {
            let mut row = [L::splat(0.0); WIDE];
            for (column, weight) in row.iter_mut().enumerate() {
                // SAFETY: within `weights`, by the caller's promise.
                *weight = L::load(unsafe { &*weights.add(column) });
            }
            for (place, sums) in sums.iter_mut().enumerate() {
                // SAFETY: within `input`, by the caller's promise.
                let value = L::splat(unsafe { *values.add(place * STRIDE) });
                for (sum, weight) in sums.iter_mut().zip(row) {
                    *sum = value.mul_add(weight, *sum);
                }
            }
            // Past the end after the last value, where nothing is read any more.
            weights = weights.wrapping_add(ROW);
            values = values.wrapping_add(1);
        }
    }
    for (place, sums) in sums.into_iter().enumerate() {
        for (column, sum) in sums.into_iter().enumerate() {
            let sum = match product.part {
                // SAFETY: within `part`, by the caller's promise.
                Some(part) => L::load(unsafe { part.get_unchecked(place * ROW + column) }).add(sum),
                None => sum,
            };
            // SAFETY: within `sums`, by the caller's promise.
            let written = unsafe { &mut *product.sums.add(place * ROW + column) };
            // Added at the end and not at the start: the shorter a chain of additions, the smaller its rounding error.
            let sum = if product.accumulate {
                L::load(written).add(sum)
            } else {
                sum
            };
            sum.store(written);
        }
    }
}
