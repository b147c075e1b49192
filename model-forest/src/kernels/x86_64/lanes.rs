//! A number for each of eight trees in 256 bits: for AVX2, and so for AVX-512.

use crate::kernels::{
    GROUP_TREES,
    compare::{Lanes, Line},
};
use std::arch::x86_64::{
    __m256i, _mm_cvtsi64_si128, _mm_loadu_si128, _mm256_add_epi32, _mm256_and_si256, _mm256_cvtepu8_epi32,
    _mm256_cvtepu16_epi32, _mm256_loadu_si256, _mm256_or_si256, _mm256_set1_epi32, _mm256_slli_epi32,
    _mm256_srlv_epi32, _mm256_storeu_si256, _mm256_xor_si256,
};

/// Eight 32-bit numbers.
#[derive(Clone, Copy)]
pub(super) struct Eight(pub __m256i);

impl Lanes for Eight {
    #[inline(always)]
    fn of_bytes(answers: u64) -> Self {
        // SAFETY: inlined into code that was compiled for AVX2; registers alone are read.
        unsafe { Self(_mm256_cvtepu8_epi32(_mm_cvtsi64_si128(answers.cast_signed()))) }
    }

    #[inline(always)]
    fn of_halves(answers: [u64; 2]) -> Self {
        // SAFETY: inlined into code that was compiled for AVX2; what is read is the two words borrowed.
        unsafe { Self(_mm256_cvtepu16_epi32(_mm_loadu_si128(answers.as_ptr().cast()))) }
    }

    #[inline(always)]
    fn all(number: u32) -> Self {
        // SAFETY: inlined into code that was compiled for AVX2; registers alone are read.
        unsafe { Self(_mm256_set1_epi32(number.cast_signed())) }
    }

    #[inline(always)]
    fn next(self, Self(answers): Self) -> Self {
        let Self(nodes) = self;
        // SAFETY: inlined into code that was compiled for AVX2; registers alone are read.
        unsafe {
            let answers = _mm256_and_si256(_mm256_srlv_epi32(answers, nodes), _mm256_set1_epi32(1));
            Self(_mm256_or_si256(_mm256_add_epi32(nodes, nodes), answers))
        }
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        // SAFETY: inlined into code that was compiled for AVX2; registers alone are read.
        unsafe { Self(_mm256_xor_si256(self.0, other.0)) }
    }

    #[inline(always)]
    fn shifted<const LEVELS: i32>(self) -> Self {
        // SAFETY: inlined into code that was compiled for AVX2; registers alone are read.
        unsafe { Self(_mm256_slli_epi32::<LEVELS>(self.0)) }
    }

    #[inline(always)]
    fn load(line: &Line) -> Self {
        // SAFETY: inlined into code that was compiled for AVX2; what is read is the eight numbers borrowed.
        unsafe { Self(_mm256_loadu_si256(line.0.as_ptr().cast())) }
    }

    #[inline(always)]
    fn store(self) -> Line {
        let mut line = Line([0; GROUP_TREES]);
        // SAFETY: inlined into code that was compiled for AVX2; what is written is the eight numbers borrowed.
        unsafe { _mm256_storeu_si256(line.0.as_mut_ptr().cast(), self.0) };
        line
    }
}
