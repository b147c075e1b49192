//! The numbers of a ranked form: one run of bytes, which the generated module includes.

use crate::ir::Precision;

/// The bytes so far.
#[derive(Debug, Default)]
pub(super) struct Tables(Vec<u8>);

/// Some numbers of one kind among the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section {
    /// The first byte.
    pub first: usize,
    /// How many numbers there are.
    pub count: usize,
}

/// Every section begins at a multiple of a cache line.
const LINE: usize = 64;

macro_rules! numbers {
    ($($name:ident: $number:ty;)+) => {$(
        pub(super) fn $name(&mut self, numbers: &[$number]) -> Section {
            self.0.resize(self.0.len().next_multiple_of(LINE), 0);
            let first = self.0.len();
            self.0.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
            Section { first, count: numbers.len() }
        }
    )+};
}

impl Tables {
    numbers! {
        bytes: u8;
        u16s: u16;
        u32s: u32;
        u64s: u64;
        f32s: f32;
        f64s: f64;
    }

    /// Leaves, as exact as sums are.
    pub(super) fn leaves(&mut self, leaves: &[f64], precision: Precision) -> Section {
        match precision {
            Precision::F64 => self.f64s(leaves),
            Precision::F32 => self.f32s(&leaves.iter().map(|leaf| *leaf as f32).collect::<Vec<_>>()),
        }
    }

    /// All of them.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{Section, Tables};

    #[test]
    fn sections_begin_at_cache_lines() {
        let mut tables = Tables::default();
        assert_eq!(tables.u16s(&[1, 2, 3]), Section { first: 0, count: 3 });
        assert_eq!(tables.f64s(&[1.5]), Section { first: 64, count: 1 });
        let bytes = tables.into_bytes();
        assert_eq!(
            (bytes.len(), &bytes[..6], &bytes[64..]),
            (72, &[1, 0, 2, 0, 3, 0][..], &1.5_f64.to_le_bytes()[..])
        );
    }
}
