//! A tree's bytes as the IR's tree.
//!
//! A node is a byte of type, two of the column, one of the missing direction; a threshold or a bit set; where the left child is
//! no leaf, the size of its bytes; then the left child and behind it the right one. All is little-endian.

use super::EXPORT_AGAIN;
use crate::{
    ir::{
        CategorySet, Column, ColumnKind, Direction, FeatureId, Leaf, LeafId, Node, NodeId, Output, Split,
        Test, Tree,
    },
    problem::Problem,
};

/// Reads a tree of these columns.
pub(super) fn read(bytes: &[u8], columns: &[Column], output: Output) -> Result<Tree, Problem> {
    Reader { bytes, at: 0, columns }.read(output).map_err(|found| Problem::new(found, EXPORT_AGAIN))
}

/// A tree that adds nothing.
pub(super) fn nothing(output: Output) -> Tree {
    Tree::new(vec![Node::Leaf(LeafId::new(0))], vec![Leaf::Value(0.0)], output)
        .expect("a lone leaf is a tree")
}

/// In place of a column: the tree is one leaf.
const LONE_LEAF: u16 = u16::MAX;

/// The missing direction of a split between what is missing and all else.
const MISSING_VERSUS_REST: u8 = 1;

/// The bits of a node's type: what it asks, where 0 is a threshold,
const QUESTION: u8 = 0b1100;
/// a set of the first 32 levels,
const SMALL_SET: u8 = 0b1000;
/// or a set of any length from any level on;
const LARGE_SET: u8 = 0b1100;
/// what the left child is, where 0 to 3 are the bytes of a subtree's size less one;
const LEFT_CHILD: u8 = 0b11_0011;
const LEFT_LEAF: u8 = 0b11_0000;
/// and whether the right child is a leaf.
const RIGHT_LEAF: u8 = 0b100_0000;

/// Where a node's bytes begin.
#[derive(Clone, Copy, Debug)]
enum Place {
    Node(usize),
    Leaf(usize),
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    columns: &'a [Column],
}

