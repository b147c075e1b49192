//! `model.txt`: a line a key, a block a tree.
//!
//! The header ends at the first `Tree=`, the trees at `end of trees` or, in old files, at `feature importances`. The sizes
//! that the header gives of the trees are not looked at: a file edited by hand has them wrong.

use super::{
    SAVE_AGAIN,
    model::{Header, Info, Missing, Model, Question, RawLeaf, RawLinear, RawNode, RawSplit, RawTree},
};
use crate::problem::Problem;
use std::{collections::HashMap, str::FromStr};

/// Whether the bytes begin as a `model.txt` does.
pub(in crate::parse) fn is_text(bytes: &[u8]) -> bool {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    line.trim_ascii_end() == b"tree"
}

/// Reads a file, or says all that is wrong with it.
pub(super) fn read(dump: &[u8]) -> Result<Model, Vec<Problem>> {
    let Ok(text) = std::str::from_utf8(dump) else {
        return Err(vec![Problem::new("the file is not UTF-8", SAVE_AGAIN)]);
    };
    let blocks = Blocks::of(text).map_err(|problem| vec![problem])?;
    let mut problems = Vec::new();
    let header = header(&blocks, &mut problems);
    let mut trees = Vec::new();
    for (index, block) in blocks.trees.iter().enumerate() {
        match tree(block, index) {
            Ok(tree) => trees.push(tree),
            Err((key, found)) => problems.push(Problem {
                tree: Some(index),
                ..Problem::new(found, SAVE_AGAIN).at(format!("Tree={index} {key}"))
            }),
        }
    }
    match header {
        Some(header) if problems.is_empty() => Ok(Model { header, trees }),
        _ => Err(problems),
    }
}

/// Keys and values; a bare word is a key without a value.
type Block<'a> = HashMap<&'a str, &'a str>;

struct Blocks<'a> {
    header: Block<'a>,
    trees: Vec<Block<'a>>,
    pandas_categorical: Option<&'a str>,
    /// Whether `end of trees` stands there, which releases before 2.2 do not write.
    has_end: bool,
}

impl<'a> Blocks<'a> {
    fn of(text: &'a str) -> Result<Self, Problem> {
        let mut blocks =
            Self { header: Block::new(), trees: Vec::new(), pandas_categorical: None, has_end: false };
        let (mut in_trees, mut in_parameters) = (true, false);
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            let is_end = line == "end of trees" || line.starts_with("feature importances");
            blocks.has_end |= in_trees && line == "end of trees";
            in_trees = in_trees && !is_end && !line.starts_with("feature_importances");
            in_parameters = (in_parameters || line == "parameters:") && line != "end of parameters";
            if let Some(levels) = line.strip_prefix("pandas_categorical:") {
                blocks.pandas_categorical = Some(levels);
            } else if in_trees && key == "Tree" {
                if value.parse() != Ok(blocks.trees.len()) {
                    let found = format!("`{line}` stands where Tree={} is expected", blocks.trees.len());
                    return Err(Problem::new(found, SAVE_AGAIN).at(format!("line {}", number + 1)));
                }
                blocks.trees.push(Block::new());
            } else if in_trees && !line.is_empty() {
                let block = blocks.trees.last_mut().unwrap_or(&mut blocks.header);
                block.insert(key, value);
            }
        }
        // Behind the trees there are parameters, and behind those the levels of a data frame.
        if in_trees || in_parameters {
            let what = if in_trees { "trees" } else { "parameters" };
            let found = format!("the file ends in the middle of the {what}");
            return Err(Problem::new(found, "copy or save the whole file"));
        }
        Ok(blocks)
    }
}

