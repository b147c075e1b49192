//! One line of an acceptance file: a record, and what the trainer recorded of its prediction.

use super::mismatch::Problem;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// A line's record and expectations; at least one of these is there.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line<'a> {
    #[serde(borrow)]
    pub(super) row: &'a RawValue,
    #[serde(default, deserialize_with = "given")]
    pub(super) margin: Option<Vec<Number>>,
    #[serde(default, deserialize_with = "given")]
    pub(super) prediction: Option<Recorded>,
    #[serde(default, deserialize_with = "given")]
    pub(super) probabilities: Option<Named>,
}

impl<'a> Line<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, Problem> {
        let line: Self = serde_json::from_str(text).map_err(Problem::NotALine)?;
        if line.margin.is_none() && line.prediction.is_none() && line.probabilities.is_none() {
            return Err(Problem::NothingExpected);
        }
        Ok(line)
    }
}

/// What is named has to be there: serde would take `null` for an absent value.
fn given<'de, D: Deserializer<'de>, Value: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// A number, or the text of one that JSON can't hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number(pub(super) f64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let recorded = Recorded::deserialize(deserializer)?;
        recorded
            .number()
            .map(Self)
            .ok_or_else(|| D::Error::custom("a text is none of \"NaN\", \"Infinity\" and \"-Infinity\""))
    }
}

/// A recorded prediction.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Recorded {
    Number(f64),
    Numbers(Vec<Number>),
    Text(String),
}

impl Recorded {
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Numbers(_) => None,
            Self::Text(text) => match text.as_str() {
                "NaN" => Some(f64::NAN),
                "Infinity" => Some(f64::INFINITY),
                "-Infinity" => Some(f64::NEG_INFINITY),
                _ => None,
            },
        }
    }
}

impl<'de> Deserialize<'de> for Recorded {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RecordedVisitor)
    }
}

struct RecordedVisitor;

impl<'de> Visitor<'de> for RecordedVisitor {
    type Value = Recorded;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number, a text or an array of numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Recorded, A::Error> {
        let mut numbers = Vec::new();
        while let Some(number) = sequence.next_element()? {
            numbers.push(number);
        }
        Ok(Recorded::Numbers(numbers))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Recorded, E> {
        Ok(Recorded::Number(value as f64))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Recorded, E> {
        Ok(Recorded::Number(value as f64))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Recorded, E> {
        Ok(Recorded::Number(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Recorded, E> {
        Ok(Recorded::Text(value.to_owned()))
    }
}

/// Numbers by the names of the classes, each name once.
#[derive(Debug)]
pub(super) struct Named(Vec<(String, Number)>);

impl Named {
    pub(super) fn get(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(class, _)| class == name).map(|(_, number)| number.0)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NamedVisitor)
    }
}

struct NamedVisitor;

impl<'de> Visitor<'de> for NamedVisitor {
    type Value = Named;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with a number for each class")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Named, A::Error> {
        let mut named = Named(Vec::new());
        while let Some((name, number)) = map.next_entry::<String, Number>()? {
            if named.get(&name).is_some() {
                return Err(A::Error::custom(format!("the class {name:?} stands there twice")));
            }
            named.0.push((name, number));
        }
        Ok(named)
    }
}
