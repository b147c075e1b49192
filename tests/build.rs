//! Generates the fixture models.

fn main() {
    model_codegen::cargo::build_script("models");
}
