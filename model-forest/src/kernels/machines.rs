//! What each processor does in its own way. The one module with `unsafe`: it calls code that only some processors can run.

use crate::{batch::Machine, scratch::WORD_ROWS};

/// Any processor.
#[derive(Debug)]
pub(super) struct Portable;

/// For each byte, eight bytes that are 1 where its bit is set.
static SPREAD: [u64; 256] = {
    let mut spread = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut bit = 0;
        while bit < 8 {
            spread[byte] |= (byte as u64 >> bit & 1) << (8 * bit);
            bit += 1;
        }
        byte += 1;
    }
    spread
};

impl Machine for Portable {
    #[inline(always)]
    fn add_where_set(bits: u64, value: u8, places: &mut [u8; WORD_ROWS]) {
        for (byte, places) in bits.to_le_bytes().into_iter().zip(places.as_chunks_mut::<8>().0) {
            // No byte overflows into its neighbour: a place adds up to a leaf's number at most.
            let sum = u64::from_le_bytes(*places) + SPREAD[usize::from(byte)] * u64::from(value);
            *places = sum.to_le_bytes();
        }
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86_64::SPECIAL;

/// No processor but x86-64 has kernels of its own.
#[cfg(not(target_arch = "x86_64"))]
pub(super) static SPECIAL: [&crate::Kernels; 0] = [];

#[cfg(target_arch = "x86_64")]
mod x86_64 {
    use super::super::Kernels;
    use crate::{
        batch::{self, Machine},
        forest::Forest,
        row,
        scratch::{Scratch, WORD_ROWS},
    };
    use std::arch::x86_64::{
        __m256i, _mm256_add_epi8, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_set1_epi8, _mm256_set1_epi32,
        _mm256_set1_epi64x, _mm256_setr_epi64x, _mm256_shuffle_epi8,
    };

    /// From the least to the best.
    pub(in crate::kernels) static SPECIAL: [&Kernels; 1] = [&AVX2];

    static AVX2: Kernels = Kernels {
        name: "avx2",
        is_supported: || {
            is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("bmi2")
                && is_x86_feature_detected!("lzcnt")
        },
        one_by_one: avx2_one_by_one,
        narrow: avx2_batch::<1>,
        wide: avx2_batch::<4>,
    };

    fn avx2_one_by_one(forest: &Forest, rows: &[f64], margins: &mut [f64], scratch: &mut Scratch) {
        #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt")]
        fn compiled(forest: &Forest, rows: &[f64], margins: &mut [f64], scratch: &mut Scratch) {
            row::score(forest, rows, margins, scratch);
        }
        // SAFETY: `Kernels` hands out `AVX2` where `is_supported` found the instructions, and this only through it.
        unsafe { compiled(forest, rows, margins, scratch) }
    }

    fn avx2_batch<const W: usize>(forest: &Forest, rows: &[f64], margins: &mut [f64], scratch: &mut Scratch) {
        #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt")]
        fn compiled<const W: usize>(
            forest: &Forest,
            rows: &[f64],
            margins: &mut [f64],
            scratch: &mut Scratch,
        ) {
            batch::score::<Avx2, W>(forest, rows, margins, scratch);
        }
        // SAFETY: `Kernels` hands out `AVX2` where `is_supported` found the instructions, and this only through it.
        unsafe { compiled::<W>(forest, rows, margins, scratch) }
    }

    /// A processor with 256-bit integers.
    struct Avx2;

    impl Machine for Avx2 {
        #[inline(always)]
        fn add_where_set(bits: u64, value: u8, places: &mut [u8; WORD_ROWS]) {
            let halves = [bits as u32, (bits >> 32) as u32];
            for (half, places) in halves.into_iter().zip(places.as_chunks_mut::<32>().0) {
                // SAFETY: called from code that was compiled for AVX2 alone, and a `__m256i` is any 32 bytes.
                unsafe {
                    let bytes = _mm256_shuffle_epi8(
                        _mm256_set1_epi32(half.cast_signed()),
                        _mm256_setr_epi64x(
                            0,
                            0x0101_0101_0101_0101,
                            0x0202_0202_0202_0202,
                            0x0303_0303_0303_0303,
                        ),
                    );
                    let one_bit_each = _mm256_set1_epi64x(0x8040_2010_0804_0201_u64.cast_signed());
                    let is_set = _mm256_cmpeq_epi8(_mm256_and_si256(bytes, one_bit_each), one_bit_each);
                    let added = _mm256_and_si256(is_set, _mm256_set1_epi8(value.cast_signed()));
                    let sum = _mm256_add_epi8(std::mem::transmute::<[u8; 32], __m256i>(*places), added);
                    *places = std::mem::transmute::<__m256i, [u8; 32]>(sum);
                }
            }
        }
    }
}
