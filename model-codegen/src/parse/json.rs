//! What parsers of JSON share: which keys a file has, how deep it is, what is wrong with its syntax.

use crate::problem::Problem;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::{borrow::Cow, fmt};

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
    let mut json = serde_json::Deserializer::from_slice(dump);
    let read: Result<T, _> = serde_path_to_error::deserialize(&mut json);
    let read = read.map_err(|error| match error.inner() {
        inner if inner.is_data() => type_problem(error.path(), inner, advice),
        inner => syntax_problem(dump, inner, advice),
    })?;
    json.end().map_err(|error| syntax_problem(dump, &error, advice))?;
    Ok(read)
}

/// The file with null in place of NaN, which some trainers write and JSON has not.
pub(super) fn nan_as_null(dump: &[u8]) -> Cow<'_, [u8]> {
    if !dump.windows(NAN.len()).any(|bytes| bytes == NAN) {
        return Cow::Borrowed(dump);
    }
    let mut replaced = Vec::with_capacity(dump.len());
    let (mut in_text, mut escaped, mut at) = (false, false, 0);
    while let Some(byte) = dump.get(at) {
        if !in_text && dump[at..].starts_with(NAN) {
            replaced.extend(b"null");
            at += NAN.len();
            continue;
        }
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ => {}
        }
        replaced.push(*byte);
        at += 1;
    }
    Cow::Owned(replaced)
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
    let place = format!("line {} column {}", error.line(), error.column());
    if error.is_eof() || is_cut_off_number(dump, error) {
        return Problem::new("the file ends in the middle of the JSON", "copy or export the whole file")
            .at(place);
    }
    let line = dump.split(|byte| *byte == b'\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
    let rest = line.get(error.column().saturating_sub(1)..).unwrap_or_default();
    for token in ["NaN", "Infinity", "-Infinity"] {
        if rest.starts_with(token.as_bytes()) {
            return Problem::new(format!("{token} is no JSON number"), "train the model on finite numbers")
                .at(place);
        }
    }
    let message = error.to_string();
    let found = message.split(" at line ").next().unwrap_or(&message).to_owned();
    Problem::new(found, advice).at(place)
}

/// Where a value is passed over, `serde_json` calls a number that the end of the file cuts off an invalid one.
fn is_cut_off_number(dump: &[u8], error: &serde_json::Error) -> bool {
    let mut lines = dump.rsplit(|byte| *byte == b'\n');
    let last = lines.next().unwrap_or_default();
    let is_at_end = error.line() == lines.count() + 1 && error.column() >= last.len();
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
        assert_eq!(nan_as_null(dump).as_ref(), expected);
        assert!(matches!(nan_as_null(b"[1]"), Cow::Borrowed(_)));
    }
}
