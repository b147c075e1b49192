//! Generates a module for each model in `models/`, or in the folder that `MODELS_DIR` names; none without the feature
//! `models`.

fn main() {
    #[cfg(feature = "models")]
    generate_models();
}

#[cfg(feature = "models")]
fn generate_models() {
    println!("cargo::rerun-if-env-changed=MODELS_DIR");
    let package = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = package.parent().unwrap_or(package);
    // A relative `MODELS_DIR` is one of the workspace's, wherever Cargo was called.
    let named = std::env::var_os("MODELS_DIR").filter(|folder| !folder.is_empty());
    let folder = workspace.join(named.unwrap_or_else(|| "models".into()));
    // The tests find the models' expected rows there.
    println!("cargo::rustc-env=MODELS_DIR_COMPILED={}", folder.display());
    model_codegen::cargo::build_script(folder);
}
