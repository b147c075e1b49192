//! The models that the workspace's tests need, compiled: those of trainers, and made-up ones.

/// The models in `models/` of this folder.
pub mod models {
    model_runtime::include_models!();
}

/// The ensembles of `synthetic.rs`.
pub mod synthetic {
    include!(concat!(env!("OUT_DIR"), "/synthetic.rs"));
}
