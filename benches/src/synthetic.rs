//! Made-up models of the sizes that people have, as dumps, and rows for them: always the same.
//!
//! They resemble what boosting on histograms makes of tabular data. A feature has a distribution and at most 254 thresholds
//! (of `m_thresholds` eight have 1,016), its quantiles; a tree is grown where most rows are until it has its leaves, so that it is unbalanced, yet most rows
//! take the longest ways. The build script compiles the models, and the benchmarks make the same dumps again.

use fastrand::Rng;
use std::{cmp::Reverse, collections::BinaryHeap, fmt::Write};

/// Features of every model.
pub const FEATURES: usize = 28;

/// Levels of the categorical features, where a model has some: they stand first.
const LEVELS: [usize; 4] = [2, 12, 60, 1_200];

/// Thresholds of a feature that is no whole number: as many as 255 bins have between them.
const THRESHOLDS: usize = 254;

/// Trainers come back to some thresholds: of the splits so many in 8 are at one of every so many.
const POPULAR_EIGHTHS: u8 = 5;
const POPULAR_STEP: usize = 16;

/// The share of a row's values that are missing, where any are.
const MISSING_SHARE: f64 = 0.05;

/// What a made-up model is like.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Its name, which is its module's too.
    pub name: &'static str,
    /// How many trees it has.
    pub trees: usize,
    /// The most leaves of a tree.
    pub leaves: usize,
    /// The most splits on a way through a tree.
    pub depth: usize,
    /// What it has beside numbers.
    pub kind: Kind,
}

/// What tells models apart beside their size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Numbers, none of them missing.
    Plain,
    /// Eight of the features have four times as many thresholds.
    ManyThresholds,
    /// Four of the features are categories, and values are missing, which go both ways.
    CategoriesAndMissing,
    /// Numbers, leaves and sums of 32 bits, and values are missing, which go both ways: a dump of `XGBoost`.
    Single,
}

impl Kind {
    /// Whether values are missing.
    fn has_missing(self) -> bool {
        matches!(self, Self::CategoriesAndMissing | Self::Single)
    }
}

/// The models whose scoring is timed. S, M and L are boosted, D is a random forest; the others have M's size.
pub const SIZES: [Shape; 7] = [
    Shape { name: "s", trees: 100, leaves: 32, depth: 5, kind: Kind::Plain },
    Shape { name: "m", trees: 500, leaves: 51, depth: 6, kind: Kind::Plain },
    Shape { name: "l", trees: 1_000, leaves: 136, depth: 8, kind: Kind::Plain },
    Shape { name: "d", trees: 50, leaves: 12_000, depth: 20, kind: Kind::Plain },
    Shape { name: "m_categories", trees: 500, leaves: 51, depth: 6, kind: Kind::CategoriesAndMissing },
    Shape { name: "m_thresholds", trees: 500, leaves: 51, depth: 6, kind: Kind::ManyThresholds },
    Shape { name: "m_single", trees: 500, leaves: 51, depth: 6, kind: Kind::Single },
];

/// Small models, each compiled in both forms: trees of 16 leaves, which are 31 nodes.
pub const SMALL: [Shape; 8] = [
    small("trees_2", 2),
    small("trees_4", 4),
    small("trees_8", 8),
    small("trees_16", 16),
    small("trees_24", 24),
    small("trees_40", 40),
    small("trees_80", 80),
    small("trees_160", 160),
];

const fn small(name: &'static str, trees: usize) -> Shape {
    Shape { name, trees, leaves: 16, depth: 5, kind: Kind::Plain }
}

/// A model of more leaves takes the build script and the check of its answers seconds each: L and D do.
const LEAVES_MAX: usize = 100_000;

impl Shape {
    /// Whether the model is there to be timed alone, not in a debug build nor where answers are but checked.
    pub fn is_large(&self) -> bool {
        self.trees * self.leaves > LEAVES_MAX
    }

    /// The model's dump: `GBM_JSON`, or `XGBoost`'s where it is [`Kind::Single`].
    pub fn dump(&self) -> Vec<u8> {
        let features = self.features();
        let mut random = self.random();
        let mut text = String::new();
        // Writing to a `String` can't fail.
        let _ = match self.kind {
            Kind::Single => self.write_xgboost(&features, &mut random, &mut text),
            _ => self.write_gbm_json(&features, &mut random, &mut text),
        };
        text.into_bytes()
    }

    /// So many rows for the model, one after the other.
    pub fn rows(&self, count: usize) -> Vec<f64> {
        let features = self.features();
        let mut random = Rng::with_seed(20_000);
        let mut value = |feature: &Feature| {
            let share = random.f64();
            if self.kind.has_missing() && random.f64() < MISSING_SHARE {
                f64::NAN
            } else {
                feature.distribution.quantile(share)
            }
        };
        (0..count).flat_map(|_| features.iter().map(&mut value).collect::<Vec<_>>()).collect()
    }

    fn random(&self) -> Rng {
        Rng::with_seed(self.trees as u64 * 1_000_000 + self.leaves as u64 * 100 + self.kind as u64)
    }

