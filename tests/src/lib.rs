//! The fixture models, compiled: `models/` of this folder.

/// The fixture models and their registry.
pub mod models {
    model_runtime::include_models!();
}
