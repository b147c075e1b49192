//! Answers are checked before they count: every record came out, once, in order, with the price that it must have.

use crate::Outcome;
use crate::arguments::Arguments;
use crate::reader::Output;
use crate::subject::Answers;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::fs;
use std::process::Command;

/// The field that a prediction is written to.
const RESPONSE: &str = "selling_price";

/// The records, and the price of each by `stream-app score`. The peer's prices must be the same to the bit, so that
/// neither side is right by its own account.
#[derive(Debug)]
pub struct Expected {
    pub houses: Vec<String>,
    prices: Vec<f64>,
}

/// What came out, compared with what had to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    pub outputs: u64,
    pub lost: u64,
    pub duplicated: u64,
    /// With another price, another field, or other bytes where nothing was to be changed.
    pub changed: u64,
    /// After a record that stood behind it in the same input partition.
    pub out_of_order: u64,
    /// With a key that none of the records has.
    pub foreign: u64,
}

impl Verdict {
    /// Whether nothing is wrong.
    pub fn is_right(&self) -> bool {
        self.lost + self.duplicated + self.changed + self.out_of_order + self.foreign == 0
    }
}

impl Expected {
    /// Scores the houses without a broker.
    pub fn score(houses: Vec<String>, arguments: &Arguments) -> Outcome<Self> {
        let (input, output) = (arguments.work.join("houses.jsonl"), arguments.work.join("priced.jsonl"));
        fs::write(&input, houses.join("\n") + "\n")
            .map_err(|error| format!("can't write the houses: {error}"))?;
        let mut command = Command::new(&arguments.stream_app);
        command
            .args(["score", "--model", "house_prices_2", "--input"])
            .arg(&input)
            .arg("--output")
            .arg(&output);
        let status = command.status().map_err(|error| format!("can't start {command:?}: {error}"))?;
        if !status.success() {
            return Err(format!("{command:?} failed: {status}"));
        }
        let scored =
            fs::read_to_string(&output).map_err(|error| format!("can't read the prices: {error}"))?;
        let prices: Option<Vec<f64>> =
            scored.lines().map(|line| price(&mut serde_json::from_str(line).ok()?)).collect();
        match prices {
            Some(prices) if prices.len() == houses.len() => Ok(Self { houses, prices }),
            _ => Err(format!("`stream-app score` did not price each of {} houses", houses.len())),
        }
    }

    /// Compares what came out with the first `count` records.
    pub fn judge(&self, outputs: &[Output], count: usize, answers: Answers) -> Verdict {
        let mut verdict = Verdict { outputs: outputs.len() as u64, ..Verdict::default() };
        let mut seen = vec![false; count];
        // A subject may choose its output partition, but of two records of one input partition that meet in one
        // output partition, the first stays the first.
        let mut latest: HashMap<(i32, i32), u64> = HashMap::new();
        for output in outputs {
            let Some(key) = output.key.filter(|key| key.number < count as u64) else {
                verdict.foreign += 1;
                continue;
            };
            let number = key.number as usize;
            if seen[number] {
                verdict.duplicated += 1;
                continue;
            }
            seen[number] = true;
            verdict.changed += u64::from(!self.is_right(number, &output.value, answers));
            let latest = latest.entry((key.partition(), output.partition)).or_insert(key.number);
            verdict.out_of_order += u64::from(key.number < *latest);
            *latest = key.number.max(*latest);
        }
        verdict.lost = seen.iter().filter(|seen| !**seen).count() as u64;
        verdict
    }

    fn is_right(&self, number: usize, value: &[u8], answers: Answers) -> bool {
        let house = &self.houses[number];
        if answers == Answers::Unchanged {
            return value == house.as_bytes();
        }
        // Compared as values: one side splices its price in, the other writes the object anew.
        let (Ok(mut fields), Ok(house)) = (serde_json::from_slice(value), serde_json::from_str(house)) else {
            return false;
        };
        let is_priced =
            price(&mut fields).is_some_and(|price| price.to_bits() == self.prices[number].to_bits());
        is_priced && fields == house
    }
}

