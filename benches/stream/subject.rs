//! What is measured: the programs, and the arguments that they are started with.

use crate::Outcome;
use crate::arguments::Arguments;
use std::process::Command;

/// A program that reads houses from one topic and writes them to another.
#[derive(Debug)]
pub struct Subject {
    /// Short, for tables and `--subjects`.
    pub name: &'static str,
    program: Program,
    /// The name of the processing guarantee, as the program spells it.
    guarantee: &'static str,
    /// Arguments beside those that [`Program`] stands for.
    extra: &'static [&'static str],
    /// What comes out.
    pub answers: Answers,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Program {
    StreamApp,
    KafkaStreams,
}

/// What a subject makes of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// The record with its prediction.
    Scored,
    /// The record's bytes.
    Unchanged,
}

/// Where a subject reads and writes.
#[derive(Debug)]
pub struct Route<'a> {
    pub input: &'a str,
    pub output: &'a str,
    pub dead_letters: &'a str,
    /// The consumer group, a new one each time.
    pub group: &'a str,
}

/// A hidden option of `stream-app run`: all of the loop but the scoring.
const PASS_THROUGH: &[&str] = &["--pass-through"];

static SUBJECTS: [Subject; 6] = [
    stream_app("stream-app at_least_once", "at_least_once", &[], Answers::Scored),
    stream_app("stream-app exactly_once", "exactly_once", &[], Answers::Scored),
    stream_app("pass-through at_least_once", "at_least_once", PASS_THROUGH, Answers::Unchanged),
    stream_app("pass-through exactly_once", "exactly_once", PASS_THROUGH, Answers::Unchanged),
    kafka_streams("kafka-streams at_least_once", "at_least_once"),
    kafka_streams("kafka-streams exactly_once", "exactly_once_v2"),
];

const fn stream_app(
    name: &'static str,
    guarantee: &'static str,
    extra: &'static [&'static str],
    answers: Answers,
) -> Subject {
    Subject { name, program: Program::StreamApp, guarantee, extra, answers }
}

const fn kafka_streams(name: &'static str, guarantee: &'static str) -> Subject {
    Subject { name, program: Program::KafkaStreams, guarantee, extra: &[], answers: Answers::Scored }
}

/// The subjects whose names contain one of these; all of them for none.
pub fn chosen(names: &[String]) -> Outcome<Vec<&'static Subject>> {
    if let Some(unknown) =
        names.iter().find(|name| !SUBJECTS.iter().any(|subject| subject.name.contains(*name)))
    {
        let known: Vec<&str> = SUBJECTS.iter().map(|subject| subject.name).collect();
        return Err(format!("there is no subject `{unknown}`; there are {}", known.join(", ")));
    }
    let is_chosen =
        |subject: &&Subject| names.is_empty() || names.iter().any(|name| subject.name.contains(name));
    Ok(SUBJECTS.iter().filter(is_chosen).collect())
}

/// How every subject is started, with words for what differs from run to run.
pub fn commands(arguments: &Arguments) -> Vec<(String, String)> {
    let arguments = Arguments { bootstrap_server: "BROKER".to_owned(), ..arguments.clone() };
    let route = Route { input: "INPUT", output: "OUTPUT", dead_letters: "DEAD_LETTERS", group: "GROUP" };
    let text = |subject: &Subject| {
        let command = subject.command(&arguments, &route);
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    };
    SUBJECTS.iter().map(|subject| (subject.name.to_owned(), text(subject))).collect()
}

impl Subject {
    /// Why it can't be started, if so.
    pub fn missing(&self, arguments: &Arguments) -> Option<String> {
        let file = match self.program {
            Program::StreamApp => arguments.stream_app.clone(),
            Program::KafkaStreams => arguments.kafka_streams.join("target/kafka-streams-peer.jar"),
        };
        (!file.is_file()).then(|| format!("{} is not built", file.display()))
    }

    /// The command line.
    pub fn command(&self, arguments: &Arguments, route: &Route<'_>) -> Command {
        match self.program {
            Program::StreamApp => self.stream_app(arguments, route),
            Program::KafkaStreams => self.kafka_streams(arguments, route),
        }
    }

    fn stream_app(&self, arguments: &Arguments, route: &Route<'_>) -> Command {
        let mut command = Command::new(&arguments.stream_app);
        command.args(["run", "--model", "house_prices_2"]);
        command.args(["--bootstrap-server", &arguments.bootstrap_server, "--group", route.group]);
        command.args(["--input", route.input, "--output", route.output, "--dead-letter", route.dead_letters]);
        if self.guarantee != "at_least_once" {
            command.args(["--processing-guarantee", self.guarantee]);
        }
        command.args(self.extra);
        command
    }

    fn kafka_streams(&self, arguments: &Arguments, route: &Route<'_>) -> Command {
        let folder = &arguments.kafka_streams;
        let mut command = Command::new("java");
        command
            .arg("-cp")
            .arg(format!("{0}/kafka-streams-peer.jar:{0}/jars/*", folder.join("target").display()));
        command.args([
            "peer.HousePrices",
            &arguments.bootstrap_server,
            route.group,
            route.input,
            route.output,
        ]);
        command.arg(self.guarantee).arg(folder.join("house_prices_2.zip"));
        command
    }
}

#[cfg(test)]
mod tests {
    use super::chosen;

    #[test]
    fn subjects_are_chosen_by_parts_of_their_names() {
        let names = |chosen_by: &[&str]| -> Vec<&str> {
            let chosen_by: Vec<String> = chosen_by.iter().map(ToString::to_string).collect();
            chosen(&chosen_by).unwrap().iter().map(|subject| subject.name).collect()
        };
        assert_eq!(names(&[]).len(), 6);
        assert_eq!(names(&["kafka-streams"]), ["kafka-streams at_least_once", "kafka-streams exactly_once"]);
        assert_eq!(
            names(&["stream-app exactly", "pass-through at"]),
            ["stream-app exactly_once", "pass-through at_least_once"]
        );
        assert!(chosen(&["flink".to_owned()]).unwrap_err().contains("no subject `flink`"));
    }
}
