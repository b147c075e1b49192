//! How a record's text, or a boolean of its, finds its level.

/// A domain's levels as the runtime looks them up, by index.
#[derive(Clone, Debug)]
pub struct Lookups {
    /// All levels in the order of their texts.
    pub sorted: Vec<usize>,
    /// Those that `false` and `true` stand for.
    pub booleans: Option<[usize; 2]>,
}

/// The words that stand for `false` and `true`, in any case.
const BOOLEANS: [[&str; 2]; 4] = [["false", "true"], ["no", "yes"], ["n", "y"], ["0", "1"]];

/// The lookups of a domain.
pub(super) fn lookups(levels: &[String]) -> Lookups {
    let mut sorted: Vec<usize> = (0..levels.len()).collect();
    sorted.sort_by_key(|level| &levels[*level]);
    let level = |word: &str| levels.iter().position(|level| level.eq_ignore_ascii_case(word));
    let booleans = BOOLEANS.iter().find_map(|[no, yes]| Some([level(no)?, level(yes)?]));
    Lookups { sorted, booleans }
}
