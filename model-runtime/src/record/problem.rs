//! What keeps a text from being JSON, and where in the text that is.

use super::RecordError;

/// What is wrong with a text that should be JSON. The place is where the scanner stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    EndInArray,
    EndInObject,
    EndInString,
    EndInValue,
    ExpectedColon,
    ExpectedCommaOrBracket,
    ExpectedCommaOrBrace,
    ExpectedValue,
    ExpectedWord,
    ExpectedKey,
    TrailingComma,
    TrailingCharacters,
    InvalidNumber,
    NumberOutOfRange,
    InvalidEscape,
    LoneSurrogate,
    ControlCharacter,
}

impl Problem {
    /// The refusal of `text` for this problem at the byte with the index `at`, or at the end of the text.
    #[cold]
    pub(super) fn refusal(self, text: &str, at: usize) -> RecordError {
        let read = &text.as_bytes()[..text.len().min(at + 1)];
        let mut lines = read.split(|byte| *byte == b'\n');
        let column = lines.next_back().map_or(0, <[u8]>::len);
        let line = lines.count() + 1;
        RecordError::NotJson { problem: self.text(), line, column }
    }

    fn text(self) -> &'static str {
        match self {
            Self::EndInArray => "EOF while parsing a list",
            Self::EndInObject => "EOF while parsing an object",
            Self::EndInString => "EOF while parsing a string",
            Self::EndInValue => "EOF while parsing a value",
            Self::ExpectedColon => "expected `:`",
            Self::ExpectedCommaOrBracket => "expected `,` or `]`",
            Self::ExpectedCommaOrBrace => "expected `,` or `}`",
            Self::ExpectedValue => "expected value",
            Self::ExpectedWord => "expected ident",
            Self::ExpectedKey => "key must be a string",
            Self::TrailingComma => "trailing comma",
            Self::TrailingCharacters => "trailing characters",
            Self::InvalidNumber => "invalid number",
            Self::NumberOutOfRange => "number out of range",
            Self::InvalidEscape => "invalid escape",
            Self::LoneSurrogate => "lone surrogate in hex escape",
            Self::ControlCharacter => "control character (\\u0000-\\u001F) found while parsing a string",
        }
    }
}
