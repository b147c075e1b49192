//! `dead-letters list`, `replay` and `discard` against a real Kafka: from a bad record to its result after a fix.

mod kafka;
mod letters;
mod process;

use kafka::{Cluster, Isolation, Record, unique};
use letters::{EXCEPTION, Loop, OMITTED, configure, house_of_bytes, scored, stop};
use process::{App, DEADLINE};
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::time::{Duration, Instant};

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

/// A question that is asked again takes two seconds; the rest is for a busy machine. One that waited for an answer took 30.
const REFUSAL_MAX: Duration = Duration::from_secs(20);

/// Enough for a house, too little for one with a long note.
const SMALL: &[(&str, &str)] = &[("max.message.bytes", "2000")];

/// Two houses with too long a note for a small output, one whose area is no number, and a good one.
fn houses() -> [Record; 4] {
    let long =
        |name, partition| house_of_bytes(name, 3_000).in_partition(partition).with_header("trace", name);
    let bad = Record::new("bad", r#"{"sqft": "my secret"}"#).with_header("trace", "c").at(77).in_partition(1);
    [
        long("long-a", 0).at(1_000_000),
        long("long-b", 1).at(2_000_000),
        bad,
        Record::new("good", r#"{"sqft": 1500}"#).in_partition(0).at(3_000_000),
    ]
}

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
fn letters_are_listed_with_their_reasons_and_no_value_unless_asked_for() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = Loop::on(kafka, 2, SMALL);
    kafka.produce(&pricing.input, &houses());
    let app = pricing.run(&[]);
    pricing.wait_for_letters(3);
    stop(app);
    let listed = pricing.dead_letters("list", &[]);
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    let mut lines: Vec<Vec<&str>> = listed.stdout.lines().map(|line| line.split('\t').collect()).collect();
    let header = lines.remove(0);
    assert_eq!(header[..3], ["partition", "offset", "time"]);
    assert_eq!(
        header[3..],
        ["original_topic", "original_partition", "original_offset", "reason", "field", "omitted", "status"]
    );
    // Each letter's own place is as the partitioner and the transactions have it; it is that of the topic.
    let mut places: Vec<_> = lines.iter().map(|line| (line[0].to_owned(), line[1].to_owned())).collect();
    let place = |letter: &Record| (letter.partition.unwrap().to_string(), letter.offset.unwrap().to_string());
    let mut expected: Vec<_> = pricing.letters().iter().map(place).collect();
    places.sort_unstable();
    expected.sort_unstable();
    assert_eq!(places, expected);
    let mut told: Vec<_> = lines.iter().map(|line| line[2..].to_vec()).collect();
    told.sort_unstable();
    let input = &*pricing.input;
    assert_eq!(
        told,
        [
            ["1970-01-01T00:00:00.077Z", input, "1", "1", "not_a_number", "sqft", "-", "open"],
            ["1970-01-01T00:16:40.000Z", input, "0", "0", "result_too_large", "-", "-", "open"],
            ["1970-01-01T00:33:20.000Z", input, "1", "0", "result_too_large", "-", "-", "open"],
        ]
    );
    assert!(!listed.stdout.contains("secret"));
    // The ends of partitions, and all else that goes well, are no problems.
    let counted = format!("3 dead letters in topic {}, 3 of them open\n", pricing.dead_letters);
    assert_eq!(listed.stderr, counted);
    let shown = pricing.dead_letters("list", &["--with-values", "--reason", "not_a_number"]).stdout;
    let [_, line] = shown.lines().collect::<Vec<_>>().try_into().unwrap();
    assert!(line.ends_with("\tsqft\t-\topen\t\"{\\\"sqft\\\": \\\"my secret\\\"}\""), "{line}");
    let (partition, offset) = &places[0];
    let one = pricing.dead_letters("list", &["--offsets", &format!("{partition}:{offset}")]).stdout;
    assert_eq!(one.lines().count(), 2);
    assert!(one.lines().nth(1).unwrap().starts_with(&format!("{partition}\t{offset}\t")));
}

#[test]
fn after_a_fix_each_letter_is_replayed_once_as_its_record_was() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = Loop::on(kafka, 2, SMALL);
    let houses = houses();
    let [long_a, long_b, bad, good] = &houses;
    kafka.produce(&pricing.input, &houses);
    let app = pricing.run(&[]);
    pricing.wait_for_letters(3);
    stop(app);
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

/// The places of the listed letters, as `--offsets` takes them, each with its key's reason and its status.
fn listed(pricing: &Loop, more: &[&str]) -> Vec<(String, String, String)> {
    let listed = pricing.dead_letters("list", more);
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    assert!(!listed.stderr.contains("event="), "{}", listed.stderr);
    let lines = listed.stdout.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    let row = |line: Vec<&str>| (format!("{}:{}", line[0], line[1]), line[6].to_owned(), line[9].to_owned());
    let mut rows: Vec<_> = lines.map(row).collect();
    rows.sort_unstable_by(|one, other| (&one.1, &one.0).cmp(&(&other.1, &other.0)));
    rows
}

fn statuses(rows: &[(String, String, String)]) -> Vec<&str> {
    rows.iter().map(|(_, _, status)| status.as_str()).collect()
}

#[test]
fn what_is_replayed_or_discarded_is_listed_as_done_and_is_not_replayed_again() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = Loop::on(kafka, 2, SMALL);
    kafka.produce(&pricing.input, &houses());
    let app = pricing.run(&[]);
    pricing.wait_for_letters(3);
    stop(app);
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

/// A letter of a record with this number in the one partition of the input.
fn letter(pricing: &Loop, number: i32, reason: &str) -> Record {
    Record::new(number.to_string(), format!(r#"{{"id": {number}}}"#))
        .with_header(EXCEPTION, reason)
        .with_header("__streams.errors.topic", pricing.input.as_str())
        .with_header("__streams.errors.partition", "0")
        .with_header("__streams.errors.offset", number.to_string())
}

#[test]
fn more_turns_than_a_group_remembers_are_told_with_what_helps_discard_and_replay_alike() {
    let Some(kafka) = kafka::shared() else { return };
    for (command, other) in [("discard", "replay"), ("replay", "discard")] {
        let pricing = Loop::on(kafka, 1, &[]);
        let letters: Vec<_> = (0..SCATTERED)
            .map(|number| letter(&pricing, number, if number % 2 == 0 { "no_value" } else { "not_json" }))
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
fn offsets_that_the_topic_does_not_have_are_refused_before_anything_is_done() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = Loop::on(kafka, 2, SMALL);
    let topic = &pricing.dead_letters;
    kafka.produce(topic, [&Record::new("a", "{}").in_partition(0)]);
    for command in ["list", "replay", "discard"] {
        let refused =
            pricing.dead_letters(command, &["--offsets", "0:0", "--offsets", "2:0", "--offsets", "0:1-9"]);
        assert_eq!(refused.code, Some(2), "{command}: {}", refused.stderr);
        let told = [
            format!("error: --offsets 2:0: topic `{topic}` has no partition 2; they are 0 to 1"),
            format!("--offsets 0:1-9: partition 0 of topic `{topic}` has no such offset; it has 0 to 0"),
        ];
        assert_eq!(refused.stderr.lines().collect::<Vec<_>>(), told, "{command}");
        assert_eq!(refused.stdout, "", "{command}");
    }
    assert_eq!(statuses(&listed(&pricing, &[])), ["open"]);
}

/// Replays letters with a slow reader until the first one is done, which is while it waits for what comes next.
fn replay_until_the_first_is_done(kafka: &Cluster, pricing: &Loop) {
    let mut app = pricing.start_replay(&ONE_BATCH_IN_15_SECONDS);
    let (group, start) = (format!("{}-dead-letters", pricing.group), Instant::now());
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
    let letters = [0, 1].map(|number| letter(&pricing, number, "not_json"));
    kafka.produce_with(&pricing.dead_letters, &letters, &[("batch.num.messages", "1")]);
    replay_until_the_first_is_done(kafka, &pricing);
}

#[test]
fn what_is_done_is_committed_while_a_value_that_was_left_out_is_waited_for() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = Loop::on(kafka, 1, &[]);
    kafka.produce(&pricing.input, [&Record::new("0", "{}")]);
    let letters =
        [letter(&pricing, 1, "not_json"), letter(&pricing, 0, "not_json").with_header(OMITTED, "value")];
    kafka.produce(&pricing.dead_letters, &letters);
    replay_until_the_first_is_done(kafka, &pricing);
}

#[test]
fn letters_are_listed_also_where_what_is_done_is_not_known() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = Loop::on(kafka, 1, SMALL);
    kafka.produce(&pricing.dead_letters, [&Record::new("a", "{}")]);
    let group = format!("{}-dead-letters", pricing.group);
    let consumer: BaseConsumer = kafka.client_config().set("group.id", &group).create().unwrap();
    let mut foreign = TopicPartitionList::new();
    foreign.add_partition_offset(&pricing.dead_letters, 0, Offset::Offset(1)).unwrap();
    foreign.find_partition(&pricing.dead_letters, 0).unwrap().set_metadata("someone else's");
    let start = Instant::now();
    // The group's coordinator is found a moment later, where this is the first group.
    while let Err(error) = consumer.commit(&foreign, CommitMode::Sync) {
        assert!(start.elapsed() < DEADLINE, "{error}");
    }
    let unknown = pricing.dead_letters("list", &[]);
    assert_eq!(unknown.code, Some(0), "{}", unknown.stderr);
    let line = unknown.stdout.lines().nth(1).unwrap();
    assert!(line.starts_with("0\t0\t") && line.ends_with("\t-\t-"), "{line}");
    let told = format!("note: which letters are done is not known: what the group `{group}` has committed");
    assert!(unknown.stderr.starts_with(&told), "{}", unknown.stderr);
    for asked in [&["--open"][..], &["--replay-group", &group]] {
        let refused = pricing.dead_letters("list", asked);
        assert_eq!(refused.code, Some(1), "{asked:?}: {}", refused.stderr);
        assert!(refused.stderr.contains("give another --replay-group"), "{asked:?}: {}", refused.stderr);
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
    let pricing = Loop::on(kafka, 2, SMALL);
    kafka.produce(&pricing.input, &houses());
    let app = pricing.run(&[]);
    pricing.wait_for_letters(3);
    stop(app);
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
        .map(|number| {
            Record::new(number.to_string(), format!(r#"{{"id": {number}}}"#))
                .with_header(EXCEPTION, if number % 3 == 0 { "a" } else { "b" })
                .with_header("__streams.errors.topic", pricing.input.as_str())
                .with_header("__streams.errors.partition", (number % 2).to_string())
                .with_header("__streams.errors.offset", number.to_string())
        })
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

#[test]
fn a_group_that_is_not_authorised_is_told_soon_and_hinders_no_list_that_need_not_know_what_is_done() {
    let Some(kafka) = kafka::shared() else { return };
    let (Some(server), Some(user)) = (kafka.sasl_plaintext(), kafka.sasl_ssl()) else { return };
    let pricing = Loop::on(kafka, 1, SMALL);
    kafka.produce(&pricing.dead_letters, [&Record::new("a", "{}")]);
    let name = format!("sasl.username={}", user.username);
    let password = format!("sasl.password={}", user.password);
    let options = ["security.protocol=SASL_PLAINTEXT", "sasl.mechanism=PLAIN", &name, &password];
    let mut as_user = vec!["--bootstrap-server", server];
    as_user.extend(options.iter().flat_map(|option| ["--property", option]));
    // It is someone else's.
    let group = format!("{}-dead-letters", pricing.group);
    let acl = ["--add", "--allow-principal", "User:other", "--operation", "All", "--group", &group];
    kafka.tool("org.apache.kafka.tools.AclCommand", &acl);
    let told = format!("asking what the group `{group}` has done of topic `{}`", pricing.dead_letters);
    let refused =
        "GroupAuthorizationFailed (Broker: Group authorization failed); ask for the access control list";
    let told = format!("{told}: {refused} to be changed");
    let start = Instant::now();
    let listed = pricing.dead_letters("list", &as_user);
    assert!(start.elapsed() < REFUSAL_MAX, "{:?}: {}", start.elapsed(), listed.stderr);
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    let note = format!("note: which letters are done is not known: {told}\n");
    assert!(listed.stderr.contains(&note), "{}", listed.stderr);
    assert!(listed.stdout.lines().nth(1).unwrap().starts_with("0\t0\t"), "{}", listed.stdout);
    for (command, more) in [("list", &["--open"][..]), ("replay", &[]), ("discard", &["--all"])] {
        let start = Instant::now();
        let ended = pricing.dead_letters(command, &[&as_user[..], more].concat());
        assert!(start.elapsed() < REFUSAL_MAX, "{command}: {:?}: {}", start.elapsed(), ended.stderr);
        assert_eq!(ended.code, Some(7), "{command}: {}", ended.stderr);
        assert!(ended.stderr.ends_with(&format!("error: {told}\n")), "{command}: {}", ended.stderr);
    }
}

#[test]
fn a_wrong_password_is_told_with_the_code_of_a_refusal_and_not_taken_for_silence() {
    let Some(kafka) = kafka::shared() else { return };
    let Some(server) = kafka.sasl_plaintext() else { return };
    let pricing = Loop::on(kafka, 1, SMALL);
    let options = ["security.protocol=SASL_PLAINTEXT", "sasl.mechanism=PLAIN", "sasl.username=client"];
    let mut arguments = vec!["--bootstrap-server", server, "--property", "sasl.password=not-the-password"];
    arguments.extend(options.iter().flat_map(|option| ["--property", option]));
    for command in ["list", "replay"] {
        let refused = pricing.dead_letters(command, &arguments);
        assert_eq!(refused.code, Some(7), "{command}: {}", refused.stderr);
        assert!(refused.stderr.contains("event=authentication_failed"), "{command}: {}", refused.stderr);
        assert!(!refused.stderr.contains("not-the-password"), "{command}: {}", refused.stderr);
    }
}
