//! What a thread keeps between calls, so that scoring allocates nothing.

use std::cell::RefCell;

/// Rows of one word of a mask.
pub(crate) const WORD_ROWS: usize = 64;

/// Every mask that a node can name.
pub(crate) const MASKS_MAX: usize = 1 << 16;

/// Buffers that grow to what the largest model of a thread needs.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// Ranks and classes, row by row.
    pub ranks: Vec<u16>,
    /// A block of rows: some words for each mask.
    pub masks: Vec<u64>,
    /// One row: a byte, 0 or 1, for each mask.
    pub bits: Vec<u8>,
}

impl Scratch {
    /// The first `count` of a buffer, which holds anything.
    pub(crate) fn take<T: Copy + Default>(buffer: &mut Vec<T>, count: usize) -> &mut [T] {
        if buffer.len() < count {
            buffer.resize(count, T::default());
        }
        &mut buffer[..count]
    }
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = const {
        RefCell::new(Scratch { ranks: Vec::new(), masks: Vec::new(), bits: Vec::new() })
    };
}

/// Calls with the thread's buffers, or with new ones while those are in use.
pub(crate) fn with_scratch<R>(call: impl FnOnce(&mut Scratch) -> R) -> R {
    SCRATCH.with(|scratch| match scratch.try_borrow_mut() {
        Ok(mut scratch) => call(&mut scratch),
        Err(_) => call(&mut Scratch::default()),
    })
}
