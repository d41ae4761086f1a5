//! The transforms of F(4×4, 3×3) with the interpolation points 0, ±3/4, ±3/2 and ∞ (Toom-Cook).
//!
//! The points decide how rounding errors grow. With these, errors are half of those with the usual 0, ±1, ±2 and ∞
//! (`tests/reference/winograd_points.py` compares), and the constants of the input's and the output's transform are exact.
//!
//! For points `0, ±a, ±b, ∞` the input's transform multiplies six values `d` with the coefficients of the polynomials
//! that vanish at all points but one, e.g. `x⁴ - (a² + b²) x² + a² b²` for 0. The filter's evaluates `g0 + g1 x + g2 x²` at
//! the points, divided by the value there of the former polynomial. The output's adds powers of the points.

use crate::lanes::{Lanes, Sixteen};

/// The point a.
const A: f32 = 0.75;
/// The point b.
const B: f32 = 1.5;
const A2: f32 = A * A;
const B2: f32 = B * B;
/// What the polynomial for ±a is at ±a: `2 a² (a² - b²)`.
const AT_A: f32 = 2.0 * A2 * (A2 - B2);
/// What the polynomial for ±b is at ±b: `2 b² (b² - a²)`.
const AT_B: f32 = 2.0 * B2 * (B2 - A2);

/// Transforms the 6×6 window whose rows lie `columns` apart; the 36 results are written `apart` from one another.
#[inline(always)]
pub(crate) fn input<L: Lanes>(
    window: &[Sixteen],
    columns: usize,
    transformed: &mut [Sixteen],
    apart: usize,
) {
    let mut half = [[L::splat(0.0); 6]; 6];
    for (row, half) in half.iter_mut().enumerate() {
        let values = &window[row * columns..][..6];
        let mut line = [L::splat(0.0); 6];
        for (value, loaded) in line.iter_mut().zip(values) {
            *value = L::load(loaded);
        }
        *half = input_line(line);
    }
    for column in 0..6 {
        let mut line = [L::splat(0.0); 6];
        for (value, half) in line.iter_mut().zip(&half) {
            *value = half[column];
        }
        for (row, value) in input_line(line).into_iter().enumerate() {
            value.store(&mut transformed[(6 * row + column) * apart]);
        }
    }
}

#[inline(always)]
fn input_line<L: Lanes>([d0, d1, d2, d3, d4, d5]: [L; 6]) -> [L; 6] {
    let (a2, b2) = (L::splat(A2), L::splat(B2));
    let (both, product) = (L::splat(A2 + B2), L::splat(A2 * B2));
    let even_a = d2.neg_mul_add(b2, d4);
    let odd_a = d1.neg_mul_add(b2, d3);
    let even_b = d2.neg_mul_add(a2, d4);
    let odd_b = d1.neg_mul_add(a2, d3);
    [
        d0.mul_add(product, d2.neg_mul_add(both, d4)),
        odd_a.mul_add(L::splat(A), even_a),
        odd_a.neg_mul_add(L::splat(A), even_a),
        odd_b.mul_add(L::splat(B), even_b),
        odd_b.neg_mul_add(L::splat(B), even_b),
        d1.mul_add(product, d3.neg_mul_add(both, d5)),
    ]
}

/// Transforms a filter's nine taps, multiplied with `scale`; the 36 results are written `apart` from one another.
#[inline(always)]
pub(crate) fn filter<L: Lanes>(
    taps: [L; 9],
    scale: f32,
    transformed: &mut [Sixteen],
    apart: usize,
) {
    let scale = L::splat(scale);
    let mut half = [[L::splat(0.0); 3]; 6];
    for column in 0..3 {
        let line = [taps[column], taps[3 + column], taps[6 + column]];
        let line = [line[0].mul(scale), line[1].mul(scale), line[2].mul(scale)];
        for (half, value) in half.iter_mut().zip(filter_line(line)) {
            half[column] = value;
        }
    }
    for (row, half) in half.into_iter().enumerate() {
        for (column, value) in filter_line(half).into_iter().enumerate() {
            value.store(&mut transformed[(6 * row + column) * apart]);
        }
    }
}

#[inline(always)]
fn filter_line<L: Lanes>([g0, g1, g2]: [L; 3]) -> [L; 6] {
    let even_a = g2.mul_add(L::splat(A2 / AT_A), g0.mul(L::splat(1.0 / AT_A)));
    let odd_a = g1.mul(L::splat(A / AT_A));
    let even_b = g2.mul_add(L::splat(B2 / AT_B), g0.mul(L::splat(1.0 / AT_B)));
    let odd_b = g1.mul(L::splat(B / AT_B));
    [
        g0.mul(L::splat(1.0 / (A2 * B2))),
        even_a.add(odd_a),
        even_a.sub(odd_a),
        even_b.add(odd_b),
        even_b.sub(odd_b),
        g2,
    ]
}

/// The 4×4 outputs of a tile from its 36 sums, which lie `apart` from one another.
#[inline(always)]
pub(crate) fn output<L: Lanes>(sums: &[Sixteen], apart: usize) -> [[L; 4]; 4] {
    let mut half = [[L::splat(0.0); 6]; 4];
    for column in 0..6 {
        let mut line = [L::splat(0.0); 6];
        for (row, value) in line.iter_mut().enumerate() {
            *value = L::load(&sums[(6 * row + column) * apart]);
        }
        for (half, value) in half.iter_mut().zip(output_line(line)) {
            half[column] = value;
        }
    }
    let mut outputs = [[L::splat(0.0); 4]; 4];
    for (outputs, half) in outputs.iter_mut().zip(half) {
        *outputs = output_line(half);
    }
    outputs
}

#[inline(always)]
fn output_line<L: Lanes>([m0, m1, m2, m3, m4, m5]: [L; 6]) -> [L; 4] {
    let (sum_a, difference_a) = (m1.add(m2), m1.sub(m2));
    let (sum_b, difference_b) = (m3.add(m4), m3.sub(m4));
    [
        m0.add(sum_a).add(sum_b),
        difference_b.mul_add(L::splat(B), difference_a.mul(L::splat(A))),
        sum_b.mul_add(L::splat(B2), sum_a.mul(L::splat(A2))),
        difference_b
            .mul_add(L::splat(B * B2), difference_a.mul(L::splat(A * A2)))
            .add(m5),
    ]
}
