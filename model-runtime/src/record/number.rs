//! JSON's numbers, to the nearest `f64`.

use super::problem::Problem;
use super::scan::Scanner;
use super::word;
use std::fmt;

/// So many digits always fit into a `u64`.
const DIGITS_MAX: usize = 19;
/// Integers up to this one are doubles.
const EXACT_MAX: u64 = 1 << 53;
/// What the digits before a word of digits are multiplied by.
const POWER_OF_WORD: u64 = 100_000_000;
/// The powers of ten by exponent; those up to 1e22 are doubles.
const POWERS: [f64; DIGITS_MAX] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18];

/// A number as its text gives it: integers that fit are exact.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Unsigned(u64),
    /// Below zero.
    Signed(i64),
    Double(f64),
}

impl Number {
    /// The nearest double.
    #[inline]
    pub(super) fn double(self) -> f64 {
        match self {
            Self::Unsigned(number) => number as f64,
            Self::Signed(number) => number as f64,
            Self::Double(number) => number,
        }
    }
}

/// The shortest text. An integer keeps its own digits, of which a double would round those past 2^53.
impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned(number) => number.fmt(formatter),
            Self::Signed(number) => number.fmt(formatter),
            // Quicker, and -0.0, which is also what `-0` is read as, becomes the `0` that it equals.
            Self::Double(number) if number.trunc() == *number && number.abs() <= EXACT_MAX as f64 => {
                (*number as i64).fmt(formatter)
            }
            Self::Double(number) => number.fmt(formatter),
        }
    }
}

impl Scanner<'_> {
    /// Reads a number, whose first byte comes next, if it is a short one.
    #[inline(always)]
    pub(super) fn short_number(&mut self) -> Option<f64> {
        let negative = self.peek() == Some(b'-');
        let unsigned = self.rest().get(usize::from(negative)..)?;
        let (number, bytes) = short_number(u64::from_le_bytes(*unsigned.first_chunk()?))?;
        self.at += usize::from(negative) + bytes;
        Some(if negative { -number } else { number })
    }

    /// Reads a number, whose first byte comes next.
    #[inline(never)]
    pub(super) fn any_number(&mut self) -> Result<Number, Problem> {
        let start = self.at;
        let negative = self.take(b'-');
        let (digits, digit_count) = self.integer_part()?;
        if digit_count <= DIGITS_MAX && !matches!(self.peek(), Some(b'.' | b'e' | b'E')) {
            return Ok(integer(negative, digits));
        }
        let (digits, fraction_count) = self.fraction(digits)?;
        let has_exponent = self.exponent()?;
        match POWERS.get(fraction_count) {
            // One division of two numbers that are exact is rounded once, to the nearest double.
            Some(power)
                if digit_count + fraction_count <= DIGITS_MAX && digits <= EXACT_MAX && !has_exponent =>
            {
                let number = digits as f64 / power;
                Ok(Number::Double(if negative { -number } else { number }))
            }
            _ => self.long_number(start, fraction_count == 0 && !has_exponent),
        }
    }

    /// Passes over a number of any size.
    #[inline]
    pub(super) fn skip_number(&mut self) -> Result<(), Problem> {
        let _negative = self.take(b'-');
        self.integer_part()?;
        self.fraction(0)?;
        self.exponent()?;
        Ok(())
    }

    /// Passes over the digits before the point: they as an integer, and how many they are.
    #[inline]
    fn integer_part(&mut self) -> Result<(u64, usize), Problem> {
        let leading_zero = self.peek() == Some(b'0');
        let (digits, count) = self.digits(0)?;
        if leading_zero && count > 1 {
            self.at -= count - 1;
            return Err(Problem::InvalidNumber);
        }
        Ok((digits, count))
    }

    /// Passes over the point and the digits after it, where they are: `digits` with them, and how many they are.
    #[inline]
    fn fraction(&mut self, digits: u64) -> Result<(u64, usize), Problem> {
        if self.take(b'.') { self.digits(digits) } else { Ok((digits, 0)) }
    }

    /// Passes over the exponent, if there is one.
    #[inline]
    fn exponent(&mut self) -> Result<bool, Problem> {
        if !matches!(self.peek(), Some(b'e' | b'E')) {
            return Ok(false);
        }
        self.at += 1;
        let _sign = self.take(b'+') || self.take(b'-');
        self.digits(0)?;
        Ok(true)
    }

    /// Passes over at least one digit: `number` with the digits appended, wrapping around where they are too many,
    /// and how many they are.
    #[inline]
    fn digits(&mut self, mut number: u64) -> Result<(u64, usize), Problem> {
        let mut count = 0;
        while let Some(text) = self.rest().get(count..).and_then(<[u8]>::first_chunk) {
            let (digits, others) = word::digits(u64::from_le_bytes(*text));
            if others != 0 {
                break;
            }
            number = number.wrapping_mul(POWER_OF_WORD).wrapping_add(word::number(digits));
            count += word::BYTES;
        }
        for byte in self.rest().iter().skip(count) {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
            count += 1;
        }
        self.at += count;
        match count {
            0 if self.peek().is_none() => Err(Problem::EndInValue),
            0 => Err(Problem::InvalidNumber),
            count => Ok((number, count)),
        }
    }

    /// The number of any length that was passed over since `start`.
    #[inline(never)]
    fn long_number(&mut self, start: usize, is_integer: bool) -> Result<Number, Problem> {
        let text = &self.text[start..self.at];
        if let (true, Ok(number)) = (is_integer, text.parse()) {
            return Ok(Number::Unsigned(number));
        }
        // Rust reads every number of JSON's grammar, to the nearest double, which is infinite for one out of range.
        let problem = match text.parse() {
            Ok(number) if f64::is_finite(number) => return Ok(Number::Double(number)),
            Ok(_) => Problem::NumberOutOfRange,
            Err(_) => Problem::InvalidNumber,
        };
        // The place is the number's last digit.
        self.at -= 1;
        Err(problem)
    }
}

