//! Target statistics: the keys that a row's categories make, and the number that belongs to what training counted of each.

use super::raw::{CategoricalFeature, Ctr, CtrData, Dump, Element};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The polynomial's factor in keys of statistics.
pub(super) const MULTIPLIER: u64 = 0x4906_ba49_4954_cb65;

/// An entry that no key leads to.
pub(super) const NO_KEY: u64 = u64::MAX;

/// A hash with its sign, as keys take it.
pub(super) fn extended(hash: i32) -> u64 {
    i64::from(hash).cast_unsigned()
}

/// The key of one part.
pub(super) fn key(number: u64) -> u64 {
    MULTIPLIER.wrapping_mul(MULTIPLIER.wrapping_mul(number))
}

/// What is counted by a column alone.
pub(super) fn simple_statistics(dump: &Dump, index: usize) -> impl Iterator<Item = &CtrData> {
    let ctrs = dump.features_info.ctrs.iter().filter(move |ctr| {
        matches!(ctr.elements.as_slice(), [Element::CatFeatureValue { cat_feature_index }] if *cat_feature_index == index)
    });
    ctrs.filter_map(|ctr| dump.statistic(&ctr.identifier))
}

/// What is counted by several parts together.
#[derive(Debug)]
pub(super) struct Combination {
    /// The first statistic that counts it.
    pub index: usize,
    pub elements: Vec<Element>,
    /// The keys that any of its statistics has counts for.
    pub keys: BTreeSet<u64>,
}

impl Combination {
    /// Which of these columns' categories are parts of the key, in its order.
    pub(super) fn columns(&self, columns: &[CategoricalFeature]) -> impl Iterator<Item = usize> {
        self.elements.iter().filter_map(|element| match element {
            Element::CatFeatureValue { cat_feature_index } => {
                columns.iter().position(|column| column.feature_index == *cat_feature_index)
            }
            _ => None,
        })
    }
}

/// The combinations, each once.
pub(super) fn combinations(dump: &Dump) -> Vec<Combination> {
    let mut all: Vec<Combination> = Vec::new();
    for (index, ctr) in dump.features_info.ctrs.iter().enumerate().filter(|(_, ctr)| ctr.elements.len() > 1) {
        let Some(data) = dump.statistic(&ctr.identifier) else { continue };
        let keys = keys(data).filter(|key| *key != NO_KEY);
        match all.iter_mut().find(|known| known.elements == ctr.elements) {
            Some(known) => known.keys.extend(keys),
            None => {
                all.push(Combination { index, elements: ctr.elements.clone(), keys: keys.collect() });
            }
        }
    }
    all
}

/// What was counted, a row a key.
fn rows(data: &CtrData) -> impl Iterator<Item = &[Value]> {
    data.hash_map.chunks_exact(data.hash_stride.max(1))
}

/// The keys that training counted something of.
pub(super) fn keys(data: &CtrData) -> impl Iterator<Item = u64> {
    rows(data).filter_map(|row| row[0].as_str()?.parse().ok())
}

/// A statistic's numbers, each key once and in their order, and the number of all other keys.
#[derive(Debug)]
pub(super) struct Table {
    pub by_key: Vec<(u64, f64)>,
    pub otherwise: f64,
}

/// Computes a statistic of what training counted.
pub(super) fn table(ctr: &Ctr, data: &CtrData) -> Result<Table, String> {
    if data.hash_stride < 2 || !data.hash_map.len().is_multiple_of(data.hash_stride) {
        return Err("its `hash_map` is cut off".into());
    }
    let mut by_key = BTreeMap::new();
    for row in rows(data) {
        let key = row[0].as_str().and_then(|key| key.parse::<u64>().ok());
        let counts: Option<Vec<f64>> = row[1..].iter().map(Value::as_f64).collect();
        let (Some(key), Some(counts)) = (key, counts) else {
            return Err("a row of its `hash_map` is no key with numbers".into());
        };
        by_key.insert(key, statistic(ctr, data, Some(&counts))?);
    }
    Ok(Table { by_key: by_key.into_iter().collect(), otherwise: statistic(ctr, data, None)? })
}

/// A statistic's number for what training counted of a key, or for a key that it never saw: in 32 bits throughout.
fn statistic(ctr: &Ctr, data: &CtrData, counts: Option<&[f64]>) -> Result<f64, String> {
    let counts = counts.unwrap_or_default();
    let at = |index: usize| counts.get(index).copied().unwrap_or(0.0);
    let sum = |counts: &[f64]| counts.iter().sum::<f64>();
    let (count, total) = match ctr.kind.as_str() {
        "Borders" => {
            (sum(counts.get(ctr.target_border_idx.saturating_add(1)..).unwrap_or_default()), sum(counts))
        }
        "Buckets" => (at(ctr.target_border_idx), sum(counts)),
        "BinarizedTargetMeanValue" | "FloatTargetMeanValue" => (at(0), at(1)),
        "Counter" | "FeatureFreq" => (at(0), data.counter_denominator as f64),
        other => return Err(format!("the statistic `{other}` is not known")),
    };
    let share = (count as f32 + ctr.prior_numerator) / (total as f32 + ctr.prior_denominator);
    let number = f64::from((share + ctr.shift) * ctr.scale);
    if number.is_finite() { Ok(number) } else { Err(format!("a number of it is {number}")) }
}
