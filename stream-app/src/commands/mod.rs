//! What the program can be told to do: one file a subcommand.

pub mod models;
pub mod run;
pub mod score;
