//! `dead-letters replay` and `discard` against a real Kafka: each letter is done once, whatever happens, and is known as that.

mod kafka;
mod letters;
mod process;

use kafka::{Cluster, Isolation, Record, unique};
use letters::{
    EXCEPTION, Loop, OMITTED, SMALL, configure, house_of_bytes, houses, listed, scored, statuses, stop,
};
use process::{App, DEADLINE};
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::time::Instant;

/// Several transactions' worth at [`PACE`].
const LETTERS: i32 = 4_000;

/// At most so many records are on their way, and wait so many milliseconds before they are sent: 100 a second, however
/// fast the machine is. Those that are killed have 1,500 to do, for a test that is slow.
const PACE: [&str; 4] = ["--property", "queue.buffering.max.messages=100", "--property", "linger.ms=1000"];

/// A broker keeps such a reader waiting for 15 seconds, for what would be more than one batch, and then gives it one: for longer
/// than the ten after which brokers abort a transaction.
const ONE_BATCH_IN_15_SECONDS: [&str; 6] = [
    "--property",
    "fetch.min.bytes=10000000",
    "--property",
    "fetch.wait.max.ms=15000",
    "--property",
    "max.partition.fetch.bytes=1",
];

/// Twice as many as there are turns that a group remembers, which is about a thousand, and some more.
const SCATTERED: i32 = 2_200;

/// What of a record a replay is to keep.
fn kept(record: &Record) -> Record {
    Record { offset: None, ..record.clone() }
}

fn delete_records_before(kafka: &Cluster, topic: &str, partition: i32, offset: i64) {
    let admin: AdminClient<DefaultClientContext> = kafka.client_config().create().unwrap();
    let mut before = TopicPartitionList::new();
    before.add_partition_offset(topic, partition, Offset::Offset(offset)).unwrap();
    let deleted = futures_executor::block_on(admin.delete_records(&before, &AdminOptions::new())).unwrap();
    assert!(deleted.elements().iter().all(|element| element.error().is_ok()), "{deleted:?}");
}

#[test]
fn after_a_fix_each_letter_is_replayed_once_as_its_record_was() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = Loop::with_letters(kafka);
    let [long_a, long_b, bad, good] = &houses();
    assert_eq!(pricing.results().len(), 1);
    // The fix.
    configure(kafka, &pricing.output, "max.message.bytes", "1000000");
    let said = pricing.replay(&["--reason", "result_too_large"]);
    assert!(said.contains("replayed 2 dead letters") && said.contains("; 1 left"), "{said}");
    // The filter took letters from among others. They are not replayed again, with the filter or without one.
    let said = pricing.replay(&["--reason", "result_too_large"]);
    assert!(said.contains("replayed 0 dead letters"), "{said}");
    let mut records: Vec<_> = pricing.records().iter().map(kept).collect();
    let mut expected = [long_a, long_a, long_b, long_b, bad, good].map(kept).to_vec();
    records.sort_by(|one, other| one.key.cmp(&other.key));
    expected.sort_by(|one, other| one.key.cmp(&other.key));
    assert_eq!(records, expected);
    let app = pricing.run(&[]);
    pricing.wait_for_results(3);
    stop(app);
    let mut results: Vec<_> = pricing.results().iter().map(|result| result.text().to_owned()).collect();
    let mut expected = [long_a, long_b, good].map(scored);
    results.sort_unstable();
    expected.sort_unstable();
    assert_eq!(results, expected);
    // What is bad still becomes a letter again, with one set of headers, and is no part of the replay that made it.
    let said = pricing.replay(&[]);
    assert!(said.contains("replayed 1 dead letters"), "{said}");
    let said = pricing.replay(&[]);
    assert!(said.contains("replayed 0 dead letters"), "{said}");
    let app = pricing.run(&[]);
    let letters = pricing.wait_for_letters(4);
    stop(app);
    let of_bad: Vec<_> = letters.iter().filter(|letter| letter.key == bad.key).collect();
    assert_eq!(of_bad.len(), 2);
    for letter in of_bad {
        assert_eq!(letter.headers.iter().filter(|(name, _)| name == EXCEPTION).count(), 1);
        assert_eq!((&letter.value, letter.timestamp), (&bad.value, bad.timestamp));
    }
    assert_eq!(pricing.results().len(), 3);
}

