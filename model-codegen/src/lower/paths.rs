//! Trees of any shape as tables: nodes in pairs, the left child and behind it the right one.

use super::{
    groups::term,
    masks::{Asked, Masks, Way},
    ranked::{Missing, Paths, Questions},
    tables::{Section, Tables},
};
use crate::ir::{Direction, Ensemble, LeafId, Node, NodeId, Output, Tree};

/// Leaves of a tree that one input behind the last stands for: as many as a rank of 16 bits can name, from 1 on.
const LEAVES_OF_ZERO: usize = 65_535;

/// Most inputs, those behind the last included: a node names one by 16 bits.
const INPUTS_MAX: usize = 1 << 16;

/// Least rank of a node that asks for a set: no input has it.
const NEVER: u64 = 0xffff;

/// The bits before the first set: a node that asks for no set looks there, as far behind the first as its rank.
const ZERO_BITS: usize = 1 << 16;

/// Lays out the trees of an ensemble whose leaves are numbers or vectors, and their leaves; or says why that can't be.
pub(super) fn lay_out(
    ensemble: &Ensemble,
    masks: &Masks,
    tables: &mut Tables,
) -> Result<(Paths, Section), String> {
    let leaves_max = ensemble.trees().iter().map(|tree| tree.leaves().len()).max().unwrap_or(0);
    let zeros = leaves_max.div_ceil(LEAVES_OF_ZERO).max(1);
    if masks.inputs.len() + zeros > INPUTS_MAX {
        return Err(format!(
            "its splits ask about {} inputs, and {INPUTS_MAX} is the most",
            masks.inputs.len()
        ));
    }
    let mut layout = Layout::new(masks);
    let mut trees = vec![Vec::new(); ensemble.outputs()];
    let mut leaves = Vec::new();
    for (index, tree) in ensemble.trees().iter().enumerate() {
        let (root, depth, order) = layout.tree(tree);
        let nodes = layout.nodes.len() / layout.stride - root;
        debug_assert_eq!(nodes, 2 * order.len() - 1, "each split has two children");
        let outputs = match tree.output() {
            Output::One(one) => one.index()..one.index() + 1,
            Output::All => 0..ensemble.outputs(),
        };
        for output in outputs {
            // `NODES_MAX` is far below what 32 bits count.
            trees[output].push([root as u32, depth as u32, leaves.len() as u32, nodes as u32]);
            let number = |leaf: &LeafId| term(ensemble.accumulation(), index, tree.leaf(*leaf), output);
            leaves.extend(order.iter().map(number));
        }
    }
    let paths = Paths {
        zeros,
        nodes: tables.u64s(&layout.nodes),
        sets: tables.u32s(&layout.sets),
        trees: trees.iter().map(|trees| tables.u32s(trees.as_flattened())).collect(),
    };
    Ok((paths, tables.leaves(&leaves, ensemble.accumulation().precision)))
}

struct Layout<'a> {
    masks: &'a Masks,
    nodes: Vec<u64>,
    /// Places that a node takes: two, where there are sets.
    stride: usize,
    sets: Vec<u32>,
    /// For each input with sets the first bit of the first.
    set_bits: Vec<usize>,
}

impl<'a> Layout<'a> {
    fn new(masks: &'a Masks) -> Self {
        let mut sets = Vec::new();
        let mut set_bits = Vec::new();
        for input in &masks.inputs {
            if let (Questions::Classes(_), true) = (&input.questions, sets.is_empty()) {
                sets.resize(ZERO_BITS / 32, 0);
            }
            set_bits.push(sets.len() * 32);
            if let Questions::Classes(classes) = &input.questions {
                classes.sets.iter().for_each(|set| sets.extend(set));
            }
        }
        let stride = if sets.is_empty() { 1 } else { 2 };
        Self { masks, nodes: Vec::new(), stride, sets, set_bits }
    }

