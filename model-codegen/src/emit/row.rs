//! `Row`, the enums of its categorical columns, and `Class`.

use super::literals::{code, count, doc, double, ident};
use crate::lower::{FieldType, Level, Program};
use proc_macro2::TokenStream;
use quote::quote;

/// The items that a caller sees first.
pub(super) fn items(program: &Program) -> impl Iterator<Item = TokenStream> {
    let enums = program.columns.iter().filter_map(|column| match &column.field.kind {
        FieldType::Level { name, levels, .. } => {
            Some(levels_items(name, levels, &format!("The levels of {}.", code(&column.name))))
        }
        FieldType::Number | FieldType::Offset => None,
    });
    let class =
        (!program.classes.is_empty()).then(|| levels_items("Class", &program.classes, "The classes."));
    [row(program), row_impl(program)].into_iter().chain(enums.chain(class).flatten())
}

fn row(program: &Program) -> TokenStream {
    let fields = program.columns.iter().map(|column| {
        let name = ident(&column.field.name);
        let (kind, what) = match &column.field.kind {
            FieldType::Number => (quote!(Option<f64>), ""),
            FieldType::Level { name, .. } => {
                let name = ident(name);
                (quote!(Option<#name>), "")
            }
            FieldType::Offset => {
                (quote!(Option<f64>), ", which is added to the margin: without it the prediction is NaN")
            }
        };
        let doc = doc(&format!("Column {}{what}.", code(&column.name)));
        quote!(#doc pub #name: #kind)
    });
    let doc = doc(
        "One row: a field for each column; `None` is missing, and so is all that `..Default::default()` fills.",
    );
    quote! {
        #doc
        #[derive(Clone, Copy, Debug, Default, PartialEq)]
        pub struct Row { #(#fields),* }
    }
}

fn row_impl(program: &Program) -> TokenStream {
    let width = count(program.columns.len());
    let numbers = program.columns.iter().map(|column| {
        let name = ident(&column.field.name);
        match &column.field.kind {
            FieldType::Number | FieldType::Offset => quote!(::model_runtime::generated::number(self.#name)),
            FieldType::Level { .. } => {
                quote!(::model_runtime::generated::index(self.#name.map(|level| level as u32)))
            }
        }
    });
    quote! {
        impl Row {
            /// The row as [`Model`](::model_runtime::Model) takes it: a number a column, a level's index, NaN for missing.
            pub fn flat(&self) -> [f64; #width] {
                [#(#numbers),*]
            }
        }
    }
}

fn levels_items(name: &str, levels: &[Level], what: &str) -> [TokenStream; 2] {
    let name = ident(name);
    let variants: Vec<_> = levels.iter().map(|level| ident(&level.variant)).collect();
    let texts: Vec<_> = levels.iter().map(|level| &level.text).collect();
    let docs = levels.iter().map(|level| doc(&code(&level.text)));
    let (doc, length) = (doc(what), count(levels.len()));
    // An enum without variants has no index.
    let index = if levels.is_empty() { quote!(match self {}) } else { quote!(Self::TEXTS[self as usize]) };
    [
        quote! {
            #doc
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub enum #name { #(#docs #variants),* }
        },
        quote! {
            impl #name {
                /// All of them, by index.
                pub const ALL: [Self; #length] = [#(Self::#variants),*];

                /// Their texts in the training data, by index.
                pub const TEXTS: [&'static str; #length] = [#(#texts),*];

                /// The text in the training data.
                pub fn text(self) -> &'static str { #index }
            }
        },
    ]
}

/// A list of numbers for an array.
pub(super) fn doubles(numbers: &[f64]) -> TokenStream {
    let numbers = numbers.iter().map(|number| double(*number));
    quote!([#(#numbers),*])
}
