//! Refuses a model that is too large to generate or to compile.

use crate::{
    ir::{ColumnKind, Ensemble},
    limits::{COLUMNS_MAX, DEPTH_MAX, LEVELS_MAX, LEVELS_TOTAL_MAX, NODES_MAX, NODES_WARNING},
    problem::Problem,
};

/// Which limits the model exceeds.
pub(super) fn check(ensemble: &Ensemble) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut refuse = |what: String, number: usize, max: usize, advice: &str| {
        if number > max {
            problems
                .push(Problem::new(format!("{what} {number}, and {max} is the most that is read"), advice));
        }
    };
    let nodes = ensemble.node_count();
    refuse("the number of nodes is".into(), nodes, NODES_MAX, "train fewer or shallower trees");
    refuse(
        "the depth of the deepest tree is".into(),
        ensemble.depth(),
        DEPTH_MAX,
        "train with a smaller max_depth",
    );
    refuse(
        "the number of columns is".into(),
        ensemble.columns().len(),
        COLUMNS_MAX,
        "train on fewer columns",
    );
    let mut total = 0;
    for column in ensemble.columns() {
        if let ColumnKind::Categorical(levels) = &column.kind {
            let what = format!("the number of levels of `{}` is", column.name);
            refuse(what, levels.len(), LEVELS_MAX, "group rare levels before training");
            total += levels.len();
        }
    }
    refuse(
        "the number of levels of all columns is".into(),
        total,
        LEVELS_TOTAL_MAX,
        "group rare levels before training",
    );
    problems
}

/// Warns of a long build, where the model becomes straight-line code.
pub(super) fn warn_of_compiler_time(ensemble: &Ensemble, warnings: &mut Vec<String>) {
    let nodes = ensemble.node_count();
    if nodes > NODES_WARNING {
        let seconds = nodes / NODES_PER_COMPILER_SECOND;
        warnings.push(format!("straight-line code of {nodes} nodes takes the compiler about {seconds} s"));
    }
}

/// Measured with an optimising rustc; a debug build is twice as quick.
const NODES_PER_COMPILER_SECOND: usize = 4_000;
