//! Random forests as trees, and the same as tables in either layout, laid out by what `model_forest` documents.

mod heaps;
mod paths;

use fastrand::Rng;
use model_forest::{Forest, Layout, Leaves, Offset, Sums};

/// What a random forest is like.
#[derive(Clone, Debug)]
pub struct Shape {
    pub inputs: Vec<Input>,
    pub outputs: usize,
    /// Of each output.
    pub trees: usize,
    /// The most splits on a way; every way has so many unless it ends before its time.
    pub depth: usize,
    /// Of 8 nodes above the greatest depth so many are leaves.
    pub early_eighths: u8,
    /// Whether leaves and sums are of 32 bits.
    pub single: bool,
    pub layout: Wanted,
    /// After so many groups of trees of the filled layout the next ones view rows in another way.
    pub part_groups: Option<usize>,
    /// An offset behind the inputs, of which there are [`INPUTS_WITH_OFFSET`] then.
    pub offset: Option<Offset>,
    pub scale: Option<f64>,
    pub has_end: bool,
}

/// What splits can ask about an input.
#[derive(Clone, Copy, Debug)]
pub enum Input {
    /// Whether its rank, of at most this, is some number or more.
    Ranks(u16),
    /// The same of a number that is missing where the rank is the greatest, and then goes where each rank says.
    RanksOrMissing(u16),
    /// Whether its class is in a set.
    Classes { classes: u16, sets: usize },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    Heaps,
    Paths,
}

/// The inputs of a forest with an offset.
pub const INPUTS_WITH_OFFSET: usize = 5;

/// A forest as trees and as tables.
pub struct Made {
    shape: Shape,
    /// For each class input its sets, and in them whether each class is a member; for one that may be missing as a set whether
    /// that goes right, from rank 1 on.
    sets: Vec<Vec<Vec<bool>>>,
    /// By output.
    trees: Vec<Vec<Tree>>,
    start: Vec<f64>,
    end: Vec<f64>,
    pub forest: Forest,
}

/// Nodes; the first is the root.
struct Tree(Vec<Node>);

enum Node {
    Leaf(f64),
    /// The children: where the answer is no, and where it is yes.
    Split {
        input: usize,
        asked: Asked,
        children: [usize; 2],
    },
}

#[derive(Clone, Copy)]
enum Asked {
    Rank(u16),
    Set(usize),
}

impl Shape {
    /// A random forest of this shape.
    pub fn made(self, random: &mut Rng) -> Made {
        let sets = self.inputs.iter().map(|input| match *input {
            Input::Ranks(_) => Vec::new(),
            Input::RanksOrMissing(most) => {
                vec![(1..=most).map(|rank| rank == most || random.bool()).collect()]
            }
            Input::Classes { classes, sets } => {
                (0..sets).map(|_| (0..classes).map(|_| random.bool()).collect()).collect()
            }
        });
        let sets: Vec<Vec<Vec<bool>>> = sets.collect();
        let outputs = 0..self.outputs;
        let trees: Vec<Vec<Tree>> =
            outputs.clone().map(|_| (0..self.trees).map(|_| self.tree(random)).collect()).collect();
        let [start, end] = [(); 2].map(|()| outputs.clone().map(|_| self.number(random)).collect::<Vec<_>>());
        let (layout, leaves) = match self.layout {
            Wanted::Heaps => {
                let (heaps, leaves) = heaps::lay_out(&self, &sets, &trees);
                (Layout::Heaps(heaps), leaves)
            }
            Wanted::Paths => {
                let (paths, leaves) = paths::lay_out(&self, &sets, &trees);
                (Layout::Paths(paths), leaves)
            }
        };
        let forest = Forest {
            columns: self.inputs.len() + usize::from(self.offset.is_some()),
            inputs: self.inputs.len(),
            ranks: if self.offset.is_some() { ranks_before_an_offset } else { ranks },
            layout,
            leaves: if self.single {
                Leaves::F32(leak(leaves.iter().map(|leaf| *leaf as f32).collect()))
            } else {
                Leaves::F64(leak(leaves))
            },
            sums: Sums {
                start: leak(start.clone()),
                scale: self.scale,
                end: self.has_end.then(|| leak(end.clone())),
                offset: self.offset,
            },
        };
        Made { shape: self, sets, trees, start, end, forest }
    }

