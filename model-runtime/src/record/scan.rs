//! A cursor over a record's text: tokens, words and strings of JSON (RFC 8259), each byte looked at once, or twice.
//!
//! Where a method fails, the cursor stands on the byte that is wrong, or at the text's end.

use super::problem::Problem;
use super::word::{self, CONTROL_END};

#[derive(Clone, Copy, Debug)]
pub(super) struct Scanner<'a> {
    pub(super) text: &'a str,
    /// The index of the byte that comes next.
    pub(super) at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// What is done seldom is done with a copy that takes the cursor's place: a cursor that no function is given by
    /// reference stays in a register.
    #[inline(always)]
    pub(super) fn aside<T>(&mut self, seldom: impl FnOnce(&mut Self) -> T) -> T {
        let mut copy = *self;
        let result = seldom(&mut copy);
        *self = copy;
        result
    }

    /// What is left.
    #[inline(always)]
    pub(super) fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    #[inline(always)]
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The byte that comes next after whitespace, which is passed over.
    #[inline(always)]
    pub(super) fn token(&mut self) -> Option<u8> {
        loop {
            match self.peek() {
                Some(b' ' | b'\n' | b'\t' | b'\r') => self.at += 1,
                next => return next,
            }
        }
    }

    /// Passes over `byte` if it comes next.
    #[inline(always)]
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Passes over `true`, `false` or `null`.
    #[inline(always)]
    pub(super) fn word(&mut self, word: &str) -> Result<(), Problem> {
        if self.rest().starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(());
        }
        Err(self.aside(|scanner| scanner.other_word(word)))
    }

    #[cold]
    fn other_word(&mut self, word: &str) -> Problem {
        self.at += word.bytes().zip(self.rest()).take_while(|(expected, found)| expected == *found).count();
        if self.peek().is_none() { Problem::EndInValue } else { Problem::ExpectedWord }
    }

    /// Passes over `true` or `false`, and tells which. Which one it is decides no branch.
    #[inline(always)]
    pub(super) fn boolean(&mut self) -> Result<bool, Problem> {
        let rest = self.rest();
        let is_true = rest.starts_with(b"true");
        let is_false = rest.starts_with(b"false");
        if is_true | is_false {
            self.at += if is_true { 4 } else { 5 };
            return Ok(is_true);
        }
        let word = if self.peek() == Some(b't') { "true" } else { "false" };
        self.word(word).map(|()| is_true)
    }

    /// Passes over the colon after a key, and to the value.
    #[inline(always)]
    pub(super) fn colon(&mut self) -> Result<(), Problem> {
        match self.token() {
            Some(b':') => {
                self.at += 1;
                self.token();
                Ok(())
            }
            Some(_) => Err(Problem::ExpectedColon),
            None => Err(Problem::EndInObject),
        }
    }

    /// Passes over a string. Its escapes must be well-formed, but a lone surrogate does no harm in what nobody reads.
    #[inline(always)]
    pub(super) fn skip_string(&mut self) -> Result<(), Problem> {
        self.at += 1;
        loop {
            match self.plain()? {
                b'"' => return Ok(()),
                _ => self.aside(Self::skip_escape)?,
            }
        }
    }

    /// The text of a string, from the record itself where it has no escape and else from `scratch`.
    #[inline(always)]
    pub(super) fn string<'b>(&mut self, scratch: &'b mut String) -> Result<&'b str, Problem>
    where
        'a: 'b,
    {
        self.at += 1;
        let start = self.at;
        match self.plain()? {
            b'"' => Ok(&self.text[start..self.at - 1]),
            _ => self.aside(|scanner| scanner.unescape(start, scratch)),
        }
    }

    /// Unescapes a string whose first backslash was just passed over.
    #[cold]
    fn unescape<'b>(&mut self, mut start: usize, scratch: &'b mut String) -> Result<&'b str, Problem> {
        scratch.clear();
        loop {
            scratch.push_str(&self.text[start..self.at - 1]);
            let character = self.escape()?;
            scratch.push(character);
            start = self.at;
            if self.plain()? == b'"' {
                scratch.push_str(&self.text[start..self.at - 1]);
                return Ok(scratch);
            }
        }
    }

    /// Passes over a string's plain characters, and over the quote or backslash that ends them.
    #[inline(always)]
    fn plain(&mut self) -> Result<u8, Problem> {
        while let Some(text) = self.rest().first_chunk() {
            let special = word::special_in_strings(u64::from_le_bytes(*text));
            self.at += word::first(special);
            if special != 0 {
                break;
            }
        }
        loop {
            match self.peek() {
                Some(byte @ (b'"' | b'\\')) => {
                    self.at += 1;
                    return Ok(byte);
                }
                Some(..CONTROL_END) => return Err(Problem::ControlCharacter),
                Some(_) => self.at += 1,
                None => return Err(Problem::EndInString),
            }
        }
    }

    #[cold]
    fn skip_escape(&mut self) -> Result<(), Problem> {
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => drop(self.code_unit()?),
            Some(_) => return Err(Problem::InvalidEscape),
            None => return Err(Problem::EndInString),
        }
        Ok(())
    }

    /// The character that an escape stands for, whose backslash was just passed over.
    fn escape(&mut self) -> Result<char, Problem> {
        let character = match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.code_point(),
            Some(_) => return Err(Problem::InvalidEscape),
            None => return Err(Problem::EndInString),
        };
        self.at += 1;
        Ok(character)
    }

    /// The character of one `uXXXX`, or of two that are a pair of surrogates.
    fn code_point(&mut self) -> Result<char, Problem> {
        let first = self.code_unit()?;
        let units = match first {
            0xd800..0xdc00 => {
                let paired = self.take(b'\\') && self.peek() == Some(b'u');
                if !paired {
                    return Err(if self.peek().is_none() {
                        Problem::EndInString
                    } else {
                        Problem::LoneSurrogate
                    });
                }
                [first, self.code_unit()?]
            }
            _ => [first, 0],
        };
        let decoded = char::decode_utf16(units).next();
        decoded.and_then(Result::ok).ok_or(Problem::LoneSurrogate)
    }

    /// The four hexadecimal digits after the `u` that comes next.
    fn code_unit(&mut self) -> Result<u16, Problem> {
        self.at += 1;
        let mut unit = 0;
        for _ in 0..4 {
            let byte = self.peek().ok_or(Problem::EndInString)?;
            let digit = char::from(byte).to_digit(16).ok_or(Problem::InvalidEscape)?;
            unit = unit << 4 | digit as u16;
            self.at += 1;
        }
        Ok(unit)
    }
}
