//! Compiles the fixture models and the synthetic ensembles, each in every form of scoring code that can hold it.

#[path = "src/synthetic.rs"]
mod synthetic;

use model_codegen::{
    Configuration, FormKey, Source,
    cargo::module_name,
    emit::{Module, emit, file, registry},
    generate,
    lower::{Form, lower},
    plan,
};
use std::{
    env, fs,
    path::{Path, PathBuf},
};

fn main() {
    // By default the form is the one that suits the model.
    model_codegen::cargo::build_script("models");

    println!("cargo::rerun-if-changed=src/synthetic.rs");
    println!("cargo::rerun-if-changed=src/maker.rs");
    println!("cargo::rerun-if-changed=src/shapes.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo sets it"));
    write_fixtures(&out);
    write_synthetic(&out);
    write_trainers(&out);
}

/// The files of a folder with these extensions, by name.
fn files(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("fixtures");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| {
        extensions.iter().any(|extension| path.extension().is_some_and(|of| of == *extension))
    });
    files.sort();
    files
}

/// The fixtures in the form that does not suit them, where it can hold them at all.
fn write_fixtures(out: &Path) {
    let mut modules = Vec::new();
    for path in files(Path::new("models"), &["json"]) {
        let dump = fs::read(&path).expect("a dump");
        let configuration = fs::read_to_string(path.with_extension("toml")).ok();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("ASCII");
        let name = module_name(stem).expect("a sound name");
        let file = format!("{stem}.json");
        let source =
            Source { name: &name, file: &file, dump: &dump, configuration: configuration.as_deref() };
        modules.extend(write_other_form(out, &source));
    }
    fs::write(out.join("other_forms.rs"), registry(&modules)).expect("OUT_DIR can be written to");
}

/// Writes a model in the form that does not suit it, if that can hold it.
fn write_other_form(out: &Path, source: &Source<'_>) -> Option<Module> {
    // What is wrong with a fixture is said where it is compiled in the form that suits it.
    let (program, _) = plan(source).ok()?;
    let other = match program.choice.form {
        Form::StraightLine => "ranked",
        Form::Ranked(_) => "straight-line",
    };
    let configuration = format!("form = \"{other}\"\n{}", source.configuration.unwrap_or_default());
    let name = format!("{}_other_form", source.name);
    let source = Source { name: &name, configuration: Some(&configuration), ..*source };
    let generated = generate(&source).ok()?;
    write(out, &name, &generated.rust, generated.tables.as_deref());
    Some(generated.module)
}

/// The synthetic ensembles, in both forms where both can be.
fn write_synthetic(out: &Path) {
    let mut modules = Vec::new();
    for (ensemble_name, ensemble) in synthetic::ensembles() {
        for (form, suffix) in [(FormKey::StraightLine, "straight_line"), (FormKey::Ranked, "ranked")] {
            let name = format!("{ensemble_name}_{suffix}");
            let offset_column = ensemble.offset().map(|_| "offset".to_owned());
            let configuration = Configuration { offset_column, form, ..Configuration::default() };
            let source = Source { name: &name, file: ensemble_name, dump: &[], configuration: None };
            let Ok(program) = lower(ensemble.clone(), &configuration, &source, &mut Vec::new()) else {
                assert_eq!(form, FormKey::Ranked, "{name}: straight-line code holds anything within limits");
                continue;
            };
            write(out, &name, &emit(&program), file(&program));
            modules.push(Module {
                name: name.clone(),
                file: ensemble_name.into(),
                summary: "synthetic".into(),
            });
        }
    }
    fs::write(out.join("synthetic.rs"), registry(&modules)).expect("OUT_DIR can be written to");
}

/// Every fixture of `model-codegen` in each form that can hold it, under names such as `xgboost_dart_ubj` and
/// `xgboost_dart_ubj_other_form`.
fn write_trainers(out: &Path) {
    let fixtures = Path::new("../model-codegen/tests/fixtures");
    println!("cargo::rerun-if-changed={}", fixtures.display());
    let (mut modules, mut other_forms) = (Vec::new(), Vec::new());
    let entries = fs::read_dir(fixtures).expect("fixtures");
    let mut formats: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    formats.sort();
    for path in formats.iter().flat_map(|format| files(format, &["json", "txt", "ubj", "zip"])) {
        let dump = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let configuration = fs::read_to_string(path.with_extension("toml")).ok();
        let file = path.strip_prefix(fixtures).ok().and_then(Path::to_str).expect("ASCII");
        let name = file.replace(['/', '.'], "_");
        let source = Source { name: &name, file, dump: &dump, configuration: configuration.as_deref() };
        let generated = generate(&source).unwrap_or_else(|problems| panic!("{problems}"));
        write(out, &name, &generated.rust, generated.tables.as_deref());
        modules.push(generated.module);
        other_forms.extend(write_other_form(out, &source));
    }
    fs::write(out.join("trainers.rs"), registry(&modules)).expect("OUT_DIR can be written to");
    fs::write(out.join("trainers_other_forms.rs"), registry(&other_forms))
        .expect("OUT_DIR can be written to");
}

fn write(out: &Path, name: &str, rust: &str, tables: Option<&[u8]>) {
    fs::write(out.join(format!("{name}.rs")), rust).expect("OUT_DIR can be written to");
    if let Some(tables) = tables {
        fs::write(out.join(format!("{name}.bin")), tables).expect("OUT_DIR can be written to");
    }
}
