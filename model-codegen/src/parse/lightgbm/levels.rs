//! Which columns the levels of a data frame belong to.
//!
//! `pandas_categorical` holds a list for each column of the category type, in the frame's order, and names no column. Most
//! often they are those that `LightGBM` takes for categorical. But a column whose categories are ordered, or that
//! `categorical_feature` leaves out, is compared by its codes as a number is; of a constant one nothing is known; and
//! `categorical_feature` may name a column of plain integers, which has no list.
//!
//! With as many lists as categorical columns, each is held against its column. It is another's where the column has codes
//! that it has no level for. It may be another's where some number has just its codes, from the first to the last, and
//!
//! - the column lacks codes of it, or
//! - its levels can be read as numbers: a record with such a level would be scored by the number, and nobody would see it. (Levels that
//!   are no numbers show a mistake at the first record: that column would refuse them.)
//!
//! So it may where its levels can be read as numbers and some column was constant, whose they may be. Then, and where there are more lists or fewer, `NAME.toml` has to name the levels.

use super::{
    SAVE_AGAIN,
    model::{Header, Info, Question, RawNode, RawTree},
    trees::{CODES, ZERO_MAGNITUDE},
};
use crate::{
    configuration::Configuration,
    parse::columns::{Known, level_text},
    problem::Problem,
};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

/// Notes the levels of each column that has some.
pub(super) fn add(
    header: &Header,
    trees: &[RawTree],
    known: &mut [Known],
    configuration: &Configuration,
    problems: &mut Vec<Problem>,
) {
    let Some(lists) = header.pandas_categorical.as_ref().filter(|lists| !lists.is_empty()) else { return };
    let frame = Frame { header, lists, configuration };
    let categorical: Vec<usize> = (0..known.len()).filter(|column| known[*column].has_codes).collect();
    let codes = Codes::of(header, trees);
    let mut doubts = if lists.len() == categorical.len() {
        frame.doubts(&codes, &categorical)
    } else {
        vec![frame.other_count(categorical.len())]
    };
    let ordered = frame.ordered(&categorical);
    if doubts.is_empty() && ordered.is_empty() {
        for (index, (list, column)) in lists.iter().zip(categorical).enumerate() {
            known[column].levels = texts(list);
            if known[column].levels.is_none() {
                let problem = Problem::new("a level is neither a text nor a number", SAVE_AGAIN);
                problems.push(problem.at(place(index)));
            }
        }
        return;
    }
    if frame.are_named(&codes, &categorical, &ordered) {
        doubts.clear();
    } else if doubts.is_empty() {
        let found = "the levels of ordered categories stand in the .toml, and those of other columns do not";
        let advice = "give the levels of each categorical column there, under [categories]";
        doubts.push(Problem::new(found, advice).at("pandas_categorical"));
    }
    for column in ordered {
        known[column].has_codes = true;
    }
    problems.extend(doubts);
}

/// The lists, and what they are held against.
struct Frame<'a> {
    header: &'a Header,
    lists: &'a [Vec<Value>],
    configuration: &'a Configuration,
}

impl Frame<'_> {
    /// Why lists may belong to other columns than the categorical ones, each to that in its place.
    fn doubts(&self, codes: &Codes, categorical: &[usize]) -> Vec<Problem> {
        let doubt = |(index, (list, column)): (usize, (&Vec<Value>, &usize))| {
            let name = &self.header.feature_names[*column];
            let count = list.len();
            let (found, advice) = match (codes.greatest[*column], codes.of_numbers.get(&count)) {
                (Some(greatest), _) if greatest >= count => (
                    format!(
                        "there are {count} levels, and `{name}`, the categorical column in their place, has the code {greatest}: \
                         they are those of another column, such as one whose categories are ordered"
                    ),
                    format!(
                        "name the levels of that column in the .toml, under [categories], and those of `{name}`, which are its \
                         codes where it holds integers: {name:?} = [\"0\", \"1\", ...]"
                    ),
                ),
                (_, Some(number)) if !codes.are_all_there(*column, count) || seem_numbers(list) => {
                    let number = &self.header.feature_names[*number];
                    (
                        format!(
                            "the {count} levels may be those of `{name}`, which is categorical, or of `{number}`, whose numbers \
                             would be the codes of ordered categories"
                        ),
                        format!(
                            "say so in the .toml, under [categories]: {name:?} = [...] with these levels where they are its own; \
                             else {number:?} = [...] with these levels, and {name:?} = [\"0\", \"1\", ...] with its codes"
                        ),
                    )
                }
                _ if seem_numbers(list) => {
                    let constant = &self.header.feature_names[self.unnamed_constant()?];
                    (
                        format!(
                            "the {count} levels may be those of `{name}`, which is categorical, or of `{constant}`, of which nothing is \
                             known, as it was constant in training"
                        ),
                        format!(
                            "say so in the .toml, under [categories]: {name:?} = [...] with these levels where they are its own; \
                             else with its codes, {name:?} = [\"0\", \"1\", ...]"
                        ),
                    )
                }
                _ => return None,
            };
            Some(Problem::new(found, advice).at(place(index)))
        };
        self.lists.iter().zip(categorical).enumerate().filter_map(doubt).collect()
    }

    /// A column that was constant in training, and whose levels the configuration does not give.
    fn unnamed_constant(&self) -> Option<usize> {
        let infos = &self.header.infos;
        (0..infos.len()).find(|column| infos[*column] == Info::Constant && self.given(*column).is_none())
    }

    fn other_count(&self, categorical: usize) -> Problem {
        let lists = self.lists.len();
        let found = format!(
            "there are the levels of {lists} columns, and {categorical} columns are known to be categorical"
        );
        let advice = "give the levels of each categorical column in the .toml, under [categories]";
        Problem::new(found, advice).at("pandas_categorical")
    }

    /// The levels that the configuration gives a column.
    fn given(&self, column: usize) -> Option<&Vec<String>> {
        self.configuration.categories.get(&self.header.feature_names[column])
    }

    /// The numbers that the configuration says to be ordered categories.
    fn ordered(&self, categorical: &[usize]) -> Vec<usize> {
        let lists: Vec<Option<Vec<String>>> = self.lists.iter().map(|list| texts(list)).collect();
        let is_explained = lists.len() == categorical.len();
        let is_ordered = |column: &usize| {
            let given = self.given(*column);
            let is_number = !matches!(self.header.infos[*column], Info::Categories(_));
            is_number
                && given.is_some_and(|given| {
                    !is_explained || lists.iter().any(|list| list.as_ref() == Some(given))
                })
        };
        (0..self.header.infos.len()).filter(is_ordered).collect()
    }

    /// Whether the configuration gives the levels of every column that has some.
    fn are_named(&self, codes: &Codes, categorical: &[usize], ordered: &[usize]) -> bool {
        if !categorical.iter().all(|column| self.given(*column).is_some()) {
            return false;
        }
        // No list is one of a column that has more codes.
        let fits = |column: &&usize| {
            let levels = self.given(**column).map_or(0, Vec::len);
            codes.greatest[**column].is_none_or(|greatest| greatest < levels)
        };
        let columns = categorical.iter().chain(ordered).filter(fits);
        let mut given: Vec<&Vec<String>> = columns.filter_map(|column| self.given(*column)).collect();
        let mut left = 0;
        for list in self.lists {
            let texts = texts(list);
            let is_list = |given: &Vec<String>| {
                texts.as_ref().map_or(given.len() == list.len(), |texts| texts == given)
            };
            match given.iter().position(|given| is_list(given)) {
                Some(at) => drop(given.swap_remove(at)),
                None if seem_numbers(list) && codes.of_numbers.contains_key(&list.len()) => return false,
                None => left += 1,
            }
        }
        // The lists that are left are those of constant columns.
        let is_constant =
            |column: &usize| self.header.infos[*column] == Info::Constant && self.given(*column).is_none();
        left <= (0..self.header.infos.len()).filter(is_constant).count()
    }
}

