//! A campaign: what strikes the group, in an order that the seed gives, and what is true at the end.

use super::feed::{self, Feed, letter};
use super::follower::Follower;
use super::oracle::{Log, Verdict, judge};
use super::stage::{STANDSTILL_MAX, Stage};
use crate::kafka::{Cluster, Isolation};
use crate::process::{App, Finished};
use fastrand::Rng;
use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

/// A member that is silent for so long has left. The least that brokers take by default.
const SESSION_TIMEOUT: Duration = Duration::from_secs(6);

/// How long a frozen instance stays frozen: its partitions have new owners by then.
const FREEZE: Duration = SESSION_TIMEOUT.saturating_add(Duration::from_secs(4));

/// The longest pause before a blow, and before a killed instance is started again.
const PAUSE_MAX: Duration = Duration::from_millis(1_500);

/// How many looks whether a frozen instance has work open. It stays open until the transaction's time is over.
const LOOKS: usize = 3;

/// Of so many attempts at a kill or a freeze at the most is one to find open work. Half of them do or, on a machine so busy
/// that the group is seldom whole, a quarter: so many misses in a row are less likely than one in a million.
const ATTEMPTS_PER_STRIKE: usize = 50;

/// What an instance ends with that was asked to stop: it has committed everything.
const STOPPED: i32 = 0;

/// The same of one that has given up its last work.
const STOPPED_UNCOMMITTED: i32 = 8;

/// What is to happen.
#[derive(Clone, Debug)]
pub struct Settings {
    pub seed: u64,
    /// At least so many records flow in, so many a second.
    pub records: usize,
    pub rate: f64,
    /// Instances to begin with.
    pub instances: usize,
    /// Kills of an instance that strike open work.
    pub kills: usize,
    /// Freezes of an instance with open work, longer than the group waits for it.
    pub freezes: usize,
    /// Instances that join, each followed by one that leaves.
    pub joins: usize,
    /// Brokers that are killed and started again, one at a time.
    pub broker_kills: usize,
    /// What is broken on purpose, by `ACCEPTANCE_SABOTAGE`.
    pub sabotage: &'static str,
}

/// What happened.
#[derive(Debug, Default)]
pub struct Report {
    pub settings: String,
    pub records: usize,
    pub duration: Duration,
    /// Each into open work.
    pub kills: usize,
    pub freezes: usize,
    pub freezes_that_struck: usize,
    pub joins: usize,
    pub leaves: usize,
    pub broker_kills: usize,
    /// Transactions that were aborted, by the logs of the instances that lived to the end.
    pub aborts: usize,
    pub results: Verdict,
    pub dead_letters: Verdict,
    /// Whether the program downstream has read the same.
    pub followed: bool,
    /// Transactions that nobody ended.
    pub left_open: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug)]
enum Blow {
    Kill,
    Freeze,
    JoinAndLeave,
    KillBroker,
}

/// The group, and what has happened to it.
struct Campaign<'a> {
    stage: Stage<'a>,
    settings: &'a Settings,
    random: Rng,
    running: Vec<App>,
    report: Report,
}

/// Lets a campaign happen.
pub fn run(kafka: &Cluster, settings: &Settings) -> Report {
    let start = Instant::now();
    let stage = Stage::on(kafka);
    let mut campaign = Campaign {
        stage,
        settings,
        random: Rng::with_seed(settings.seed),
        running: Vec::new(),
        report: Report { settings: format!("{settings:?}"), ..Report::default() },
    };
    for _ in 0..settings.instances {
        campaign.start();
    }
    let feed = Feed::start(&campaign.stage, settings.records, settings.rate);
    let follower = Follower::start(&campaign.stage);
    for blow in campaign.plan() {
        campaign.stage.await_flow();
        campaign.pause();
        campaign.strike(blow);
    }
    let records = feed.finish();
    campaign.await_end(records);
    campaign.stop_all(&[STOPPED]);
    campaign.report.left_open = campaign.left_open();
    let results = campaign.results();
    let seen = follower.finish(results.values().map(Vec::len).sum());
    campaign.judge(records, &results, &seen);
    campaign.report.duration = start.elapsed();
    campaign.report
}

