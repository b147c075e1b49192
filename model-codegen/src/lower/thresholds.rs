//! A feature's thresholds, and the inputs that they become: each a rank, and how it is found.
//!
//! What is missing goes left at some splits and right at others, so a feature has two lists of thresholds. They are found as one
//! where that is possible.

use super::{
    cells,
    compare::BYTE_MAX,
    ranked::{Missing, Questions, RankedInput},
    tables::Tables,
};

/// Most thresholds of an input: a rank has 16 bits, and the greatest is no rank of any. A feature with more is several
/// inputs, each with the next so many.
const INPUT_THRESHOLDS_MAX: usize = 65_000;

/// Up to so many thresholds two lists of a feature can be twins: ranks are then bytes.
const TWINS_THRESHOLDS_MAX: usize = 254;

/// The thresholds of one feature whose missing values go the same way.
#[derive(Debug, Default)]
pub(super) struct List {
    pub thresholds: Vec<f64>,
    /// Whether a split asks for missing values alone.
    pub asks_missing: bool,
    /// The slot of each threshold.
    pub slots: Vec<usize>,
    /// The slot in which it stands whether a value is missing, if a split asks.
    pub missing_slot: usize,
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
    pub both_ways: BothWays,
}

/// How the lists of a feature are found whose missing values go both ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BothWays {
    /// By one look, which makes two ranks, each with slots for the thresholds of both; or each by itself, where these are too many.
    Twins,
    /// By one look, which makes one rank.
    Mixed,
    /// Each by itself.
    Apart,
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
        let mut questions = |thresholds: &[f64], missing: Missing| {
            let thresholds: Vec<f64> = match width {
                Width::Double | Width::Single => thresholds.to_vec(),
                Width::Unrounded => thresholds.iter().copied().map(least_rounded_to).collect(),
            };
            let search = cells::search(&thresholds, missing.rank(), tables);
            Questions::Thresholds { thresholds, single: width == Width::Single, missing, search }
        };
        match Lists::of(left, right, self.both_ways) {
            Lists::One(thresholds) => {
                let reached = right.thresholds.len();
                let first = 1 + self.add(input, questions(&thresholds, Missing::Reaches(reached)));
                right.slots = (first..first + reached).collect();
                left.slots = (first + reached..first + thresholds.len()).collect();
            }
            Lists::Twins(thresholds) => {
                let of_left = questions(&thresholds, Missing::Reaches(0));
                let mut of_right = of_left.clone();
                if let Questions::Thresholds { missing, .. } = &mut of_right {
                    *missing = Missing::Reaches(thresholds.len() + usize::from(right.asks_missing));
                }
                let first_left = 1 + self.add(input, of_left);
                let name = self.planned[self.planned.len() - 1].name.clone();
                let first_right = 1 + self.add_named(name, input, of_right);
                right.missing_slot = first_right + thresholds.len();
                let place = |threshold: &f64| thresholds.partition_point(|other| other < threshold);
                for (list, first) in [(left, first_left), (right, first_right)] {
                    list.slots = list.thresholds.iter().map(|threshold| first + place(threshold)).collect();
                }
            }
            Lists::Mixed(mixed) => {
                let (thresholds, mut is_right): (Vec<f64>, Vec<bool>) = mixed.into_iter().unzip();
                is_right.push(true);
                let first =
                    1 + self.add(input, questions(&thresholds, Missing::GoesEitherWay(is_right.clone())));
                right.missing_slot = first + thresholds.len();
                for (slot, is_right) in (first..right.missing_slot).zip(is_right) {
                    let list = if is_right { &mut *right } else { &mut *left };
                    list.slots.push(slot);
                }
            }
            Lists::Apart => {
                for (list, missing_is_right) in [(left, false), (right, true)] {
                    let mut lists: Vec<&[f64]> = list.thresholds.chunks(INPUT_THRESHOLDS_MAX).collect();
                    if lists.is_empty() && list.asks_missing {
                        lists.push(&[]);
                    }
                    for thresholds in lists {
                        // Whoever reaches all thresholds goes right at each of them.
                        let all = thresholds.len() + usize::from(list.asks_missing);
                        let missing = Missing::Reaches(if missing_is_right { all } else { 0 });
                        let first = 1 + self.add(input, questions(thresholds, missing));
                        list.missing_slot = first + thresholds.len();
                        list.slots.extend(first..list.missing_slot);
                    }
                }
            }
        }
    }
}

