//! Trees as functions: one a tree, and more where a tree is too large or too deep for one.
//!
//! rustc dies of a thousand nested `if`s and takes quadratic time over long functions, so that large subtrees are cut
//! off into functions of their own.

use super::{
    conditions::{Question, Questions},
    names::Names,
    program::{Function, Step, Value},
};
use crate::ir::{Direction, Ensemble, Leaf, Node, NodeId, Output, Tree};

/// Most nodes of one function: the compiler's time grows faster than a function's length from here on.
const NODES_PER_FUNCTION_MAX: usize = 1_000;

/// Most `if`s inside one another: rustc and the pretty-printer recurse over them.
const NESTING_MAX: usize = 32;

/// The functions, those of a tree side by side.
#[derive(Debug, Default)]
pub(super) struct Functions {
    pub functions: Vec<Function>,
    /// The function of each tree.
    pub roots: Vec<String>,
}

/// Cuts the trees into functions.
pub(super) fn cut(ensemble: &Ensemble, names: &Names, questions: &mut Questions<'_>) -> Functions {
    let mut functions = Vec::new();
    let mut roots = Vec::new();
    for (index, tree) in ensemble.trees().iter().enumerate() {
        let is_cut = cuts(tree);
        let name = |node: NodeId| match node.index() {
            0 => format!("tree_{index}"),
            node => format!("tree_{index}_node_{node}"),
        };
        roots.push(name(NodeId::new(0)));
        for node in (0..tree.nodes().len()).map(NodeId::new).filter(|node| is_cut[node.index()]) {
            let doc = match node.index() {
                0 => format!("Tree {index}: {} leaves, depth {}.", tree.leaves().len(), tree.depth()),
                node => format!("Tree {index} from node {node} on."),
            };
            let steps = steps(tree, node, &is_cut, names, questions, &name);
            let is_vector = tree.output() == Output::All;
            functions.push(Function { name: name(node), doc, is_vector, steps });
        }
    }
    Functions { functions, roots }
}

/// Which nodes begin a function: the root, and those below which there is too much for the function above.
fn cuts(tree: &Tree) -> Vec<bool> {
    let mut is_cut = vec![false; tree.nodes().len()];
    // Of what would stand in the function above each node: nodes and nested `if`s.
    let mut size = vec![(1_usize, 0_usize); tree.nodes().len()];
    for (index, node) in tree.nodes().iter().enumerate().rev() {
        let Node::Split(split) = node else { continue };
        let mut children = [split.left.index(), split.right.index()];
        children.sort_by_key(|child| std::cmp::Reverse(size[*child]));
        for child in children {
            let nodes: usize = 1 + children.iter().map(|child| size[*child].0).sum::<usize>();
            if nodes > NODES_PER_FUNCTION_MAX || size[child].1 + 1 > NESTING_MAX {
                is_cut[child] = true;
                size[child] = (1, 0);
            }
        }
        size[index] = children.iter().fold((1, 0), |(nodes, nesting), child| {
            (nodes + size[*child].0, nesting.max(size[*child].1 + 1))
        });
    }
    is_cut[0] = true;
    is_cut
}

fn steps(
    tree: &Tree,
    root: NodeId,
    is_cut: &[bool],
    names: &Names,
    questions: &mut Questions<'_>,
    name: &impl Fn(NodeId) -> String,
) -> Vec<Step> {
    let mut steps = Vec::new();
    // Breadth first: a node's step is its place in this order.
    let mut order = vec![root];
    while steps.len() < order.len() {
        let mut node = order[steps.len()];
        let step = loop {
            if node != root && is_cut[node.index()] {
                break Step::Call(name(node));
            }
            let split = match tree.node(node) {
                Node::Leaf(leaf) => break Step::Leaf(value(tree.leaf(*leaf), names)),
                Node::Split(split) => split,
            };
            match questions.of_split(split) {
                Question::Always(Direction::Left) => node = split.left,
                Question::Always(Direction::Right) => node = split.right,
                Question::Asked(condition, holds) => {
                    let (then, otherwise) = (order.len(), order.len() + 1);
                    order.extend(match holds {
                        Direction::Left => [split.left, split.right],
                        Direction::Right => [split.right, split.left],
                    });
                    break Step::If { condition, then, otherwise };
                }
            }
        };
        steps.push(step);
    }
    steps
}

fn value(leaf: &Leaf, names: &Names) -> Value {
    match leaf {
        Leaf::Value(value) => Value::Number(*value),
        Leaf::Vector(values) => Value::Vector(values.to_vec()),
        Leaf::Linear(linear) => Value::Linear {
            constant: linear.constant,
            terms: linear
                .terms
                .iter()
                .map(|(feature, coefficient)| (names.inputs[feature.index()].clone(), *coefficient))
                .collect(),
            otherwise: linear.otherwise,
        },
    }
}
