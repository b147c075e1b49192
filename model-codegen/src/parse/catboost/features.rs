//! The columns, and every split that trees may name: by their place in one list of all.

use super::{
    SAVE_AGAIN,
    raw::{Ctr, Dump, Element, FloatFeature},
    statistics::{self, Hashes, MULTIPLIER, NO_KEY, Table, extended, key, simple_statistics},
};
use crate::{
    configuration::Configuration,
    ir::{
        CategorySet, Code, ColumnId, ColumnKind, Direction, Feature, FeatureId, KeyPart, Lookup, Number,
        Precision, Test,
    },
    limits::COLUMNS_MAX,
    parse::columns::{Columns, Known},
    problem::Problem,
};
use std::collections::{BTreeMap, BTreeSet};

/// The columns with their features, and the splits.
#[derive(Debug)]
pub(super) struct Features {
    pub columns: Columns,
    pub splits: Vec<Question>,
}

/// What a split asks: its bit is 1, and it goes right, where the test sends right.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub feature: FeatureId,
    pub test: Test,
    pub missing: Direction,
}

/// Reads columns and splits; nothing where they are ill-formed, and `problems` says why.
pub(super) fn read(
    dump: &Dump,
    configuration: &Configuration,
    warnings: &mut Vec<String>,
    problems: &mut Vec<Problem>,
) -> Option<Features> {
    let before = problems.len();
    let hashes = Hashes::of(dump);
    let columns = columns(dump, &hashes, configuration, problems);
    let mut reader =
        Reader { dump, hashes, columns: columns?, splits: Vec::new(), numbers: Vec::new(), problems };
    reader.numbers();
    reader.one_hot();
    reader.statistics();
    reader.warn_of_unknown_hashes(warnings);
    let Reader { columns, splits, .. } = reader;
    (problems.len() == before).then_some(Features { columns, splits })
}

fn columns(
    dump: &Dump,
    hashes: &Hashes,
    configuration: &Configuration,
    problems: &mut Vec<Problem>,
) -> Option<Columns> {
    let info = &dump.features_info;
    let floats =
        info.float_features.iter().map(|float| (float.flat_feature_index, &float.feature_name, None));
    let categorical = info
        .categorical_features
        .iter()
        .map(|column| (column.flat_feature_index, &column.feature_name, Some(column)));
    let all: BTreeMap<usize, _> =
        floats.chain(categorical).map(|(at, name, column)| (at, (name, column))).collect();
    let width = all.last_key_value().map_or(0, |(last, _)| last.saturating_add(1));
    let refuse = |found: String, advice: &str| Problem::new(found, advice).at("features_info");
    if all.len() < info.float_features.len() + info.categorical_features.len() {
        problems.push(refuse("two features have one `flat_feature_index`".into(), SAVE_AGAIN));
        return None;
    }
    if width > COLUMNS_MAX {
        let found = format!("there are {width} columns, and {COLUMNS_MAX} is the most that is read");
        problems.push(refuse(found, "train on fewer columns"));
        return None;
    }
    if !info.categorical_features.is_empty() && info.cat_features_hash.is_empty() {
        let found = "the columns have categories, and the file does not tell their texts";
        problems.push(refuse(found.into(), SAVE_AGAIN));
        return None;
    }
    let mut names: Vec<String> = (0..width).map(|index| index.to_string()).collect();
    let mut known = vec![Known::default(); width];
    let mut is_named = false;
    for (at, (name, column)) in all {
        if !name.is_empty() && *name != names[at] {
            name.clone_into(&mut names[at]);
            is_named = true;
        }
        if let Some(column) = column {
            let given = configuration.features.as_ref().filter(|_| !is_named).and_then(|given| given.get(at));
            let is_given = configuration.categories.contains_key(given.unwrap_or(&names[at]));
            let levels =
                (!is_given).then(|| levels(dump, hashes, column.feature_index, column.values.as_deref()));
            known[at] = Known { levels, has_codes: true };
        }
    }
    Some(Columns::new(known, is_named.then_some(names), "", configuration, problems))
}

/// A column's levels: the texts that its statistics count, or all texts where it has none.
fn levels(dump: &Dump, hashes: &Hashes, index: usize, values: Option<&[i32]>) -> Vec<String> {
    let mut keys = BTreeSet::new();
    let mut has_statistics = false;
    for data in simple_statistics(dump, index) {
        has_statistics = true;
        keys.extend(statistics::keys(data));
    }
    let is_value = |hash: i32| values.is_some_and(|values| values.contains(&hash));
    let belongs = |hash: i32| !has_statistics || keys.contains(&key(extended(hash))) || is_value(hash);
    hashes.all().filter(|(_, hash)| belongs(*hash)).map(|(text, _)| text.to_owned()).collect()
}

