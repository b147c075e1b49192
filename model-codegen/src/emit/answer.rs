//! `margins` and `predict`, the typed way to score a row.

use super::literals::{count, doc, ident};
use crate::{
    ir::Task,
    lower::{FieldType, Program},
};
use proc_macro2::TokenStream;
use quote::quote;

/// The functions that a caller scores a row with.
pub(super) fn items(program: &Program) -> impl Iterator<Item = TokenStream> {
    let prediction = match program.ensemble.task() {
        Task::Regression => vec![value(program)],
        Task::Classification { .. } => class(program),
    };
    prediction.into_iter().chain([margins(program)])
}

fn margins(program: &Program) -> TokenStream {
    let outputs = count(program.sums.outputs);
    quote! {
        /// What the trees add up to for a row, before any link.
        pub fn margins(row: &Row) -> [f64; #outputs] {
            flat_margins(&row.flat())
        }
    }
}

fn value(program: &Program) -> TokenStream {
    let module = &program.origin.name;
    let number = program.columns.iter().find(|column| matches!(column.field.kind, FieldType::Number));
    let number = number.map(|column| format!("{}: Some(1.5), ", column.field.name)).unwrap_or_default();
    let example = [
        "The prediction for a row.".to_owned(),
        String::new(),
        "```text".to_owned(),
        format!("let row = {module}::Row {{ {number}..Default::default() }};"),
        format!("let prediction = {module}::predict(&row);"),
        "```".to_owned(),
    ];
    let docs = example.iter().map(|line| doc(line));
    if program.sums.outputs > 1 {
        let targets = count(program.sums.outputs);
        return quote! {
            #(#docs)*
            pub fn predict(row: &Row) -> [f64; #targets] {
                let mut prediction = [0.0_f64; #targets];
                METADATA.transform.apply(&margins(row), &mut prediction);
                prediction
            }
        };
    }
    quote! {
        #(#docs)*
        pub fn predict(row: &Row) -> f64 {
            let mut prediction = [0.0_f64];
            METADATA.transform.apply(&margins(row), &mut prediction);
            prediction[0]
        }
    }
}

fn class(program: &Program) -> Vec<TokenStream> {
    let classes = count(program.classes.len());
    let class = ident("Class");
    vec![
        quote! {
            /// A row's prediction.
            #[derive(Clone, Copy, Debug, PartialEq)]
            pub struct Prediction {
                /// The chosen class.
                pub class: #class,
                /// By class, in the order of [`Class::ALL`].
                pub probabilities: [f64; #classes],
            }
        },
        quote! {
            /// The prediction for a row.
            pub fn predict(row: &Row) -> Prediction {
                let mut probabilities = [0.0_f64; #classes];
                METADATA.transform.apply(&margins(row), &mut probabilities);
                let label = METADATA.label(&probabilities).unwrap_or_default();
                Prediction { class: #class::ALL[label], probabilities }
            }
        },
    ]
}
