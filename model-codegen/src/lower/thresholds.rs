//! A feature's thresholds, and the inputs that they become: each a rank, and how it is found.
//!
//! What is missing goes left at some splits and right at others, so a feature has two lists of thresholds. They are found as one
//! where that is possible.

use super::{
    cells,
    ranked::{Questions, RankedInput},
    tables::Tables,
};

/// Most thresholds of an input: a rank has 16 bits, and the greatest is no rank of any. A feature with more is several
/// inputs, each with the next so many.
pub(super) const INPUT_THRESHOLDS_MAX: usize = 65_000;

/// Up to so many thresholds two lists of a feature are found as one, so that a look serves both: a rank is then a byte.
const TWINS_THRESHOLDS_MAX: usize = 254;

/// The thresholds of one feature whose missing values go the same way.
#[derive(Debug, Default)]
pub(super) struct List {
    pub thresholds: Vec<f64>,
    /// Whether a split asks for missing values alone.
    pub asks_missing: bool,
    /// The slot before the first threshold's of each input; all but the last have [`INPUT_THRESHOLDS_MAX`] thresholds.
    pub firsts: Vec<usize>,
}

/// What numbers a feature's thresholds are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    /// As they are.
    Double,
    /// Rounded to 32 bits.
    Single,
    /// As they are, and the thresholds are such that rounding would not change an answer.
    Unrounded,
}

/// The least number that reaches the threshold once it is rounded to 32 bits, to even where two are as near.
fn least_rounded_to(threshold: f64) -> f64 {
    let nearest = threshold as f32;
    let reached = if f64::from(nearest) < threshold { nearest.next_up() } else { nearest };
    if reached == f32::NEG_INFINITY {
        return f64::NEG_INFINITY;
    }
    // Beyond the greatest numbers rounding goes on as if there were another one.
    let next = 2.0_f64.powi(f32::MAX_EXP);
    let [below, above] = [reached.next_down(), reached].map(|number| f64::from(number).clamp(-next, next));
    let between = f64::midpoint(below, above);
    if between as f32 >= reached { between } else { between.next_up() }
}

/// The inputs so far, and how many slots they take.
pub(super) struct Inputs {
    pub planned: Vec<RankedInput>,
    pub slots: usize,
    pub may_be_twins: bool,
}

impl Inputs {
    /// Adds an input with tables of its own: its first slot.
    pub fn add(&mut self, input: &str, questions: Questions) -> usize {
        let name = format!("{}_RANKS_{}", input.to_ascii_uppercase(), self.planned.len());
        self.add_named(name, input, questions)
    }

    fn add_named(&mut self, name: String, input: &str, questions: Questions) -> usize {
        let first = self.slots;
        self.slots += questions.slots();
        self.planned.push(RankedInput { name, input: input.to_owned(), first, questions });
        first
    }

    /// Adds a feature's two lists.
    pub fn add_numbers(
        &mut self,
        input: &str,
        width: Width,
        left: &mut List,
        right: &mut List,
        tables: &mut Tables,
    ) {
        let mut questions = |thresholds: &[f64], missing| {
            let thresholds: Vec<f64> = match width {
                Width::Double | Width::Single => thresholds.to_vec(),
                Width::Unrounded => thresholds.iter().copied().map(least_rounded_to).collect(),
            };
            let search = cells::search(&thresholds, missing, tables);
            Questions::Thresholds { thresholds, single: width == Width::Single, missing, search }
        };
        match Lists::of(left, right, self.may_be_twins) {
            Lists::One(thresholds) => {
                let missing = right.thresholds.len();
                let first = self.add(input, questions(&thresholds, missing));
                right.firsts.push(first);
                left.firsts.push(first + missing);
            }
            Lists::Twins(thresholds) => {
                let of_left = questions(&thresholds, 0);
                let mut of_right = of_left.clone();
                if let Questions::Thresholds { missing, .. } = &mut of_right {
                    *missing = thresholds.len() + usize::from(right.asks_missing);
                }
                left.firsts.push(self.add(input, of_left));
                let name = self.planned[self.planned.len() - 1].name.clone();
                right.firsts.push(self.add_named(name, input, of_right));
                left.thresholds.clone_from(&thresholds);
                right.thresholds = thresholds;
            }
            Lists::Two => {
                for (list, missing_is_right) in [(left, false), (right, true)] {
                    let mut lists: Vec<&[f64]> = list.thresholds.chunks(INPUT_THRESHOLDS_MAX).collect();
                    if lists.is_empty() && list.asks_missing {
                        lists.push(&[]);
                    }
                    for thresholds in lists {
                        // Whoever reaches all thresholds goes right at each of them.
                        let all = thresholds.len() + usize::from(list.asks_missing);
                        let missing = if missing_is_right { all } else { 0 };
                        list.firsts.push(self.add(input, questions(thresholds, missing)));
                    }
                }
            }
        }
    }
}

/// How the two lists of a feature are found.
enum Lists {
    /// As one: what a missing value reaches comes first.
    One(Vec<f64>),
    /// Both by the same look among the thresholds of both.
    Twins(Vec<f64>),
    /// Each by itself.
    Two,
}

