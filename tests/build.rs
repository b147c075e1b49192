//! Compiles the fixture models and the synthetic ensembles.

#[path = "src/synthetic.rs"]
mod synthetic;

use model_codegen::{
    Configuration, Source,
    emit::{Module, emit, registry},
    lower::lower,
};
use std::{env, fs, path::PathBuf};

fn main() {
    model_codegen::cargo::build_script("models");

    println!("cargo::rerun-if-changed=src/synthetic.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo sets it"));
    let mut modules = Vec::new();
    for (name, ensemble) in synthetic::ensembles() {
        let offset_column = ensemble.offset().map(|_| "offset".to_owned());
        let configuration = Configuration { offset_column, ..Configuration::default() };
        let source = Source { name, file: "src/synthetic.rs", dump: &[], configuration: None };
        let program = lower(ensemble, &configuration, &source, &mut Vec::new()).expect("within limits");
        fs::write(out.join(format!("{name}.rs")), emit(&program)).expect("OUT_DIR can be written to");
        modules.push(Module { name: name.into(), file: source.file.into(), summary: "synthetic".into() });
    }
    fs::write(out.join("synthetic.rs"), registry(&modules)).expect("OUT_DIR can be written to");
}
