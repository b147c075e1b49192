//! A condition as an expression of `x`, the inputs.

use super::literals::{ident, number};
use crate::lower::{Condition, Operator};
use proc_macro2::TokenStream;
use quote::quote;

/// The expression; `prefix` stands before an input's name: `x.` in a tree, nothing where inputs are being prepared.
pub(super) fn condition(condition: &Condition, prefix: &TokenStream) -> TokenStream {
    match condition {
        Condition::Compare { input, operator, threshold, single, negated } => {
            let (input, threshold) = (ident(input), number(*threshold, *single));
            let operator = match operator {
                Operator::Less => quote!(<),
                Operator::LessOrEqual => quote!(<=),
                Operator::Greater => quote!(>),
                Operator::GreaterOrEqual => quote!(>=),
            };
            let comparison = quote!(#prefix #input #operator #threshold);
            if *negated { quote!(!(#comparison)) } else { comparison }
        }
        Condition::Levels { input, levels, or_missing, negated } => {
            let (input, not) = (ident(input), not(*negated));
            let levels = levels.iter().map(|(name, variant)| {
                let (name, variant) = (ident(name), ident(variant));
                quote!(#name::#variant)
            });
            let none = or_missing.then(|| quote!(None));
            let some = (levels.len() > 0).then(|| quote!(Some(#(#levels)|*)));
            let patterns = none.into_iter().chain(some);
            quote!(#not matches!(#prefix #input, #(#patterns)|*))
        }
        Condition::Set { input, set, or_missing, negated } => {
            let (input, name) = (ident(input), ident(&set.name));
            let contains = match (set.of_levels, or_missing) {
                (true, true) => quote!(#prefix #input.is_none_or(|level| #name.contains(level as u32))),
                (true, false) => quote!(#prefix #input.is_some_and(|level| #name.contains(level as u32))),
                (false, true) => {
                    let missing = quote!(#prefix #input == ::model_runtime::generated::MISSING_CODE);
                    quote!((#missing || #name.contains(#prefix #input)))
                }
                (false, false) => quote!(#name.contains(#prefix #input)),
            };
            let not = not(*negated);
            quote!(#not #contains)
        }
        Condition::NumberMissing { input, negated } => {
            let (input, not) = (ident(input), not(*negated));
            quote!(#not #prefix #input.is_nan())
        }
        Condition::CodeMissing { input, negated } => {
            let input = ident(input);
            let operator = if *negated { quote!(!=) } else { quote!(==) };
            quote!(#prefix #input #operator ::model_runtime::generated::MISSING_CODE)
        }
    }
}

fn not(negated: bool) -> TokenStream {
    if negated { quote!(!) } else { TokenStream::new() }
}
