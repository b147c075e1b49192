//! Every form, every kernel and every batch size gives the same bits.

#[path = "../src/synthetic.rs"]
mod ensembles;

use acceptance::{bits, models, other_forms, synthetic, trainers, trainers_other_forms};
use fastrand::Rng;
use model_codegen::{
    Configuration, FormKey, Source,
    lower::{Form, Ranked, RankedQuestions, lower},
};
use model_runtime::{ColumnKind, Model, Scratch, forest::Kernels};

/// Sizes around those at which kernels change, and some that leave the last block of a batch partly empty.
const BATCHES: [usize; 24] =
    [1, 2, 3, 4, 5, 7, 8, 15, 17, 23, 24, 39, 40, 47, 48, 63, 64, 65, 128, 129, 256, 257, 513, ROWS];

const ROWS: usize = 1_000;

/// Models of which the straight-line form is the only one, and why.
const STRAIGHT_LINE_ONLY: [&str; 14] = [
    "fused_lanes",                           // lanes
    "gbm_constant.json",                     // no split asks anything
    "h2o/gbm_constant.zip",                  // no split asks anything
    "lightgbm/constant.json",                // no split asks anything
    "lightgbm/constant.txt",                 // no split asks anything
    "lightgbm/linear.txt",                   // linear leaves
    "lightgbm/linear_cat.json",              // linear leaves
    "lightgbm/linear_cat.txt",               // linear leaves
    "lightgbm/linear_multiclass.txt",        // linear leaves
    "lightgbm/linear_rf.txt",                // linear leaves
    "no_columns",                            // no split asks anything
    "xgboost/v2_base_score_at_the_end.json", // no split asks anything
    "xgboost/v3_base_score_at_the_end.json", // no split asks anything
    "zeros_and_codes_and_linear_leaves",     // linear leaves
];

fn all() -> Vec<&'static dyn Model> {
    [models::ALL, other_forms::ALL, synthetic::ALL, trainers::ALL, trainers_other_forms::ALL].concat()
}

fn margins(model: &dyn Model, rows: &[f64], batch: usize, scratch: &mut Scratch) -> Vec<u64> {
    let metadata = model.metadata();
    let columns = metadata.columns.len();
    let mut margins = vec![0.0; ROWS * metadata.margins];
    let rows = rows.chunks(batch * columns);
    for (rows, margins) in rows.zip(margins.chunks_mut(batch * metadata.margins)) {
        model.margins_with(rows, margins, scratch).expect("whole rows");
    }
    bits(&margins)
}

/// Rows between a column's thresholds and beyond, with some that are missing or no level.
fn rows(model: &dyn Model) -> Vec<f64> {
    let mut random = Rng::with_seed(7);
    let mut rows = Vec::new();
    for _ in 0..ROWS {
        rows.extend(model.metadata().columns.iter().map(|column| match &column.kind {
            _ if random.u8(..) < 30 => f64::NAN,
            ColumnKind::Categorical { domain, .. } => random.usize(..domain.levels.len() + 2) as f64,
            ColumnKind::Numeric { thresholds: Some((least, greatest)) }
                if greatest.is_finite() && least.is_finite() =>
            {
                let share = random.f64() * 1.2 - 0.1;
                (least * (1.0 - share) + greatest * share).round()
            }
            _ => f64::from(random.u8(..80)) - 1.5,
        }));
    }
    rows
}

#[test]
fn forms_and_kernels_and_batch_sizes_agree_to_the_bit() {
    let all = all();
    for straight_line in all.iter().filter(|model| !model.metadata().is_ranked) {
        let metadata = straight_line.metadata();
        if metadata.columns.is_empty() {
            continue;
        }
        let rows = rows(*straight_line);
        let expected = margins(*straight_line, &rows, ROWS, &mut Scratch::new());
        let same = |model: &&&dyn Model| {
            model.metadata().is_ranked && model.metadata().source_file == metadata.source_file
        };
        for ranked in all.iter().filter(same) {
            for kernels in Kernels::supported() {
                let mut scratch = Scratch::with_kernels(kernels);
                for batch in BATCHES {
                    let found = margins(*ranked, &rows, batch, &mut scratch);
                    assert!(found == expected, "{}: {kernels:?}, batches of {batch}", ranked.metadata().name);
                }
            }
        }
    }
}

#[test]
fn every_model_has_both_forms_but_for_those_that_tables_cannot_hold() {
    let all = all();
    let is_held = |file: &str, is_ranked: bool| {
        all.iter()
            .any(|model| model.metadata().source_file == file && model.metadata().is_ranked == is_ranked)
    };
    let mut files: Vec<&str> = all.iter().map(|model| model.metadata().source_file).collect();
    files.sort_unstable();
    files.dedup();
    assert!(files.iter().all(|file| is_held(file, false)), "straight-line code holds everything");
    files.retain(|file| !is_held(file, true));
    assert_eq!(files, STRAIGHT_LINE_ONLY);
}

