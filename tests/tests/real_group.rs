//! `run` as a member of its group against a real Kafka: the group protocols, static members, several pipelines in a process.

mod kafka;
mod pricing;
mod process;

use kafka::Isolation;
use pricing::{Pricing, assignments, stop, wait_until};
use process::App;
use std::thread;
use std::time::Duration;

const PARTITIONS: i32 = 6;

const GUARANTEES: [&str; 2] = ["at_least_once", "exactly_once"];

/// What a process exits with whose place in the group another one has taken.
const FENCED: i32 = 4;

/// How long brokers wait for a transaction of the tests that let one time out.
const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(16);

/// A process with a name of its own and transactions that stay open long enough to be struck, on a busy machine too.
const NAMED: [&str; 8] = [
    "--group-instance-id",
    "one-name",
    "--processing-guarantee",
    "exactly_once",
    "--commit-interval",
    "15s",
    "--property",
    "transaction.timeout.ms=16000",
];

/// Rebalances at least once may repeat what was not committed, which must not happen where they are orderly.
#[test]
fn the_protocol_consumer_shares_the_partitions_and_hands_them_over_at_both_guarantees() {
    let Some(kafka) = kafka::shared() else { return };
    for guarantee in GUARANTEES {
        let pricing = Pricing::on(kafka, PARTITIONS);
        let options = ["--group-protocol", "consumer", "--processing-guarantee", guarantee];
        pricing.produce(0..500);
        let first = pricing.run(&options);
        pricing.wait_for_results(500);
        let second = pricing.run(&options);
        wait_until("two members share the partitions", || pricing.shares() == [3, 3]);
        pricing.produce(500..1_000);
        pricing.wait_for_results(1_000);
        let stderr = stop(first);
        assert!(stderr.contains("event=revoked"), "nothing was handed over: {stderr}");
        wait_until("the second member has all partitions", || pricing.shares() == [6]);
        pricing.produce(1_000..1_500);
        pricing.wait_for_results(1_500);
        let stderr = stop(second);
        assert!(stderr.contains("event=assigned"), "{stderr}");
        pricing.assert_priced_once(0..1_500);
        assert_eq!(pricing.committed(), 1_500);
    }
}

/// So that whoever starts processes one after the other, each when the last one is ready, does not wait for ever.
#[test]
fn a_member_for_which_there_are_no_partitions_is_ready_in_either_protocol() {
    let Some(kafka) = kafka::shared() else { return };
    for protocol in ["classic", "consumer"] {
        let pricing = Pricing::on(kafka, 1);
        let options = ["--group-protocol", protocol, "--http", "127.0.0.1:0"];
        let members = [pricing.run(&options), pricing.run(&options)];
        for member in &members {
            member.wait_for_stderr("to=RUNNING");
        }
        wait_until("one member has the partition", || pricing.shares() == [0, 1]);
        for member in members {
            stop(member);
        }
    }
}

#[test]
fn a_group_without_offsets_ends_where_it_is_not_to_choose_any() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = Pricing::on(kafka, 1);
    pricing.produce(0..10);
    let finished = pricing.run(&["--auto-offset-reset", "error"]).finish();
    assert_eq!(finished.code, Some(1), "{}", finished.stderr);
    assert!(finished.stderr.contains("choose earliest or latest"), "{}", finished.stderr);
    let app = pricing.run(&["--auto-offset-reset", "earliest"]);
    pricing.wait_for_results(10);
    stop(app);
    // With offsets there is nothing to choose.
    pricing.produce(10..20);
    let app = pricing.run(&["--auto-offset-reset", "error"]);
    pricing.wait_for_results(20);
    stop(app);
}

#[test]
fn each_thread_is_a_member_of_its_own_at_both_guarantees() {
    let Some(kafka) = kafka::shared() else { return };
    for guarantee in GUARANTEES {
        let pricing = Pricing::on(kafka, PARTITIONS);
        let app = pricing.run(&["--threads", "3", "--processing-guarantee", guarantee]);
        wait_until("three members share the partitions", || pricing.shares() == [2, 2, 2]);
        pricing.produce(0..1_000);
        pricing.wait_for_results(1_000);
        stop(app);
        pricing.assert_priced_once(0..1_000);
        assert_eq!(pricing.committed(), 1_000);
        assert_eq!(pricing.shares(), [0; 0]);
    }
}