/// The codes that columns have in the training data and in the splits.
struct Codes {
    /// The greatest of a categorical column.
    greatest: Vec<Option<usize>>,
    /// How many a categorical column has.
    count: Vec<usize>,
    /// A number that has the codes of so many levels, all of them and nothing else.
    of_numbers: HashMap<usize, usize>,
}

impl Codes {
    fn of(header: &Header, trees: &[RawTree]) -> Self {
        let columns = header.infos.len();
        let mut codes = vec![BTreeSet::new(); columns];
        // Between two codes that follow each other there is one threshold, half way.
        let mut is_halved = vec![true; columns];
        for node in trees.iter().flat_map(|tree| &tree.nodes) {
            let RawNode::Split(split) = node else { continue };
            match (&split.question, codes.get_mut(split.feature)) {
                (Question::Categories(asked), Some(codes)) => codes.extend(asked.iter().copied()),
                (Question::Threshold(threshold), Some(_)) => {
                    is_halved[split.feature] &= is_half_way(*threshold);
                }
                (_, None) => {}
            }
        }
        let mut of_numbers = HashMap::new();
        for (column, info) in header.infos.iter().enumerate() {
            match info {
                Info::Categories(listed) => {
                    codes[column].extend(listed.iter().filter_map(|code| usize::try_from(*code).ok()));
                }
                Info::Numbers(least, greatest)
                    if *least == 0.0 && is_halved[column] && is_code(*greatest) =>
                {
                    of_numbers.entry(*greatest as usize + 1).or_insert(column);
                }
                Info::Numbers(..) | Info::Constant | Info::Unknown => {}
            }
        }
        Self {
            greatest: codes.iter().map(|codes| codes.last().copied()).collect(),
            count: codes.iter().map(BTreeSet::len).collect(),
            of_numbers,
        }
    }

    /// Whether a column has the code of each of so many levels, and no other.
    fn are_all_there(&self, column: usize, levels: usize) -> bool {
        self.count[column] == levels && self.greatest[column] == levels.checked_sub(1)
    }
}

fn is_code(number: f64) -> bool {
    number.fract() == 0.0 && (0.0..f64::from(CODES)).contains(&number)
}

/// Whether a threshold can stand between two codes. That behind 0 is the greatest number that counts as 0.
fn is_half_way(threshold: f64) -> bool {
    let fraction = threshold.fract().abs();
    threshold.is_infinite()
        || threshold.abs() <= ZERO_MAGNITUDE
        || [0.0, 0.5, 1.0].iter().any(|half| (fraction - half).abs() < 1e-9)
}

/// Whether a record may hold a level of the list as a number, and another than its code.
fn seem_numbers(list: &[Value]) -> bool {
    let texts = texts(list).unwrap_or_default();
    let is_code = |(code, text): (usize, &String)| *text == code.to_string();
    !texts.iter().enumerate().all(is_code)
        && texts.iter().any(|text| text.trim().is_empty() || text.trim().parse::<f64>().is_ok())
}

fn texts(list: &[Value]) -> Option<Vec<String>> {
    list.iter().map(level_text).collect()
}

fn place(index: usize) -> String {
    format!("pandas_categorical[{index}]")
}
