//! Eight bytes of text looked at together, in one register: the first one in the lowest byte.

/// So many bytes are a word.
pub(super) const BYTES: usize = size_of::<u64>();
/// A word with the highest bit of each byte.
const MARKS: u64 = each(1 << 7);
/// Characters below this one can't stand in a string.
pub(super) const CONTROL_END: u8 = 0x20;

/// A word of one byte again and again.
const fn each(byte: u8) -> u64 {
    u64::MAX / 255 * byte as u64
}

/// The index of the first byte that is marked by its highest bit; [`BYTES`] if none is.
#[inline]
pub(super) fn first(marks: u64) -> usize {
    marks.trailing_zeros() as usize / 8
}

/// Marks bytes that are a quote, a backslash or a control character. The lowest mark is always right; a higher one may
/// be due to a borrow from a lower one (Mycroft's test for a zero byte).
#[inline]
pub(super) fn special_in_strings(text: u64) -> u64 {
    let below = |word: u64, limit: u8| word.wrapping_sub(each(limit)) & !word;
    let equal = |byte: u8| below(text ^ each(byte), 1);
    (equal(b'"') | equal(b'\\') | below(text, CONTROL_END)) & MARKS
}

/// What digits of text stand for, each in its byte, and marks at all bytes that are not digits.
#[inline]
pub(super) fn digits(text: u64) -> (u64, u64) {
    let digits = text ^ each(b'0');
    // Without their highest bits no byte carries into the next.
    let ten_or_more = (digits & !MARKS) + each((1 << 7) - 10);
    (digits, (ten_or_more | digits) & MARKS)
}

/// The number that eight digits make: pairs of neighbours become one number of twice the digits, thrice.
#[inline]
pub(super) fn number(digits: u64) -> u64 {
    let pairs = (digits * 10 + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    (fours * 10_000 + (fours >> 32)) & 0xffff_ffff
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> u64 {
        u64::from_le_bytes(text.as_bytes().try_into().expect("eight bytes"))
    }

    #[test]
    fn every_byte_but_a_digit_is_marked_wherever_it_stands() {
        for byte in 0..=u8::MAX {
            for place in 0..BYTES {
                let mut text = *b"90909090";
                text[place] = byte;
                let (_, others) = digits(u64::from_le_bytes(text));
                let expected = if byte.is_ascii_digit() { 0 } else { 0x80 << (8 * place) };
                assert_eq!(others, expected, "{byte} at {place}");
            }
        }
    }

    #[test]
    fn eight_digits_are_one_number() {
        for text in ["00000000", "12345678", "99999999", "90000001", "00000010"] {
            assert_eq!(number(digits(word(text)).0), text.parse::<u64>().unwrap(), "{text}");
        }
    }

    #[test]
    fn the_first_byte_that_ends_plain_text_is_found() {
        for (text, index) in
            [("abcdefgh", BYTES), ("abc\"\\\n\"x", 3), ("\u{1f} \"abcde", 0), ("ä !]#\\a", 6)]
        {
            assert_eq!(first(special_in_strings(word(text))), index, "{text:?}");
        }
    }
}
