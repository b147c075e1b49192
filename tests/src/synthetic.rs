//! Ensembles made by hand and by a seeded generator, one for each thing that the IR can say and no fixture says yet.
//!
//! The build script compiles them; a test compares what was compiled with the interpreter of the same ensembles.

use fastrand::Rng;
use model_codegen::ir::{
    Accumulation, BasePosition, Code, Column, ColumnId, ColumnKind, Decision, Direction, Ensemble, Feature,
    FeatureId, KeyPart, Leaf, LeafId, Link, Lookup, Node, NodeId, Number, Offset, Order, Output, OutputId,
    Parts, Precision, Probabilities, Split, Task, Test, Transform, Tree,
};

#[path = "maker.rs"]
mod maker;
#[path = "shapes.rs"]
mod shapes;

use maker::Maker;

/// The ensembles by name.
pub fn ensembles() -> Vec<(&'static str, Ensemble)> {
    let made_one_by_one = vec![
        ("single_precision_base_first", single_precision(None)),
        ("single_precision_offset_for_base", single_precision(Some(Offset::ReplacesBase))),
        ("single_precision_with_zeros", single_precision_with_zeros()),
        ("zeros_and_codes_and_linear_leaves", linear_leaves()),
        ("vector_leaves", vector_leaves()),
        ("vector_leaves_weighted_and_scaled", weighted_vectors()),
        ("offset_for_the_last_base", offset_for_the_last_base()),
        ("lookups_scaled_before_the_base", lookups()),
        ("fused_lanes", fused_lanes()),
        ("products_averaged", products_averaged()),
        ("levels_every_way", levels_every_way()),
        ("chain_of_10000_splits", chain(10_000)),
        ("one_tree_of_12000_leaves", one_large_tree()),
        ("more_trees_than_one_function_adds", many_trees()),
        ("inverse_of_an_average", inverse()),
        ("no_columns", no_columns()),
    ];
    made_one_by_one.into_iter().chain(shapes::ensembles()).collect()
}

/// `XGBoost`'s arithmetic: 32-bit comparisons and sums, the base first, weighted trees, members of a set go right.
fn single_precision(offset: Option<Offset>) -> Ensemble {
    let features = vec![
        Feature::Number(Number { precision: Precision::F32, ..Number::exact(ColumnId::new(0)) }),
        Feature::Number(Number { precision: Precision::F32, ..Number::exact(ColumnId::new(1)) }),
        Feature::Code(Code {
            column: ColumnId::new(2),
            precision: Precision::F32,
            limit: 1 << 24,
            negative_fraction_is_zero: false,
        }),
    ];
    let mut maker = Maker::new(1, numeric(3), features);
    maker.members = Some(Direction::Right);
    maker.single = true;
    let trees: Vec<Tree> =
        (0..20).map(|index| maker.tree(60, Output::One(OutputId::new(index % 2)))).collect();
    let weights = Some((0..20).map(|_| maker.leaf_number()).collect());
    let mut parts = maker.parts(trees, 2);
    parts.offset = offset;
    parts.accumulation = Accumulation {
        precision: Precision::F32,
        base: vec![0.5, f64::from(-0.1_f32)],
        base_position: BasePosition::First,
        weights,
        ..parts.accumulation
    };
    softmax(parts)
}

/// Numbers that are rounded to 32 bits, and then are zero, or missing, where they are near it: many thresholds are as near.
fn single_precision_with_zeros() -> Ensemble {
    let single = |column| Number { precision: Precision::F32, ..Number::exact(ColumnId::new(column)) };
    let features = vec![
        Feature::Number(Number { zero_magnitude: 0.25, ..single(0) }),
        Feature::Number(Number { zero_magnitude: f64::from(1e-35_f32), ..single(1) }),
        Feature::Number(Number { zero_magnitude: 0.25, zero_is_missing: true, ..single(2) }),
        Feature::Number(Number { zero_is_missing: true, ..single(3) }),
    ];
    let mut maker = Maker::new(13, numeric(4), features);
    maker.single = true;
    let trees = (0..30).map(|_| maker.tree(60, Output::One(OutputId::new(0)))).collect();
    let mut parts = maker.parts(trees, 1);
    parts.accumulation.precision = Precision::F32;
    ensemble(parts)
}

/// `LightGBM`'s: tiny numbers are zero, zero is missing, codes cut towards zero go left, leaves are linear.
fn linear_leaves() -> Ensemble {
    let tiny = 1.000_000_018_002_509_5e-35;
    let plain = |column| Number { zero_magnitude: tiny, ..Number::exact(ColumnId::new(column)) };
    let features = vec![
        Feature::Number(plain(0)),
        Feature::Number(Number { zero_is_missing: true, ..plain(0) }),
        Feature::Number(plain(1)),
        Feature::Code(Code {
            column: ColumnId::new(2),
            precision: Precision::F64,
            limit: 1 << 31,
            negative_fraction_is_zero: true,
        }),
    ];
    let mut maker = Maker::new(2, numeric(3), features);
    maker.members = Some(Direction::Left);
    maker.inclusive = true;
    maker.linear = vec![FeatureId::new(0), FeatureId::new(2)];
    let trees = (0..12).map(|_| maker.tree(40, Output::One(OutputId::new(0)))).collect();
    ensemble(maker.parts(trees, 1))
}

