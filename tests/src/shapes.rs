//! Ensembles of filled trees, one for each shape that the ranked form's kernels tell apart.

use super::{column, ensemble, levels, numeric};
use fastrand::Rng;
use model_codegen::ir::{
    Accumulation, BasePosition, CategorySet, Column, ColumnId, ColumnKind, Direction, Ensemble, Feature,
    FeatureId, Leaf, LeafId, Link, Node, NodeId, Number, Order, Output, OutputId, Parts, Precision, Split,
    Task, Test, Trainer, Transform, Tree,
};

/// A shape: columns, trees and their depth, how many steps thresholds are apart, outputs, precision.
struct Shape {
    columns: Vec<Column>,
    trees: usize,
    depth: usize,
    /// Thresholds are among so many numbers.
    thresholds: u32,
    outputs: usize,
    precision: Precision,
}

/// The ensembles by name.
pub(super) fn ensembles() -> Vec<(&'static str, Ensemble)> {
    let shape = |columns: usize, trees: usize, depth: usize| Shape {
        columns: numeric(columns),
        trees,
        depth,
        thresholds: 60,
        outputs: 1,
        precision: Precision::F64,
    };
    let categorical = [2, 1_200].into_iter().enumerate().map(|(index, count)| column(index, levels(count)));
    let columns: Vec<Column> = categorical.chain([column(2, ColumnKind::Numeric)]).collect();
    vec![
        ("columns_500", shape(500, 24, 5).made(1)),
        ("eight_trees_of_more_than_256_bytes", shape(400, 9, 8).made(14)),
        ("missing_both_ways_60_bytes", shape(30, 17, 8).made(2)),
        ("missing_both_ways_100_bytes", shape(50, 24, 6).made(3)),
        ("missing_both_ways_200_bytes", shape(100, 24, 6).made(4)),
        ("thresholds_past_255", Shape { thresholds: 1 << 20, ..shape(2, 24, 7) }.made(5)),
        (
            "thresholds_past_255_in_parts",
            Shape { thresholds: 1 << 20, outputs: 2, ..shape(8, 150, 8) }.made(12),
        ),
        (
            "more_byte_thresholds_than_twins_have_slots_for",
            Shape { thresholds: 800, ..shape(100, 170, 7) }.made(13),
        ),
        ("categories_of_2_and_1200", Shape { columns: columns.clone(), ..shape(0, 9, 4) }.made(6)),
        ("categories_in_more_than_256_sets", Shape { columns: columns.clone(), ..shape(0, 24, 5) }.made(7)),
        ("categories_in_a_thousand_sets", Shape { columns: columns.clone(), ..shape(0, 300, 5) }.made(15)),
        ("margins_of_32_bits", Shape { precision: Precision::F32, ..shape(12, 40, 6) }.made(8)),
        ("margins_of_32_bits_depth_8", Shape { precision: Precision::F32, ..shape(12, 9, 8) }.made(9)),
        ("three_classes_depth_7", Shape { outputs: 3, ..shape(12, 21, 7) }.made(10)),
        ("stumps_and_single_leaves", shape(5, 30, 1).made(11)),
        ("missing_reaches_the_first_threshold_alone", shape(1, 12, 1).of((0..12).map(stump).collect())),
        ("questions_that_no_row_comes_to", Shape { columns, ..shape(0, 9, 2) }.of(vec![unreached(); 9])),
    ]
}

impl Shape {
    fn made(self, seed: u64) -> Ensemble {
        let mut rng = Rng::with_seed(seed);
        let trees = (0..self.trees).map(|index| self.tree(&mut rng, index % self.outputs)).collect();
        self.of(trees)
    }

