//! What becomes of bad records against a real Kafka: of each kind, by each policy, and of an output that takes nothing.
//! The table "Bad records" of `stream-app/README.md` says the same.

mod kafka;
mod letters;
mod process;

use kafka::{Cluster, Isolation, Record};
use letters::{EXCEPTION, FIELD, LARGE_BYTES_MAX, Loop, OMITTED, configure, house_of_bytes, scored, stop};
use process::App;

/// Ten million bytes, with which much larger records than usual are meant.
const LARGE_BYTES: usize = 10_000_000;

/// Deeper than any stack could hold a frame a level.
const DEPTH: usize = 1_000_000;

/// A record that has no prediction: the reason and the field to blame.
type Bad = (Record, &'static str, Option<&'static str>);

fn of(name: &str, value: impl Into<Vec<u8>>) -> Record {
    Record::new(name, value).with_header("trace", name).with_header("trace", b"\xff\x00").at(1_234_567)
}

fn tombstone() -> Record {
    Record { value: None, ..of("tombstone", "") }
}

fn undecodable() -> Vec<Bad> {
    vec![
        (tombstone(), "no_value", None),
        (of("empty", ""), "no_value", None),
        (of("invalid-utf-8", b"{\"sqft\": 1, \"note\": \"\xff\"}"), "not_utf8", None),
        (of("nan", r#"{"sqft": NaN}"#), "not_json", None),
        (of("cut-off", r#"{"sqft": 1"#), "not_json", None),
        (of("deep-and-open", "[".repeat(DEPTH / 2)), "not_json", None),
        (of("deep-and-no-object", "[".repeat(DEPTH / 4) + &"]".repeat(DEPTH / 4)), "not_an_object", None),
        (of("deep-and-open-in-a-field", format!(r#"{{"a": {}"#, "[".repeat(DEPTH / 2))), "not_json", None),
    ]
}

fn unscorable() -> Vec<Bad> {
    vec![
        (of("wrong-type", r#"{"sqft": [1]}"#), "wrong_type", Some("sqft")),
        (of("nan-in-small-letters", r#"{"sqft": "nan"}"#), "not_a_number", Some("sqft")),
        (of("out-of-range", r#"{"sqft": 1e400}"#), "not_a_number", Some("sqft")),
        (of("out-of-range-as-text", r#"{"sqft": "-1e999"}"#), "not_a_number", Some("sqft")),
        (
            of("response-twice", r#"{"sqft": 1, "selling_price": 1, "selling_price": 2}"#),
            "duplicate_field",
            Some("selling_price"),
        ),
        (of("no-field", "{}"), "no_field", None),
    ]
}

/// Odd, and scored all the same.
fn odd() -> Vec<Record> {
    vec![
        of("nan-as-text", r#"{"sqft": "NaN", "stories": 2}"#),
        of("infinity-as-text", r#"{"sqft": "-Infinity"}"#),
        of("the-last-of-two-counts", r#"{"sqft": "nan", "sqft": 1500}"#),
        of("too-small", r#"{"sqft": 1e-400}"#),
        of("deep", format!(r#"{{"sqft": 1500, "a": {}{}}}"#, "[".repeat(DEPTH / 4), "]".repeat(DEPTH / 4))),
        of("large", house_of_bytes("", LARGE_BYTES).value.unwrap()),
    ]
}

fn bad() -> Vec<Bad> {
    [undecodable(), unscorable()].concat()
}

/// Good, bad and odd ones, in one partition.
fn all() -> Vec<Record> {
    let bad = bad().into_iter().map(|(record, ..)| record);
    odd().into_iter().chain(bad).chain([good()]).collect()
}

fn good() -> Record {
    of("good", r#"{"sqft": 1500}"#)
}

/// The results are those of the odd records and the good one, in their order, with keys, headers and timestamps.
fn assert_scored(results: &[Record]) {
    let expected: Vec<Record> = odd().into_iter().chain([good()]).collect();
    let keys = |records: &[Record]| -> Vec<_> { records.iter().map(|record| record.key.clone()).collect() };
    assert_eq!(keys(results), keys(&expected));
    for (result, record) in results.iter().zip(&expected) {
        let name = String::from_utf8_lossy(record.key.as_deref().unwrap());
        // Not by `assert_eq`: it would print ten million bytes.
        assert!(result.text() == scored(record), "{name}");
        assert!(result.text().contains(r#""selling_price":"#), "{name}");
        assert_eq!((&result.headers, result.timestamp), (&record.headers, record.timestamp), "{name}");
    }
}

/// The letter is its record, and says where that stood and what is wrong with it.
fn assert_letter(letter: &Record, pricing: &Loop, (record, reason, field): &Bad, offset: usize) {
    let name = String::from_utf8_lossy(record.key.as_deref().unwrap());
    assert!(letter.key == record.key && letter.value == record.value, "{name}");
    assert_eq!(letter.timestamp, record.timestamp, "{name}");
    assert_eq!(letter.headers[..record.headers.len()], record.headers, "{name}");
    assert_eq!((letter.header(EXCEPTION), letter.header(FIELD)), (Some(*reason), *field), "{name}");
    assert_eq!(letter.header("__streams.errors.topic"), Some(&*pricing.input), "{name}");
    assert_eq!(letter.header("__streams.errors.partition"), Some("0"), "{name}");
    assert_eq!(letter.header("__streams.errors.offset"), Some(&*offset.to_string()), "{name}");
    let message = letter.header("__streams.errors.message").unwrap();
    assert!(!message.is_empty() && message.len() < 500, "{name}: {message}");
    assert_eq!(letter.header(OMITTED), None, "{name}");
}

fn large_topics(kafka: &'static Cluster) -> Loop {
    let pricing = Loop::on(kafka, 1, &[("max.message.bytes", LARGE_BYTES_MAX)]);
    configure(kafka, &pricing.dead_letters, "max.message.bytes", LARGE_BYTES_MAX);
    pricing
}

#[test]
fn what_does_not_decode_or_score_becomes_a_letter_and_what_is_odd_is_scored() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = large_topics(kafka);
    kafka.produce(&pricing.input, &all());
    let app = pricing.run(&[]);
    pricing.wait_for_commits(&[i64::try_from(all().len()).unwrap()]);
    stop(app);
    assert_scored(&pricing.results());
    let letters = pricing.letters();
    assert_eq!(letters.len(), bad().len());
    for (number, (letter, bad)) in letters.iter().zip(bad()).enumerate() {
        assert_letter(letter, &pricing, &bad, odd().len() + number);
    }
}

#[test]
fn by_the_policy_continue_bad_records_are_left_out_and_counted() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = large_topics(kafka);
    kafka.produce(&pricing.input, &all());
    let app = pricing.run(&["--on-decode-error", "continue", "--on-score-error", "continue"]);
    pricing.wait_for_commits(&[i64::try_from(all().len()).unwrap()]);
    let stderr = stop(app);
    assert_scored(&pricing.results());
    assert!(pricing.letters().is_empty());
    assert!(stderr.contains("reason=not_utf8") && stderr.contains("reason=wrong_type"), "{stderr}");
}

#[test]
fn by_the_policy_fail_each_bad_record_ends_the_loop_uncommitted_after_what_stands_before_it() {
    let Some(kafka) = kafka::shared() else { return };
    let runs: Vec<(Loop, App, Bad)> = bad()
        .into_iter()
        .map(|bad| {
            let pricing = large_topics(kafka);
            kafka.produce(&pricing.input, [&good(), &bad.0, &good()]);
            let app = pricing.run(&["--on-decode-error", "fail", "--on-score-error", "fail"]);
            (pricing, app, bad)
        })
        .collect();
    for (pricing, app, (_, reason, _)) in runs {
        let finished = app.finish();
        assert_eq!(finished.code, Some(5), "{reason}: {}", finished.stderr);
        assert_eq!(pricing.results().len(), 1, "{reason}");
        assert!(pricing.letters().is_empty(), "{reason}");
        assert_eq!(pricing.committed(), [1], "{reason}");
    }
}

#[test]
fn a_result_that_is_too_large_becomes_a_letter_with_as_much_of_its_record_as_that_topic_takes() {
    let Some(kafka) = kafka::shared() else { return };
    let large = of("large", house_of_bytes("", LARGE_BYTES).value.unwrap());
    for (letter_bytes_max, omitted) in [(LARGE_BYTES_MAX, None), ("1000000", Some("value"))] {
        let pricing = Loop::on(kafka, 1, &[]);
        configure(kafka, &pricing.dead_letters, "max.message.bytes", letter_bytes_max);
        kafka.produce(&pricing.input, [&good(), &large, &good()]);
        let app = pricing.run(&[]);
        pricing.wait_for_commits(&[3]);
        stop(app);
        assert_eq!(pricing.results().len(), 2);
        let [letter] = pricing.letters().try_into().unwrap();
        assert_eq!((letter.header(EXCEPTION), letter.header(OMITTED)), (Some("result_too_large"), omitted));
        assert!(letter.value.as_deref() == large.value.as_deref().filter(|_| omitted.is_none()));
        assert_eq!((&letter.key, letter.timestamp), (&large.key, large.timestamp));
        assert_eq!(letter.headers[..2], large.headers);
    }
}

#[test]
fn a_result_that_is_too_large_is_left_out_or_ends_the_loop_where_the_policy_says_so() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = Loop::on(kafka, 1, &[]);
    let large = of("large", house_of_bytes("", LARGE_BYTES).value.unwrap());
    kafka.produce(&pricing.input, [&good(), &large, &good()]);
    let finished = pricing.run(&["--on-produce-error", "fail"]).finish();
    assert_eq!(finished.code, Some(5), "{}", finished.stderr);
    assert!(finished.stderr.contains("max.message.bytes"), "{}", finished.stderr);
    assert_eq!((pricing.results().len(), pricing.committed()), (1, vec![1]));
    let app = pricing.run(&["--on-produce-error", "continue"]);
    pricing.wait_for_commits(&[3]);
    stop(app);
    assert_eq!(pricing.results().len(), 2);
    assert!(pricing.letters().is_empty());
}

#[test]
fn a_missing_output_ends_the_loop_uncommitted_unless_the_policy_is_another() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = Loop::without_output(kafka, 1);
    kafka.produce(&pricing.input, [&good()]);
    let finished = pricing.run(&[]).finish();
    assert_eq!(finished.code, Some(1), "{}", finished.stderr);
    assert!(finished.stderr.contains("Create the topic"), "{}", finished.stderr);
    assert_eq!(pricing.committed(), [0]);
    assert!(pricing.letters().is_empty());
    assert_output_policies(&pricing, &[]);
    // The fix: what became a letter is replayed, what was left out is not.
    kafka.create_topic(&pricing.output, 1, &[]);
    assert!(pricing.replay(&[]).contains("replayed 1 dead letters"));
    let app = pricing.run(&[]);
    let [result] = pricing.wait_for_results(1).try_into().unwrap();
    pricing.wait_for_all();
    stop(app);
    assert_eq!(result.text(), scored(&good()));
    assert_eq!(pricing.results().len(), 1);
}

#[test]
fn an_output_without_the_records_partition_ends_the_loop_at_its_start_unless_the_policy_is_another() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = Loop::without_output(kafka, 2);
    kafka.create_topic(&pricing.output, 1, &[]);
    let houses = || [good().in_partition(0), good().in_partition(1)];
    kafka.produce(&pricing.input, &houses());
    let by_number = ["--output-partition", "input"];
    let finished = pricing.run(&by_number).finish();
    assert_eq!(finished.code, Some(2), "{}", finished.stderr);
    for part in ["has fewer partitions than the input, 1 and 2", "as many partitions as the input", "murmur2"]
    {
        assert!(finished.stderr.contains(part), "{part} in {}", finished.stderr);
    }
    assert_eq!(pricing.committed(), [0, 0]);
    let app = pricing.run(&[&by_number[..], &["--on-output-error", "dead-letter"]].concat());
    pricing.wait_for_commits(&[1, 1]);
    // What is for the partition that is there goes there, also after a record that was not.
    kafka.produce(&pricing.input, &houses());
    pricing.wait_for_commits(&[2, 2]);
    let told = stop(app);
    assert!(told.contains("event=output_partitions_too_few"), "{told}");
    assert!(told.contains("no partition with the number of the record's own"), "{told}");
    assert!(!told.contains("event=output_unproducible"), "{told}");
    assert_eq!(pricing.results().len(), 2);
    let origins: Vec<_> = pricing
        .letters()
        .iter()
        .map(|letter| letter.header("__streams.errors.partition").map(str::to_owned))
        .collect();
    assert_eq!(origins, [Some("1".to_owned()), Some("1".to_owned())]);
    kafka.produce(&pricing.input, &houses());
    let app = pricing.run(&[&by_number[..], &["--on-output-error", "continue"]].concat());
    pricing.wait_for_commits(&[3, 3]);
    stop(app);
    assert_eq!((pricing.results().len(), pricing.letters().len()), (3, 2));
}

#[test]
fn an_output_that_is_not_authorised_ends_the_loop_uncommitted_unless_the_policy_is_another() {
    let Some(kafka) = kafka::shared() else { return };
    let (Some(server), Some(user)) = (kafka.sasl_plaintext(), kafka.sasl_ssl()) else { return };
    let pricing = Loop::on(kafka, 1, &[]);
    let name = format!("sasl.username={}", user.username);
    let password = format!("sasl.password={}", user.password);
    let as_user = [
        "--bootstrap-server",
        server,
        "--property",
        "security.protocol=sasl_plaintext",
        "--property",
        "sasl.mechanism=PLAIN",
        "--property",
        &name,
        "--property",
        &password,
    ];
    // It may be read; nobody but the super user may write to it.
    let principal = format!("User:{}", user.username);
    let acl = ["--allow-principal", &principal, "--operation", "Read", "--topic", &pricing.output];
    kafka.tool("org.apache.kafka.tools.AclCommand", &[&["--add"], &acl[..]].concat());
    kafka.produce(&pricing.input, [&good()]);
    let finished = pricing.run(&as_user).finish();
    assert_eq!(finished.code, Some(7), "{}", finished.stderr);
    assert_eq!(pricing.committed(), [0]);
    assert!(pricing.letters().is_empty());
    assert_output_policies(&pricing, &as_user);
    // The fix.
    kafka.tool("org.apache.kafka.tools.AclCommand", &[&["--remove", "--force"], &acl[..]].concat());
    assert!(pricing.replay(&as_user).contains("replayed 1 dead letters"));
    let app = pricing.run(&as_user);
    let [result] = pricing.wait_for_results(1).try_into().unwrap();
    pricing.wait_for_all();
    stop(app);
    assert_eq!(result.text(), scored(&good()));
    assert_eq!(pricing.results().len(), 1);
}

/// Of an input whose one record is not committed: by the policy dead-letter it becomes a letter as it came, by the policy
/// continue another one is left out.
fn assert_output_policies(pricing: &Loop, more: &[&str]) {
    let app = pricing.run(&[more, &["--on-output-error", "dead-letter"]].concat());
    let [letter] = pricing.wait_for_letters(1).try_into().unwrap();
    stop(app);
    assert_letter(&letter, pricing, &(good(), "result_refused", None), 0);
    pricing.kafka.produce(&pricing.input, [&good()]);
    let app = pricing.run(&[more, &["--on-output-error", "continue"]].concat());
    pricing.wait_for_commits(&[2]);
    stop(app);
    assert_eq!(pricing.letters().len(), 1);
}

#[test]
fn results_letters_and_offsets_are_one_transaction() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = Loop::on(kafka, 1, &[]);
    kafka.produce(&pricing.input, [&good(), &tombstone(), &good()]);
    // Long enough to be killed in the middle of a transaction, on a busy machine too.
    let times = ["session.timeout.ms=22000", "transaction.timeout.ms=21000"].map(|time| ["--property", time]);
    let app = pricing.run(&[&times.concat()[..], &["--commit-interval", "20000"]].concat());
    let uncommitted = |topic: &str, count: usize| {
        kafka.read_until(topic, Isolation::ReadUncommitted, |records| records.len() >= count);
    };
    uncommitted(&pricing.output, 2);
    uncommitted(&pricing.dead_letters, 1);
    app.signal("KILL");
    assert_eq!(app.finish().code, None);
    assert_eq!(pricing.committed(), [0], "the kill came when all was done");
    assert!(pricing.results().is_empty() && pricing.letters().is_empty());
    let app = pricing.run(&times.concat());
    pricing.wait_for_commits(&[3]);
    stop(app);
    // Twice there, and once for readers of committed records.
    assert_eq!((pricing.results().len(), pricing.letters().len()), (2, 1));
    assert_eq!(kafka.read(&pricing.dead_letters, Isolation::ReadUncommitted).len(), 2);
}
