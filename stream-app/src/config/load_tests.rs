//! Configurations as a whole: which source prevails, and all that is wrong at once. What is printed and loaded again is in
//! `print_tests`, the example file in `example_tests`.

use super::gathered::Sources;
use super::given::{Given, given};
use super::keys::{KEYS, flag, variable};
use super::{
    Config, GroupProtocol, OffsetReset, OutputPartition, Policy, ProcessingGuarantee, Role, load_broker,
};
use std::time::Duration;

#[test]
fn flags_prevail_over_variables_over_a_properties_file_over_toml_over_defaults() {
    let mut given = given();
    let groups = |given: &mut Given| {
        let loaded = given.load().unwrap();
        (loaded.config.group.clone(), given.shown(&loaded.origins["group"].to_string()))
    };
    let pair = |group: &str, origin: &str| (group.to_owned(), origin.to_owned());
    assert_eq!(groups(&mut given), pair("stream-app", "default"));
    given = given.toml("\ngroup = \"t\"\n");
    assert_eq!(groups(&mut given), pair("t", "app.toml:4 (group)"));
    given = given.properties_file("# Kafka Streams\napplication.id = p\n");
    assert_eq!(groups(&mut given), pair("p", "client.properties:2 (application.id)"));
    given = given.variable("STREAM_APP_GROUP", "v");
    assert_eq!(groups(&mut given), pair("v", "STREAM_APP_GROUP"));
    given = given.flag("group", "f");
    assert_eq!(groups(&mut given), pair("f", "--group"));
}

#[test]
fn client_properties_have_the_same_precedence_under_all_their_names() {
    let mut given = given().toml("[properties]\nqueue.buffering.max.ms = 1\n");
    let linger = |given: &mut Given| {
        let loaded = given.load().unwrap();
        let [property] = &loaded.properties[..] else { panic!("{:?}", loaded.properties) };
        assert_eq!(property.name, "linger.ms");
        (property.value.clone(), given.shown(&property.origin.to_string()))
    };
    let pair = |value: &str, origin: &str| (value.to_owned(), origin.to_owned());
    assert_eq!(linger(&mut given), pair("1", "app.toml:4 (queue.buffering.max.ms)"));
    given = given.properties_file("linger.ms: 2");
    assert_eq!(linger(&mut given), pair("2", "client.properties:1 (linger.ms)"));
    given = given.variable("STREAM_APP_PROPERTY_LINGER_MS", "3");
    assert_eq!(linger(&mut given), pair("3", "STREAM_APP_PROPERTY_LINGER_MS"));
    given = given.property("queue.buffering.max.ms=4");
    assert_eq!(linger(&mut given), pair("4", "-X queue.buffering.max.ms"));
    given = given.property("linger.ms=5");
    assert_eq!(linger(&mut given), pair("5", "-X linger.ms"));
}

#[test]
fn every_option_is_taken_from_a_flag_a_variable_and_toml() {
    let texts = [
        ("model", "binomial", "\"binomial\""),
        ("bootstrap_server", "a:1,b:2", "[\"a:1\", \"b:2\"]"),
        ("input", "i", "\"i\""),
        ("output", "o", "\"o\""),
        ("dead_letter", "d", "\"d\""),
        ("group", "g", "\"g\""),
        ("group_instance_id", "s", "\"s\""),
        ("group_protocol", "consumer", "\"consumer\""),
        ("auto_offset_reset", "latest", "\"latest\""),
        ("processing_guarantee", "exactly_once_v2", "\"exactly_once\""),
        ("transactional_id_prefix", "x", "\"x\""),
        ("commit_interval", "250", "250"),
        ("commit_records_max", "1000", "1_000"),
        ("threads", "4", "0x4"),
        ("on_decode_error", "fail", "\"fail\""),
        ("on_score_error", "continue", "\"continue\""),
        ("on_produce_error", "fail", "\"fail\""),
        ("on_output_error", "dead-letter", "\"dead-letter\""),
        ("output_partition", "input", "\"input\""),
        ("prediction_headers", "true", "true"),
        ("http", "[::1]:9095", "\"[::1]:9095\""),
        ("log_format", "json", "\"json\""),
    ];
    assert!(texts.iter().map(|(key, ..)| *key).eq(KEYS));
    let expected = Config {
        model: Some("binomial".to_owned()),
        bootstrap_server: "a:1,b:2".to_owned(),
        input: "i".to_owned(),
        output: "o".to_owned(),
        dead_letter: "d".to_owned(),
        group: "g".to_owned(),
        group_instance_id: Some("s".to_owned()),
        group_protocol: GroupProtocol::Consumer,
        pass_through: false,
        auto_offset_reset: OffsetReset::Latest,
        processing_guarantee: ProcessingGuarantee::ExactlyOnce,
        transactional_id_prefix: "x".to_owned(),
        commit_interval: Duration::from_millis(250),
        commit_records_max: 1_000,
        threads: 4,
        on_decode_error: Policy::Fail,
        on_score_error: Policy::Continue,
        on_produce_error: Policy::Fail,
        on_output_error: Policy::DeadLetter,
        output_partition: OutputPartition::Input,
        prediction_headers: true,
        http: Some("[::1]:9095".parse().unwrap()),
        log_format: super::LogFormat::Json,
        properties: Vec::new(),
        consumer_properties: Vec::new(),
        producer_properties: Vec::new(),
    };
    let (mut flags, mut variables, mut toml) = (given(), given(), given());
    toml.toml = String::new();
    for (key, text, in_toml) in texts {
        flags = flags.flag(key, text);
        variables = variables.variable(&variable(key), text);
        toml = toml.toml(&format!("{key} = {in_toml}\n"));
    }
    assert_eq!(flags.config(), expected);
    assert_eq!(variables.config(), expected);
    assert_eq!(toml.config(), expected);
}

