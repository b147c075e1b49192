//! The levels of categorical columns: the texts in the file and those in `NAME.toml`, and what the model knows by its hash
//! alone.

use super::{
    city::hash_of,
    raw::{CategoricalFeature, Dump, Element, FeaturesInfo},
    statistics::{Combination, MULTIPLIER, NO_KEY, combinations, extended, key, keys, simple_statistics},
};
use crate::problem::Problem;
use std::collections::{BTreeSet, HashSet};

/// How many ways through combinations are gone to see which levels they hold: a second or two.
const WAYS_MAX: usize = 1 << 27;

/// How many sums of parts are kept at once, at least: the others are made one by one.
const SUMS_AT_ONCE: usize = 1 << 12;

/// The levels by categorical column, in the file's order.
#[derive(Debug)]
pub(super) struct Levels {
    pub of_columns: Vec<Vec<String>>,
    /// Combinations of which not all keys are known to come of these levels.
    open: Vec<Combination>,
}

/// Refuses a text with another hash than `CatBoost` would look for.
pub(super) fn refuse_other_hashes(info: &FeaturesInfo, problems: &mut Vec<Problem>) {
    for (index, entry) in info.cat_features_hash.iter().enumerate() {
        let hash = hash_of(&entry.value).cast_unsigned();
        if hash != entry.hash {
            let found = format!("the hash of {:?} is {hash}, and the file says {}", entry.value, entry.hash);
            let place = format!("features_info.cat_features_hash[{index}].hash");
            problems.push(Problem::new(found, super::SAVE_AGAIN).at(place));
        }
    }
}

/// Finds the levels of columns for which `given` has those of `NAME.toml`: they stand first.
///
/// The file has the texts of all columns together. Which are a column's own is known where a statistic counts it alone; where it
/// has none, or a combination holds what that one left out (`ctr_leaf_count_limit`), all texts are.
pub(super) fn read(dump: &Dump, given: &[&[String]]) -> Levels {
    let columns = &dump.features_info.categorical_features;
    let texts: BTreeSet<&str> =
        dump.features_info.cat_features_hash.iter().map(|entry| entry.value.as_str()).collect();
    let with_given = |given: &[String], texts: &mut dyn Iterator<Item = &str>| -> Vec<String> {
        let others = texts.filter(|text| !given.iter().any(|level| level == text)).map(str::to_owned);
        given.iter().cloned().chain(others).collect()
    };
    let own = columns.iter().zip(given).map(|(column, given)| {
        let counted = counted(dump, column);
        let values = values(dump, column);
        let is_own = |text: &&&str| {
            let number = extended(hash_of(text));
            counted.as_ref().is_none_or(|keys| keys.contains(&key(number))) || values.contains(&number)
        };
        with_given(given, &mut texts.iter().filter(is_own).copied())
    });
    let mut of_columns: Vec<Vec<String>> = own.collect();
    let numbers = numbers(&of_columns);
    let mut ways = WAYS_MAX;
    let mut open = combinations(dump);
    open.retain(|combination| unreached(combination, columns, &numbers, &mut ways) != Some(0));
    for element in open.iter().flat_map(|combination| &combination.elements) {
        if let Element::CatFeatureValue { cat_feature_index } = element
            && let Some(at) = columns.iter().position(|column| column.feature_index == *cat_feature_index)
        {
            of_columns[at] = with_given(given[at], &mut texts.iter().copied());
        }
    }
    Levels { of_columns, open }
}

impl Levels {
    /// Refuses a model that knows categories by their hashes alone: a row of such a one would be scored as another.
    pub(super) fn refuse_unknown(
        &self,
        dump: &Dump,
        names: &[&str],
        warnings: &mut Vec<String>,
        problems: &mut Vec<Problem>,
    ) {
        let columns = &dump.features_info.categorical_features;
        let numbers = numbers(&self.of_columns);
        let before = problems.len();
        for (at, column) in columns.iter().enumerate() {
            let known: BTreeSet<u64> = numbers[at].iter().copied().collect();
            let known_keys: BTreeSet<u64> = known.iter().map(|number| key(*number)).collect();
            let counted = counted(dump, column).unwrap_or_default();
            let unknown =
                values(dump, column).difference(&known).count().max(counted.difference(&known_keys).count());
            let found = match unknown {
                0 if known.is_empty() => format!("the file tells no text of a category of `{}`", names[at]),
                0 => continue,
                _ => {
                    format!("`{}` has categories whose texts the file does not tell ({unknown})", names[at])
                }
            };
            let problem = Problem::new(found, advice(&names[at..=at]));
            problems.push(problem.at(format!("features_info.categorical_features[{at}]")));
        }
        if problems.len() > before {
            return;
        }
        let mut ways = WAYS_MAX;
        for combination in &self.open {
            let of: Vec<&str> = combination.columns(columns).map(|at| names[at]).collect();
            let shown = format!("`{}`", of.join("`, `"));
            match unreached(combination, columns, &numbers, &mut ways) {
                Some(0) => {}
                Some(count) => {
                    let found = format!(
                        "{count} of {} combinations of {shown} hold a category whose text the file does not tell",
                        combination.keys.len()
                    );
                    let place = format!("features_info.ctrs[{}]", combination.index);
                    problems.push(Problem::new(found, advice(&of)).at(place));
                }
                None => warnings.push(format!(
                    "{shown} have too many levels to check that each of their combinations is known by its texts: one \
                     that is not would count as unseen; save the model with all of the data that it was trained on as the pool"
                )),
            }
        }
    }
}

