//! `stream-app models`: the compiled-in models, a line each; and what `--version` says of them.

use crate::exit::Failure;
use crate::selection::Models;
use model_runtime::{Metadata, Task};
use std::fmt::Write as _;
use std::io::{self, Write as _};

/// How much of a digest tells models apart at a glance.
const DIGEST_CHARACTERS: usize = 12;

/// Prints a line for each model.
pub fn run(models: Models) -> Result<(), Failure> {
    let text = if models.is_empty() {
        "no model is compiled in; put an exported model into models/ and build again\n".to_owned()
    } else {
        models.iter().map(|model| line(model.metadata()) + "\n").collect()
    };
    io::stdout().write_all(text.as_bytes()).map_err(|error| Failure::writing("stdout", &error))
}

/// This program's version and, a line each, the models with their whole digests.
pub fn version(models: Models) -> String {
    let mut text = env!("CARGO_PKG_VERSION").to_owned();
    for model in models {
        let metadata = model.metadata();
        // Writing to a `String` can't fail.
        let _ = write!(text, "\n{} sha256:{}", metadata.name, metadata.source_digest);
    }
    text
}

fn line(metadata: &Metadata) -> String {
    let Metadata { name, trainer, trainer_version, algorithm, objective, .. } = metadata;
    let Metadata { trees, leaves, columns, source_digest, response, .. } = metadata;
    let task = match metadata.task {
        Task::Regression => format!("regression of {response}"),
        Task::Classification { classes, .. } => format!("{} classes of {response}", classes.len()),
    };
    let columns = columns.len();
    let digest = source_digest.get(..DIGEST_CHARACTERS).unwrap_or(source_digest);
    format!(
        "{name}  {trainer} {trainer_version} {algorithm}/{objective}, {trees} trees, {leaves} leaves, \
         {columns} columns, {task}, {digest}"
    )
}
