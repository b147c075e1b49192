//! How many of a file's trees are used: all of them, or those up to the best iteration.
//!
//! Where training stopped early, `best_iteration` stands among the attributes. How many trees an iteration has follows from
//! `iteration_indptr` (from 2.0 on) or `num_parallel_tree`. Releases up to 1.5 keep neither: of several margins the trees' own
//! order tells, of one only `best_ntree_limit`, which Python's releases from 1.4 to 1.7 write: how many trees each margin has up
//! to the best iteration. Later releases that load such a file take parallel trees for iterations of their own.

use super::{
    SAVE_AGAIN,
    raw::{Learner, Model},
};
use crate::{configuration::Configuration, problem::Problem};

/// How many of the trees are used.
pub(super) fn used_trees(
    learner: &Learner,
    model: &Model,
    outputs: usize,
    configuration: &Configuration,
    warnings: &mut Vec<String>,
    problems: &mut Vec<Problem>,
) -> usize {
    let all = model.trees().len();
    let Some(text) = learner.attributes.get("best_iteration") else {
        if configuration.best_iteration == Some(true) {
            let found = "the model has no best iteration: its training did not stop early";
            problems.push(Problem::new(found, "remove the key from the .toml").at_key("best_iteration"));
        }
        return all;
    };
    let best = match until_best(text, learner, model, outputs) {
        Ok(best) => best,
        Err(Unknown::Iteration) => {
            let found = format!("{text:?} is no iteration of the model");
            problems.push(Problem::new(found, SAVE_AGAIN).at(PLACE));
            return all;
        }
        Err(Unknown::Trees { found, advice }) => {
            match configuration.best_iteration {
                Some(true) => problems.push(Problem::new(found, advice).at(PLACE)),
                Some(false) => {}
                None => warnings.push(format!(
                    "training stopped early: all {all} trees are used, as Booster.predict does; {found}"
                )),
            }
            return all;
        }
    };
    match configuration.best_iteration {
        Some(true) => best,
        Some(false) => all,
        None => {
            if best < all {
                warnings.push(format!(
                    "training stopped early: all {all} trees are used, as Booster.predict does; XGBClassifier and \
                     XGBRegressor use the first {best}, and `best_iteration = true` in the .toml does too"
                ));
            }
            all
        }
    }
}

const PLACE: &str = "learner.attributes.best_iteration";
const NAME_LIMIT: &str = "set the attribute best_ntree_limit to (best_iteration + 1) times the num_parallel_tree of the training, and \
                          save the model again with the release that trained it";
const AGREE: &str = "a later release has taken parallel trees for iterations: save the model with the release that trained it";

/// What can't be known of the best iteration.
enum Unknown {
    /// The attribute names none of the model's.
    Iteration,
    /// It does not follow how many trees there are up to it.
    Trees { found: String, advice: &'static str },
}

/// How many trees there are up to the best iteration.
fn until_best(text: &str, learner: &Learner, model: &Model, outputs: usize) -> Result<usize, Unknown> {
    let all = model.trees().len();
    let best = text.parse::<usize>().map_err(|_| Unknown::Iteration)?;
    let counted = model.trees_until(best, outputs);
    if model.tells_iterations(outputs) && !counted.is_some_and(|counted| (1..=all).contains(&counted)) {
        return Err(Unknown::Iteration);
    }
    let limit = learner.attributes.get("best_ntree_limit").map(|limit| {
        let trees = limit.parse::<usize>().ok().and_then(|limit| limit.checked_mul(outputs));
        let of_one = best.saturating_add(1).saturating_mul(outputs);
        (limit, trees.filter(|trees| (1..=all).contains(trees) && trees.is_multiple_of(of_one)))
    });
    match (counted, limit) {
        (Some(counted), Some((_, Some(trees)))) if counted == trees => Ok(counted),
        (Some(counted), None) => Ok(counted),
        (None, Some((_, Some(trees)))) => Ok(trees),
        (Some(counted), Some((limit, _))) => Err(Unknown::Trees {
            found: format!(
                "`best_ntree_limit` is {limit:?}, and the iterations up to the best have {counted} trees for {outputs} margins"
            ),
            advice: AGREE,
        }),
        (None, _) => Err(Unknown::Trees {
            found:
                "the file does not tell how many trees an iteration has, as those of early releases do not"
                    .into(),
            advice: NAME_LIMIT,
        }),
    }
}
