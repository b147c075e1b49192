//! Sources of a configuration for tests: texts and flags in, what is loaded from them out.

use super::Config;
use super::gathered::Sources;
use super::load::{Loaded, load};
use crate::test_model::{BINOMIAL, NUMBER};
use model_runtime::Model;
use std::path::PathBuf;
use tempfile::TempDir;

static MODELS: &[&dyn Model] = &[&NUMBER, &BINOMIAL];

/// Sources under way. A model and brokers are given, at the lowest place there is: whatever else gives them prevails.
pub struct Given {
    /// Where its files are.
    pub folder: TempDir,
    /// The text of the TOML file.
    pub toml: String,
    /// What is given besides.
    pub sources: Sources,
}

/// The least that a configuration takes.
pub fn given() -> Given {
    let toml = "model = \"number\"\nbootstrap_server = \"localhost:9092\"\n".to_owned();
    Given { folder: TempDir::new().unwrap(), toml, sources: Sources::default() }
}

impl Given {
    pub fn toml(mut self, text: &str) -> Self {
        self.toml.push_str(text);
        self
    }

    pub fn properties_file(mut self, text: &str) -> Self {
        self.sources.properties_file = Some(self.write("client.properties", text));
        self
    }

    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.sources.environment.push((name.into(), value.into()));
        self
    }

    pub fn flag(mut self, key: &'static str, value: &str) -> Self {
        self.sources.flags.push((key, value.to_owned()));
        self
    }

    pub fn property(mut self, text: &str) -> Self {
        self.sources.properties.push(text.to_owned());
        self
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Places are shown without the folder.
    pub fn shown(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.folder.path().display()), "")
    }

    pub fn load(&mut self) -> Result<Loaded, Vec<String>> {
        self.sources.config = Some(self.write("app.toml", &self.toml));
        let problems = match load(&self.sources, MODELS) {
            Ok(loaded) => return Ok(loaded),
            Err(problems) => problems,
        };
        Err(problems.0.iter().map(|problem| self.shown(&problem.to_string())).collect())
    }

    pub fn config(mut self) -> Config {
        self.load().unwrap().config
    }

    pub fn problems(mut self) -> Vec<String> {
        self.load().unwrap_err()
    }

    pub fn only_problem(self) -> String {
        let [problem] = self.problems().try_into().unwrap();
        problem
    }
}
