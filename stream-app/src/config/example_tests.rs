//! The example file and the defaults, of which each tells of the other.

use super::given::given;
use super::keys::KEYS;
use super::{Config, Policy, ProcessingGuarantee};
use std::time::Duration;

#[test]
fn the_example_file_holds_every_option_at_its_default() {
    let text = include_str!("../../stream-app.example.toml");
    let mut example = given();
    example.toml = format!("model = \"number\"\n{text}");
    let expected = Config { model: Some("number".to_owned()), ..Config::new("localhost:9092") };
    assert_eq!(example.load().unwrap().config, expected);
    for key in KEYS {
        let written = |line: &str| line.trim_start_matches("# ").starts_with(&format!("{key} = "));
        assert_eq!(text.lines().filter(|line| written(line)).count(), 1, "{key}");
    }
    let uncommented = text.replace("\n# security.protocol", "\nsecurity.protocol");
    assert_ne!(uncommented, text);
    for line in text.lines().skip_while(|line| *line != "[properties]").skip(1) {
        let name = line.trim_start_matches("# ").split(' ').next().unwrap();
        let name = name.trim_start_matches("consumer.");
        assert!(super::property_names::scope(name).is_some(), "{name}");
    }
}

#[test]
fn a_copy_of_the_example_file_leaves_to_follow_what_follows_another_option() {
    let mut copy = given();
    copy.toml = include_str!("../../stream-app.example.toml")
        .replace("\ninput = \"housing\"", "\ninput = \"flats\"")
        .replace("\ngroup = \"stream-app\"", "\ngroup = \"flats-scorer\"")
        .replace("\"at_least_once\"\n", "\"exactly_once\"\n");
    copy.toml.insert_str(0, "model = \"number\"\n");
    let config = copy.load().unwrap().config;
    assert_eq!((&*config.input, &*config.dead_letter), ("flats", "flats-dead-letters"));
    assert_eq!((&*config.group, &*config.transactional_id_prefix), ("flats-scorer", "flats-scorer"));
    assert_eq!(config.processing_guarantee, ProcessingGuarantee::ExactlyOnce);
    assert_eq!(config.commit_interval, Duration::from_millis(100));
}

#[test]
fn the_defaults_are_these() {
    let config = Config::new("localhost:9092");
    assert_eq!((&*config.input, &*config.output), ("housing", "predictions"));
    assert_eq!((&*config.dead_letter, &*config.group), ("housing-dead-letters", "stream-app"));
    assert_eq!(config.transactional_id_prefix, "stream-app");
    assert_eq!((config.threads, config.commit_records_max), (1, 50_000));
    assert_eq!(config.commit_interval, Duration::from_secs(1));
    assert_eq!(config.on_output_error, Policy::Fail);
    assert_eq!(config.on_score_error, Policy::DeadLetter);
    let once = given().flag("processing_guarantee", "exactly_once").flag("group", "pricing").config();
    assert_eq!(once.commit_interval, Duration::from_millis(100));
    assert_eq!(once.transactional_id_prefix, "pricing");
}
