//! Tables that a generated model includes as bytes, read in place. One of the two places with `unsafe`.

use std::slice;

/// Leaves, and behind them the nodes' masks, as the generator wrote them.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Tables<N, const NODES: usize, const LEAVES: usize, const BYTES: usize> {
    bytes: [u8; BYTES],
    leaves: [N; 0],
}

/// The generator writes the bytes of a number in this order.
const _: () =
    assert!(cfg!(target_endian = "little"), "a large model's tables are for little-endian processors");

macro_rules! tables {
    ($($number:ty)+) => {$(
        impl<const NODES: usize, const LEAVES: usize, const BYTES: usize> Tables<$number, NODES, LEAVES, BYTES> {
            /// Takes the bytes as these tables.
            ///
            /// # Panics
            /// If there are more or fewer than so many nodes and leaves take; where that is a static, it does not compile.
            pub const fn new(bytes: [u8; BYTES]) -> Self {
                assert!(BYTES == LEAVES * size_of::<$number>() + NODES * size_of::<u16>(), "tables of another model");
                Self { bytes, leaves: [] }
            }

            /// The leaves.
            pub const fn leaves(&self) -> &[$number] {
                // SAFETY: `new` checked that the bytes begin with so many numbers; they are aligned by `align(64)`, and
                // any bytes are a number.
                unsafe { slice::from_raw_parts(self.bytes.as_ptr().cast(), LEAVES) }
            }

            /// The nodes' masks.
            pub const fn nodes(&self) -> &[u16] {
                // SAFETY: `new` checked that so many numbers follow the leaves; what precedes them is a multiple of
                // their size from an aligned beginning, and any bytes are a number.
                unsafe {
                    slice::from_raw_parts(self.bytes.as_ptr().add(LEAVES * size_of::<$number>()).cast(), NODES)
                }
            }
        }
    )+};
}

tables! { f32 f64 }

#[cfg(test)]
mod tests {
    use super::Tables;

    #[test]
    fn numbers_are_read_where_they_were_written() {
        let mut bytes = [0; 22];
        bytes[..8].copy_from_slice(&1.5_f64.to_le_bytes());
        bytes[8..16].copy_from_slice(&(-0.0_f64).to_le_bytes());
        bytes[16..].copy_from_slice(&[1, 0, 0, 1, 255, 255]);
        let tables = Tables::<f64, 3, 2, 22>::new(bytes);
        assert_eq!(
            tables.leaves().iter().map(|leaf| leaf.to_bits()).collect::<Vec<_>>(),
            [1.5_f64.to_bits(), (-0.0_f64).to_bits()]
        );
        assert_eq!(tables.nodes(), [1, 256, 65_535]);
    }
}
