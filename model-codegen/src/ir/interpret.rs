//! The IR's meaning, executed: the oracle that generated code is tested against. Slow, plain, and written apart from
//! the runtime's own formulas on purpose.

use super::{
    BasePosition, Code, Direction, Ensemble, Feature, KeyPart, Leaf, Link, Lookup, Node, Number, Offset,
    Order, Output, Precision, Probabilities, Split, Test, Transform, Tree,
};
use std::fmt;

/// Scores rows by walking an ensemble's trees.
///
/// A row holds a number for each column, a level's index for a categorical one, NaN for missing; and behind them the
/// offset, where the model has one.
#[derive(Debug)]
pub struct Interpreter<'a> {
    ensemble: &'a Ensemble,
}

/// A row with more or fewer numbers than the ensemble has columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowError {
    found: usize,
    expected: usize,
}

impl fmt::Display for RowError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the row holds {} numbers where {} are expected", self.found, self.expected)
    }
}

impl std::error::Error for RowError {}

/// What a feature holds in a row.
#[derive(Clone, Copy, Debug)]
enum Value {
    Missing,
    Number(f64),
    Category(usize),
    OtherCategory,
}

impl<'a> Interpreter<'a> {
    /// An interpreter of this ensemble.
    pub fn new(ensemble: &'a Ensemble) -> Self {
        Self { ensemble }
    }

    /// The row's margins.
    pub fn margins(&self, row: &[f64]) -> Result<Vec<f64>, RowError> {
        let columns = self.ensemble.columns().len();
        let expected = columns + usize::from(self.ensemble.offset().is_some());
        if row.len() != expected {
            return Err(RowError { found: row.len(), expected });
        }
        let values = self.values(row);
        Ok(self.accumulate(&values, row.get(columns).copied()))
    }

    /// The row's prediction: a value, or a probability for each class.
    pub fn predict(&self, row: &[f64]) -> Result<Vec<f64>, RowError> {
        Ok(transformed(self.ensemble.transform(), &self.margins(row)?))
    }

    fn values(&self, row: &[f64]) -> Vec<Value> {
        let mut values = Vec::with_capacity(self.ensemble.features().len());
        for feature in self.ensemble.features() {
            let value = match feature {
                Feature::Number(number) => prepared(*number, row[number.column.index()]),
                Feature::Level(column) => match &self.ensemble.column(*column).kind {
                    super::ColumnKind::Categorical(levels) => level(levels.len(), row[column.index()]),
                    super::ColumnKind::Numeric => Value::Missing,
                },
                Feature::Code(code) => category(*code, row[code.column.index()]),
                Feature::Lookup(lookup) => Value::Number(looked_up(lookup, &values)),
            };
            values.push(value);
        }
        values
    }

    fn accumulate(&self, values: &[Value], offset: Option<f64>) -> Vec<f64> {
        let accumulation = self.ensemble.accumulation();
        let round = |number| accumulation.precision.round(number);
        let base: Vec<f64> = match (self.ensemble.offset(), offset) {
            (Some(Offset::ReplacesBase), Some(offset)) => vec![round(offset); self.ensemble.outputs()],
            _ => accumulation.base.clone(),
        };
        let mut sums = match accumulation.base_position {
            BasePosition::First => base.clone(),
            BasePosition::Last => vec![0.0; base.len()],
        };
        match accumulation.order {
            Order::Sequential => self.add_sequentially(values, &mut sums),
            Order::FusedLanes(lanes) => sums[0] += self.add_in_lanes(values, lanes),
        }
        for (sum, base) in sums.iter_mut().zip(base) {
            if let Some(scale) = accumulation.scale {
                *sum = round(*sum * scale);
            }
            if accumulation.base_position == BasePosition::Last {
                *sum = round(*sum + base);
            }
            if let (Some(Offset::Added), Some(offset)) = (self.ensemble.offset(), offset) {
                *sum = round(*sum + round(offset));
            }
        }
        sums
    }

    fn add_sequentially(&self, values: &[Value], sums: &mut [f64]) {
        let accumulation = self.ensemble.accumulation();
        for (index, tree) in self.ensemble.trees().iter().enumerate() {
            let weight = accumulation.weights.as_ref().map(|weights| weights[index]);
            let leaf = leaf(tree, values);
            let mut add = |output: usize, number: f64| {
                let term = weight.map_or(number, |weight| accumulation.precision.round(number * weight));
                sums[output] = accumulation.precision.round(sums[output] + term);
            };
            match (leaf, tree.output()) {
                (Leaf::Vector(numbers), _) => {
                    numbers.iter().enumerate().for_each(|(output, &number)| add(output, number));
                }
                (leaf, Output::One(output)) => add(output.index(), scalar(leaf, values)),
                (_, Output::All) => unreachable!("an ensemble's vector trees have vector leaves"),
            }
        }
    }

