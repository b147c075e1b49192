//! What the generator warns of, fixture by fixture.

use model_codegen::{Source, generate};
use std::{collections::BTreeMap, fs, path::Path};

/// The (split, level) pairs where a dump does not say what H2O does: counted apart from this project's code.
const GUESSES: [(&str, &str); 3] =
    [("drf_regression", "1"), ("gbm_deep", "21"), ("handmade_level_in_neither_list", "1")];

#[test]
fn guesses_are_counted_where_a_dump_is_lossy_and_nowhere_else() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/models"));
    let mut counted = BTreeMap::new();
    for model in acceptance::models::ALL {
        let metadata = model.metadata();
        let file = folder.join(metadata.source_file);
        let dump = fs::read(&file).expect("the fixture is there");
        let configuration = fs::read_to_string(file.with_extension("toml")).ok();
        let configuration = configuration.as_deref();
        let source = Source { name: metadata.name, file: metadata.source_file, dump: &dump, configuration };
        let warnings = generate(&source).expect("the fixture is sound").warnings;
        let lossy = warnings.iter().find_map(|warning| {
            let count = warning.strip_prefix("the dump does not say where H2O sends a level at ")?;
            count.split(' ').next().map(str::to_owned)
        });
        counted.extend(lossy.map(|count| (metadata.name, count)));
    }
    assert_eq!(
        counted.into_iter().collect::<Vec<_>>(),
        GUESSES.map(|(name, count)| (name, count.to_owned()))
    );
}
