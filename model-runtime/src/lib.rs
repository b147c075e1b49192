//! What every generated model shares, written by hand, and the models of this workspace, compiled in.
//!
//! A dump in `models/` becomes a module of [`models`] at build time. Each is scored in one of three ways:
//!
//! - typed: `models::house_prices::predict(&Row { sqft: Some(2342.0), ..Default::default() })`;
//! - dynamic: [`models::get`] gives a [`Model`] by name, which scores flat rows of `f64`;
//! - records: a [`record::Reader`] turns a JSON object into such a row.
//!
//! A crate of one's own has models of its own with `model-codegen` as a build dependency and
//! [`include_models!`] in place of [`models`], which it leaves out with `default-features = false`.

// Generated code names this crate by its absolute path, here as in anyone's crate.
extern crate self as model_runtime;

pub mod acceptance;
pub mod generated;
mod link;
mod metadata;
mod model;
#[cfg(feature = "models")]
pub mod models;
pub mod record;
mod transform;

/// The ranked form of scoring code.
pub use model_forest as forest;
pub use model_forest::Scratch;

pub use link::{Link, table_exponential};
pub use metadata::{Column, ColumnKind, Decision, Domain, Metadata, Output, Task, UnseenCategory};
pub use model::{Model, Prediction, ShapeError};
pub use transform::{Probabilities, Transform};

/// Includes the modules that `model_codegen::cargo::build_script` generated for the calling crate, and its
/// registry: `ALL`, every model, and `get`, a model by name.
///
/// ```text
/// // build.rs
/// fn main() {
///     model_codegen::cargo::build_script("models");
/// }
///
/// // src/main.rs
/// mod models {
///     model_runtime::include_models!();
/// }
/// ```
#[macro_export]
macro_rules! include_models {
    () => {
        include!(concat!(env!("OUT_DIR"), "/models.rs"));
    };
}
