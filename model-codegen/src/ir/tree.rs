//! One tree: splits and leaves in a dense vector, parents before children.

use super::{FeatureId, LeafId, NodeId, OutputId};

/// A tree that can't be ill-formed: node 0 is its root, every other node has exactly one parent, which stands before
/// it, and every leaf of the vector stands at exactly one node.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    nodes: Vec<Node>,
    leaves: Vec<Leaf>,
    output: Output,
}

/// What stands at a node.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// A question, and where its answers lead.
    Split(Split),
    /// An end.
    Leaf(LeafId),
}

/// A question about one feature.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// What is tested.
    pub feature: FeatureId,
    /// Which present values go left.
    pub test: Test,
    /// Where a missing value goes.
    pub missing: Direction,
    /// The node on the left.
    pub left: NodeId,
    /// The node on the right.
    pub right: NodeId,
}

/// Which present values go left; the others go right.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// `value < threshold`
    Less(f64),
    /// `value <= threshold`
    LessOrEqual(f64),
    /// The categories of the set go where `members` says, all others the other way.
    Member {
        /// The set.
        set: CategorySet,
        /// Where its members go.
        members: Direction,
    },
    /// Every present value goes left: only missing ones may go right.
    Present,
}

/// A way out of a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the left child.
    Left,
    /// To the right child.
    Right,
}

impl Direction {
    /// Left where the condition holds.
    pub fn left_if(condition: bool) -> Self {
        if condition { Self::Left } else { Self::Right }
    }
}

/// A set of category codes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CategorySet(Vec<u64>);

impl CategorySet {
    /// Whether the code is in the set.
    pub fn contains(&self, code: usize) -> bool {
        self.0.get(code / 64).is_some_and(|word| word >> (code % 64) & 1 == 1)
    }

    /// Adds a code.
    pub fn insert(&mut self, code: usize) {
        if self.0.len() <= code / 64 {
            self.0.resize(code / 64 + 1, 0);
        }
        self.0[code / 64] |= 1 << (code % 64);
    }

    /// The codes in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.0.len() * 64).filter(|&code| self.contains(code))
    }

    /// The bits, 64 codes a word; the last word, if there is one, is not 0.
    pub fn words(&self) -> &[u64] {
        &self.0
    }
}

impl FromIterator<usize> for CategorySet {
    fn from_iter<I: IntoIterator<Item = usize>>(codes: I) -> Self {
        let mut set = Self::default();
        codes.into_iter().for_each(|code| set.insert(code));
        set
    }
}

/// What a tree adds.
#[derive(Clone, Debug, PartialEq)]
pub enum Leaf {
    /// A number, to the tree's output.
    Value(f64),
    /// A number to each output.
    Vector(Box<[f64]>),
    /// A sum of products, to the tree's output.
    Linear(Box<Linear>),
}

/// `constant + coefficient * feature + …`, each product rounded before it is added, in this order.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// The first summand.
    pub constant: f64,
    /// Numeric features and their coefficients.
    pub terms: Vec<(FeatureId, f64)>,
    /// The leaf's number where one of the features is missing.
    pub otherwise: f64,
}

/// Which margin a tree adds to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// One of them.
    One(OutputId),
    /// All of them: its leaves are vectors.
    All,
}

/// Why nodes are no tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TreeError {
    /// There is no node.
    Empty,
    /// A child does not stand behind its parent, or has another parent already.
    Child(NodeId),
    /// No split leads to the node.
    Unreachable(NodeId),
    /// A leaf does not exist or stands at another node already.
    Leaf(LeafId),
}

impl Tree {
    /// A tree of these nodes, the first of which is the root.
    pub fn new(nodes: Vec<Node>, leaves: Vec<Leaf>, output: Output) -> Result<Self, TreeError> {
        if nodes.is_empty() {
            return Err(TreeError::Empty);
        }
        let mut has_parent = vec![false; nodes.len()];
        let mut stands = vec![false; leaves.len()];
        for (index, node) in nodes.iter().enumerate() {
            match node {
                Node::Split(split) => {
                    for child in [split.left, split.right] {
                        if child.index() <= index || has_parent.get(child.index()) != Some(&false) {
                            return Err(TreeError::Child(child));
                        }
                        has_parent[child.index()] = true;
                    }
                }
                Node::Leaf(leaf) => match stands.get_mut(leaf.index()) {
                    Some(place) if !*place => *place = true,
                    _ => return Err(TreeError::Leaf(*leaf)),
                },
            }
        }
        if let Some(orphan) = has_parent.iter().skip(1).position(|has_parent| !has_parent) {
            return Err(TreeError::Unreachable(NodeId::new(orphan + 1)));
        }
        if let Some(stray) = stands.iter().position(|stands| !stands) {
            return Err(TreeError::Leaf(LeafId::new(stray)));
        }
        Ok(Self { nodes, leaves, output })
    }

    /// All nodes, parents before children.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The node with this id.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// All leaves.
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// The leaf with this id.
    pub fn leaf(&self, id: LeafId) -> &Leaf {
        &self.leaves[id.index()]
    }

    /// Which margin the tree adds to.
    pub fn output(&self) -> Output {
        self.output
    }

    /// All splits.
    pub fn splits(&self) -> impl Iterator<Item = &Split> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Split(split) => Some(split),
            Node::Leaf(_) => None,
        })
    }

    /// The number of splits above each node.
    pub fn depths(&self) -> Vec<usize> {
        let mut depths = vec![0; self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate() {
            if let Node::Split(split) = node {
                depths[split.left.index()] = depths[index] + 1;
                depths[split.right.index()] = depths[index] + 1;
            }
        }
        depths
    }

    /// The most splits between the root and a leaf.
    pub fn depth(&self) -> usize {
        self.depths().into_iter().max().unwrap_or(0)
    }
}