fn advice(names: &[&str]) -> String {
    let keys: Vec<String> = names.iter().map(|name| format!("{name:?} = [\"...\"]")).collect();
    format!(
        "save the model again with save_model(\"model.json\", format=\"json\", pool=pool) and a pool with every level \
         (gbm_export takes them as `categories`), or name the levels in the .toml under [categories]: {}",
        keys.join(", ")
    )
}

fn numbers(levels: &[Vec<String>]) -> Vec<Vec<u64>> {
    levels.iter().map(|levels| levels.iter().map(|text| extended(hash_of(text))).collect()).collect()
}

/// The keys that statistics of the column alone have counts for; nothing where there are no such statistics.
fn counted(dump: &Dump, column: &CategoricalFeature) -> Option<BTreeSet<u64>> {
    let mut statistics = simple_statistics(dump, column.feature_index).peekable();
    statistics.peek()?;
    Some(statistics.flat_map(keys).filter(|found| *found != NO_KEY).collect())
}

/// The categories that splits and parts of statistics ask for by their hash.
fn values(dump: &Dump, column: &CategoricalFeature) -> BTreeSet<u64> {
    let elements = dump.features_info.ctrs.iter().flat_map(|ctr| &ctr.elements);
    let exact = elements.filter_map(|element| match element {
        Element::CatFeatureExactValue { cat_feature_index, value }
            if *cat_feature_index == column.feature_index =>
        {
            Some(value)
        }
        _ => None,
    });
    column.values.iter().flatten().chain(exact).map(|value| extended(*value)).collect()
}

/// How many of a combination's keys no levels make; nothing where there are more ways than `ways_left`.
fn unreached(
    combination: &Combination,
    columns: &[CategoricalFeature],
    numbers: &[Vec<u64>],
    ways_left: &mut usize,
) -> Option<usize> {
    let of_columns = combination.columns(columns).map(|at| numbers[at].clone());
    let mut parts: Vec<Vec<u64>> = of_columns.collect();
    parts.resize(combination.elements.len(), vec![0, 1]);
    let ways = parts.iter().try_fold(1_usize, |ways, part| ways.checked_mul(part.len()));
    *ways_left = ways_left.checked_sub(ways?)?;
    // A key is a sum of the parts' numbers, each times a power of its own.
    let mut power = MULTIPLIER;
    for part in parts.iter_mut().rev() {
        power = power.wrapping_mul(MULTIPLIER);
        for number in part {
            *number = number.wrapping_mul(power);
        }
    }
    parts.sort_by_key(Vec::len);
    let mut inner = vec![0];
    while inner.len() < SUMS_AT_ONCE
        && let Some(part) = parts.pop()
    {
        inner = sums(&inner, &part);
    }
    let mut left: HashSet<u64> = combination.keys.iter().copied().collect();
    for outer in parts.iter().fold(vec![0], |all, part| sums(&all, part)) {
        for number in &inner {
            left.remove(&number.wrapping_add(outer));
        }
        if left.is_empty() {
            break;
        }
    }
    Some(left.len())
}

fn sums(some: &[u64], others: &[u64]) -> Vec<u64> {
    some.iter().flat_map(|one| others.iter().map(|other| one.wrapping_add(*other))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_as_far_as_there_are_ways_for_it() {
        let columns = [0, 1].map(CategoricalFeature::of_index);
        let element = |cat_feature_index| Element::CatFeatureValue { cat_feature_index };
        let bit = Element::FloatFeature { float_feature_index: 0, border: 0.5 };
        let key = |parts: [u64; 3]| {
            parts.iter().fold(0_u64, |key, part| {
                MULTIPLIER.wrapping_mul(key.wrapping_add(MULTIPLIER.wrapping_mul(*part)))
            })
        };
        let keys = [key([5, 7, 0]), key([6, 8, 1]), key([5, 9, 1]), key([5, 7, 2])].into();
        let combination = Combination { index: 0, elements: vec![element(1), element(0), bit], keys };
        let numbers = [vec![7, 8], vec![5, 6, 4]];
        let mut ways = 12;
        assert_eq!(unreached(&combination, &columns, &numbers, &mut ways), Some(2));
        assert_eq!(ways, 0, "two levels, three levels and two bits");
        assert_eq!(unreached(&combination, &columns, &numbers, &mut 11), None);
    }
}