#[test]
fn what_is_replayed_or_discarded_is_listed_as_done_and_is_not_replayed_again() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = Loop::with_letters(kafka);
    // A stray record is no letter, and nobody will ever replay it.
    kafka.produce(&pricing.dead_letters, [&Record::new("stray", "no letter at all").in_partition(0)]);
    let rows = listed(&pricing, &[]);
    let reasons: Vec<&str> = rows.iter().map(|(_, reason, _)| reason.as_str()).collect();
    assert_eq!(reasons, ["-", "not_a_number", "result_too_large", "result_too_large"]);
    assert_eq!(statuses(&rows), ["open"; 4]);
    let [stray, bad, long, _] = [0, 1, 2, 3].map(|number| rows[number].0.as_str());
    pricing.replay(&["--offsets", long]);
    assert_eq!(statuses(&listed(&pricing, &[])), ["open", "open", "done", "open"]);
    let undecided = pricing.dead_letters("discard", &[]);
    assert_eq!(undecided.code, Some(2), "{}", undecided.stderr);
    assert!(undecided.stderr.contains("--reason or --offsets, or with --all"), "{}", undecided.stderr);
    let discard = |more: &[&str]| {
        let finished = pricing.dead_letters("discard", more);
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        finished.stderr
    };
    let said = discard(&["--reason", "not-a-number"]);
    let told = format!("discarded 1 dead letters of topic {}; ", pricing.dead_letters);
    assert!(said.starts_with(&told) && said.contains("; 2 left by the filter"), "{said}");
    assert_eq!(statuses(&listed(&pricing, &[])), ["open", "done", "done", "open"]);
    assert!(discard(&["--offsets", bad]).contains("discarded 0 dead letters"));
    assert!(discard(&["--offsets", stray]).contains("discarded 1 dead letters"));
    // What is open still, and nothing else.
    let open = listed(&pricing, &["--open"]);
    assert_eq!(open, rows[3..]);
    let said = pricing.replay(&[]);
    assert!(said.contains("replayed 1 dead letters"), "{said}");
    assert!(listed(&pricing, &["--open"]).is_empty());
    let mut keys: Vec<_> = pricing.records().into_iter().filter_map(|record| record.key).collect();
    keys.sort_unstable();
    assert_eq!(keys, [&b"bad"[..], b"good", b"long-a", b"long-a", b"long-b", b"long-b"]);
    // Each group has its own; a discard is no replay, and nothing is deleted.
    let other = unique("replay");
    let other = ["--replay-group", &*other];
    assert_eq!(statuses(&listed(&pricing, &other)), ["open"; 4]);
    assert!(discard(&[&other[..], &["--all"]].concat()).contains("discarded 4 dead letters"));
    assert_eq!(statuses(&listed(&pricing, &other)), ["done"; 4]);
    assert!(pricing.replay(&other).contains("replayed 0 dead letters"));
    assert_eq!(pricing.records().len(), 6);
    assert!(kafka.open_transactions(&pricing.group).is_empty());
}

