//! The 512-bit instructions that the kernels use, one number after the other: for tests on processors without them, and for
//! Miri. Slow, and chosen by `--cfg emulated_avx512` alone. What each does is said in Intel's Intrinsics Guide, by its name.

#![expect(non_camel_case_types, reason = "what the standard library calls it")]

use std::array::from_fn;

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

    fn zip(self, other: Self, operation: impl Fn(u64, u64) -> u64) -> Self {
        Self(from_fn(|word| operation(self.0[word], other.0[word])))
    }
}

/// A bit for each of 64 bytes.
fn mask(is_set: impl Fn(usize) -> bool) -> u64 {
    (0..64).filter(|index| is_set(*index)).fold(0, |mask, index| mask | 1 << index)
}

fn is_set(mask: u64, index: usize) -> bool {
    mask >> index & 1 == 1
}

// As unsafe as their namesakes are to call; only the two that take pointers have something to see to.

pub unsafe fn _mm512_loadu_si512(from: *const __m512i) -> __m512i {
    // SAFETY: the caller says that 64 bytes can be read there; any bytes are eight words.
    unsafe { from.read_unaligned() }
}

pub unsafe fn _mm512_storeu_si512(to: *mut __m512i, value: __m512i) {
    // SAFETY: the caller says that 64 bytes can be written there.
    unsafe { to.write_unaligned(value) }
}

pub unsafe fn _mm512_setzero_si512() -> __m512i {
    __m512i([0; 8])
}

pub unsafe fn _mm512_set1_epi64(word: i64) -> __m512i {
    __m512i([word.cast_unsigned(); 8])
}

pub unsafe fn _mm512_add_epi64(a: __m512i, b: __m512i) -> __m512i {
    a.zip(b, u64::wrapping_add)
}

pub unsafe fn _mm512_and_si512(a: __m512i, b: __m512i) -> __m512i {
    a.zip(b, |a, b| a & b)
}

pub unsafe fn _mm512_slli_epi64<const COUNT: u32>(a: __m512i) -> __m512i {
    a.zip(a, |a, _| a.unbounded_shl(COUNT))
}

pub unsafe fn _mm512_srli_epi64<const COUNT: u32>(a: __m512i) -> __m512i {
    a.zip(a, |a, _| a.unbounded_shr(COUNT))
}

pub unsafe fn _mm512_srlv_epi64(a: __m512i, count: __m512i) -> __m512i {
    a.zip(count, |a, count| if count < 64 { a >> count } else { 0 })
}

pub unsafe fn _mm512_ternarylogic_epi64<const TABLE: i32>(a: __m512i, b: __m512i, c: __m512i) -> __m512i {
    let of_word = |a: u64, b: u64, c: u64| {
        mask(|bit| {
            let row = [a, b, c].into_iter().fold(0, |row, word| (2 * row) | (word >> bit & 1));
            TABLE >> row & 1 == 1
        })
    };
    __m512i(from_fn(|word| of_word(a.0[word], b.0[word], c.0[word])))
}

pub unsafe fn _mm512_cmpgt_epi8_mask(a: __m512i, b: __m512i) -> u64 {
    let (a, b) = (a.bytes(), b.bytes());
    mask(|index| a[index].cast_signed() > b[index].cast_signed())
}

pub unsafe fn _mm512_movepi8_mask(a: __m512i) -> u64 {
    let a = a.bytes();
    mask(|index| a[index] >= 0x80)
}

pub unsafe fn _mm512_movm_epi8(chosen: u64) -> __m512i {
    __m512i::of_bytes(|index| if is_set(chosen, index) { 0xff } else { 0 })
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
