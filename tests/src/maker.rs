//! Makes random trees over given features, and the parts of an ensemble of them.

use fastrand::Rng;
use model_codegen::ir::{
    Accumulation, BasePosition, CategorySet, Column, Direction, Feature, FeatureId, Leaf, LeafId, Linear,
    Link, Node, NodeId, Order, Output, Parts, Precision, Split, Task, Test, Trainer, Transform, Tree,
};

/// Makes random trees over given features.
pub(super) struct Maker {
    pub(super) rng: Rng,
    pub(super) columns: Vec<Column>,
    pub(super) features: Vec<Feature>,
    /// Where members of a category set go; either way where that is not given.
    pub(super) members: Option<Direction>,
    /// Whether values equal to a threshold go left.
    pub(super) inclusive: bool,
    /// Whether leaves are 32-bit floats.
    pub(super) single: bool,
    /// The numbers of a leaf, where it is a vector.
    pub(super) vector: Option<usize>,
    /// The features of linear leaves.
    pub(super) linear: Vec<FeatureId>,
    /// The first category that no set holds.
    pub(super) category_max: usize,
}

/// Numbers that round, overflow, vanish and keep their sign or not.
const NUMBERS: [f64; 12] =
    [0.1, -0.3, 0.0, -0.0, 1e-40, 5e-324, 1e300, -1e300, 12.300_000_190_734_863, 1.0, 1e17, f64::NAN];

impl Maker {
    pub(super) fn new(seed: u64, columns: Vec<Column>, features: Vec<Feature>) -> Self {
        Self {
            rng: Rng::with_seed(seed),
            columns,
            features,
            members: None,
            inclusive: false,
            single: false,
            vector: None,
            linear: Vec::new(),
            category_max: 40,
        }
    }

    pub(super) fn tree(&mut self, nodes_max: usize, output: Output) -> Tree {
        let (mut nodes, mut leaves, mut planned) = (Vec::new(), Vec::new(), 1);
        while nodes.len() < planned {
            if planned + 2 > nodes_max
                || (nodes.len() > 2 && planned > nodes.len() + 1 && self.rng.u8(..) < 40)
            {
                nodes.push(Node::Leaf(LeafId::new(leaves.len())));
                leaves.push(self.leaf());
            } else {
                let feature = self.rng.usize(..self.features.len());
                nodes.push(Node::Split(Split {
                    feature: FeatureId::new(feature),
                    test: self.test(feature),
                    missing: Direction::left_if(self.rng.bool()),
                    left: NodeId::new(planned),
                    right: NodeId::new(planned + 1),
                }));
                planned += 2;
            }
        }
        Tree::new(nodes, leaves, output).expect("breadth first, each node once")
    }

    fn test(&mut self, feature: usize) -> Test {
        if self.rng.u8(..) < 20 {
            return Test::Present;
        }
        if !self.features[feature].is_numeric() {
            let members = self.members.unwrap_or(Direction::left_if(self.rng.bool()));
            let share = [0, 1, 20, 128, 255][self.rng.usize(..5)];
            let set: CategorySet = (0..self.category_max).filter(|_| self.rng.u8(..) < share).collect();
            return Test::Member { set, members };
        }
        let threshold = match self.rng.u8(..20) {
            0 => 0.0,
            1 => f64::INFINITY,
            2 => f64::NEG_INFINITY,
            _ => f64::from(self.rng.f32() * 4.0 - 2.0),
        };
        if self.inclusive { Test::LessOrEqual(threshold) } else { Test::Less(threshold) }
    }

    fn leaf(&mut self) -> Leaf {
        if let Some(outputs) = self.vector {
            return Leaf::Vector((0..outputs).map(|_| self.leaf_number()).collect());
        }
        if self.linear.is_empty() || self.rng.bool() {
            return Leaf::Value(self.leaf_number());
        }
        let count = self.rng.usize(..=self.linear.len());
        let terms = self
            .linear
            .clone()
            .into_iter()
            .take(count)
            .map(|feature| (feature, self.leaf_number()))
            .collect();
        Leaf::Linear(Box::new(Linear { constant: self.leaf_number(), terms, otherwise: self.leaf_number() }))
    }

    pub(super) fn leaf_number(&mut self) -> f64 {
        let number = match self.rng.u8(..30) {
            0 => NUMBERS[self.rng.usize(..NUMBERS.len())],
            _ => self.rng.f64() - 0.5,
        };
        if self.single { f64::from(number as f32) } else { number }
    }

    pub(super) fn parts(&self, trees: Vec<Tree>, outputs: usize) -> Parts {
        Parts {
            trainer: Trainer {
                name: "nobody".into(),
                version: "0".into(),
                algorithm: "synthetic".into(),
                objective: "none".into(),
            },
            columns: self.columns.clone(),
            features: self.features.clone(),
            trees,
            outputs,
            accumulation: Accumulation {
                precision: Precision::F64,
                order: Order::Sequential,
                base: vec![0.0; outputs],
                base_position: BasePosition::Last,
                weights: None,
                scale: None,
            },
            offset: None,
            transform: Transform::Value { divisor: None, link: Link::Identity },
            task: Task::Regression,
        }
    }
}
