//! Which form a model's code takes: a function a tree, or ranks and tables.

use super::{
    groups,
    masks::{self, For},
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
    filled(ensemble, names).or_else(|reason| of_any_shape(ensemble, names, reason))
}

/// The same with trees filled up to one depth.
fn filled(ensemble: &Ensemble, names: &Names) -> Result<Ranked, String> {
    groups::check_shapes(ensemble)?;
    let mut tables = Tables::default();
    let masks = masks::plan(ensemble, names, For::Heaps, &mut tables)?;
    groups::check_masks(&masks)?;
    let (heaps, leaves) = groups::lay_out(ensemble, &masks, &mut tables);
    Ok(Ranked { inputs: masks.inputs, layout: Layout::Heaps(heaps), leaves, tables: tables.into_bytes() })
}

/// The same with trees as they are, for this reason.
fn of_any_shape(ensemble: &Ensemble, names: &Names, reason: String) -> Result<Ranked, String> {
    let mut tables = Tables::default();
    let masks = masks::plan(ensemble, names, For::Paths, &mut tables)?;
    let (paths, leaves) = paths::lay_out(ensemble, &masks, &mut tables)?;
    let layout = Layout::Paths { paths, reason };
    Ok(Ranked { inputs: masks.inputs, layout, leaves, tables: tables.into_bytes() })
}
