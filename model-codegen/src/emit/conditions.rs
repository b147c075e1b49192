//! A condition as an expression of `x`, the inputs.

use super::literals::{ident, number};
use crate::lower::{Condition, Operator};
use proc_macro2::TokenStream;
use quote::quote;

/// The expression; `prefix` stands before an input's name: `x.` in a tree, nothing where inputs are being prepared.
pub(super) fn condition(condition: &Condition, prefix: &TokenStream) -> TokenStream {
    match condition {
        Condition::Compare { input, operator, threshold, single } => {
            let (input, threshold) = (ident(input), number(*threshold, *single));
            let operator = match operator {
                Operator::Less => quote!(<),
                Operator::LessOrEqual => quote!(<=),
                Operator::Greater => quote!(>),
                Operator::GreaterOrEqual => quote!(>=),
            };
            quote!(#prefix #input #operator #threshold)
        }
        Condition::Levels { input, levels, .. } if levels.is_empty() => {
            let input = ident(input);
            quote!(#prefix #input.is_none())
        }
        Condition::Levels { input, levels, or_missing } => {
            let input = ident(input);
            let none = or_missing.then(|| quote!(None |));
            let levels = levels.iter().map(|(name, variant)| {
                let (name, variant) = (ident(name), ident(variant));
                quote!(#name::#variant)
            });
            quote!(matches!(#prefix #input, #none Some(#(#levels)|*)))
        }
        Condition::Set { input, set, or_missing } => {
            let (input, name) = (ident(input), ident(&set.name));
            match (set.of_levels, or_missing) {
                (true, true) => quote!(#prefix #input.is_none_or(|level| #name.contains(level as u32))),
                (true, false) => quote!(#prefix #input.is_some_and(|level| #name.contains(level as u32))),
                (false, true) => {
                    let missing = quote!(#prefix #input == ::model_runtime::generated::MISSING_CODE);
                    quote!(#missing || #name.contains(#prefix #input))
                }
                (false, false) => quote!(#name.contains(#prefix #input)),
            }
        }
        Condition::NumberMissing { input } => {
            let input = ident(input);
            quote!(#prefix #input.is_nan())
        }
        Condition::CodeMissing { input } => {
            let input = ident(input);
            quote!(#prefix #input == ::model_runtime::generated::MISSING_CODE)
        }
    }
}
