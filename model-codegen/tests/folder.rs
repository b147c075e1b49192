//! A folder of dumps as a build script sees it.

use model_codegen::cargo::{Report, generate_folder};
use std::{fs, path::Path};
use tempfile::TempDir;

const DUMP: &str = include_str!("golden/one_split.json");

struct Folders {
    models: TempDir,
    out: TempDir,
}

impl Folders {
    fn new(files: &[(&str, &str)]) -> Self {
        let folders =
            Self { models: TempDir::new().expect("a folder"), out: TempDir::new().expect("a folder") };
        for (name, text) in files {
            fs::write(folders.models.path().join(name), text).expect("a file");
        }
        folders
    }

    /// What is said of each model, but for the time that it took. Nothing else may be said.
    fn models(&self) -> Vec<String> {
        let Report { models, warnings, errors } = self.generate();
        assert_eq!((warnings, errors), (Vec::new(), Vec::new()));
        let without_time = |line: &String| line.split(", generated in").next().map(str::to_owned);
        models.iter().filter_map(without_time).collect()
    }

    fn generate(&self) -> Report {
        generate_folder(self.models.path(), self.out.path())
    }

    fn registry(&self) -> String {
        fs::read_to_string(self.out.path().join("models.rs")).expect("it was generated")
    }
}

fn errors(files: &[(&str, &str)]) -> Vec<String> {
    Folders::new(files).generate().errors
}

#[test]
fn each_dump_becomes_a_module_and_the_registry_has_all() {
    let files =
        [("b-model.v2.json", DUMP), ("a.json", DUMP), ("a.toml", "response = \"y\""), ("README.md", "")];
    let folders = Folders::new(&files);
    assert_eq!(
        folders.models(),
        ["a.json: 3 nodes, straight-line", "b-model.v2.json: 3 nodes, straight-line"]
    );
    assert!(folders.registry().contains("&[a::MODEL, b_model_v2::MODEL]"), "{}", folders.registry());
    let module = fs::read_to_string(folders.out.path().join("a.rs")).expect("it was generated");
    assert!(module.contains("response: \"y\""));
}

#[test]
fn dumps_of_every_kind_are_found_and_their_neighbours_too() {
    let lightgbm = include_str!("fixtures/lightgbm/constant.txt");
    let folders = Folders::new(&[("a.json", DUMP), ("b.txt", lightgbm), ("b.toml", "response = \"y\"")]);
    let ubj = include_bytes!("fixtures/xgboost/vecleaf.ubj");
    fs::write(folders.models.path().join("c.ubj"), ubj).expect("a file");
    assert_eq!(
        folders.models(),
        ["a.json: 3 nodes, straight-line", "b.txt: 1 nodes, straight-line", "c.ubj: 830 nodes, ranked"]
    );
    assert!(folders.registry().contains("&[a::MODEL, b::MODEL, c::MODEL]"), "{}", folders.registry());
    let module = fs::read_to_string(folders.out.path().join("b.rs")).expect("it was generated");
    assert!(module.contains("response: \"y\"") && module.contains("trainer: \"LightGBM\""));
    assert_eq!(
        errors(&[("a.json", DUMP), ("a.txt", lightgbm)]),
        ["a.txt: its module would be called `a`, as that of a.json is; rename one of the files"]
    );
}

#[test]
fn an_empty_folder_makes_an_empty_registry() {
    let folders = Folders::new(&[]);
    assert_eq!(folders.generate(), Report::default());
    assert!(folders.registry().contains("&[];"), "{}", folders.registry());
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let report = generate_folder(Path::new("no such folder"), Path::new("nowhere"));
    assert!(report.errors[0].starts_with("no such folder: "), "{report:?}");
}

#[test]
fn names_that_collide_are_refused_with_both_files() {
    let errors = errors(&[("house-prices.json", DUMP), ("house_prices.json", DUMP)]);
    let expected = "house_prices.json: its module would be called `house_prices`, as that of house-prices.json is; \
                    rename one of the files";
    assert_eq!(errors, [expected]);
}

#[test]
fn a_name_that_no_module_can_have_is_refused() {
    assert!(
        errors(&[("type.json", DUMP)])[0].starts_with("type.json: no Rust module can be called so; rename")
    );
}

#[test]
fn a_file_beside_no_dump_is_refused() {
    let errors =
        errors(&[("hose_prices.toml", ""), ("house_prices.json", DUMP), ("other.expected.jsonl", "")]);
    let expected = [
        "hose_prices.toml: there is no dump hose_prices.json beside it; rename or remove the file",
        "other.expected.jsonl: there is no dump other.json beside it; rename or remove the file",
    ];
    assert_eq!(errors, expected);
}

#[test]
fn a_file_of_another_kind_is_warned_of() {
    let report = Folders::new(&[("model.pkl", "")]).generate();
    assert_eq!(report.warnings, ["model.pkl: not read; a dump's name ends in .json, .ubj, .txt, .zip"]);
    assert_eq!(report.errors, Vec::<String>::new());
}

#[test]
fn every_bad_model_of_a_folder_is_told_at_once_and_by_file() {
    let errors = errors(&[("a.json", "{"), ("b.json", DUMP), ("b.toml", "treshold = 1"), ("c.json", DUMP)]);
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors[0].starts_with("a.json: line 1 column 1: the file ends"), "{errors:?}");
    assert!(errors[1].starts_with("b.toml: treshold: no key is called so; write `threshold`"), "{errors:?}");
}

#[test]
fn an_unchanged_model_is_not_written_again() {
    let folders = Folders::new(&[("a.json", DUMP)]);
    folders.generate();
    let module = folders.out.path().join("a.rs");
    let written = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).expect("a file");
    let before = written(&module);
    folders.generate();
    assert_eq!(written(&module), before);
    fs::write(folders.models.path().join("a.json"), DUMP.replace("2240.5", "2241.5")).expect("a file");
    folders.generate();
    assert!(fs::read_to_string(&module).expect("a file").contains("2241.5_f64"));
}
