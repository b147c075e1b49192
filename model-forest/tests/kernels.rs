//! Every kernel gives the bits that a walk through one tree after the other gives, on random forests of every shape.
//!
//! Those for AVX-512 on any processor that has AVX2, and fewer rows:
//! `RUSTFLAGS="--cfg emulated_avx512" cargo test -p model-forest --test kernels`
//!
//! The portable kernels under Miri, and fewer shapes:
//! `MIRIFLAGS=-Zmiri-ignore-leaks cargo +nightly miri test -p model-forest --test kernels`

mod made;

use fastrand::Rng;
use made::{INPUTS_WITH_OFFSET, Input, Made, Shape, Wanted};
use model_forest::{Kernels, Offset, Scratch};

/// Sizes around those at which kernels change, and some that leave the last block partly empty.
const BATCHES: &[usize] = if cfg!(miri) {
    &[1, 24, 66]
} else if cfg!(emulated_avx512) {
    &[1, 4, 23, 64, 140, 257, 513]
} else {
    &[1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 23, 24, 32, 33, 35, 36, 40, 47, 48, 63, 64, 65, 128, 257, 513]
};

/// As many rows as two of the largest blocks have, and some; where that takes too long, as one of them has, or one of the smallest.
const ROWS: usize = match (cfg!(miri), cfg!(emulated_avx512)) {
    (true, _) => 66,
    (false, true) => 530,
    (false, false) => 1_030,
};

/// Forests of a shape.
const SEEDS: u64 = match (cfg!(miri), cfg!(emulated_avx512)) {
    (true, _) => 1,
    (false, true) => 2,
    (false, false) => 6,
};

/// All of these, or under Miri, which takes minutes for what takes a second, those.
fn each<T: Copy>(all: &[T], by_miri: &[T]) -> Vec<T> {
    if cfg!(miri) { by_miri.to_vec() } else { all.to_vec() }
}

/// A forest of numbers; under Miri, which takes a second for every few ranks, a smaller one.
fn plain(inputs: usize, trees: usize, depth: usize) -> Shape {
    Shape {
        inputs: if cfg!(miri) {
            vec![Input::Ranks(5); inputs.min(9)]
        } else {
            vec![Input::Ranks(40); inputs]
        },
        outputs: 1,
        trees: if cfg!(miri) { trees.min(9) } else { trees },
        depth,
        early_eighths: 1,
        single: false,
        layout: Wanted::Heaps,
        part_groups: None,
        offset: None,
        scale: None,
        has_end: false,
    }
}

/// Checks random forests of a shape in each layout that holds it.
fn check(shape: &Shape) {
    for layout in [Wanted::Heaps, Wanted::Paths] {
        let has_rank_for_missing = |input: &Input| matches!(input, Input::RanksOrMissing(_));
        let is_held = match layout {
            Wanted::Heaps => shape.depth <= 8,
            Wanted::Paths => !shape.inputs.iter().any(has_rank_for_missing),
        };
        if !is_held {
            continue;
        }
        for seed in 0..SEEDS {
            let mut random = Rng::with_seed(seed);
            let single = if seed % 2 == 1 { true } else { shape.single };
            let made = Shape { single, layout, ..shape.clone() }.made(&mut random);
            check_made(&made, &mut random, &format!("{shape:?} as {layout:?}, seed {seed}"));
        }
    }
}

fn check_made(made: &Made, random: &mut Rng, what: &str) {
    let rows = made.rows(ROWS, random);
    let expected: Vec<u64> = made.walked(&rows).iter().map(|margin| margin.to_bits()).collect();
    let columns = made.forest.columns;
    let outputs = made.forest.outputs();
    for kernels in Kernels::supported() {
        let mut scratch = Scratch::with_kernels(kernels);
        for &batch in BATCHES {
            let mut found = vec![f64::NAN; expected.len()];
            for (rows, margins) in rows.chunks(batch * columns).zip(found.chunks_mut(batch * outputs)) {
                made.forest.margins(rows, margins, &mut scratch);
            }
            let found: Vec<u64> = found.iter().map(|margin| margin.to_bits()).collect();
            assert!(found == expected, "{kernels:?}, batches of {batch}: {what}");
        }
    }
}

#[test]
fn trees_of_every_depth() {
    for depth in each(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], &[0, 3, 6]) {
        check(&plain(28, 21, depth));
    }
}

#[test]
fn blocks_of_every_size() {
    for depth in each(&[1, 2, 3, 4, 5, 6, 7, 8], &[4, 7]) {
        for groups in 1..=if cfg!(miri) { 2 } else { 9 } {
            check(&plain(28 + groups, groups * 8 - 3, depth));
        }
        check(&plain(50, 60, depth));
    }
}

#[test]
fn outputs_of_several_blocks() {
    for depth in each(&[3, 6, 7, 8], &[3, 7]) {
        for part_groups in [None, Some(3)] {
            check(&Shape { outputs: 3, part_groups, ..plain(28, 80, depth) });
        }
    }
}

#[test]
fn runs_of_groups_of_unlike_depth() {
    // The more trees end early, the less often a group is as deep as the one before it.
    for (depth, early_eighths) in each(&[(5, 3), (5, 4), (6, 4), (7, 3), (8, 3), (8, 4)], &[(5, 3), (8, 4)]) {
        check(&Shape { early_eighths, ..plain(28, 200, depth) });
    }
}

