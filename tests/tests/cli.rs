//! What the program says of itself.

mod process;

use process::run;
use std::time::{Duration, Instant};

#[test]
fn models_has_a_line_for_each_model() {
    let listed = run(&["models"]);
    assert_eq!(listed.code, Some(0));
    assert_eq!(listed.stdout.lines().count(), acceptance::models::ALL.len());
    let line = listed.stdout.lines().find(|line| line.starts_with("house_prices ")).unwrap();
    for part in ["H2O 3.20.0.6", "gbm/gaussian", "50 trees", "134 leaves", "regression of selling_price"] {
        assert!(line.contains(part), "{part} in {line}");
    }
}

#[test]
fn version_names_every_model_with_its_digest() {
    let version = run(&["--version"]);
    assert_eq!(version.code, Some(0));
    for model in acceptance::models::ALL {
        let line = format!("{} sha256:{}", model.metadata().name, model.metadata().source_digest);
        assert!(version.stdout.lines().any(|found| found == line), "{line} in {}", version.stdout);
    }
}

#[test]
fn help_shows_the_way_in() {
    let help = run(&["--help"]);
    assert_eq!(help.code, Some(0));
    for part in ["demo", "run", "score", "produce", "consume", "models", "stream-app demo"] {
        assert!(help.stdout.contains(part), "{part} in {}", help.stdout);
    }
    for command in ["demo", "run", "score", "produce", "consume"] {
        let help = run(&[command, "--help"]);
        assert!(help.stdout.contains("Examples:"), "{command}");
    }
}

#[test]
fn wrong_arguments_have_an_exit_code_of_their_own() {
    assert_eq!(run(&["run"]).code, Some(2));
    assert_eq!(run(&["prise"]).code, Some(2));
    let reserved = ["run", "--bootstrap-server", "localhost:1", "--model", "house_prices", "-X", "acks=0"];
    let refused = run(&reserved);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("`acks`"), "{}", refused.stderr);
}

fn refusal(arguments: &[&str]) -> String {
    let start = ["run", "--bootstrap-server", "localhost:1", "--model", "house_prices"];
    let refused = run(&[&start, arguments].concat());
    assert_eq!(refused.code, Some(2), "{arguments:?}: {}", refused.stderr);
    refused.stderr
}

#[test]
fn the_three_topics_are_three() {
    let same = refusal(&["--input", "a", "--output", "a"]);
    assert!(same.contains("--input and --output") && same.contains("`a`"), "{same}");
    let same = refusal(&["--input", "a", "--dead-letter", "a"]);
    assert!(same.contains("--input and --dead-letter"), "{same}");
    let same = refusal(&["--input", "a", "--output", "a-dead-letters"]);
    assert!(same.contains("--output and --dead-letter"), "{same}");
    let pattern = refusal(&["--input", "^a"]);
    assert!(pattern.contains("pattern"), "{pattern}");
    assert!(run(&["run", "--help"]).stdout.contains("Three topics are used"));
}

#[test]
fn properties_that_the_loop_depends_on_are_refused_by_all_their_names() {
    for name in ["message.timeout.ms", "delivery.timeout.ms", "transactional.id", "request.required.acks"] {
        let refused = refusal(&["-X", &format!("{name}=1")]);
        assert!(refused.contains(&format!("-X {name}: ")), "{refused}");
    }
}

#[test]
fn all_that_is_wrong_with_the_configuration_is_told_at_once() {
    let all = refusal(&["-X", "sesion.timeout.ms=1", "--threads", "0", "--processing-guarantee", "twice"]);
    for part in
        ["has 3 problems", "`session.timeout.ms`?", "--threads: found `0`", "at_least_once, exactly_once"]
    {
        assert!(all.contains(part), "{part} in {all}");
    }
}

#[test]
fn a_reason_that_no_dead_letter_has_is_refused_and_the_known_ones_are_named() {
    for command in ["list", "replay"] {
        let start = ["dead-letters", command, "--bootstrap-server", "localhost:1"];
        let refused = run(&[&start[..], &["--reason", "wrongtype"]].concat());
        assert_eq!(refused.code, Some(2), "{}", refused.stderr);
        assert!(refused.stderr.contains("there are wrong_type, "), "{}", refused.stderr);
    }
}

#[test]
fn dead_letters_of_a_broker_that_is_away_are_not_waited_for_long() {
    let start = Instant::now();
    let ended = run(&["dead-letters", "list", "--bootstrap-server", "127.0.0.1:1"]);
    assert_eq!(ended.code, Some(6), "{}", ended.stderr);
    let last = ended.stderr.lines().last().unwrap();
    assert!(last.starts_with("error: no broker answered at 127.0.0.1:1 within 10 s"), "{last}");
    assert!(last.contains("check the address and that a broker runs there"), "{last}");
    // With what a busy machine takes beside it; one that takes connections is waited for 30 s.
    assert!(start.elapsed() < Duration::from_secs(28), "{:?}", start.elapsed());
}

#[test]
fn print_config_shows_the_configuration_without_secrets_and_starts_nothing() {
    let start = ["run", "--bootstrap-server", "localhost:1", "--model", "house_prices", "--print-config"];
    let secret = ["-X", "sasl.password=hunter2", "-X", "sasl.username=alice"];
    let printed = run(&[&start[..], &secret].concat());
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    assert!(
        printed.stdout.contains("bootstrap_server = \"localhost:1\"  # --bootstrap-server"),
        "{}",
        printed.stdout
    );
    assert!(
        printed.stdout.contains("\"sasl.password\" = \"********\"  # -X sasl.password"),
        "{}",
        printed.stdout
    );
    assert!(!printed.stdout.contains("hunter2") && printed.stderr.is_empty(), "{}", printed.stderr);
}
