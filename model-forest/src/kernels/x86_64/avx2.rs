//! 256-bit integers.

mod lookup;

use self::lookup::Lookup;
use super::{kernel, lanes::Eight};
use crate::{
    forest::Forest,
    kernels::{
        GROUP_TREES, Kernels, bytes,
        compare::{self, Bytes, Tail},
        masks, paths,
    },
    scratch::Scratch,
};
use std::arch::x86_64::{
    __m256i, _mm_loadu_si128, _mm256_add_epi8, _mm256_add_epi32, _mm256_and_si256, _mm256_blendv_epi8,
    _mm256_broadcastsi128_si256, _mm256_castps_si256, _mm256_cmpgt_epi8, _mm256_loadu_ps, _mm256_loadu_si256,
    _mm256_movemask_epi8, _mm256_or_si256, _mm256_permute4x64_epi64, _mm256_set_m128i, _mm256_set1_epi8,
    _mm256_set1_epi32, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_shuffle_ps, _mm256_slli_epi32,
    _mm256_srli_epi32, _mm256_srlv_epi32, _mm256_xor_si256,
};

pub(in crate::kernels) static KERNELS: Kernels = Kernels {
    name: "avx2",
    is_supported: || {
        is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt")
    },
    compare: &[
        (32, kernel!("avx2,bmi1,bmi2,lzcnt,popcnt", compare::score::<Avx2<2>>)),
        (64, kernel!("avx2,bmi1,bmi2,lzcnt,popcnt", compare::score::<Avx2<4>>)),
    ],
    bytes: kernel!("avx2,bmi1,bmi2,lzcnt,popcnt", bytes::score),
    masks: &[
        (64, kernel!("avx2,bmi1,bmi2,lzcnt,popcnt", masks::score::<Lookup, 1>)),
        (usize::MAX, kernel!("avx2,bmi1,bmi2,lzcnt,popcnt", masks::score::<Lookup, 4>)),
    ],
    // Compared one by one they took as long as a block from 25 rows on for 100 and for 500 trees, from 45 for 1,000 deeper ones.
    block_rows_min: [24, 36],
    paths: kernel!("avx2,bmi1,bmi2,lzcnt,popcnt", paths::score),
};

/// A processor with 256-bit integers; a view of a row in two or four times 16 bytes.
struct Avx2<const REGISTERS: usize>;

impl<const REGISTERS: usize> Avx2<REGISTERS> {
    /// The row's bytes at these places.
    #[inline(always)]
    fn look_up(row: &[__m256i; REGISTERS], places: __m256i) -> __m256i {
        // SAFETY: inlined into code that was compiled for AVX2; registers alone are read.
        unsafe {
            // A shuffle looks up by the low four bits, and makes a zero where the highest is set.
            let highest = _mm256_set1_epi8(i8::MIN);
            let others = _mm256_xor_si256(places, highest);
            let low =
                _mm256_or_si256(_mm256_shuffle_epi8(row[0], places), _mm256_shuffle_epi8(row[1], others));
            if REGISTERS == 2 {
                return low;
            }
            // Twice a place is negative where its index's bit 5 is set.
            let high =
                _mm256_or_si256(_mm256_shuffle_epi8(row[2], places), _mm256_shuffle_epi8(row[3], others));
            _mm256_blendv_epi8(low, high, _mm256_add_epi8(places, places))
        }
    }
}

impl<const REGISTERS: usize> compare::Machine for Avx2<REGISTERS> {
    type Lanes = Eight;

    /// Each register holds 16 bytes, twice.
    type Row = [__m256i; REGISTERS];

    const BYTES: usize = 16 * REGISTERS;

    #[inline(always)]
    fn row(bytes: &[Bytes]) -> Self::Row {
        // SAFETY: inlined into code that was compiled for AVX2; what is read is the 16 bytes borrowed, at any address.
        unsafe {
            // No closure, which would be compiled for any processor and called.
            let mut row = [_mm256_setzero_si256(); REGISTERS];
            for (register, sixteen) in row.iter_mut().zip(bytes[0].0.as_chunks::<16>().0) {
                *register = _mm256_broadcastsi128_si256(_mm_loadu_si128(sixteen.as_ptr().cast()));
            }
            row
        }
    }

    #[inline(always)]
    fn answers(row: &Self::Row, places: &[u8; 64], bounds: &[u8; 64]) -> u64 {
        let mut answers = 0;
        for half in [0, 1] {
            let (places, bounds) = (&places.as_chunks::<32>().0[half], &bounds.as_chunks::<32>().0[half]);
            // SAFETY: inlined into code that was compiled for AVX2; what is read is the 32 bytes borrowed.
            unsafe {
                let looked_up = Self::look_up(row, _mm256_loadu_si256(places.as_ptr().cast()));
                let is_right = _mm256_cmpgt_epi8(looked_up, _mm256_loadu_si256(bounds.as_ptr().cast()));
                let bits = _mm256_movemask_epi8(is_right).cast_unsigned();
                answers |= u64::from(bits) << (32 * half);
            }
        }
        answers
    }

    #[inline(always)]
    fn answers_below(row: &Self::Row, tails: [&Tail; 4]) -> u64 {
        let mut answers = 0;
        for half in [0, 1] {
            let [first, second] = [tails[2 * half], tails[2 * half + 1]];
            // SAFETY: inlined into code that was compiled for AVX2; what is read is two words of the four borrowed, four times.
            unsafe {
                let places = _mm256_set_m128i(
                    _mm_loadu_si128(second[..2].as_ptr().cast()),
                    _mm_loadu_si128(first[..2].as_ptr().cast()),
                );
                let bounds = _mm256_set_m128i(
                    _mm_loadu_si128(second[2..].as_ptr().cast()),
                    _mm_loadu_si128(first[2..].as_ptr().cast()),
                );
                let is_right = _mm256_cmpgt_epi8(Self::look_up(row, places), bounds);
                let bits = _mm256_movemask_epi8(is_right).cast_unsigned();
                answers |= u64::from(bits) << (32 * half);
            }
        }
        answers
    }

    #[inline(always)]
    fn ends_of_words(row: &Self::Row, tails: &[u64; GROUP_TREES]) -> Eight {
        // SAFETY: inlined into code that was compiled for AVX2; what is read is the eight words borrowed.
        unsafe {
            let first = _mm256_loadu_ps(tails.as_ptr().cast());
            let second = _mm256_loadu_ps(tails[4..].as_ptr().cast());
            // Of trees 0, 1, 4, 5, 2, 3, 6, 7, as halves of registers are mixed.
            let places = _mm256_castps_si256(_mm256_shuffle_ps::<0b10_00_10_00>(first, second));
            let bounds = _mm256_castps_si256(_mm256_shuffle_ps::<0b11_01_11_01>(first, second));
            let is_right = _mm256_cmpgt_epi8(Self::look_up(row, places), bounds);
            let one = _mm256_set1_epi32(1);
            let upper = _mm256_and_si256(_mm256_srli_epi32::<8>(is_right), one);
            // The lower node's answer is in byte 2, or in byte 3 where the upper one led to the right.
            let shift = _mm256_or_si256(_mm256_slli_epi32::<3>(upper), _mm256_set1_epi32(16));
            let lower = _mm256_and_si256(_mm256_srlv_epi32(is_right, shift), one);
            let ends = _mm256_or_si256(_mm256_add_epi32(upper, upper), lower);
            Eight(_mm256_permute4x64_epi64::<0b11_01_10_00>(ends))
        }
    }

    #[inline(always)]
    fn prefetch<T>(place: &T) {
        super::prefetch(place);
    }
}
