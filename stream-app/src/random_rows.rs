//! Random records for any model, made from what its metadata says of its columns: houses, where it reads houses.

use crate::houses;
use fastrand::Rng;
use model_runtime::{Column, ColumnKind, Metadata};
use serde_json::{Map, Value};

/// How far below the least and above the greatest threshold numbers are drawn, as a share of the distance between
/// them: the outer leaves are to be reached too.
const MARGIN_SHARE: f64 = 0.1;

/// A record that the model can read: for number 0 the article's house where it reads houses, else a random one.
pub fn record(metadata: &Metadata, number: u64, random: &mut Rng) -> String {
    if reads_houses(metadata) {
        return houses::house(number, random);
    }
    let mut record = Map::new();
    for column in metadata.columns {
        insert(&mut record, column.field, value(column, random));
    }
    Value::Object(record).to_string()
}

/// What a random record is called in the words of whoever looks on.
pub fn noun(metadata: &Metadata) -> &'static str {
    if reads_houses(metadata) { "house" } else { "record" }
}

fn reads_houses(metadata: &Metadata) -> bool {
    metadata.columns.iter().all(|column| houses::FIELDS.contains(&column.field))
}

fn value(column: &Column, random: &mut Rng) -> Value {
    match &column.kind {
        ColumnKind::Categorical { domain, .. } if !domain.levels.is_empty() => {
            Value::from(domain.levels[random.usize(..domain.levels.len())])
        }
        ColumnKind::Categorical { .. } => Value::Null,
        ColumnKind::Numeric { thresholds: Some((least, greatest)) } => {
            // Halved first: the distance of two doubles may be no double.
            let reach = (greatest / 2.0 - least / 2.0).max(0.5) * (1.0 + MARGIN_SHARE);
            let number = least / 2.0 + greatest / 2.0 + reach * (2.0 * random.f64() - 1.0);
            if number.is_finite() { Value::from(number) } else { Value::from(*least) }
        }
        ColumnKind::Numeric { thresholds: None } | ColumnKind::Offset => Value::from(random.f64()),
    }
}

/// Puts a value where `field` says: under its name or, from a slash on, where the JSON pointer points.
fn insert(record: &mut Map<String, Value>, field: &str, value: Value) {
    let Some(pointer) = field.strip_prefix('/') else {
        record.insert(field.to_owned(), value);
        return;
    };
    let names: Vec<String> =
        pointer.split('/').map(|name| name.replace("~1", "/").replace("~0", "~")).collect();
    let Some((last, path)) = names.split_last() else { return };
    let mut object = record;
    for name in path {
        let inner = object.entry(name).or_insert_with(|| Value::Object(Map::new()));
        match inner {
            Value::Object(inner) => object = inner,
            // The model reads the outer value itself, so it has no inner ones.
            _ => return,
        }
    }
    object.insert(last.clone(), value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scorer;
    use crate::test_model::NUMBER;
    use model_runtime::Model;

    #[test]
    fn every_random_record_can_be_scored() {
        let mut random = Rng::with_seed(3);
        let records: Vec<String> =
            (0..100).map(|number| record(NUMBER.metadata(), number, &mut random)).collect();
        let mut scorer = Scorer::new(&NUMBER, false).unwrap();
        assert!(scorer.score(&records).outcomes().all(|outcome| outcome.is_ok()));
        assert_eq!(scorer.unseen_categories().count(), 0);
    }

    #[test]
    fn a_pointer_makes_inner_objects() {
        let mut record = Map::new();
        insert(&mut record, "/house/a~1b", Value::from(1));
        insert(&mut record, "/house/c", Value::from(2));
        insert(&mut record, "d", Value::from(3));
        assert_eq!(Value::Object(record).to_string(), r#"{"d":3,"house":{"a/b":1,"c":2}}"#);
    }
}
