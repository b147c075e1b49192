//! Leaves of 32 rows at once, looked up in registers a byte of their numbers at a time.

use crate::kernels::{
    GROUP_TREES, PAGE,
    masks::{Adder, BYTE_ROWS, Places, WORD_ROWS},
};
use std::arch::x86_64::{
    __m256, _mm_loadu_ps, _mm_loadu_si128, _mm_set_epi8, _mm_storeu_ps, _mm256_add_ps, _mm256_blendv_epi8,
    _mm256_broadcastsi128_si256, _mm256_castps256_ps128, _mm256_castsi256_ps, _mm256_extractf128_ps,
    _mm256_loadu_si256, _mm256_set_m128, _mm256_set_m128i, _mm256_setzero_ps, _mm256_setzero_si256,
    _mm256_shuffle_epi8, _mm256_slli_epi16, _mm256_storeu_si256, _mm256_unpackhi_epi8, _mm256_unpackhi_epi16,
    _mm256_unpackhi_epi32, _mm256_unpackhi_epi64, _mm256_unpacklo_epi8, _mm256_unpacklo_epi16,
    _mm256_unpacklo_epi32, _mm256_unpacklo_epi64,
};

/// Leaves looked up in registers.
pub(super) struct Lookup;

/// 64-bit leaves are as quickly loaded one by one.
impl Adder<f64> for Lookup {}

/// How many leaves, and rows, are looked up at once.
const LOOKED_UP: usize = 32;

impl Adder<f32> for Lookup {
    const LEAVES_MAX: usize = LOOKED_UP;

    #[inline(always)]
    fn add<const W: usize>(
        pages: &[&[f32; PAGE]; GROUP_TREES],
        places: &[Places<W>; GROUP_TREES],
        sums: &mut [[f32; WORD_ROWS]; W],
    ) {
        let mut trees = [LeafBytes::default(); GROUP_TREES];
        for (tree, page) in trees.iter_mut().zip(pages) {
            let Some(leaves) = page.first_chunk() else {
                unreachable!("a page has more leaves than are looked up")
            };
            *tree = LeafBytes::of(leaves);
        }
        // Four times eight rows, which may be of four words.
        for four in 0..2 * W {
            let mut rows = [[0.0; BYTE_ROWS]; 4];
            for (index, rows) in rows.iter_mut().enumerate() {
                let eight = 4 * four + index;
                *rows = sums[eight % W].as_chunks().0[eight / W];
            }
            let mut totals = Totals::of(&rows);
            for (tree, places) in trees.iter().zip(places) {
                let places = places.as_flattened()[4 * four..].as_flattened().first_chunk();
                let Some(places) = places else { unreachable!("two fours of eight rows are a word") };
                totals.add(tree, places);
            }
            totals.end(&mut rows);
            for (index, rows) in rows.iter().enumerate() {
                let eight = 4 * four + index;
                sums[eight % W].as_chunks_mut().0[eight / W] = *rows;
            }
        }
    }
}

/// The bytes of a tree's leaves: for the first to the fourth of each number those of leaves 0 to 15, and of 16 to 31.
#[derive(Clone, Copy, Default)]
#[repr(align(32))]
struct LeafBytes([[[u8; 16]; 2]; 4]);

impl LeafBytes {
    #[inline(always)]
    fn of(leaves: &[f32; LOOKED_UP]) -> Self {
        let mut bytes = Self::default();
        // SAFETY: inlined into code that was compiled for AVX2; what is read and written is what is borrowed.
        unsafe {
            // For each of four leaves the first byte, then the second, and so on.
            let order = _mm256_broadcastsi128_si256(_mm_set_epi8(
                15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0,
            ));
            let mut fours = [_mm256_setzero_si256(); 4];
            for (index, four) in fours.iter_mut().enumerate() {
                let low = _mm_loadu_si128(leaves[4 * index..][..4].as_ptr().cast());
                let high = _mm_loadu_si128(leaves[16 + 4 * index..][..4].as_ptr().cast());
                *four = _mm256_shuffle_epi8(_mm256_set_m128i(high, low), order);
            }
            let [first, second, third, fourth] = fours;
            let low = [_mm256_unpacklo_epi32(first, second), _mm256_unpacklo_epi32(third, fourth)];
            let high = [_mm256_unpackhi_epi32(first, second), _mm256_unpackhi_epi32(third, fourth)];
            let sixteens = [
                _mm256_unpacklo_epi64(low[0], low[1]),
                _mm256_unpackhi_epi64(low[0], low[1]),
                _mm256_unpacklo_epi64(high[0], high[1]),
                _mm256_unpackhi_epi64(high[0], high[1]),
            ];
            for (bytes, sixteens) in bytes.0.iter_mut().zip(sixteens) {
                _mm256_storeu_si256(bytes.as_flattened_mut().as_mut_ptr().cast(), sixteens);
            }
        }
        bytes
    }
}

