//! What is wrong with a configuration: each problem with its place, what was found and what to do; all at once.

use super::origin::printable;
use std::fmt;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// A flag, a variable, a line of a file.
    pub place: String,
    /// What stands there. Never a value that may be a secret.
    pub found: String,
    /// What to do about it.
    pub action: String,
}

impl Problem {
    /// A problem at a place.
    pub fn new(place: impl fmt::Display, found: impl Into<String>, action: impl Into<String>) -> Self {
        Self { place: place.to_string(), found: found.into(), action: action.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}; {}", self.place, self.found, self.action)
    }
}

/// All that is wrong; at least one problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [only] = &self.0[..] {
            return only.fmt(formatter);
        }
        write!(formatter, "the configuration has {} problems:", self.0.len())?;
        self.0.iter().try_for_each(|problem| write!(formatter, "\n  {problem}"))
    }
}

/// How alike a name must be to one that exists to be taken for a slip of the pen (0 to 1).
const SIMILARITY_MIN: f64 = 0.6;

/// The known name that is nearest to this one, as the beginning of an advice.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let nearest = known
        .into_iter()
        .map(|candidate| (strsim::normalized_damerau_levenshtein(name, candidate), candidate))
        .filter(|(similarity, _)| *similarity >= SIMILARITY_MIN)
        .max_by(|left, right| left.0.total_cmp(&right.0));
    nearest.map_or_else(String::new, |(_, nearest)| format!("did you mean `{nearest}`? "))
}

/// A value as a message shows it.
pub fn quoted(value: &str) -> String {
    if value.is_empty() { "nothing".to_owned() } else { format!("`{}`", printable(value)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_problem_is_a_line_and_several_are_a_list() {
        let one = Problem::new("--threads", "found `0`", "give a number from 1 to 64");
        let alone = Problems(vec![one.clone()]).to_string();
        assert_eq!(alone, "--threads: found `0`; give a number from 1 to 64");
        let both = Problems(vec![one, Problem::new("a.toml:3", "unknown key `x`", "remove it")]).to_string();
        assert_eq!(
            both,
            "the configuration has 2 problems:\n  \
             --threads: found `0`; give a number from 1 to 64\n  \
             a.toml:3: unknown key `x`; remove it"
        );
    }

    #[test]
    fn only_a_near_name_is_suggested() {
        assert_eq!(did_you_mean("treads", ["input", "threads"]), "did you mean `threads`? ");
        assert_eq!(did_you_mean("xyz", ["input", "threads"]), "");
    }
}
