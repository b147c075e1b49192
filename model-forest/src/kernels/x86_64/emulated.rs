//! The 512-bit instructions that the kernels use, one number after the other: for tests on processors with AVX2 alone.
//! Slow, and chosen by `--cfg emulated_avx512` alone. What each does is said in Intel's Intrinsics Guide, by its name.

#![expect(non_camel_case_types, reason = "what the standard library calls it")]

use std::{arch::x86_64::__m256i, array::from_fn, mem::transmute};

/// Eight words, the lowest first.
#[derive(Clone, Copy)]
pub struct __m512i([u64; 8]);

impl __m512i {
    fn bytes(self) -> [u8; 64] {
        from_fn(|index| self.0[index / 8].to_le_bytes()[index % 8])
    }

    fn of_bytes(byte: impl Fn(usize) -> u8) -> Self {
        Self(from_fn(|word| u64::from_le_bytes(from_fn(|index| byte(8 * word + index)))))
    }
}

/// A bit for each of 64 bytes.
fn mask(is_set: impl Fn(usize) -> bool) -> u64 {
    (0..64).filter(|index| is_set(*index)).fold(0, |mask, index| mask | 1 << index)
}

fn is_set(mask: u64, index: usize) -> bool {
    mask >> index & 1 == 1
}

// As unsafe as their namesakes are to call; only the one that takes a pointer has something to see to.

pub unsafe fn _mm512_loadu_si512(from: *const __m512i) -> __m512i {
    // SAFETY: the caller says that 64 bytes can be read there; any bytes are eight words.
    unsafe { from.read_unaligned() }
}

pub unsafe fn _mm512_setzero_si512() -> __m512i {
    __m512i([0; 8])
}

#[expect(clippy::too_many_arguments, clippy::many_single_char_names, reason = "its namesake has them")]
pub unsafe fn _mm512_setr_epi64(a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64, h: i64) -> __m512i {
    __m512i([a, b, c, d, e, f, g, h].map(i64::cast_unsigned))
}

pub unsafe fn _mm512_castsi256_si512(a: __m256i) -> __m512i {
    // SAFETY: any 32 bytes are four words.
    let [a, b, c, d] = unsafe { transmute::<__m256i, [u64; 4]>(a) };
    // The other four may be anything.
    __m512i([a, b, c, d, !0, !0, !0, !0])
}

pub unsafe fn _mm512_inserti64x4<const HALF: usize>(a: __m512i, b: __m256i) -> __m512i {
    let mut halves = a.0;
    // SAFETY: any 32 bytes are four words.
    halves[4 * HALF..][..4].copy_from_slice(&unsafe { transmute::<__m256i, [u64; 4]>(b) });
    __m512i(halves)
}

pub unsafe fn _mm512_srli_epi64<const COUNT: u32>(a: __m512i) -> __m512i {
    __m512i(a.0.map(|word| word.unbounded_shr(COUNT)))
}

pub unsafe fn _mm512_cmpgt_epi8_mask(a: __m512i, b: __m512i) -> u64 {
    let (a, b) = (a.bytes(), b.bytes());
    mask(|index| a[index].cast_signed() > b[index].cast_signed())
}

pub unsafe fn _mm512_movepi8_mask(a: __m512i) -> u64 {
    let a = a.bytes();
    mask(|index| a[index] >= 0x80)
}

pub unsafe fn _mm512_mask_blend_epi8(chosen: u64, a: __m512i, b: __m512i) -> __m512i {
    let (a, b) = (a.bytes(), b.bytes());
    __m512i::of_bytes(|index| if is_set(chosen, index) { b[index] } else { a[index] })
}

pub unsafe fn _mm512_permutexvar_epi8(places: __m512i, a: __m512i) -> __m512i {
    let (a, places) = (a.bytes(), places.bytes());
    __m512i::of_bytes(|index| a[usize::from(places[index] & 63)])
}

pub unsafe fn _mm512_permutex2var_epi8(a: __m512i, places: __m512i, b: __m512i) -> __m512i {
    let (a, b, places) = (a.bytes(), b.bytes(), places.bytes());
    __m512i::of_bytes(|index| {
        let place = usize::from(places[index] & 127);
        if place < 64 { a[place] } else { b[place - 64] }
    })
}

pub unsafe fn _mm512_permutex2var_epi64(a: __m512i, places: __m512i, b: __m512i) -> __m512i {
    __m512i(places.0.map(|place| {
        let place = (place & 15) as usize;
        if place < 8 { a.0[place] } else { b.0[place - 8] }
    }))
}
