//! 512-bit integers, and bytes looked up in registers (VBMI).

#![cfg_attr(emulated_avx512, expect(clippy::used_underscore_items, reason = "the instructions' own names"))]

#[cfg(emulated_avx512)]
use super::emulated as instructions;
use super::{kernel, lanes::Eight};
use crate::{
    forest::Forest,
    kernels::{
        GROUP_TREES, Kernels, bytes,
        compare::{self, Bytes, Lanes, Tail},
        masks, paths,
    },
    scratch::Scratch,
};
use instructions::{
    __m512i, _mm512_castsi256_si512, _mm512_cmpgt_epi8_mask, _mm512_inserti64x4, _mm512_loadu_si512,
    _mm512_mask_blend_epi8, _mm512_movepi8_mask, _mm512_permutex2var_epi8, _mm512_permutex2var_epi64,
    _mm512_permutexvar_epi8, _mm512_setr_epi64, _mm512_setzero_si512, _mm512_srli_epi64,
};
#[cfg(not(emulated_avx512))]
use std::arch::x86_64 as instructions;
use std::arch::x86_64::_mm256_loadu_si256;

/// A kernel compiled for these instructions; where they are emulated, for the others that it uses.
#[cfg(not(emulated_avx512))]
macro_rules! avx512 {
    ($generic:expr) => {
        kernel!("avx2,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,bmi1,bmi2,lzcnt,popcnt", $generic)
    };
}
#[cfg(emulated_avx512)]
macro_rules! avx512 {
    ($generic:expr) => {
        kernel!("avx2", $generic)
    };
}

pub(in crate::kernels) static KERNELS: Kernels = Kernels {
    name: "avx512",
    is_supported: || {
        if cfg!(emulated_avx512) {
            return is_x86_feature_detected!("avx2");
        }
        is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vbmi")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt")
    },
    compare: &[
        (64, avx512!(compare::score::<Avx512<1>>)),
        (128, avx512!(compare::score::<Avx512<2>>)),
        (256, avx512!(compare::score::<Avx512<4>>)),
    ],
    bytes: avx512!(bytes::score),
    // Leaves one by one: what AVX2 gains by looking them up in registers could not be measured with such a processor yet.
    masks: &[
        (64, avx512!(masks::score::<masks::OneByOne, 1>)),
        (256, avx512!(masks::score::<masks::OneByOne, 4>)),
        (usize::MAX, avx512!(masks::score::<masks::OneByOne, 8>)),
    ],
    block_rows_min: [24, 40],
    paths: avx512!(paths::score),
};

/// A processor with 512-bit integers; a row's bytes in so many times 64.
struct Avx512<const REGISTERS: usize>;

impl<const REGISTERS: usize> Avx512<REGISTERS> {
    /// The row's bytes at these places. Of the 64 bytes of one register the low six bits choose, which are the index's.
    #[inline(always)]
    fn look_up(row: &[__m512i; REGISTERS], indices: __m512i) -> __m512i {
        // SAFETY: inlined into code that was compiled for AVX-512 with VBMI; registers alone are read.
        unsafe {
            match REGISTERS {
                1 => _mm512_permutexvar_epi8(indices, row[0]),
                2 => _mm512_permutex2var_epi8(row[0], indices, row[1]),
                _ => {
                    // The low seven bits choose among 128 bytes, the highest between two such.
                    let low = _mm512_permutex2var_epi8(row[0], indices, row[1]);
                    let high = _mm512_permutex2var_epi8(row[2], indices, row[3]);
                    _mm512_mask_blend_epi8(_mm512_movepi8_mask(indices), low, high)
                }
            }
        }
    }
}

/// Two tails, one after the other.
#[inline(always)]
fn two_tails(first: &Tail, second: &Tail) -> __m512i {
    // SAFETY: inlined into code that was compiled for AVX-512; what is read is the four words borrowed, twice.
    unsafe {
        let first = _mm512_castsi256_si512(_mm256_loadu_si256(first.as_ptr().cast()));
        _mm512_inserti64x4::<1>(first, _mm256_loadu_si256(second.as_ptr().cast()))
    }
}

impl<const REGISTERS: usize> compare::Machine for Avx512<REGISTERS> {
    type Lanes = Eight;

    type Row = [__m512i; REGISTERS];

    const BYTES: usize = 64 * REGISTERS;

    #[inline(always)]
    fn row(bytes: &[Bytes]) -> Self::Row {
        // SAFETY: inlined into code that was compiled for AVX-512; what is read is the 64 bytes borrowed.
        unsafe {
            // No closure, which would be compiled for any processor and called.
            let mut row = [_mm512_setzero_si512(); REGISTERS];
            for (register, line) in row.iter_mut().zip(bytes) {
                *register = _mm512_loadu_si512(line.0.as_ptr().cast());
            }
            row
        }
    }

    #[inline(always)]
    fn answers(row: &Self::Row, places: &[u8; 64], bounds: &[u8; 64]) -> u64 {
        // SAFETY: inlined into code that was compiled for AVX-512; what is read is the 64 bytes borrowed, twice.
        unsafe {
            let looked_up = Self::look_up(row, _mm512_loadu_si512(places.as_ptr().cast()));
            _mm512_cmpgt_epi8_mask(looked_up, _mm512_loadu_si512(bounds.as_ptr().cast()))
        }
    }

    #[inline(always)]
    fn answers_below(row: &Self::Row, tails: [&Tail; 4]) -> u64 {
        // SAFETY: inlined into code that was compiled for AVX-512; registers alone are read.
        unsafe {
            // The places and bounds of two tails each; then the places of all, and the bounds.
            let [first, second] = [two_tails(tails[0], tails[1]), two_tails(tails[2], tails[3])];
            let places =
                _mm512_permutex2var_epi64(first, _mm512_setr_epi64(0, 1, 4, 5, 8, 9, 12, 13), second);
            let bounds =
                _mm512_permutex2var_epi64(first, _mm512_setr_epi64(2, 3, 6, 7, 10, 11, 14, 15), second);
            _mm512_cmpgt_epi8_mask(Self::look_up(row, places), bounds)
        }
    }

    #[inline(always)]
    fn ends_of_words(row: &Self::Row, tails: &[u64; GROUP_TREES]) -> Eight {
        // SAFETY: inlined into code that was compiled for AVX-512; what is read is the eight words borrowed.
        let answers = unsafe {
            let places = _mm512_loadu_si512(tails.as_ptr().cast());
            _mm512_cmpgt_epi8_mask(Self::look_up(row, places), _mm512_srli_epi64::<32>(places))
        };
        let answers = Eight::of_bytes(answers);
        Eight::all(1).next(answers).next(answers).xor(Eight::all(4))
    }

    #[inline(always)]
    fn prefetch<T>(place: &T) {
        super::prefetch(place);
    }
}