#[test]
fn rows_of_one_byte_to_more_than_registers_hold() {
    let all = [1, 2, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 127, 128, 129, 255, 256, 257, 500];
    for inputs in each(&all, &[1, 9]) {
        check(&plain(inputs, 17, 6));
        check(&plain(inputs, 9, 8));
    }
}

#[test]
#[cfg_attr(miri, ignore = "the portable kernels have no views")]
fn parts_of_trees_that_view_rows_in_unlike_ways() {
    for part_groups in [1, 2, 5] {
        for (inputs, depth) in [(17, 5), (40, 6), (100, 6), (140, 6), (28, 8), (70, 8), (140, 8)] {
            check(&Shape { part_groups: Some(part_groups), ..plain(inputs, 90, depth) });
        }
        let inputs = vec![Input::Ranks(700), Input::Classes { classes: 20, sets: 3 }, Input::Ranks(9)];
        let outputs = Shape { outputs: 3, inputs, ..plain(0, 20, 7) };
        check(&Shape { part_groups: Some(part_groups), early_eighths: 3, ..outputs });
    }
}

#[test]
fn ranks_that_are_compared_and_ranks_that_set_bits() {
    for most in each(&[23, 24, 25, 95, 96, 97, 126, 127, 128], &[24, 25, 96, 127, 128]) {
        check(&Shape { inputs: vec![Input::Ranks(most), Input::Ranks(3)], ..plain(0, 17, 6) });
    }
}

#[test]
fn ranks_past_255() {
    for most in each(&[254, 255, 256, 510, 511, 5_000, 30_000], &[255, 256]) {
        check(&Shape { inputs: vec![Input::Ranks(most), Input::Ranks(3)], ..plain(0, 17, 7) });
    }
}

#[test]
fn numbers_whose_missing_values_go_either_way() {
    for most in each(&[1, 2, 24, 25, 96, 97, 126, 127, 128, 254, 255, 256, 30_000], &[1, 24, 25, 128]) {
        let inputs = vec![Input::RanksOrMissing(most), Input::Ranks(3), Input::RanksOrMissing(9)];
        check(&Shape { inputs: inputs.clone(), ..plain(0, 17, 6) });
        check(&Shape { inputs, part_groups: Some(2), outputs: 2, ..plain(0, 40, 8) });
    }
}

#[test]
fn classes_of_2_and_of_1200() {
    for sets in each(&[1, 3, 7, 8, 9, 40, 300], &[1, 40]) {
        let inputs = vec![
            Input::Classes { classes: 2, sets: 2 },
            Input::Ranks(17),
            Input::Classes { classes: 1_200, sets },
            Input::Classes { classes: 33, sets: 2 },
        ];
        check(&Shape { inputs, ..plain(0, 17, 6) });
    }
}

#[test]
fn single_leaves_and_stumps_among_deep_trees() {
    for early_eighths in [4, 8] {
        check(&Shape { early_eighths, ..plain(5, 40, 8) });
    }
}

#[test]
fn deep_trees() {
    check(&Shape { early_eighths: 3, ..plain(28, 20, 20) });
    check(&Shape { early_eighths: 3, outputs: 3, ..plain(3, 7, 20) });
}

#[test]
#[cfg_attr(miri, ignore = "so many inputs take Miri too long")]
fn rows_so_wide_that_fewer_make_a_block_of_trees_of_any_shape() {
    // An input more is always zero. With 511 and 512 blocks have 512 rows and 496, with 5,000 the least count, 64.
    for inputs in [511, 512, 700, 5_000] {
        let shape = Shape { layout: Wanted::Paths, early_eighths: 3, ..plain(inputs, 5, 9) };
        let mut random = Rng::with_seed(inputs as u64);
        check_made(&shape.made(&mut random), &mut random, &format!("{inputs} inputs"));
    }
}

#[test]
#[cfg_attr(miri, ignore = "a tree of 65,536 leaves takes Miri too long")]
fn more_leaves_than_a_rank_can_name() {
    let mut random = Rng::with_seed(1);
    let shape = Shape { early_eighths: 0, layout: Wanted::Paths, ..plain(28, 2, 17) };
    let made = shape.made(&mut random);
    check_made(&made, &mut random, "131,072 leaves");
}

#[test]
fn numbers_of_trees_around_a_group() {
    for trees in each(&[0, 1, 7, 8, 9, 15, 16, 17], &[0, 1, 8, 9]) {
        check(&plain(28, trees, 5));
        check(&Shape { outputs: 3, ..plain(28, trees, 7) });
    }
}

#[test]
fn offsets_scales_and_what_is_added_at_the_end() {
    for offset in [None, Some(Offset::Start), Some(Offset::End)] {
        for (scale, has_end) in [(None, true), (Some(0.3), false), (Some(1.7), true)] {
            check(&Shape { offset, scale, has_end, ..plain(INPUTS_WITH_OFFSET, 12, 6) });
        }
    }
}

#[test]
#[cfg(all(emulated_avx512, target_arch = "x86_64"))]
fn emulated_kernels_are_among_those_tested() {
    assert!(Kernels::supported().any(|kernels| kernels.name() == "avx512"), "a processor with AVX2 has them");
}