#[test]
fn a_static_member_that_comes_back_moves_no_partitions_in_either_protocol() {
    let Some(kafka) = kafka::shared() else { return };
    for (protocol, guarantee) in
        [("classic", "at_least_once"), ("classic", "exactly_once"), ("consumer", "exactly_once")]
    {
        let pricing = Pricing::on(kafka, PARTITIONS);
        let start = |instance: &str| {
            let options = ["--group-instance-id", instance, "--group-protocol", protocol];
            pricing.run(&[options.as_slice(), &["--processing-guarantee", guarantee]].concat())
        };
        let stays = start("stays");
        stays.wait_for_stderr("event=assigned");
        let goes = start("goes");
        wait_until("two members share the partitions", || pricing.shares() == [3, 3]);
        let members = pricing.members();
        for instance in ["stays", "goes"] {
            assert!(members.iter().any(|line| line.contains(instance)), "{members:?}");
        }
        pricing.produce(0..500);
        pricing.wait_for_results(500);
        stop(goes);
        pricing.produce(500..1_000);
        let goes = start("goes");
        pricing.wait_for_results(1_000);
        stop(goes);
        let stderr = stop(stays);
        // What it gave to the other one in the beginning it never got again.
        let (_, after) = stderr.split_once("event=revoked").expect("the partitions were shared");
        assert_eq!(assignments(after), [""; 0], "{protocol} {guarantee}: {stderr}");
        pricing.assert_priced_once(0..1_000);
    }
}

#[test]
fn of_two_processes_with_one_name_the_older_one_ends_with_a_code_of_its_own() {
    let Some(kafka) = kafka::shared() else { return };
    for guarantee in GUARANTEES {
        let pricing = Pricing::on(kafka, PARTITIONS);
        let options = ["--group-instance-id", "one-name", "--processing-guarantee", guarantee];
        pricing.produce(0..500);
        let older = pricing.run(&options);
        pricing.wait_for_results(500);
        let newer = pricing.run(&options);
        newer.wait_for_stderr("event=assigned");
        let finished = older.finish();
        assert_eq!(finished.code, Some(FENCED), "{guarantee}: {}", finished.stderr);
        pricing.produce(500..1_000);
        pricing.wait_for_results(1_000);
        stop(newer);
        if guarantee == "exactly_once" {
            pricing.assert_priced_once(0..1_000);
        }
    }
}

/// Starts a process with a name of its own, and freezes it while a transaction of ten results is open.
fn frozen_in_a_transaction(pricing: &Pricing) -> App {
    let app = pricing.run(&NAMED);
    app.wait_for_stderr("event=assigned");
    pricing.produce(0..10);
    pricing.kafka.read_until(&pricing.output, Isolation::ReadUncommitted, |records| records.len() >= 10);
    app.signal("STOP");
    assert!(has_open_transaction(pricing), "it was committed before the stop");
    app
}

fn has_open_transaction(pricing: &Pricing) -> bool {
    let end = |isolation| pricing.kafka.end_offsets(&pricing.output, isolation);
    end(Isolation::ReadCommitted) < end(Isolation::ReadUncommitted)
}

/// Brokers end the transaction of a process that stands still for too long, and fence it in the same words as if another
/// one had its name.
#[test]
fn a_static_member_whose_transaction_has_timed_out_goes_on() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = Pricing::on(kafka, 1);
    let mut app = frozen_in_a_transaction(&pricing);
    wait_until("the brokers have ended the transaction", || !has_open_transaction(&pricing));
    app.signal("CONT");
    pricing.wait_for_results(10);
    assert!(app.is_running());
    let stderr = stop(app);
    assert!(stderr.contains("event=clients_restarted"), "{stderr}");
    let aborted = stderr.lines().find(|line| line.contains("event=transaction_aborted"));
    assert!(aborted.is_some_and(|line| line.ends_with(" records=10")), "{stderr}");
    pricing.assert_priced_once(0..10);
    assert_eq!(pricing.committed(), 10);
}

#[test]
fn a_frozen_process_whose_name_another_one_has_taken_ends_once_it_thaws() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = Pricing::on(kafka, 1);
    let older = frozen_in_a_transaction(&pricing);
    let mut newer = pricing.run(&NAMED);
    pricing.wait_for_results(10);
    // By its own clock the transaction of the older one may have timed out.
    thread::sleep(TRANSACTION_TIMEOUT);
    older.signal("CONT");
    let finished = older.finish();
    assert_eq!(finished.code, Some(FENCED), "{}", finished.stderr);
    assert!(newer.is_running());
    stop(newer);
    pricing.assert_priced_once(0..10);
}
