//! `Inputs`: a row as the trees read it.

use super::{
    conditions::condition,
    literals::{count, doc, double, ident},
};
use crate::{
    ir::{Feature, Lookup},
    lower::{FieldType, Input, KeyPart, NamedSet, Prepared, Program},
};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

/// The struct and how it is made.
pub(super) fn items(program: &Program) -> impl Iterator<Item = TokenStream> {
    let tables = program.inputs.iter().filter_map(|input| table(program, input));
    let sets = program.sets.iter().map(|NamedSet { name, input, set }| {
        let doc = doc(&format!("{} categories of `{input}`.", set.iter().count()));
        let (name, length) = (ident(name), count(set.words().len()));
        let words = set.words().iter().map(|word| {
            let literal: Literal = format!("{word:#x}").parse().expect("hexadecimal digits are a literal");
            literal
        });
        quote! {
            #doc
            static #name: ::model_runtime::generated::CategorySet<#length> =
                ::model_runtime::generated::CategorySet([#(#words),*]);
        }
    });
    [definition(program), preparation(program)].into_iter().chain(tables).chain(sets)
}

fn definition(program: &Program) -> TokenStream {
    let fields = program.inputs.iter().map(|input| {
        let name = ident(&input.name);
        let kind = match &input.prepared {
            Prepared::Number { single: true, .. } => quote!(f32),
            Prepared::Number { .. } | Prepared::Lookup { .. } => quote!(f64),
            Prepared::Code { .. } => quote!(u32),
            Prepared::Level { column } => {
                let name = enum_name(program, *column);
                quote!(Option<#name>)
            }
        };
        quote!(#name: #kind)
    });
    quote! {
        /// A row as the trees read it: NaN and `None` are missing.
        struct Inputs { #(#fields),* }
    }
}

fn preparation(program: &Program) -> TokenStream {
    let width = count(program.columns.len());
    let names: Vec<_> = program.inputs.iter().map(|input| ident(&input.name)).collect();
    let values = program.inputs.iter().map(|input| prepared(program, input));
    quote! {
        impl Inputs {
            fn of(row: &[f64; #width]) -> Self {
                #(let #names = #values;)*
                Self { #(#names),* }
            }
        }
    }
}

fn prepared(program: &Program, input: &Input) -> TokenStream {
    match &input.prepared {
        Prepared::Number { column, single, zero_magnitude, zero_is_missing } => {
            let column = count(*column);
            if *zero_magnitude == 0.0 && !zero_is_missing {
                return if *single { quote!(row[#column] as f32) } else { quote!(row[#column]) };
            }
            let zero_magnitude = double(*zero_magnitude);
            let number = quote!(row[#column], #zero_magnitude, #zero_is_missing);
            if *single {
                quote!(::model_runtime::generated::single(#number))
            } else {
                quote!(::model_runtime::generated::double(#number))
            }
        }
        Prepared::Level { column } => {
            let (name, column) = (enum_name(program, *column), count(*column));
            quote!(::model_runtime::generated::level(&#name::ALL, row[#column]))
        }
        Prepared::Code { column, single, limit, negative_fraction_is_zero } => {
            let column = count(*column);
            let number = if *single { quote!(f64::from(row[#column] as f32)) } else { quote!(row[#column]) };
            quote!(::model_runtime::generated::category_code(#number, #limit, #negative_fraction_is_zero))
        }
        Prepared::Lookup { feature, parts } => looked_up(input, lookup(program, *feature), parts),
    }
}

fn lookup(program: &Program, feature: usize) -> &Lookup {
    match &program.ensemble.features()[feature] {
        Feature::Lookup(lookup) => lookup,
        _ => unreachable!("a prepared lookup comes from a lookup"),
    }
}

fn looked_up(input: &Input, lookup: &Lookup, parts: &[KeyPart]) -> TokenStream {
    let parts = parts.iter().map(|part| match part {
        KeyPart::Level { input, numbers } => {
            let input = ident(input);
            quote!(#input.map(|level| [#(#numbers),*][level as usize]))
        }
        KeyPart::Bit { condition: question, holds } => {
            let question = condition(question, &TokenStream::new());
            if *holds { quote!(Some(u64::from(#question))) } else { quote!(Some(u64::from(!(#question)))) }
        }
        KeyPart::Constant(bit) => quote!(Some(#bit)),
    });
    let (multiplier, otherwise) = (lookup.multiplier, double(lookup.otherwise));
    let table = ident(&table_name(input));
    quote!(::model_runtime::generated::lookup(&#table, #multiplier, &[#(#parts),*]).unwrap_or(#otherwise))
}

fn table(program: &Program, input: &Input) -> Option<TokenStream> {
    let Prepared::Lookup { feature, .. } = &input.prepared else { return None };
    let entries = &lookup(program, *feature).table;
    let (name, length) = (ident(&table_name(input)), count(entries.len()));
    let entries = entries.iter().map(|(key, number)| {
        let number = double(*number);
        quote!((#key, #number))
    });
    Some(quote!(static #name: [(u64, f64); #length] = [#(#entries),*];))
}

fn table_name(input: &Input) -> String {
    format!("{}_TABLE", input.name.to_ascii_uppercase())
}

fn enum_name(program: &Program, column: usize) -> proc_macro2::Ident {
    match &program.columns[column].field.kind {
        FieldType::Level { name, .. } => ident(name),
        FieldType::Number | FieldType::Offset => unreachable!("a level comes from a categorical column"),
    }
}