impl Lists {
    fn of(left: &List, right: &List, may_be_twins: bool) -> Self {
        if left.thresholds.is_empty() || right.thresholds.is_empty() {
            return Self::Two;
        }
        let mut both = [&right.thresholds[..], &left.thresholds].concat();
        if both.is_sorted() && !right.asks_missing && both.len() <= INPUT_THRESHOLDS_MAX {
            return Self::One(both);
        }
        both.sort_by(f64::total_cmp);
        both.dedup();
        if may_be_twins && both.len() <= TWINS_THRESHOLDS_MAX { Self::Twins(both) } else { Self::Two }
    }
}

#[cfg(test)]
mod tests {
    use super::{Inputs, List, Lists, Questions, TWINS_THRESHOLDS_MAX, Width, least_rounded_to};
    use crate::lower::tables::Tables;

    fn list(thresholds: &[f64]) -> List {
        List { thresholds: thresholds.to_vec(), ..List::default() }
    }

    fn kind(left: &List, right: &List) -> &'static str {
        match Lists::of(left, right, true) {
            Lists::One(_) => "one",
            Lists::Twins(_) => "twins",
            Lists::Two => "two",
        }
    }

    #[test]
    fn lists_are_one_where_what_missing_reaches_comes_first() {
        assert_eq!(kind(&list(&[2.0, 3.0]), &list(&[0.0, 1.0])), "one");
        assert_eq!(kind(&list(&[1.0, 3.0]), &list(&[0.0, 1.0])), "one", "each has its own slot");
        assert_eq!(kind(&list(&[1.0, f64::INFINITY]), &list(&[f64::NEG_INFINITY])), "one");
        assert_eq!(kind(&list(&[0.5, 3.0]), &list(&[0.0, 1.0])), "twins");
        let right = List { asks_missing: true, ..list(&[0.0]) };
        assert_eq!(kind(&list(&[1.0]), &right), "twins", "a missing value reaches more than any number");
        assert_eq!(kind(&list(&[1.0]), &list(&[])), "two");
    }

    #[test]
    fn twins_are_found_by_a_byte() {
        let numbers =
            |first: usize| -> Vec<f64> { (first..TWINS_THRESHOLDS_MAX).map(|it| it as f64).collect() };
        let right = list(&[5.5]);
        assert_eq!(kind(&list(&numbers(1)), &right), "twins");
        assert_eq!(kind(&list(&numbers(0)), &right), "two", "one past it");
        assert!(matches!(Lists::of(&list(&numbers(1)), &right, false), Lists::Two));
    }

    #[test]
    fn numbers_reach_a_threshold_as_they_are_where_they_reach_the_other_once_rounded() {
        let large = f64::from(f32::MAX);
        let mut thresholds =
            vec![0.0, 1e-300, 0.1, 1.0, 1.0_f64.next_up(), 16_777_217.0, large, f64::INFINITY];
        thresholds.extend([
            f64::from(f32::from_bits(1)),
            f64::from(f32::MIN_POSITIVE),
            large.next_up(),
            1e300,
        ]);
        thresholds.extend([0.1_f32, 3.1, 7e-40].map(f64::from));
        thresholds.extend(thresholds.clone().iter().map(|threshold| -threshold));
        for threshold in thresholds {
            let least = least_rounded_to(threshold);
            assert!(f64::from(least as f32) >= threshold, "{threshold:e}: {least:e} is enough");
            if least > f64::NEG_INFINITY {
                let less = least.next_down();
                assert!(f64::from(less as f32) < threshold, "{threshold:e}: {less:e} is too little");
            }
        }
    }

    /// The input's questions after adding these lists, and the slots before the first threshold of left and right.
    fn added(mut left: List, mut right: List) -> (Vec<Questions>, usize, usize) {
        let mut inputs = Inputs { planned: Vec::new(), slots: 10, may_be_twins: true };
        inputs.add_numbers("x", Width::Double, &mut left, &mut right, &mut Tables::default());
        (inputs.planned.into_iter().map(|input| input.questions).collect(), left.firsts[0], right.firsts[0])
    }

    #[test]
    fn slots_follow_the_thresholds() {
        let (one, left, right) = added(list(&[1.0, 3.0]), list(&[0.0, 1.0]));
        let [Questions::Thresholds { thresholds, missing: 2, .. }] = &one[..] else { panic!("{one:?}") };
        assert_eq!(thresholds, &[0.0, 1.0, 1.0, 3.0]);
        assert_eq!((left, right), (12, 10), "slots 11 and 12 are the right ones, 13 and 14 the left ones");

        let (twins, left, right) = added(list(&[0.5, 3.0]), list(&[0.0, 1.0]));
        let [
            Questions::Thresholds { thresholds, missing: 0, .. },
            Questions::Thresholds { thresholds: others, missing: 4, .. },
        ] = &twins[..]
        else {
            panic!("{twins:?}")
        };
        assert_eq!((&thresholds[..], thresholds), (&[0.0, 0.5, 1.0, 3.0][..], others));
        assert_eq!((left, right), (10, 15), "behind the five ranks of the first");

        let asking = List { asks_missing: true, ..list(&[0.0, 1.0]) };
        let (twins, left, right) = added(list(&[0.5, 3.0]), asking);
        let [_, Questions::Thresholds { missing: 5, .. }] = &twins[..] else { panic!("{twins:?}") };
        assert_eq!((left, right), (10, 15), "a missing value reaches one more than there are thresholds");
    }
}
