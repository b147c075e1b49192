//! For x86-64 processors with AVX2, and with AVX-512 up to VBMI.

mod avx2;
mod avx512;
#[cfg(emulated_avx512)]
mod emulated;
mod lanes;

pub(super) use avx2::KERNELS as AVX2;
pub(super) use avx512::KERNELS as AVX512;

use std::{
    arch::x86_64::{_MM_HINT_T0, _mm_prefetch},
    ptr,
};

/// A kernel compiled for some instructions, as a function that any code may call.
macro_rules! kernel {
    ($features:literal, $generic:expr) => {{
        fn kernel(forest: &Forest, rows: &[f64], margins: &mut [f64], scratch: &mut Scratch) {
            #[target_feature(enable = $features)]
            fn compiled(forest: &Forest, rows: &[f64], margins: &mut [f64], scratch: &mut Scratch) {
                $generic(forest, rows, margins, scratch);
            }
            // SAFETY: kernels are reached through `Kernels::supported` and `best` alone, which hand out these where
            // `is_supported` has found the instructions.
            unsafe { compiled(forest, rows, margins, scratch) }
        }
        kernel
    }};
}
use kernel;

/// Asks for what lies there, for all caches.
#[inline(always)]
fn prefetch<T>(place: &T) {
    // SAFETY: every x86-64 processor has the instruction, and it never faults and changes nothing that a program sees.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(ptr::from_ref(place).cast()) }
}
