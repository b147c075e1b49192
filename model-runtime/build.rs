//! Generates a module for each model in `models/`.

fn main() { model_codegen::cargo::build_script("../models"); }
