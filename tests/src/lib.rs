//! The models that the workspace's tests need, compiled: those of trainers, and made-up ones.

/// The models in `models/` of this folder.
pub mod models {
    model_runtime::include_models!();
}

/// The ensembles of `synthetic.rs`.
pub mod synthetic {
    include!(concat!(env!("OUT_DIR"), "/synthetic.rs"));
}

/// Models of every trainer, from the fixtures of `model-codegen`.
pub mod trainers {
    include!(concat!(env!("OUT_DIR"), "/trainers.rs"));
}
