//! The trees' tables: literals in the module while they are small, else a file beside it that the module includes.

use crate::lower::{Form, Program, TreeTables};
use std::fmt::Write;

/// Up to so many places are printed. Literals cost the compiler 25 µs a place and a file nothing, but is not to be
/// read.
const LITERAL_PLACES_MAX: usize = 16_384;

/// Where tables are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In the module.
    Literals,
    /// In a file: 16 bits for each node, then the leaves.
    File {
        /// How many nodes' places there are.
        nodes: usize,
        /// How many leaves' places, those behind the last one included.
        leaves: usize,
    },
}

/// Past the last tree's leaves: kernels look at this many leaves at once, wherever a group of trees begins.
const LEAVES_BEHIND: usize = 2_048;

impl Place {
    pub(super) fn of(tables: &TreeTables) -> Self {
        if tables.nodes.len() <= LITERAL_PLACES_MAX {
            Self::Literals
        } else {
            Self::File { nodes: tables.nodes.len(), leaves: tables.leaves.len() + LEAVES_BEHIND }
        }
    }
}

/// The tables as items of the module.
pub(super) fn text(program: &Program, tables: &TreeTables) -> String {
    let kind = if program.sums.single { "f32" } else { "f64" };
    let mut text = String::new();
    match Place::of(tables) {
        Place::Literals => {
            let nodes = tables.nodes.iter().map(ToString::to_string);
            let doc = "Each node's mask: eight trees and eight, a tree's nodes by heap index.";
            array(&mut text, doc, &format!("static NODES: [u16; {}]", tables.nodes.len()), nodes);
            let leaves = tables.leaves.iter().map(|leaf| literal(*leaf, program.sums.single, kind));
            let behind = std::iter::repeat_n("0.0".to_owned(), LEAVES_BEHIND);
            let length = tables.leaves.len() + LEAVES_BEHIND;
            let doc = "The leaves, each tree's from left to right.";
            array(&mut text, doc, &format!("static LEAVES: [{kind}; {length}]"), leaves.chain(behind));
        }
        Place::File { nodes, leaves } => {
            let name = &program.origin.name;
            let bytes = bytes(program, tables).len();
            // Writing to a `String` can't fail.
            let _ = write!(
                text,
                "/// The nodes' masks and the leaves.\n\
                 static TABLES: ::model_runtime::forest::Tables<{kind}, {nodes}, {leaves}, {bytes}> =\n    \
                 ::model_runtime::forest::Tables::new(*include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}.bin\")));\n"
            );
        }
    }
    text
}

/// The file beside the module, where it includes one.
pub fn file(program: &Program) -> Option<Vec<u8>> {
    match &program.choice.form {
        Form::Ranked(ranked) if Place::of(&ranked.tables) != Place::Literals => {
            Some(bytes(program, &ranked.tables))
        }
        Form::Ranked(_) | Form::StraightLine => None,
    }
}

/// Leaves first, so that they are aligned.
fn bytes(program: &Program, tables: &TreeTables) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(tables.leaves.len() * 8 + tables.nodes.len() * 2);
    let behind = std::iter::repeat_n(0.0, LEAVES_BEHIND);
    for leaf in tables.leaves.iter().copied().chain(behind) {
        if program.sums.single {
            bytes.extend((leaf as f32).to_le_bytes());
        } else {
            bytes.extend(leaf.to_le_bytes());
        }
    }
    tables.nodes.iter().for_each(|node| bytes.extend(node.to_le_bytes()));
    bytes
}

fn literal(number: f64, is_single: bool, kind: &str) -> String {
    if number.is_nan() {
        format!("{kind}::NAN")
    } else if number.is_infinite() {
        format!("{}{kind}::INFINITY", if number < 0.0 { "-" } else { "" })
    } else if is_single {
        format!("{:?}", number as f32)
    } else {
        format!("{number:?}")
    }
}

/// As long as lines may be.
const WIDTH: usize = 110;

/// An array in lines as full as they may be.
fn array(text: &mut String, doc: &str, head: &str, entries: impl Iterator<Item = String>) {
    // Writing to a `String` can't fail.
    let _ = write!(text, "/// {doc}\n#[rustfmt::skip]\n{head} = [");
    let mut width = WIDTH;
    for entry in entries {
        if width + entry.len() + 2 > WIDTH {
            text.push_str("\n   ");
            width = 3;
        }
        let _ = write!(text, " {entry},");
        width += entry.len() + 2;
    }
    text.push_str("\n];\n");
}
