//! From an ensemble to the program that scores it: every decision about the generated code is made here, so that
//! `emit/` need only print.
//!
//! The passes, in order:
//!
//! | pass | in | out |
//! |---|---|---|
//! | `limits` | ensemble | refusal of what would not compile |
//! | `interface` | ensemble, configuration | where columns stand in a record, what the answer is called |
//! | `names` | ensemble, interface | Rust names of fields, enums and variants |
//! | `form` | ensemble, configuration | straight-line code or ranks and tables, and why |
//! | `inputs` | ensemble, names | what is prepared of a row before the trees read it |
//! | `functions` | ensemble, names | straight-line: trees as functions of bounded size and nesting |
//! | `sums` | ensemble, functions | how the functions' numbers add up |
//!
//! `conditions` turns a split into a question for the two passes that print some. `form` has the ranked form made:
//! `masks`, with `thresholds`, `cells` and `classes`, says what a row is turned into; `groups`, with `compare`, or
//! `paths` lays out the trees in `tables`.

mod cells;
mod classes;
mod compare;
mod conditions;
mod domains;
mod form;
mod functions;
mod groups;
mod inputs;
mod interface;
mod limits;
mod masks;
mod names;
mod paths;
mod program;
mod ranked;
mod sums;
mod tables;
mod thresholds;

pub use domains::Lookups;
pub use program::{
    Column, Condition, ConditionSet, Field, FieldType, Function, Input, KeyPart, Level, NamedSet, Operator,
    Prepared, Program, Step, Sums, Term, Value,
};
pub use ranked::{
    Choice, Classes, Compare, Form, Heaps, Layout, Missing, Paths, Questions as RankedQuestions, Ranked,
    RankedInput, Search, Views,
};
pub use tables::Section;

pub(crate) use names::is_identifier;

use conditions::Questions;
use functions::Functions;

use crate::{Source, configuration::Configuration, ir::Ensemble, problem::Problem};

/// Plans the code of a model, or says why that can't be.
pub fn lower(
    ensemble: Ensemble,
    configuration: &Configuration,
    source: &Source<'_>,
    warnings: &mut Vec<String>,
) -> Result<Program, Vec<Problem>> {
    let mut problems = limits::check(&ensemble);
    let interface = interface::resolve(&ensemble, configuration, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let names = names::assign(&ensemble, &interface);
    let choice = form::choose(&ensemble, configuration, &names).map_err(|problem| vec![problem])?;
    let mut questions = Questions::new(&ensemble, &names);
    let mut inputs = inputs::plan(&ensemble, &names, &mut questions);
    let functions = match &choice.form {
        Form::StraightLine => {
            limits::warn_of_compiler_time(&ensemble, warnings);
            functions::cut(&ensemble, &names, &mut questions)
        }
        Form::Ranked(ranked) => {
            inputs::simplify(&mut inputs, ranked);
            Functions::default()
        }
    };
    let sets = questions.into_sets();
    let sums = sums::plan(&ensemble, &functions);
    let columns = names.columns(&ensemble, &interface);
    Ok(Program {
        origin: program::Origin::of(source),
        columns,
        classes: names.classes,
        inputs,
        choice,
        functions: functions.functions,
        sets,
        sums,
        interface,
        ensemble,
    })
}
