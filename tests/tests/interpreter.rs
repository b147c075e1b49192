//! Compiled code gives, to the bit, what the interpreter of the IR gives: for every fixture and every synthetic ensemble,
//! on rows that sit on thresholds and beside them, on missing values, on infinities and on levels that are none.

#[path = "../src/synthetic.rs"]
mod ensembles;

use acceptance::bits;
use model_codegen::{
    Source,
    ir::{ColumnKind, Ensemble, Feature, Interpreter, Test, Tree},
    understand,
};
use model_runtime::Model;
use proptest::{
    prelude::{ProptestConfig, Strategy, any},
    prop_assert_eq, sample,
    test_runner::{TestCaseError, TestRunner},
};
use std::{collections::BTreeSet, fs, path::Path};

/// Rows for each model; the search starts from the same seed each time.
const ROWS: u32 = 300;

/// Checks the models that were compiled from files of this folder.
fn check_fixtures(folder: &str, models: &[&dyn Model]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    for model in models {
        let file = folder.join(model.metadata().source_file);
        let dump = fs::read(&file).expect("the fixture is there");
        let configuration = fs::read_to_string(file.with_extension("toml")).ok();
        let name = model.metadata().source_file;
        let source =
            Source { name: "fixture", file: name, dump: &dump, configuration: configuration.as_deref() };
        let parsed = understand(&source).expect("the fixture is sound");
        compare(*model, &parsed.ensemble);
    }
}

#[test]
fn every_fixture_scores_as_the_interpreter_does() {
    check_fixtures("models", acceptance::models::ALL);
    check_fixtures("models", acceptance::other_forms::ALL);
}

#[test]
fn every_fixture_of_another_trainer_scores_as_the_interpreter_does() {
    check_fixtures("../model-codegen/tests/fixtures", acceptance::trainers::ALL);
    check_fixtures("../model-codegen/tests/fixtures", acceptance::trainers_other_forms::ALL);
}

#[test]
fn every_synthetic_ensemble_scores_as_the_interpreter_does() {
    let ensembles = ensembles::ensembles();
    for (name, ensemble) in &ensembles {
        let forms = acceptance::synthetic::ALL.iter().filter(|model| model.metadata().source_file == *name);
        assert!(forms.clone().count() > 0, "{name} is compiled");
        forms.for_each(|model| compare(*model, ensemble));
    }
}

fn compare(model: &dyn Model, ensemble: &Ensemble) {
    let metadata = model.metadata();
    let interpreter = Interpreter::new(ensemble);
    let config = ProptestConfig { cases: ROWS, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let outcome = runner.run(&row(ensemble), |row| {
        let mut margins = vec![0.0; metadata.margins];
        let mut prediction = vec![0.0; metadata.predictions()];
        model
            .predictions(&row, &mut margins, &mut prediction)
            .map_err(|error| TestCaseError::fail(error.to_string()))?;
        let expected = interpreter.margins(&row).expect("a row of the ensemble's width");
        prop_assert_eq!(bits(&margins), bits(&expected), "margins {:?} and {:?}", margins, expected);
        let expected = interpreter.predict(&row).expect("a row of the ensemble's width");
        prop_assert_eq!(
            bits(&prediction),
            bits(&expected),
            "predictions {:?} and {:?}",
            prediction,
            expected
        );
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{}: {error}", metadata.name);
    }
}

/// Rows of telling values, with some of any value.
fn row(ensemble: &Ensemble) -> impl Strategy<Value = Vec<f64>> + use<> {
    let offset = ensemble.offset().map(|_| vec![0.0, 1.5, -0.25]);
    let columns: Vec<_> = (0..ensemble.columns().len())
        .map(|column| telling_values(ensemble, column))
        .chain(offset)
        .map(|values| proptest::prop_oneof![9 => sample::select(values), 1 => any::<f64>()])
        .collect();
    columns
}

fn telling_values(ensemble: &Ensemble, column: usize) -> Vec<f64> {
    let mut bits: BTreeSet<u64> =
        [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, 5e-324, 1e-40, -0.5, 1e300]
            .into_iter()
            .map(f64::to_bits)
            .collect();
    let mut add = |value: f64| bits.insert(value.to_bits());
    let feature_reads = |feature: &Feature| feature.column().is_some_and(|id| id.index() == column);
    for split in ensemble.trees().iter().flat_map(Tree::splits) {
        if !feature_reads(&ensemble.features()[split.feature.index()]) {
            continue;
        }
        match &split.test {
            Test::Less(threshold) | Test::LessOrEqual(threshold) => {
                add(*threshold);
                add(threshold.next_up());
                add(threshold.next_down());
                add(f64::from((*threshold as f32).next_up()));
                add(f64::from((*threshold as f32).next_down()));
                // What rounds to the one or the other of two neighbours.
                for neighbour in [(*threshold as f32).next_up(), (*threshold as f32).next_down()] {
                    let between = f64::midpoint(f64::from(neighbour), f64::from(*threshold as f32));
                    add(between);
                    add(between.next_up());
                    add(between.next_down());
                }
            }
            Test::Member { set, .. } => {
                set.iter().for_each(|code| {
                    add(code as f64);
                    add(code as f64 + 0.7);
                });
            }
            Test::Present => {}
        }
    }
    if let ColumnKind::Categorical(levels) = &ensemble.columns()[column].kind {
        (0..levels.len() + 2).for_each(|level| {
            add(level as f64);
        });
    }
    bits.into_iter().map(f64::from_bits).collect()
}
