//! The IR as text: what `--stage ir` prints.

use super::{ColumnKind, Direction, Ensemble, Feature, Leaf, Node, NodeId, Output, Test, Tree};
use std::fmt::Write;

/// The whole ensemble, a line an item; trees indented by depth.
pub fn dump(ensemble: &Ensemble) -> String {
    let mut text = String::new();
    // Writing to a `String` can't fail.
    let _ = write_all(ensemble, &mut text);
    text
}

fn write_all(ensemble: &Ensemble, text: &mut String) -> std::fmt::Result {
    let trainer = ensemble.trainer();
    writeln!(
        text,
        "trainer {} {} {} {}",
        trainer.name, trainer.version, trainer.algorithm, trainer.objective
    )?;
    for (index, column) in ensemble.columns().iter().enumerate() {
        match &column.kind {
            ColumnKind::Numeric => writeln!(text, "column {index} {:?} numeric", column.name)?,
            ColumnKind::Categorical(levels) => {
                writeln!(text, "column {index} {:?} categorical {levels:?}", column.name)?;
            }
        }
    }
    for (index, feature) in ensemble.features().iter().enumerate() {
        writeln!(text, "feature {index} {feature:?}")?;
    }
    writeln!(text, "outputs {}", ensemble.outputs())?;
    writeln!(text, "accumulation {:?}", ensemble.accumulation())?;
    writeln!(text, "offset {:?}", ensemble.offset())?;
    writeln!(text, "transform {:?}", ensemble.transform())?;
    writeln!(text, "task {:?}", ensemble.task())?;
    for (index, tree) in ensemble.trees().iter().enumerate() {
        match tree.output() {
            Output::One(output) => writeln!(text, "tree {index} adds to output {output}")?,
            Output::All => writeln!(text, "tree {index} adds to every output")?,
        }
        write_tree(ensemble, tree, text)?;
    }
    Ok(())
}

fn write_tree(ensemble: &Ensemble, tree: &Tree, text: &mut String) -> std::fmt::Result {
    let mut pending = vec![(NodeId::new(0), 1_usize)];
    while let Some((id, depth)) = pending.pop() {
        write!(text, "{:indent$}", "", indent = 2 * depth.min(INDENT_MAX))?;
        match tree.node(id) {
            Node::Leaf(leaf) => match tree.leaf(*leaf) {
                Leaf::Value(value) => writeln!(text, "node {id} leaf {value:?}")?,
                other => writeln!(text, "node {id} leaf {other:?}")?,
            },
            Node::Split(split) => {
                let feature = feature_name(
                    ensemble,
                    &ensemble.features()[split.feature.index()],
                    split.feature.index(),
                );
                let missing = arrow(split.missing);
                let (left, right) = (split.left, split.right);
                match &split.test {
                    Test::Less(t) => write!(text, "node {id} {feature} < {t:?}")?,
                    Test::LessOrEqual(t) => write!(text, "node {id} {feature} <= {t:?}")?,
                    Test::Present => write!(text, "node {id} {feature} is present")?,
                    Test::Member { set, members } => {
                        let codes: Vec<usize> = set.iter().collect();
                        write!(text, "node {id} {feature} in {codes:?} -> {}", arrow(*members))?;
                    }
                }
                writeln!(text, ", missing -> {missing}; left {left}, right {right}")?;
                pending.push((right, depth + 1));
                pending.push((left, depth + 1));
            }
        }
    }
    Ok(())
}

/// Deeper nodes are not indented further: a chain of 10,000 splits would fill the text with blanks.
const INDENT_MAX: usize = 40;

fn feature_name(ensemble: &Ensemble, feature: &Feature, index: usize) -> String {
    feature
        .column()
        .map_or_else(|| format!("feature {index}"), |column| format!("{:?}", ensemble.column(column).name))
}

fn arrow(direction: Direction) -> &'static str {
    match direction {
        Direction::Left => "left",
        Direction::Right => "right",
    }
}
