//! What other tests take for granted of `scripts/kafka`: transactions, nodes that die, TLS and passwords, nothing left behind.

mod kafka;

use kafka::{Isolation, Record, unique};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Nothing takes that long unless something is wrong, also on a slow machine.
const DEADLINE: Duration = Duration::from_mins(5);

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < DEADLINE, "{what}: not within {DEADLINE:?}");
        thread::sleep(Duration::from_millis(100));
    }
}

fn record(number: u32) -> Record {
    Record::new(number.to_string(), number.to_string())
}

fn texts(records: &[Record]) -> Vec<&str> {
    records.iter().map(Record::text).collect()
}

#[test]
fn an_open_transaction_is_listed_hides_what_follows_and_is_aborted_after_its_timeout() {
    let Some(kafka) = kafka::shared() else { return };
    let (topic, id) = (kafka.topic("transactions", 1), unique("transactions"));
    let begin = |timeout: &str, number: &str| -> BaseProducer {
        let mut config = kafka.client_config();
        config.set("transactional.id", &id).set("transaction.timeout.ms", timeout);
        let producer: BaseProducer = config.create().unwrap();
        producer.init_transactions(DEADLINE).unwrap();
        producer.begin_transaction().unwrap();
        let sent = producer.send(BaseRecord::to(&topic).key(number).payload(number));
        sent.map_err(|(error, _)| error).unwrap();
        producer.flush(DEADLINE).unwrap();
        producer
    };
    kafka.produce(&topic, [&record(1)]);
    // Longer than any machine takes to look at it.
    let _open = begin("600000", "2");
    kafka.produce(&topic, [&record(3)]);

    assert_eq!(kafka.open_transactions(&id), [(id.clone(), "Ongoing".to_owned())]);
    assert_eq!(texts(&kafka.read(&topic, Isolation::ReadUncommitted)), ["1", "2", "3"]);
    assert_eq!(texts(&kafka.read(&topic, Isolation::ReadCommitted)), ["1"]);
    assert_eq!(kafka.end_offsets(&topic, Isolation::ReadUncommitted), [3]);
    assert_eq!(kafka.end_offsets(&topic, Isolation::ReadCommitted), [1]);

    // Another producer of this name ends the first one's transaction, and its own is over after its time.
    let _abandoned = begin("20000", "4");
    kafka.produce(&topic, [&record(5)]);
    wait_until("the transaction is aborted", || {
        // The marker of each takes an offset.
        kafka.end_offsets(&topic, Isolation::ReadCommitted) == [7]
    });
    assert_eq!(kafka.open_transactions(&id), []);
    assert_eq!(texts(&kafka.read(&topic, Isolation::ReadCommitted)), ["1", "3", "5"]);
    assert_eq!(texts(&kafka.read(&topic, Isolation::ReadUncommitted)), ["1", "2", "3", "4", "5"]);
}

#[test]
fn a_record_is_read_as_it_was_written() {
    let Some(kafka) = kafka::shared() else { return };
    let topic = unique("records");
    kafka.create_topic(&topic, 3, &[("max.message.bytes", "2000")]);
    let written = [
        Record::new("a", [0, 255]).with_header("same", "1").with_header("same", "2").at(1_000),
        Record { value: None, ..Record::new("b", "") }.at(2_000),
        Record { key: None, ..Record::new("", "c") }.at(3_000),
    ];
    let written =
        [2, 0, 2].into_iter().zip(written).map(|(partition, record)| record.in_partition(partition));
    let mut written: Vec<_> = written.collect();
    kafka.produce(&topic, &written);
    for (record, offset) in written.iter_mut().zip([0, 0, 1]) {
        record.offset = Some(offset);
    }
    let mut read = kafka.read(&topic, Isolation::ReadCommitted);
    read.sort_by_key(|record| record.timestamp);
    assert_eq!(read, written);
    assert_eq!(kafka.partitions(&topic), 3);
    assert_eq!(kafka.committed(&unique("nobody"), &topic), [None; 3]);
    let configuration = kafka.tool("org.apache.kafka.tools.TopicCommand", &["--describe", "--topic", &topic]);
    assert!(configuration.contains("max.message.bytes=2000"), "{configuration}");
}

