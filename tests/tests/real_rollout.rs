//! A new model is rolled over a running group one instance at a time, and back, against a real Kafka with records flowing:
//! exactly once each is priced by one of the two models, and after a roll by the new one only.

mod kafka;
mod pricing;
mod process;

use kafka::{Cluster, Isolation, Record};
use pricing::{Pricing, assignments, house, scored, stop, wait_until};
use process::App;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

const OLD: &str = "house_prices";
const NEW: &str = "house_prices_2";
const INSTANCES: usize = 3;
const PARTITIONS: i32 = 6;

/// How many houses must have been priced between two rolls.
const BETWEEN: u32 = 300;

/// So many houses are written at once.
const TOGETHER: u32 = 20;

/// Writes houses at an even pace until it is stopped.
struct Feeder {
    fed: Arc<AtomicU32>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Feeder {
    fn start(kafka: &'static Cluster, topic: &str) -> Self {
        let (fed, stop) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
        let (its_fed, its_stop, topic) = (Arc::clone(&fed), Arc::clone(&stop), topic.to_owned());
        let thread = thread::spawn(move || {
            let mut next = 0;
            while !its_stop.load(Ordering::Relaxed) {
                let houses: Vec<Record> = (next..next + TOGETHER).map(house).collect();
                kafka.produce(&topic, &houses);
                next += TOGETHER;
                its_fed.store(next, Ordering::Relaxed);
                thread::sleep(Duration::from_millis(50));
            }
        });
        Self { fed, stop, thread }
    }

    /// The number of houses that are in the topic.
    fn fed(&self) -> u32 {
        self.fed.load(Ordering::Relaxed)
    }

    fn stop(self) -> u32 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("feeding does not panic");
        self.fed.load(Ordering::Relaxed)
    }
}

/// A group of processes with a model each.
struct Group<'a> {
    pricing: &'a Pricing,
    is_static: bool,
    instances: Vec<App>,
    /// What the processes have printed that were stopped, in that order.
    printed: Vec<String>,
}

impl Group<'_> {
    fn start(&self, instance: usize, model: &str) -> App {
        let name = format!("scorer-{instance}");
        let mut options = vec!["--model", model, "--processing-guarantee", "exactly_once"];
        options.extend(["--prediction-headers", "--output-partition", "input"]);
        if self.is_static {
            options.extend(["--group-instance-id", &name]);
        }
        self.pricing.run(&options)
    }

    /// Replaces one process after the other, each when the one before has its partitions.
    fn roll(&mut self, model: &str) {
        for instance in 0..INSTANCES {
            let old = self.instances.remove(instance);
            self.printed.push(stop(old));
            let new = self.start(instance, model);
            new.wait_for_stderr("event=assigned");
            self.instances.insert(instance, new);
        }
    }

    fn stop(&mut self) {
        let instances = std::mem::take(&mut self.instances);
        self.printed.extend(instances.into_iter().map(stop));
    }
}

/// The number that a house or its price carries.
fn number(record: &Record) -> u32 {
    record.json()["id"].as_u64().unwrap().try_into().unwrap()
}

/// Waits until all of these houses are priced.
fn wait_for(pricing: &Pricing, houses: &Range<u32>) {
    // Of the results so far, how many were looked at and how many of them are of these: to look at all of them each time takes
    // longer the slower the machine is, and more come meanwhile.
    let (seen, priced) = (Cell::new(0), Cell::new(0));
    pricing.kafka.read_until(&pricing.output, Isolation::ReadCommitted, |results| {
        let new = results[seen.replace(results.len())..].iter();
        priced.set(priced.get() + new.filter(|result| houses.contains(&number(result))).count());
        priced.get() >= houses.len()
    });
}

/// The digests of the models, as `--version` tells them.
fn digests() -> BTreeMap<String, String> {
    let version = process::run(&["--version"]).stdout;
    let digests = version.lines().filter_map(|line| line.split_once(" sha256:"));
    digests.map(|(name, digest)| (name.to_owned(), digest.to_owned())).collect()
}

