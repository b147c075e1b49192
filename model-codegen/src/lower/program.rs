//! What is to be printed: a module's names, inputs, functions and sums, every decision made.

use super::{
    domains::Lookups,
    interface::Interface,
    ranked::{Choice, Form},
};
use crate::{Source, digest, ir};
use std::fmt::Write;

/// The plan of one generated module.
#[derive(Debug)]
pub struct Program {
    pub(crate) origin: Origin,
    /// A row's columns, the offset behind them.
    pub columns: Vec<Column>,
    /// The class labels.
    pub classes: Vec<Level>,
    /// What is prepared of a row before the trees read it.
    pub inputs: Vec<Input>,
    /// How the trees are scored, and why so.
    pub choice: Choice,
    /// Of straight-line code, the trees and their parts.
    pub functions: Vec<Function>,
    /// Category sets too large to be spelt out.
    pub sets: Vec<NamedSet>,
    /// How the functions' numbers add up.
    pub sums: Sums,
    pub(crate) interface: Interface,
    /// The model itself, for its metadata.
    pub ensemble: ir::Ensemble,
}

/// Where a module comes from.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub name: String,
    pub file: String,
    pub digest: String,
    pub configuration_digest: Option<String>,
}

impl Origin {
    pub(super) fn of(source: &Source<'_>) -> Self {
        Self {
            name: source.name.to_owned(),
            file: source.file.to_owned(),
            digest: digest(source.dump),
            configuration_digest: source.configuration.map(|text| digest(text.as_bytes())),
        }
    }
}

/// One column of a row.
#[derive(Clone, Debug)]
pub struct Column {
    /// The name in the training data.
    pub name: String,
    /// The field of `Row`.
    pub field: Field,
    /// Where it stands in a record.
    pub record_field: String,
    /// How many splits test it.
    pub splits: usize,
    /// The least and the greatest threshold that it is compared with.
    pub thresholds: Option<(f64, f64)>,
}

/// A struct's field.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: FieldType,
}

/// What a field of `Row` holds.
#[derive(Clone, Debug)]
pub enum FieldType {
    /// `Option<f64>`
    Number,
    /// `Option<Enum>`
    Level {
        /// The enum.
        name: String,
        /// Its variants.
        levels: Vec<Level>,
        /// How a record finds them.
        lookups: Lookups,
    },
    /// `Option<f64>`, the offset
    Offset,
}

/// An enum's variant.
#[derive(Clone, Debug)]
pub struct Level {
    /// Its name.
    pub variant: String,
    /// The text that it stands for.
    pub text: String,
}

/// What the trees read of a feature.
#[derive(Clone, Debug)]
pub struct Input {
    /// The field of `Inputs`.
    pub name: String,
    /// How it is prepared.
    pub prepared: Prepared,
}

/// How an input is made of a row's columns, given by index.
#[derive(Clone, Debug)]
pub enum Prepared {
    /// A number, NaN where it is missing.
    Number {
        /// The column.
        column: usize,
        /// Whether it is a 32-bit float.
        single: bool,
        /// A magnitude up to which it is zero.
        zero_magnitude: f64,
        /// Whether zero is missing.
        zero_is_missing: bool,
    },
    /// A level of the column's enum.
    Level {
        /// The column.
        column: usize,
    },
    /// A category code.
    Code {
        /// The column.
        column: usize,
        /// Whether it is rounded to a 32-bit float first.
        single: bool,
        /// The first code that is none.
        limit: u32,
        /// Whether numbers between -1 and 0 are code 0.
        negative_fraction_is_zero: bool,
    },
    /// A number looked up, from inputs that stand before it.
    Lookup {
        /// The feature in the ensemble.
        feature: usize,
        /// What its key is made of, in order.
        parts: Vec<KeyPart>,
    },
}

/// One part of a lookup's key.
#[derive(Clone, Debug)]
pub enum KeyPart {
    /// A number for each level of an input.
    Level {
        /// The input.
        input: String,
        /// The numbers by level.
        numbers: Vec<u64>,
    },
    /// 1 where the condition holds, or the other way round.
    Bit {
        /// The question.
        condition: Condition,
        /// The bit where it holds.
        holds: bool,
    },
    /// A bit that is always this.
    Constant(u64),
}

/// A function that gives a number, or one for each output.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// What it is.
    pub doc: String,
    /// Whether it gives a number for each output.
    pub is_vector: bool,
    /// Its steps; the first is where it starts, the others stand behind those that lead to them.
    pub steps: Vec<Step>,
}

