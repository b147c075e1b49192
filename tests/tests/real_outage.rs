//! `run` exactly once while a node is away in the middle of a commit. If it is the only one: what is told meanwhile, what a stop
//! does, and what is there when it is back. If it is one of three: that the loop goes on without it. And what is no outage.

mod kafka;
mod pricing;
mod process;

use kafka::{Cluster, Record, unique};
use pricing::{Pricing, stop};
use process::App;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Makes sure of the moment: the first commit says so on stderr, and sends its offsets that much later. Half of the transaction's
/// time, so that the node goes away before on a busy machine too.
const SLOW_OFFSETS: [(&str, &str); 1] = [("ACCEPTANCE_SABOTAGE", "slow-offsets=5000")];

/// The same where there are other nodes: half as long as the cluster takes to find out that a node hangs, after which it has
/// another coordinator.
const SLOW_OFFSETS_OF_THREE: [(&str, &str); 1] = [("ACCEPTANCE_SABOTAGE", "slow-offsets=1500")];

/// See [`SLOW_OFFSETS`].
const SLOW: &str = "sabotage: the offsets wait";

/// Later than the transaction's time, which is 10 s.
const LATE_OFFSETS: (&str, &str) = ("ACCEPTANCE_SABOTAGE", "slow-offsets=25000");

/// Longer than the loop waits before it looks at the brokers, and within the transaction's time.
const OFFSETS_WITH_A_LOOK: (&str, &str) = ("ACCEPTANCE_SABOTAGE", "slow-offsets=6000");

/// What stands on stderr once they are sent after all.
const LATE_IS_OVER: &str = "sabotage: the offsets have waited";

/// Of new clients, which go on without the commit's answer.
const LEFT_BEHIND: &str =
    "problem=\"the producer can't go on: send_offsets_to_transaction: no answer in the transaction's time";

/// How long the loop may stand still while one of three nodes hangs: the transaction's 10 s, and new clients. Librdkafka
/// waits for 60 s before it takes a request for lost.
const STANDSTILL_MAX: Duration = Duration::from_secs(50);

/// How long the loop may take to find out that its node is away: it looks after three seconds, and two without an answer tell
/// it. The rest is for a busy machine. Librdkafka takes 60 s.
const TOLD_MAX: Duration = Duration::from_secs(25);

/// Short, for the member that is started after one that ended without a word; long enough for a transaction, which ends before
/// the session does, to outlast a commit that is slow on purpose.
const SESSION_TIMEOUT: &str = "session.timeout.ms=18000";

/// A loop that has not turned for half of it is not alive.
const MAX_POLL_INTERVAL: &str = "max.poll.interval.ms=20000";

/// Longer than that half.
const OUTAGE: Duration = Duration::from_secs(14);

/// What a stop is promised to take, 25 s, and what a busy machine takes to send the signal and to see the end. Kubernetes kills
/// after 30 s.
const STOP_MAX: Duration = Duration::from_secs(29);

/// What a process exits with whose stop left work uncommitted.
const STOP_OVERDUE: i32 = 8;

/// How the node goes away: dead, with its connections closed; or hanging, with its connections open.
const OUTAGES: [&str; 2] = ["KILL", "STOP"];

/// One test at a time has the node.
static NODE: Mutex<()> = Mutex::new(());

/// The only node, which these tests may kill. `scripts/kafka` watches this process and ends it.
fn node() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    CLUSTER.get_or_init(kafka::one_node).as_ref()
}

fn end_outage(kafka: &Cluster, signal: &str) {
    match signal {
        "STOP" => kafka.signal(1, "CONT"),
        _ => kafka.restart(1),
    }
}

/// A process whose first commit is slow.
fn started(pricing: &Pricing, more: &[&str]) -> App {
    let base = ["--processing-guarantee", "exactly_once", "--property", SESSION_TIMEOUT];
    let poll = ["--property", MAX_POLL_INTERVAL];
    let options = [&base[..], &poll, more].concat();
    pricing.run_at(pricing.kafka.bootstrap_servers(), &options, &SLOW_OFFSETS)
}

/// Lets its node go away in that commit.
fn strike_in_a_commit(app: &App, pricing: &Pricing, signal: &str) {
    app.wait_for_stderr("event=assigned");
    pricing.produce(0..100);
    app.wait_for_stderr(SLOW);
    pricing.kafka.signal(1, signal);
}

