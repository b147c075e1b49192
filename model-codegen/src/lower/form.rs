//! Which form a model's code takes: a function a tree, or ranks and tables.

use super::{
    groups, masks,
    names::Names,
    paths,
    ranked::{Choice, Form, Layout, Ranked},
    tables::Tables,
};
use crate::{
    configuration::{Configuration, FormKey},
    ir::{Ensemble, Leaf, Order, Tree},
    problem::Problem,
};

/// From so many nodes on the tables are the quicker form. Of made-up trees one row at a time takes as long in both at 480
/// nodes by the portable kernels and at 350 with AVX2, 512 rows at 200 (`benches/forms.rs`, AMD EPYC of the third generation).
/// Trained trees are easier for a processor's guesses, and a small model is read more easily as straight-line code.
const RANKED_NODES_MIN: usize = 500;

/// Chooses the form, or says why the one that is asked for can't be had.
pub(super) fn choose(
    ensemble: &Ensemble,
    configuration: &Configuration,
    names: &Names,
) -> Result<Choice, Problem> {
    let nodes = ensemble.node_count();
    let straight_line = |reason: String| Choice { form: Form::StraightLine, reason };
    match configuration.form {
        FormKey::StraightLine => return Ok(straight_line("the configuration asks for it".into())),
        FormKey::Auto if nodes < RANKED_NODES_MIN => {
            return Ok(straight_line(format!("{nodes} nodes are fewer than {RANKED_NODES_MIN}")));
        }
        FormKey::Auto | FormKey::Ranked => {}
    }
    match (ranked(ensemble, names), configuration.form) {
        (Ok(ranked), FormKey::Ranked) => Ok(Choice {
            form: Form::Ranked(Box::new(ranked)),
            reason: "the configuration asks for it".into(),
        }),
        (Ok(ranked), _) => Ok(Choice {
            form: Form::Ranked(Box::new(ranked)),
            reason: format!("{nodes} nodes are {RANKED_NODES_MIN} or more"),
        }),
        (Err(reason), FormKey::Ranked) => {
            let found = format!("the ranked form can't hold the model: {reason}");
            Err(Problem::new(found, "remove the key, or write \"auto\"").at_key("form"))
        }
        (Err(reason), _) => Ok(straight_line(format!("the ranked form can't hold the model: {reason}"))),
    }
}

/// The ranked form, or why there is none.
fn ranked(ensemble: &Ensemble, names: &Names) -> Result<Ranked, String> {
    if let Order::FusedLanes(lanes) = ensemble.accumulation().order {
        return Err(format!("its sums have {lanes} lanes of fused products"));
    }
    let is_linear = |tree: &Tree| tree.leaves().iter().any(|leaf| matches!(leaf, Leaf::Linear(_)));
    if ensemble.trees().iter().any(is_linear) {
        return Err("it has linear leaves".into());
    }
    let mut tables = Tables::default();
    let masks = masks::plan(ensemble, names, &mut tables)?;
    if masks.inputs.is_empty() {
        return Err("no split asks anything".into());
    }
    let (layout, leaves) = match groups::refusal(ensemble, &masks) {
        None => {
            let (heaps, leaves) = groups::lay_out(ensemble, &masks, &mut tables);
            (Layout::Heaps(heaps), leaves)
        }
        Some(reason) => {
            let (paths, leaves) = paths::lay_out(ensemble, &masks, &mut tables)?;
            (Layout::Paths { paths, reason }, leaves)
        }
    };
    Ok(Ranked { inputs: masks.inputs, layout, leaves, tables: tables.into_bytes() })
}
