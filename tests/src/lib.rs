//! The models that the workspace's tests need, compiled: those of trainers, and made-up ones.

/// The models in `models/` of this folder, in the form that suits each.
pub mod models {
    model_runtime::include_models!();
}

/// The same models in the other form, where that can hold them.
pub mod other_forms {
    include!(concat!(env!("OUT_DIR"), "/other_forms.rs"));
}

/// The ensembles of `synthetic.rs` in each form that can hold them; `source_file` is the ensemble's name.
pub mod synthetic {
    include!(concat!(env!("OUT_DIR"), "/synthetic.rs"));
}

/// Models of every trainer, from the fixtures of `model-codegen`, in the form that suits each.
#[cfg(not(clippy))]
#[deny(warnings)]
pub mod trainers {
    include!(concat!(env!("OUT_DIR"), "/trainers.rs"));
}

/// The same models in the other form, where that can hold them.
#[cfg(not(clippy))]
#[deny(warnings)]
pub mod trainers_other_forms {
    include!(concat!(env!("OUT_DIR"), "/trainers_other_forms.rs"));
}

// Generated code allows Clippy everything, and still so many models would take it a minute and more. It sees a few in their place;
// the compiler's own warnings are errors above.
#[cfg(clippy)]
pub use {models as trainers, other_forms as trainers_other_forms};

/// Bits, with every NaN alike: a NaN's sign and payload are the processor's choice.
pub fn bits(numbers: &[f64]) -> Vec<u64> {
    numbers.iter().map(|number| if number.is_nan() { f64::NAN.to_bits() } else { number.to_bits() }).collect()
}