/// Whether the ranks of a feature with these lists are bytes, where it may have two.
pub(super) fn are_bytes(left: &List, right: &List) -> bool {
    let is_byte = |list: &List| list.thresholds.len() + usize::from(list.asks_missing) <= BYTE_MAX;
    match one(left, right) {
        Some(thresholds) => thresholds.len() <= BYTE_MAX,
        None => is_byte(left) && is_byte(right),
    }
}

/// The thresholds of both lists, where those that a missing value reaches come first.
fn one(left: &List, right: &List) -> Option<Vec<f64>> {
    if left.thresholds.is_empty() || right.thresholds.is_empty() || right.asks_missing {
        return None;
    }
    let one = [&right.thresholds[..], &left.thresholds].concat();
    (one.is_sorted() && one.len() <= INPUT_THRESHOLDS_MAX).then_some(one)
}

/// How the two lists of a feature are found.
enum Lists {
    /// As one: what a missing value reaches comes first.
    One(Vec<f64>),
    /// As two ranks by the same look among the thresholds of both.
    Twins(Vec<f64>),
    /// As one rank among the thresholds of both, of which some stand twice; with each whether a missing value goes right.
    Mixed(Vec<(f64, bool)>),
    /// Each by itself.
    Apart,
}

impl Lists {
    fn of(left: &List, right: &List, both_ways: BothWays) -> Self {
        if let Some(thresholds) = one(left, right) {
            return Self::One(thresholds);
        }
        if left.thresholds.is_empty() || right.thresholds.is_empty() {
            return Self::Apart;
        }
        let count = left.thresholds.len() + right.thresholds.len();
        match both_ways {
            BothWays::Twins => {
                let mut both = [&right.thresholds[..], &left.thresholds].concat();
                both.sort_by(f64::total_cmp);
                both.dedup();
                if both.len() <= TWINS_THRESHOLDS_MAX { Self::Twins(both) } else { Self::Apart }
            }
            // What is missing has a rank more.
            BothWays::Mixed if count < INPUT_THRESHOLDS_MAX => {
                let of_left = left.thresholds.iter().map(|threshold| (*threshold, false));
                let of_right = right.thresholds.iter().map(|threshold| (*threshold, true));
                let mut both: Vec<_> = of_left.chain(of_right).collect();
                both.sort_by(|(one, _), (other, _)| one.total_cmp(other));
                Self::Mixed(both)
            }
            _ => Self::Apart,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        BYTE_MAX, BothWays, INPUT_THRESHOLDS_MAX, Inputs, List, Lists, Missing, Questions,
        TWINS_THRESHOLDS_MAX, Width, are_bytes, least_rounded_to,
    };
    use crate::lower::tables::Tables;

    fn list(thresholds: &[f64]) -> List {
        List { thresholds: thresholds.to_vec(), ..List::default() }
    }

    fn kind(left: &List, right: &List) -> &'static str {
        kind_of(left, right, BothWays::Twins)
    }

    fn kind_of(left: &List, right: &List, both_ways: BothWays) -> &'static str {
        match Lists::of(left, right, both_ways) {
            Lists::One(_) => "one",
            Lists::Twins(_) => "twins",
            Lists::Mixed(_) => "mixed",
            Lists::Apart => "apart",
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
        assert_eq!(kind(&list(&[1.0]), &list(&[])), "apart");
        assert_eq!(kind_of(&list(&[2.0]), &list(&[1.0]), BothWays::Mixed), "one");
        assert_eq!(kind_of(&list(&[1.0]), &list(&[2.0]), BothWays::Mixed), "mixed");
        assert_eq!(kind_of(&list(&[1.0]), &list(&[2.0]), BothWays::Apart), "apart");
    }

