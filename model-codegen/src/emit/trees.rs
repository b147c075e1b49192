//! A function a tree: nested questions, and a number at the end of each way through them.

use super::{
    conditions::condition,
    literals::{doc, ident, number},
};
use crate::lower::{Function, Program, Step, Sums, Value};
use proc_macro2::TokenStream;
use quote::quote;

/// The functions.
pub(super) fn items(program: &Program) -> impl Iterator<Item = TokenStream> {
    program.functions.iter().map(|function| item(function, &program.sums))
}

fn item(function: &Function, sums: &Sums) -> TokenStream {
    let (doc, name) = (doc(&function.doc), ident(&function.name));
    let kind = sum_type(sums);
    let result = if function.is_vector {
        let outputs = super::literals::count(sums.outputs);
        quote!([#kind; #outputs])
    } else {
        kind
    };
    let body = body(function, sums);
    quote! {
        #doc
        #[inline(never)]
        fn #name(x: &Inputs) -> #result { #body }
    }
}

/// The type of the sums, and of what is added to them.
pub(super) fn sum_type(sums: &Sums) -> TokenStream {
    if sums.single { quote!(f32) } else { quote!(f64) }
}

/// Steps stand behind those that lead to them: from the last to the first each finds its branches printed.
fn body(function: &Function, sums: &Sums) -> TokenStream {
    let x = quote!(x.);
    let mut printed: Vec<TokenStream> = vec![TokenStream::new(); function.steps.len()];
    for (index, step) in function.steps.iter().enumerate().rev() {
        printed[index] = match step {
            Step::Leaf(value) => leaf(value, sums),
            Step::Call(name) => {
                let name = ident(name);
                quote!(#name(x))
            }
            Step::If { condition: question, then, otherwise } => {
                let question = condition(question, &x);
                let is_if = matches!(function.steps[*otherwise], Step::If { .. });
                let [then, otherwise] = [then, otherwise].map(|step| std::mem::take(&mut printed[*step]));
                if is_if {
                    quote!(if #question { #then } else #otherwise)
                } else {
                    quote!(if #question { #then } else { #otherwise })
                }
            }
        };
    }
    std::mem::take(&mut printed[0])
}

fn leaf(value: &Value, sums: &Sums) -> TokenStream {
    match value {
        Value::Number(value) => number(*value, sums.single),
        Value::Vector(values) => {
            let values = values.iter().map(|value| number(*value, sums.single));
            quote!([#(#values),*])
        }
        Value::Linear { constant, terms, otherwise } => {
            let (constant, otherwise) = (number(*constant, false), number(*otherwise, false));
            let inputs: Vec<_> = terms.iter().map(|(input, _)| ident(input)).collect();
            let coefficients = terms.iter().map(|(_, coefficient)| number(*coefficient, false));
            if terms.is_empty() {
                return constant;
            }
            quote! {
                if #(x.#inputs.is_nan())||* {
                    #otherwise
                } else {
                    #constant #(+ #coefficients * f64::from(x.#inputs))*
                }
            }
        }
    }
}