    fn tree(&self, random: &mut Rng) -> Tree {
        let mut nodes = vec![None];
        let mut open = vec![(0, 0)];
        while let Some((at, depth)) = open.pop() {
            nodes[at] = Some(if depth == self.depth || random.u8(..8) < self.early_eighths {
                Node::Leaf(self.number(random))
            } else {
                let children = [nodes.len(), nodes.len() + 1];
                nodes.extend([None, None]);
                open.extend(children.map(|child| (child, depth + 1)));
                let input = random.usize(..self.inputs.len());
                let asked = match self.inputs[input] {
                    Input::Ranks(most) | Input::RanksOrMissing(most) => Asked::Rank(random.u16(1..=most)),
                    Input::Classes { sets, .. } => Asked::Set(random.usize(..sets)),
                };
                Node::Split { input, asked, children }
            });
        }
        Tree(nodes.into_iter().map(|node| node.expect("every node was open once")).collect())
    }

    /// A number of the leaves' width.
    fn number(&self, random: &mut Rng) -> f64 {
        let number = random.f64() - 0.5;
        if self.single { f64::from(number as f32) } else { number }
    }
}

impl Made {
    /// So many random rows: ranks and classes from one end to the other, both included.
    pub fn rows(&self, count: usize, random: &mut Rng) -> Vec<f64> {
        let mut rows = Vec::new();
        for _ in 0..count {
            rows.extend(self.shape.inputs.iter().map(|input| match *input {
                Input::Ranks(most) | Input::RanksOrMissing(most) => match random.u8(..8) {
                    0 => 0.0,
                    1 => f64::from(most),
                    _ => f64::from(random.u16(..=most)),
                },
                Input::Classes { classes, .. } => f64::from(random.u16(..classes)),
            }));
            rows.extend(self.shape.offset.map(|_| self.shape.number(random)));
        }
        rows
    }

    /// The margins of some rows, by a walk through each tree after the other.
    pub fn walked(&self, rows: &[f64]) -> Vec<f64> {
        let of_row = |row| {
            (0..self.shape.outputs).map(move |output| {
                let leaves = self.trees[output].iter().map(|tree| tree.leaf(row, &self.sets));
                if self.shape.single {
                    // Each operation on 32-bit numbers in 64 bits, rounded, is that in 32 bits.
                    self.sum(output, leaves, row, |number| f64::from(number as f32))
                } else {
                    self.sum(output, leaves, row, |number| number)
                }
            })
        };
        rows.chunks(self.forest.columns).flat_map(of_row).collect()
    }

    fn sum(
        &self,
        output: usize,
        leaves: impl Iterator<Item = f64>,
        row: &[f64],
        round: impl Fn(f64) -> f64,
    ) -> f64 {
        let offset = self.shape.offset.map(|place| (place, row[row.len() - 1]));
        let start = match offset {
            Some((Offset::Start, offset)) => offset,
            _ => self.start[output],
        };
        let mut sum = leaves.fold(start, |sum, leaf| round(sum + leaf));
        if let Some(scale) = self.shape.scale {
            sum = round(sum * round(scale));
        }
        if self.shape.has_end {
            sum = round(sum + self.end[output]);
        }
        match offset {
            Some((Offset::End, offset)) => round(sum + offset),
            _ => sum,
        }
    }
}

impl Tree {
    fn leaf(&self, row: &[f64], sets: &[Vec<Vec<bool>>]) -> f64 {
        let mut at = 0;
        loop {
            match &self.0[at] {
                Node::Leaf(leaf) => return *leaf,
                Node::Split { input, asked, children } => {
                    let answer = match asked {
                        Asked::Rank(rank) => match sets[*input].first() {
                            Some(missing) if row[*input] as usize == missing.len() => {
                                missing[usize::from(*rank) - 1]
                            }
                            _ => row[*input] >= f64::from(*rank),
                        },
                        Asked::Set(set) => sets[*input][*set][row[*input] as usize],
                    };
                    at = children[usize::from(answer)];
                }
            }
        }
    }

    /// The most splits on a way.
    fn depth(&self) -> usize {
        let mut deepest = 0;
        let mut open = vec![(0, 0)];
        while let Some((at, depth)) = open.pop() {
            deepest = deepest.max(depth);
            if let Node::Split { children, .. } = &self.0[at] {
                open.extend(children.map(|child| (child, depth + 1)));
            }
        }
        deepest
    }
}

/// Rows hold their ranks and classes as they are.
fn ranks(rows: &[f64], ranks: &mut [u16]) {
    for (rank, number) in ranks.iter_mut().zip(rows) {
        *rank = *number as u16;
    }
}

fn ranks_before_an_offset(rows: &[f64], ranks: &mut [u16]) {
    let rows = rows.as_chunks::<{ INPUTS_WITH_OFFSET + 1 }>().0;
    for (row, ranks) in rows.iter().zip(ranks.as_chunks_mut::<INPUTS_WITH_OFFSET>().0) {
        self::ranks(row, ranks);
    }
}

/// Numbers that live as long as those of a generated model.
fn leak<T>(numbers: Vec<T>) -> &'static [T] {
    numbers.leak()
}
