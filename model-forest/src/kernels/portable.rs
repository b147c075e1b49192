//! For any processor.

use super::{
    Kernels, bytes,
    masks::{self, Machine, WORD_ROWS},
    paths,
};

pub(super) static KERNELS: Kernels = Kernels {
    name: "portable",
    is_supported: || true,
    compare: &[],
    bytes: bytes::score,
    masks: &[(64, masks::score::<Portable, 1>), (usize::MAX, masks::score::<Portable, 4>)],
    block_rows_min: [24, 24],
    paths: paths::score,
};

/// Any processor.
struct Portable;

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