/// A letter of the record with this number, which is its key and its offset, in a partition of the input.
fn letter(pricing: &Loop, partition: i32, number: i32, reason: &str) -> Record {
    Record::new(number.to_string(), format!(r#"{{"id": {number}}}"#))
        .with_header(EXCEPTION, reason)
        .with_header("__streams.errors.topic", pricing.input.as_str())
        .with_header("__streams.errors.partition", partition.to_string())
        .with_header("__streams.errors.offset", number.to_string())
}

#[test]
fn more_turns_than_a_group_remembers_are_told_with_what_helps_discard_and_replay_alike() {
    let Some(kafka) = kafka::shared() else { return };
    for (command, other) in [("discard", "replay"), ("replay", "discard")] {
        let pricing = Loop::on(kafka, 1, &[]);
        let letters: Vec<_> = (0..SCATTERED)
            .map(|number| letter(&pricing, 0, number, if number % 2 == 0 { "no_value" } else { "not_json" }))
            .collect();
        kafka.produce(&pricing.dead_letters, &letters);
        let filter = ["--reason", "not_json"];
        let scattered = pricing.dead_letters(command, &filter);
        assert_eq!(scattered.code, Some(1), "{command}: {}", scattered.stderr);
        let told =
            "Replay or discard also those that are left from offset 0 on, by --offsets 0:0-LAST alone, then";
        assert!(scattered.stderr.contains(told), "{command}: {}", scattered.stderr);
        let open = listed(&pricing, &["--open"]).len();
        assert!(open < letters.len() && open > letters.len() / 2, "{command}: {open} are open");
        // The advice, by the other command as well as by the same.
        for (helping, range) in [(other, "0:0-999"), (command, "0:1000-1999")] {
            let helped = pricing.dead_letters(helping, &["--offsets", range]);
            assert_eq!(helped.code, Some(0), "{command}, {helping}: {}", helped.stderr);
        }
        let again = pricing.dead_letters(command, &filter);
        assert_eq!(again.code, Some(0), "{command}: {}", again.stderr);
        let open = listed(&pricing, &["--open"]);
        assert_eq!(open.len(), usize::try_from((SCATTERED - 2_000) / 2).unwrap(), "{command}");
        assert!(open.iter().all(|(_, reason, _)| reason == "no_value"), "{command}");
    }
}

#[test]
fn a_value_that_a_letter_left_out_is_fetched_from_where_its_record_stands() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = Loop::on(kafka, 2, SMALL);
    configure(kafka, &pricing.dead_letters, "max.message.bytes", "2000");
    let (there, gone) = (house_of_bytes("there", 3_000), house_of_bytes("gone", 3_000));
    let there = there.in_partition(1).at(1_234_567).with_header("trace", b"\xff");
    kafka.produce(&pricing.input, [&there, &gone.in_partition(0).at(1)]);
    let app = pricing.run(&[]);
    let letters = pricing.wait_for_letters(2);
    stop(app);
    for letter in &letters {
        assert_eq!((letter.header(OMITTED), &letter.value), (Some("value"), &None));
    }
    delete_records_before(kafka, &pricing.input, 0, 1);
    configure(kafka, &pricing.output, "max.message.bytes", "1000000");
    let said = pricing.replay(&[]);
    assert!(said.contains("replayed 1 dead letters") && said.contains("; 1 gone"), "{said}");
    assert!(!said.contains("event="), "{said}");
    assert!(
        said.contains(&format!("offset 0 of partition 0 of topic `{}` is gone", pricing.input)),
        "{said}"
    );
    assert_eq!(pricing.records().iter().map(kept).collect::<Vec<_>>(), [kept(&there), kept(&there)]);
    let app = pricing.run(&[]);
    let [result] = pricing.wait_for_results(1).try_into().unwrap();
    stop(app);
    assert_eq!(result.text(), scored(&there));
    assert_eq!(
        (&result.key, &result.headers, result.timestamp),
        (&there.key, &there.headers, there.timestamp)
    );
    assert_eq!(pricing.letters().len(), 2);
}

#[test]
fn a_replay_that_fails_leaves_nothing_and_the_next_one_does_it_all() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = Loop::with_letters(kafka);
    configure(kafka, &pricing.input, "max.message.bytes", "1000");
    let failed = pricing.dead_letters("replay", &[]);
    assert_eq!(failed.code, Some(1), "{}", failed.stderr);
    assert!(failed.stderr.contains("replayed 0 dead letters"), "{}", failed.stderr);
    assert!(failed.stderr.contains("can't be written to topic"), "{}", failed.stderr);
    assert_eq!(pricing.records().len(), 4);
    assert!(kafka.open_transactions(&pricing.group).is_empty());
    configure(kafka, &pricing.input, "max.message.bytes", "100000");
    let said = pricing.replay(&[]);
    assert!(said.contains("replayed 3 dead letters"), "{said}");
    assert_eq!(pricing.records().len(), 7);
    assert_eq!(kafka.read(&pricing.input, Isolation::ReadCommitted).len(), 7);
}

