//! Compiles the fixture models and the synthetic ensembles.

#[path = "src/synthetic.rs"]
mod synthetic;

use model_codegen::{
    Configuration, Source,
    emit::{Module, emit, registry},
    generate,
    lower::lower,
};
use std::{
    env, fs,
    path::{Path, PathBuf},
};

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
    compile_trainers(&out);
}

/// Fixtures of `model-codegen` that are compiled as well: each kind of arithmetic, category and answer once. All of them
/// would take the compiler minutes, and the interpreter scores all of them.
const TRAINERS: [&str; 18] = [
    "catboost/lossguide_cat.json",
    "catboost/mctr_buckets.json",
    "catboost/multiclass.json",
    "catboost/multirmse.json",
    "catboost/rmse_ctrcomb.json",
    "h2o/drf_multinomial.zip",
    "h2o/gbm_bernoulli_balanced.zip",
    "lightgbm/linear_cat.txt",
    "lightgbm/named_categories.json",
    "lightgbm/multiclassova.txt",
    "lightgbm/rf_bin.txt",
    "lightgbm/zero_missing.txt",
    "xgboost/dart.ubj",
    "xgboost/named_categories.json",
    "xgboost/quantile.json",
    "xgboost/rf_par.json",
    "xgboost/softprob.ubj",
    "xgboost/vecleaf.json",
];

/// Generates them into a folder, under names such as `xgboost_dart`.
fn compile_trainers(out: &Path) {
    let fixtures = Path::new("../model-codegen/tests/fixtures");
    println!("cargo::rerun-if-changed={}", fixtures.display());
    let mut modules = Vec::new();
    for file in TRAINERS {
        let path = fixtures.join(file);
        let dump = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let configuration = fs::read_to_string(path.with_extension("toml")).ok();
        let (stem, _) = file.rsplit_once('.').expect("an extension");
        let name = stem.replace('/', "_");
        let source = Source { name: &name, file, dump: &dump, configuration: configuration.as_deref() };
        let generated = generate(&source).unwrap_or_else(|problems| panic!("{problems}"));
        fs::write(out.join(format!("{name}.rs")), generated.rust).expect("OUT_DIR can be written to");
        modules.push(generated.module);
    }
    fs::write(out.join("trainers.rs"), registry(&modules)).expect("OUT_DIR can be written to");
}
