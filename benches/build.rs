//! Compiles the made-up models of `src/synthetic.rs`: `forest.rs` and `forms.rs` in `$OUT_DIR`.

#[path = "src/synthetic.rs"]
#[allow(dead_code, reason = "rows are for the benchmarks")]
mod synthetic;

use model_codegen::{Source, emit::registry, generate};
use std::{env, fs, path::Path};
use synthetic::{SIZES, SMALL, Shape};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/synthetic.rs");
    // Debug builds are linted and tested; nothing is timed there.
    let is_timed = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let sizes = SIZES.iter().filter(|shape| is_timed || !shape.is_large()).map(|shape| (shape, "auto"));
    let small = SMALL.iter().flat_map(|shape| ["straight-line", "ranked"].map(|form| (shape, form)));
    write("forest.rs", sizes);
    write("forms.rs", small);
}

/// Writes a registry of models, and the models.
fn write<'a>(file: &str, models: impl Iterator<Item = (&'a Shape, &'a str)>) {
    let out = env::var_os("OUT_DIR").expect("Cargo sets it");
    let out = Path::new(&out);
    let write =
        |file: &str, bytes: &[u8]| fs::write(out.join(file), bytes).expect("OUT_DIR can be written to");
    let modules = models.map(|(shape, form)| {
        let name = synthetic::module(shape, form);
        let configuration = format!("form = \"{form}\"");
        let source = Source {
            name: &name,
            file: &format!("{}.json", shape.name),
            dump: &shape.dump(),
            configuration: Some(&configuration),
        };
        let generated = generate(&source).unwrap_or_else(|problems| panic!("{problems}"));
        write(&format!("{name}.rs"), generated.rust.as_bytes());
        if let Some(tables) = generated.tables {
            write(&format!("{name}.bin"), &tables);
        }
        generated.module
    });
    let modules: Vec<_> = modules.collect();
    write(file, registry(&modules).as_bytes());
}
