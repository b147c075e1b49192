//! 512-bit integers, and bytes looked up in registers (VBMI).

#![cfg_attr(emulated_avx512, expect(clippy::used_underscore_items, reason = "the instructions' own names"))]

#[cfg(emulated_avx512)]
use super::emulated as instructions;
use super::kernel;
use crate::{
    forest::Forest,
    kernels::{
        GROUP_TREES, Kernels, bytes,
        compare::{self, Bytes, Line},
        masks, paths,
    },
    scratch::Scratch,
};
use instructions::{
    __m512i, _mm512_add_epi64, _mm512_and_si512, _mm512_cmpgt_epi8_mask, _mm512_loadu_si512,
    _mm512_mask_blend_epi8, _mm512_movepi8_mask, _mm512_movm_epi8, _mm512_permutex2var_epi8,
    _mm512_permutexvar_epi8, _mm512_set1_epi64, _mm512_setzero_si512, _mm512_slli_epi64, _mm512_srli_epi64,
    _mm512_srlv_epi64, _mm512_storeu_si512, _mm512_ternarylogic_epi64,
};
#[cfg(not(emulated_avx512))]
use std::arch::x86_64 as instructions;

/// A kernel compiled for these instructions; for any processor where they are emulated.
#[cfg(not(emulated_avx512))]
macro_rules! avx512 {
    ($generic:expr) => {
        kernel!("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,bmi1,bmi2,lzcnt,popcnt", $generic)
    };
}
#[cfg(emulated_avx512)]
macro_rules! avx512 {
    ($generic:expr) => {
        kernel!("sse2", $generic)
    };
}

pub(in crate::kernels) static KERNELS: Kernels = Kernels {
    name: "avx512",
    is_supported: || {
        if cfg!(emulated_avx512) {
            return true;
        }
        is_x86_feature_detected!("avx512f")
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
        (64, avx512!(compare::score::<Avx512<1>, 1>), avx512!(compare::score::<Avx512<1>, 4>)),
        (128, avx512!(compare::score::<Avx512<2>, 1>), avx512!(compare::score::<Avx512<2>, 4>)),
        (256, avx512!(compare::score::<Avx512<4>, 1>), avx512!(compare::score::<Avx512<4>, 4>)),
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

impl<const REGISTERS: usize> compare::Machine for Avx512<REGISTERS> {
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

    /// The answers, and the nodes.
    type Descent = [__m512i; 2];

    #[inline(always)]
    fn begin(answers: &Line) -> Self::Descent {
        // SAFETY: inlined into code that was compiled for AVX-512; what is read is the eight words of a line.
        unsafe { [_mm512_loadu_si512(answers.0.as_ptr().cast()), _mm512_set1_epi64(1)] }
    }

    #[inline(always)]
    fn next([answers, nodes]: Self::Descent, _: usize) -> Self::Descent {
        // SAFETY: inlined into code that was compiled for AVX-512; registers alone are read.
        unsafe {
            let answer = _mm512_srlv_epi64(answers, nodes);
            // (answer & 1) | 2 * node
            let doubled = _mm512_add_epi64(nodes, nodes);
            [answers, _mm512_ternarylogic_epi64::<0xEA>(answer, _mm512_set1_epi64(1), doubled)]
        }
    }

    #[inline(always)]
    fn end([_, nodes]: Self::Descent) -> Line {
        let mut line = Line([0; GROUP_TREES]);
        // SAFETY: inlined into code that was compiled for AVX-512; what is written is the eight words of a line.
        unsafe { _mm512_storeu_si512(line.0.as_mut_ptr().cast(), nodes) };
        line
    }

    #[inline(always)]
    fn prefetch<T>(place: &T) {
        super::prefetch(place);
    }

    #[inline(always)]
    fn tails(row: &Self::Row, nodes: &Line) -> Line {
        let mut ends = *nodes;
        // SAFETY: inlined into code that was compiled for AVX-512; what is read and written is the eight words of a line.
        unsafe {
            let nodes = _mm512_loadu_si512(nodes.0.as_ptr().cast());
            let bounds = _mm512_srli_epi64::<32>(nodes);
            let is_right = _mm512_movm_epi8(_mm512_cmpgt_epi8_mask(Self::look_up(row, nodes), bounds));
            let one = _mm512_set1_epi64(1);
            let first = _mm512_and_si512(is_right, one);
            // The second node's answer is in byte 1, or in byte 2 where the first led to the right.
            let shift = _mm512_add_epi64(_mm512_set1_epi64(8), _mm512_slli_epi64::<3>(first));
            let second = _mm512_srlv_epi64(is_right, shift);
            let end = _mm512_ternarylogic_epi64::<0xEA>(second, one, _mm512_add_epi64(first, first));
            _mm512_storeu_si512(ends.0.as_mut_ptr().cast(), end);
        }
        ends
    }
}