    #[test]
    fn twins_are_found_by_a_byte() {
        let numbers =
            |first: usize| -> Vec<f64> { (first..TWINS_THRESHOLDS_MAX).map(|it| it as f64).collect() };
        let right = list(&[5.5]);
        assert_eq!(kind(&list(&numbers(1)), &right), "twins");
        assert_eq!(kind(&list(&numbers(0)), &right), "apart", "one past it");
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

    /// The inputs' questions after adding these lists, and the slots of left and right and of what is missing.
    fn added(
        mut left: List,
        mut right: List,
        both_ways: BothWays,
    ) -> (Vec<Questions>, [Vec<usize>; 2], usize) {
        let mut inputs = Inputs { planned: Vec::new(), slots: 10, both_ways };
        inputs.add_numbers("x", Width::Double, &mut left, &mut right, &mut Tables::default());
        let questions = inputs.planned.into_iter().map(|input| input.questions).collect();
        (questions, [left.slots, right.slots], right.missing_slot)
    }

    fn asking(thresholds: &[f64]) -> List {
        List { asks_missing: true, ..list(thresholds) }
    }

    #[test]
    fn slots_follow_the_thresholds() {
        let (one, slots, _) = added(list(&[1.0, 3.0]), list(&[0.0, 1.0]), BothWays::Twins);
        let [Questions::Thresholds { thresholds, missing: Missing::Reaches(2), .. }] = &one[..] else {
            panic!("{one:?}")
        };
        assert_eq!(thresholds, &[0.0, 1.0, 1.0, 3.0]);
        assert_eq!(slots, [[13, 14], [11, 12]], "what missing values reach comes first");

        let (twins, slots, _) = added(list(&[0.5, 3.0]), list(&[0.0, 1.0]), BothWays::Twins);
        let [
            Questions::Thresholds { thresholds, missing: Missing::Reaches(0), .. },
            Questions::Thresholds { thresholds: others, missing: Missing::Reaches(4), .. },
        ] = &twins[..]
        else {
            panic!("{twins:?}")
        };
        assert_eq!((&thresholds[..], thresholds), (&[0.0, 0.5, 1.0, 3.0][..], others));
        assert_eq!(slots, [[12, 14], [16, 18]], "the second begin behind the five ranks of the first");

        let (twins, slots, missing) = added(list(&[0.5, 3.0]), asking(&[0.0, 1.0]), BothWays::Twins);
        let [_, Questions::Thresholds { missing: Missing::Reaches(5), .. }] = &twins[..] else {
            panic!("{twins:?}")
        };
        assert_eq!(slots, [[12, 14], [16, 18]]);
        assert_eq!(missing, 20, "a missing value reaches one more than there are thresholds");
    }

    #[test]
    fn mixed_lists_share_slots_in_the_order_of_their_thresholds() {
        let (mixed, slots, missing) = added(list(&[0.5, 1.0]), asking(&[0.0, 1.0]), BothWays::Mixed);
        let [Questions::Thresholds { thresholds, missing: goes @ Missing::GoesEitherWay(is_right), .. }] =
            &mixed[..]
        else {
            panic!("{mixed:?}")
        };
        assert_eq!(thresholds, &[0.0, 0.5, 1.0, 1.0]);
        assert_eq!(is_right, &[true, false, false, true, true]);
        assert_eq!(slots, [[12, 13], [11, 14]]);
        assert_eq!((missing, goes.rank()), (15, 5));
    }

    #[test]
    fn lists_are_mixed_while_what_is_missing_has_a_rank_of_its_own() {
        let left = |count: usize| list(&(0..count).map(|it| it as f64).collect::<Vec<f64>>());
        let right = list(&[0.5]);
        assert_eq!(kind_of(&left(INPUT_THRESHOLDS_MAX - 2), &right, BothWays::Mixed), "mixed");
        assert_eq!(kind_of(&left(INPUT_THRESHOLDS_MAX - 1), &right, BothWays::Mixed), "apart");
    }

    #[test]
    fn ranks_are_bytes_where_each_lists_are() {
        let numbers = |first: usize, count: usize| {
            list(&(first..first + count).map(|it| it as f64).collect::<Vec<f64>>())
        };
        assert!(are_bytes(&numbers(0, BYTE_MAX), &numbers(0, BYTE_MAX)));
        assert!(!are_bytes(&numbers(0, BYTE_MAX + 1), &numbers(0, 1)));
        assert!(!are_bytes(&numbers(0, 3), &List { asks_missing: true, ..numbers(0, BYTE_MAX) }));
        assert!(!are_bytes(&numbers(200, 200), &numbers(0, 100)), "they are one, of 300");
    }

    #[test]
    fn lists_apart_have_slots_of_their_own() {
        let (apart, slots, missing) = added(list(&[0.5, 3.0]), asking(&[0.0, 1.0]), BothWays::Apart);
        let reached = |questions: &Questions| match questions {
            Questions::Thresholds { missing: Missing::Reaches(rank), .. } => Some(*rank),
            _ => None,
        };
        assert_eq!(apart.iter().map(reached).collect::<Vec<_>>(), [Some(0), Some(3)]);
        assert_eq!((slots, missing), ([vec![11, 12], vec![14, 15]], 16));
    }
}
