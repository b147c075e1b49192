//! What parsers of JSON share: which keys a file has, how deep it is, what is wrong with its syntax.

use crate::problem::Problem;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::{borrow::Cow, fmt, ops::Range};

const NAN: &[u8] = b"NaN";

/// The keys of a file's outermost object, as far as it can be read, and what ended it before its end.
pub(super) fn keys(dump: &[u8]) -> (Vec<String>, Option<serde_json::Error>) {
    let mut keys = Vec::new();
    let read = Keys(&mut keys).deserialize(&mut serde_json::Deserializer::from_slice(dump));
    (keys, read.err())
}

struct Keys<'a>(&'a mut Vec<String>);

impl<'de> DeserializeSeed<'de> for Keys<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Keys<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key()? {
            self.0.push(key);
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

/// Reads a file of this type, or says what is wrong with it. No type that is read so is nested deeply.
pub(super) fn read<T: DeserializeOwned>(dump: &[u8], advice: &str) -> Result<T, Problem> {
    read_replaced(dump, &Replaced { json: Cow::Borrowed(dump), nans: Vec::new() }, advice)
}

/// Reads a file that may hold NaN, which some trainers write and JSON has not, as null.
pub(super) fn read_with_nan<T: DeserializeOwned>(dump: &[u8], advice: &str) -> Result<T, Problem> {
    read_replaced(dump, &nan_as_null(dump), advice)
}

fn read_replaced<T: DeserializeOwned>(
    dump: &[u8],
    replaced: &Replaced<'_>,
    advice: &str,
) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(&replaced.json);
    let read: Result<T, _> = serde_path_to_error::deserialize(&mut json);
    let syntax = |error: &serde_json::Error| syntax_problem_at(dump, replaced.place(error), error, advice);
    let read = read.map_err(|error| match error.inner() {
        inner if inner.is_data() && replaced.is_nan(inner) => {
            Problem::new("NaN stands where no number may be missing", advice).at(error.path().to_string())
        }
        inner if inner.is_data() => type_problem(error.path(), inner, advice),
        inner => syntax(inner),
    })?;
    json.end().map_err(|error| syntax(&error))?;
    Ok(read)
}

/// A file with null in place of NaN.
#[derive(Debug)]
struct Replaced<'a> {
    json: Cow<'a, [u8]>,
    /// Where each such null ends.
    nans: Vec<usize>,
}

impl Replaced<'_> {
    /// Where the bytes of the error's line begin, and where those that were read end.
    fn read_of_line(&self, error: &serde_json::Error) -> Range<usize> {
        let before = self.json.split_inclusive(|byte| *byte == b'\n').take(error.line().saturating_sub(1));
        let start: usize = before.map(<[u8]>::len).sum();
        start..start + error.column()
    }

    /// The line and the column in the file itself, where NaN is a byte shorter than null.
    fn place(&self, error: &serde_json::Error) -> Place {
        let read = self.read_of_line(error);
        let nans = self.nans.iter().filter(|end| (read.start..=read.end).contains(*end)).count();
        Place { line: error.line(), column: error.column() - nans }
    }

    /// Whether the value that was read last, and was of a wrong type, was NaN.
    fn is_nan(&self, error: &serde_json::Error) -> bool {
        self.nans.contains(&self.read_of_line(error).end)
    }
}

fn nan_as_null(dump: &[u8]) -> Replaced<'_> {
    if !dump.windows(NAN.len()).any(|bytes| bytes == NAN) {
        return Replaced { json: Cow::Borrowed(dump), nans: Vec::new() };
    }
    let (mut json, mut nans) = (Vec::with_capacity(dump.len()), Vec::new());
    let (mut in_text, mut escaped, mut at) = (false, false, 0);
    while let Some(byte) = dump.get(at) {
        if !in_text && dump[at..].starts_with(NAN) {
            json.extend(b"null");
            nans.push(json.len());
            at += NAN.len();
            continue;
        }
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ => {}
        }
        json.push(*byte);
        at += 1;
    }
    Replaced { json: Cow::Owned(json), nans }
}

/// Refuses before anything recurses: a split is one level of JSON, and the rest of a dump has less than ten.
pub(super) fn refuse_deep_nesting(dump: &[u8], splits_max: usize) -> Result<(), Vec<Problem>> {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in dump {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => depth += 1,
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > splits_max + 10 {
            let found = format!("a tree is more than {splits_max} splits deep");
            return Err(vec![Problem::new(found, "train with a smaller max_depth")]);
        }
    }
    Ok(())
}