    fn add_in_lanes(&self, values: &[Value], lanes: usize) -> f64 {
        let trees = self.ensemble.trees();
        let weights = self.ensemble.accumulation().weights.as_deref();
        let whole = trees.len() / lanes * lanes;
        let mut sums = vec![0.0_f64; lanes];
        let term = |index: usize| {
            (scalar(leaf(&trees[index], values), values), weights.map_or(1.0, |weights| weights[index]))
        };
        for index in 0..whole {
            let (number, weight) = term(index);
            sums[index % lanes] = number.mul_add(weight, sums[index % lanes]);
        }
        let mut sum = sums[0];
        sums[1..].iter().for_each(|lane| sum += lane);
        for index in whole..trees.len() {
            let (number, weight) = term(index);
            sum = number.mul_add(weight, sum);
        }
        sum
    }
}

fn prepared(number: Number, value: f64) -> Value {
    let value = number.precision.round(value);
    let value = if value.abs() <= number.zero_magnitude { 0.0 } else { value };
    if value.is_nan() || (number.zero_is_missing && value == 0.0) {
        Value::Missing
    } else {
        Value::Number(value)
    }
}

fn level(levels: usize, value: f64) -> Value {
    if value.fract() == 0.0 && value >= 0.0 && value < levels as f64 {
        Value::Category(value as usize)
    } else {
        Value::Missing
    }
}

fn category(code: Code, value: f64) -> Value {
    let value = code.precision.round(value);
    let least = if code.negative_fraction_is_zero { value.trunc() } else { value };
    if value.is_nan() {
        Value::Missing
    } else if least < 0.0 || value >= f64::from(code.limit) {
        Value::OtherCategory
    } else {
        Value::Category(value as usize)
    }
}

fn looked_up(lookup: &Lookup, values: &[Value]) -> f64 {
    let mut key = 0_u64;
    for part in &lookup.parts {
        let number = match (part, values[part.feature().index()]) {
            (KeyPart::Level { numbers, .. }, Value::Category(level)) => numbers[level],
            (KeyPart::Level { .. }, _) => return lookup.otherwise,
            (KeyPart::Bit { test, missing, .. }, value) => {
                u64::from(!goes_left(test, value).unwrap_or(*missing == Direction::Left))
            }
        };
        key = lookup.multiplier.wrapping_mul(key.wrapping_add(lookup.multiplier.wrapping_mul(number)));
    }
    lookup.table.iter().find(|entry| entry.0 == key).map_or(lookup.otherwise, |entry| entry.1)
}

/// Whether a value goes left; nothing where it is missing.
fn goes_left(test: &Test, value: Value) -> Option<bool> {
    match (test, value) {
        (_, Value::Missing) => None,
        (Test::Present, _) => Some(true),
        (Test::Less(threshold), Value::Number(number)) => Some(number < *threshold),
        (Test::LessOrEqual(threshold), Value::Number(number)) => Some(number <= *threshold),
        (Test::Member { set, members }, Value::Category(category)) => {
            Some(set.contains(category) == (*members == Direction::Left))
        }
        (Test::Member { members, .. }, _) => Some(*members == Direction::Right),
        (Test::Less(_) | Test::LessOrEqual(_), _) => unreachable!("an ensemble compares numbers only"),
    }
}

fn leaf<'t>(tree: &'t Tree, values: &[Value]) -> &'t Leaf {
    let mut node = &tree.nodes()[0];
    loop {
        match node {
            Node::Leaf(leaf) => return tree.leaf(*leaf),
            Node::Split(Split { feature, test, missing, left, right }) => {
                let left_wins =
                    goes_left(test, values[feature.index()]).unwrap_or(*missing == Direction::Left);
                node = tree.node(if left_wins { *left } else { *right });
            }
        }
    }
}

fn scalar(leaf: &Leaf, values: &[Value]) -> f64 {
    match leaf {
        Leaf::Value(value) => *value,
        Leaf::Linear(linear) => {
            let mut sum = linear.constant;
            for (feature, coefficient) in &linear.terms {
                match values[feature.index()] {
                    Value::Number(number) => sum += coefficient * number,
                    _ => return linear.otherwise,
                }
            }
            sum
        }
        Leaf::Vector(_) => unreachable!("an ensemble's scalar trees have scalar leaves"),
    }
}