/// What a function does.
#[derive(Clone, Debug)]
pub enum Step {
    /// Asks a question.
    If {
        /// The question.
        condition: Condition,
        /// The step where it holds.
        then: usize,
        /// The step where it does not.
        otherwise: usize,
    },
    /// Ends with a leaf's number.
    Leaf(Value),
    /// Ends with another function's number.
    Call(String),
}

/// A leaf.
#[derive(Clone, Debug)]
pub enum Value {
    /// A number.
    Number(f64),
    /// A number for each output.
    Vector(Vec<f64>),
    /// A sum of products with inputs, by name.
    Linear {
        /// The first summand.
        constant: f64,
        /// Inputs and coefficients.
        terms: Vec<(String, f64)>,
        /// The number where an input is missing.
        otherwise: f64,
    },
}

/// A question about one input.
#[derive(Clone, Debug)]
pub enum Condition {
    /// `input < threshold` and the like, which fails for NaN.
    Compare {
        /// The input.
        input: String,
        /// The operator.
        operator: Operator,
        /// What it is compared with.
        threshold: f64,
        /// Whether both are 32-bit floats.
        single: bool,
    },
    /// The input is one of these levels or, where so marked, missing.
    Levels {
        /// The input.
        input: String,
        /// The enum and the variants.
        levels: Vec<(String, String)>,
        /// Whether missing counts as one.
        or_missing: bool,
    },
    /// The input is in a set or, where so marked, missing.
    Set {
        /// The input.
        input: String,
        /// The set.
        set: ConditionSet,
        /// Whether missing counts as a member.
        or_missing: bool,
    },
    /// A number is missing.
    NumberMissing {
        /// The input.
        input: String,
    },
    /// A code is missing.
    CodeMissing {
        /// The input.
        input: String,
    },
}

/// A category set that several questions may ask for.
#[derive(Clone, Debug)]
pub struct NamedSet {
    /// The constant.
    pub name: String,
    /// The input that is looked up in it.
    pub input: String,
    /// Its members.
    pub set: ir::CategorySet,
}

/// A category set by name.
#[derive(Clone, Debug)]
pub struct ConditionSet {
    /// The constant.
    pub name: String,
    /// Whether the input is a level of an enum, else a code.
    pub of_levels: bool,
}

/// A comparison as printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// How trees add up.
#[derive(Clone, Debug)]
pub struct Sums {
    /// Whether sums are 32-bit floats.
    pub single: bool,
    /// How many there are.
    pub outputs: usize,
    /// What is added once: a number for each.
    pub base: Vec<f64>,
    /// Whether the base is added before the trees, else after them and the scale.
    pub base_is_first: bool,
    /// What is added, in order, in functions of bounded length.
    pub chunks: Vec<Vec<Term>>,
    /// How many lanes are added up by fused multiply-add; 0 where terms are added one after the other.
    pub lanes: usize,
    /// A factor for the sums.
    pub scale: Option<f64>,
    /// What the offset does.
    pub offset: Option<ir::Offset>,
}

/// One tree's part of the sums.
#[derive(Clone, Debug)]
pub struct Term {
    /// The function.
    pub function: String,
    /// The sum that it adds to; nothing where it adds to all.
    pub output: Option<usize>,
    /// Its factor.
    pub weight: Option<f64>,
    /// The lane that it adds to, where there are lanes; those without one are added to the lanes' sum.
    pub lane: Option<usize>,
}

impl Program {
    /// The program as text: what `--stage program` prints.
    pub fn dump(&self) -> String {
        let mut text = String::new();
        // Writing to a `String` can't fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "module {}", self.origin.name)?;
        for column in &self.columns {
            writeln!(text, "column {:?} at {:?} as {}", column.name, column.record_field, column.field.name)?;
        }
        for input in &self.inputs {
            writeln!(text, "input {} = {:?}", input.name, input.prepared)?;
        }
        for NamedSet { name, set, .. } in &self.sets {
            writeln!(text, "set {name} = {:?}", set.iter().collect::<Vec<_>>())?;
        }
        for function in &self.functions {
            writeln!(text, "function {}: {}", function.name, function.doc)?;
            for (index, step) in function.steps.iter().enumerate() {
                writeln!(text, "  {index}: {step:?}")?;
            }
        }
        if let Form::Ranked(ranked) = &self.choice.form {
            ranked.write(text)?;
        }
        writeln!(text, "sums {:?}", self.sums)
    }
}
