//! For any processor.

use super::{Kernels, bytes, masks, paths};

pub(super) static KERNELS: Kernels = Kernels {
    name: "portable",
    is_supported: || true,
    compare: &[],
    bytes: bytes::score,
    masks: &[(64, masks::score::<masks::OneByOne, 1>), (usize::MAX, masks::score::<masks::OneByOne, 4>)],
    block_rows_min: [24, 24],
    paths: paths::score,
};