/// The sums of 32 rows: of eights 0 and 2 the rows 0 to 3, then 4 to 7, and so of eights 1 and 3.
#[derive(Clone, Copy)]
struct Totals([__m256; 4]);

impl Totals {
    #[inline(always)]
    fn of(rows: &[[f32; BYTE_ROWS]; 4]) -> Self {
        // SAFETY: inlined into code that was compiled for AVX2; what is read is the rows borrowed.
        unsafe {
            let mut totals = [_mm256_setzero_ps(); 4];
            for (index, total) in totals.iter_mut().enumerate() {
                let (eight, first) = (index / 2, index % 2 * 4);
                let low = _mm_loadu_ps(rows[eight][first..first + 4].as_ptr());
                let high = _mm_loadu_ps(rows[eight + 2][first..first + 4].as_ptr());
                *total = _mm256_set_m128(high, low);
            }
            Self(totals)
        }
    }

    /// Adds a tree's leaves at these places.
    #[inline(always)]
    fn add(&mut self, LeafBytes(tree): &LeafBytes, places: &[u8; LOOKED_UP]) {
        // SAFETY: inlined into code that was compiled for AVX2; what is read is what is borrowed.
        unsafe {
            let places = _mm256_loadu_si256(places.as_ptr().cast());
            // A shuffle looks up by the low four bits. The fifth is made the highest, by which a blend chooses.
            let is_high = _mm256_slli_epi16::<3>(places);
            let mut bytes = [_mm256_setzero_si256(); 4];
            for (bytes, [low, high]) in bytes.iter_mut().zip(tree) {
                let low = _mm256_broadcastsi128_si256(_mm_loadu_si128(low.as_ptr().cast()));
                let high = _mm256_broadcastsi128_si256(_mm_loadu_si128(high.as_ptr().cast()));
                let [low, high] = [_mm256_shuffle_epi8(low, places), _mm256_shuffle_epi8(high, places)];
                *bytes = _mm256_blendv_epi8(low, high, is_high);
            }
            let [first, second, third, fourth] = bytes;
            let low = [_mm256_unpacklo_epi8(first, second), _mm256_unpacklo_epi8(third, fourth)];
            let high = [_mm256_unpackhi_epi8(first, second), _mm256_unpackhi_epi8(third, fourth)];
            let leaves = [
                _mm256_unpacklo_epi16(low[0], low[1]),
                _mm256_unpackhi_epi16(low[0], low[1]),
                _mm256_unpacklo_epi16(high[0], high[1]),
                _mm256_unpackhi_epi16(high[0], high[1]),
            ];
            for (total, leaves) in self.0.iter_mut().zip(leaves) {
                *total = _mm256_add_ps(*total, _mm256_castsi256_ps(leaves));
            }
        }
    }

    #[inline(always)]
    fn end(self, rows: &mut [[f32; BYTE_ROWS]; 4]) {
        // SAFETY: inlined into code that was compiled for AVX2; what is written is the rows borrowed.
        unsafe {
            for (index, total) in self.0.iter().enumerate() {
                let (eight, first) = (index / 2, index % 2 * 4);
                _mm_storeu_ps(rows[eight][first..first + 4].as_mut_ptr(), _mm256_castps256_ps128(*total));
                let high = _mm256_extractf128_ps::<1>(*total);
                _mm_storeu_ps(rows[eight + 2][first..first + 4].as_mut_ptr(), high);
            }
        }
    }
}