fn header(blocks: &Blocks<'_>, problems: &mut Vec<Problem>) -> Option<Header> {
    let block = &blocks.header;
    let mut count = |key: &str, otherwise: Option<usize>| {
        let number = block.get(key).map_or(otherwise, |text| text.parse().ok());
        if number.is_none() {
            let found = block.get(key).map_or("nothing".to_owned(), |text| format!("{text:?}"));
            let found = format!("found {found} where a count is expected");
            problems.push(Problem::new(found, SAVE_AGAIN).at(key));
        }
        number
    };
    let num_class = count("num_class", Some(1));
    let num_tree_per_iteration = count("num_tree_per_iteration", num_class);
    let last = count("max_feature_idx", None);
    let feature_names: Vec<String> = block
        .get("feature_names")
        .map_or_else(Vec::new, |names| names.split(' ').map(str::to_owned).collect());
    let infos: Vec<&str> =
        block.get("feature_infos").map_or_else(Vec::new, |infos| infos.split(' ').collect());
    let width = last?.checked_add(1)?;
    for (key, length) in [("feature_names", feature_names.len()), ("feature_infos", infos.len())] {
        if length != width {
            let found = format!("there are {length} where max_feature_idx asks for {width}");
            problems.push(Problem::new(found, SAVE_AGAIN).at(key));
        }
    }
    let read: Result<Vec<Info>, &str> = infos.iter().map(|text| info(text).ok_or(*text)).collect();
    if let Err(text) = read {
        let found = format!(
            "found {text:?} where `none`, the least and the greatest number or categories are expected"
        );
        problems.push(Problem::new(found, SAVE_AGAIN).at("feature_infos"));
    }
    let pandas_categorical = match blocks.pandas_categorical.map(serde_json::from_str) {
        None => None,
        Some(Ok(levels)) => levels,
        Some(Err(error)) => {
            problems.push(Problem::new(error.to_string(), SAVE_AGAIN).at("pandas_categorical"));
            None
        }
    };
    Some(Header {
        version: block.get("version").map_or("unknown", |version| version).to_owned(),
        num_class: num_class?,
        num_tree_per_iteration: num_tree_per_iteration?,
        objective: block.get("objective").map(|objective| (*objective).to_owned()),
        average_output: block.contains_key("average_output"),
        are_predictions: block.contains_key("average_output") && !blocks.has_end,
        feature_names,
        infos: read.ok()?,
        pandas_categorical,
    })
}

/// `[least:greatest]` is of numbers, `none` of a constant, and any other of categories.
fn info(text: &str) -> Option<Info> {
    if text == "none" {
        return Some(Info::Constant);
    }
    let Some(range) = text.strip_prefix('[') else {
        return text.split(':').map(|code| code.parse().ok()).collect::<Option<_>>().map(Info::Categories);
    };
    let number = |text: &str| text.parse().unwrap_or(f64::NAN);
    let (least, greatest) = range.strip_suffix(']').and_then(|range| range.split_once(':'))?;
    Some(Info::Numbers(number(least), number(greatest)))
}

/// What is wrong with a tree: the key and what was found.
type Refusal = (String, String);

fn tree(block: &Block<'_>, index: usize) -> Result<RawTree, Refusal> {
    let leaves: usize = one(block, "num_leaves")?;
    if leaves == 0 {
        return Err(("num_leaves".into(), "the tree has no leaf".into()));
    }
    let splits = leaves - 1;
    let mut nodes = self::splits(block, splits)?;
    let values: Vec<f64> = list(block, "leaf_value", leaves)?;
    let mut linear = linear(block, leaves)?.into_iter();
    for (index, value) in values.into_iter().enumerate() {
        nodes.push(RawNode::Leaf(RawLeaf { index, value, linear: linear.next() }));
    }
    Ok(RawTree { place: format!("Tree={index}"), nodes })
}

