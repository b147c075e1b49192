//! From a header to the number of margins and the columns.

use super::{
    SAVE_AGAIN, levels,
    model::{Header, Info, Question, RawNode, RawTree},
};
use crate::{
    configuration::Configuration,
    limits::CLASSES_MAX,
    parse::columns::{Columns, Known},
    problem::Problem,
};

impl Header {
    /// How many margins there are; 1 where that can't be known.
    pub(super) fn outputs(&self, trees: usize, problems: &mut Vec<Problem>) -> usize {
        let outputs = self.num_tree_per_iteration;
        if !(1..=CLASSES_MAX).contains(&outputs) {
            let found =
                format!("there are {outputs} trees an iteration, and {CLASSES_MAX} is the most that is read");
            problems.push(Problem::new(found, SAVE_AGAIN).at("num_tree_per_iteration"));
            return 1;
        }
        if trees == 0 {
            problems.push(Problem::new("there are 0 trees", "save a trained model").at("tree_info"));
        } else if !trees.is_multiple_of(outputs) {
            let found = format!("{trees} trees are no whole iterations of {outputs}");
            problems.push(Problem::new(found, "save the whole model").at("num_tree_per_iteration"));
            return 1;
        }
        outputs
    }

    /// The columns, with the levels that are known.
    pub(super) fn columns(
        &self,
        trees: &[RawTree],
        configuration: &Configuration,
        problems: &mut Vec<Problem>,
    ) -> Columns {
        let mut known: Vec<Known> = self
            .infos
            .iter()
            .map(|info| Known { has_codes: matches!(info, Info::Categories(_)), levels: None })
            .collect();
        levels::add(self, trees, &mut known, configuration, problems);
        for node in trees.iter().flat_map(|tree| &tree.nodes) {
            if let RawNode::Split(split) = node
                && let (Question::Categories(_), Some(column)) =
                    (&split.question, known.get_mut(split.feature))
            {
                column.has_codes = true;
            }
        }
        Columns::new(known, self.names(), PREFIX, configuration, problems)
    }

    /// The columns' names, unless `LightGBM` has made them up.
    fn names(&self) -> Option<Vec<String>> {
        let is_made_up = |(index, name): (usize, &String)| *name == format!("{PREFIX}{index}");
        let all_made_up = self.feature_names.iter().enumerate().all(is_made_up);
        (!all_made_up).then(|| self.feature_names.clone())
    }
}

/// Before a column's index, where the training data had no names.
const PREFIX: &str = "Column_";
