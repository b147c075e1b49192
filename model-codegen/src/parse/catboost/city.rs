//! The hash by which `CatBoost` knows a category: the low half of `CityHash64` of its text, in that hash's version 1.0.

/// The hash's primes, by the names that its authors gave them.
const K0: u64 = 0xc3a5_c85c_97cb_3127;
const K1: u64 = 0xb492_b66f_be98_f273;
const K2: u64 = 0x9ae1_6a3b_2f90_404f;
const K3: u64 = 0xc949_d7c7_509e_6557;
const K_MUL: u64 = 0x9ddf_ea08_eb38_2d69;

/// What is hashed at a time of long texts.
const BLOCK: usize = 64;

/// A category's hash, as `CatBoost`'s files write it where it has a sign.
pub(super) fn hash_of(text: &str) -> i32 {
    (city_hash_64(text.as_bytes()) as u32).cast_signed()
}

fn city_hash_64(text: &[u8]) -> u64 {
    match text.len() {
        0..=16 => up_to_16(text),
        17..=32 => up_to_32(text),
        33..=64 => up_to_64(text),
        _ => longer(text),
    }
}

fn up_to_16(text: &[u8]) -> u64 {
    let length = text.len();
    match length {
        0 => K2,
        1..=3 => {
            let [first, middle, last] = [text[0], text[length >> 1], text[length - 1]].map(u64::from);
            let y = first.wrapping_add(middle << 8);
            let z = (length as u64).wrapping_add(last << 2);
            shifted(y.wrapping_mul(K2) ^ z.wrapping_mul(K3)).wrapping_mul(K2)
        }
        4..=8 => {
            let (first, last) = (four(text, 0), four(text, length - 4));
            of_two((length as u64).wrapping_add(first << 3), last)
        }
        _ => {
            let (first, last) = (eight(text, 0), eight(text, length - 8));
            let turned = last.wrapping_add(length as u64).rotate_right(length as u32);
            of_two(first, turned) ^ last
        }
    }
}

fn up_to_32(text: &[u8]) -> u64 {
    let length = text.len();
    let a = eight(text, 0).wrapping_mul(K1);
    let b = eight(text, 8);
    let c = eight(text, length - 8).wrapping_mul(K2);
    let d = eight(text, length - 16).wrapping_mul(K0);
    let first = a.wrapping_sub(b).rotate_right(43).wrapping_add(c.rotate_right(30)).wrapping_add(d);
    let second = a.wrapping_add((b ^ K3).rotate_right(20)).wrapping_sub(c).wrapping_add(length as u64);
    of_two(first, second)
}

fn up_to_64(text: &[u8]) -> u64 {
    let length = text.len();
    let at_end = eight(text, length - 16).wrapping_add(length as u64).wrapping_mul(K0);
    let (v_first, v_second) =
        quarter(eight(text, 0).wrapping_add(at_end), [eight(text, 8), eight(text, 16)], eight(text, 24));
    let (w_first, w_second) = quarter(
        eight(text, 16).wrapping_add(eight(text, length - 32)),
        [eight(text, length - 24), eight(text, length - 16)],
        eight(text, length - 8),
    );
    let v = v_first.wrapping_add(w_second).wrapping_mul(K2);
    let w = w_first.wrapping_add(v_second).wrapping_mul(K0);
    shifted(shifted(v.wrapping_add(w)).wrapping_mul(K0).wrapping_add(v_second)).wrapping_mul(K2)
}

fn quarter(start: u64, middle: [u64; 2], end: u64) -> (u64, u64) {
    let once = start.wrapping_add(middle[0]);
    let twice = once.wrapping_add(middle[1]);
    let second = start
        .wrapping_add(end)
        .rotate_right(52)
        .wrapping_add(twice.rotate_right(31))
        .wrapping_add(start.rotate_right(37))
        .wrapping_add(once.rotate_right(7));
    (twice.wrapping_add(end), second)
}