/// Trees that add a number to each of three outputs.
fn vector_leaves() -> Ensemble {
    let mut maker = Maker::new(3, numeric(2), exact(2));
    maker.vector = Some(3);
    let mut trees: Vec<Tree> = (0..7).map(|_| maker.tree(30, Output::All)).collect();
    maker.vector = None;
    trees.push(maker.tree(30, Output::One(OutputId::new(1))));
    softmax(maker.parts(trees, 3))
}

/// All that can be done to a vector: 32 bits, weights, a scale, the base first.
fn weighted_vectors() -> Ensemble {
    let features =
        vec![Feature::Number(Number { precision: Precision::F32, ..Number::exact(ColumnId::new(0)) })];
    let mut maker = Maker::new(13, numeric(1), features);
    maker.single = true;
    maker.vector = Some(2);
    let trees: Vec<Tree> = (0..6).map(|_| maker.tree(20, Output::All)).collect();
    let mut parts = maker.parts(trees, 2);
    parts.accumulation = Accumulation {
        precision: Precision::F32,
        base: vec![0.25, f64::from(0.7_f32)],
        base_position: BasePosition::First,
        weights: Some((0..6).map(|tree| f64::from(0.1_f32 * tree as f32)).collect()),
        scale: Some(f64::from(0.3_f32)),
        ..parts.accumulation
    };
    softmax(parts)
}

fn offset_for_the_last_base() -> Ensemble {
    let mut maker = Maker::new(14, numeric(2), exact(2));
    let trees = (0..3).map(|_| maker.tree(9, Output::One(OutputId::new(0)))).collect();
    let mut parts = maker.parts(trees, 1);
    parts.accumulation.base = vec![0.1];
    parts.offset = Some(Offset::ReplacesBase);
    ensemble(parts)
}

/// `CatBoost`'s: numbers looked up by levels and comparisons; the sum scaled, then the base.
fn lookups() -> Ensemble {
    let mut rng = Rng::with_seed(4);
    let multiplier = 0x4906_ba49_4954_cb65;
    let numbers: Vec<u64> = (0..5).map(|_| rng.u64(..)).collect();
    let key = |parts: &[u64]| {
        let next = |key: u64, part: &u64| {
            u64::wrapping_mul(multiplier, key.wrapping_add(u64::wrapping_mul(multiplier, *part)))
        };
        parts.iter().fold(0, next)
    };
    let mut table: Vec<(u64, f64)> = numbers
        .iter()
        .flat_map(|number| [0, 1].map(|bit| key(&[*number, bit, 0])))
        .map(|key| (key, 0.0))
        .collect();
    table.truncate(8);
    table.sort_unstable_by_key(|entry| entry.0);
    for (index, entry) in table.iter_mut().enumerate() {
        entry.1 = f64::from(index as f32 / 8.0);
    }
    let parts = vec![
        KeyPart::Level { feature: FeatureId::new(1), numbers },
        KeyPart::Bit { feature: FeatureId::new(0), test: Test::LessOrEqual(0.25), missing: Direction::Right },
        KeyPart::Bit { feature: FeatureId::new(0), test: Test::Present, missing: Direction::Left },
    ];
    let columns = vec![column(0, ColumnKind::Numeric), column(1, levels(5))];
    let features = vec![
        Feature::Number(Number { precision: Precision::F32, ..Number::exact(ColumnId::new(0)) }),
        Feature::Level(ColumnId::new(1)),
        Feature::Lookup(Lookup { multiplier, parts, table, otherwise: 0.375 }),
    ];
    let mut maker = Maker::new(4, columns, features);
    maker.inclusive = true;
    let trees = (0..10).map(|_| maker.tree(20, Output::One(OutputId::new(0)))).collect();
    let mut parts = maker.parts(trees, 1);
    parts.accumulation.scale = Some(0.3);
    parts.accumulation.base = vec![0.1];
    parts.transform = Transform::Classes {
        divisor: None,
        probabilities: Probabilities::SecondClass(Link::Logistic),
        corrections: None,
    };
    parts.task = Task::Classification { classes: classes(2), decision: Decision::Threshold(0.4) };
    ensemble(parts)
}

/// Spark's: four lanes of fused products, and what is left over.
fn fused_lanes() -> Ensemble {
    let mut maker = Maker::new(5, numeric(2), exact(2));
    maker.inclusive = true;
    let trees: Vec<Tree> = (0..11).map(|_| maker.tree(20, Output::One(OutputId::new(0)))).collect();
    let mut parts = maker.parts(trees, 1);
    parts.accumulation.order = Order::FusedLanes(4);
    parts.accumulation.weights = Some((0..11).map(|index| if index == 0 { 1.0 } else { 0.1 }).collect());
    ensemble(parts)
}

