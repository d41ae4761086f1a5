//! Sixteen channels at a time, in the widest instructions that the processor has.
//!
//! Everything that computes is written once, over [`Lanes`], and compiled three times: for AVX-512, for AVX2 with FMA,
//! and in plain Rust, which the compiler turns into SSE2 or NEON. [`execute`] picks one of them for a [`Task`]. With
//! fused multiply-add (AVX2, AVX-512) every value is the same bits whichever is picked.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

use std::fmt;
use std::sync::OnceLock;

use crate::product::Product;

/// Sixteen values that are neighbours in memory: sixteen channels of one place. Aligned to a cache line, so that no
/// load touches two.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C, align(64))]
pub(crate) struct Sixteen(pub(crate) [f32; 16]);

impl Sixteen {
    /// The values of many, one after the other.
    #[allow(unsafe_code)]
    pub(crate) fn values(many: &[Sixteen]) -> &[f32] {
        // SAFETY: the representation is that of sixteen values and leaves no gap, since 64 bytes are their size.
        unsafe { std::slice::from_raw_parts(many.as_ptr().cast(), 16 * many.len()) }
    }

    /// As [`Sixteen::values`], to be written.
    #[allow(unsafe_code)]
    pub(crate) fn values_mut(many: &mut [Sixteen]) -> &mut [f32] {
        // SAFETY: as above; the borrow is exclusive.
        unsafe { std::slice::from_raw_parts_mut(many.as_mut_ptr().cast(), 16 * many.len()) }
    }
}

/// Sixteen finite values of half precision that are neighbours in memory.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(32))]
pub(crate) struct Halves(pub(crate) [half::f16; 16]);

/// Sixteen values in registers.
///
/// The functions are safe to call only in code that [`execute`] runs, because only it has asked the processor; nothing
/// outside this crate can name the trait.
pub(crate) trait Lanes: Copy {
    /// Places whose sums fit the registers in [`Product`], beside the weights.
    const PLACES: usize;
    /// Sixteens of output channels that [`Product`] keeps for each place.
    const WIDE: usize;

    fn splat(value: f32) -> Self;
    fn load(values: &Sixteen) -> Self;
    fn load_halves(values: &Halves) -> Self;
    fn store(self, values: &mut Sixteen);
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    /// `self × factor + term`.
    fn mul_add(self, factor: Self, term: Self) -> Self;
    /// `term - self × factor`.
    fn neg_mul_add(self, factor: Self, term: Self) -> Self;
    /// The greater values; the others' where either is no number, so that zero is no match for one.
    fn max(self, other: Self) -> Self;
    /// `yes` where these values are greater than the others, `no` elsewhere.
    fn select_greater(self, other: Self, yes: Self, no: Self) -> Self;

    /// The values where `one` equals `other`, and zero elsewhere.
    fn where_equal(self, one: Self, other: Self) -> Self;

    /// The values where `condition` is above zero, and zero elsewhere.
    #[inline(always)]
    fn where_positive(self, condition: Self) -> Self {
        let zero = Self::splat(0.0);
        condition.select_greater(zero, self, zero)
    }
    /// Runs a product with `PLACES` places and `WIDE` sixteens of outputs.
    ///
    /// # Safety
    /// As for [`crate::product::multiply`].
    #[allow(unsafe_code)]
    unsafe fn product<
        const PLACES: usize,
        const WIDE: usize,
        const STRIDE: usize,
        const ROW: usize,
    >(
        product: Product<'_>,
    );
}

/// Asks for values that will be needed soon to be brought near; changes nothing.
#[inline(always)]
#[allow(unsafe_code)]
pub(crate) fn prefetch<T>(values: &[T]) {
    #[cfg(target_arch = "x86_64")]
    for line in values.chunks((64 / size_of::<T>()).max(1)) {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: a prefetch reads nothing; the instruction is part of every x86-64 processor.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(line.as_ptr().cast()) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = values;
}

/// Work that is compiled for every instruction set.
pub(crate) trait Task {
    /// Does the work. To be marked `#[inline(always)]`, so that it becomes part of the function that may use the
    /// instructions.
    fn run<L: Lanes>(self);
}

/// The instructions that the engine computes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstructionSet {
    /// AVX-512 Foundation: sixteen values an instruction.
    Avx512,
    /// AVX2 with fused multiply-add: eight values an instruction.
    Avx2,
    /// Whatever every processor of this architecture has.
    Portable,
}

impl InstructionSet {
    /// The environment variable that holds the engine to a narrower set than the processor has: `avx2` or `portable`.
    pub const VARIABLE: &str = "FUNDOSCOPE_INSTRUCTIONS";

    /// The set that [`InstructionSet::VARIABLE`] names, if the processor has it, else the widest that it has. Asked once.
    pub fn detected() -> Self {
        static DETECTED: OnceLock<InstructionSet> = OnceLock::new();
        *DETECTED.get_or_init(|| {
            let wanted = std::env::var(Self::VARIABLE).unwrap_or_default();
            let available = Self::available();
            let named = available.iter().find(|set| set.name() == wanted);
            *named.unwrap_or(&available[0])
        })
    }

    /// All sets that this processor has, the widest first; [`InstructionSet::Portable`] is always there.
    pub fn available() -> Vec<Self> {
        let mut sets = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            let fma = is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("fma")
                && is_x86_feature_detected!("f16c");
            if fma && is_x86_feature_detected!("avx512f") {
                sets.push(InstructionSet::Avx512);
            }
            if fma {
                sets.push(InstructionSet::Avx2);
            }
        }
        sets.push(InstructionSet::Portable);
        sets
    }

    /// `avx512`, `avx2` or `portable`.
    pub fn name(self) -> &'static str {
        match self {
            InstructionSet::Avx512 => "avx512",
            InstructionSet::Avx2 => "avx2",
            InstructionSet::Portable => "portable",
        }
    }
}

impl fmt::Display for InstructionSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// Runs a task with the instructions of a set, which must be one of [`InstructionSet::available`].
pub(crate) fn execute(set: InstructionSet, task: impl Task) {
    match set {
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx512 => avx512::execute(task),
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2 => avx2::execute(task),
        _ => task.run::<portable::Lanes16>(),
    }
}
