//! Tables that a generated model includes as bytes, read in place.

use std::slice;

/// A model's numbers as the generator wrote them, each kind at a multiple of its size.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Tables<const BYTES: usize>([u8; BYTES]);

/// The generator writes the bytes of a number in this order.
const _: () = assert!(cfg!(target_endian = "little"), "a model's tables are for little-endian processors");

macro_rules! numbers {
    ($($name:ident: $number:ty, $what:literal;)+) => {$(
        #[doc = concat!("So many ", $what, " that begin at this byte.")]
        ///
        /// # Panics
        /// If they do not lie within the tables, or not at a multiple of their size; in a static it does not compile.
        pub const fn $name(&'static self, first: usize, count: usize) -> &'static [$number] {
            let size = size_of::<$number>();
            assert!(first <= BYTES && count <= (BYTES - first) / size && first % size == 0, "tables of another model");
            // SAFETY: so many numbers lie within the bytes, as was checked; they are aligned, as the bytes begin at a
            // multiple of 64; any bytes are a number.
            unsafe { slice::from_raw_parts(self.0.as_ptr().add(first).cast(), count) }
        }
    )+};
}

impl<const BYTES: usize> Tables<BYTES> {
    /// Takes the bytes as tables.
    pub const fn new(bytes: [u8; BYTES]) -> Self {
        Self(bytes)
    }

    numbers! {
        bytes: u8, "bytes";
        u16s: u16, "16-bit integers";
        u32s: u32, "32-bit integers";
        u64s: u64, "64-bit integers";
        f32s: f32, "32-bit floats";
        f64s: f64, "64-bit floats";
    }
}

#[cfg(test)]
mod tests {
    use super::Tables;

    static TABLES: Tables<24> = Tables::new([
        0, 0, 0, 0, 0, 0, 0xf8, 0x3f, // 1.5
        1, 0, 0, 1, 255, 255, 0, 0, //
        0, 0, 0, 0, 0, 0, 0, 0x80, // -0.0
    ]);

    #[test]
    fn numbers_are_read_where_they_were_written() {
        assert_eq!(TABLES.f64s(0, 1), [1.5]);
        assert_eq!(TABLES.f64s(16, 1)[0].to_bits(), (-0.0_f64).to_bits());
        assert_eq!(TABLES.u16s(8, 3), [1, 256, 65_535]);
        assert_eq!(TABLES.u32s(8, 2), [0x0100_0001, 0xffff]);
        assert_eq!(TABLES.bytes(24, 0), [0_u8; 0]);
    }

    #[test]
    #[should_panic(expected = "tables of another model")]
    fn numbers_past_the_end_are_refused() {
        let _ = TABLES.u16s(20, 3);
    }

    #[test]
    #[should_panic(expected = "tables of another model")]
    fn numbers_at_no_multiple_of_their_size_are_refused() {
        let _ = TABLES.f64s(4, 1);
    }
}
