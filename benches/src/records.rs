//! Rows as JSON records.

use crate::rows::{ROWS, Rows};
use model_runtime::{Column, ColumnKind};
use serde_json::{Map, Value};

/// A record for each row: numbers as numbers, levels as text, what is missing as null.
pub fn records(columns: &[Column], rows: &Rows) -> Vec<Vec<u8>> {
    (0..ROWS).map(|index| record(columns, rows.row(index)).to_string().into_bytes()).collect()
}

fn record(columns: &[Column], row: &[f64]) -> Value {
    let mut record = Map::new();
    for (column, &number) in columns.iter().zip(row) {
        let value = match &column.kind {
            ColumnKind::Categorical { domain, .. } if !number.is_nan() => {
                domain.levels.get(number as usize).map_or(Value::Null, |&level| level.into())
            }
            // NaN, which is missing, becomes null.
            _ => number.into(),
        };
        insert(&mut record, column.field, value);
    }
    record.into()
}

/// Puts a value where a reader looks for it: at a field's name or, from a slash on, a JSON pointer.
fn insert(record: &mut Map<String, Value>, field: &str, value: Value) {
    let Some(pointer) = field.strip_prefix('/') else {
        record.insert(field.to_owned(), value);
        return;
    };
    let (token, inner) = match pointer.find('/') {
        Some(slash) => (&pointer[..slash], Some(&pointer[slash..])),
        None => (pointer, None),
    };
    let token = token.replace("~1", "/").replace("~0", "~");
    match inner {
        None => {
            record.insert(token, value);
        }
        Some(inner) => {
            let entry = record.entry(token).or_insert_with(|| Value::Object(Map::new()));
            // The generator refuses a field that lies within another one.
            insert(entry.as_object_mut().expect("an object of fields"), inner, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::record;
    use model_runtime::{Column, ColumnKind, Domain, UnseenCategory};

    #[test]
    fn a_record_holds_each_value_where_its_column_is_read() {
        let numeric =
            |field| Column { name: field, field, kind: ColumnKind::Numeric { thresholds: None }, splits: 0 };
        let domain = Domain { levels: &["no", "yes"], sorted: &[0, 1], booleans: Some([0, 1]) };
        let pool = Column {
            name: "pool",
            field: "pool",
            kind: ColumnKind::Categorical { domain, unseen: UnseenCategory::Missing },
            splits: 0,
        };
        let columns = [numeric("sqft"), pool, numeric("/house/a~1b"), numeric("/house/age")];
        let record = record(&columns, &[2.5, 1.0, 3.0, f64::NAN]).to_string();
        assert_eq!(record, r#"{"house":{"a/b":3.0,"age":null},"pool":"yes","sqft":2.5}"#);
    }
}
