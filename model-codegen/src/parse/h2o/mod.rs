//! H2O's JSON tree dump (`PrintMojo --format json`): GBM and DRF, as H2O 3.20 to 3.46 print them.
//!
//! What H2O means, checked against its own MOJO scorer:
//!
//! - Thresholds and leaves are 32-bit floats, printed shortly (`12.3`) or widened (`12.300000190734863`): both are read
//!   as a double, rounded to 32 bits and widened. A row's value is compared as a double: right if `x >= threshold`.
//! - A missing value goes left where `leftward` says so, else right. So does a category outside the column's domain.
//! - A split without `splitValue` asks whether a value is present, unless it `isCategorical`: then the children's
//!   `matchValues` list the levels that go to each, and a level in neither list goes where a missing value goes.
//!   It is the node's flag that counts, not the column's kind.
//! - A categorical column may be split by its level's index; that is a set of levels too.
//! - A leaf without `predValue` is NaN.
//! - Tree `i` adds to class `i % n_trees_in_group`, in the file's order, as doubles from 0.0; then `base_score`, then
//!   the caller's offset.
//!
//! A dump drops a level from both lists below the first split whose set does not cover it, though H2O may know it again
//! deeper down: `lossy` counts those.

mod answer;
mod columns;
mod lossy;
mod mojo;
mod params;
mod raw;
mod trees;

use super::{Parsed, json};
use crate::{
    configuration::Configuration,
    ir::{
        Accumulation, BasePosition, Column, Ensemble, Feature, Offset, Order, Parts, Precision, Trainer, Tree,
    },
    limits::DEPTH_MAX,
    problem::Problem,
};
use answer::Answer;
use columns::Columns;
pub(crate) use mojo::parse as parse_mojo;
use params::Params;
use raw::Dump;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

/// Reads a dump, or says all that is wrong with it.
pub(crate) fn parse(dump: &[u8], configuration: &Configuration) -> Result<Parsed, Vec<Problem>> {
    let dump = read(dump)?;
    let mut problems = Vec::new();
    let mut warnings = Vec::new();
    let params = value(dump.params.as_deref(), "params", &mut problems);
    let domains = value(dump.domain_values.as_deref(), "domainValues", &mut problems);
    let params = Params::read(params.as_ref(), &mut problems);
    let raw_trees = dump.trees.as_deref().unwrap_or_default();
    let columns = Columns::read(domains.as_ref(), raw_trees, &mut problems);
    refuse_positional_keys(configuration, &columns.all, &mut problems);
    let group = params.as_ref().map_or(1, |params| params.trees_in_group);
    let converted = trees::convert(raw_trees, dump.trees.is_some(), &columns, group, &mut problems);
    let answer =
        params.as_ref().and_then(|params| answer::read(params, configuration, &mut warnings, &mut problems));
    if let Some(params) = &params {
        refuse_part_of_a_model(params, raw_trees.len(), &mut problems);
    }
    let (Some(params), Some(answer), true) = (params, answer, problems.is_empty()) else {
        return Err(problems);
    };
    if converted.guesses > 0 {
        warnings.push(lossy::warning(converted.guesses));
    }
    let Columns { all, features, .. } = columns;
    let ensemble = ensemble(&params, answer, all, features, converted.trees, configuration)?;
    Ok(Parsed { ensemble, warnings, configuration: configuration.clone() })
}

/// A model of these parts: the same of a dump and of an archive.
fn ensemble(
    params: &Params,
    answer: Answer,
    columns: Vec<Column>,
    features: Vec<Feature>,
    trees: Vec<Tree>,
    configuration: &Configuration,
) -> Result<Ensemble, Vec<Problem>> {
    let parts = Parts {
        trainer: Trainer {
            name: "H2O".into(),
            version: params.version.clone(),
            algorithm: params.algorithm.name().into(),
            objective: answer.objective,
        },
        columns,
        features,
        trees,
        outputs: params.trees_in_group,
        accumulation: Accumulation {
            precision: Precision::F64,
            order: Order::Sequential,
            base: vec![params.base_score; params.trees_in_group],
            base_position: BasePosition::Last,
            weights: None,
            scale: None,
        },
        offset: configuration.offset_column.as_ref().map(|_| Offset::Added),
        transform: answer.transform,
        task: answer.task,
    };
    Ensemble::new(parts).map_err(|error| {
        vec![Problem::new(error.to_string(), "report this: the parser should have said more of it")]
    })
}

const EXPORT_AGAIN: &str = "export the model with H2O's PrintMojo again";

fn read(dump: &[u8]) -> Result<Dump, Vec<Problem>> {
    json::refuse_deep_nesting(dump, DEPTH_MAX)?;
    let mut json = serde_json::Deserializer::from_slice(dump);
    json.disable_recursion_limit();
    let read = Dump::deserialize(serde_stacker::Deserializer::new(&mut json));
    read.and_then(|dump| json.end().map(|()| dump))
        .map_err(|error| vec![json::syntax_problem(dump, &error, EXPORT_AGAIN)])
}

/// A part of the dump that holds no tree, read with `serde_json`'s own limit of nesting.
fn value(part: Option<&RawValue>, place: &str, problems: &mut Vec<Problem>) -> Option<Value> {
    let value = serde_json::from_str(part?.get());
    if let Err(error) = &value {
        problems.push(Problem::new(error.to_string(), "export the model again").at(place));
    }
    value.ok()
}

fn refuse_positional_keys(configuration: &Configuration, columns: &[Column], problems: &mut Vec<Problem>) {
    let given = [
        ("features", configuration.features.is_some()),
        ("categories", !configuration.categories.is_empty()),
    ];
    for (key, _) in given.iter().filter(|(_, given)| *given) {
        let found = "an H2O dump names its columns and levels itself";
        problems.push(Problem::new(found, "remove the key from the .toml").at_key(*key));
    }
    if let Some(offset) = &configuration.offset_column
        && columns.iter().any(|column| column.name == *offset)
    {
        let found = format!("`{offset}` is a column that the trees test");
        problems.push(
            Problem::new(found, "name the column that H2O was given as offset_column")
                .at_key("offset_column"),
        );
    }
}

fn refuse_part_of_a_model(params: &Params, trees: usize, problems: &mut Vec<Problem>) {
    let expected = params.groups.saturating_mul(params.trees_in_group);
    if trees > 0 && trees != expected {
        let found = format!(
            "there are {trees} trees where n_tree_groups ({}) and n_trees_in_group ({}) ask for {expected}",
            params.groups, params.trees_in_group
        );
        problems.push(Problem::new(found, "export the whole model, without --tree").at("trees"));
    }
}

#[cfg(test)]
mod tests {
    /// `serde_json` without its feature `float_roundtrip` reads each of these to a neighbouring double.
    #[test]
    fn numbers_are_read_to_the_nearest_double() {
        for text in ["-490.32011694888075", "-96.51510036236455", "182.56502514102246"] {
            let read: f64 = serde_json::from_str(text).expect("a number");
            assert_eq!(Some(read), text.parse().ok(), "{text}");
        }
    }
}
