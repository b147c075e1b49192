//! `METADATA` and `MODEL`: what a module says of itself, and its side as a trait object.

use super::{
    literals::{count, double},
    row::doubles,
};
use crate::{
    GENERATOR,
    configuration::{Output, UnseenCategory},
    ir::{Decision, Link, Probabilities, Task, Transform},
    lower::{Column, FieldType, Form, Level, Lookups, Program},
};
use proc_macro2::TokenStream;
use quote::quote;

/// The constants and the trait's implementation.
pub(super) fn items(program: &Program) -> impl Iterator<Item = TokenStream> {
    let model = quote! {
        /// This model as a trait object.
        pub static MODEL: &dyn ::model_runtime::Model = &Compiled;
    };
    let compiled = quote! {
        #[derive(Debug)]
        struct Compiled;
    };
    let (score, score_with) = match &program.choice.form {
        Form::StraightLine => {
            (quote!(::model_runtime::generated::score(rows, margins, flat_margins)), TokenStream::new())
        }
        Form::Ranked(_) => (
            quote!(::model_runtime::generated::score_forest(&FOREST, rows, margins)),
            quote! {
                fn margins_with(
                    &self,
                    rows: &[f64],
                    margins: &mut [f64],
                    scratch: &mut ::model_runtime::Scratch,
                ) -> Result<(), ::model_runtime::ShapeError> {
                    ::model_runtime::generated::score_forest_with(&FOREST, rows, margins, scratch)
                }

                fn kernel(&self, scratch: &::model_runtime::Scratch, rows: usize) -> &'static str {
                    FOREST.kernel_name(scratch.kernels(), rows)
                }
            },
        ),
    };
    let implementation = quote! {
        impl ::model_runtime::Model for Compiled {
            fn metadata(&self) -> &'static ::model_runtime::Metadata {
                &METADATA
            }

            fn margins(&self, rows: &[f64], margins: &mut [f64]) -> Result<(), ::model_runtime::ShapeError> {
                #score
            }

            #score_with
        }
    };
    [model, metadata(program), compiled, implementation].into_iter()
}