/// How often an outage was told at its beginning: while it lasts it is told again, once a minute.
fn outages(stderr: &str) -> usize {
    let told = stderr.lines().filter(|line| line.contains("event=broker_unreachable"));
    let seconds =
        told.filter_map(|line| line.split_once(" seconds=")?.1.split(' ').next()?.parse::<u64>().ok());
    seconds.filter(|seconds| *seconds < 60).count()
}

/// An address of which every second connection, the first among them, is closed, as if no broker listened there, and the others
/// lead to this broker. So is `localhost` where it is `::1` too, and the broker listens at `127.0.0.1` alone.
fn half_an_address(broker: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let broker = broker.to_owned();
    thread::spawn(move || {
        for (number, client) in listener.incoming().enumerate() {
            let client = client.unwrap();
            if number % 2 == 0 {
                continue;
            }
            let server = TcpStream::connect(&broker).unwrap();
            let back = (server.try_clone().unwrap(), client.try_clone().unwrap());
            for (mut from, mut to) in [(client, server), back] {
                thread::spawn(move || {
                    // However it ends, both ends are closed.
                    let _ = io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Both);
                });
            }
        }
    });
    address
}

fn page(address: &str, path: &str) -> String {
    let mut connection = TcpStream::connect(address).unwrap();
    write!(connection, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut text = String::new();
    connection.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn an_address_that_refuses_at_first_is_no_outage() {
    let Some(kafka) = kafka::shared() else { return };
    let address = half_an_address(kafka.bootstrap_servers().split(',').next().unwrap());
    for guarantee in ["at_least_once", "exactly_once"] {
        let pricing = Pricing::on(kafka, 1);
        let app = pricing.run_at(&address, &["--processing-guarantee", guarantee], &[]);
        app.wait_for_stderr("event=assigned");
        pricing.produce(0..1);
        pricing.wait_for_results(1);
        let stderr = stop(app);
        assert!(!stderr.contains("event=broker_"), "{guarantee}: {stderr}");
    }
}

#[test]
fn a_commit_without_an_answer_is_left_behind_in_time_and_does_no_harm_when_it_goes_on() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = Pricing::on(kafka, 4);
    let guarantee = ["--processing-guarantee", "exactly_once"];
    let app = pricing.run_at(kafka.bootstrap_servers(), &guarantee, &[LATE_OFFSETS]);
    app.wait_for_stderr("event=assigned");
    pricing.produce(0..100);
    app.wait_for_stderr(LEFT_BEHIND);
    pricing.wait_for_results(100);
    pricing.produce(100..200);
    app.wait_for_stderr(LATE_IS_OVER);
    pricing.produce(200..300);
    pricing.wait_for_results(300);
    stop(app);
    pricing.assert_priced_once(0..300);
    assert_eq!(pricing.committed(), 300);
}

/// The node that coordinates the group. Needs Java.
fn coordinator(pricing: &Pricing) -> u32 {
    let state = pricing.kafka.describe_group(&pricing.group, &["--state"]);
    // GROUP COORDINATOR (ID) ASSIGNMENT-STRATEGY ..., as in `pricing-1 127.0.0.1:9092 (1) cooperative-sticky ...`.
    let id = state.rsplit_once('(').and_then(|(_, rest)| rest.split_once(')')?.0.parse().ok());
    id.unwrap_or_else(|| panic!("no coordinator in {state}"))
}

#[test]
fn a_coordinator_that_hangs_in_a_commit_does_not_stop_the_loop_and_does_no_harm_when_it_goes_on() {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    let Some(kafka) = CLUSTER.get_or_init(kafka::three_nodes).as_ref() else { return };
    let pricing = Pricing::on(kafka, 6);
    let options = ["--processing-guarantee", "exactly_once", "--property", SESSION_TIMEOUT];
    let app = pricing.run_at(kafka.bootstrap_servers(), &options, &SLOW_OFFSETS_OF_THREE);
    app.wait_for_stderr("event=assigned");
    let node = coordinator(&pricing);
    kafka.await_replicas();
    pricing.produce(0..100);
    app.wait_for_stderr(SLOW);
    kafka.signal(node, "STOP");
    let start = Instant::now();
    pricing.wait_for_results(100);
    assert!(start.elapsed() < STANDSTILL_MAX, "it stood still for {:?}", start.elapsed());
    kafka.signal(node, "CONT");
    pricing.produce(100..200);
    pricing.wait_for_results(200);
    stop(app);
    pricing.assert_priced_once(0..200);
    assert_eq!(pricing.committed(), 200);
}

#[test]
fn a_look_at_the_brokers_makes_none_of_them_create_the_output() {
    let Some(kafka) = node() else { return };
    let _node = NODE.lock().unwrap_or_else(PoisonError::into_inner);
    let pricing = Pricing { output: unique("absent"), ..Pricing::on(kafka, 1) };
    let guarantee = ["--processing-guarantee", "exactly_once"];
    let app = pricing.run_at(kafka.bootstrap_servers(), &guarantee, &[OFFSETS_WITH_A_LOOK]);
    app.wait_for_stderr("event=assigned");
    // It becomes a dead letter, so that nothing is written to the output.
    kafka.produce(&pricing.input, [&Record::new("bad", "no house")]);
    app.wait_for_stderr(SLOW);
    app.wait_for_stderr(LATE_IS_OVER);
    stop(app);
    assert_eq!(pricing.committed(), 1);
    assert!(!kafka.topics().contains(&pricing.output));
    // What the broker does where a producer asks.
    kafka.produce(&pricing.output, [&Record::new("a", "b")]);
    assert!(kafka.topics().contains(&pricing.output));
}

#[test]
fn an_outage_during_a_commit_is_told_soon_and_leaves_the_loop_alive() {
    let Some(kafka) = node() else { return };
    let _node = NODE.lock().unwrap_or_else(PoisonError::into_inner);
    for signal in OUTAGES {
        let pricing = Pricing::on(kafka, 4);
        let app = started(&pricing, &["--http", "127.0.0.1:0"]);
        let listening = app.wait_for_stderr("event=http_listening");
        let (_, address) = listening.trim_end().rsplit_once("address=").unwrap();
        strike_in_a_commit(&app, &pricing, signal);
        let start = Instant::now();
        app.wait_for_stderr("event=broker_unreachable");
        assert!(start.elapsed() < TOLD_MAX, "{signal}: told after {:?}", start.elapsed());
        let metrics = page(address, "/metrics");
        assert!(metrics.contains("stream_app_broker_reachable{thread=\"0\"} 0"), "{signal}: {metrics}");
        thread::sleep(OUTAGE.saturating_sub(start.elapsed()));
        let live = page(address, "/livez");
        assert!(live.starts_with("HTTP/1.1 200"), "{signal}: {live}");
        end_outage(kafka, signal);
        app.wait_for_stderr("event=broker_reachable");
        pricing.produce(100..200);
        pricing.wait_for_results(200);
        let stderr = stop(app);
        assert_eq!(outages(&stderr), 1, "{signal}: {stderr}");
        assert_eq!(pricing.committed(), 200, "{signal}");
        // A broker that dies alone may lose the abort of what was open, as the README says.
        if signal == "STOP" {
            pricing.assert_priced_once(0..200);
        }
    }
}

#[test]
fn a_stop_during_an_outage_ends_in_time_and_counts_what_was_open_as_aborted() {
    let Some(kafka) = node() else { return };
    let _node = NODE.lock().unwrap_or_else(PoisonError::into_inner);
    for signal in OUTAGES {
        let pricing = Pricing::on(kafka, 4);
        let app = started(&pricing, &[]);
        strike_in_a_commit(&app, &pricing, signal);
        app.wait_for_stderr("event=broker_unreachable");
        let start = Instant::now();
        app.signal("TERM");
        let finished = app.finish();
        let took = start.elapsed();
        assert_eq!(finished.code, Some(STOP_OVERDUE), "{signal}: {}", finished.stderr);
        assert!(took < STOP_MAX, "{signal}: it took {took:?}: {}", finished.stderr);
        assert!(
            finished.stderr.contains("event=transaction_aborted"),
            "{signal}: what was open is counted: {}",
            finished.stderr
        );
        end_outage(kafka, signal);
    }
}
