//! Which code scores a forest: for any processor, or for instructions that this one turned out to have.

mod bytes;
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "its machines are those of x86-64"))]
mod compare;
mod masks;
mod paths;
mod portable;
mod tables;
#[cfg(target_arch = "x86_64")]
mod x86_64;

pub(crate) use compare::Bytes;
pub use tables::Tables;

use crate::{
    forest::{Forest, Group, Layout},
    scratch::Scratch,
};
use std::{env, fmt, sync::OnceLock};

/// The trees of a group.
pub(crate) const GROUP_TREES: usize = 8;

/// The leaves that a byte can name: those of a tree, and what stands behind them.
pub(crate) const PAGE: usize = 256;

/// Code for some set of instructions. All give the same bits.
pub struct Kernels {
    name: &'static str,
    is_supported: fn() -> bool,
    /// For rows of at most so many bytes, in ascending order: scores rows one by one.
    compare: &'static [(usize, Kernel)],
    /// Scores rows one by one.
    bytes: Kernel,
    /// For at most so many rows, in ascending order, the last for any number: scores blocks of rows.
    masks: &'static [(usize, Kernel)],
    /// From so many rows on blocks are quicker than rows one by one, by their masks, and by comparing.
    block_rows_min: [usize; 2],
    /// Scores trees of any shape.
    paths: Kernel,
}

type Kernel = fn(&Forest, &[f64], &mut [f64], &mut Scratch);

/// The variable that names the kernels to be used instead of the best: `portable`, `avx2` or `avx512`.
const VARIABLE: &str = "MODEL_FOREST_KERNELS";

impl Kernels {
    /// Those that this processor can run, the best last.
    pub fn supported() -> impl Iterator<Item = &'static Self> {
        #[cfg(target_arch = "x86_64")]
        const ALL: &[&Kernels] = &[&portable::KERNELS, &x86_64::AVX2, &x86_64::AVX512];
        #[cfg(not(target_arch = "x86_64"))]
        const ALL: &[&Kernels] = &[&portable::KERNELS];
        ALL.iter().copied().filter(|kernels| (kernels.is_supported)())
    }

    /// The best that this processor can run, or those that the environment variable `MODEL_FOREST_KERNELS` names. A name of none
    /// that it can run changes nothing.
    ///
    /// ```
    /// use model_forest::Kernels;
    ///
    /// let best = Kernels::best().name();
    /// assert!(Kernels::supported().any(|kernels| kernels.name() == best));
    /// ```
    pub fn best() -> &'static Self {
        static BEST: OnceLock<&'static Kernels> = OnceLock::new();
        BEST.get_or_init(|| Self::named_or_best(env::var(VARIABLE).ok().as_deref()))
    }

    fn named_or_best(named: Option<&str>) -> &'static Self {
        let chosen = Self::supported().find(|kernels| Some(kernels.name) == named);
        chosen.or(Self::supported().last()).unwrap_or(&portable::KERNELS)
    }

    /// What they are called.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Scores so many rows.
    pub(crate) fn score(
        &self,
        forest: &Forest,
        count: usize,
        rows: &[f64],
        margins: &mut [f64],
        scratch: &mut Scratch,
    ) {
        self.kernel_of(forest, count).1(forest, rows, margins, scratch);
    }

    /// The kernel for so many rows of a forest, and what it is called.
    #[inline]
    pub(crate) fn kernel_of(&self, forest: &Forest, count: usize) -> (&'static str, Kernel) {
        let Layout::Heaps(heaps) = &forest.layout else { return ("paths", self.paths) };
        let compare = heaps
            .compare
            .as_ref()
            .and_then(|compare| self.compare.iter().find(|(bytes_max, _)| compare.bytes <= *bytes_max));
        if count >= self.block_rows_min[usize::from(compare.is_some())]
            && let Some((_, kernel)) = self.masks.iter().find(|(rows_max, _)| count <= *rows_max)
        {
            return ("masks", *kernel);
        }
        match compare {
            Some((_, kernel)) => ("compare", *kernel),
            None => ("bytes", self.bytes),
        }
    }
}

impl fmt::Debug for Kernels {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Kernels").field(&self.name).finish()
    }
}

/// The groups that these numbers state.
#[inline(always)]
fn groups(numbers: &[u32]) -> impl Iterator<Item = Group> {
    numbers.as_chunks::<{ Group::NUMBERS }>().0.iter().map(|numbers| Group::of(*numbers))
}

#[cfg(test)]
mod tests {
    use super::Kernels;

    #[test]
    fn blocks_of_rows_are_of_any_size() {
        for kernels in Kernels::supported() {
            assert_eq!(kernels.masks.last().map(|(rows_max, _)| *rows_max), Some(usize::MAX), "{kernels:?}");
        }
    }

    #[test]
    fn kernels_are_those_that_are_named_or_the_best_where_the_name_is_of_none() {
        for kernels in Kernels::supported() {
            assert_eq!(Kernels::named_or_best(Some(kernels.name())).name(), kernels.name());
        }
        let best = Kernels::supported().last().map(Kernels::name);
        for named in [None, Some(""), Some("AVX2"), Some("avx1024")] {
            assert_eq!(Some(Kernels::named_or_best(named).name()), best, "{named:?}");
        }
    }
}
