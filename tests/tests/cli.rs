//! What the program says of itself.

mod process;

use process::run;

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
