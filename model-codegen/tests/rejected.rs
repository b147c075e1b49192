//! Bad dumps, the smallest of each kind, and what is said of them: `rejected/NAME.json` and `rejected/NAME.txt`.
//!
//! `UPDATE_EXPECT=1 cargo test -p model-codegen` writes the texts anew.

use expect_test::expect_file;
use model_codegen::{Source, generate};
use std::{fs, path::Path};

#[test]
fn every_bad_dump_is_refused_with_place_finding_and_advice() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rejected"));
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("ASCII"))
        .filter(|file| Path::new(file).extension() != Some("txt".as_ref()))
        .collect();
    names.sort();
    assert!(names.len() >= 20, "the fixtures are there: {names:?}");
    for file in names {
        let dump = fs::read(folder.join(&file)).expect("listed above");
        let source = Source { name: "model", file: &file, dump: &dump, configuration: None };
        let problems = generate(&source).expect_err(&file);
        let lines = problems.lines();
        for line in &lines {
            assert!(line.starts_with(&format!("{file}: ")) && line.contains("; "), "{line}");
        }
        let (name, _) = file.rsplit_once('.').expect("an extension");
        expect_file![format!("rejected/{name}.txt")].assert_eq(&(lines.join("\n") + "\n"));
    }
}
