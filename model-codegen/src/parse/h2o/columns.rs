//! A dump's columns: those named in a split or in `domainValues`, in the order of their ids.

use super::raw::{RawTree, Scalar};
use crate::{
    ir::{Column, ColumnId, ColumnKind, Feature, Number},
    problem::Problem,
};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};

/// The columns, a feature for each (with the same index), and where a dump's `colId` leads.
#[derive(Debug, Default)]
pub(super) struct Columns {
    pub all: Vec<Column>,
    pub features: Vec<Feature>,
    by_id: BTreeMap<usize, usize>,
}

impl Columns {
    /// Gathers the columns.
    pub(super) fn read(domains: Option<&Value>, trees: &[RawTree], problems: &mut Vec<Problem>) -> Self {
        let mut found = BTreeMap::new();
        let domains = match domains {
            None => &Vec::new(),
            Some(Value::Array(domains)) => domains,
            Some(_) => {
                problems.push(Problem::new("the domains are no list", EXPORT_AGAIN).at("domainValues"));
                &Vec::new()
            }
        };
        for (index, domain) in domains.iter().enumerate() {
            if let Err(what) = add_domain(&mut found, domain) {
                problems.push(Problem::new(what, EXPORT_AGAIN).at(format!("domainValues[{index}]")));
            }
        }
        add_tested(&mut found, trees, problems);
        let mut names = HashSet::new();
        let mut columns = Self::default();
        for (id, column) in found {
            if !names.insert(column.name.clone()) {
                let what = format!("two columns are called `{}`, one of them with colId {id}", column.name);
                problems.push(Problem::new(what, EXPORT_AGAIN).at("trees"));
            }
            let index = ColumnId::new(columns.all.len());
            columns.by_id.insert(id, index.index());
            columns.features.push(match column.kind {
                ColumnKind::Numeric => Feature::Number(Number::exact(index)),
                ColumnKind::Categorical(_) => Feature::Level(index),
            });
            columns.all.push(column);
        }
        columns
    }

    /// The index of the column with this `colId`, where the dump has one.
    pub(super) fn index(&self, id: &Scalar) -> Option<usize> {
        self.by_id.get(&whole(id)?).copied()
    }

    /// How many levels the column has, where it is categorical.
    pub(super) fn levels(&self, index: usize) -> Option<usize> {
        match &self.all[index].kind {
            ColumnKind::Numeric => None,
            ColumnKind::Categorical(levels) => Some(levels.len()),
        }
    }
}

const EXPORT_AGAIN: &str = "export the model again";

fn add_domain(found: &mut BTreeMap<usize, Column>, domain: &Value) -> Result<(), String> {
    let id = domain.get("colId").and_then(Value::as_u64).and_then(|id| usize::try_from(id).ok());
    let name = domain.get("colName").and_then(Value::as_str);
    let (Some(id), Some(name)) = (id, name) else { return Err("a domain lacks `colId` or `colName`".into()) };
    let Some(values) = domain.get("values").and_then(Value::as_array) else {
        return Err(format!("the domain of `{name}` lacks a list `values`"));
    };
    // The column is noted whatever is wrong with its levels: splits on it are sound then.
    let texts: Vec<&str> = values.iter().map(|value| value.as_str().unwrap_or_default()).collect();
    let levels = texts.iter().map(ToString::to_string).collect();
    let column = Column { name: name.to_owned(), kind: ColumnKind::Categorical(levels) };
    if found.insert(id, column).is_some() {
        return Err(format!("colId {id} has two domains"));
    }
    if let Some(value) = values.iter().find(|value| !value.is_string()) {
        return Err(format!("a level of `{name}` is no text: {value}"));
    }
    let mut seen = HashSet::new();
    match texts.iter().find(|text| !seen.insert(**text)) {
        Some(twice) => Err(format!("the level {twice:?} of `{name}` stands there twice")),
        None => Ok(()),
    }
}

fn add_tested(found: &mut BTreeMap<usize, Column>, trees: &[RawTree], problems: &mut Vec<Problem>) {
    let mut refused = HashSet::new();
    for (index, tree) in trees.iter().enumerate() {
        for node in tree.root.iter().flat_map(|root| &root.0) {
            let (Some(id), Scalar::Text(name)) = (whole(&node.col_id), &node.col_name) else { continue };
            let column = found
                .entry(id)
                .or_insert_with(|| Column { name: name.to_string(), kind: ColumnKind::Numeric });
            if column.name != **name && refused.insert((id, name.clone())) {
                let what = format!("colId {id} is called both `{}` and `{name}`", column.name);
                problems.push(Problem {
                    tree: Some(index),
                    node: Some(node.node_number.to_string()),
                    ..Problem::new(what, EXPORT_AGAIN).at(format!("trees[{index}]"))
                });
            }
        }
    }
}

/// A scalar as an index.
pub(super) fn whole(scalar: &Scalar) -> Option<usize> {
    match scalar {
        Scalar::Number(number) if number.fract() == 0.0 && (0.0..1e9).contains(number) => {
            Some(*number as usize)
        }
        _ => None,
    }
}
