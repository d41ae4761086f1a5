//! [`Lanes`] in two registers of AVX2.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::{Halves, InstructionSet, Lanes, Sixteen, Task};
use crate::product::{Product, multiply};

#[derive(Clone, Copy)]
pub(super) struct Lanes16([__m256; 2]);

/// Runs a task with AVX2, after asking the processor.
pub(super) fn execute(task: impl Task) {
    assert!(InstructionSet::available().contains(&InstructionSet::Avx2));
    // SAFETY: the processor has the instructions, as the line above makes sure.
    unsafe { with_instructions(task) }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn with_instructions(task: impl Task) {
    task.run::<Lanes16>();
}

#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn multiply_here<
    const PLACES: usize,
    const WIDE: usize,
    const STRIDE: usize,
    const ROW: usize,
>(
    product: Product<'_>,
) {
    // SAFETY: the caller's promise, handed on.
    unsafe { multiply::<Lanes16, PLACES, WIDE, STRIDE, ROW>(product) }
}

// SAFETY of every block here: these functions run inside `with_instructions` only, so the processor has AVX2 and FMA; loads
// and stores take references to sixteen aligned values.
impl Lanes for Lanes16 {
    // 6 × 1 sums of two registers, 2 registers of weights and one broadcast value in 16 registers.
    const PLACES: usize = 6;
    const WIDE: usize = 1;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        // SAFETY: see above.
        Self(unsafe { [_mm256_set1_ps(value); 2] })
    }

    #[inline(always)]
    fn load(values: &Sixteen) -> Self {
        // SAFETY: see above.
        Self(unsafe {
            let start = values.0.as_ptr();
            [_mm256_load_ps(start), _mm256_load_ps(start.add(8))]
        })
    }

    #[inline(always)]
    fn load_halves(values: &Halves) -> Self {
        // SAFETY: see above.
        Self(unsafe {
            let start = values.0.as_ptr();
            let low = _mm256_cvtph_ps(_mm_load_si128(start.cast()));
            [low, _mm256_cvtph_ps(_mm_load_si128(start.add(8).cast()))]
        })
    }

    #[inline(always)]
    fn store(self, values: &mut Sixteen) {
        // SAFETY: see above.
        unsafe {
            let start = values.0.as_mut_ptr();
            _mm256_store_ps(start, self.0[0]);
            _mm256_store_ps(start.add(8), self.0[1]);
        }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        let [low, high] = self.0;
        let [other_low, other_high] = other.0;
        // SAFETY: see above.
        Self(unsafe {
            [
                _mm256_add_ps(low, other_low),
                _mm256_add_ps(high, other_high),
            ]
        })
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        let [low, high] = self.0;
        let [other_low, other_high] = other.0;
        // SAFETY: see above.
        Self(unsafe {
            [
                _mm256_sub_ps(low, other_low),
                _mm256_sub_ps(high, other_high),
            ]
        })
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        let [low, high] = self.0;
        let [other_low, other_high] = other.0;
        // SAFETY: see above.
        Self(unsafe {
            [
                _mm256_mul_ps(low, other_low),
                _mm256_mul_ps(high, other_high),
            ]
        })
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, term: Self) -> Self {
        let (values, factors, terms) = (self.0, factor.0, term.0);
        // SAFETY: see above.
        Self(unsafe {
            [
                _mm256_fmadd_ps(values[0], factors[0], terms[0]),
                _mm256_fmadd_ps(values[1], factors[1], terms[1]),
            ]
        })
    }

    #[inline(always)]
    fn neg_mul_add(self, factor: Self, term: Self) -> Self {
        let (values, factors, terms) = (self.0, factor.0, term.0);
        // SAFETY: see above.
        Self(unsafe {
            [
                _mm256_fnmadd_ps(values[0], factors[0], terms[0]),
                _mm256_fnmadd_ps(values[1], factors[1], terms[1]),
            ]
        })
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        let [low, high] = self.0;
        let [other_low, other_high] = other.0;
        // SAFETY: see above.
        Self(unsafe {
            [
                _mm256_max_ps(low, other_low),
                _mm256_max_ps(high, other_high),
            ]
        })
    }

    #[inline(always)]
    fn where_equal(self, one: Self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe {
            let low = _mm256_cmp_ps::<_CMP_EQ_OQ>(one.0[0], other.0[0]);
            let high = _mm256_cmp_ps::<_CMP_EQ_OQ>(one.0[1], other.0[1]);
            [
                _mm256_and_ps(low, self.0[0]),
                _mm256_and_ps(high, self.0[1]),
            ]
        })
    }

    #[inline(always)]
    fn select_greater(self, other: Self, yes: Self, no: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe {
            let low = _mm256_cmp_ps::<_CMP_GT_OQ>(self.0[0], other.0[0]);
            let high = _mm256_cmp_ps::<_CMP_GT_OQ>(self.0[1], other.0[1]);
            [
                _mm256_blendv_ps(no.0[0], yes.0[0], low),
                _mm256_blendv_ps(no.0[1], yes.0[1], high),
            ]
        })
    }

    #[inline(always)]
    unsafe fn product<
        const PLACES: usize,
        const WIDE: usize,
        const STRIDE: usize,
        const ROW: usize,
    >(
        product: Product<'_>,
    ) {
        // SAFETY: the caller's promise, handed on; the processor has AVX2 and FMA.
        unsafe { multiply_here::<PLACES, WIDE, STRIDE, ROW>(product) }
    }
}
