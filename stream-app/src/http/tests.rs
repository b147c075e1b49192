//! The server as monitoring sees it, over real connections.

use super::*;
use crate::telemetry::{State, TelemetrySettings};

fn server() -> (SocketAddr, Arc<Telemetry>) {
    let telemetry = Telemetry::with_writer(TelemetrySettings::default(), Box::new(io::sink()));
    (serve("127.0.0.1:0", &telemetry).unwrap(), telemetry)
}

fn exchange(server: SocketAddr, request: &[u8]) -> String {
    let mut connection = TcpStream::connect(server).unwrap();
    connection.write_all(request).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}

fn get(server: SocketAddr, path: &str) -> String {
    exchange(server, format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())
}

#[test]
fn a_taken_port_is_an_error_at_once() {
    let (first, telemetry) = server();
    assert_ne!(first.port(), 0);
    assert_eq!(serve(first, &telemetry).unwrap_err().kind(), io::ErrorKind::AddrInUse);
}

#[test]
fn pages_are_answered_with_their_status() {
    let (server, telemetry) = server();
    let pipeline = telemetry.pipeline(0);
    assert!(get(server, "/").starts_with("HTTP/1.1 200 OK\r\n"));
    let metrics = get(server, "/metrics?x=1");
    let (head, text) = metrics.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8"), "{head}");
    assert!(head.contains(&format!("Content-Length: {}", text.len())), "{head}");
    assert!(text.contains("stream_app_input_records_total{thread=\"0\"} 0\n"), "{text}");
    assert!(get(server, "/livez").ends_with("\r\n\r\nok\n"));
    let unready = get(server, "/readyz");
    assert!(unready.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{unready}");
    assert!(unready.ends_with("\r\n\r\nthread 0 is CREATED\n"), "{unready}");
    pipeline.set_state(State::Running);
    assert!(get(server, "/readyz").starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(get(server, "/metricsx").starts_with("HTTP/1.1 404 Not Found\r\n"));
}

#[test]
fn other_methods_are_refused_and_a_head_has_no_text() {
    let (server, _telemetry) = server();
    let body = "x".repeat(2 * 1024);
    let posted =
        exchange(server, format!("POST /metrics HTTP/1.1\r\nContent-Length: 2048\r\n\r\n{body}").as_bytes());
    assert!(posted.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"), "{posted}");
    assert!(posted.contains("\r\nAllow: GET, HEAD\r\n"), "{posted}");
    let head = exchange(server, b"HEAD /livez HTTP/1.1\r\n\r\n");
    assert!(head.contains("\r\nContent-Length: 3\r\n") && head.ends_with("\r\n\r\n"), "{head}");
}

#[test]
fn a_body_that_comes_late_is_taken_and_not_answered_by_a_reset() {
    let (server, _telemetry) = server();
    let mut connection = TcpStream::connect(server).unwrap();
    connection.write_all(b"POST / HTTP/1.1\r\nContent-Length: 30\r\n\r\n").unwrap();
    for _ in 0..3 {
        // Long enough for the answer to be written, and for a reset to come back.
        thread::sleep(Duration::from_millis(100));
        connection.write_all(&[b'x'; 10]).unwrap();
    }
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
}

#[test]
fn a_request_is_bounded_and_must_be_one() {
    let request = |bytes: usize| {
        let rest = "GET / HTTP/1.1\r\nx: \r\n\r\n".len();
        format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "a".repeat(bytes - rest))
    };
    let found = Head::Request { method: "GET".to_owned(), path: "/".to_owned() };
    assert_eq!(parse(request(HEAD_BYTES_MAX).as_bytes()), Some(found));
    assert_eq!(parse(request(HEAD_BYTES_MAX + 1).as_bytes()), Some(Head::TooLarge));
    assert_eq!(parse(&request(9_000).as_bytes()[..HEAD_BYTES_MAX]), None);
    assert_eq!(parse(&request(9_000).as_bytes()[..=HEAD_BYTES_MAX]), Some(Head::TooLarge));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(HEADERS_MAX + 1));
    assert_eq!(parse(many.as_bytes()), Some(Head::TooLarge));
    assert_eq!(parse(b"\x16\x03\x01\x02\x00"), Some(Head::Malformed), "TLS");
    let (server, _telemetry) = server();
    assert!(exchange(server, b"\x16\x03\x01\x02\x00").starts_with("HTTP/1.1 400 Bad Request\r\n"));
}

#[test]
fn clients_that_send_nothing_hold_up_no_other() {
    let (server, _telemetry) = server();
    let silent: Vec<TcpStream> = (1..CONNECTIONS_MAX).map(|_| TcpStream::connect(server).unwrap()).collect();
    let start = Instant::now();
    assert!(get(server, "/livez").ends_with("ok\n"));
    assert!(start.elapsed() < CONNECTION_TIME_MAX, "{:?}", start.elapsed());
    drop(silent);
}

#[test]
fn a_client_that_sends_byte_by_byte_is_given_up() {
    let (server, _telemetry) = server();
    let mut slow = TcpStream::connect(server).unwrap();
    let start = Instant::now();
    // Each byte comes in time for a timeout of a single read, and the request never ends.
    while slow.write_all(b"G").is_ok() && start.elapsed() < 4 * CONNECTION_TIME_MAX {
        thread::sleep(Duration::from_millis(100));
    }
    assert!(start.elapsed() < 2 * CONNECTION_TIME_MAX, "{:?}", start.elapsed());
}
