//! The ranked form: how a row's ranks are found, the forest's description, and its tables.

use super::{
    literals::{count, doc, double, ident, number},
    tables::Place,
};
use crate::{
    ir::Offset,
    lower::{Classes, Program, Ranked, RankedInput, RankedQuestions, Search, Sums},
};
use proc_macro2::TokenStream;
use quote::quote;

/// The items in place of the trees' functions.
pub(super) fn items(program: &Program, ranked: &Ranked) -> impl Iterator<Item = TokenStream> {
    let statics = ranked.inputs.iter().filter_map(statics);
    [flat_margins(program), inputs_ranks(program, ranked), ranks(program, ranked)]
        .into_iter()
        .chain(statics)
        .chain([forest(program, ranked)])
}

fn flat_margins(program: &Program) -> TokenStream {
    let (width, outputs) = (count(program.columns.len()), count(program.sums.outputs));
    quote! {
        fn flat_margins(row: &[f64; #width]) -> [f64; #outputs] {
            let mut margins = [0.0_f64; #outputs];
            FOREST.margins(row, &mut margins);
            margins
        }
    }
}

fn inputs_ranks(program: &Program, ranked: &Ranked) -> TokenStream {
    let length = count(ranked.inputs.len());
    let ranks = ranked.inputs.iter().map(|input| rank(program, input));
    quote! {
        impl Inputs {
            /// For each question what the answer depends on: how many thresholds an input reaches, or its class.
            #[inline]
            fn ranks(&self) -> [u16; #length] {
                let x = self;
                [#(#ranks),*]
            }
        }
    }
}

fn ranks(program: &Program, ranked: &Ranked) -> TokenStream {
    let (width, length) = (count(program.columns.len()), count(ranked.inputs.len()));
    quote! {
        fn ranks(rows: &[f64], ranks: &mut [u16]) {
            let rows = rows.as_chunks::<#width>().0;
            for (row, ranks) in rows.iter().zip(ranks.as_chunks_mut::<#length>().0) {
                *ranks = Inputs::of(row).ranks();
            }
        }
    }
}

fn rank(program: &Program, ranked: &RankedInput) -> TokenStream {
    let (name, input) = (ident(&ranked.name), ident(&ranked.input));
    let (thresholds, single, missing_is_right, search) = match &ranked.questions {
        RankedQuestions::Classes(classes) => return class(program, ranked, classes),
        RankedQuestions::Thresholds { thresholds, single, missing_is_right, search } => {
            (thresholds, *single, *missing_is_right, search)
        }
    };
    let value = if single { quote!(f64::from(x.#input)) } else { quote!(x.#input) };
    let rank = match search {
        Search::Each => {
            let reached = thresholds.iter().map(|threshold| {
                // Every threshold is as exact as the input, or lies between two of its numbers.
                let threshold = double(*threshold);
                // NaN fails every comparison.
                if missing_is_right {
                    quote!(u16::from(!(#value < #threshold)))
                } else {
                    quote!(u16::from(#value >= #threshold))
                }
            });
            let missing = missing_is_right.then(|| quote!(u16::from(x.#input.is_nan())));
            let summands = reached.chain(missing);
            return quote!(#(#summands)+*);
        }
        Search::Cells { compares, .. } => {
            let compares = count(*compares);
            quote!(#name.rank::<#compares>(#value))
        }
        Search::Bisection => quote!(::model_runtime::forest::bisect(&#name, #value)),
    };
    if missing_is_right {
        let all = count(thresholds.len() + 1);
        quote!(if x.#input.is_nan() { #all } else { #rank })
    } else {
        rank
    }
}

/// Whether each category is a class of its own, in order, so that no table is needed.
fn is_plain(classes: &Classes) -> bool {
    classes.of_category.iter().enumerate().all(|(category, class)| category == usize::from(*class))
}

fn class(program: &Program, ranked: &RankedInput, classes: &Classes) -> TokenStream {
    let (name, input, missing) = (ident(&ranked.name), ident(&ranked.input), classes.missing);
    match classes.other {
        Some(other) => {
            quote!(::model_runtime::generated::class_of_code(&#name, x.#input, #other, #missing))
        }
        None if is_plain(classes) => quote!(x.#input.map_or(#missing, |level| level as u16)),
        None => {
            debug_assert!(program.inputs.iter().any(|other| other.name == ranked.input));
            quote!(x.#input.map_or(#missing, |level| #name[level as usize]))
        }
    }
}

/// The table that an input's rank or class is found by, where it needs one.
fn statics(ranked: &RankedInput) -> Option<TokenStream> {
    let name = ident(&ranked.name);
    match &ranked.questions {
        RankedQuestions::Classes(classes) if classes.other.is_none() && is_plain(classes) => None,
        RankedQuestions::Classes(classes) => {
            let doc = doc(&format!("The class of each category of `{}`.", ranked.input));
            let (length, entries) = (count(classes.of_category.len()), &classes.of_category);
            Some(quote!(#doc static #name: [u16; #length] = [#(#entries),*];))
        }
        RankedQuestions::Thresholds { thresholds, search, .. } => {
            let numbers = thresholds.iter().map(|threshold| double(*threshold));
            let doc = doc(&format!("The thresholds of `{}`.", ranked.input));
            let length = thresholds.len();
            match search {
                Search::Each => None,
                Search::Bisection => {
                    let length = count(length);
                    Some(quote!(#doc static #name: [f64; #length] = [#(#numbers),*];))
                }
                Search::Cells { least, scale, start, compares } => {
                    let (least, scale) = (double(*least), double(*scale));
                    let (cells, length) = (count(start.len()), count(length + compares));
                    let numbers = numbers.chain(std::iter::repeat_n(quote!(f64::NAN), *compares));
                    let start = start.iter().map(|start| count(usize::from(*start)));
                    Some(quote! {
                        #doc
                        static #name: ::model_runtime::forest::Cells<#cells, #length> = ::model_runtime::forest::Cells {
                            least: #least,
                            scale: #scale,
                            start: [#(#start),*],
                            thresholds: [#(#numbers),*],
                        };
                    })
                }
            }
        }
    }
}

fn forest(program: &Program, ranked: &Ranked) -> TokenStream {
    let columns = count(program.columns.len());
    let inputs = ranked.inputs.iter().map(input);
    let masks = count(ranked.masks);
    let groups = ranked.tables.groups.iter().map(|groups| {
        let groups = groups.iter().map(|group| {
            let [depth, trees, first] = [group.depth, group.trees, group.first].map(count);
            quote!(::model_runtime::forest::Group { depth: #depth, trees: #trees, first: #first })
        });
        quote!(&[#(#groups),*])
    });
    let width = if program.sums.single { quote!(F32) } else { quote!(F64) };
    let [nodes, leaves] = match Place::of(&ranked.tables) {
        Place::Literals => [quote!(&NODES), quote!(&LEAVES)],
        Place::File { .. } => [quote!(TABLES.nodes()), quote!(TABLES.leaves())],
    };
    let sums = sums(&program.sums);
    quote! {
        /// The trees: what they ask of ranks and classes, their leaves, and how these add up.
        static FOREST: ::model_runtime::forest::Forest = ::model_runtime::forest::Forest {
            columns: #columns,
            inputs: &[#(#inputs),*],
            ranks,
            masks: #masks,
            trees: ::model_runtime::forest::Trees::#width(::model_runtime::forest::Output {
                groups: &[#(#groups),*],
                nodes: #nodes,
                leaves: #leaves,
            }),
            sums: #sums,
        };
    }
}

fn input(input: &RankedInput) -> TokenStream {
    let first = count(input.first);
    let questions = match &input.questions {
        RankedQuestions::Thresholds { thresholds, missing_is_right, .. } => {
            let greatest = count(thresholds.len() + usize::from(*missing_is_right));
            quote!(::model_runtime::forest::Questions::Ranks(#greatest))
        }
        RankedQuestions::Classes(Classes { count: classes, sets, .. }) => {
            let members = (0..*classes).flat_map(|class| {
                sets.iter().map(move |set| u8::from(set.iter().any(|member| usize::from(*member) == class)))
            });
            let members = members.map(|member| count(usize::from(member)));
            let classes = count(*classes);
            let sets = sets.iter().map(|set| {
                let set = set.iter().map(|class| count(usize::from(*class)));
                quote!(&[#(#set),*])
            });
            quote! {
                ::model_runtime::forest::Questions::Classes {
                    classes: #classes,
                    sets: &[#(#sets),*],
                    members: &[#(#members),*],
                }
            }
        }
    };
    quote!(::model_runtime::forest::Input { first: #first, questions: #questions })
}

fn sums(sums: &Sums) -> TokenStream {
    let base: Vec<_> = sums.base.iter().map(|base| double(*base)).collect();
    let replaced = sums.offset == Some(Offset::ReplacesBase);
    let zeros = vec![double(0.0); sums.outputs];
    let (start, end) = match (sums.base_is_first, replaced) {
        (true, false) => (base, None),
        (false, false) => (zeros, Some(base)),
        (_, true) => (zeros, None),
    };
    let end = end.map_or(quote!(None), |end| quote!(Some(&[#(#end),*])));
    let scale = sums.scale.map_or(quote!(None), |scale| {
        let scale = number(scale, false);
        quote!(Some(#scale))
    });
    let offset = match sums.offset {
        None => quote!(None),
        Some(Offset::ReplacesBase) if sums.base_is_first => {
            quote!(Some(::model_runtime::forest::Offset::Start))
        }
        Some(_) => quote!(Some(::model_runtime::forest::Offset::End)),
    };
    quote! {
        ::model_runtime::forest::Sums { start: &[#(#start),*], scale: #scale, end: #end, offset: #offset }
    }
}
