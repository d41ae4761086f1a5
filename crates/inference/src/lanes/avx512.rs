//! [`Lanes`] in one register of AVX-512.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::{Halves, InstructionSet, Lanes, Sixteen, Task};
use crate::product::{Product, multiply};

#[derive(Clone, Copy)]
pub(super) struct Lanes16(__m512);

/// Runs a task with AVX-512, after asking the processor.
pub(super) fn execute(task: impl Task) {
    assert!(InstructionSet::available().contains(&InstructionSet::Avx512));
    // SAFETY: the processor has the instructions, as the line above makes sure.
    unsafe { with_instructions(task) }
}

#[target_feature(enable = "avx512f,avx2,fma,f16c")]
fn with_instructions(task: impl Task) {
    task.run::<Lanes16>();
}

#[target_feature(enable = "avx512f,avx2,fma,f16c")]
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

// SAFETY of every block here: these functions run inside `with_instructions` only, so the processor has AVX-512; loads
// and stores take references to sixteen aligned values.
impl Lanes for Lanes16 {
    // 14 × 2 sums, 2 weights and one broadcast value in 32 registers.
    const PLACES: usize = 14;
    const WIDE: usize = 2;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_set1_ps(value) })
    }

    #[inline(always)]
    fn load(values: &Sixteen) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_load_ps(values.0.as_ptr()) })
    }

    #[inline(always)]
    fn load_halves(values: &Halves) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_cvtph_ps(_mm256_load_si256(values.0.as_ptr().cast())) })
    }

    #[inline(always)]
    fn store(self, values: &mut Sixteen) {
        // SAFETY: see above.
        unsafe { _mm512_store_ps(values.0.as_mut_ptr(), self.0) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_sub_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_mul_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, term: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_fmadd_ps(self.0, factor.0, term.0) })
    }

    #[inline(always)]
    fn neg_mul_add(self, factor: Self, term: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_fnmadd_ps(self.0, factor.0, term.0) })
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_max_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn where_equal(self, one: Self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe {
            let equal = _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(one.0, other.0);
            _mm512_maskz_mov_ps(equal, self.0)
        })
    }

    #[inline(always)]
    fn select_greater(self, other: Self, yes: Self, no: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe {
            let greater = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(self.0, other.0);
            _mm512_mask_blend_ps(greater, no.0, yes.0)
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
        // SAFETY: the caller's promise, handed on; the processor has AVX-512.
        unsafe { multiply_here::<PLACES, WIDE, STRIDE, ROW>(product) }
    }
}
