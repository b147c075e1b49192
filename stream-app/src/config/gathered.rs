//! All that was given, from everywhere, not yet understood: flags, environment, properties file, TOML file.

use super::keys::{
    CONFIG_VARIABLE, KEYS, PROPERTIES_VARIABLE, PROPERTY_VARIABLE_PREFIX, VARIABLE_PREFIX, flag, variable,
};
use super::origin::{Origin, printable};
use super::problem::{Problem, did_you_mean};
use super::{properties_file, property_names, toml_file};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// Where a configuration comes from.
#[derive(Debug, Default)]
pub struct Sources {
    /// The options given as flags: keys and values.
    pub flags: Vec<(&'static str, String)>,
    /// The client properties given as flags, as `NAME=VALUE`.
    pub properties: Vec<String>,
    /// The TOML file, if it is given as a flag.
    pub config: Option<PathBuf>,
    /// The properties file, if it is given as a flag.
    pub properties_file: Option<PathBuf>,
    /// The process's environment, or what stands for it.
    pub environment: Vec<(OsString, OsString)>,
}

/// A text and where it came from.
#[derive(Clone, Debug)]
pub struct Value {
    /// As it was written.
    pub text: String,
    /// Where.
    pub origin: Origin,
}

/// A client property as it was written.
#[derive(Clone, Debug)]
pub struct GivenProperty {
    /// Its name, perhaps with a prefix, perhaps Java's.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
}

/// All that was given, in rising order of precedence, and what can't be read.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Keys of [`KEYS`] with values.
    pub options: Vec<(&'static str, Value)>,
    /// The client's properties.
    pub properties: Vec<GivenProperty>,
    /// What is wrong so far.
    pub problems: Vec<Problem>,
}

/// Reads files and environment and puts all together.
pub fn gather(sources: &Sources) -> Gathered {
    let mut gathered = Gathered::default();
    let variables = Variables::read(&sources.environment, &mut gathered);
    if let Some((path, text)) = read_file(
        sources.config.as_deref(),
        "--config",
        variables.config,
        CONFIG_VARIABLE,
        &mut gathered.problems,
    ) {
        toml_file::read(&path, &text, &mut gathered);
    }
    if let Some((path, text)) = read_file(
        sources.properties_file.as_deref(),
        "--properties",
        variables.properties_file,
        PROPERTIES_VARIABLE,
        &mut gathered.problems,
    ) {
        read_properties(&path, &text, &mut gathered);
    }
    gathered.options.extend(variables.options);
    gathered.properties.extend(variables.properties);
    for (key, text) in &sources.flags {
        let origin = Origin::Flag(flag(key));
        gathered.options.push((key, Value { text: text.clone(), origin }));
    }
    for (index, text) in sources.properties.iter().enumerate() {
        property_flag(index, text, &mut gathered);
    }
    gathered
}

/// What the environment says.
#[derive(Default)]
struct Variables {
    config: Option<PathBuf>,
    properties_file: Option<PathBuf>,
    options: Vec<(&'static str, Value)>,
    properties: Vec<GivenProperty>,
}

impl Variables {
    fn read(environment: &[(OsString, OsString)], gathered: &mut Gathered) -> Self {
        let mut variables = Self::default();
        let ours = environment.iter().filter_map(|(name, value)| {
            let name = name.to_str()?;
            name.starts_with(VARIABLE_PREFIX).then_some((name, value))
        });
        let mut ours: Vec<(&str, &OsString)> = ours.collect();
        // The environment has no order; problems should.
        ours.sort_unstable();
        for (name, value) in ours {
            match (name, value.to_str()) {
                (CONFIG_VARIABLE, _) => variables.config = Some(value.into()),
                (PROPERTIES_VARIABLE, _) => variables.properties_file = Some(value.into()),
                (_, Some(text)) => variables.add(name, text, gathered),
                (_, None) => {
                    gathered.problems.push(Problem::new(name, "its value is not UTF-8", "set it to UTF-8"));
                }
            }
        }
        variables
    }

    fn add(&mut self, name: &str, text: &str, gathered: &mut Gathered) {
        let origin = Origin::Variable(name.to_owned());
        if let Some(property) = name.strip_prefix(PROPERTY_VARIABLE_PREFIX) {
            let name = property.to_ascii_lowercase().replace('_', ".");
            self.properties.push(GivenProperty { name, value: text.to_owned(), origin });
        } else if let Some(key) = KEYS.into_iter().find(|key| variable(key) == name) {
            self.options.push((key, Value { text: text.to_owned(), origin }));
        } else if !is_service_link(name) {
            let known: Vec<String> = KEYS.iter().map(|key| variable(key)).collect();
            let known = known.iter().map(String::as_str).chain([CONFIG_VARIABLE, PROPERTIES_VARIABLE]);
            let advice = format!("{}`stream-app run --help` lists them", did_you_mean(name, known));
            gathered.problems.push(Problem::new(printable(name), "unknown variable", advice));
        }
    }
}

/// Kubernetes sets variables like `STREAM_APP_SERVICE_HOST` and `STREAM_APP_PORT_8080_TCP` for a service that is called
/// `stream-app`. They are not meant for us.
fn is_service_link(name: &str) -> bool {
    let rest = name.strip_prefix(VARIABLE_PREFIX).unwrap_or(name);
    rest == "PORT" || rest.starts_with("PORT_") || rest.starts_with("SERVICE_")
}

/// The text of the file that the flag names, or else the variable.
fn read_file(
    by_flag: Option<&Path>,
    flag: &str,
    by_variable: Option<PathBuf>,
    variable: &str,
    problems: &mut Vec<Problem>,
) -> Option<(String, String)> {
    let (path, place) = match (by_flag, by_variable) {
        (Some(path), _) => (path.to_owned(), flag),
        (None, Some(path)) => (path, variable),
        (None, None) => return None,
    };
    let shown = path.display().to_string();
    match fs::read(&path).map(String::from_utf8) {
        Ok(Ok(text)) => return Some((shown, text)),
        Ok(Err(error)) => {
            let before = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
            let line = 1 + before.matches('\n').count();
            let place = format!("{}:{line}", printable(&shown));
            problems.push(Problem::new(place, "the line is not UTF-8", "save the file as UTF-8"));
        }
        Err(error) => {
            let found = format!("can't read `{}`: {error}", printable(&shown));
            problems.push(Problem::new(place, found, "name a file that this process may read"));
        }
    }
    None
}

fn read_properties(path: &str, text: &str, gathered: &mut Gathered) {
    let (lines, problems) = properties_file::parse(path, text);
    gathered.problems.extend(problems);
    gathered.properties.extend(lines.into_iter().map(|line| {
        let (path, line_number, key) = (path.to_owned(), line.number, line.name.clone());
        let origin = Origin::PropertiesFile { path, line: line_number, key };
        GivenProperty { name: line.name, value: line.value, origin }
    }));
}

/// Takes `NAME=VALUE`. Of a text that is neither, nothing is shown unless it is a name: it may be a password.
fn property_flag(index: usize, text: &str, gathered: &mut Gathered) {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => gathered.properties.push(GivenProperty {
            name: name.trim().to_owned(),
            value: value.to_owned(),
            origin: Origin::Flag(format!("-X {}", name.trim())),
        }),
        _ => {
            let place = match property_names::scope(text) {
                Some(_) => format!("-X {text}"),
                None => format!("-X, number {}", index + 1),
            };
            gathered.problems.push(Problem::new(place, "expected NAME=VALUE", "write -X NAME=VALUE"));
        }
    }
}
