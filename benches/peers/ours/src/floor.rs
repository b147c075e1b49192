//! The floor: what is left of scoring a row when somebody has told which leaf of each tree it falls into. The leaves are
//! loaded from the model's table and added in the trees' order, as the trainer does; no code that gives the trainer's bits does less
//! for a single row.

use driver::{COLUMNS, Error, ROWS, Subject};
use model_codegen::{
    Source,
    ir::{Accumulation, BasePosition, Ensemble, Feature, Leaf, Node, Precision, Test, Tree},
    understand,
};
use std::{fs, path::Path};

/// A model's leaves, and where each row falls.
pub struct Floor {
    sums: Sums,
    /// Where each tree's leaves begin.
    starts: Vec<u32>,
    /// For each row, and in it for each tree, the leaf among the tree's.
    falls: Vec<u8>,
    next_row: usize,
}

/// Floats as wide as the trainer's.
enum Sums {
    F32 { leaves: Vec<f32>, base: [f32; 2] },
    F64 { leaves: Vec<f64>, base: [f64; 2] },
}

impl Floor {
    /// Reads a model, and walks all rows through it.
    pub fn new(file: &str, rows: &[f64]) -> Result<Self, Error> {
        let dump = fs::read(file).map_err(|error| format!("{file}: {error}"))?;
        let name = Path::new(file).file_name().and_then(|name| name.to_str()).unwrap_or(file);
        let source = Source { name: "model", file: name, dump: &dump, configuration: None };
        let ensemble = understand(&source)?.ensemble;
        let mut starts = Vec::new();
        let mut leaves = Vec::new();
        for tree in ensemble.trees() {
            starts.push(u32::try_from(leaves.len())?);
            for leaf in tree.leaves() {
                let Leaf::Value(value) = leaf else { return Err("a leaf is no number".into()) };
                leaves.push(*value);
            }
        }
        let mut falls = Vec::with_capacity(ROWS * starts.len());
        for row in rows.chunks_exact(COLUMNS) {
            for tree in ensemble.trees() {
                falls.push(u8::try_from(leaf(tree, &ensemble, row)?)?);
            }
        }
        Ok(Self { sums: Sums::new(leaves, ensemble.accumulation())?, starts, falls, next_row: 0 })
    }
}

impl Sums {
    fn new(leaves: Vec<f64>, accumulation: &Accumulation) -> Result<Self, Error> {
        if accumulation.weights.is_some() || accumulation.scale.is_some() || accumulation.base.len() != 1 {
            return Err("the floor is that of plain sums".into());
        }
        let base = match accumulation.base_position {
            BasePosition::First => [accumulation.base[0], -0.0],
            BasePosition::Last => [0.0, accumulation.base[0]],
        };
        // `as`: rounds no number that the trainer has not as a 32-bit float itself.
        #[allow(clippy::cast_possible_truncation)]
        let narrow = |number: f64| number as f32;
        Ok(match accumulation.precision {
            Precision::F32 => {
                Self::F32 { leaves: leaves.into_iter().map(narrow).collect(), base: base.map(narrow) }
            }
            Precision::F64 => Self::F64 { leaves, base },
        })
    }
}

impl Subject for Floor {
    /// Scores the row behind the last one: rows come in their order.
    #[inline]
    fn one(&mut self, _row: &[f64]) -> f64 {
        let trees = self.starts.len();
        let falls = &self.falls[self.next_row * trees..][..trees];
        self.next_row = if self.next_row + 1 == ROWS { 0 } else { self.next_row + 1 };
        let places = self.starts.iter().zip(falls).map(|(start, leaf)| *start as usize + usize::from(*leaf));
        match &self.sums {
            Sums::F32 { leaves, base: [first, last] } => {
                f64::from(places.fold(*first, |sum, place| sum + leaves[place]) + last)
            }
            Sums::F64 { leaves, base: [first, last] } => {
                places.fold(*first, |sum, place| sum + leaves[place]) + last
            }
        }
    }
}

/// The index of the leaf that a row falls into.
fn leaf(tree: &Tree, ensemble: &Ensemble, row: &[f64]) -> Result<usize, Error> {
    let mut node = &tree.nodes()[0];
    loop {
        let split = match node {
            Node::Leaf(leaf) => return Ok(leaf.index()),
            Node::Split(split) => split,
        };
        let Feature::Number(number) = ensemble.features()[split.feature.index()] else {
            return Err("a split asks for something else than a number".into());
        };
        let value = number.precision.round(row[number.column.index()]);
        let goes_left = match split.test {
            Test::Less(threshold) => value < threshold,
            Test::LessOrEqual(threshold) => value <= threshold,
            _ => return Err("a split asks for something else than a threshold".into()),
        };
        node = tree.node(if goes_left { split.left } else { split.right });
    }
}
