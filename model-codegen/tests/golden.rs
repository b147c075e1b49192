//! Generated code as text: the goldens, which `tests/` of the workspace compiles and scores as well.
//!
//! `UPDATE_EXPECT=1 cargo test -p model-codegen` writes them anew.

use expect_test::expect_file;
use model_codegen::{Source, generate, ir, plan, understand};
use std::{fs, path::Path};

const GOLDENS: [&str; 4] = ["one_split", "categories_and_missing", "large_category_set", "two_classes"];

struct Golden {
    dump: Vec<u8>,
    configuration: Option<String>,
    file: String,
}

impl Golden {
    fn read(name: &str) -> Self {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden"));
        let file = format!("{name}.json");
        let dump = fs::read(folder.join(&file)).expect("the golden's dump is there");
        Self { dump, configuration: fs::read_to_string(folder.join(format!("{name}.toml"))).ok(), file }
    }

    fn source<'a>(&'a self, name: &'a str) -> Source<'a> {
        Source { name, file: &self.file, dump: &self.dump, configuration: self.configuration.as_deref() }
    }
}

#[test]
fn generated_modules_are_the_goldens() {
    for name in GOLDENS {
        let golden = Golden::read(name);
        let generated = generate(&golden.source(name)).expect("the golden's dump is sound");
        expect_file![format!("golden/{name}.rs")].assert_eq(&generated.rust);
    }
}

#[test]
fn the_same_source_gives_the_same_bytes() {
    for name in GOLDENS {
        let golden = Golden::read(name);
        assert_eq!(generate(&golden.source(name)), generate(&golden.source(name)));
    }
}

#[test]
fn every_stage_can_be_shown() {
    let name = "categories_and_missing";
    let golden = Golden::read(name);
    let parsed = understand(&golden.source(name)).expect("sound");
    expect_file!["golden/categories_and_missing.ir.txt"].assert_eq(&ir::dump(&parsed.ensemble));
    let (program, _) = plan(&golden.source(name)).expect("sound");
    expect_file!["golden/categories_and_missing.program.txt"].assert_eq(&program.dump());
}
