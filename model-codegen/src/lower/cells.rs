//! How a value's rank among its thresholds is found: compared with each, by a table of cells, or by bisection.

use super::{ranked::Search, tables::Tables};

/// Up to so many thresholds comparing each is quicker than a look into a table.
const EACH_MAX: usize = 8;

/// The sizes of a table that are tried, the smallest that serves first: the largest still fits a first-level cache
/// beside the rest.
const CELLS: [usize; 5] = [256, 512, 1_024, 2_048, 4_096];

/// A cell with more thresholds than this is worth a larger table; where the largest has more than `COMPARES_MAX` too,
/// bisection is quicker.
const COMPARES_GOOD: usize = 2;
const COMPARES_MAX: usize = 6;

/// How to find a rank among these thresholds, which are in ascending order.
pub(super) fn search(thresholds: &[f64], tables: &mut Tables) -> Search {
    if thresholds.len() <= EACH_MAX {
        return Search::Each;
    }
    let candidates = || CELLS.iter().filter_map(|count| cut(thresholds, *count));
    let good = candidates().find(|cut| cut.compares <= COMPARES_GOOD);
    let best = good.or_else(|| candidates().min_by_key(|cut| cut.compares));
    match best.filter(|cut| cut.compares <= COMPARES_MAX) {
        Some(Cut { least, scale, start, compares }) => {
            let behind = std::iter::repeat_n(f64::NAN, compares);
            let thresholds: Vec<f64> = thresholds.iter().copied().chain(behind).collect();
            let (start, thresholds) = (tables.u16s(&start), tables.f64s(&thresholds));
            Search::Cells { least, scale, start, thresholds, compares }
        }
        None => Search::Bisection(tables.f64s(thresholds)),
    }
}

/// The range of some thresholds, cut into cells.
struct Cut {
    least: f64,
    scale: f64,
    start: Vec<u16>,
    compares: usize,
}

/// A table of so many cells between the least and the greatest finite threshold, where there are two of them.
fn cut(thresholds: &[f64], count: usize) -> Option<Cut> {
    let mut finite = thresholds.iter().copied().filter(|threshold| threshold.is_finite());
    let least = finite.next()?;
    let scale = count as f64 / (finite.next_back()? - least);
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
    let compares = of_cell.into_iter().max().unwrap_or(0);
    Some(Cut { least, scale, start, compares })
}