fn metadata(program: &Program) -> TokenStream {
    let (origin, ensemble, trainer) = (&program.origin, &program.ensemble, program.ensemble.trainer());
    let (name, file, digest, generator) = (&origin.name, &origin.file, &origin.digest, GENERATOR);
    let configuration_digest = option(origin.configuration_digest.as_ref().map(|digest| quote!(#digest)));
    let (trainer, version) = (&trainer.name, &trainer.version);
    let (algorithm, objective) = (&ensemble.trainer().algorithm, &ensemble.trainer().objective);
    let sizes = [ensemble.trees().len(), ensemble.leaf_count(), ensemble.depth(), ensemble.outputs()];
    let [trees, leaves, depth, margins] = sizes.map(count);
    let columns = program.columns.iter().map(|item| column(item, program.interface.unseen_category));
    let (transform, task) = (transform(ensemble.transform()), task(ensemble.task()));
    let response = &program.interface.response;
    let output = match program.interface.output {
        Output::Number => quote!(::model_runtime::Output::Number),
        Output::Integer => quote!(::model_runtime::Output::Integer),
    };
    let is_ranked = matches!(program.choice.form, Form::Ranked(_));
    quote! {
        /// What this model says of itself.
        pub static METADATA: ::model_runtime::Metadata = ::model_runtime::Metadata {
            name: #name,
            source_file: #file,
            source_digest: #digest,
            configuration_digest: #configuration_digest,
            generator: #generator,
            trainer: #trainer,
            trainer_version: #version,
            algorithm: #algorithm,
            objective: #objective,
            trees: #trees,
            leaves: #leaves,
            depth_max: #depth,
            is_ranked: #is_ranked,
            columns: &[#(#columns),*],
            margins: #margins,
            transform: #transform,
            task: #task,
            response: #response,
            output: #output,
        };
    }
}

fn column(column: &Column, unseen: UnseenCategory) -> TokenStream {
    let (name, field, splits) = (&column.name, &column.record_field, count(column.splits));
    let kind = match &column.field.kind {
        FieldType::Offset => quote!(::model_runtime::ColumnKind::Offset),
        FieldType::Number => {
            let thresholds = option(column.thresholds.map(|(least, greatest)| {
                let (least, greatest) = (double(least), double(greatest));
                quote!((#least, #greatest))
            }));
            quote!(::model_runtime::ColumnKind::Numeric { thresholds: #thresholds })
        }
        FieldType::Level { levels, lookups, .. } => {
            let domain = domain(levels, lookups);
            let unseen = match unseen {
                UnseenCategory::Missing => quote!(::model_runtime::UnseenCategory::Missing),
                UnseenCategory::Error => quote!(::model_runtime::UnseenCategory::Error),
            };
            quote!(::model_runtime::ColumnKind::Categorical { domain: #domain, unseen: #unseen })
        }
    };
    quote!(::model_runtime::Column { name: #name, field: #field, kind: #kind, splits: #splits })
}

fn domain(levels: &[Level], lookups: &Lookups) -> TokenStream {
    let texts = levels.iter().map(|level| &level.text);
    let sorted = lookups.sorted.iter().map(|level| count(*level));
    let booleans = option(lookups.booleans.map(|pair| {
        let pair = pair.map(count);
        quote!([#(#pair),*])
    }));
    quote!(::model_runtime::Domain { levels: &[#(#texts),*], sorted: &[#(#sorted),*], booleans: #booleans })
}

fn transform(transform: &Transform) -> TokenStream {
    let divisor = |divisor: &Option<f64>| option(divisor.map(double));
    match transform {
        Transform::Value { divisor: by, link: of } => {
            let (divisor, link) = (divisor(by), link(*of));
            quote!(::model_runtime::Transform::Value { divisor: #divisor, link: #link })
        }
        Transform::Classes { divisor: by, probabilities, corrections } => {
            let divisor = divisor(by);
            let probabilities = match probabilities {
                Probabilities::SecondClass(of) => {
                    let link = link(*of);
                    quote!(SecondClass(#link))
                }
                Probabilities::FirstClass(of) => {
                    let link = link(*of);
                    quote!(FirstClass(#link))
                }
                Probabilities::Softmax => quote!(Softmax),
                Probabilities::SingleSoftmax => quote!(SingleSoftmax),
                Probabilities::TableSoftmax => quote!(TableSoftmax),
                Probabilities::Each(of) => {
                    let link = link(*of);
                    quote!(Each(#link))
                }
                Probabilities::Normalised => quote!(Normalised),
            };
            let corrections = option(corrections.as_ref().map(|factors| {
                let factors = doubles(factors);
                quote!(&#factors)
            }));
            quote! {
                ::model_runtime::Transform::Classes {
                    divisor: #divisor,
                    probabilities: ::model_runtime::Probabilities::#probabilities,
                    corrections: #corrections,
                }
            }
        }
    }
}

fn link(link: Link) -> TokenStream {
    match link {
        Link::Identity => quote!(::model_runtime::Link::Identity),
        Link::Exponential => quote!(::model_runtime::Link::Exponential),
        Link::Logistic => quote!(::model_runtime::Link::Logistic),
        Link::Inverse => quote!(::model_runtime::Link::Inverse),
        Link::UncappedExponential => quote!(::model_runtime::Link::UncappedExponential),
        Link::UncappedLogistic { slope } => {
            let slope = double(slope);
            quote!(::model_runtime::Link::UncappedLogistic { slope: #slope })
        }
        Link::Softplus => quote!(::model_runtime::Link::Softplus),
        Link::SignedSquare => quote!(::model_runtime::Link::SignedSquare),
        Link::TableExponential => quote!(::model_runtime::Link::TableExponential),
        Link::SingleExponential => quote!(::model_runtime::Link::SingleExponential),
        Link::SingleLogistic => quote!(::model_runtime::Link::SingleLogistic),
        Link::Step => quote!(::model_runtime::Link::Step),
    }
}

fn task(task: &Task) -> TokenStream {
    match task {
        Task::Regression => quote!(::model_runtime::Task::Regression),
        Task::Classification { classes, decision } => {
            let decision = match decision {
                Decision::Threshold(threshold) => {
                    let threshold = double(*threshold);
                    quote!(::model_runtime::Decision::Threshold(#threshold))
                }
                Decision::Largest => quote!(::model_runtime::Decision::Largest),
            };
            quote!(::model_runtime::Task::Classification { classes: &[#(#classes),*], decision: #decision })
        }
    }
}

fn option(value: Option<TokenStream>) -> TokenStream {
    value.map_or_else(|| quote!(None), |value| quote!(Some(#value)))
}