struct Reader<'a> {
    dump: &'a Dump,
    hashes: Hashes,
    columns: Columns,
    splits: Vec<Question>,
    /// The features of the numeric columns, by `feature_index`.
    numbers: Vec<(usize, FeatureId, Direction)>,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn numbers(&mut self) {
        for float in &self.dump.features_info.float_features {
            let column = ColumnId::new(float.flat_feature_index);
            let number = Number { precision: Precision::F32, ..Number::exact(column) };
            let Some(feature) = self.columns.number(number) else { continue };
            let missing = self.missing(float);
            self.numbers.push((float.feature_index, feature, missing));
            for border in float.borders.iter().flatten() {
                let test = Test::LessOrEqual(f64::from(*border));
                self.splits.push(Question { feature, test, missing });
            }
        }
    }

    /// Where a missing number goes: an infinity is beyond every border, and NaN compares false.
    fn missing(&mut self, float: &FloatFeature) -> Direction {
        match float.nan_value_treatment.as_deref() {
            Some("AsTrue") if float.has_nans => Direction::Right,
            Some("AsTrue" | "AsFalse" | "AsIs") | None => Direction::Left,
            Some(other) => {
                self.refuse("float_features", format!("`nan_value_treatment` is {other:?}"));
                Direction::Left
            }
        }
    }

    fn one_hot(&mut self) {
        for column in &self.dump.features_info.categorical_features {
            let feature = self.level(ColumnId::new(column.flat_feature_index));
            for value in column.values.iter().flatten() {
                let test = self.equals(ColumnId::new(column.flat_feature_index), *value);
                self.splits.push(Question { feature, test, missing: Direction::Left });
            }
        }
    }

    fn level(&mut self, column: ColumnId) -> FeatureId {
        // The column has levels, so that the code's own fields are never used.
        let code = Code { column, precision: Precision::F64, limit: 0, negative_fraction_is_zero: false };
        self.columns.category(code)
    }

    fn levels(&self, column: ColumnId) -> &[String] {
        match &self.columns.all[column.index()].kind {
            ColumnKind::Categorical(levels) => levels,
            ColumnKind::Numeric => &[],
        }
    }

    /// A level with this hash goes right.
    fn equals(&self, column: ColumnId, hash: i32) -> Test {
        let levels = self.levels(column).iter().enumerate();
        let set: CategorySet = levels
            .filter(|(_, text)| self.hashes.of_text(text) == Some(hash))
            .map(|(level, _)| level)
            .collect();
        Test::Member { set, members: Direction::Right }
    }

    fn statistics(&mut self) {
        for (index, ctr) in self.dump.features_info.ctrs.iter().enumerate() {
            match self.lookup(ctr) {
                Ok(lookup) => {
                    let feature = FeatureId::new(self.columns.features.len());
                    self.columns.features.push(Feature::Lookup(lookup));
                    for border in &ctr.borders {
                        let test = Test::LessOrEqual(f64::from(*border));
                        // A lookup always has a number.
                        self.splits.push(Question { feature, test, missing: Direction::Left });
                    }
                }
                Err(found) => self.refuse(&format!("ctrs[{index}]"), found),
            }
        }
    }

    fn lookup(&mut self, ctr: &Ctr) -> Result<Lookup, String> {
        let data = self.dump.statistic(&ctr.identifier).ok_or("`ctr_data` has nothing of its identifier")?;
        let Table { by_key, otherwise } = statistics::table(ctr, data)?;
        Ok(Lookup { multiplier: MULTIPLIER, parts: self.parts(ctr)?, table: by_key, otherwise })
    }

    /// The key's parts in the order that the library takes them: categories, comparisons, single categories.
    fn parts(&mut self, ctr: &Ctr) -> Result<Vec<KeyPart>, String> {
        let mut parts: [Vec<KeyPart>; 3] = Default::default();
        for element in &ctr.elements {
            match element {
                Element::CatFeatureValue { cat_feature_index } => {
                    let column = self.categorical(*cat_feature_index)?;
                    let levels = self.levels(column).iter().enumerate();
                    let numbers = levels.map(|(level, text)| self.hashes.number(text, level)).collect();
                    parts[0].push(KeyPart::Level { feature: self.level(column), numbers });
                }
                Element::FloatFeature { float_feature_index, border } => {
                    let known = self.numbers.iter().find(|(index, ..)| index == float_feature_index);
                    let Some((_, feature, missing)) = known.copied() else {
                        return Err(format!("there is no numeric feature {float_feature_index}"));
                    };
                    let test = Test::LessOrEqual(f64::from(*border));
                    parts[1].push(KeyPart::Bit { feature, test, missing });
                }
                Element::CatFeatureExactValue { cat_feature_index, value } => {
                    let column = self.categorical(*cat_feature_index)?;
                    let (feature, test) = (self.level(column), self.equals(column, *value));
                    parts[2].push(KeyPart::Bit { feature, test, missing: Direction::Left });
                }
            }
        }
        Ok(parts.into_iter().flatten().collect())
    }

    fn categorical(&self, index: usize) -> Result<ColumnId, String> {
        let columns = &self.dump.features_info.categorical_features;
        let column = columns.iter().find(|column| column.feature_index == index);
        let column = column.ok_or_else(|| format!("there is no categorical feature {index}"))?;
        Ok(ColumnId::new(column.flat_feature_index))
    }

    /// A category that is known by its hash only counts as unseen, which is not what the trainer predicts of it.
    fn warn_of_unknown_hashes(&self, warnings: &mut Vec<String>) {
        for column in &self.dump.features_info.categorical_features {
            let id = ColumnId::new(column.flat_feature_index);
            let numbers: BTreeSet<u64> =
                self.levels(id).iter().filter_map(|text| self.hashes.of_text(text)).map(extended).collect();
            let keys: BTreeSet<u64> = numbers.iter().map(|number| key(*number)).collect();
            let values = column.values.iter().flatten().filter(|value| !numbers.contains(&extended(**value)));
            let counted: BTreeSet<u64> = simple_statistics(self.dump, column.feature_index)
                .flat_map(statistics::keys)
                .filter(|found| *found != NO_KEY && !keys.contains(found))
                .collect();
            let unknown = values.count().max(counted.len());
            if unknown > 0 {
                let name = &self.columns.all[id.index()].name;
                warnings.push(format!(
                    "`{name}` has {unknown} categories whose texts the file does not tell: they count as unseen; \
                     save the model with the pool that it was trained on, and name all levels that the .toml names"
                ));
            }
        }
    }

    fn refuse(&mut self, place: &str, found: String) {
        self.problems.push(Problem::new(found, SAVE_AGAIN).at(format!("features_info.{place}")));
    }
}