    /// Adds a tree: its root, the most splits on a way, and its leaves as they are numbered.
    fn tree(&mut self, tree: &Tree) -> (usize, usize, Vec<LeafId>) {
        let root = self.room(1);
        let sizes = sizes(tree);
        let (mut depth_max, mut order) = (0, Vec::new());
        let mut open = vec![(NodeId::new(0), root, 0)];
        while let Some((node, place, depth)) = open.pop() {
            match self.asked(tree, node) {
                Met::Leaf(leaf) => {
                    let input = self.masks.inputs.len() + order.len() / LEAVES_OF_ZERO;
                    let number = 1 + order.len() % LEAVES_OF_ZERO;
                    self.put(place, input, number as u64, place, 0);
                    order.push(leaf);
                    depth_max = depth_max.max(depth);
                }
                Met::Split { mask, left, right } => {
                    let children = self.room(2);
                    let (input, asked) = self.masks.asked(mask);
                    match (asked, &self.masks.inputs[input].questions) {
                        (Asked::Set(set), Questions::Classes(classes)) => {
                            let bits = self.set_bits[input] + set * classes.count.next_multiple_of(32);
                            self.put(place, input, NEVER, children, bits);
                        }
                        (
                            Asked::Rank(_),
                            Questions::Thresholds { missing: Missing::GoesEitherWay(_), .. },
                        ) => {
                            unreachable!("masks for paths have no input whose missing values go either way")
                        }
                        (Asked::Rank(rank), _) => self.put(place, input, rank as u64, children, 0),
                        (Asked::Set(_) | Asked::Nothing, _) => {
                            unreachable!("a split's mask answers something")
                        }
                    }
                    // The larger child's own children stand behind the pair, often in its line: most rows are likely to come there.
                    let (left, right) = ((left, children, depth + 1), (right, children + 1, depth + 1));
                    let is_left_larger = sizes[left.0.index()] >= sizes[right.0.index()];
                    open.extend(if is_left_larger { [right, left] } else { [left, right] });
                }
            }
        }
        (root, depth_max, order)
    }

    /// The leaf or the question that a node leads to, where some questions have one answer.
    fn asked(&self, tree: &Tree, mut node: NodeId) -> Met {
        loop {
            match tree.node(node) {
                Node::Leaf(leaf) => return Met::Leaf(*leaf),
                Node::Split(split) => match self.masks.way(split) {
                    Way::Always(Direction::Left) => node = split.left,
                    Way::Always(Direction::Right) => node = split.right,
                    Way::Mask(mask) => return Met::Split { mask, left: split.left, right: split.right },
                    Way::NotMask(mask) => return Met::Split { mask, left: split.right, right: split.left },
                },
            }
        }
    }

    /// Room for so many nodes: the first one's place.
    fn room(&mut self, count: usize) -> usize {
        let place = self.nodes.len() / self.stride;
        self.nodes.resize(self.nodes.len() + count * self.stride, 0);
        place
    }

    fn put(&mut self, place: usize, input: usize, rank: u64, next: usize, bits: usize) {
        let at = place * self.stride;
        self.nodes[at] = rank << 48 | (input as u64) << 32 | next as u64;
        if self.stride == 2 {
            self.nodes[at + 1] = bits as u64;
        }
    }
}

/// How many nodes stand at and below each node.
fn sizes(tree: &Tree) -> Vec<usize> {
    let mut sizes = vec![1; tree.nodes().len()];
    for (index, node) in tree.nodes().iter().enumerate().rev() {
        if let Node::Split(split) = node {
            sizes[index] += sizes[split.left.index()] + sizes[split.right.index()];
        }
    }
    sizes
}

