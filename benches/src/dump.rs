//! The files that a compiled model was generated from.

use model_codegen::Source;
use model_runtime::Metadata;
use std::{env, fs, path::Path};

/// A dump and the configuration beside it.
#[derive(Debug)]
pub struct Dump {
    metadata: &'static Metadata,
    bytes: Vec<u8>,
    configuration: Option<String>,
}

impl Dump {
    /// Reads them from where model-runtime's build script did: `models/`, or the folder that `MODELS_DIR` names.
    ///
    /// # Panics
    /// If there is no such file.
    pub fn of(metadata: &'static Metadata) -> Self {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let folder = workspace.join(env::var_os("MODELS_DIR").unwrap_or_else(|| "models".into()));
        let file = folder.join(metadata.source_file);
        let bytes = fs::read(&file).unwrap_or_else(|error| {
            panic!("{}: {error}; run with the MODELS_DIR of the build, or with none", file.display())
        });
        let configuration = fs::read_to_string(file.with_extension("toml")).ok();
        Self { metadata, bytes, configuration }
    }

    /// What the generator takes.
    pub fn source(&self) -> Source<'_> {
        Source {
            name: self.metadata.name,
            file: self.metadata.source_file,
            dump: &self.bytes,
            configuration: self.configuration.as_deref(),
        }
    }
}
