//! Exactly once while instances are killed, frozen, started and stopped and brokers die: a campaign against a cluster of
//! three, and the proof that its oracle sees what it is there to see.
//!
//! The campaign takes minutes: it runs where `KAFKA_TESTS=required`, as in the gate. `scripts/fire` lets one of any size
//! happen.

mod fire;
mod kafka;
mod process;

use fire::campaign::{self, Report, Settings};
use std::env;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

/// Breaks nothing.
const SOUND: &str = "";

fn settings() -> Settings {
    let number = |name: &str, otherwise: usize| {
        env::var(name).map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text}")))
    };
    let kills = number("FIRE_KILLS", 20);
    Settings {
        seed: number("FIRE_SEED", 1) as u64,
        records: number("FIRE_RECORDS", 200_000),
        rate: number("FIRE_RATE", 1_000) as f64,
        instances: 4,
        kills,
        freezes: 2 + kills / 20,
        joins: 1 + kills / 10,
        broker_kills: number("FIRE_BROKER_KILLS", 1 + kills / 20),
        sabotage: SOUND,
    }
}

/// Past the capture of the test runner, which hides what a passed test prints.
fn say(text: &str) {
    // Nobody may be reading.
    let _ = io::stderr().write_all(format!("\n{text}\n\n").as_bytes());
}

#[test]
fn exactly_once_under_fire() {
    if !kafka::is_required() {
        say("NOT RUN: exactly_once_under_fire takes minutes; KAFKA_TESTS=required or scripts/fire runs it");
        return;
    }
    let kafka = kafka::three_nodes().expect("it is required");
    let settings = settings();
    let report = campaign::run(&kafka, &settings);
    say(&report.to_string());
    assert!(report.is_right(), "{report}");
    assert!(report.kills >= settings.kills, "{report}");
    assert!(report.records >= settings.records, "{report}");
}

/// Beside the long campaign there is room for one short one.
static SHORT: Mutex<()> = Mutex::new(());

/// A short campaign against one node, with something broken or nothing.
fn short(sabotage: &'static str, freezes: usize) -> Option<Report> {
    if !kafka::is_required() {
        say(&format!("NOT RUN: the campaign with sabotage {sabotage:?}; KAFKA_TESTS=required runs it"));
        return None;
    }
    let _turn = SHORT.lock().unwrap_or_else(PoisonError::into_inner);
    let kafka = kafka::shared().expect("it is required");
    let settings = Settings {
        seed: 1,
        records: 5_000,
        rate: 1_000.0,
        instances: 2,
        kills: 0,
        freezes,
        joins: 0,
        broker_kills: 0,
        sabotage,
    };
    Some(campaign::run(kafka, &settings))
}

#[test]
fn work_that_is_given_up_again_and_again_is_still_done_once() {
    let Some(report) = short("give-up-every=2", 0) else { return };
    assert!(report.aborts > 0, "{report}");
    assert!(report.is_right(), "{report}");
}

#[test]
fn without_the_abort_the_oracle_sees_records_twice() {
    let Some(report) = short("give-up-every=2,no-abort", 0) else { return };
    assert!(report.results.twice > 0 && report.results.lost == 0, "{report}");
    assert!(report.dead_letters.twice > 0, "{report}");
}

#[test]
fn without_the_rewind_the_oracle_sees_records_lost() {
    let Some(report) = short("give-up-every=2,no-rewind", 0) else { return };
    assert!(report.results.lost > 0 && report.results.twice == 0, "{report}");
    assert!(report.dead_letters.lost > 0, "{report}");
}

#[test]
fn without_the_fencing_the_oracle_sees_a_zombies_records_twice() {
    let Some(report) = short("no-fencing", 2) else { return };
    assert!(report.results.twice > 0, "{report}");
}