/// scikit-learn's: the base first, a product for each tree; here averaged too.
fn products_averaged() -> Ensemble {
    let mut maker = Maker::new(6, numeric(3), exact(3));
    maker.inclusive = true;
    let trees: Vec<Tree> = (0..9).map(|_| maker.tree(25, Output::One(OutputId::new(0)))).collect();
    let mut parts = maker.parts(trees, 1);
    parts.accumulation.base = vec![1.0 / 3.0];
    parts.accumulation.base_position = BasePosition::First;
    parts.accumulation.weights = Some(vec![0.1; 9]);
    parts.transform = Transform::Value { divisor: Some(9.0), link: Link::Exponential };
    parts.offset = Some(Offset::Added);
    ensemble(parts)
}

/// Domains of 2, 9, 70 and 1,200 levels, one without any; sets of every size, missing both ways.
fn levels_every_way() -> Ensemble {
    let columns = [2, 9, 70, 1_200, 0].iter().enumerate().map(|(index, count)| column(index, levels(*count)));
    let features = (0..5).map(|index| Feature::Level(ColumnId::new(index))).collect();
    let mut maker = Maker::new(7, columns.collect(), features);
    maker.category_max = 1_200;
    let trees = (0..12).map(|_| maker.tree(120, Output::One(OutputId::new(0)))).collect();
    let mut parts = maker.parts(trees, 1);
    parts.transform = Transform::Classes {
        divisor: Some(12.0),
        probabilities: Probabilities::FirstClass(Link::UncappedLogistic { slope: -2.0 }),
        corrections: None,
    };
    parts.task = Task::Classification { classes: classes(2), decision: Decision::Largest };
    ensemble(parts)
}

/// One split below the other, as a degenerate tree has them.
fn chain(depth: usize) -> Ensemble {
    let mut nodes = Vec::new();
    let mut leaves = Vec::new();
    for level in 0..depth {
        let (leaf, next) = (NodeId::new(2 * level + 1), NodeId::new(2 * level + 2));
        nodes.push(Node::Split(Split {
            feature: FeatureId::new(0),
            test: Test::Less(level as f64),
            missing: Direction::left_if(level == depth / 2),
            left: leaf,
            right: next,
        }));
        nodes.push(Node::Leaf(LeafId::new(leaves.len())));
        leaves.push(Leaf::Value(level as f64));
    }
    nodes.push(Node::Leaf(LeafId::new(leaves.len())));
    leaves.push(Leaf::Value(-1.0));
    let tree = Tree::new(nodes, leaves, Output::One(OutputId::new(0))).expect("a chain is a tree");
    ensemble(Maker::new(8, numeric(1), exact(1)).parts(vec![tree], 1))
}

fn one_large_tree() -> Ensemble {
    let mut maker = Maker::new(9, numeric(4), exact(4));
    let trees = vec![maker.tree(24_000, Output::One(OutputId::new(0)))];
    ensemble(maker.parts(trees, 1))
}

fn many_trees() -> Ensemble {
    let mut maker = Maker::new(10, numeric(2), exact(2));
    let trees = (0..2_500).map(|index| maker.tree(3, Output::One(OutputId::new(index % 2)))).collect();
    let mut parts = maker.parts(trees, 2);
    parts.accumulation.base = vec![0.1, -0.2];
    parts.transform = Transform::Classes {
        divisor: None,
        probabilities: Probabilities::Normalised,
        corrections: Some(vec![0.7, 1.9]),
    };
    parts.task = Task::Classification { classes: classes(2), decision: Decision::Largest };
    ensemble(parts)
}

fn inverse() -> Ensemble {
    let mut maker = Maker::new(11, numeric(2), exact(2));
    let trees = (0..3).map(|_| maker.tree(9, Output::One(OutputId::new(0)))).collect();
    let mut parts = maker.parts(trees, 1);
    parts.transform = Transform::Value { divisor: Some(3.0), link: Link::Inverse };
    ensemble(parts)
}

fn no_columns() -> Ensemble {
    let mut maker = Maker::new(12, Vec::new(), Vec::new());
    let trees = vec![maker.tree(1, Output::One(OutputId::new(0)))];
    ensemble(maker.parts(trees, 1))
}

fn softmax(parts: Parts) -> Ensemble {
    let task = Task::Classification { classes: classes(parts.outputs), decision: Decision::Largest };
    let probabilities = Probabilities::Softmax;
    ensemble(Parts {
        transform: Transform::Classes { divisor: None, probabilities, corrections: None },
        task,
        ..parts
    })
}

fn ensemble(parts: Parts) -> Ensemble {
    Ensemble::new(parts).expect("well-formed parts")
}

fn classes(count: usize) -> Vec<String> {
    (0..count).map(|class| format!("class {class}")).collect()
}

fn levels(count: usize) -> ColumnKind {
    ColumnKind::Categorical((0..count).map(|level| format!("level {level}")).collect())
}

fn column(index: usize, kind: ColumnKind) -> Column {
    Column { name: format!("column {index}"), kind }
}

fn numeric(count: usize) -> Vec<Column> {
    (0..count).map(|index| column(index, ColumnKind::Numeric)).collect()
}

fn exact(count: usize) -> Vec<Feature> {
    (0..count).map(|index| Feature::Number(Number::exact(ColumnId::new(index)))).collect()
}
