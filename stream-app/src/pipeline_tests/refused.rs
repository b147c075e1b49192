//! Records that the client or the broker does not take.

use super::*;

const TOO_LARGE: RDKafkaRespErr = RDKafkaRespErr::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
const INVALID_RECORD: RDKafkaRespErr = RDKafkaRespErr::RD_KAFKA_RESP_ERR_INVALID_RECORD;
const INVALID_TIMESTAMP: RDKafkaRespErr = RDKafkaRespErr::RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP;

#[test]
fn a_record_that_the_producers_queue_has_no_room_for_is_a_dead_letter_without_its_value() {
    let broker = start();
    let value = format!(r#"{{"size":1,"note":"{}"}}"#, "x".repeat(3_000));
    produce(&broker, &[input(&value, 0)]);
    let mut config = config(&broker);
    config.properties.push(("queue.buffering.max.kbytes".to_owned(), "1".to_owned()));
    run_until(&config, |progress| progress.dead_letters() == 1).unwrap();
    let [letter] = consume(&broker, "dead", 1).try_into().unwrap();
    assert_eq!(header(&letter, "__streams.errors.exception"), Some("result_refused"));
    let message = header(&letter, "__streams.errors.message").unwrap();
    assert!(message.contains("queue.buffering.max.kbytes"), "{message}");
    assert_eq!(header(&letter, "__stream-app.errors.omitted"), Some("value"));
}

#[test]
fn the_users_own_limits_win() {
    let broker = start();
    let value = format!(r#"{{"size":1,"note":"{}"}}"#, "x".repeat(3_000));
    produce(&broker, &[input(&value, 0)]);
    let mut config = config(&broker);
    config.properties.push(("message.max.bytes".to_owned(), "2000".to_owned()));
    run_until(&config, |progress| progress.dead_letters() == 1).unwrap();
    let [letter] = consume(&broker, "dead", 1).try_into().unwrap();
    assert_eq!(header(&letter, "__streams.errors.exception"), Some("result_too_large"));
    assert_eq!(header(&letter, "__stream-app.errors.omitted"), Some("value"));
}

#[test]
fn what_is_not_delivered_is_not_committed_and_scored_again_by_the_next_start() {
    let broker = start();
    produce(&broker, &[input(r#"{"size":1}"#, 0)]);
    broker.refuse_produce_requests(&[RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED]);
    let error = run_until(&config(&broker), |_| false).unwrap_err();
    assert!(matches!(&error, PipelineError::Delivery { topic, .. } if topic == "out"), "{error:?}");
    assert_eq!(committed(&broker), [Offset::Invalid, Offset::Invalid]);
    run_until(&config(&broker), |progress| progress.results() == 1).unwrap();
    assert_eq!(committed(&broker), [Offset::Offset(1), Offset::Invalid]);
}

/// Tests each of these, all at the same time: most of it is waiting.
fn at_once<T: Send>(cases: impl IntoIterator<Item = T>, test: impl Fn(T) + Sync) {
    let test = &test;
    thread::scope(|scope| {
        for case in cases {
            scope.spawn(move || test(case));
        }
    });
}

#[test]
fn records_of_a_refused_request_arrive_one_by_one() {
    at_once([TOO_LARGE, INVALID_RECORD, INVALID_TIMESTAMP], |refusal| {
        let broker = start();
        let values = sizes(10);
        let records: Vec<_> = values.iter().map(|value| input(value, 0).key(&b"one"[..])).collect();
        produce(&broker, &records);
        broker.refuse_produce_requests(&[refusal]);
        // On a busy machine too, the ten are one request.
        let producer_properties = vec![("linger.ms".to_owned(), "500".to_owned())];
        let config = Config { producer_properties, ..config(&broker) };
        run_until(&config, |progress| progress.results() + progress.dead_letters() == 10).unwrap();
        let results = consume(&broker, "out", 10);
        let found: Vec<&[u8]> = results.iter().map(|result| result.payload().unwrap()).collect();
        for (value, found) in values.iter().zip(found) {
            assert!(found.starts_with(value.trim_end_matches('}').as_bytes()), "{value}");
        }
        assert_eq!(committed(&broker), [Offset::Offset(10), Offset::Invalid]);
    });
}

#[test]
fn a_result_that_is_refused_alone_becomes_a_dead_letter() {
    let reasons = [
        (TOO_LARGE, "result_too_large"),
        (INVALID_RECORD, "result_refused"),
        (INVALID_TIMESTAMP, "result_refused"),
    ];
    at_once(reasons, |(refusal, reason)| {
        let broker = start();
        produce(&broker, &[input(r#"{"size":1}"#, 0)]);
        broker.refuse_produce_requests(&[refusal]);
        run_until(&config(&broker), |progress| progress.dead_letters() == 1).unwrap();
        let [letter] = consume(&broker, "dead", 1).try_into().unwrap();
        assert_eq!(letter.payload(), Some(&br#"{"size":1}"#[..]));
        assert_eq!(header(&letter, "__streams.errors.exception"), Some(reason));
        assert_eq!(header(&letter, "__stream-app.errors.omitted"), None);
        assert_eq!(committed(&broker), [Offset::Offset(1), Offset::Invalid]);
    });
}

#[test]
fn a_dead_letter_that_is_refused_alone_goes_without_its_value() {
    let broker = start();
    produce(&broker, &[input(r#"{"size":1}"#, 0).key(&b"k"[..]).timestamp(77)]);
    broker.refuse_produce_requests(&[TOO_LARGE; 2]);
    run_until(&config(&broker), |progress| progress.dead_letters() == 1).unwrap();
    let [letter] = consume(&broker, "dead", 1).try_into().unwrap();
    assert_eq!(letter.payload(), None);
    assert_eq!(letter.key(), Some(&b"k"[..]));
    assert_eq!(letter.timestamp().to_millis(), Some(77));
    assert_eq!(header(&letter, "__stream-app.errors.omitted"), Some("value"));
    assert_eq!(header(&letter, "__streams.errors.exception"), Some("result_too_large"));
    assert_eq!(header(&letter, "__streams.errors.offset"), Some("0"));
    assert_eq!(committed(&broker), [Offset::Offset(1), Offset::Invalid]);
}

#[test]
fn a_dead_letter_whose_timestamp_is_refused_goes_with_another() {
    let broker = start();
    produce(&broker, &[input("bad", 0).timestamp(77)]);
    broker.refuse_produce_requests(&[INVALID_TIMESTAMP]);
    run_until(&config(&broker), |progress| progress.dead_letters() == 1).unwrap();
    let [letter] = consume(&broker, "dead", 1).try_into().unwrap();
    assert_eq!(letter.payload(), None);
    assert!(letter.timestamp().to_millis() > Some(77));
    assert_eq!(header(&letter, "__stream-app.errors.omitted"), Some("value,timestamp"));
    assert_eq!(committed(&broker), [Offset::Offset(1), Offset::Invalid]);
}

#[test]
fn a_dead_letter_that_is_refused_without_its_value_ends_the_loop() {
    let broker = start();
    produce(&broker, &[input("bad", 0)]);
    broker.refuse_produce_requests(&[TOO_LARGE; 2]);
    let error = run_until(&config(&broker), |_| false).unwrap_err();
    assert!(matches!(&error, PipelineError::Delivery { topic, .. } if topic == "dead"), "{error:?}");
    assert_eq!(committed(&broker), [Offset::Invalid, Offset::Invalid]);
}
