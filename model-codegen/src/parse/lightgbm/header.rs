//! From a header to the number of margins and the columns.

use super::{
    SAVE_AGAIN,
    model::{Header, Question, RawNode, RawTree},
};
use crate::{
    configuration::Configuration,
    limits::CLASSES_MAX,
    parse::columns::{Columns, Known, level_text},
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
            .is_categorical
            .iter()
            .map(|is_categorical| Known { has_codes: *is_categorical, levels: None })
            .collect();
        self.add_levels(&mut known, configuration, problems);
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

    /// The data frame's categories belong to the categorical columns in their order.
    fn add_levels(&self, known: &mut [Known], configuration: &Configuration, problems: &mut Vec<Problem>) {
        let Some(lists) = self.pandas_categorical.as_ref().filter(|lists| !lists.is_empty()) else { return };
        let categorical: Vec<usize> = (0..known.len()).filter(|column| known[*column].has_codes).collect();
        if lists.len() != categorical.len() {
            let given = |column: &usize| configuration.categories.contains_key(&self.feature_names[*column]);
            // The lists that are left are those of columns that are constant, or ordered and compared as numbers are.
            let (mut ordered, mut constant) = (0, 0);
            for (column, known) in known.iter_mut().enumerate().filter(|(_, known)| !known.has_codes) {
                if given(&column) {
                    known.has_codes = true;
                    ordered += 1;
                } else {
                    constant += usize::from(self.is_constant[column]);
                }
            }
            let are_explained = lists.len() <= categorical.len() + ordered + constant;
            if !(are_explained && categorical.iter().all(given)) {
                let found = format!(
                    "there are the levels of {} columns, and {} columns are known to be categorical",
                    lists.len(),
                    categorical.len()
                );
                let advice = "give the levels of each categorical column in the .toml, under [categories]";
                problems.push(Problem::new(found, advice).at("pandas_categorical"));
            }
            return;
        }
        for (index, (list, column)) in lists.iter().zip(categorical).enumerate() {
            let levels: Option<Vec<String>> = list.iter().map(level_text).collect();
            match levels {
                Some(levels) => known[column].levels = Some(levels),
                None => problems.push(
                    Problem::new("a level is neither a text nor a number", SAVE_AGAIN)
                        .at(format!("pandas_categorical[{index}]")),
                ),
            }
        }
    }
}

/// Before a column's index, where the training data had no names.
const PREFIX: &str = "Column_";
