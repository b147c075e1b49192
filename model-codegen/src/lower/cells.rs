//! How a value's rank among its thresholds is found: compared with each, by a table of cells, or by bisection.

use super::{ranked::Search, tables::Tables};

/// Up to so many thresholds comparing each is quicker than a look into a table.
const EACH_MAX: usize = 8;

/// The sizes of a table that are tried, the smallest that serves first: the largest still fits a first-level cache
/// beside the rest.
const CELLS: [usize; 5] = [256, 512, 1_024, 2_048, 4_096];

/// A cell with more thresholds than this is worth a larger table.
const GOOD_MAX: usize = 2;

/// Up to so many thresholds of a cell are compared each, as `model_forest::Cells` does it.
pub(super) const COMPARED_MAX: usize = 5;

/// Up to so many are bisected, as `model_forest::Cells` can: with more, cells spare few of the steps that bisecting all takes.
pub(super) const BISECTED_MAX: usize = 255;

/// How to find a rank among these thresholds, which are in ascending order, where a missing value has this one;
/// 0 also stands for a rank that is set afterwards, as twins' right half has it.
pub(super) fn search(thresholds: &[f64], missing: usize, tables: &mut Tables) -> Search {
    if thresholds.len() <= EACH_MAX {
        return Search::Each;
    }
    let candidates = || CELLS.iter().filter_map(|count| cut(thresholds, *count));
    let good = candidates().find(|cut| cut.most <= GOOD_MAX);
    // Not the smallest of those that are bisected in as many steps: with those one row of 500 trees took 3 % longer.
    let best = good.or_else(|| candidates().min_by_key(|cut| cut.most));
    let spares_steps = |cut: &Cut| near(cut.most) <= BISECTED_MAX && near(cut.most) < near(thresholds.len());
    match best.filter(spares_steps) {
        Some(Cut { least, scale, start, most }) => {
            let near = near(most);
            let behind = std::iter::repeat_n(f64::NAN, near);
            let thresholds: Vec<f64> = thresholds.iter().copied().chain(behind).collect();
            let missing_is_last = missing > 0 && start.last().copied().map(usize::from) == Some(missing);
            let (start, thresholds) = (tables.u16s(&start), tables.f64s(&thresholds));
            Search::Cells { least, scale, start, thresholds, near, missing_is_last }
        }
        None => Search::Bisection(tables.f64s(thresholds)),
    }
}

/// The `NEAR` of `model_forest::Cells` where a cell has so many thresholds at most: as many, or from six on the next number that is
/// one less than a power of two.
fn near(thresholds: usize) -> usize {
    if thresholds <= COMPARED_MAX { thresholds } else { (thresholds + 1).next_power_of_two() - 1 }
}

/// The range of some thresholds, cut into cells.
struct Cut {
    least: f64,
    scale: f64,
    start: Vec<u16>,
    /// The most thresholds of a cell.
    most: usize,
}

/// A table of so many cells from the least to the greatest finite threshold, where there are two of them. Behind the greatest
/// begins the last cell: no finite threshold lies in it.
fn cut(thresholds: &[f64], count: usize) -> Option<Cut> {
    let mut finite = thresholds.iter().copied().filter(|threshold| threshold.is_finite());
    let least = finite.next()?;
    let scale = (count - 2) as f64 / (finite.next_back()? - least);
    if !(scale.is_finite() && scale > 0.0) {
        return None;
    }
    // As `model_forest::Cells` finds a value's cell.
    let cell = |value: f64| (((value - least) * scale) as i32).max(0).unsigned_abs() as usize;
    let cell = |value: f64| cell(value).min(count - 1);
    let mut of_cell = vec![0_usize; count];
    for threshold in thresholds {
        of_cell[cell(*threshold)] += 1;
    }
    let mut before = 0;
    let mut start = Vec::with_capacity(count);
    for inside in &of_cell {
        // An input has fewer thresholds than 16 bits count.
        start.push(before as u16);
        before += inside;
    }
    let most = of_cell.into_iter().max().unwrap_or(0);
    Some(Cut { least, scale, start, most })
}

#[cfg(test)]
mod tests {
    use super::{Search, cut, search};
    use crate::lower::tables::Tables;

    fn missing_is_last(thresholds: &[f64], missing: usize) -> bool {
        match search(thresholds, missing, &mut Tables::default()) {
            Search::Cells { missing_is_last, .. } => missing_is_last,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_last_cell_begins_behind_the_greatest_finite_threshold() {
        for least in [-1e9, -2.664_062, 0.0, 0.1, 1e-300] {
            for step in [1e-3, 0.1, 7.0, 1e100] {
                let thresholds: Vec<f64> = (0..40).map(|index| least + step * f64::from(index)).collect();
                let cut = cut(&thresholds, 256).expect("a range");
                assert_eq!(cut.start.last(), Some(&40), "{least} and {step}");
            }
        }
    }

    #[test]
    fn few_thresholds_of_a_cell_are_compared_more_are_bisected() {
        // So many in one cell, and others far apart.
        let near = |crowd: usize| {
            let crowded = (0..crowd).map(|index| 1.0 + index as f64 / 1e6);
            let others = (1..=600).map(|index| 6.0 * f64::from(index));
            let thresholds: Vec<f64> = [0.0].into_iter().chain(crowded).chain(others).collect();
            match search(&thresholds, 0, &mut Tables::default()) {
                Search::Cells { near, .. } => Some(near),
                Search::Bisection(_) => None,
                Search::Each => panic!("{crowd} are too many for that"),
            }
        };
        assert_eq!([7, 8, 15, 16, 255].map(near), [7, 15, 15, 31, 255].map(Some));
        assert_eq!(near(256), None);
    }

    #[test]
    fn cells_that_spare_no_step_are_none() {
        let crowded = (0..40).map(|index| 1.0 + f64::from(index) / 1e6);
        let thresholds: Vec<f64> = crowded.chain([1e300]).collect();
        assert!(matches!(search(&thresholds, 0, &mut Tables::default()), Search::Bisection(_)));
    }

    #[test]
    fn a_missing_value_is_in_the_last_cell_where_it_reaches_what_lies_before() {
        let mut thresholds: Vec<f64> = (0..20).map(f64::from).collect();
        assert!(missing_is_last(&thresholds, 20));
        assert!(!missing_is_last(&thresholds, 0), "it reaches none");
        assert!(!missing_is_last(&thresholds, 7), "it reaches some");
        assert!(!missing_is_last(&thresholds, 21), "it reaches more than any number");
        thresholds.push(f64::INFINITY);
        assert!(!missing_is_last(&thresholds, 21), "an infinite threshold is in the last cell");
        assert!(missing_is_last(&thresholds, 20), "and it may be all that a missing value does not reach");
    }
}
