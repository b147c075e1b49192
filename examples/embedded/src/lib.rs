//! The models of this crate, one module for each dump in `models/`, and their registry.

/// `models::NAME` is a model, `models::get` finds one by name, `models::ALL` lists them.
pub mod models {
    model_runtime::include_models!();
}
