//! The side towards Cargo and the file system: a folder of dumps in, `$OUT_DIR/models.rs` and a file a model out.
//!
//! The rest of this crate is pure; this module is what a build script calls, so that anyone's is five lines long.

use crate::{
    Generated, Problem, Problems, Source,
    emit::{Module, registry},
    generate,
    lower::is_identifier,
};
use std::{
    collections::BTreeMap,
    env, fs, io,
    path::{Path, PathBuf},
    time::Instant,
};

/// Generates a module for each dump in `folder` and a registry of them, for `model_runtime::include_models!()`.
///
/// To be called from a build script. A relative folder is one of the package's. What is wrong with a model fails the
/// build, a line a problem; the folder is watched from then on.
///
/// ```no_run
/// // The whole of build.rs's `main`:
/// model_codegen::cargo::build_script("models");
/// ```
pub fn build_script(folder: impl AsRef<Path>) {
    let folder = folder.as_ref();
    println!("cargo::rerun-if-changed={}", folder.display());
    let lines = match env::var_os("OUT_DIR") {
        Some(out) => generate_folder(folder, &PathBuf::from(out)),
        None => Report {
            errors: vec!["OUT_DIR is not set; call this from a build script".into()],
            ..Report::default()
        },
    };
    // Cargo shows nothing else of a build script that went well.
    lines.models.iter().for_each(|model| println!("cargo::warning={model}"));
    lines.warnings.iter().for_each(|warning| println!("cargo::warning={warning}"));
    lines.errors.iter().for_each(|error| println!("cargo::error={error}"));
}

/// What generating a folder has to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What each model became, a line each: nodes, form, the time that it took.
    pub models: Vec<String>,
    /// What users should know though all models are sound, a line each.
    pub warnings: Vec<String>,
    /// What is wrong, a line each; nothing of use was written where there is any.
    pub errors: Vec<String>,
}

/// The dumps' file extensions. What a file holds is seen from its content.
const DUMPS: [&str; 4] = ["json", "ubj", "txt", "zip"];

/// Beside `NAME.json`, or the like: what it does not carry, and rows with what the trainer predicts for them.
const BESIDE: [&str; 2] = [".toml", ".expected.jsonl"];

/// Generates a module for each dump in `folder`, and the registry, into `out`.
pub fn generate_folder(folder: &Path, out: &Path) -> Report {
    let mut report = Report::default();
    let files = match file_names(folder) {
        Ok(files) => files,
        Err(error) => {
            report.errors.push(format!("{}: {error}; create the folder, or name another", folder.display()));
            return report;
        }
    };
    let dumps: Vec<(&str, &str)> =
        files.iter().filter_map(|file| Some((file.as_str(), stem(file)?))).collect();
    let stems: Vec<&str> = dumps.iter().map(|(_, stem)| *stem).collect();
    check_other_files(&files, &stems, &mut report);
    let mut modules: BTreeMap<String, Module> = BTreeMap::new();
    for (file, stem) in dumps {
        let Some(name) = module_name(stem) else {
            report.errors.push(format!(
                "{file}: no Rust module can be called so; rename the file, such as house_prices.json"
            ));
            continue;
        };
        if let Some(other) = modules.get(&name) {
            report.errors.push(format!(
                "{file}: its module would be called `{name}`, as that of {} is; rename one of the files",
                other.file
            ));
            continue;
        }
        let begun = Instant::now();
        match generate_file(folder, &name, stem, file) {
            Ok(generated) => {
                let (became, seconds) = (&generated.became, begun.elapsed().as_secs_f64());
                report.models.push(format!("{file}: {became}, generated in {seconds:.2} s"));
                report.warnings.extend(generated.warnings.iter().map(|warning| format!("{file}: {warning}")));
                let tables = generated.tables.as_deref();
                let files = [("rs", Some(generated.rust.as_bytes())), ("bin", tables)];
                for (extension, bytes) in files.into_iter().filter_map(|(file, bytes)| Some((file, bytes?))) {
                    if let Err(error) = write(&out.join(format!("{name}.{extension}")), bytes) {
                        report.errors.push(error);
                    }
                }
                modules.insert(name, generated.module);
            }
            Err(problems) => report.errors.extend(problems.lines()),
        }
    }
    let modules: Vec<Module> = modules.into_values().collect();
    if let Err(error) = write(&out.join("models.rs"), registry(&modules).as_bytes()) {
        report.errors.push(error);
    }
    report
}