/// Each house comes out once, in order, as one of the two models prices it, whose name and digest it carries. Which model,
/// by the house's number, comes out.
fn check(pricing: &Pricing, fed: u32) -> Vec<String> {
    let digests = digests();
    let houses: Vec<Record> = (0..fed).map(house).collect();
    let prices = BTreeMap::from([(OLD, scored(OLD, &houses)), (NEW, scored(NEW, &houses))]);
    assert!(
        prices[OLD].iter().zip(&prices[NEW]).all(|(old, new)| old != new),
        "the models can be told apart"
    );
    let results = pricing.kafka.read(&pricing.output, Isolation::ReadCommitted);
    let (mut models, mut last) = (vec![None; houses.len()], BTreeMap::new());
    for result in &results {
        let number = number(result);
        let model = result.header("model").expect("asked for by option");
        assert_eq!(result.text(), prices[model][number as usize], "by {model}");
        assert_eq!(result.header("model-digest"), Some(digests[model].as_str()));
        let twice = models[number as usize].replace(model.to_owned());
        assert_eq!(twice, None, "house {number} came out twice");
        let before = last.insert(result.partition, number);
        assert!(before.is_none_or(|before| before < number), "{before:?} before {number}");
    }
    let each = models.into_iter().enumerate();
    each.map(|(number, model)| model.unwrap_or_else(|| panic!("house {number} is lost"))).collect()
}

fn roll_and_roll_back(kafka: &'static Cluster, is_static: bool) {
    let pricing = Pricing::on(kafka, PARTITIONS);
    let feeder = Feeder::start(kafka, &pricing.input);
    let mut group = Group { pricing: &pricing, is_static, instances: Vec::new(), printed: Vec::new() };
    for instance in 0..INSTANCES {
        let app = group.start(instance, OLD);
        group.instances.push(app);
    }
    wait_until("all instances have partitions", || pricing.shares() == [2, 2, 2]);
    let mut phases = vec![(0..feeder.fed() + BETWEEN, OLD)];
    wait_for(&pricing, &phases[0].0);
    for model in [NEW, OLD] {
        let begun = feeder.fed();
        group.roll(model);
        // Those that are being written may have been priced already.
        let rolled = feeder.fed() + TOGETHER;
        assert!(rolled > begun + TOGETHER, "no record came while the model was rolled out");
        phases.push((rolled..rolled + BETWEEN, model));
        wait_for(&pricing, &(rolled..rolled + BETWEEN));
    }
    let fed = feeder.stop();
    pricing.wait_for_commit(i64::from(fed));
    group.stop();

    let models = check(&pricing, fed);
    for (houses, model) in phases {
        let priced = &models[houses.start as usize..houses.end as usize];
        assert!(priced.iter().all(|by| by == model), "{houses:?} are not all priced by {model}");
    }
    let ends = kafka.end_offsets(&pricing.input, Isolation::ReadUncommitted);
    let committed = kafka.committed(&pricing.group, &pricing.input);
    assert_eq!(committed.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>(), ends);
    assert_eq!(kafka.read(&pricing.dead_letters, Isolation::ReadUncommitted), []);
    assert_eq!(kafka.open_transactions(&pricing.group), []);
    for printed in &group.printed {
        assert!(!printed.contains("event=partitions_lost"), "{printed}");
    }
    if is_static {
        // Whoever came after the first three got the partitions of the one before, and none from anybody else.
        for printed in &group.printed[INSTANCES..] {
            assert_eq!(assignments(printed).len(), 1, "{printed}");
        }
    }
}

#[test]
fn a_model_is_rolled_out_and_back_over_static_members_and_no_partition_moves() {
    let Some(kafka) = kafka::shared() else { return };
    roll_and_roll_back(kafka, true);
}

#[test]
fn a_model_is_rolled_out_and_back_over_a_group_whose_partitions_move() {
    let Some(kafka) = kafka::shared() else { return };
    roll_and_roll_back(kafka, false);
}