fn transformed(transform: &Transform, margins: &[f64]) -> Vec<f64> {
    match transform {
        Transform::Value { divisor, link } => {
            margins.iter().map(|margin| linked(*link, margin / divisor.unwrap_or(1.0))).collect()
        }
        Transform::Classes { divisor, probabilities, corrections } => {
            let margins: Vec<f64> = margins.iter().map(|margin| margin / divisor.unwrap_or(1.0)).collect();
            let first = margins[0];
            let mut result = match probabilities {
                Probabilities::SecondClass(link) => {
                    let second = linked(*link, first);
                    let rest = 1.0 - second;
                    let single = matches!(link, Link::SingleLogistic | Link::SingleExponential);
                    vec![if single { Precision::F32.round(rest) } else { rest }, second]
                }
                Probabilities::FirstClass => vec![first, 1.0 - first],
                Probabilities::Normalised => shares(&margins),
                Probabilities::Softmax => shares(&exponentials(&margins, f64::exp)),
                Probabilities::TableSoftmax => shares(&exponentials(&margins, table_exponential)),
                Probabilities::SingleSoftmax => {
                    let single = exponentials(&margins, |distance| f64::from((distance as f32).exp()));
                    let total = single.iter().sum::<f64>() as f32;
                    single.iter().map(|exponential| f64::from(*exponential as f32 / total)).collect()
                }
                Probabilities::Each(link) => margins.iter().map(|margin| linked(*link, *margin)).collect(),
            };
            if let Some(corrections) = corrections {
                result =
                    shares(&result.iter().zip(corrections).map(|(p, factor)| p * factor).collect::<Vec<_>>());
            }
            result
        }
    }
}

/// Of the distances from the largest margin.
fn exponentials(margins: &[f64], exponential: impl Fn(f64) -> f64) -> Vec<f64> {
    let largest = margins.iter().copied().reduce(f64::max).unwrap_or(0.0);
    margins.iter().map(|margin| exponential(margin - largest)).collect()
}

fn shares(numbers: &[f64]) -> Vec<f64> {
    let total: f64 = numbers.iter().sum();
    numbers.iter().map(|number| if total == 0.0 { *number } else { number / total }).collect()
}

fn linked(link: Link, margin: f64) -> f64 {
    // `min` and `max` of Java keep a NaN, those of Rust drop it.
    if margin.is_nan() {
        return margin;
    }
    match link {
        Link::Identity => margin,
        Link::Exponential => margin.exp().min(1e19),
        Link::Logistic => 1.0 / (1.0 + (-margin).exp().min(1e19)),
        Link::Inverse => 1.0 / if margin < 0.0 { margin.min(-1e-5) } else { margin.max(1e-5) },
        Link::UncappedExponential => margin.exp(),
        Link::UncappedLogistic { slope } => 1.0 / (1.0 + (-slope * margin).exp()),
        Link::Softplus => margin.exp().ln_1p(),
        Link::SignedSquare if margin == 0.0 => 0.0,
        Link::SignedSquare => margin.abs() * margin,
        Link::TableExponential => table_exponential(margin),
        Link::SingleExponential => f64::from((margin as f32).exp()),
        Link::SingleLogistic => {
            let exponential = (-(margin as f32)).min(88.7).exp();
            f64::from(1.0 / (exponential + 1.0 + 1e-16))
        }
        Link::Step => f64::from(u8::from(margin > 0.0)),
    }
}

/// `exp` as `CatBoost` evaluates it: the nearest multiple of `ln 2 / 2048` is taken apart into a power of two and an
/// entry of a table, and a cubic does the rest.
fn table_exponential(number: f64) -> f64 {
    const STEPS: f64 = 2048.0;
    /// Adding it leaves a number's integral part in the low bits.
    const SHIFT: f64 = 6_755_399_441_055_744.0;
    let scale = STEPS / std::f64::consts::LN_2;
    let number = number.clamp(-708.396_418_532_264_1, 709.782_712_893_384);
    let shifted = number * scale + SHIFT;
    let bits = shifted.to_bits();
    let entry = 2.0_f64.powf((bits % 2048) as f64 / STEPS).to_bits() & ((1 << 52) - 1);
    let exponent = (bits.wrapping_add((1 << 21) - (1 << 11)) >> 11) << 52;
    let rest = (shifted - SHIFT) * (1.0 / scale) - number;
    let cubic = (3.000_000_002_795_539_4 - rest) * (rest * rest) * 0.166_666_666_852_278_35;
    (cubic - rest + 1.0) * f64::from_bits(exponent | entry)
}
