//! The columns, and every split that trees may name: by their place in one list of all.

use super::{
    SAVE_AGAIN,
    city::hash_of,
    levels::{self, Levels},
    raw::{Ctr, Dump, Element, FloatFeature},
    statistics::{self, MULTIPLIER, Table, extended},
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
use std::collections::BTreeMap;

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
    levels::refuse_other_hashes(&dump.features_info, problems);
    let (columns, levels) = columns(dump, configuration, problems)?;
    let mut reader = Reader { dump, columns, splits: Vec::new(), numbers: Vec::new(), problems };
    reader.numbers();
    reader.one_hot();
    reader.statistics();
    let Reader { columns, splits, .. } = reader;
    if problems.len() == before {
        let categorical = dump.features_info.categorical_features.iter();
        let names: Vec<&str> =
            categorical.map(|column| columns.all[column.flat_feature_index].name.as_str()).collect();
        levels.refuse_unknown(dump, &names, warnings, problems);
    }
    (problems.len() == before).then_some(Features { columns, splits })
}

fn columns(
    dump: &Dump,
    configuration: &Configuration,
    problems: &mut Vec<Problem>,
) -> Option<(Columns, Levels)> {
    let info = &dump.features_info;
    let floats = info.float_features.iter().map(|float| (float.flat_feature_index, float.name()));
    let categorical =
        info.categorical_features.iter().map(|column| (column.flat_feature_index, column.name()));
    let all: BTreeMap<usize, &str> = floats.chain(categorical).collect();
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
    let mut names: Vec<String> = (0..width).map(|index| index.to_string()).collect();
    let mut is_named = false;
    for (at, name) in all {
        if !name.is_empty() && name != names[at] {
            name.clone_into(&mut names[at]);
            is_named = true;
        }
    }
    let given = |at: usize| {
        let own = configuration.features.as_ref().filter(|_| !is_named).and_then(|names| names.get(at));
        configuration.categories.get(own.unwrap_or(&names[at])).map(Vec::as_slice)
    };
    let categorical = || info.categorical_features.iter().map(|column| column.flat_feature_index);
    let all_given: Vec<&[String]> = categorical().map(|at| given(at).unwrap_or_default()).collect();
    let levels = levels::read(dump, &all_given);
    let mut known = vec![Known::default(); width];
    for (at, levels) in categorical().zip(&levels.of_columns) {
        let levels = given(at).is_none().then(|| levels.clone());
        known[at] = Known { levels, has_codes: true };
    }
    let own_names = is_named.then(|| names.clone());
    let mut columns = Columns::new(known, own_names, "", configuration, problems);
    for (at, levels) in categorical().zip(&levels.of_columns) {
        // Those that are given are the first of them.
        columns.all[at].kind = ColumnKind::Categorical(levels.clone());
    }
    Some((columns, levels))
}

struct Reader<'a> {
    dump: &'a Dump,
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
        let set: CategorySet =
            levels.filter(|(_, text)| hash_of(text) == hash).map(|(level, _)| level).collect();
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
                    let numbers = self.levels(column).iter().map(|text| extended(hash_of(text))).collect();
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

    fn refuse(&mut self, place: &str, found: String) {
        self.problems.push(Problem::new(found, SAVE_AGAIN).at(format!("features_info.{place}")));
    }
}
