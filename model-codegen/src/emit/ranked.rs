//! The ranked form: how a row's ranks are found, the forest's description, and its tables.

use super::literals::{count, doc, double, ident, number};
use crate::{
    ir::Offset,
    lower::{
        Classes, Compare, Heaps, Layout, Paths, Program, Ranked, RankedInput, RankedQuestions, Search,
        Section, Sums, Views,
    },
};
use proc_macro2::TokenStream;
use quote::quote;

/// The items in place of the trees' functions.
pub(super) fn items(program: &Program, ranked: &Ranked) -> impl Iterator<Item = TokenStream> {
    // Inputs of one name stand side by side.
    let statics =
        ranked.inputs.chunk_by(|one, other| one.name == other.name).filter_map(|inputs| cells(&inputs[0]));
    [flat_margins(program), inputs_ranks(ranked), ranks(program, ranked)]
        .into_iter()
        .chain(statics)
        .chain([forest(program, ranked), tables(program, ranked)])
}

fn flat_margins(program: &Program) -> TokenStream {
    let (width, outputs) = (count(program.columns.len()), count(program.sums.outputs));
    quote! {
        fn flat_margins(row: &[f64; #width]) -> [f64; #outputs] {
            let mut margins = [0.0_f64; #outputs];
            FOREST.margins_in_thread(row, &mut margins);
            margins
        }
    }
}

fn inputs_ranks(ranked: &Ranked) -> TokenStream {
    let length = count(ranked.inputs.len());
    let ranks = ranked.inputs.iter().map(rank);
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

fn rank(ranked: &RankedInput) -> TokenStream {
    let (name, input) = (ident(&ranked.name), ident(&ranked.input));
    let (thresholds, single, missing, search) = match &ranked.questions {
        RankedQuestions::Classes(classes) => return class(ranked, classes),
        RankedQuestions::Thresholds { thresholds, single, missing, search } => {
            (thresholds, *single, missing.rank(), search)
        }
    };
    let value = if single { quote!(f64::from(x.#input)) } else { quote!(x.#input) };
    let rank = match search {
        Search::Each => {
            let reached = thresholds.iter().enumerate().map(|(index, threshold)| {
                // Every threshold is as exact as the input, or lies between two of its numbers.
                let threshold = double(*threshold);
                // NaN fails every comparison.
                if index < missing {
                    quote!(u16::from(!(#value < #threshold)))
                } else {
                    quote!(u16::from(#value >= #threshold))
                }
            });
            let missing = (missing > thresholds.len()).then(|| quote!(u16::from(x.#input.is_nan())));
            let summands = reached.chain(missing);
            return quote!(#(#summands)+*);
        }
        Search::Cells { missing_is_last: true, .. } => return quote!(#name.rank_or_last(#value)),
        Search::Cells { .. } => quote!(#name.rank(#value)),
        Search::Bisection(thresholds) => {
            let thresholds = section(*thresholds, "f64s");
            quote!(::model_runtime::forest::bisect(#thresholds, #value))
        }
    };
    if missing > 0 {
        let missing = count(missing);
        // Records lack values as it pleases them: no branch could guess it.
        quote!(::std::hint::select_unpredictable(x.#input.is_nan(), #missing, #rank))
    } else {
        rank
    }
}

fn class(ranked: &RankedInput, classes: &Classes) -> TokenStream {
    let (input, missing) = (ident(&ranked.input), classes.missing);
    let of_category = classes.of_category.map(|classes| section(classes, "u16s"));
    match (classes.other, of_category) {
        (Some(other), Some(of_category)) => {
            quote!(::model_runtime::generated::class_of_code(#of_category, x.#input, #other, #missing))
        }
        (None, Some(of_category)) => quote!(x.#input.map_or(#missing, |level| #of_category[level as usize])),
        (_, None) => quote!(x.#input.map_or(#missing, |level| level as u16)),
    }
}

/// What a rank is found by, where it needs a description.
fn cells(ranked: &RankedInput) -> Option<TokenStream> {
    let RankedQuestions::Thresholds {
        search: Search::Cells { least, scale, start, thresholds, near, .. },
        ..
    } = &ranked.questions
    else {
        return None;
    };
    let name = ident(&ranked.name);
    let doc = doc(&format!("The thresholds of `{}`.", ranked.input));
    let (least, scale) = (double(*least), double(*scale));
    let (start, thresholds) = (section(*start, "u16s"), section(*thresholds, "f64s"));
    let near = count(*near);
    Some(quote! {
        #doc
        static #name: ::model_runtime::forest::Cells<#near> =
            ::model_runtime::forest::Cells::new(#least, #scale, #start, #thresholds);
    })
}

fn section(section: Section, kind: &str) -> TokenStream {
    let (kind, first, length) = (ident(kind), count(section.first), count(section.count));
    quote!(TABLES.#kind(#first, #length))
}

fn sections(sections: &[Section]) -> TokenStream {
    let sections = sections.iter().map(|numbers| section(*numbers, "u32s"));
    quote!(&[#(#sections),*])
}

fn tables(program: &Program, ranked: &Ranked) -> TokenStream {
    let (length, file) = (count(ranked.tables.len()), format!("/{}.bin", program.origin.name));
    quote! {
        /// The numbers.
        static TABLES: ::model_runtime::forest::Tables<#length> =
            ::model_runtime::forest::Tables::new(*include_bytes!(concat!(env!("OUT_DIR"), #file)));
    }
}

fn forest(program: &Program, ranked: &Ranked) -> TokenStream {
    let (columns, inputs) = (count(program.columns.len()), count(ranked.inputs.len()));
    let layout = match &ranked.layout {
        Layout::Heaps(layout) => heaps(ranked, layout),
        Layout::Paths { paths: layout, .. } => paths(layout),
    };
    let leaves = if program.sums.single {
        let leaves = section(ranked.leaves, "f32s");
        quote!(::model_runtime::forest::Leaves::F32(#leaves))
    } else {
        let leaves = section(ranked.leaves, "f64s");
        quote!(::model_runtime::forest::Leaves::F64(#leaves))
    };
    let sums = sums(&program.sums);
    quote! {
        /// The trees: what they ask of ranks and classes, their leaves, and how these add up.
        static FOREST: ::model_runtime::forest::Forest = ::model_runtime::forest::Forest {
            columns: #columns,
            inputs: #inputs,
            ranks,
            layout: #layout,
            leaves: #leaves,
            sums: #sums,
        };
    }
}

fn heaps(ranked: &Ranked, heaps: &Heaps) -> TokenStream {
    let inputs = ranked.inputs.iter().zip(&heaps.answers).map(|(input, answers)| {
        let first = count(input.first);
        let answers = answers.map(|answers| section(answers, "bytes"));
        let questions = match (&input.questions, answers) {
            (RankedQuestions::Classes(classes), Some(members)) => {
                let sets = count(classes.sets.len());
                quote!(::model_runtime::forest::Questions::Classes { sets: #sets, members: #members })
            }
            (RankedQuestions::Thresholds { .. }, Some(missing)) => {
                quote!(::model_runtime::forest::Questions::RanksOrMissing { missing: #missing })
            }
            (_, None) => {
                let greatest = count(input.questions.rank_max());
                quote!(::model_runtime::forest::Questions::Ranks(#greatest))
            }
        };
        quote!(::model_runtime::forest::Input { first: #first, questions: #questions })
    });
    let masks = count(heaps.masks);
    let (groups, nodes) = (sections(&heaps.groups), section(heaps.nodes, "u16s"));
    let compare = match &heaps.compare {
        Compare::TooWide { .. } => quote!(None),
        Compare::Tables { bytes, views, parts, nodes, tails } => {
            let (bytes, views, parts) = (count(*bytes), self::views(*views), sections(parts));
            let (nodes, tails) = (section(*nodes, "bytes"), section(*tails, "u64s"));
            quote! {
                Some(::model_runtime::forest::Compare {
                    bytes: #bytes,
                    views: #views,
                    parts: #parts,
                    nodes: #nodes,
                    tails: #tails,
                })
            }
        }
    };
    quote! {
        ::model_runtime::forest::Layout::Heaps(::model_runtime::forest::Heaps {
            inputs: &[#(#inputs),*],
            masks: #masks,
            groups: #groups,
            nodes: #nodes,
            compare: #compare,
        })
    }
}

fn views(views: Views) -> TokenStream {
    let [inputs, positions] = [views.inputs, views.positions].map(|numbers| section(numbers, "u32s"));
    let (count, values) = (count(views.count), section(views.values, "bytes"));
    quote! {
        ::model_runtime::forest::Views {
            count: #count,
            inputs: #inputs,
            positions: #positions,
            values: #values,
        }
    }
}

fn paths(paths: &Paths) -> TokenStream {
    let zeros = count(paths.zeros);
    let (nodes, sets, trees) =
        (section(paths.nodes, "u64s"), section(paths.sets, "u32s"), sections(&paths.trees));
    quote! {
        ::model_runtime::forest::Layout::Paths(::model_runtime::forest::Paths {
            zeros: #zeros,
            nodes: #nodes,
            sets: #sets,
            trees: #trees,
        })
    }
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