impl Campaign<'_> {
    /// The blows in their order.
    fn plan(&mut self) -> Vec<Blow> {
        let Settings { kills, freezes, joins, broker_kills, .. } = *self.settings;
        let of = |blow, count| std::iter::repeat_n(blow, count);
        let mut blows: Vec<Blow> = of(Blow::Kill, kills)
            .chain(of(Blow::Freeze, freezes))
            .chain(of(Blow::JoinAndLeave, joins))
            .chain(of(Blow::KillBroker, broker_kills))
            .collect();
        self.random.shuffle(&mut blows);
        blows
    }

    fn strike(&mut self, blow: Blow) {
        // Shown where the campaign fails.
        eprintln!("{blow:?}");
        match blow {
            Blow::Kill => self.strike_until_it_hits(Self::kill),
            Blow::Freeze => self.strike_until_it_hits(Self::freeze),
            Blow::JoinAndLeave => self.join_and_leave(),
            Blow::KillBroker => self.kill_broker(),
        }
    }

    fn strike_until_it_hits(&mut self, strike: fn(&mut Self) -> bool) {
        for _ in 0..ATTEMPTS_PER_STRIKE {
            if strike(self) {
                return;
            }
            self.stage.await_flow();
            self.pause();
        }
        panic!("{ATTEMPTS_PER_STRIKE} blows in a row have not struck open work");
    }

    /// Kills an instance as a crash of its machine would, if it has work open, and says whether it had. To see that it
    /// stands still first, for much less than the group would wait for it.
    fn kill(&mut self) -> bool {
        let victim = self.take_one();
        victim.signal("STOP");
        if !self.has_left_work_open() {
            victim.signal("CONT");
            self.running.push(victim);
            return false;
        }
        victim.signal("KILL");
        self.report.kills += 1;
        assert_eq!(victim.finish().code, None, "it was killed");
        self.pause();
        self.start();
        true
    }

    /// Freezes an instance for longer than the group waits for it, and says whether it had work open that others have
    /// done meanwhile. Once it thaws, it takes itself for the owner.
    fn freeze(&mut self) -> bool {
        let zombie = self.take_one();
        zombie.signal("STOP");
        self.report.freezes += 1;
        let struck = self.has_left_work_open() && {
            thread::sleep(FREEZE);
            // One that has sent its offsets and whose transaction does not time out, for want of fencing, keeps the
            // others from its partitions for as long as it is frozen.
            self.stage.offsets_are_settled()
        };
        if struck {
            self.stage.await_flow();
        }
        self.report.freezes_that_struck += usize::from(struck);
        zombie.pass_over_stderr();
        zombie.signal("CONT");
        if struck {
            // It has no place in the group any more. A stop in the moment in which it finds out would end with an error.
            zombie.wait_for_stderr("event=assigned");
        }
        self.running.push(zombie);
        struck
    }

    fn join_and_leave(&mut self) {
        self.start();
        self.report.joins += 1;
        self.stage.await_flow();
        self.pause();
        let leaver = self.take_one();
        self.stop(leaver, &[STOPPED]);
        self.report.leaves += 1;
    }

    fn kill_broker(&mut self) {
        let node = self.random.u32(1..=3);
        // Of the node before this one.
        self.stage.kafka.await_replicas();
        self.stage.kafka.kill(node);
        self.report.broker_kills += 1;
        // Others take over what it led, and the group goes on without it.
        self.stage.await_flow();
        self.stage.kafka.restart(node);
    }

    /// Waits until all is committed.
    fn await_end(&mut self, records: usize) {
        if self.settings.sabotage.contains("no-rewind") {
            // They have nothing to commit for the last work that they gave up, which may be that of the stop. One that is
            // sound does what is left.
            self.stop_all(&[STOPPED, STOPPED_UNCOMMITTED]);
            self.start_with("");
        }
        self.stage.await_end(records);
    }

    fn has_left_work_open(&self) -> bool {
        (0..LOOKS).any(|_| !self.stage.left_open().is_empty())
    }

    fn start(&mut self) {
        self.start_with(self.settings.sabotage);
    }

    fn start_with(&mut self, sabotage: &str) {
        let Stage { kafka, input, output, dead_letters, group, .. } = &self.stage;
        let session_timeout = format!("session.timeout.ms={}", SESSION_TIMEOUT.as_millis());
        let arguments = ["run", "--model", "house_prices", "--bootstrap-server", kafka.bootstrap_servers()];
        let topics = ["--input", input, "--output", output, "--dead-letter", dead_letters, "--group", group];
        let guarantee = ["--processing-guarantee", "exactly_once", "--output-partition", "input"];
        // Also those who catch up commit often.
        let commits = ["--commit-records-max", "200", "--property", &session_timeout];
        let app = App::start_with(
            &[&arguments[..], &topics, &guarantee, &commits].concat(),
            &[("ACCEPTANCE_SABOTAGE", sabotage)],
        );
        self.running.push(app);
    }

    fn stop(&mut self, app: App, codes: &[i32]) {
        app.signal("TERM");
        let Finished { code, stderr, .. } = app.finish();
        let is_right = code.is_some_and(|code| codes.contains(&code));
        assert!(is_right, "an instance does not stop as it should, but with {code:?}: {stderr}");
        self.report.aborts += stderr.matches("event=transaction_aborted").count();
    }

    fn stop_all(&mut self, codes: &[i32]) {
        while !self.running.is_empty() {
            let app = self.take_one();
            self.stop(app, codes);
        }
    }

    fn take_one(&mut self) -> App {
        let index = self.random.usize(..self.running.len());
        self.running.swap_remove(index)
    }

    fn pause(&mut self) {
        thread::sleep(PAUSE_MAX.mul_f64(self.random.f64()));
    }

    /// What a killed instance has left open ends when its time is over and the broker looks, every ten seconds.
    fn left_open(&self) -> Vec<(String, String)> {
        let start = Instant::now();
        loop {
            let open = self.stage.kafka.open_transactions(&self.stage.group);
            if open.is_empty() || start.elapsed() > STANDSTILL_MAX {
                return open;
            }
            thread::sleep(Duration::from_secs(1));
        }
    }

    /// All results that are committed.
    fn results(&self) -> Log {
        let mut results = Log::new();
        for record in self.stage.kafka.read(&self.stage.output, Isolation::ReadCommitted) {
            let partition = record.partition.expect("it was read");
            results.entry(partition).or_default().push(record.value.unwrap_or_default());
        }
        results
    }

    fn judge(&mut self, records: usize, results: &Log, followed: &Log) {
        let Stage { kafka, input, dead_letters, group, .. } = &self.stage;
        let input_ends = kafka.end_offsets(input, Isolation::ReadUncommitted);
        assert_eq!(
            input_ends.iter().sum::<i64>(),
            i64::try_from(records).expect("few"),
            "the feed wrote each once"
        );
        let committed: Vec<i64> =
            kafka.committed(group, input).into_iter().map(Option::unwrap_or_default).collect();
        assert_eq!(committed, input_ends, "the group's offsets are not the input's ends");
        let (expected_results, expected_letters) = feed::expected(records);
        self.report.records = records;
        self.report.followed = followed == results;
        self.report.results = judge(&expected_results, results);
        self.report.dead_letters = judge(&expected_letters, &letters(kafka, dead_letters));
    }
}