#[test]
fn all_that_is_wrong_in_all_sources_is_told_at_once_with_its_place() {
    let problems = given()
        .toml("treads = 2\non_score_error = \"ignore\"\ncommit_interval = {}\nthreads = \n[properties]\nsesion.timeout.ms = 1\n")
        .properties_file("key.serializer=x\nacks=1\n=2\n")
        .variable("STREAM_APP_HTTP", "localhost:1")
        .variable("STREAM_APP_TREADS", "2")
        .variable("STREAM_APP_PROPERTY_TRANSACTIONAL_ID", "x")
        .flag("threads", "65")
        .flag("input", "predictions")
        .flag("model", "numbr")
        .property("linger.ms=soon")
        .property("nonsense")
        .problems();
    let starts = [
        "app.toml:6: not TOML: ",
        "app.toml:3: unknown key `treads`; did you mean `threads`? ",
        "app.toml:5 (commit_interval): its value is a table; ",
        "client.properties:3: the line has no name; ",
        "STREAM_APP_TREADS: unknown variable; did you mean `STREAM_APP_THREADS`? ",
        "-X, number 2: expected NAME=VALUE; ",
        "--threads: found `65`; give a whole number from 1 to 64",
        "app.toml:4 (on_score_error): found `ignore`; give one of fail, continue, dead-letter",
        "STREAM_APP_HTTP: found `localhost:1`; give an IP address and a port",
        "--input: --input and --output are the same topic, `predictions`; use three topics",
        "--model: there is no model `numbr`. Did you mean `number`?",
        "app.toml:8 (sesion.timeout.ms): the client has no property `sesion.timeout.ms`; did you mean `session.timeout.ms`? ",
        "client.properties:2 (acks): `acks` is `1`, and the loop depends on its own value; ",
        "STREAM_APP_PROPERTY_TRANSACTIONAL_ID: `transactional.id` is `x`",
        "-X linger.ms: `linger.ms` is `soon`; the client says: ",
    ];
    for start in starts {
        assert!(problems.iter().any(|problem| problem.starts_with(start)), "{start} in {problems:#?}");
    }
    assert_eq!(problems.len(), starts.len(), "{problems:#?}");
}

#[test]
fn no_problem_and_no_print_shows_a_secret_or_the_value_of_what_is_unknown() {
    let problems = given()
        .toml("sasl_password = \"hunter2\"\n[properties]\nsasl.password = hunter2\nsasl.pasword = \"hunter2\"\n")
        .properties_file("sasl.jaas.config=x.Unknown required password=\"hunter2\";\n")
        .variable("STREAM_APP_PASSWORD", "hunter2")
        .property("hunter2")
        .property("sasl.password=hunter2\0")
        .flag("bootstrap_server", "alice:hunter2@kafka:9092")
        .problems();
    assert_eq!(problems.len(), 8, "{problems:#?}");
    assert!(!problems.join("\n").contains("hunter2"), "{problems:#?}");
    assert!(problems.iter().any(|problem| problem.contains("did you mean `sasl.password`?")));
}

