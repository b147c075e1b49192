//! Buffers that the caller keeps between calls, so that scoring allocates nothing.

use crate::kernels::{Bytes, Kernels};
use std::cell::RefCell;

/// Buffers that grow to what the largest model needs that is scored with them. Any model may be scored with any scratch;
/// a thread needs one.
#[derive(Debug)]
pub struct Scratch {
    kernels: &'static Kernels,
    pub(crate) buffers: Buffers,
}

#[derive(Debug, Default)]
pub(crate) struct Buffers {
    /// Ranks and classes, row by row.
    pub ranks: Vec<u16>,
    /// A block of rows: the ranks of each input, as bytes.
    pub columns: Vec<u8>,
    /// A block of rows: some words for each mask.
    pub masks: Vec<u64>,
    /// Some rows: the bytes of each view.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "the kernels that compare have them"))]
    pub views: Vec<Bytes>,
    /// One row: a byte, 0 or 1, for each mask.
    pub bits: Vec<u8>,
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

impl Scratch {
    /// Empty buffers, and the kernels that [`Kernels::best`] chooses.
    pub fn new() -> Self {
        Self::with_kernels(Kernels::best())
    }

    /// Empty buffers, and these kernels.
    pub fn with_kernels(kernels: &'static Kernels) -> Self {
        Self { kernels, buffers: Buffers::default() }
    }

    /// Those that it was made with.
    pub fn kernels(&self) -> &'static Kernels {
        self.kernels
    }

    /// Calls with the thread's own scratch, or with a new one while that is in use.
    pub(crate) fn of_thread<R>(call: impl FnOnce(&mut Self) -> R) -> R {
        thread_local! {
            static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch::new());
        }
        SCRATCH.with(|scratch| match scratch.try_borrow_mut() {
            Ok(mut scratch) => call(&mut scratch),
            Err(_) => call(&mut Self::new()),
        })
    }
}

/// The first `count` of a buffer, which holds anything.
pub(crate) fn take<T: Copy + Default>(buffer: &mut Vec<T>, count: usize) -> &mut [T] {
    if buffer.len() < count {
        buffer.resize(count, T::default());
    }
    &mut buffer[..count]
}