#[test]
fn every_kernel_scores_some_fixture() {
    for kernels in Kernels::supported() {
        let scratch = Scratch::with_kernels(kernels);
        let mut names: Vec<&str> =
            all().iter().flat_map(|model| [1, 8, 64].map(|rows| model.kernel(&scratch, rows))).collect();
        names.sort_unstable();
        names.dedup();
        let mut expected = vec!["bytes", "compare", "masks", "paths", "straight-line"];
        if kernels.name() == "portable" {
            expected.retain(|name| !name.starts_with("compare"));
        }
        assert_eq!(names, expected, "{kernels:?}");
    }
}

#[test]
fn a_model_of_thousands_of_nodes_is_ranked_and_a_small_one_straight_line_by_default() {
    let is_ranked = |name| models::get(name).expect("a fixture").metadata().is_ranked;
    assert!(is_ranked("house_prices_2"));
    assert!(!is_ranked("house_prices"));
}

/// A made-up ensemble's plan in the ranked form.
fn ranked(wanted: &str) -> Ranked {
    let mut ensembles = ensembles::ensembles().into_iter();
    let (name, ensemble) = ensembles.find(|(name, _)| *name == wanted).expect("an ensemble");
    let configuration = Configuration { form: FormKey::Ranked, ..Configuration::default() };
    let source = Source { name: "ranked", file: name, dump: &[], configuration: None };
    let program = lower(ensemble, &configuration, &source, &mut Vec::new()).expect("a sound ensemble");
    let Form::Ranked(ranked) = program.choice.form else { panic!("{name} is not ranked") };
    *ranked
}

#[test]
fn trees_are_cut_into_parts_where_rows_would_be_wide_and_each_part_needs_little_of_them() {
    let cut = ranked("thresholds_past_255_in_parts").layout.to_string();
    assert!(cut.contains("compare 32 bytes at most, by 2 parts of the trees"), "{cut}");
    let whole = ranked("margins_of_32_bits").layout.to_string();
    assert!(whole.contains("compare 24 bytes (AVX2"), "{whole}");
}

#[test]
fn trees_that_ask_for_a_thousand_sets_of_1200_categories_are_filled_up() {
    let ranked = ranked("categories_in_a_thousand_sets");
    let answers = ranked.inputs.iter().map(|input| match &input.questions {
        RankedQuestions::Classes(classes) => classes.count * classes.sets.len(),
        RankedQuestions::Thresholds { .. } => 0,
    });
    assert!(answers.sum::<usize>() > 1 << 20, "so many that a byte each would leave the caches");
    let layout = ranked.layout.to_string();
    assert!(layout.starts_with("trees filled up to one depth"), "{layout}");
}

#[test]
fn a_layout_says_why_it_is_not_the_quickest() {
    let wide = ranked("missing_both_ways_200_bytes").layout.to_string();
    assert!(wide.contains("compare 185 bytes (AVX2 takes up to 64"), "{wide}");
    let walked = ranked("eight_trees_of_more_than_256_bytes").layout.to_string();
    assert!(
        walked.contains("single rows walk masks by the portable kernel: to compare, some trees would need"),
        "{walked}"
    );
    let deep = ranked("one_tree_of_12000_leaves").layout.to_string();
    assert!(
        deep.contains("trees of any shape, walked side by side: trees are 18 splits deep, and 8 is the most"),
        "{deep}"
    );
}

#[test]
fn a_feature_whose_missing_values_go_both_ways_has_one_rank_or_two_that_are_bytes() {
    let inputs = |wanted| ranked(wanted).inputs.len();
    assert_eq!(inputs("missing_both_ways_60_bytes"), 60, "30 features, each two bytes as they are");
    assert_eq!(inputs("thresholds_past_255"), 2);
    assert_eq!(
        inputs("more_byte_thresholds_than_twins_have_slots_for"),
        200,
        "two bytes, each by its own look"
    );
}

#[test]
fn threads_score_alike_with_scratches_of_their_own() {
    for model in models::ALL.iter().filter(|model| !model.metadata().columns.is_empty()) {
        let rows = rows(*model);
        let expected = margins(*model, &rows, 64, &mut Scratch::new());
        std::thread::scope(|scope| {
            for batch in [1, 8, 64, 513] {
                let (rows, expected) = (&rows, &expected);
                scope.spawn(move || {
                    let found = margins(*model, rows, batch, &mut Scratch::new());
                    assert!(found == *expected, "{}: batches of {batch}", model.metadata().name);
                });
            }
        });
    }
}
