//! `demo` as a process: everything in one, ended by count and by signal.

mod process;

use process::{App, run};

#[test]
fn a_demo_of_so_many_records_prices_them_all() {
    let demo = run(&["demo", "--records", "200", "--rate", "0"]);
    assert_eq!(demo.code, Some(0), "{}", demo.stderr);
    assert!(demo.stdout.starts_with("embedded broker at 127.0.0.1:"), "{}", demo.stdout);
    assert!(demo.stdout.contains("for trying things out"), "{}", demo.stdout);
    assert!(demo.stdout.lines().any(|line| line.contains("  selling_price=")), "{}", demo.stdout);
    let summary = demo.stdout.lines().last().unwrap();
    assert!(summary.starts_with("priced 200 of 200 houses, 0 dead letters, "), "{summary}");
    assert_eq!(demo.stderr, "");
}

#[test]
fn a_model_of_something_else_gets_records_of_its_own() {
    let demo = run(&["demo", "--records", "50", "--rate", "0", "--model", "gbm_multinomial"]);
    assert_eq!(demo.code, Some(0), "{}", demo.stderr);
    let summary = demo.stdout.lines().last().unwrap();
    assert!(summary.starts_with("scored 50 of 50 records, 0 dead letters"), "{summary}");
}

#[test]
fn a_signal_ends_a_demo_with_its_summary() {
    for signal in ["INT", "TERM"] {
        let demo = App::start(&["demo", "--rate", "50"]);
        demo.wait_for_stdout("selling_price=");
        demo.signal(signal);
        let demo = demo.finish();
        assert_eq!(demo.code, Some(0), "{signal}: {}", demo.stderr);
        let summary = demo.stdout.lines().last().unwrap();
        assert!(summary.starts_with("priced ") && summary.contains(" houses, 0 dead letters"), "{summary}");
    }
}