/// Takes the price out of a record.
fn price(fields: &mut Map<String, Value>) -> Option<f64> {
    fields.remove(RESPONSE)?.as_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::Key;

    fn expected() -> Expected {
        let houses = (0..20).map(|number| format!("{{\"house\":{number},\"lot\":0.5}}")).collect();
        Expected { houses, prices: (0..20).map(|number| f64::from(number) + 0.1).collect() }
    }

    fn output(number: u64) -> Output {
        let key = Key { number, sent: 1 };
        let value = format!("{{\"lot\": 5e-1, \"house\": {number}, \"selling_price\": {number}.1}}");
        Output { key: Some(key), partition: key.partition(), value: value.into_bytes() }
    }

    fn outputs() -> Vec<Output> {
        (0..20).map(output).collect()
    }

    fn judge(outputs: &[Output]) -> Verdict {
        expected().judge(outputs, 20, Answers::Scored)
    }

    #[test]
    fn right_answers_are_right_however_they_are_written() {
        let verdict = judge(&outputs());
        assert_eq!(verdict, Verdict { outputs: 20, ..Verdict::default() });
        assert!(verdict.is_right());
    }

    #[test]
    fn a_lost_record_is_found() {
        let mut outputs = outputs();
        outputs.remove(7);
        let verdict = judge(&outputs);
        assert_eq!(verdict, Verdict { outputs: 19, lost: 1, ..Verdict::default() });
        assert!(!verdict.is_right());
    }

    #[test]
    fn a_duplicated_record_is_found() {
        let mut outputs = outputs();
        outputs.push(output(7));
        let verdict = judge(&outputs);
        assert_eq!(verdict, Verdict { outputs: 21, duplicated: 1, ..Verdict::default() });
        assert!(!verdict.is_right());
    }

    #[test]
    fn a_price_that_is_one_step_beside_is_found() {
        let mut outputs = outputs();
        let beside = f64::from_bits(7.1_f64.to_bits() + 1);
        outputs[7].value = format!("{{\"house\":7,\"lot\":0.5,\"selling_price\":{beside}}}").into_bytes();
        let verdict = judge(&outputs);
        assert_eq!(verdict, Verdict { outputs: 20, changed: 1, ..Verdict::default() });
        assert!(!verdict.is_right());
    }

    #[test]
    fn another_field_that_differs_is_found() {
        for value in [
            r#"{"house":7,"lot":0.25,"selling_price":7.1}"#,
            r#"{"house":7,"selling_price":7.1}"#,
            r#"{"house":7,"lot":0.5,"more":1,"selling_price":7.1}"#,
            r#"{"house":7,"lot":0.5}"#,
            "7.1",
        ] {
            let mut outputs = outputs();
            outputs[7].value = value.into();
            assert_eq!(judge(&outputs).changed, 1, "{value}");
        }
    }

    #[test]
    fn records_of_a_partition_that_change_places_are_found() {
        let mut outputs = outputs();
        outputs.swap(7, 13);
        let verdict = judge(&outputs);
        assert_eq!(verdict, Verdict { outputs: 20, out_of_order: 1, ..Verdict::default() });
        assert!(!verdict.is_right());
        // Different partitions have no order between them.
        let mut outputs = self::outputs();
        outputs.swap(7, 8);
        assert!(judge(&outputs).is_right());
    }

    #[test]
    fn a_key_that_no_record_has_is_found() {
        let mut outputs = outputs();
        outputs.push(output(20));
        outputs.push(Output { key: None, partition: 0, value: Vec::new() });
        let verdict = judge(&outputs);
        assert_eq!(verdict, Verdict { outputs: 22, foreign: 2, ..Verdict::default() });
        assert!(!verdict.is_right());
    }

    #[test]
    fn what_passes_through_keeps_its_bytes() {
        let expected = expected();
        let pass = |value: &str| {
            let key = Some(Key { number: 0, sent: 1 });
            let output = Output { key, partition: 0, value: value.into() };
            expected.judge(&[output], 1, Answers::Unchanged)
        };
        assert!(pass(r#"{"house":0,"lot":0.5}"#).is_right());
        assert_eq!(pass(r#"{"house":0, "lot":0.5}"#).changed, 1);
        assert_eq!(pass(r#"{"house":0,"lot":0.5,"selling_price":0.1}"#).changed, 1);
    }
}