    fn features(&self) -> Vec<Feature> {
        let of_index = |index: usize| {
            let distribution = match (self.kind, LEVELS.get(index), index % 4) {
                (Kind::CategoriesAndMissing, Some(levels), _) => Distribution::Level(*levels),
                (_, _, 0) => Distribution::Whole(3 + 4 * index),
                (_, _, 1) => Distribution::Even,
                (_, _, 2) => Distribution::Logistic,
                _ => Distribution::Exponential,
            };
            let is_many = self.kind == Kind::ManyThresholds && !index.is_multiple_of(4) && index < 11;
            let thresholds = distribution.thresholds(if is_many { 4 * THRESHOLDS } else { THRESHOLDS });
            let round = |threshold: f64| {
                if self.kind == Kind::Single { f64::from(threshold as f32) } else { threshold }
            };
            Feature { distribution, thresholds: thresholds.into_iter().map(round).collect() }
        };
        (0..FEATURES).map(of_index).collect()
    }

    fn write_gbm_json(&self, features: &[Feature], random: &mut Rng, text: &mut String) -> std::fmt::Result {
        let trainer =
            format!(r#"{{"name":"made up","version":"1","algorithm":"{}","objective":"none"}}"#, self.name);
        write!(text, r#"{{"gbm_json":1,"trainer":{trainer},"sum":{{"base":[0.5]}},"columns":["#)?;
        for (index, feature) in features.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            match feature.distribution {
                Distribution::Level(levels) => {
                    write!(text, r#"{comma}{{"name":"f{index}","levels":{levels}}}"#)?;
                }
                _ => write!(text, r#"{comma}{{"name":"f{index}"}}"#)?,
            }
        }
        text.push_str("],\n\"trees\":[");
        for tree in 0..self.trees {
            text.push_str(if tree == 0 { "\n{\"nodes\":[" } else { ",\n{\"nodes\":[" });
            for (index, node) in self.tree(features, random).iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                match node {
                    Node::Leaf(leaf) => write!(text, r#"{{"leaf":{leaf:?}}}"#)?,
                    Node::Split { feature, left, asked, missing_left } => {
                        write!(text, r#"{{"column":{feature},"left":{left},"right":{},"#, left + 1)?;
                        if *missing_left {
                            text.push_str(r#""missing_left":true,"#);
                        }
                        match asked {
                            Asked::AtMost(threshold) => write!(text, r#""at_most":{threshold:?}}}"#)?,
                            Asked::Levels(levels) => write!(text, r#""levels":{levels:?}}}"#)?,
                        }
                    }
                }
            }
            text.push_str("]}");
        }
        text.push_str("]}\n");
        Ok(())
    }

    fn write_xgboost(&self, features: &[Feature], random: &mut Rng, text: &mut String) -> std::fmt::Result {
        text.push_str(
            r#"{"version":[3,2,0],"learner":{"attributes":{},"feature_names":[],"feature_types":[],"#,
        );
        write!(
            text,
            r#""learner_model_param":{{"base_score":"5E-1","num_class":"0","num_feature":"{FEATURES}"}},"#
        )?;
        text.push_str(
            r#""objective":{"name":"reg:squarederror"},"gradient_booster":{"name":"gbtree","model":{"#,
        );
        write!(
            text,
            r#""gbtree_model_param":{{"num_parallel_tree":"1"}},"tree_info":{:?},"#,
            vec![0; self.trees]
        )?;
        text.push_str("\"trees\":[");
        for tree in 0..self.trees {
            let nodes = self.tree(features, random);
            let number = |of: &dyn Fn(&Node) -> isize| nodes.iter().map(of).collect::<Vec<_>>();
            let left =
                number(&|node| if let Node::Split { left, .. } = node { left.cast_signed() } else { -1 });
            let right: Vec<isize> = left.iter().map(|left| if *left < 0 { -1 } else { left + 1 }).collect();
            let index = number(&|node| {
                if let Node::Split { feature, .. } = node { feature.cast_signed() } else { 0 }
            });
            let default_left = number(&|node| matches!(node, Node::Split { missing_left: true, .. }).into());
            let conditions: Vec<f32> = nodes
                .iter()
                .map(|node| match node {
                    Node::Split { asked: Asked::AtMost(threshold), .. } => *threshold as f32,
                    Node::Split { .. } => 0.0,
                    Node::Leaf(leaf) => *leaf as f32,
                })
                .collect();
            let comma = if tree == 0 { "" } else { "," };
            writeln!(
                text,
                r#"{comma}{{"left_children":{left:?},"right_children":{right:?},"split_indices":{index:?},"#
            )?;
            writeln!(text, r#""default_left":{default_left:?},"split_conditions":{conditions:?}}}"#)?;
        }
        text.push_str("]}}}}\n");
        Ok(())
    }

    /// A tree, grown where most rows are. Children stand behind their parent, the right one behind the left one.
    fn tree(&self, features: &[Feature], random: &mut Rng) -> Vec<Node> {
        let leaf = |random: &mut Rng| Node::Leaf((random.f64() - 0.5) * 0.1);
        let mut nodes = vec![leaf(random)];
        let everywhere: [(u16, u16); FEATURES] =
            std::array::from_fn(|index| (0, features[index].thresholds.len() as u16));
        let mut places = vec![everywhere];
        // The bits of a number that is not negative are in its order; of equal ones the first is the next.
        let mut open = BinaryHeap::from([(1.0_f64.to_bits(), Reverse(0_usize), 0_usize)]);
        let mut leaves = 1;
        while let Some((share, Reverse(at), depth)) = open.pop() {
            if leaves == self.leaves {
                break;
            }
            let Some((feature, asked, left_share)) = Self::split(features, &places[at], random) else {
                continue;
            };
            let left = nodes.len();
            let (mut left_place, mut right_place) = (places[at], places[at]);
            if let Asked::AtMost(threshold) = asked {
                let index = features[feature].thresholds.partition_point(|other| *other < threshold) as u16;
                left_place[feature].1 = index;
                right_place[feature].0 = index + 1;
            }
            places.extend([left_place, right_place]);
            let missing_left = self.kind.has_missing() && random.bool();
            nodes[at] = Node::Split { feature, left, asked, missing_left };
            nodes.extend([leaf(random), leaf(random)]);
            leaves += 1;
            if depth + 1 < self.depth {
                let share = f64::from_bits(share);
                for (child, share) in [(left, share * left_share), (left + 1, share * (1.0 - left_share))] {
                    open.push((share.to_bits(), Reverse(child), depth + 1));
                }
            }
        }
        nodes
    }

    /// A feature, what is asked of it, and the share of the rows here that goes left.
    fn split(
        features: &[Feature],
        place: &[(u16, u16); FEATURES],
        random: &mut Rng,
    ) -> Option<(usize, Asked, f64)> {
        // The features are of unequal use: the first ones are asked most often.
        let index = (random.f64() * random.f64() * FEATURES as f64) as usize;
        if let Distribution::Level(levels) = features[index].distribution {
            let some: Vec<usize> = (0..levels).filter(|_| random.bool()).collect();
            let some = if some.is_empty() { vec![0] } else { some };
            return Some((index, Asked::Levels(some), 0.5));
        }
        // Where the feature has no threshold left here, the next one is asked.
        let has_some = |index: &usize| place[*index].0 < place[*index].1;
        let index = (index..FEATURES).chain(0..index).find(has_some)?;
        let (first, end) = (usize::from(place[index].0), usize::from(place[index].1));
        let middling = (random.f64() + random.f64() + random.f64()) / 3.0;
        let mut chosen = first + (middling * (end - first) as f64) as usize;
        let popular = chosen / POPULAR_STEP * POPULAR_STEP;
        if popular >= first && random.u8(..8) < POPULAR_EIGHTHS {
            chosen = popular;
        }
        let share = (chosen + 1 - first) as f64 / (end + 1 - first) as f64;
        Some((index, Asked::AtMost(features[index].thresholds[chosen]), share))
    }
}

#[derive(Debug)]
enum Node {
    Leaf(f64),
    Split { feature: usize, left: usize, asked: Asked, missing_left: bool },
}

#[derive(Debug)]
enum Asked {
    AtMost(f64),
    Levels(Vec<usize>),
}

#[derive(Debug)]
struct Feature {
    distribution: Distribution,
    thresholds: Vec<f64>,
}

/// How a feature's values are distributed.
#[derive(Clone, Copy, Debug)]
enum Distribution {
    Even,
    Logistic,
    Exponential,
    /// Whole numbers below this, small ones more often.
    Whole(usize),
    /// A level's index, each as often.
    Level(usize),
}

impl Distribution {
    /// The value that this share of values lies below.
    fn quantile(self, share: f64) -> f64 {
        // No logarithm is of zero.
        let inside = share.clamp(1e-12, 1.0 - 1e-12);
        match self {
            Self::Even => 100.0 * share,
            Self::Logistic => (inside / (1.0 - inside)).ln(),
            Self::Exponential => -1e4 * (1.0 - inside).ln(),
            Self::Whole(count) => (share * share * count as f64).floor(),
            Self::Level(count) => (share * count as f64).floor(),
        }
    }

    /// At most so many thresholds, with as many values between each two as can be.
    fn thresholds(self, most: usize) -> Vec<f64> {
        match self {
            Self::Level(_) => Vec::new(),
            Self::Whole(count) => (0..count - 1).map(|number| number as f64 + 0.5).collect(),
            _ => (0..most).map(|index| self.quantile((index + 1) as f64 / (most + 1) as f64)).collect(),
        }
    }
}

/// The name of a model's module, in a form of scoring code.
pub fn module(shape: &Shape, form: &str) -> String {
    match form {
        "auto" => shape.name.to_owned(),
        form => format!("{}_{}", shape.name, form.replace('-', "_")),
    }
}