#[test]
fn a_missing_broker_names_its_three_places_and_no_toml_key_at_a_wrong_level_goes_unnoticed() {
    let mut bare = given();
    bare.toml = "model = \"number\"\n".to_owned();
    let missing = bare.only_problem();
    for place in
        ["--bootstrap-server", "STREAM_APP_BOOTSTRAP_SERVER", "bootstrap_server)", "no broker is given"]
    {
        assert!(missing.contains(place), "{missing}");
    }
    let level = given().toml("session.timeout.ms = 6000\n").only_problem();
    assert!(level.contains("`session.timeout.ms` belongs into the table [properties]"), "{level}");
    let path = given().toml("properties = \"client.properties\"\n").only_problem();
    assert!(path.contains("--properties"), "{path}");
}

#[test]
fn files_that_can_not_be_read_are_named_with_who_named_them() {
    let mut missing = given().variable("STREAM_APP_PROPERTIES", "/nowhere/client.properties");
    let problems = missing.load().unwrap_err();
    assert!(
        problems[0].starts_with("STREAM_APP_PROPERTIES: can't read `/nowhere/client.properties`: "),
        "{problems:?}"
    );
    let latin = given();
    let path = latin.folder.path().join("latin.properties");
    std::fs::write(&path, b"a=1\nb=\xe9\n").unwrap();
    let mut latin = Given { sources: Sources { properties_file: Some(path), ..Sources::default() }, ..latin };
    let problems = latin.load().unwrap_err();
    assert_eq!(problems, ["latin.properties:2: the line is not UTF-8; save the file as UTF-8"]);
}

#[test]
fn variables_that_are_empty_or_kubernetes_own_stand_for_nothing() {
    let config = given()
        .variable("STREAM_APP_HTTP", "")
        .variable("STREAM_APP_GROUP", "")
        .variable("STREAM_APP_SERVICE_HOST", "10.0.0.1")
        .variable("STREAM_APP_SERVICE_PORT_HTTP", "80")
        .variable("STREAM_APP_PORT", "tcp://10.0.0.1:80")
        .variable("STREAM_APP_PORT_80_TCP_ADDR", "10.0.0.1")
        .variable("STREAMS", "1")
        .config();
    assert_eq!((config.http, &*config.group), (None, "stream-app"));
    assert!(given().flag("group", "").only_problem().starts_with("--group: found nothing; "));
}

#[test]
fn two_values_for_one_thing_at_one_level_are_a_problem_and_twice_the_same_is_none() {
    let twice = given().properties_file("application.id=a\ngroup.id=b\n").only_problem();
    assert_eq!(
        twice,
        "client.properties:2 (group.id): found `b` and, at client.properties:1 (application.id), `a` for one \
         thing; keep one of them"
    );
    assert_eq!(given().properties_file("application.id=a\ngroup.id=a\n").config().group, "a");
}

#[test]
fn a_file_of_kafka_streams_is_understood_and_what_means_nothing_is_noted() {
    let file = "application.id=pricing\nbootstrap.servers=kafka:9092\nprocessing.guarantee=exactly_once_v2\n\
                num.stream.threads=3\ncommit.interval.ms=200\nauto.offset.reset=none\nacks=all\n\
                default.key.serde=org.apache.kafka.common.serialization.Serdes$StringSerde\n\
                deserialization.exception.handler=a.LogAndContinueExceptionHandler\n\
                errors.dead.letter.queue.topic.name=dead\nmax.request.size=2000000\n";
    let mut given = given().properties_file(file);
    let loaded = given.load().unwrap();
    let config = &loaded.config;
    assert_eq!((&*config.group, &*config.bootstrap_server), ("pricing", "kafka:9092"));
    assert_eq!(config.processing_guarantee, ProcessingGuarantee::ExactlyOnce);
    assert_eq!((config.threads, config.commit_interval), (3, Duration::from_millis(200)));
    assert_eq!((config.auto_offset_reset, config.on_decode_error), (OffsetReset::Error, Policy::DeadLetter));
    assert_eq!(config.dead_letter, "dead");
    assert_eq!(config.properties, [("message.max.bytes".to_owned(), "2000000".to_owned())]);
    let [note] = &loaded.notes[..] else { panic!("{:?}", loaded.notes) };
    assert!(
        given.shown(note).starts_with("client.properties:8 (default.key.serde): it has no meaning here"),
        "{note}"
    );
}

#[test]
fn each_client_gets_what_has_a_meaning_for_it_and_its_own_over_that_of_both() {
    let config = given()
        .property("client.id=both")
        .property("linger.ms=1")
        .property("fetch.min.bytes=2")
        .property("consumer.client.id=reader")
        .config();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        config.client_properties(Role::Consumer),
        [pair("fetch.min.bytes", "2"), pair("client.id", "reader")]
    );
    assert_eq!(config.client_properties(Role::Producer), [pair("client.id", "both"), pair("linger.ms", "1")]);
    let foreign = given().property("consumer.linger.ms=1").only_problem();
    assert!(foreign.contains("write `producer.linger.ms`"), "{foreign}");
}