#[test]
fn each_group_replays_once_and_letters_of_other_topics_are_left() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = Loop::on(kafka, 1, &[]);
    let letter = |key: &str, topic: &str| {
        Record::new(key, "{}")
            .with_header(EXCEPTION, "some.java.Exception")
            .with_header("__streams.errors.topic", topic)
            .with_header("__streams.errors.partition", "0")
            .with_header("__streams.errors.offset", "0")
            .with_header("__streams.errors.stacktrace", "at line 1")
    };
    let stray = Record::new("stray", "no letter at all");
    kafka.produce(
        &pricing.dead_letters,
        [&letter("ours", &pricing.input), &letter("theirs", "other"), &stray],
    );
    let said = pricing.replay(&[]);
    assert!(said.contains("replayed 1 dead letters") && said.contains("; 2 left"), "{said}");
    assert!(pricing.replay(&[]).contains("replayed 0 dead letters"));
    let other = unique("replay");
    assert!(pricing.replay(&["--replay-group", &other]).contains("replayed 1 dead letters"));
    let records = pricing.records();
    assert_eq!(records.len(), 2);
    for record in &records {
        assert_eq!((record.key.as_deref(), &record.headers), (Some(&b"ours"[..]), &Vec::new()));
    }
    // A group that is no replay's is not touched.
    let missing = pricing.dead_letters("replay", &["--offsets", "0-1"]);
    assert_eq!(missing.code, Some(2), "{}", missing.stderr);
}

#[test]
fn replays_that_are_killed_or_overtaken_write_each_record_once() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = Loop::on(kafka, 2, &[]);
    let letters: Vec<Record> = (0..LETTERS)
        .map(|number| letter(&pricing, number % 2, number, if number % 3 == 0 { "a" } else { "b" }))
        .collect();
    kafka.produce(&pricing.dead_letters, &letters);
    let written = || -> i64 { kafka.end_offsets(&pricing.input, Isolation::ReadUncommitted).iter().sum() };
    let wait_for_more = |app: &mut App| {
        let (before, start) = (written(), Instant::now());
        while written() < before + 100 && app.is_running() {
            assert!(start.elapsed() < DEADLINE, "nothing is replayed");
        }
    };
    let paced = |more: &[&'static str]| pricing.start_replay(&[&PACE[..], more].concat());
    for _ in 0..3 {
        // Fifteen seconds' worth, for a test that is slow.
        let mut killed = paced(&["--offsets", "0:0-1500"]);
        wait_for_more(&mut killed);
        killed.signal("KILL");
        assert_eq!(killed.finish().code, None, "it was done before the kill");
    }
    let mut stopped = paced(&[]);
    wait_for_more(&mut stopped);
    stopped.signal("STOP");
    let done = pricing.replay(&[]);
    assert!(!done.contains("replayed 0 dead letters"), "the stop came when all was done: {done}");
    stopped.signal("CONT");
    let fenced = stopped.finish();
    assert_eq!(fenced.code, Some(4), "{}", fenced.stderr);
    assert!(pricing.replay(&[]).contains("replayed 0 dead letters"));
    let mut records: Vec<_> =
        pricing.records().iter().map(|record| (record.key.clone(), record.partition)).collect();
    let mut expected: Vec<_> =
        letters.iter().zip(0..).map(|(letter, number)| (letter.key.clone(), Some(number % 2))).collect();
    records.sort_unstable();
    expected.sort_unstable();
    assert_eq!(records.len(), expected.len());
    assert!(records == expected);
}

/// Replays letters with a slow reader until the first one is done, which is while it waits for what comes next.
fn replay_until_the_first_is_done(kafka: &Cluster, pricing: &Loop) {
    let mut app = pricing.start_replay(&ONE_BATCH_IN_15_SECONDS);
    let (group, start) = (pricing.replay_group(), Instant::now());
    while kafka.committed(&group, &pricing.dead_letters) != [Some(1)] {
        assert!(app.is_running(), "it has ended, and nothing was committed before");
        assert!(start.elapsed() < DEADLINE, "nothing is committed");
    }
    let told = stop(app);
    assert!(told.contains("replayed 1 dead letters"), "{told}");
}

#[test]
fn what_is_done_is_committed_while_the_next_letter_is_waited_for() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = Loop::on(kafka, 1, &[]);
    let letters = [0, 1].map(|number| letter(&pricing, 0, number, "not_json"));
    kafka.produce_with(&pricing.dead_letters, &letters, &[("batch.num.messages", "1")]);
    replay_until_the_first_is_done(kafka, &pricing);
}

#[test]
fn what_is_done_is_committed_while_a_value_that_was_left_out_is_waited_for() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = Loop::on(kafka, 1, &[]);
    kafka.produce(&pricing.input, [&Record::new("0", "{}")]);
    let letters = [
        letter(&pricing, 0, 1, "not_json"),
        letter(&pricing, 0, 0, "not_json").with_header(OMITTED, "value"),
    ];
    kafka.produce(&pricing.dead_letters, &letters);
    replay_until_the_first_is_done(kafka, &pricing);
}