/// The dead letters by where they came from. Their own partition is their key's, so it is there that their order is kept.
fn letters(kafka: &Cluster, topic: &str) -> Log {
    let mut letters: Vec<(i32, i64, Vec<u8>)> = Vec::new();
    for record in kafka.read(topic, Isolation::ReadCommitted) {
        let number = |name: &str| record.header(name).and_then(|text| text.parse::<i64>().ok()).unwrap_or(-1);
        let partition = i32::try_from(number("__streams.errors.partition")).unwrap_or(-1);
        let offset = number("__streams.errors.offset");
        let value = record.value.clone().unwrap_or_default();
        letters.push((partition, offset, letter(&offset.to_string(), &value)));
    }
    letters.sort();
    let mut log = Log::new();
    for (partition, _, letter) in letters {
        log.entry(partition).or_default().push(letter);
    }
    log
}

impl Report {
    /// Whether all is as it has to be.
    pub fn is_right(&self) -> bool {
        self.results.is_right() && self.dead_letters.is_right() && self.followed && self.left_open.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.settings)?;
        writeln!(formatter, "{} records in {} s", self.records, self.duration.as_secs())?;
        writeln!(formatter, "kill -9 into open work: {}", self.kills)?;
        writeln!(
            formatter,
            "frozen past the session: {}, of these with open work {}",
            self.freezes, self.freezes_that_struck
        )?;
        writeln!(formatter, "joined: {}, left: {}", self.joins, self.leaves)?;
        writeln!(formatter, "brokers killed and restarted: {}", self.broker_kills)?;
        writeln!(formatter, "transactions aborted by instances that lived: {}", self.aborts)?;
        writeln!(formatter, "results: {}", self.results)?;
        writeln!(formatter, "dead letters: {}", self.dead_letters)?;
        writeln!(
            formatter,
            "read downstream meanwhile: {}",
            if self.followed { "the same" } else { "DIFFERENT" }
        )?;
        writeln!(formatter, "transactions left open: {:?}", self.left_open)?;
        write!(formatter, "verdict: {}", if self.is_right() { "exactly once" } else { "WRONG" })
    }
}