#[test]
fn a_transaction_ends_before_its_session_and_is_committed_before_it_ends() {
    let once = || given().flag("processing_guarantee", "exactly_once");
    assert_eq!(once().config().transaction_timeout(), Duration::from_secs(10));
    let short = once().property("session.timeout.ms=6000").config();
    assert_eq!(short.transaction_timeout(), Duration::from_secs(4));
    let below = once().property("transaction.timeout.ms=44999").config();
    assert_eq!(below.transaction_timeout(), Duration::from_millis(44_999));
    let equal = once().property("transaction.timeout.ms=45000").only_problem();
    assert!(
        equal.starts_with("-X transaction.timeout.ms: ") && equal.contains("`session.timeout.ms` 45000 ms")
    );
    assert_eq!(once().flag("commit_interval", "9999").config().commit_interval, Duration::from_millis(9_999));
    let late = once().flag("commit_interval", "10000").only_problem();
    assert!(late.starts_with("--commit-interval: ") && late.contains("10000 ms"), "{late}");
    assert_eq!(given().flag("commit_interval", "10000").config().commit_interval, Duration::from_secs(10));
}

#[test]
fn in_the_group_protocol_consumer_the_session_is_the_broker_s() {
    let consumer = || given().flag("group_protocol", "consumer");
    assert_eq!(consumer().config().group_protocol, GroupProtocol::Consumer);
    let session = consumer().property("session.timeout.ms=6000").only_problem();
    assert!(session.contains("group.consumer.session.timeout.ms"), "{session}");
}

#[test]
fn the_topics_are_three_wherever_they_come_from() {
    let same = given().toml("dead_letter = \"predictions\"\n").only_problem();
    assert_eq!(
        same,
        "app.toml:3 (dead_letter): --output and --dead-letter are the same topic, `predictions`; use three topics"
    );
    let implied = given().flag("output", "housing-dead-letters").only_problem();
    assert!(implied.starts_with("--output: --output and --dead-letter"), "{implied}");
}

#[test]
fn what_the_client_says_to_its_properties_as_a_whole_is_told_before_anything_starts() {
    let session = given().property("session.timeout.ms=400000").only_problem();
    assert!(session.starts_with("properties of the consumer: "), "{session}");
    assert!(session.contains("max.poll.interval.ms"), "{session}");
}

#[test]
fn commands_that_only_read_or_write_take_brokers_and_properties_from_the_same_sources() {
    let file = "bootstrap.servers=kafka:9092\nacks=1\nnum.stream.threads=3\nlinger.ms=2\nfetch.min.bytes=3\n";
    let given = given().properties_file(file).property("client.id=tool");
    let broker = load_broker(&given.sources).unwrap();
    assert_eq!(broker.bootstrap_server, "kafka:9092");
    let producer = broker.client_config(Role::Producer);
    assert_eq!(producer.get("bootstrap.servers"), Some("kafka:9092"));
    assert_eq!((producer.get("acks"), producer.get("linger.ms")), (Some("1"), Some("2")));
    assert_eq!((producer.get("client.id"), producer.get("fetch.min.bytes")), (Some("tool"), None));
    assert_eq!(broker.client_config(Role::Consumer).get("linger.ms"), None);
    let typo = Sources { properties: vec!["lingr.ms=1".to_owned()], ..Sources::default() };
    let problems = load_broker(&typo).unwrap_err().to_string();
    assert!(problems.contains("no broker is given") && problems.contains("`linger.ms`?"), "{problems}");
}

#[test]
fn every_key_has_a_flag_and_a_variable_of_its_name() {
    assert_eq!(flag("commit_records_max"), "--commit-records-max");
    assert_eq!(variable("commit_records_max"), "STREAM_APP_COMMIT_RECORDS_MAX");
}

#[test]
fn a_key_of_the_file_may_have_the_flag_s_hyphens_and_is_the_same_key() {
    let config = given().toml("dead-letter = \"bad\"\non-decode-error = \"fail\"\n").config();
    assert_eq!((&*config.dead_letter, config.on_decode_error), ("bad", Policy::Fail));
    let problem = given().toml("dead-letter = \"a\"\ndead_letter = \"b\"\n").only_problem();
    assert!(problem.contains("keep one of them"), "{problem}");
}
