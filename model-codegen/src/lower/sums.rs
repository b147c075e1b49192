//! How the trees' functions add up.

use super::{
    functions::Functions,
    program::{Sums, Term},
};
use crate::ir::{BasePosition, Ensemble, Order, Output, Precision};

/// Most calls of one function: longer ones compile no better.
const TERMS_PER_FUNCTION_MAX: usize = 1_000;

/// Plans the sums.
pub(super) fn plan(ensemble: &Ensemble, functions: &Functions) -> Sums {
    let accumulation = ensemble.accumulation();
    let lanes = match accumulation.order {
        Order::Sequential => 0,
        Order::FusedLanes(lanes) => lanes,
    };
    // Trees that don't fill all lanes are left over.
    let in_lanes = ensemble.trees().len().checked_div(lanes).unwrap_or(0) * lanes;
    let weight = |index: usize| match &accumulation.weights {
        Some(weights) => Some(weights[index]),
        None => (lanes > 0).then_some(1.0),
    };
    let terms: Vec<Term> = functions
        .roots
        .iter()
        .zip(ensemble.trees())
        .enumerate()
        .map(|(index, (function, tree))| Term {
            function: function.clone(),
            output: match tree.output() {
                Output::One(output) => Some(output.index()),
                Output::All => None,
            },
            weight: weight(index),
            lane: (index < in_lanes).then(|| index % lanes),
        })
        .collect();
    // Lanes go round the trees, so that they must not be cut off midway.
    let chunk = if lanes == 0 { TERMS_PER_FUNCTION_MAX } else { terms.len().max(1) };
    Sums {
        single: accumulation.precision == Precision::F32,
        outputs: ensemble.outputs(),
        base: accumulation.base.clone(),
        base_is_first: accumulation.base_position == BasePosition::First,
        chunks: terms.chunks(chunk).map(<[Term]>::to_vec).collect(),
        lanes,
        scale: accumulation.scale,
        offset: ensemble.offset(),
    }
}