fn longer(text: &[u8]) -> u64 {
    let length = text.len();
    let mut x = eight(text, 0);
    let mut y = eight(text, length - 16) ^ K1;
    let mut z = eight(text, length - 56) ^ K0;
    let mut first = of_32(&text[length - 64..], length as u64, y);
    let mut second = of_32(&text[length - 32..], (length as u64).wrapping_mul(K1), K0);
    z = z.wrapping_add(shifted(first.1).wrapping_mul(K1));
    x = z.wrapping_add(x).rotate_right(39).wrapping_mul(K1);
    y = y.rotate_right(33).wrapping_mul(K1);
    // The last bytes were taken above: a last block, even a whole one, is left.
    for block in text[..(length - 1) / BLOCK * BLOCK].chunks_exact(BLOCK) {
        x = x.wrapping_add(y).wrapping_add(first.0).wrapping_add(eight(block, 16));
        x = x.rotate_right(37).wrapping_mul(K1) ^ second.1;
        y = y.wrapping_add(first.1).wrapping_add(eight(block, 48));
        y = y.rotate_right(42).wrapping_mul(K1) ^ first.0;
        z = (z ^ second.0).rotate_right(33);
        first = of_32(block, first.1.wrapping_mul(K1), x.wrapping_add(second.0));
        second = of_32(&block[32..], z.wrapping_add(second.1), y);
        (x, z) = (z, x);
    }
    of_two(
        of_two(first.0, second.0).wrapping_add(shifted(y).wrapping_mul(K1)).wrapping_add(z),
        of_two(first.1, second.1).wrapping_add(x),
    )
}

/// 32 bytes and two seeds.
fn of_32(text: &[u8], a: u64, b: u64) -> (u64, u64) {
    let first = a.wrapping_add(eight(text, 0));
    let sum = first.wrapping_add(eight(text, 8)).wrapping_add(eight(text, 16));
    let last = eight(text, 24);
    let turned = b.wrapping_add(first).wrapping_add(last).rotate_right(21);
    (sum.wrapping_add(last), turned.wrapping_add(sum.rotate_right(44)).wrapping_add(first))
}

fn of_two(low: u64, high: u64) -> u64 {
    let first = shifted((low ^ high).wrapping_mul(K_MUL));
    shifted((high ^ first).wrapping_mul(K_MUL)).wrapping_mul(K_MUL)
}

fn shifted(number: u64) -> u64 {
    number ^ number >> 47
}

fn eight(text: &[u8], at: usize) -> u64 {
    text[at..at + 8].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn four(text: &[u8], at: usize) -> u64 {
    text[at..at + 4].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::hash_of;

    /// What `CatBoost` 1.2.10 wrote of this text's first bytes, at the ends of all ways through the hash.
    #[test]
    fn a_text_of_any_length_has_the_hash_that_catboost_gives_it() {
        let text = "The quick brown fox jumps over the lazy dög; pack my box with five dozen liquor jugs. \
                    Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich — 0123456789, und so weiter.";
        let expected: [(usize, u32); 29] = [
            (0, 0x2f90_404f),
            (1, 0x128f_9beb),
            (2, 0x52ec_1775),
            (3, 0x2fd6_8974),
            (4, 0xb5e6_0df9),
            (5, 0xf0f1_c454),
            (7, 0xeb78_17a9),
            (8, 0xda68_de3f),
            (9, 0x03bd_1319),
            (12, 0x1df3_6059),
            (15, 0xab58_f090),
            (16, 0xdbd9_f32c),
            (17, 0x8cbd_256f),
            (24, 0xb40c_1b05),
            (31, 0x686f_a0f8),
            (32, 0x29f8_93bb),
            (33, 0x8578_d60b),
            (40, 0x32d9_fb75),
            (48, 0xf842_c7f3),
            (60, 0x8a2d_ed3c),
            (63, 0x4cd0_f845),
            (64, 0xd0a3_c267),
            (65, 0xb08f_1a5d),
            (80, 0x5b68_bc56),
            (100, 0x7c8c_37ae),
            (127, 0x450e_f671),
            (128, 0x3a49_e414),
            (129, 0xed14_3e62),
            (185, 0xab11_8ebe),
        ];
        for (length, hash) in expected {
            assert_eq!(hash_of(&text[..length]).cast_unsigned(), hash, "{length} bytes");
        }
        assert_eq!(text.len(), 185);
    }
}