fn generate_file(folder: &Path, name: &str, stem: &str, file: &str) -> Result<Generated, Problems> {
    let unreadable = |in_configuration: bool, error: &io::Error| {
        let problem = Problem { in_configuration, ..Problem::new(error.to_string(), "make it readable") };
        Problems { file: file.to_owned(), problems: vec![problem] }
    };
    let dump = fs::read(folder.join(file)).map_err(|error| unreadable(false, &error))?;
    let configuration = match fs::read_to_string(folder.join(format!("{stem}.toml"))) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(unreadable(true, &error)),
    };
    generate(&Source { name, file, dump: &dump, configuration: configuration.as_deref() })
}

fn file_names(folder: &Path) -> io::Result<Vec<String>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // A name that is not UTF-8 can't be a module's; it is shown as far as it can be.
        let name = entry.file_name().to_string_lossy().into_owned();
        if !entry.path().is_dir() && !name.starts_with('.') {
            files.push(name);
        }
    }
    files.sort();
    Ok(files)
}

fn stem(file: &str) -> Option<&str> {
    DUMPS.iter().find_map(|extension| file.strip_suffix(extension)?.strip_suffix('.'))
}

/// A file beside no dump would silently do nothing, which a misspelt name is not meant to.
fn check_other_files(files: &[String], stems: &[&str], report: &mut Report) {
    for file in files.iter().filter(|file| stem(file).is_none()) {
        match BESIDE.iter().find_map(|suffix| file.strip_suffix(suffix)) {
            Some(name) if stems.contains(&name) => {}
            Some(name) => {
                report.errors.push(format!(
                    "{file}: there is no dump {name}.json beside it; rename or remove the file"
                ));
            }
            None if Path::new(file).extension().is_some_and(|extension| extension == "md") => {}
            None => {
                let endings = DUMPS.map(|extension| format!(".{extension}")).join(", ");
                report.warnings.push(format!("{file}: not read; a dump's name ends in {endings}"));
            }
        }
    }
}

/// A file's stem as a module's name: lower case, `_` for all that is neither letter nor digit. None where that is no
/// Rust identifier, such as a keyword.
///
/// ```
/// use model_codegen::cargo::module_name;
///
/// assert_eq!(module_name("house-prices.v2").as_deref(), Some("house_prices_v2"));
/// assert_eq!(module_name("type"), None);
/// ```
pub fn module_name(stem: &str) -> Option<String> {
    if !stem.is_ascii() {
        return None;
    }
    let name: String = stem
        .chars()
        .map(|character| if character.is_ascii_alphanumeric() { character.to_ascii_lowercase() } else { '_' })
        .collect();
    let has_letter = name.contains(|character: char| character.is_ascii_alphanumeric());
    (has_letter && is_identifier(&name) && name != "models").then_some(name)
}

/// Writes a file that is not there with these very bytes: an untouched file is not compiled again.
fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    fs::write(path, bytes)
        .map_err(|error| format!("{}: {error}; free the space or the permission", path.display()))
}

#[cfg(test)]
mod tests {
    use super::module_name;

    #[test]
    fn file_names_become_module_names_or_are_refused() {
        assert_eq!(module_name("house-prices.v2").as_deref(), Some("house_prices_v2"));
        assert_eq!(module_name("GBM model 1").as_deref(), Some("gbm_model_1"));
        for refused in ["", "2024_model", "häuser", "type", "gen", "self", "---", "models"] {
            assert_eq!(module_name(refused), None, "{refused}");
        }
    }
}
