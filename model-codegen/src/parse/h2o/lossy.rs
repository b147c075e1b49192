//! Where a dump does not say what H2O would do.
//!
//! H2O keeps a bit set for each categorical split; the dump prints the levels that reach each child instead. A level
//! that a split's set does not cover goes where a missing value goes, and stands in neither list from there on, even
//! where a deeper split's set covers it again. Such a level's way below is a guess: the missing direction, as above.

use super::{columns::Columns, trees::Strays};
use crate::ir::{CategorySet, Direction, Node, NodeId, Split, Test, Tree};
use std::{collections::BTreeMap, rc::Rc};

/// What a user is told.
pub(super) fn warning(guesses: usize) -> String {
    format!(
        "the dump does not say where H2O sends a level at {guesses} (split, level) pair{}: a level that is in neither \
         child's matchValues from an ancestor split on is sent where missing values go, which may differ from H2O",
        if guesses == 1 { "" } else { "s" }
    )
}

/// Of one categorical column, the levels that reach a node, and those of them that stood in neither list above.
#[derive(Clone, Debug)]
struct Reach {
    levels: CategorySet,
    strayed: CategorySet,
}

type Reaches = Rc<BTreeMap<usize, Reach>>;

/// The number of (split, level) pairs where the level can reach the split and already stood in neither list at an
/// ancestor split on the same column.
pub(super) fn guesses(tree: &Tree, strays: &Strays, columns: &Columns) -> usize {
    if strays.is_empty() {
        return 0;
    }
    let strays: BTreeMap<NodeId, &CategorySet> = strays.iter().map(|(id, set)| (*id, set)).collect();
    let mut count = 0;
    let mut pending: Vec<(NodeId, Reaches)> = vec![(NodeId::new(0), Rc::default())];
    while let Some((id, reaches)) = pending.pop() {
        let Node::Split(split) = tree.node(id) else { continue };
        let column = split.feature.index();
        let Some(levels) = columns.levels(column) else {
            pending.extend([(split.left, Rc::clone(&reaches)), (split.right, reaches)]);
            continue;
        };
        let reach = reaches
            .get(&column)
            .cloned()
            .unwrap_or_else(|| Reach { levels: (0..levels).collect(), strayed: CategorySet::default() });
        let stray = strays.get(&id).copied();
        count += stray.map_or(0, |stray| reach.strayed.iter().filter(|level| stray.contains(*level)).count());
        for (direction, child) in [(Direction::Left, split.left), (Direction::Right, split.right)] {
            let mut below = Rc::clone(&reaches);
            Rc::make_mut(&mut below).insert(column, reach.below(split, direction, stray));
            pending.push((child, below));
        }
    }
    count
}

impl Reach {
    fn below(&self, split: &Split, direction: Direction, stray: Option<&CategorySet>) -> Self {
        let goes = |level: &usize| match &split.test {
            Test::Member { set, members } => set.contains(*level) == (*members == direction),
            _ => direction == Direction::Left,
        };
        let is_stray = |level: usize| stray.is_some_and(|stray| stray.contains(level));
        let levels: CategorySet = self.levels.iter().filter(goes).collect();
        let strayed =
            levels.iter().filter(|level| is_stray(*level) || self.strayed.contains(*level)).collect();
        Self { levels, strayed }
    }
}