fn splits(block: &Block<'_>, splits: usize) -> Result<Vec<RawNode>, Refusal> {
    if splits == 0 {
        return Ok(Vec::new());
    }
    let features: Vec<usize> = list(block, "split_feature", splits)?;
    let thresholds: Vec<f64> = list(block, "threshold", splits)?;
    let decisions: Vec<u8> = list(block, "decision_type", splits)?;
    let left: Vec<i64> = list(block, "left_child", splits)?;
    let right: Vec<i64> = list(block, "right_child", splits)?;
    let sets = category_sets(block)?;
    let mut nodes = Vec::new();
    for index in 0..splits {
        let refuse = |key: &str, found: String| Err((key.to_owned(), format!("split {index}: {found}")));
        let decision = decisions[index];
        let missing = match decision >> MISSING_BITS & 3 {
            0 => Missing::Nothing,
            1 => Missing::Zero,
            2 => Missing::NaN,
            _ => return refuse("decision_type", format!("{decision} has no known missing type")),
        };
        let question = if decision & CATEGORICAL == 0 {
            Question::Threshold(thresholds[index])
        } else {
            // A categorical split's threshold is the index of its set.
            let set = thresholds[index];
            match sets.get(set as usize).filter(|_| set >= 0.0 && set.fract() == 0.0) {
                Some(set) => Question::Categories(set.clone()),
                None => return refuse("threshold", format!("there is no set of categories {set}")),
            }
        };
        // A leaf's child is the complement of its number; leaves stand behind the splits here.
        let node =
            |child: i64| usize::try_from(child).unwrap_or_else(|_| splits.saturating_add(!child as usize));
        nodes.push(RawNode::Split(RawSplit {
            index,
            feature: features[index],
            question,
            default_left: decision & DEFAULT_LEFT != 0,
            missing,
            children: [node(left[index]), node(right[index])],
        }));
    }
    Ok(nodes)
}

/// The bits of `decision_type`.
const CATEGORICAL: u8 = 1;
const DEFAULT_LEFT: u8 = 2;
const MISSING_BITS: u8 = 2;

/// The sets of categories: bits in words of 32, cut at boundaries.
fn category_sets(block: &Block<'_>) -> Result<Vec<Vec<usize>>, Refusal> {
    let count = block.get("num_cat").map_or(Ok(0), |_| one::<usize>(block, "num_cat"))?;
    if count == 0 {
        return Ok(Vec::new());
    }
    let refuse = || ("cat_boundaries".to_owned(), "the boundaries do not fit the words".to_owned());
    let boundaries: Vec<usize> = list(block, "cat_boundaries", count.checked_add(1).ok_or_else(refuse)?)?;
    let words: Vec<u32> = list(block, "cat_threshold", *boundaries.last().ok_or_else(refuse)?)?;
    let set = |ends: &[usize]| {
        let words = words.get(ends[0]..ends[1])?;
        Some((0..words.len() * 32).filter(|code| words[code / 32] >> (code % 32) & 1 == 1).collect())
    };
    boundaries.windows(2).map(|ends| set(ends).ok_or_else(refuse)).collect()
}

/// The linear leaves, where the tree has them.
fn linear(block: &Block<'_>, leaves: usize) -> Result<Vec<RawLinear>, Refusal> {
    if block.get("is_linear").is_none_or(|flag| *flag == "0") {
        return Ok(Vec::new());
    }
    let constants: Vec<f64> = list(block, "leaf_const", leaves)?;
    let lengths: Vec<usize> = list(block, "num_features", leaves)?;
    let total = lengths.iter().try_fold(0_usize, |total, length| total.checked_add(*length));
    let total = total.ok_or_else(|| ("num_features".to_owned(), "the numbers are too large".to_owned()))?;
    let features: Vec<usize> = list(block, "leaf_features", total)?;
    let coefficients: Vec<f64> = list(block, "leaf_coeff", total)?;
    let mut terms = features.into_iter().zip(coefficients);
    let leaf = |(constant, length): (f64, usize)| RawLinear {
        constant,
        terms: terms.by_ref().take(length).collect(),
    };
    Ok(constants.into_iter().zip(lengths).map(leaf).collect())
}

fn one<T: FromStr>(block: &Block<'_>, key: &str) -> Result<T, Refusal> {
    let text = block.get(key).copied().unwrap_or_default();
    text.parse().map_err(|_| (key.to_owned(), format!("found {text:?} where a count is expected")))
}

/// So many numbers, between any blanks.
fn list<T: FromStr>(block: &Block<'_>, key: &str, length: usize) -> Result<Vec<T>, Refusal> {
    let refuse = |found: String| (key.to_owned(), found);
    let text = block.get(key).ok_or_else(|| refuse("the tree has no such line".into()))?;
    let number = |word: &str| word.parse().map_err(|_| refuse(format!("{word:?} is no number of its kind")));
    let numbers: Vec<T> = text.split_whitespace().map(number).collect::<Result<_, _>>()?;
    if numbers.len() == length {
        Ok(numbers)
    } else {
        Err(refuse(format!("there are {} numbers where {length} are expected", numbers.len())))
    }
}
