//! Why a record was refused. No error carries a value of the record: what is logged may be personal.

use std::fmt;

/// Why a record was refused, and at which field.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordError {
    /// The bytes are not UTF-8 from this offset on.
    NotUtf8 {
        /// Bytes before the first that is wrong.
        offset: usize,
    },
    /// The text is not JSON.
    NotJson {
        /// What is wrong, in fixed words.
        problem: &'static str,
        /// From 1.
        line: usize,
        /// Bytes from the line's start up to and with the one that is wrong; 0 where that is the line feed itself.
        column: usize,
    },
    /// The JSON is something else than an object.
    NotAnObject {
        /// What it is.
        found: JsonType,
    },
    /// A field has a type that its column can't hold.
    WrongType {
        /// The field, as a name or a JSON pointer.
        field: &'static str,
        /// What stands there.
        found: JsonType,
        /// What the column holds.
        expected: &'static str,
    },
    /// A number, or a numeric column's text, that is none that an `f64` can hold.
    NotANumber {
        /// The field, as a name or a JSON pointer.
        field: &'static str,
    },
    /// A categorical column's level is not in the domain, and the model asks for an error then.
    UnseenCategory {
        /// The field, as a name or a JSON pointer.
        field: &'static str,
    },
    /// The offset column is absent or null.
    MissingOffset {
        /// The field, as a name or a JSON pointer.
        field: &'static str,
    },
    /// None of the model's fields is there.
    NoField {
        /// The first of them.
        first: &'static str,
        /// How many the model has.
        columns: usize,
    },
    /// A field that the prediction is to replace stands there more than once.
    DuplicateField {
        /// The field.
        field: String,
    },
}

impl RecordError {
    /// All reasons, as [`RecordError::reason`] names them.
    pub const REASONS: [&'static str; 9] = [
        "not_utf8",
        "not_json",
        "not_an_object",
        "wrong_type",
        "not_a_number",
        "unseen_category",
        "missing_offset",
        "no_field",
        "duplicate_field",
    ];

    /// A short name of the reason, for metrics: `wrong_type`, `not_json` and so on.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotUtf8 { .. } => "not_utf8",
            Self::NotJson { .. } => "not_json",
            Self::NotAnObject { .. } => "not_an_object",
            Self::WrongType { .. } => "wrong_type",
            Self::NotANumber { .. } => "not_a_number",
            Self::UnseenCategory { .. } => "unseen_category",
            Self::MissingOffset { .. } => "missing_offset",
            Self::NoField { .. } => "no_field",
            Self::DuplicateField { .. } => "duplicate_field",
        }
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 { offset } => write!(formatter, "the record is not UTF-8 from byte {offset} on"),
            Self::NotJson { problem, line, column } => {
                write!(formatter, "the record is not JSON: {problem} at line {line} column {column}")
            }
            Self::NotAnObject { found } => {
                write!(formatter, "the record is {found}; expected a JSON object with the model's fields")
            }
            Self::WrongType { field, found, expected } => {
                write!(formatter, "field `{field}` is {found}; its column takes {expected}")
            }
            Self::NotANumber { field } => write!(
                formatter,
                "field `{field}` is not a number that a double can hold; give a number, numeric text, \"NaN\", \
                 \"Infinity\" or null"
            ),
            Self::UnseenCategory { field } => write!(
                formatter,
                "field `{field}` has a level that the model never saw, and `unseen_category` is \"error\""
            ),
            Self::MissingOffset { field } => {
                write!(formatter, "field `{field}` is the model's offset and must be given")
            }
            Self::NoField { first, columns } => write!(
                formatter,
                "the record has none of the model's {columns} fields (the first is `{first}`)"
            ),
            Self::DuplicateField { field } => {
                write!(formatter, "field `{field}`, which the prediction is to replace, stands there twice")
            }
        }
    }
}

impl std::error::Error for RecordError {}

/// A JSON value's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonType {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// A number
    Number,
    /// Text
    String,
    /// `[…]`
    Array,
    /// `{…}`
    Object,
}

impl fmt::Display for JsonType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::String => "text",
            Self::Array => "an array",
            Self::Object => "an object",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_on_the_list() {
        let field = "f";
        let errors = [
            RecordError::NotUtf8 { offset: 0 },
            RecordError::NotJson { problem: "", line: 1, column: 1 },
            RecordError::NotAnObject { found: JsonType::Null },
            RecordError::WrongType { field, found: JsonType::Null, expected: "" },
            RecordError::NotANumber { field },
            RecordError::UnseenCategory { field },
            RecordError::MissingOffset { field },
            RecordError::NoField { first: field, columns: 1 },
            RecordError::DuplicateField { field: field.to_owned() },
        ];
        assert_eq!(errors.map(|error| error.reason()), RecordError::REASONS);
    }
}