impl Reader<'_> {
    fn read(mut self, output: Output) -> Result<Tree, String> {
        let (mut nodes, mut leaves) = (Vec::new(), Vec::new());
        // Breadth first: a node's id is its place in this order.
        let mut order = vec![self.root()?];
        while nodes.len() < order.len() {
            // A node takes four bytes: more of them than bytes means that some are read twice.
            if order.len() > self.bytes.len() {
                return Err("subtrees overlap".into());
            }
            match order[nodes.len()] {
                Place::Leaf(at) => {
                    self.at = at;
                    nodes.push(Node::Leaf(LeafId::new(leaves.len())));
                    leaves.push(Leaf::Value(self.leaf()?));
                }
                Place::Node(at) => {
                    self.at = at;
                    let (feature, test, missing, children) = self.split()?;
                    let (left, right) = (NodeId::new(order.len()), NodeId::new(order.len() + 1));
                    order.extend(children);
                    nodes.push(Node::Split(Split { feature, test, missing, left, right }));
                }
            }
        }
        Tree::new(nodes, leaves, output).map_err(|error| format!("the nodes are no tree ({error:?})"))
    }

    fn root(&mut self) -> Result<Place, String> {
        let [_, low, high] = self.take()?;
        Ok(if u16::from_le_bytes([low, high]) == LONE_LEAF { Place::Leaf(self.at) } else { Place::Node(0) })
    }

    fn split(&mut self) -> Result<(FeatureId, Test, Direction, [Place; 2]), String> {
        let start = self.at;
        let [kind, low, high, direction] = self.take()?;
        let column = usize::from(u16::from_le_bytes([low, high]));
        let count = self.columns.len();
        if column >= count {
            return Err(format!("the node at byte {start} tests column {column} of {count}"));
        }
        let missing = match direction {
            2 | 4 => Direction::Left,
            MISSING_VERSUS_REST | 3 | 5 => Direction::Right,
            _ => return Err(format!("the node at byte {start} has the missing direction {direction}")),
        };
        let test =
            if direction == MISSING_VERSUS_REST { Test::Present } else { self.test(kind, column, missing)? };
        let children = self.children(kind, start)?;
        Ok((FeatureId::new(column), test, missing, children))
    }

    fn test(&mut self, kind: u8, column: usize, missing: Direction) -> Result<Test, String> {
        let start = self.at;
        let levels = match &self.columns[column].kind {
            ColumnKind::Numeric => None,
            ColumnKind::Categorical(levels) => Some(levels.len()),
        };
        match (kind & QUESTION, levels) {
            (0, levels) => {
                let threshold = f64::from(f32::from_le_bytes(self.take()?));
                if !threshold.is_finite() {
                    return Err(format!("the threshold at byte {start} is {threshold}"));
                }
                // A category may be compared by its index, which makes a set of it.
                Ok(match levels {
                    None => Test::Less(threshold),
                    Some(levels) => member((0..levels).filter(|level| (*level as f64) < threshold)),
                })
            }
            (SMALL_SET | LARGE_SET, None) => {
                Err(format!("the bit set at byte {start} is of a column without levels"))
            }
            (SMALL_SET, Some(levels)) => {
                let bits: [u8; 4] = self.take()?;
                Ok(left_levels(levels, 0, 32, &bits, missing))
            }
            (LARGE_SET, Some(levels)) => {
                let first = usize::from(u16::from_le_bytes(self.take()?));
                let size = i32::from_le_bytes(self.take()?);
                let size = usize::try_from(size)
                    .map_err(|_| format!("the bit set at byte {start} is of {size} bits"))?;
                let bits = self.take_slice(size.div_ceil(8))?;
                Ok(left_levels(levels, first, size, bits, missing))
            }
            _ => Err(format!("the node before byte {start} has the type {kind}")),
        }
    }

    fn children(&mut self, kind: u8, start: usize) -> Result<[Place; 2], String> {
        let (left, behind) = match kind & LEFT_CHILD {
            LEFT_LEAF => (Place::Leaf(self.at), Some(self.at + 4)),
            width @ 0..=3 => {
                let width = usize::from(width) + 1;
                let mut size = [0; 8];
                size[..width].copy_from_slice(self.take_slice(width)?);
                let size = usize::try_from(u64::from_le_bytes(size)).ok().filter(|size| *size > 0);
                (Place::Node(self.at), size.and_then(|size| self.at.checked_add(size)))
            }
            _ => return Err(format!("the node at byte {start} has the type {kind}")),
        };
        let behind = behind.filter(|behind| *behind < self.bytes.len());
        let behind = behind.ok_or_else(|| format!("the node at byte {start} has no right child"))?;
        let right = if kind & RIGHT_LEAF == 0 { Place::Node(behind) } else { Place::Leaf(behind) };
        Ok([left, right])
    }

    fn leaf(&mut self) -> Result<f64, String> {
        let start = self.at;
        let value = f64::from(f32::from_le_bytes(self.take()?));
        if value.is_infinite() { Err(format!("the leaf at byte {start} is {value}")) } else { Ok(value) }
    }

    fn take<const BYTES: usize>(&mut self) -> Result<[u8; BYTES], String> {
        let taken = self.take_slice(BYTES)?;
        Ok(taken.try_into().expect("so many bytes were taken"))
    }

    fn take_slice(&mut self, count: usize) -> Result<&[u8], String> {
        let taken = self.bytes.get(self.at..).and_then(|rest| rest.get(..count));
        let taken = taken
            .ok_or_else(|| format!("the tree ends at byte {}, in the middle of a node", self.bytes.len()))?;
        self.at += count;
        Ok(taken)
    }
}

/// The levels that go left: those whose bit is not set and, where missing values do, those outside the bits.
fn left_levels(levels: usize, first: usize, size: usize, bits: &[u8], missing: Direction) -> Test {
    let goes_left = |level: &usize| match level.checked_sub(first).filter(|bit| *bit < size) {
        Some(bit) => bits[bit / 8] >> (bit % 8) & 1 == 0,
        None => missing == Direction::Left,
    };
    member((0..levels).filter(goes_left))
}

fn member(left: impl Iterator<Item = usize>) -> Test {
    let set: CategorySet = left.collect();
    Test::Member { set, members: Direction::Left }
}
