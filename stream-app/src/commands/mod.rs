//! What the program can be told to do: one file a subcommand.

pub mod consume;
pub mod demo;
pub mod models;
pub mod produce;
pub mod run;
pub mod score;