/// What a way comes to.
enum Met {
    Leaf(LeafId),
    Split { mask: usize, left: NodeId, right: NodeId },
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            masks::{self, For, Masks},
            names::Names,
            tables::{Section, Tables},
        },
        Layout, lay_out,
    };
    use crate::{Source, ir::Ensemble, understand};

    /// Trees as `GBM_JSON` has them, of a number `x` and, where there are some, the categories `c`.
    fn ensemble(columns: &str, trees: &[&str]) -> (Ensemble, Masks) {
        let trees: Vec<String> = trees.iter().map(|nodes| format!(r#"{{"nodes":[{nodes}]}}"#)).collect();
        let dump = format!(
            r#"{{"gbm_json":1,"trainer":{{"name":"hand","version":"1","algorithm":"none","objective":"none"}},
                "sum":{{"base":[0.0]}},"columns":[{columns}],"trees":[{}]}}"#,
            trees.join(",")
        );
        let source = Source { name: "model", file: "model.json", dump: dump.as_bytes(), configuration: None };
        let ensemble = understand(&source).unwrap_or_else(|problems| panic!("{problems}")).ensemble;
        let inputs = ensemble.columns().iter().map(|column| column.name.clone()).collect();
        let names = Names { fields: Vec::new(), inputs, classes: Vec::new() };
        let masks = masks::plan(&ensemble, &names, For::Paths, &mut Tables::default()).expect("masks");
        (ensemble, masks)
    }

    const NUMBER: &str = r#"{"name":"x"}"#;
    const NUMBER_AND_CATEGORY: &str = r#"{"name":"x"},{"name":"c","levels":3}"#;

    /// Two leaves on the left of the root, three on the right.
    const LOPSIDED: &str = r#"
        {"column":0,"at_most":0.5,"left":1,"right":2},
        {"column":0,"at_most":-1.5,"left":3,"right":4},{"column":0,"at_most":4.5,"left":5,"right":6},
        {"leaf":1.0},{"leaf":2.0},{"column":0,"at_most":2.5,"left":7,"right":8},{"leaf":5.0},{"leaf":3.0},{"leaf":4.0}"#;

    /// Three leaves on the left of the root, which asks for categories, two on the right.
    const BY_CATEGORY: &str = r#"
        {"column":1,"levels":[0],"left":1,"right":2},
        {"column":0,"at_most":0.5,"left":3,"right":4},{"column":0,"at_most":1.5,"left":5,"right":6},
        {"column":0,"at_most":2.5,"left":7,"right":8},{"leaf":3.0},{"leaf":4.0},{"leaf":5.0},{"leaf":1.0},{"leaf":2.0}"#;

    const EVEN: &str = r#"
        {"column":0,"at_most":1.5,"left":1,"right":2},
        {"column":0,"at_most":0.5,"left":3,"right":4},{"column":0,"at_most":2.5,"left":5,"right":6},
        {"leaf":1.0},{"leaf":2.0},{"leaf":3.0},{"leaf":4.0}"#;

    /// Each level goes left, and what is missing does, so that the root asks nothing and its right child is never met.
    const ONE_WAY: &str = r#"
        {"column":1,"levels":[0,1,2],"missing_left":true,"left":1,"right":2},
        {"column":0,"at_most":0.5,"left":3,"right":4},{"leaf":9.0},{"leaf":1.0},{"leaf":2.0}"#;

    /// How many numbers a node of a tree is, and for each node where its children stand, itself where it is a leaf.
    fn laid_out(columns: &str, tree: &str) -> (usize, Vec<u32>) {
        let (ensemble, masks) = ensemble(columns, &[tree]);
        let mut layout = Layout::new(&masks);
        layout.tree(&ensemble.trees()[0]);
        (layout.stride, layout.nodes.iter().step_by(layout.stride).map(|node| *node as u32).collect())
    }

    #[test]
    fn what_stands_below_the_larger_child_comes_next() {
        for (columns, tree, stride, expected) in [
            // The root's children are at 1 and 2, the right one's at 3 and 4, of which the left one's are at 5 and 6.
            (NUMBER, LOPSIDED, 1, &[1, 7, 3, 5, 4, 5, 6, 7, 8][..]),
            // A set's members go right: the root's left child, the larger one, stands at 2.
            (NUMBER_AND_CATEGORY, BY_CATEGORY, 2, &[1, 7, 3, 5, 4, 5, 6, 7, 8]),
            // Of children as large as one another the left one counts as the larger.
            (NUMBER, EVEN, 1, &[1, 3, 5, 3, 4, 5, 6]),
        ] {
            assert_eq!(laid_out(columns, tree), (stride, expected.to_vec()));
        }
    }

    #[test]
    fn a_split_that_asks_nothing_is_left_out_and_what_it_never_leads_to() {
        assert_eq!(laid_out(NUMBER_AND_CATEGORY, ONE_WAY), (1, vec![1, 1, 2]));
    }

    /// The numbers of a section.
    fn u32s(bytes: &[u8], section: Section) -> Vec<u32> {
        let bytes = &bytes[section.first..][..4 * section.count];
        bytes.as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect()
    }

    #[test]
    fn a_tree_is_its_root_its_depth_its_leaves_and_how_many_nodes_follow() {
        let leaf = r#"{"leaf":7.0}"#;
        for (columns, stride, trees, expected) in [
            (NUMBER, 1, [LOPSIDED, leaf, LOPSIDED], [[0, 3, 0, 9], [9, 0, 5, 1], [10, 3, 6, 9]]),
            (
                NUMBER_AND_CATEGORY,
                2,
                [BY_CATEGORY, ONE_WAY, leaf],
                [[0, 3, 0, 9], [9, 1, 5, 3], [12, 0, 7, 1]],
            ),
        ] {
            let (ensemble, masks) = ensemble(columns, &trees);
            let mut tables = Tables::default();
            let (paths, leaves) = lay_out(&ensemble, &masks, &mut tables).expect("it fits");
            let bytes = tables.into_bytes();
            let found = u32s(&bytes, paths.trees[0]);
            assert_eq!(found.as_chunks::<4>().0, expected);
            let nodes: usize = expected.iter().map(|tree| tree[3] as usize).sum();
            assert_eq!(paths.nodes.count, stride * nodes);
            assert_eq!(2 * leaves.count, nodes + trees.len(), "a tree has one leaf more than it has splits");
        }
    }
}
