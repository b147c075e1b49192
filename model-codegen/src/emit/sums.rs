//! `flat_margins` and `sums`: how the trees' numbers add up.

use super::{
    literals::{count, ident, number},
    trees::sum_type,
};
use crate::{
    ir::Offset,
    lower::{Program, Sums, Term},
};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// The functions between `margins` and the trees.
pub(super) fn items(program: &Program) -> impl Iterator<Item = TokenStream> {
    let chunks = match program.sums.chunks.as_slice() {
        [_] => &[],
        chunks => chunks,
    };
    let parts = chunks.iter().enumerate().map(|(index, chunk)| part(&program.sums, index, chunk));
    [flat_margins(program), all(program)].into_iter().chain(parts)
}

fn flat_margins(program: &Program) -> TokenStream {
    let (width, outputs) = (count(program.columns.len()), count(program.sums.outputs));
    let offset = program.sums.offset.map(|_| {
        let column = count(program.columns.len() - 1);
        quote!(, row[#column])
    });
    let widened = program.sums.single.then(|| quote!(.map(f64::from)));
    quote! {
        fn flat_margins(row: &[f64; #width]) -> [f64; #outputs] {
            sums(&Inputs::of(row) #offset) #widened
        }
    }
}

fn all(program: &Program) -> TokenStream {
    let sums = &program.sums;
    let (kind, outputs) = (sum_type(sums), count(sums.outputs));
    let offset = sums.offset.map(|_| quote!(, offset: f64));
    let start = if sums.base_is_first { base(sums) } else { vec![number(0.0, sums.single); sums.outputs] };
    let added = match (sums.lanes, sums.chunks.as_slice()) {
        (1.., [terms]) => in_lanes(sums.lanes, terms),
        (_, [terms]) => terms.iter().map(|term| statement(term, sums)).collect(),
        (_, chunks) => {
            let names = (0..chunks.len()).map(part_name);
            quote!(#(#names(x, &mut sums);)*)
        }
    };
    let scale = sums.scale.map(|scale| {
        let scale = number(scale, sums.single);
        quote!(sums.iter_mut().for_each(|sum| *sum *= #scale);)
    });
    let end = (!sums.base_is_first).then(|| {
        let base = base(sums).into_iter().enumerate().map(|(output, base)| {
            let output = count(output);
            quote!(sums[#output] += #base;)
        });
        quote!(#(#base)*)
    });
    let offset_added = (sums.offset == Some(Offset::Added)).then(|| {
        let offset = offset_at_precision(sums);
        quote!(sums.iter_mut().for_each(|sum| *sum += #offset);)
    });
    quote! {
        fn sums(x: &Inputs #offset) -> [#kind; #outputs] {
            let mut sums = [#(#start),*];
            #added
            #scale
            #end
            #offset_added
            sums
        }
    }
}

/// What is added once to each sum: the base, or the offset in its stead.
fn base(sums: &Sums) -> Vec<TokenStream> {
    if sums.offset == Some(Offset::ReplacesBase) {
        vec![offset_at_precision(sums); sums.outputs]
    } else {
        sums.base.iter().map(|base| number(*base, sums.single)).collect()
    }
}

fn offset_at_precision(sums: &Sums) -> TokenStream {
    if sums.single { quote!(offset as f32) } else { quote!(offset) }
}

fn part_name(index: usize) -> proc_macro2::Ident {
    format_ident!("sums_{index}")
}

fn part(sums: &Sums, index: usize, terms: &[Term]) -> TokenStream {
    let (name, kind, outputs) = (part_name(index), sum_type(sums), count(sums.outputs));
    let statements = terms.iter().map(|term| statement(term, sums));
    quote! {
        #[inline(never)]
        fn #name(x: &Inputs, sums: &mut [#kind; #outputs]) { #(#statements)* }
    }
}

fn statement(term: &Term, sums: &Sums) -> TokenStream {
    let function = ident(&term.function);
    let weight = term.weight.map(|weight| {
        let weight = number(weight, sums.single);
        quote!(* #weight)
    });
    match term.output {
        Some(output) => {
            let output = count(output);
            quote!(sums[#output] += #function(x) #weight;)
        }
        None => quote! {
            sums.iter_mut().zip(#function(x)).for_each(|(sum, number)| *sum += number #weight);
        },
    }
}

fn in_lanes(lanes: usize, terms: &[Term]) -> TokenStream {
    let fused = |term: &Term, sum: TokenStream| {
        let (function, weight) = (ident(&term.function), number(term.weight.unwrap_or(1.0), false));
        quote!(#sum = #function(x).mul_add(#weight, #sum);)
    };
    let in_lanes = terms.iter().filter_map(|term| {
        let lane = count(term.lane?);
        Some(fused(term, quote!(lanes[#lane])))
    });
    let left_over = terms.iter().filter(|term| term.lane.is_none()).map(|term| fused(term, quote!(sum)));
    let indices = (1..lanes).map(count);
    let length = count(lanes);
    quote! {
        let mut lanes = [0.0_f64; #length];
        #(#in_lanes)*
        let mut sum = lanes[0] #(+ lanes[#indices])*;
        #(#left_over)*
        sums[0] += sum;
    }
}
