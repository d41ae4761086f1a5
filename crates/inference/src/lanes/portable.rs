//! [`Lanes`] in plain Rust.

use super::{Halves, Lanes, Sixteen};
use crate::product::{Product, multiply};

#[derive(Clone, Copy)]
pub(super) struct Lanes16([f32; 16]);

impl Lanes16 {
    #[inline(always)]
    fn with(self, other: Self, combine: impl Fn(f32, f32) -> f32) -> Self {
        Self(std::array::from_fn(|lane| {
            combine(self.0[lane], other.0[lane])
        }))
    }
}

impl Lanes for Lanes16 {
    const PLACES: usize = 2;
    const WIDE: usize = 1;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self([value; 16])
    }

    #[inline(always)]
    fn load(values: &Sixteen) -> Self {
        Self(values.0)
    }

    #[inline(always)]
    fn load_halves(values: &Halves) -> Self {
        // Exponent and mantissa where those of a single are, then the difference of the two exponents' biases, 112, as
        // a factor, which is right for subnormal halves too. The compiler makes vector instructions of this.
        let bias = f32::from_bits((127 + 112) << 23);
        Self(std::array::from_fn(|lane| {
            let bits = u32::from(values.0[lane].to_bits());
            let magnitude = f32::from_bits((bits & 0x7fff) << 13) * bias;
            f32::from_bits(magnitude.to_bits() | (bits & 0x8000) << 16)
        }))
    }

    #[inline(always)]
    fn store(self, values: &mut Sixteen) {
        values.0 = self.0;
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.with(other, |a, b| a + b)
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.with(other, |a, b| a - b)
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.with(other, |a, b| a * b)
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, term: Self) -> Self {
        self.mul(factor).add(term)
    }

    #[inline(always)]
    fn neg_mul_add(self, factor: Self, term: Self) -> Self {
        term.sub(self.mul(factor))
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        // What the vector instructions do: the second where the comparison fails.
        self.with(other, |a, b| if a > b { a } else { b })
    }

    #[inline(always)]
    fn where_equal(self, one: Self, other: Self) -> Self {
        Self(std::array::from_fn(|lane| {
            if one.0[lane] == other.0[lane] {
                self.0[lane]
            } else {
                0.0
            }
        }))
    }

    #[inline(always)]
    fn select_greater(self, other: Self, yes: Self, no: Self) -> Self {
        Self(std::array::from_fn(|lane| {
            if self.0[lane] > other.0[lane] {
                yes.0[lane]
            } else {
                no.0[lane]
            }
        }))
    }

    #[inline(always)]
    #[allow(unsafe_code)]
    unsafe fn product<
        const PLACES: usize,
        const WIDE: usize,
        const STRIDE: usize,
        const ROW: usize,
    >(
        product: Product<'_>,
    ) {
        // SAFETY: the caller's promise, handed on.
        unsafe { multiply::<Self, PLACES, WIDE, STRIDE, ROW>(product) }
    }
}
