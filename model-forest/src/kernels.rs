//! Which code scores a forest: for any processor, or for instructions that this one turned out to have.

#[allow(unsafe_code, reason = "calls code for instructions that were found at run time")]
mod machines;

use crate::{batch, forest::Forest, row, scratch::Scratch};
use machines::Portable;
use std::{cell::Cell, env, fmt, sync::OnceLock};

/// Code for some set of instructions. All give the same bits.
pub struct Kernels {
    name: &'static str,
    is_supported: fn() -> bool,
    /// Scores rows one by one.
    one_by_one: Kernel,
    /// Scores rows of a word at most in each block.
    narrow: Kernel,
    /// Scores rows of several words in each block.
    wide: Kernel,
}

pub(crate) type Kernel = fn(&Forest, &[f64], &mut [f64], &mut Scratch);

/// From so many rows on a block is scored at once: below, a block's fixed work costs more than its rows one by one.
const BLOCK_ROWS_MIN: usize = 24;

/// Up to so many rows a block of one word is enough.
const NARROW_ROWS_MAX: usize = 64;

/// The variable that names the kernels to be used instead of the best: `portable`, `avx2` or `avx512`.
const VARIABLE: &str = "MODEL_FOREST_KERNELS";

static PORTABLE: Kernels = Kernels {
    name: "portable",
    is_supported: || true,
    one_by_one: row::score,
    narrow: batch::score::<Portable, 1>,
    wide: batch::score::<Portable, 4>,
};

thread_local! {
    static OF_THIS_THREAD: Cell<Option<&'static Kernels>> = const { Cell::new(None) };
}

impl Kernels {
    /// Those that this processor can run, the best last.
    pub fn supported() -> impl Iterator<Item = &'static Self> {
        [&PORTABLE].into_iter().chain(machines::SPECIAL).filter(|kernels| (kernels.is_supported)())
    }

    /// What they are called.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Makes the calling thread use these from now on.
    pub fn use_in_this_thread(&'static self) {
        OF_THIS_THREAD.set(Some(self));
    }

    /// Those that the calling thread uses: the best, unless the environment or the thread chose others.
    pub fn of_this_thread() -> &'static Self {
        static BEST: OnceLock<&'static Kernels> = OnceLock::new();
        OF_THIS_THREAD.get().unwrap_or_else(|| {
            let best = *BEST.get_or_init(|| {
                let named = env::var(VARIABLE).ok();
                let chosen = Self::supported().find(|kernels| Some(kernels.name) == named.as_deref());
                chosen.or(Self::supported().last()).unwrap_or(&PORTABLE)
            });
            OF_THIS_THREAD.set(Some(best));
            best
        })
    }

    pub(crate) fn score(&self, forest: &Forest, rows: &[f64], margins: &mut [f64], scratch: &mut Scratch) {
        let count = rows.len() / forest.columns;
        let kernel = match count {
            0..BLOCK_ROWS_MIN => self.one_by_one,
            BLOCK_ROWS_MIN..=NARROW_ROWS_MAX => self.narrow,
            _ => self.wide,
        };
        kernel(forest, rows, margins, scratch);
    }
}

impl fmt::Debug for Kernels {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Kernels").field(&self.name).finish()
    }
}