    fn of(self, trees: Vec<Tree>) -> Ensemble {
        let features = self.columns.iter().enumerate().map(|(index, column)| {
            let id = ColumnId::new(index);
            match column.kind {
                ColumnKind::Numeric => {
                    Feature::Number(Number { precision: self.precision, ..Number::exact(id) })
                }
                ColumnKind::Categorical(_) => Feature::Level(id),
            }
        });
        let features: Vec<Feature> = features.collect();
        ensemble(Parts {
            trainer: Trainer {
                name: "nobody".into(),
                version: "0".into(),
                algorithm: "synthetic".into(),
                objective: "none".into(),
            },
            columns: self.columns,
            features,
            trees,
            outputs: self.outputs,
            accumulation: Accumulation {
                precision: self.precision,
                order: Order::Sequential,
                base: vec![0.5; self.outputs],
                base_position: BasePosition::First,
                weights: None,
                scale: None,
            },
            offset: None,
            transform: Transform::Value { divisor: None, link: Link::Identity },
            task: Task::Regression,
        })
    }

    /// A tree; one in eight nodes ends a way before its time.
    fn tree(&self, rng: &mut Rng, output: usize) -> Tree {
        let (mut nodes, mut leaves) = (vec![None], Vec::new());
        let mut open = vec![(0, 0)];
        while let Some((at, depth)) = open.pop() {
            nodes[at] = Some(if depth == self.depth || rng.u8(..8) == 0 {
                let leaf = rng.f64() - 0.5;
                leaves.push(Leaf::Value(self.precision.round(leaf)));
                Node::Leaf(LeafId::new(leaves.len() - 1))
            } else {
                let left = nodes.len();
                nodes.extend([None, None]);
                open.extend([(left, depth + 1), (left + 1, depth + 1)]);
                Node::Split(self.split(rng, left))
            });
        }
        let nodes = nodes.into_iter().map(|node| node.expect("every node was open once")).collect();
        Tree::new(nodes, leaves, Output::One(OutputId::new(output))).expect("a tree")
    }

    fn split(&self, rng: &mut Rng, left: usize) -> Split {
        let feature = rng.usize(..self.columns.len());
        let test = match &self.columns[feature].kind {
            _ if rng.u8(..20) == 0 => Test::Present,
            ColumnKind::Numeric => {
                let threshold = f64::from(rng.u32(..self.thresholds)) / 8.0;
                if rng.bool() { Test::Less(threshold) } else { Test::LessOrEqual(threshold) }
            }
            ColumnKind::Categorical(levels) => {
                let set: CategorySet = (0..levels.len()).filter(|_| rng.bool()).collect();
                Test::Member { set, members: Direction::left_if(rng.bool()) }
            }
        };
        Split {
            feature: FeatureId::new(feature),
            test,
            missing: Direction::left_if(rng.bool()),
            left: NodeId::new(left),
            right: NodeId::new(left + 1),
        }
    }
}

/// A missing value goes right at the first threshold, and left at others.
fn stump(threshold: u32) -> Tree {
    let split = Split {
        feature: FeatureId::new(0),
        test: Test::Less(f64::from(threshold)),
        missing: Direction::left_if(threshold > 0),
        left: NodeId::new(1),
        right: NodeId::new(2),
    };
    let nodes = [Node::Split(split)].into_iter().chain([0, 1].map(|leaf| Node::Leaf(LeafId::new(leaf))));
    let leaves = vec![Leaf::Value(0.0), Leaf::Value(f64::from(threshold) + 0.1)];
    Tree::new(nodes.collect(), leaves, Output::One(OutputId::new(0))).expect("a tree")
}

/// All rows go left at the root, whose right side asks for a category.
fn unreached() -> Tree {
    let all = Split {
        feature: FeatureId::new(2),
        test: Test::LessOrEqual(f64::INFINITY),
        missing: Direction::Left,
        left: NodeId::new(1),
        right: NodeId::new(2),
    };
    let unasked = Split {
        feature: FeatureId::new(0),
        test: Test::Member { set: [0].into_iter().collect(), members: Direction::Left },
        left: NodeId::new(3),
        right: NodeId::new(4),
        ..all.clone()
    };
    let [reached, others @ ..] = [0, 1, 2].map(|leaf| Node::Leaf(LeafId::new(leaf)));
    let nodes = [Node::Split(all), reached, Node::Split(unasked)].into_iter().chain(others).collect();
    let leaves = [0.25, 1.0, 2.0].map(Leaf::Value).to_vec();
    Tree::new(nodes, leaves, Output::One(OutputId::new(0))).expect("a tree")
}
