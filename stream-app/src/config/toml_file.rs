//! The TOML file: text in; options and client properties with their lines out.

use super::gathered::{Gathered, GivenProperty, Value};
use super::keys::KEYS;
use super::origin::{Origin, printable};
use super::problem::{Problem, did_you_mean};
use super::property_names;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The table of the client's properties.
pub const PROPERTIES: &str = "properties";

/// Adds what the file says. All of its problems are told, those of its syntax without the line's text: it may hold a
/// secret.
pub fn read(path: &str, text: &str, gathered: &mut Gathered) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut file = File { path, text, gathered };
    for error in errors {
        let place = file.place(&error.span().unwrap_or_default(), "");
        file.problem(&place, format!("not TOML: {}", error.message()), "correct the line");
    }
    for (key, value) in table.get_ref() {
        file.top_level(key.get_ref(), &key.span(), value);
    }
}

struct File<'a> {
    path: &'a str,
    text: &'a str,
    gathered: &'a mut Gathered,
}

impl File<'_> {
    fn top_level(&mut self, key: &str, span: &Range<usize>, value: &Spanned<DeValue<'_>>) {
        if key == PROPERTIES {
            match value.get_ref() {
                DeValue::Table(table) => self.properties("", table),
                other => {
                    let found = format!("`{PROPERTIES}` is a {}", other.type_str());
                    let advice =
                        "write the table `[properties]`; a properties file is given with --properties";
                    self.problem(&self.place(span, ""), found, advice);
                }
            }
            return;
        }
        // Who knows the flags writes hyphens.
        let known = KEYS.into_iter().find(|known| *known == key.replace('-', "_"));
        let place = self.place(span, known.unwrap_or_default());
        match (known, scalar(value.get_ref())) {
            (Some(known), Some(text)) => {
                self.gathered.options.push((known, Value { text, origin: place }));
            }
            (Some(_), None) => {
                let found = format!("its value is a {}", value.get_ref().type_str());
                self.problem(&place, found, "give a text, a number, true or false");
            }
            (None, _) => self.unknown(key, &place, value.get_ref()),
        }
    }

    fn unknown(&mut self, key: &str, place: &Origin, value: &DeValue<'_>) {
        let mut names = Vec::new();
        dotted_names(key, value, &mut names);
        let advice = match names.iter().find(|name| property_names::scope(name).is_some()) {
            Some(name) => format!("the client's property `{name}` belongs into the table [properties]"),
            None => {
                let known = KEYS.into_iter().chain([PROPERTIES]);
                format!("{}the keys are {}, [properties]", did_you_mean(key, known), KEYS.join(", "))
            }
        };
        self.problem(place, format!("unknown key `{}`", printable(key)), &advice);
    }

    /// TOML reads `sasl.mechanism = …` as a table in a table, and `"sasl.mechanism" = …` as one name: both are fine.
    fn properties(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let name = format!("{prefix}{}", key.get_ref());
            let origin = self.place(&key.span(), &name);
            match (value.get_ref(), scalar(value.get_ref())) {
                (DeValue::Table(inner), _) => self.properties(&format!("{name}."), inner),
                (_, Some(value)) => self.gathered.properties.push(GivenProperty { name, value, origin }),
                (other, None) => {
                    let found = format!("its value is a {}", other.type_str());
                    self.problem(&origin, found, "give a text, a number, true or false");
                }
            }
        }
    }

    fn place(&self, span: &Range<usize>, key: &str) -> Origin {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = 1 + before.matches('\n').count();
        Origin::Toml { path: self.path.to_owned(), line, key: key.to_owned() }
    }

    fn problem(&mut self, place: &Origin, found: String, action: &str) {
        self.gathered.problems.push(Problem::new(place, found, action));
    }
}

/// A value as it would stand on a command line; several texts with commas.
fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Boolean(value) => Some(value.to_string()),
        DeValue::Integer(value) => {
            i128::from_str_radix(value.as_str(), value.radix()).ok().map(|value| value.to_string())
        }
        DeValue::Float(value) => Some(value.as_str().to_owned()),
        DeValue::Array(values) => {
            let texts: Option<Vec<String>> = values.iter().map(|value| scalar(value.get_ref())).collect();
            texts.map(|texts| texts.join(","))
        }
        DeValue::Datetime(_) | DeValue::Table(_) => None,
    }
}

/// The names that dotted keys of this value stand for.
fn dotted_names(name: &str, value: &DeValue<'_>, names: &mut Vec<String>) {
    match value {
        DeValue::Table(table) => {
            for (key, value) in table {
                dotted_names(&format!("{name}.{}", key.get_ref()), value.get_ref(), names);
            }
        }
        _ => names.push(name.to_owned()),
    }
}
