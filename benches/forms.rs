//! The time that small models take in either form of scoring code: what `form = "auto"` decides by.
//!
//! Hypothesis: straight-line code takes a mispredicted branch or so a tree and nothing beside, the ranked form the ranks of
//! all features and then next to nothing a tree. So they cross once, at so many nodes for a row alone and at fewer in a batch.

use benches::{
    ROWS, Rows, check_margins, interpreted_margins, module, short_configuration, synthetic::SMALL,
    time_margins,
};
use criterion::{BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main};
use model_codegen::Source;
use model_runtime::{Model, forest::Kernels};

#[allow(missing_docs, reason = "generated")]
mod models {
    include!(concat!(env!("OUT_DIR"), "/forms.rs"));
}

const BATCHES: [usize; 2] = [1, 512];

fn forms(criterion: &mut Criterion) {
    for shape in &SMALL {
        let rows = Rows::new(shape.rows(ROWS));
        let dump = shape.dump();
        let source = Source { name: shape.name, file: "", dump: &dump, configuration: None };
        let expected = interpreted_margins(&source, &rows);
        let model = |form| models::get(&module(shape, form)).expect("the build script compiled it");
        let portable = Kernels::supported().next().expect("the portable ones");
        let ranked = model("ranked");
        let mut timed = vec![("straight-line", model("straight-line"), portable)];
        timed.extend(Kernels::supported().map(|kernels| (kernels.name(), ranked, kernels)));
        for (name, model, kernels) in timed {
            let id = BenchmarkId::new(name, nodes(model));
            for batch in BATCHES {
                check_margins(model, kernels, &rows, batch, &expected);
                let mut group = criterion.benchmark_group(format!("forms/batch_of_{batch}"));
                group.sampling_mode(SamplingMode::Flat);
                time_margins(&mut group, id.clone(), (model, kernels), &rows, batch);
                group.finish();
            }
        }
    }
}

/// Splits and leaves: a tree has one leaf more than it has splits.
fn nodes(model: &dyn Model) -> usize {
    2 * model.metadata().leaves - model.metadata().trees
}

criterion_group! { name = benches; config = short_configuration(); targets = forms }
criterion_main!(benches);
