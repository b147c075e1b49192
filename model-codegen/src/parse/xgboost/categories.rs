//! `cats`: the categories that a data frame's columns had, in the order of their codes.
//!
//! Texts are bytes run together and cut at offsets. `XGBoost` 3.2 counts characters where it should count bytes, so that the
//! list is cut wrongly, and cut off, from the first text on that is not ASCII. Such a list can't be used: its levels have
//! to be given in `NAME.toml`.

use super::{
    SAVE_AGAIN,
    raw::{Cats, Encoding},
};
use crate::{
    configuration::Configuration,
    parse::columns::{Known, level_text},
    problem::Problem,
};
use serde_json::Value;

/// Notes the levels of each column that has some.
pub(super) fn read(
    cats: &Cats,
    names: &[String],
    known: &mut [Known],
    configuration: &Configuration,
    problems: &mut Vec<Problem>,
) {
    if cats.enc.len() > known.len() {
        let found = format!("there are categories of {} columns where {} are", cats.enc.len(), known.len());
        problems.push(Problem::new(found, SAVE_AGAIN).at(PLACE));
    }
    for (index, (encoding, column)) in cats.enc.iter().zip(known).enumerate() {
        if encoding.values.is_empty() {
            continue;
        }
        column.has_codes = true;
        let name = names.get(index).cloned().unwrap_or_else(|| format!("f{index}"));
        match levels(encoding) {
            Ok(levels) => column.levels = Some(levels),
            Err(Unreadable::NotAscii) if configuration.categories.contains_key(&name) => {}
            Err(unreadable) => {
                let (found, advice) = unreadable.explained(&name);
                problems.push(Problem::new(found, advice).at(format!("{PLACE}.enc[{index}]")));
            }
        }
    }
}

const PLACE: &str = "learner.gradient_booster.model.cats";

/// Why a column's levels can't be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unreadable {
    /// Its texts are cut in the wrong places.
    NotAscii,
    /// It is no list of categories.
    Malformed,
}

impl Unreadable {
    fn explained(self, name: &str) -> (String, String) {
        match self {
            Self::NotAscii => (
                format!(
                    "the levels of `{name}` are not ASCII, and XGBoost has cut their list in the wrong places"
                ),
                format!(
                    "give them in the .toml, in the order of the data frame: [categories] {name:?} = [...]"
                ),
            ),
            Self::Malformed => {
                (format!("the categories of `{name}` are neither texts nor numbers"), SAVE_AGAIN.into())
            }
        }
    }
}

fn levels(encoding: &Encoding) -> Result<Vec<String>, Unreadable> {
    let Some(offsets) = &encoding.offsets else {
        return encoding.values.iter().map(|value| level_text(value).ok_or(Unreadable::Malformed)).collect();
    };
    let bytes: Option<Vec<i64>> = encoding.values.iter().map(Value::as_i64).collect();
    let bytes = bytes.ok_or(Unreadable::Malformed)?;
    if !bytes.iter().all(|byte| (0..128).contains(byte)) {
        return Err(Unreadable::NotAscii);
    }
    if offsets.first() != Some(&0) || offsets.last() != Some(&bytes.len()) {
        return Err(Unreadable::Malformed);
    }
    let text = |ends: &[usize]| {
        let bytes = bytes.get(ends[0]..ends[1])?;
        Some(bytes.iter().map(|byte| char::from(*byte as u8)).collect())
    };
    offsets.windows(2).map(|ends| text(ends).ok_or(Unreadable::Malformed)).collect()
}
