//! Trees of any shape, all nodes in one table.

use super::{Asked, Input, Node, Shape, Tree, leak};
use model_forest::Paths;

/// Leaves that one input behind the last stands for.
const LEAVES_OF_ZERO: usize = 65_535;

/// Bits before the first set.
const ZERO_BITS: usize = 1 << 16;

pub(super) fn lay_out(shape: &Shape, sets: &[Vec<Vec<bool>>], trees: &[Vec<Tree>]) -> (Paths, Vec<f64>) {
    let has_sets = sets.iter().any(|sets| !sets.is_empty());
    let mut words = if has_sets { vec![0_u32; ZERO_BITS / 32] } else { Vec::new() };
    let mut first_bits = Vec::new();
    for sets in sets {
        first_bits.push(words.len() * 32);
        for set in sets {
            let word = |members: &[bool]| {
                members.iter().rev().fold(0, |word, is_member| word << 1 | u32::from(*is_member))
            };
            words.extend(set.chunks(32).map(word));
        }
    }
    let (mut nodes, mut leaves, mut numbers, mut zeros) = (Vec::<[u64; 2]>::new(), Vec::new(), Vec::new(), 1);
    for trees in trees {
        let mut of_output = Vec::new();
        for tree in trees {
            let (root, first_leaf) = (nodes.len(), leaves.len());
            of_output.extend([root, tree.depth(), first_leaf, tree.0.len()].map(|number| number as u32));
            nodes.push([0, 0]);
            let mut open = vec![(0, root)];
            while let Some((at, place)) = open.pop() {
                let (input, rank, next, bits) = match &tree.0[at] {
                    Node::Leaf(leaf) => {
                        let number = leaves.len() - first_leaf;
                        leaves.push(*leaf);
                        let zero = number / LEAVES_OF_ZERO;
                        zeros = zeros.max(zero + 1);
                        (shape.inputs.len() + zero, 1 + number % LEAVES_OF_ZERO, place, 0)
                    }
                    Node::Split { input, asked, children } => {
                        let next = nodes.len();
                        nodes.extend([[0; 2]; 2]);
                        open.extend([0, 1].map(|side| (children[side], next + side)));
                        match (asked, shape.inputs[*input]) {
                            (Asked::Set(set), Input::Classes { classes, .. }) => {
                                let bits =
                                    first_bits[*input] + set * usize::from(classes).next_multiple_of(32);
                                (*input, 0xffff, next, bits)
                            }
                            (Asked::Rank(rank), _) => (*input, usize::from(*rank), next, 0),
                            (Asked::Set(_), _) => unreachable!("ranks are in no set"),
                        }
                    }
                };
                nodes[place] = [(rank as u64) << 48 | (input as u64) << 32 | next as u64, bits as u64];
            }
        }
        numbers.push(leak(of_output));
    }
    let nodes = nodes.into_iter().flat_map(|node| node.into_iter().take(if has_sets { 2 } else { 1 }));
    let paths = Paths { zeros, nodes: leak(nodes.collect()), sets: leak(words), trees: leak(numbers) };
    (paths, leaves)
}