/// The number at the beginning of a word, and how many bytes it has, if it ends within the word and has neither sign
/// nor exponent. How many digits it has and where its point stands decides no branch, as no two records agree in that.
#[inline(always)]
fn short_number(text: u64) -> Option<(f64, usize)> {
    let (digits, others) = word::digits(text);
    if others == 0 {
        return None;
    }
    let byte = |index: usize| (text >> (8 * index)) as u8;
    let integer_digits = word::first(others);
    let points = usize::from(byte(integer_digits) == b'.');
    // Without the point's own mark.
    let ends = others & others.wrapping_sub(points as u64);
    if ends == 0 {
        return None;
    }
    let end = word::first(ends);
    let has_leading_zero = integer_digits > 1 && byte(0) == b'0';
    let fraction_digits = end - integer_digits - points;
    let lacks_digits = integer_digits == 0 || fraction_digits < points;
    if has_leading_zero | lacks_digits | matches!(byte(end), b'.' | b'e' | b'E') {
        return None;
    }
    // The point is taken out, and zeros stand before the digits.
    let before_point = (1 << (8 * integer_digits)) - 1;
    let digits = digits & before_point | digits >> (8 * points) & !before_point;
    let digits = digits << (8 * (word::BYTES + points - end));
    // As in `any_number`, a division of two numbers that are exact.
    Some((word::number(digits) as f64 / POWERS[fraction_digits], end))
}

#[inline]
fn integer(negative: bool, digits: u64) -> Number {
    if !negative {
        return Number::Unsigned(digits);
    }
    match 0_i64.checked_sub_unsigned(digits) {
        Some(number @ ..0) => Number::Signed(number),
        _ => Number::Double(-(digits as f64)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Scanner, short_number, word};

    fn short(text: [u8; word::BYTES]) -> Option<(f64, usize)> {
        short_number(u64::from_le_bytes(text))
    }

    #[test]
    fn a_short_number_is_what_any_number_is() {
        const ALPHABET: [u8; 6] = *b"07.e-,";
        let mut numbers = 0;
        for mut code in 0..ALPHABET.len().pow(word::BYTES as u32) {
            let text: [u8; word::BYTES] = std::array::from_fn(|_| {
                let byte = ALPHABET[code % ALPHABET.len()];
                code /= ALPHABET.len();
                byte
            });
            let Some((number, bytes)) = short(text) else { continue };
            numbers += 1;
            let text = std::str::from_utf8(&text).unwrap();
            let mut scanner = Scanner::new(text);
            assert_eq!(
                scanner.any_number().map(|any| any.double().to_bits()),
                Ok(number.to_bits()),
                "{text}"
            );
            assert_eq!(scanner.at, bytes, "{text}");
        }
        assert!(numbers > 100_000, "{numbers}");
    }

    #[test]
    fn numbers_that_end_within_a_word_are_short() {
        for (text, number, bytes) in [
            (b"0,\"a\":1,", 0.0, 1),
            (b"1.25}   ", 1.25, 4),
            (b"1234567,", 1_234_567.0, 7),
            (b"0.00001 ", 0.000_01, 7),
            (b"98765.4]", 98_765.4, 7),
        ] {
            assert_eq!(short(*text), Some((number, bytes)), "{}", text.escape_ascii());
        }
    }

    #[test]
    fn what_is_longer_or_no_number_of_json_is_left_to_the_long_way() {
        for text in [
            b"12345678",
            b"1.234567",
            b"1e5,    ",
            b"1.5E5,  ",
            b"01,     ",
            b"00.5,   ",
            b"1.,     ",
            b".5,     ",
            b"1..5,   ",
        ] {
            assert_eq!(short(*text), None, "{}", text.escape_ascii());
        }
    }
}