#[test]
fn a_cluster_of_three_takes_records_while_a_node_is_dead_and_has_them_all_when_it_is_back() {
    let Some(kafka) = kafka::three_nodes() else { return };
    let topic = kafka.topic("replicated", 6);
    kafka.produce(&topic, &(0..100).map(record).collect::<Vec<_>>());
    kafka.kill(2);
    kafka.produce(&topic, &(100..200).map(record).collect::<Vec<_>>());
    kafka.restart(2);
    let in_sync = || {
        kafka.tool(
            "org.apache.kafka.tools.TopicCommand",
            &["--describe", "--topic", &topic, "--under-replicated-partitions"],
        )
    };
    wait_until("the node catches up", || in_sync().trim().is_empty());
    // What only the others had is on it now: two of three are enough, and one of the two is node 2.
    kafka.kill(1);
    kafka.produce(&topic, &(200..300).map(record).collect::<Vec<_>>());
    let read = kafka.read(&topic, Isolation::ReadCommitted);
    let mut numbers: Vec<u32> = texts(&read).into_iter().map(|text| text.parse().unwrap()).collect();
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(0..300));
}

#[test]
fn the_listener_with_tls_lets_in_who_knows_the_password_by_each_mechanism() {
    let Some(kafka) = kafka::shared() else { return };
    let Some(sasl_ssl) = kafka.sasl_ssl() else { return };
    let topic = kafka.topic("secured", 1);
    let folder = tempfile::tempdir().unwrap();
    let properties = folder.path().join("client.properties");
    let list = |mechanism: &str, module: &str, password: &str| {
        let text = format!(
            "security.protocol=SASL_SSL\n\
             ssl.truststore.type=PEM\n\
             ssl.truststore.location={}\n\
             sasl.mechanism={mechanism}\n\
             sasl.jaas.config=org.apache.kafka.common.security.{module} required \
             username=\"{}\" password=\"{password}\";\n",
            sasl_ssl.ca_file, sasl_ssl.username
        );
        std::fs::write(&properties, text).unwrap();
        let mut command = script();
        command.args(["tool", "org.apache.kafka.tools.TopicCommand", "--list"]);
        command
            .args(["--bootstrap-server", &sasl_ssl.bootstrap_servers, "--command-config"])
            .arg(&properties);
        command.output().unwrap()
    };
    for (mechanism, module) in [
        ("SCRAM-SHA-512", "scram.ScramLoginModule"),
        ("SCRAM-SHA-256", "scram.ScramLoginModule"),
        ("PLAIN", "plain.PlainLoginModule"),
    ] {
        let listed = list(mechanism, module, &sasl_ssl.password);
        let stdout = String::from_utf8(listed.stdout).unwrap();
        assert!(stdout.lines().any(|line| line == topic), "{mechanism}: {stdout}");
        let refused = list(mechanism, module, "wrong");
        assert!(!refused.status.success(), "{mechanism}: a wrong password is let in");
        let stderr = String::from_utf8_lossy(&refused.stderr).into_owned();
        let stdout = String::from_utf8_lossy(&refused.stdout).into_owned();
        assert!((stdout + &stderr).contains("SaslAuthenticationException"), "{stderr}");
    }
}

#[test]
fn a_cluster_whose_process_is_killed_ends_and_leaves_no_file() {
    // It tells whether there is a Kafka to be had.
    let Some(_) = kafka::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("kafka");
    let mut watched = Command::new("sleep").arg("600").spawn().unwrap();
    let started = script()
        .args(["start", "--folder", folder.to_str().unwrap(), "--watch", &watched.id().to_string()])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
    let variables = String::from_utf8(started.stdout).unwrap();
    let server = variables.lines().find_map(|line| line.strip_prefix("KAFKA_BOOTSTRAP_SERVERS=")).unwrap();
    assert!(TcpStream::connect(server).is_ok());
    watched.kill().unwrap();
    watched.wait().unwrap();
    wait_until("the folder is removed", || !folder.exists());
    assert!(TcpStream::connect(server).is_err());
}

fn script() -> Command {
    Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/kafka"))
}
