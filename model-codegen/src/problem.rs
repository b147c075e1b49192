//! What is wrong with a model: where, what was found, what to do.

use std::{fmt, path::Path};

/// One thing that is wrong with a model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problem {
    /// Whether it is one of `NAME.toml`, else of the dump.
    pub in_configuration: bool,
    /// Where in the file: a JSON path, a key, or a line and column.
    pub place: Option<String>,
    /// The tree's index, from 0.
    pub tree: Option<usize>,
    /// The node, by the number that the file gives it.
    pub node: Option<String>,
    /// What was found.
    pub found: String,
    /// What to do about it.
    pub advice: String,
}

impl Problem {
    /// A problem of a file as a whole.
    pub fn new(found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { found: found.into(), advice: advice.into(), ..Self::default() }
    }

    /// The same problem at a place of the dump.
    #[must_use]
    pub fn at(self, place: impl Into<String>) -> Self {
        Self { place: Some(place.into()), ..self }
    }

    /// The same problem at a key of `NAME.toml`.
    #[must_use]
    pub fn at_key(self, key: impl Into<String>) -> Self {
        Self { place: Some(key.into()), in_configuration: true, ..self }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(formatter, "{}", one_line(place))?;
            match (self.tree, &self.node) {
                (Some(tree), Some(node)) => write!(formatter, " (tree {tree}, node {node})")?,
                (Some(tree), None) => write!(formatter, " (tree {tree})")?,
                _ => {}
            }
            write!(formatter, ": ")?;
        }
        write!(formatter, "{}; {}", one_line(&self.found), one_line(&self.advice))
    }
}

/// All that is wrong with a model: never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    /// The dump's file.
    pub file: String,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

impl Problems {
    /// A line for each problem, the first [`SHOWN_MAX`] of them, each beginning with its file.
    ///
    /// ```
    /// use model_codegen::{Problem, Problems};
    ///
    /// let problem = Problem::new("there are 0 trees", "export the model again").at("trees");
    /// let problems = Problems { file: "house.json".into(), problems: vec![problem] };
    /// assert_eq!(problems.lines(), ["house.json: trees: there are 0 trees; export the model again"]);
    /// ```
    pub fn lines(&self) -> Vec<String> {
        let beside = Path::new(&self.file).with_extension("toml");
        let file = |problem: &Problem| {
            if problem.in_configuration { beside.display().to_string() } else { self.file.clone() }
        };
        let shown = self.problems.iter().take(SHOWN_MAX);
        let mut lines: Vec<String> = shown.map(|problem| format!("{}: {problem}", file(problem))).collect();
        if self.problems.len() > SHOWN_MAX {
            lines.push(format!("{}: and {} more problems", self.file, self.problems.len() - SHOWN_MAX));
        }
        lines
    }
}

/// The most problems shown of one model: a file that is wrong throughout would hide the others.
pub const SHOWN_MAX: usize = 20;

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.lines().join("\n"))
    }
}

impl std::error::Error for Problems {}

/// A file's text on one line, for a message or a comment: without control characters and those that turn the direction
/// of what follows, which rustc refuses in comments.
pub(crate) fn one_line(text: &str) -> String {
    let turns = |character| matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars()
        .map(|character| if character.is_control() || turns(character) { ' ' } else { character })
        .collect()
}

/// The candidate nearest to what was written, if any is near.
pub(crate) fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(written, candidate), candidate))
        .filter(|(likeness, _)| *likeness > LIKENESS_MIN)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// Below this two names have little in common (`offset` and `output` have 0.7).
const LIKENESS_MIN: f64 = 0.75;
