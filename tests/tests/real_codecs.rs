//! `run` and compression against a real Kafka: input of each codec is read, and results are written with each.

mod kafka;
mod pricing;
mod process;

use kafka::{Cluster, Record};
use pricing::{MODEL, Pricing, house, scored, stop, wait_until};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Enough that batches have something to compress.
const HOUSES: u32 = 2_000;

/// By their number in a batch.
const CODECS: [&str; 5] = ["none", "gzip", "snappy", "lz4", "zstd"];

fn priced_with(kafka: &'static Cluster, codec: &str) {
    // With a codec of its own the topic has the broker compress whatever comes.
    let mut pricing = Pricing::with_output(kafka, 1, &[("compression.type", codec)]);
    pricing.output = kafka.topic("predictions", 1);
    pricing.produce(0..HOUSES);
    let compression = format!("compression.type={codec}");
    let app = pricing.run(&["--property", &compression]);
    pricing.wait_for_commit(i64::from(HOUSES));
    stop(app);
    pricing.assert_priced_once(0..HOUSES);
    for topic in [&pricing.input, &pricing.output] {
        let Some(found) = codecs(kafka, topic) else {
            let line = format!("\nNOT RUN: whether {topic} has {codec}: its segments are another's\n\n");
            let _ = io::stderr().write_all(line.as_bytes());
            continue;
        };
        // A batch that would not get smaller stays as it is.
        assert!(found.contains(codec), "{topic}: {found:?}, not {codec}");
        assert!(found.is_subset(&BTreeSet::from(["none", codec])), "{topic}: {found:?}, not {codec}");
    }
}

/// The codecs of the batches of a topic with one partition, as they stand in its segment.
fn codecs(kafka: &Cluster, topic: &str) -> Option<BTreeSet<&'static str>> {
    let segment = kafka.data_folder(1)?.join(format!("{topic}-0/00000000000000000000.log"));
    let bytes = std::fs::read(segment).unwrap();
    let (mut rest, mut found) = (bytes.as_slice(), BTreeSet::new());
    // A batch: base offset (8 bytes), length of what follows (4), leader epoch (4), magic (1), checksum (4), attributes (2).
    while let Some((header, _)) = rest.split_at_checked(23) {
        let length = u32::from_be_bytes(header[8..12].try_into().unwrap()) as usize;
        if length == 0 {
            break;
        }
        assert_eq!(header[16], 2, "the magic of batches since Kafka 0.11");
        found.insert(CODECS[usize::from(header[22] & 7)]);
        rest = &rest[12 + length..];
    }
    Some(found)
}

#[test]
fn gzip_snappy_and_lz4_are_read_and_written() {
    let Some(kafka) = kafka::shared() else { return };
    for codec in ["gzip", "snappy", "lz4"] {
        priced_with(kafka, codec);
    }
}

#[cfg(feature = "zstd")]
#[test]
fn zstd_is_read_and_written() {
    let Some(kafka) = kafka::shared() else { return };
    priced_with(kafka, "zstd");
}

/// `cargo test -p acceptance --no-default-features --test real_codecs`.
#[cfg(not(feature = "zstd"))]
#[test]
fn a_build_without_zstd_ends_at_a_topic_with_it_and_names_the_feature() {
    let Some(kafka) = kafka::shared() else { return };
    for guarantee in ["at_least_once", "exactly_once"] {
        let pricing = Pricing::with_output(kafka, 1, &[("compression.type", "zstd")]);
        pricing.produce(0..HOUSES);
        let finished = pricing.run(&["--processing-guarantee", guarantee]).finish();
        assert_eq!(finished.code, Some(2), "{}", finished.stderr);
        assert!(
            finished.stderr.contains("compressed in a way which this build can't read"),
            "{}",
            finished.stderr
        );
        assert!(finished.stderr.contains("a build with zstd"), "{}", finished.stderr);
        assert_eq!(pricing.committed(), 0);
    }
    let pricing = Pricing::on(kafka, 1);
    let finished = pricing.run(&["--property", "compression.type=zstd"]).finish();
    assert_eq!(finished.code, Some(2), "{}", finished.stderr);
    assert!(finished.stderr.contains("which this build can't do"), "{}", finished.stderr);
}

#[test]
fn codecs_may_change_from_record_to_record_of_the_input() {
    let Some(kafka) = kafka::shared() else { return };
    let pricing = Pricing::on(kafka, 1);
    let houses: Vec<Record> = (0..300).map(house).collect();
    for (codec, part) in CODECS.iter().take(4).zip(houses.chunks(75)) {
        kafka.produce_with(&pricing.input, part, &[("compression.type", codec), ("linger.ms", "20")]);
    }
    let app = pricing.run(&[]);
    let results = pricing.wait_for_results(300);
    stop(app);
    let texts: Vec<&str> = results.iter().map(Record::text).collect();
    assert_eq!(texts, scored(MODEL, &houses));
    if let Some(found) = codecs(kafka, &pricing.input) {
        assert_eq!(found, CODECS.into_iter().take(4).collect());
    }
    wait_until("all is committed", || pricing.committed() == 300);
}
