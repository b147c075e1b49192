//! `model-codegen inspect FILE` and `model-codegen emit FILE`: a dump looked at before it is dropped in.

use clap::{Parser, Subcommand, ValueEnum};
use model_codegen::{
    Source,
    cargo::module_name,
    generate,
    ir::{self, Decision, Link, Probabilities, Task, Transform},
    lower::{FieldType, Form, Program},
    plan, understand,
};
use std::{
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Looks at tree dumps, and prints what they become.
///
/// `NAME.toml` beside `NAME.json` is read with it, as in a build.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Says what a model is: trainer, trees, columns, classes, warnings.
    Inspect {
        /// The dump, such as `models/house_prices.json`.
        file: PathBuf,
    },
    /// Prints a stage of a model's way to Rust.
    Emit {
        /// The dump, such as `models/house_prices.json`.
        file: PathBuf,
        /// What to print.
        #[arg(long, value_enum, default_value_t = Stage::Rust)]
        stage: Stage,
    },
}

/// A stage of a model's way.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Stage {
    /// The ensemble as parsed.
    Ir,
    /// The code as planned.
    Program,
    /// The generated module.
    Rust,
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Inspect { file } => inspect(&file),
        Command::Emit { file, stage } => show(&file, stage),
    };
    let written =
        result.and_then(|text| io::Write::write_all(&mut io::stdout(), text.as_bytes()).or_else(closed));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A reader that closed its end, such as `head`, has seen enough.
fn closed(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) }
}

struct File {
    name: String,
    module: String,
    dump: Vec<u8>,
    configuration: Option<String>,
}

impl File {
    fn read(path: &Path) -> io::Result<Self> {
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        let dump = fs::read(path).map_err(named)?;
        let beside = path.with_extension("toml");
        let configuration =
            if beside.exists() { Some(fs::read_to_string(beside).map_err(named)?) } else { None };
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let module = module_name(&stem).unwrap_or_else(|| "model".into());
        Ok(Self { name, module, dump, configuration })
    }

    fn source(&self) -> Source<'_> {
        let configuration = self.configuration.as_deref();
        Source { name: &self.module, file: &self.name, dump: &self.dump, configuration }
    }
}

fn show(path: &Path, stage: Stage) -> io::Result<String> {
    let file = File::read(path)?;
    let source = file.source();
    match stage {
        Stage::Ir => understand(&source).map(|parsed| ir::dump(&parsed.ensemble)),
        Stage::Program => plan(&source).map(|(program, _)| program.dump()),
        Stage::Rust => generate(&source).map(|generated| generated.rust),
    }
    .map_err(io::Error::other)
}

fn inspect(path: &Path) -> io::Result<String> {
    let file = File::read(path)?;
    let (program, warnings) = plan(&file.source()).map_err(io::Error::other)?;
    let mut text = String::new();
    describe(&program, &warnings, &mut text).map_err(io::Error::other)?;
    Ok(text)
}

fn describe(program: &Program, warnings: &[String], text: &mut String) -> std::fmt::Result {
    let (ensemble, trainer) = (&program.ensemble, program.ensemble.trainer());
    writeln!(text, "trainer    {} {}", trainer.name, trainer.version)?;
    writeln!(text, "algorithm  {} {}", trainer.algorithm, trainer.objective)?;
    writeln!(
        text,
        "trees      {} with {} nodes, {} leaves, depth {}",
        ensemble.trees().len(),
        ensemble.node_count(),
        ensemble.leaf_count(),
        ensemble.depth()
    )?;
    match ensemble.task() {
        Task::Regression => writeln!(text, "task       regression: {}", answer(ensemble.transform()))?,
        Task::Classification { classes, decision } => {
            writeln!(text, "task       classification: {}", answer(ensemble.transform()))?;
            writeln!(text, "classes    {}", classes.join(", "))?;
            if let Decision::Threshold(threshold) = decision {
                writeln!(text, "threshold  {threshold}")?;
            }
        }
    }
    writeln!(text, "form       {}: {}", program.choice.form, program.choice.reason)?;
    match &program.choice.form {
        Form::StraightLine => writeln!(text, "functions  {}", program.functions.len())?,
        Form::Ranked(ranked) => {
            writeln!(text, "layout     {}", ranked.layout)?;
            writeln!(
                text,
                "tables     {} bytes for {} ranks and classes of a row",
                ranked.tables.len(),
                ranked.inputs.len()
            )?;
        }
    }
    writeln!(text, "columns    {}", program.columns.len())?;
    let width = program.columns.iter().map(|column| column.name.chars().count()).max().unwrap_or(0);
    for column in &program.columns {
        let what = match &column.field.kind {
            FieldType::Number => match column.thresholds {
                Some((least, greatest)) => format!("numeric, thresholds {least} to {greatest}"),
                None => "numeric".into(),
            },
            FieldType::Level { levels, .. } => format!("categorical, {}", shown_levels(levels)),
            FieldType::Offset => "offset".into(),
        };
        writeln!(text, "  {:width$}  splits {}, {what}", column.name, column.splits)?;
    }
    warnings.iter().try_for_each(|warning| writeln!(text, "warning    {warning}"))
}

/// How margins become predictions, in words.
fn answer(transform: &Transform) -> String {
    let (divisor, what) = match transform {
        Transform::Value { divisor, link: Link::Identity } => (divisor, "the margin".into()),
        Transform::Value { divisor, link } => (divisor, format!("the margin's {link:?} link")),
        Transform::Classes { divisor, probabilities, corrections } => {
            let corrected = if corrections.is_some() { ", corrected for balanced classes" } else { "" };
            let what = match probabilities {
                Probabilities::SecondClass(link) => {
                    format!("the second class has the margin's {link:?} link")
                }
                Probabilities::FirstClass(link) => format!("the first class has the margin's {link:?} link"),
                Probabilities::Softmax | Probabilities::SingleSoftmax | Probabilities::TableSoftmax => {
                    "softmax of the margins".into()
                }
                Probabilities::Each(link) => format!("each class has its margin's {link:?} link"),
                Probabilities::Normalised => "the margins by their sum".into(),
            };
            (divisor, what + corrected)
        }
    };
    match divisor {
        Some(divisor) => format!("{what}, divided by {divisor}"),
        None => what,
    }
}

/// More levels than this are counted, not listed.
const LEVELS_SHOWN_MAX: usize = 8;

fn shown_levels(levels: &[model_codegen::lower::Level]) -> String {
    let shown: Vec<&str> = levels.iter().take(LEVELS_SHOWN_MAX).map(|level| level.text.as_str()).collect();
    let more = if levels.len() > LEVELS_SHOWN_MAX { ", …" } else { "" };
    format!("{} levels: {}{more}", levels.len(), shown.join(", "))
}
