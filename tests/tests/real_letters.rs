//! `dead-letters list` against a real Kafka, and what all commands of `dead-letters` say of offsets, groups and passwords that are
//! of no use.

mod kafka;
mod letters;
mod process;

use kafka::Record;
use letters::{Loop, SMALL, listed, statuses};
use process::DEADLINE;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::time::{Duration, Instant};

/// A question that is asked again takes two seconds; the rest is for a busy machine. One that waited for an answer took 30.
const REFUSAL_MAX: Duration = Duration::from_secs(20);

#[test]
fn letters_are_listed_with_their_reasons_and_no_value_unless_asked_for() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = Loop::with_letters(kafka);
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

#[test]
fn letters_are_listed_also_where_what_is_done_is_not_known() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = Loop::on(kafka, 1, SMALL);
    kafka.produce(&pricing.dead_letters, [&Record::new("a", "{}")]);
    let group = pricing.replay_group();
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
    let group = pricing.replay_group();
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
