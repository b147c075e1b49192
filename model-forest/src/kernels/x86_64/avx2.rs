//! 256-bit integers.

use super::kernel;
use crate::{
    forest::Forest,
    kernels::{
        Kernels, bytes,
        compare::{self, Bytes, Line, tails_one_by_one},
        masks::{self, WORD_ROWS},
        paths,
    },
    scratch::Scratch,
};
use std::arch::x86_64::{
    __m256i, _mm_loadu_si128, _mm256_add_epi8, _mm256_add_epi64, _mm256_adds_epu8, _mm256_and_si256,
    _mm256_broadcastsi128_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_max_epu8,
    _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8, _mm256_set1_epi32, _mm256_set1_epi64x,
    _mm256_setr_epi64x, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_srlv_epi64, _mm256_storeu_si256,
    _mm256_sub_epi8,
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
        (
            32,
            kernel!("avx2,bmi1,bmi2,lzcnt,popcnt", compare::score::<Avx2<2>, 1>),
            kernel!("avx2,bmi1,bmi2,lzcnt,popcnt", compare::score::<Avx2<2>, 4>),
        ),
        (
            64,
            kernel!("avx2,bmi1,bmi2,lzcnt,popcnt", compare::score::<Avx2<4>, 1>),
            kernel!("avx2,bmi1,bmi2,lzcnt,popcnt", compare::score::<Avx2<4>, 4>),
        ),
    ],
    bytes: kernel!("avx2,bmi1,bmi2,lzcnt,popcnt", bytes::score),
    masks: &[
        (64, kernel!("avx2,bmi1,bmi2,lzcnt,popcnt", masks::score::<Avx2<2>, 1>)),
        (usize::MAX, kernel!("avx2,bmi1,bmi2,lzcnt,popcnt", masks::score::<Avx2<2>, 4>)),
    ],
    block_rows_min: [24, 40],
    paths: kernel!("avx2,bmi1,bmi2,lzcnt,popcnt", paths::score),
};

/// A processor with 256-bit integers; a row's bytes in so many times 16.
struct Avx2<const REGISTERS: usize>;

impl<const REGISTERS: usize> masks::Machine for Avx2<REGISTERS> {
    #[inline(always)]
    fn add_where_set(bits: u64, value: u8, places: &mut [u8; WORD_ROWS]) {
        let halves = [bits as u32, (bits >> 32) as u32];
        for (half, places) in halves.into_iter().zip(places.as_chunks_mut::<32>().0) {
            // SAFETY: inlined into code that was compiled for AVX2; what is read and written is the 32 bytes borrowed.
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
                let sum = _mm256_add_epi8(_mm256_loadu_si256(places.as_ptr().cast()), added);
                _mm256_storeu_si256(places.as_mut_ptr().cast(), sum);
            }
        }
    }
}

impl<const REGISTERS: usize> compare::Machine for Avx2<REGISTERS> {
    /// Each register holds 16 bytes, twice.
    type Row = [__m256i; REGISTERS];

    #[inline(always)]
    fn row(bytes: &Bytes) -> Self::Row {
        let mut index = 0;
        [(); REGISTERS].map(|()| {
            let sixteen = &bytes.0.as_chunks::<16>().0[index];
            index += 1;
            // SAFETY: inlined into code that was compiled for AVX2; what is read is the 16 bytes borrowed, at any address.
            unsafe { _mm256_broadcastsi128_si256(_mm_loadu_si128(sixteen.as_ptr().cast())) }
        })
    }

    #[inline(always)]
    fn answers(row: &Self::Row, indices: &[u8; 64], least: &[u8; 64]) -> u64 {
        let mut answers = 0;
        for half in [0, 1] {
            let (indices, least) = (&indices.as_chunks::<32>().0[half], &least.as_chunks::<32>().0[half]);
            // SAFETY: inlined into code that was compiled for AVX2; what is read is the 32 bytes borrowed.
            unsafe {
                let indices = _mm256_loadu_si256(indices.as_ptr().cast());
                let mut looked_up = _mm256_setzero_si256();
                for (register, bytes) in row.iter().enumerate() {
                    // From 0 to 15 above this register's first, an index keeps its low bits and its highest stays 0; any
                    // other's becomes 1, and a shuffle makes a zero of that.
                    let first = _mm256_set1_epi8((16 * register) as i8);
                    let within = _mm256_adds_epu8(_mm256_sub_epi8(indices, first), _mm256_set1_epi8(0x70));
                    looked_up = _mm256_or_si256(looked_up, _mm256_shuffle_epi8(*bytes, within));
                }
                let least = _mm256_loadu_si256(least.as_ptr().cast());
                let is_right = _mm256_cmpeq_epi8(_mm256_max_epu8(looked_up, least), looked_up);
                let bits = _mm256_movemask_epi8(is_right).cast_unsigned();
                answers |= u64::from(bits) << (32 * half);
            }
        }
        answers
    }

    #[inline(always)]
    fn descend(answers: &Line, levels: u32) -> Line {
        let mut nodes = *answers;
        for half in nodes.0.as_chunks_mut::<4>().0 {
            // SAFETY: inlined into code that was compiled for AVX2; what is read and written is the four words borrowed.
            unsafe {
                let answers = _mm256_loadu_si256(half.as_ptr().cast());
                let one = _mm256_set1_epi64x(1);
                let mut node = one;
                for _ in 0..levels {
                    let answer = _mm256_and_si256(_mm256_srlv_epi64(answers, node), one);
                    node = _mm256_or_si256(_mm256_add_epi64(node, node), answer);
                }
                _mm256_storeu_si256(half.as_mut_ptr().cast(), node);
            }
        }
        nodes
    }

    #[inline(always)]
    fn tails(_: &Self::Row, bytes: &Bytes, nodes: &Line) -> Line {
        tails_one_by_one(bytes, nodes)
    }
}