/// What is wrong with a file's JSON, and where.
pub(super) fn syntax_problem(dump: &[u8], error: &serde_json::Error, advice: &str) -> Problem {
    syntax_problem_at(dump, Place { line: error.line(), column: error.column() }, error, advice)
}

/// A line and a column, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    line: usize,
    column: usize,
}

fn syntax_problem_at(dump: &[u8], place: Place, error: &serde_json::Error, advice: &str) -> Problem {
    let Place { line, column } = place;
    let shown = format!("line {line} column {column}");
    if error.is_eof() || is_cut_off_number(dump, place, error) {
        return Problem::new("the file ends in the middle of the JSON", "copy or export the whole file")
            .at(shown);
    }
    let line = dump.split(|byte| *byte == b'\n').nth(line.saturating_sub(1)).unwrap_or_default();
    let rest = line.get(column.saturating_sub(1)..).unwrap_or_default();
    for token in ["NaN", "Infinity", "-Infinity"] {
        if rest.starts_with(token.as_bytes()) {
            return Problem::new(format!("{token} is no JSON number"), "train the model on finite numbers")
                .at(shown);
        }
    }
    let message = error.to_string();
    let found = message.split(" at line ").next().unwrap_or(&message).to_owned();
    Problem::new(found, advice).at(shown)
}

/// Where a value is passed over, `serde_json` calls a number that the end of the file cuts off an invalid one.
fn is_cut_off_number(dump: &[u8], place: Place, error: &serde_json::Error) -> bool {
    let mut lines = dump.rsplit(|byte| *byte == b'\n');
    let last = lines.next().unwrap_or_default();
    let is_at_end = place.line == lines.count() + 1 && place.column >= last.len();
    is_at_end && error.to_string().starts_with("invalid number") && !dump.ends_with(b"}")
}

/// A value of another type than a model's has.
pub(super) fn type_problem(path: &serde_path_to_error::Path, error: &impl ToString, advice: &str) -> Problem {
    let message = error.to_string();
    let found = message.split(" at line ").next().unwrap_or(&message).to_owned();
    Problem::new(found, advice).at(path.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_is_replaced_outside_of_texts_only() {
        let dump = br#"{"NaN":[NaN,1,NaN],"a\"NaN":"\\\"NaN","b\\":NaN}"#;
        let expected = br#"{"NaN":[null,1,null],"a\"NaN":"\\\"NaN","b\\":null}"#;
        let replaced = nan_as_null(dump);
        assert_eq!(replaced.json.as_ref(), expected);
        let ends: Vec<&[u8]> = replaced.nans.iter().map(|end| &expected[end - 4..*end]).collect();
        assert_eq!(ends, [b"null"; 3]);
        assert!(matches!(nan_as_null(b"[1]").json, Cow::Borrowed(_)));
    }

    #[test]
    fn a_place_behind_nan_is_that_in_the_file() {
        let said = |dump: &str| {
            let read: Result<Vec<Vec<Option<f64>>>, _> = read_with_nan(dump.as_bytes(), "save it again");
            read.expect_err("a bad file").to_string()
        };
        let bad = "expected value; save it again";
        assert_eq!(said("[[x]]"), format!("line 1 column 3: {bad}"));
        assert_eq!(said("[[NaN, NaN,x, NaN]]"), format!("line 1 column 12: {bad}"));
        assert_eq!(said("[[NaN,\nNaN,NaN,x,NaN\n]]"), format!("line 2 column 9: {bad}"));
        assert!(said("[[NaN, NaN, -Infinity]]").starts_with("line 1 column 14: Infinity is no JSON number"));
        assert!(said("[[NaN, NaN").starts_with("line 1 column 10: the file ends in the middle"));
        assert!(said("[[NaN], 1]").starts_with("[1]: invalid type: integer"));
    }

    #[test]
    fn nan_where_null_may_not_be_is_called_what_it_is() {
        let said = |dump: &str| {
            let read: Result<Vec<f64>, _> = read_with_nan(dump.as_bytes(), "save it again");
            read.expect_err("a bad file").to_string()
        };
        assert_eq!(said("[1, NaN]"), "[1]: NaN stands where no number may be missing; save it again");
        assert!(said("[null, NaN]").starts_with("[0]: invalid type: null"), "{}", said("[null, NaN]"));
    }
}
