//! GBM JSON: our own notation, for trainers that have none. Its document is `GBM_JSON.md` beside this crate's `Cargo.toml`.
//!
//! What it means:
//!
//! - A row's number is rounded to 32 bits first where `numbers` says so, then compared as a double: the threshold is not
//!   rounded. Of the 32-bit floats, those at most a threshold are those at most the nearest one below it.
//! - A split sends left what is `at_most` or `below` its threshold, or one of its `levels`; missing values and unknown
//!   levels go right, or left where it says `missing_left`.
//! - A margin is its base and, one after the other, each tree's leaf times the tree's weight, in doubles; or the fused
//!   products of Spark's `ddot`. An average divides afterwards: `divisor` is the answer's.

mod answer;
mod raw;
mod trees;

use super::{
    Parsed,
    answer::{Kind, refuse_useless_keys},
    columns::{Columns, Known, level_text},
    json,
};
use crate::{
    configuration::Configuration,
    ir::{Accumulation, BasePosition, Ensemble, Order, Parts, Precision, Task, Trainer},
    limits::LEVELS_MAX,
    problem::Problem,
};
use answer::Answer;
use raw::{Dump, Levels, SumOrder};

/// The version of the notation that is read.
const VERSION: u64 = 1;

const READ_DOCUMENT: &str = "write it as GBM_JSON.md says";

/// Reads a file.
pub(crate) fn parse(dump: &[u8], configuration: &Configuration) -> Result<Parsed, Vec<Problem>> {
    let version: raw::Version = json::read(dump, READ_DOCUMENT).map_err(|problem| vec![problem])?;
    if version.gbm_json.as_u64() != Some(VERSION) {
        let found = format!("the version is {}, and {VERSION} is what is read", version.gbm_json);
        return Err(vec![Problem::new(found, "write that version").at("gbm_json")]);
    }
    let dump: Dump = json::read(dump, READ_DOCUMENT).map_err(|problem| vec![problem])?;
    understand(dump, configuration)
}

fn understand(dump: Dump, configuration: &Configuration) -> Result<Parsed, Vec<Problem>> {
    let mut problems = Vec::new();
    let outputs = dump.sum.base.len();
    if outputs == 0 {
        let problem = Problem::new("there is no margin", "give a number for each");
        problems.push(problem.at("sum.base"));
    }
    let order = order(&dump, outputs, &mut problems);
    let answer = answer::read(&dump.answer, outputs, configuration, &mut problems);
    let columns = columns(&dump, configuration, &mut problems);
    let converted = trees::convert(&dump, outputs, columns, &mut problems);
    if let Some(answer) = &answer {
        let classes = match &answer.task {
            Task::Regression => 0,
            Task::Classification { classes, .. } => classes.len(),
        };
        let kind = Kind { classes, outputs, takes_offset: false, has_best_iteration: false };
        refuse_useless_keys(kind, configuration, &mut problems);
    }
    let (Some(Answer { transform, task }), true) = (answer, problems.is_empty()) else {
        return Err(problems);
    };
    let raw::Trainer { name, version, algorithm, objective } = dump.trainer;
    let parts = Parts {
        trainer: Trainer { name, version, algorithm, objective },
        columns: converted.columns.all,
        features: converted.columns.features,
        trees: converted.trees,
        outputs,
        accumulation: Accumulation {
            precision: Precision::F64,
            order,
            base: dump.sum.base,
            base_position: BasePosition::First,
            weights: converted.weights,
            scale: None,
        },
        offset: None,
        transform,
        task,
    };
    let ensemble = Ensemble::new(parts).map_err(|error| {
        vec![Problem::new(error.to_string(), "report this: the parser should have said more of it")]
    })?;
    Ok(Parsed { ensemble, warnings: Vec::new(), configuration: configuration.clone() })
}

/// Lanes of Spark's `ddot`.
const LANES: usize = 4;

fn order(dump: &Dump, outputs: usize, problems: &mut Vec<Problem>) -> Order {
    match dump.sum.order {
        SumOrder::Sequential => Order::Sequential,
        SumOrder::FourFusedLanes => {
            if outputs > 1 {
                let found = format!("lanes add up one margin, and there are {outputs}");
                problems.push(Problem::new(found, "write \"sequential\"").at("sum.order"));
            }
            Order::FusedLanes(LANES)
        }
    }
}

fn columns(dump: &Dump, configuration: &Configuration, problems: &mut Vec<Problem>) -> Columns {
    let mut known = Vec::new();
    for (index, column) in dump.columns.iter().enumerate() {
        let mut refuse = |found: String, advice: &str| {
            problems.push(Problem::new(found, advice).at(format!("columns[{index}].levels")));
        };
        let levels = match &column.levels {
            None => None,
            Some(Levels::Count(count)) if *count > LEVELS_MAX => {
                let found = format!("there are {count} levels, and {LEVELS_MAX} is the most that is read");
                refuse(found, "group rare levels before training");
                Some(Vec::new())
            }
            Some(Levels::Count(count)) => Some((0..*count).map(|level| level.to_string()).collect()),
            Some(Levels::List(list)) => {
                let texts: Option<Vec<String>> = list.iter().map(level_text).collect();
                if texts.is_none() {
                    refuse("a level is neither a text nor a number nor a boolean".into(), READ_DOCUMENT);
                }
                Some(texts.unwrap_or_default())
            }
        };
        known.push(Known { has_codes: levels.is_some(), levels });
    }
    let names = dump.columns.iter().map(|column| column.name.clone()).collect();
    Columns::new(known, Some(names), "", configuration, problems)
}
