//! The models of this workspace: one module for each file in `models/`, and the registry by name.

crate::include_models!();
