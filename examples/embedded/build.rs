//! Generates a module for each dump in `models/`.

fn main() {
    model_codegen::cargo::build_script("models");
}
