//! Generates a module for each model in `models/`, or in the folder that `MODELS_DIR` names.

use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-env-changed=MODELS_DIR");
    let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    // A relative `MODELS_DIR` is one of the workspace's, wherever Cargo was called.
    let folder = workspace.join(std::env::var_os("MODELS_DIR").unwrap_or_else(|| "models".into()));
    // The tests find the models' expected rows there.
    println!("cargo::rustc-env=MODELS_DIR_COMPILED={}", folder.display());
    model_codegen::cargo::build_script(folder);
}
