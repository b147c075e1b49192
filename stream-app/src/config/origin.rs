//! Where a value of the configuration came from, in order of precedence.

use std::fmt;

/// Where a value came from. A later variant prevails over an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody gave it; in words, if it follows from something else.
    Default(&'static str),
    /// A key of the TOML file.
    Toml {
        /// The file, as it was named.
        path: String,
        /// Counted from 1.
        line: usize,
        /// The key.
        key: String,
    },
    /// A line of the properties file.
    PropertiesFile {
        /// The file, as it was named.
        path: String,
        /// Counted from 1.
        line: usize,
        /// The property.
        key: String,
    },
    /// A variable of the environment, by its name.
    Variable(String),
    /// A flag, as it was written but for its value.
    Flag(String),
}

impl Origin {
    /// The larger prevails.
    pub fn precedence(&self) -> u8 {
        match self {
            Self::Default(_) => 0,
            Self::Toml { .. } => 1,
            Self::PropertiesFile { .. } => 2,
            Self::Variable(_) => 3,
            Self::Flag(_) => 4,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default("") => formatter.write_str("default"),
            Self::Default(words) => write!(formatter, "default: {words}"),
            Self::Toml { path, line, key } | Self::PropertiesFile { path, line, key } => {
                write!(formatter, "{}:{line}", printable(path))?;
                if key.is_empty() { Ok(()) } else { write!(formatter, " ({})", printable(key)) }
            }
            Self::Variable(name) | Self::Flag(name) => formatter.write_str(&printable(name)),
        }
    }
}

/// How much of a text a message repeats, in characters: enough to recognise it by.
const SHOWN_CHARACTERS_MAX: usize = 120;

/// A text of the user's on one line, without what a terminal would act upon, and not too long.
pub fn printable(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(SHOWN_CHARACTERS_MAX)
        .map(|character| if character.is_control() { '\u{fffd}' } else { character })
        .collect();
    if text.chars().nth(SHOWN_CHARACTERS_MAX).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_one_line_and_not_too_long() {
        assert_eq!(printable("a\nb\u{1b}[31m"), "a\u{fffd}b\u{fffd}[31m");
        let longest = "é".repeat(SHOWN_CHARACTERS_MAX);
        assert_eq!(printable(&longest), longest);
        assert_eq!(printable(&format!("{longest}é")), format!("{longest}…"));
    }
}
