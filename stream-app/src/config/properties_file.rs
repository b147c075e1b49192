//! A properties file, as Java's `Properties.load` reads it: text in; names and values with their lines out.
//!
//! A line is a name, a separator (`=`, `:` or blanks) and a value. `#` and `!` begin a comment, a backslash at the end
//! continues the line, and backslashes escape characters. The file is UTF-8.

use super::problem::Problem;
use std::iter::Peekable;
use std::str::Chars;

/// One property.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    /// Where it begins, counted from 1.
    pub number: usize,
    /// The name, unescaped.
    pub name: String,
    /// The value, unescaped.
    pub value: String,
}

/// The properties in the order of the file.
pub fn parse(path: &str, text: &str) -> (Vec<Line>, Vec<Problem>) {
    let (mut lines, mut problems) = (Vec::new(), Vec::new());
    for (number, logical) in logical_lines(text) {
        let place = format!("{path}:{number}");
        let mut characters = logical.chars().peekable();
        let entry = name(&mut characters).and_then(|name| Ok((name, unescape(&mut characters, |_| false)?)));
        match entry {
            Ok((name, _)) if name.is_empty() => {
                problems.push(Problem::new(place, "the line has no name", "write NAME=VALUE"));
            }
            Ok((name, value)) => lines.push(Line { number, name, value }),
            Err(BadEscape) => problems.push(Problem::new(
                place,
                "a `\\u` that four hexadecimal digits of a character don't follow",
                "write a backslash as `\\\\`",
            )),
        }
    }
    (lines, problems)
}

/// A `\u` without its four digits.
#[derive(Debug)]
struct BadEscape;

/// Lines with those that continue them, without blank lines and comments. A comment can't be continued.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut logical: Vec<(usize, String)> = Vec::new();
    let mut is_continued = false;
    // A byte order mark, as some editors leave it, is no part of a name.
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim_start_matches(is_blank);
        if !is_continued && (line.is_empty() || line.starts_with(['#', '!'])) {
            continue;
        }
        let backslashes = line.len() - line.trim_end_matches('\\').len();
        let continues = backslashes % 2 == 1;
        let kept = if continues { &line[..line.len() - 1] } else { line };
        match logical.last_mut() {
            Some((_, start)) if is_continued => start.push_str(kept),
            _ => logical.push((index + 1, kept.to_owned())),
        }
        is_continued = continues;
    }
    logical
}

/// Takes the name and the separator.
fn name(characters: &mut Peekable<Chars<'_>>) -> Result<String, BadEscape> {
    let name = unescape(characters, |character| is_blank(character) || matches!(character, '=' | ':'))?;
    while characters.next_if(|character| is_blank(*character)).is_some() {}
    if characters.next_if(|character| matches!(character, '=' | ':')).is_some() {
        while characters.next_if(|character| is_blank(*character)).is_some() {}
    }
    Ok(name)
}

/// Takes what comes before an unescaped character of this kind.
fn unescape(characters: &mut Peekable<Chars<'_>>, ends: impl Fn(char) -> bool) -> Result<String, BadEscape> {
    let mut text = String::new();
    while let Some(character) = characters.next_if(|character| !ends(*character)) {
        if character != '\\' {
            text.push(character);
            continue;
        }
        match characters.next() {
            Some('t') => text.push('\t'),
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('f') => text.push('\u{c}'),
            Some('u') => {
                let digits: String = characters.by_ref().take(4).collect();
                text.push(utf16_unit(&digits).ok_or(BadEscape)?);
            }
            Some(other) => text.push(other),
            None => {}
        }
    }
    Ok(text)
}

fn utf16_unit(digits: &str) -> Option<char> {
    if digits.len() != 4 || !digits.chars().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    char::from_u32(u32::from_str_radix(digits, 16).ok()?)
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\u{c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(usize, String, String)> {
        let (lines, problems) = parse("client.properties", text);
        assert_eq!(problems, []);
        lines.into_iter().map(|line| (line.number, line.name, line.value)).collect()
    }

    fn entry(number: usize, name: &str, value: &str) -> (usize, String, String) {
        (number, name.to_owned(), value.to_owned())
    }

    #[test]
    fn every_separator_ends_a_name_and_comments_and_blank_lines_are_left_out() {
        let text = "\u{feff}a=1\r\n# no\n\n  ! nor this\n b : 2\nc 3\nd = = 4\ne=\nf\ng==\n";
        assert_eq!(
            read(text),
            [
                entry(1, "a", "1"),
                entry(5, "b", "2"),
                entry(6, "c", "3"),
                entry(7, "d", "= 4"),
                entry(8, "e", ""),
                entry(9, "f", ""),
                entry(10, "g", "="),
            ]
        );
    }

    #[test]
    fn a_backslash_continues_a_line_unless_it_is_escaped_and_a_comment_is_not_continued() {
        let text = "a = one,\\\n    two,\\\n  # three\nb=c:\\\\\nc=1\n# not \\\nd=2\ne=last\\";
        assert_eq!(
            read(text),
            [
                entry(1, "a", "one,two,# three"),
                entry(4, "b", "c:\\"),
                entry(5, "c", "1"),
                entry(7, "d", "2"),
                entry(8, "e", "last"),
            ]
        );
    }

    #[test]
    fn escapes_are_resolved_in_names_and_values() {
        let text = r#"a\ b\=c\:d = tab\tend \u00e9\q \\ \" trailing "#;
        assert_eq!(read(text), [entry(1, "a b=c:d", "tab\tend éq \\ \" trailing ")]);
    }

    #[test]
    fn every_bad_line_is_named() {
        let (lines, problems) = parse("p", "=1\na=\\u12\nb=\\ud800\nc=\\u+123\nd=5");
        assert_eq!(lines, [Line { number: 5, name: "d".to_owned(), value: "5".to_owned() }]);
        let places: Vec<&str> = problems.iter().map(|problem| problem.place.as_str()).collect();
        assert_eq!(places, ["p:1", "p:2", "p:3", "p:4"]);
    }
}
