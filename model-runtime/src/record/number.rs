//! JSON's numbers, to the nearest `f64`.

use super::problem::Problem;
use super::scan::Scanner;
use std::fmt;

/// So many digits always fit into a `u64`.
const DIGITS_MAX: usize = 19;
/// Integers up to this one are doubles.
const EXACT_MAX: u64 = 1 << 53;
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
            // Adding 0.0 makes -0.0, which is also what `-0` is read as, the `0` that it equals.
            Self::Double(number) => (number + 0.0).fmt(formatter),
        }
    }
}

impl Scanner<'_> {
    /// Reads a number, whose first byte comes next.
    #[inline]
    pub(super) fn number(&mut self) -> Result<Number, Problem> {
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
        for byte in self.rest() {
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
