//! `/metrics`, `/livez` and `/readyz`: a request in, a page out. No more of HTTP than monitoring needs: a connection
//! carries one GET, of bounded size, within a bounded time, and a few are served at once.

use crate::telemetry::{Event, Telemetry};
use httparse::{EMPTY_HEADER, Request, Status};
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// How many connections are served at once; others wait for their turn. One slow client must not hold up a probe.
const CONNECTIONS_MAX: usize = 4;

/// The most bytes of a request's line and headers: what the usual servers take.
const HEAD_BYTES_MAX: usize = 8 * 1024;

/// The most headers of a request.
const HEADERS_MAX: usize = 64;

/// How long a connection may take for its request, and for each write of the answer: Prometheus gives up after 10 s,
/// and a client that takes longer only holds a place.
const CONNECTION_TIME_MAX: Duration = Duration::from_secs(5);

/// How long to wait after a connection could not be taken, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How much of what a client still sends is read at the end. Closing with unread bytes would reset the connection, and
/// the client might lose the answer.
const DRAIN_BYTES_MAX: u64 = 64 * 1024;

const PLAIN_TEXT: &str = "text/plain; charset=utf-8";

/// Prometheus' text format, by its version.
const METRICS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

const INDEX: &str = "\
/metrics  metrics in Prometheus' text format
/livez    200 while every thread's loop turns, else 503 and why
/readyz   200 while every thread is RUNNING, else 503 and why
";

/// A server that answers as long as the process lives.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
}

impl Server {
    /// The address that it listens on; for port 0 the one that was chosen.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Listens on the address, as `HOST:PORT`, and answers in threads of its own. An error if the address is none of this
/// machine's or taken.
pub fn serve(address: impl ToSocketAddrs, telemetry: &Arc<Telemetry>) -> io::Result<Server> {
    let listener = Arc::new(TcpListener::bind(address)?);
    let address = listener.local_addr()?;
    for number in 0..CONNECTIONS_MAX {
        let (listener, telemetry) = (Arc::clone(&listener), Arc::clone(telemetry));
        let thread = thread::Builder::new().name(format!("http-{number}"));
        thread.spawn(move || accept(&listener, &telemetry))?;
    }
    telemetry.tell(Event::HttpListening { address });
    Ok(Server { address })
}

fn accept(listener: &TcpListener, telemetry: &Telemetry) {
    loop {
        match listener.accept() {
            // A client that goes away or is too slow is no event of the loop's.
            Ok((connection, _)) => drop(serve_one(connection, telemetry)),
            Err(_) => thread::sleep(ACCEPT_PAUSE),
        }
    }
}

fn serve_one(mut connection: TcpStream, telemetry: &Telemetry) -> io::Result<()> {
    connection.set_write_timeout(Some(CONNECTION_TIME_MAX))?;
    let deadline = Instant::now() + CONNECTION_TIME_MAX;
    let answer = match read_head(&mut connection, deadline)? {
        Head::Request { method, path } => answer(&method, &path, telemetry),
        Head::TooLarge => Answer::plain("431 Request Header Fields Too Large", "the request is too large\n"),
        Head::Malformed => Answer::plain("400 Bad Request", "this is no HTTP request\n"),
    };
    connection.write_all(answer.bytes().as_bytes())?;
    connection.shutdown(Shutdown::Write)?;
    drain(connection, deadline)
}

/// What a connection begins with.
#[derive(Debug, PartialEq, Eq)]
enum Head {
    Request { method: String, path: String },
    TooLarge,
    Malformed,
}

/// Reads until the empty line that ends a request's head.
fn read_head(connection: &mut TcpStream, deadline: Instant) -> io::Result<Head> {
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    loop {
        connection.set_read_timeout(Some(time_left(deadline)?))?;
        match connection.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => head.extend_from_slice(&buffer[..read]),
        }
        if let Some(head) = parse(&head) {
            return Ok(head);
        }
    }
}

/// What the bytes so far are; none if more must come.
fn parse(bytes: &[u8]) -> Option<Head> {
    let mut headers = [EMPTY_HEADER; HEADERS_MAX];
    let mut request = Request::new(&mut headers);
    match request.parse(bytes) {
        Ok(Status::Complete(length)) if length > HEAD_BYTES_MAX => Some(Head::TooLarge),
        Ok(Status::Partial) if bytes.len() > HEAD_BYTES_MAX => Some(Head::TooLarge),
        Ok(Status::Partial) => None,
        Ok(Status::Complete(_)) => {
            let (method, path) = (request.method.unwrap_or_default(), request.path.unwrap_or_default());
            Some(Head::Request { method: method.to_owned(), path: path.to_owned() })
        }
        Err(httparse::Error::TooManyHeaders) => Some(Head::TooLarge),
        Err(_) => Some(Head::Malformed),
    }
}

/// A `TcpStream` takes no timeout of zero.
fn time_left(deadline: Instant) -> io::Result<Duration> {
    match deadline.saturating_duration_since(Instant::now()) {
        Duration::ZERO => Err(io::ErrorKind::TimedOut.into()),
        left => Ok(left),
    }
}

fn drain(mut connection: TcpStream, deadline: Instant) -> io::Result<()> {
    let mut left = DRAIN_BYTES_MAX;
    let mut buffer = [0; 1024];
    while left > 0 {
        connection.set_read_timeout(Some(time_left(deadline)?))?;
        match connection.read(&mut buffer)? {
            0 => break,
            read => left = left.saturating_sub(read as u64),
        }
    }
    Ok(())
}

/// An answer: status, type and text.
struct Answer {
    status: &'static str,
    content_type: &'static str,
    /// Whether the answer to a HEAD has no text.
    head_only: bool,
    text: String,
}

impl Answer {
    fn plain(status: &'static str, text: impl Into<String>) -> Self {
        Self { status, content_type: PLAIN_TEXT, head_only: false, text: text.into() }
    }

    fn of_check(check: Result<(), String>) -> Self {
        match check {
            Ok(()) => Self::plain("200 OK", "ok\n"),
            Err(reason) => Self::plain("503 Service Unavailable", reason + "\n"),
        }
    }

    fn bytes(&self) -> String {
        let Self { status, content_type, head_only, text } = self;
        let allow = if status.starts_with("405") { "Allow: GET, HEAD\r\n" } else { "" };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\
             Cache-Control: no-store\r\n{allow}Connection: close\r\n\r\n",
            text.len()
        );
        if *head_only { head } else { head + text }
    }
}

fn answer(method: &str, path: &str, telemetry: &Telemetry) -> Answer {
    if !matches!(method, "GET" | "HEAD") {
        return Answer::plain("405 Method Not Allowed", "only GET and HEAD are answered\n");
    }
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    let answer = match path {
        "/" => Answer::plain("200 OK", INDEX),
        "/metrics" => {
            Answer { content_type: METRICS_TEXT, ..Answer::plain("200 OK", telemetry.metrics_text()) }
        }
        "/livez" => Answer::of_check(telemetry.alive()),
        "/readyz" => Answer::of_check(telemetry.ready()),
        _ => Answer::plain("404 Not Found", "no such page; / lists them\n"),
    };
    Answer { head_only: method == "HEAD", ..answer }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::{State, TelemetrySettings};

    fn server() -> (Server, Arc<Telemetry>) {
        let telemetry = Telemetry::with_writer(TelemetrySettings::default(), Box::new(io::sink()));
        (serve("127.0.0.1:0", &telemetry).unwrap(), telemetry)
    }

    fn exchange(server: &Server, request: &[u8]) -> String {
        let mut connection = TcpStream::connect(server.address()).unwrap();
        connection.write_all(request).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    }

    fn get(server: &Server, path: &str) -> String {
        exchange(server, format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())
    }

    #[test]
    fn a_taken_port_is_an_error_at_once() {
        let (first, telemetry) = server();
        assert_ne!(first.address().port(), 0);
        assert_eq!(serve(first.address(), &telemetry).unwrap_err().kind(), io::ErrorKind::AddrInUse);
    }

    #[test]
    fn pages_are_answered_with_their_status() {
        let (server, telemetry) = server();
        let pipeline = telemetry.pipeline(0);
        assert!(get(&server, "/").starts_with("HTTP/1.1 200 OK\r\n"));
        let metrics = get(&server, "/metrics?x=1");
        let (head, text) = metrics.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8"), "{head}");
        assert!(head.contains(&format!("Content-Length: {}", text.len())), "{head}");
        assert!(text.contains("stream_app_input_records_total{thread=\"0\"} 0\n"), "{text}");
        assert!(get(&server, "/livez").ends_with("\r\n\r\nok\n"));
        let unready = get(&server, "/readyz");
        assert!(unready.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{unready}");
        assert!(unready.ends_with("\r\n\r\nthread 0 is CREATED\n"), "{unready}");
        pipeline.set_state(State::Running);
        assert!(get(&server, "/readyz").starts_with("HTTP/1.1 200 OK\r\n"));
        assert!(get(&server, "/metricsx").starts_with("HTTP/1.1 404 Not Found\r\n"));
    }

    #[test]
    fn other_methods_are_refused_and_a_head_has_no_text() {
        let (server, _telemetry) = server();
        let body = "x".repeat(2 * 1024);
        let posted = exchange(
            &server,
            format!("POST /metrics HTTP/1.1\r\nContent-Length: 2048\r\n\r\n{body}").as_bytes(),
        );
        assert!(posted.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"), "{posted}");
        assert!(posted.contains("\r\nAllow: GET, HEAD\r\n"), "{posted}");
        let head = exchange(&server, b"HEAD /livez HTTP/1.1\r\n\r\n");
        assert!(head.contains("\r\nContent-Length: 3\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    }

    #[test]
    fn a_body_that_comes_late_is_taken_and_not_answered_by_a_reset() {
        let (server, _telemetry) = server();
        let mut connection = TcpStream::connect(server.address()).unwrap();
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
        assert!(exchange(&server, b"\x16\x03\x01\x02\x00").starts_with("HTTP/1.1 400 Bad Request\r\n"));
    }

    #[test]
    fn clients_that_send_nothing_hold_up_no_other() {
        let (server, _telemetry) = server();
        let silent: Vec<TcpStream> =
            (1..CONNECTIONS_MAX).map(|_| TcpStream::connect(server.address()).unwrap()).collect();
        let start = Instant::now();
        assert!(get(&server, "/livez").ends_with("ok\n"));
        assert!(start.elapsed() < CONNECTION_TIME_MAX, "{:?}", start.elapsed());
        drop(silent);
    }

    #[test]
    fn a_client_that_sends_byte_by_byte_is_given_up() {
        let (server, _telemetry) = server();
        let mut slow = TcpStream::connect(server.address()).unwrap();
        let start = Instant::now();
        // Each byte comes in time for a timeout of a single read, and the request never ends.
        while slow.write_all(b"G").is_ok() && start.elapsed() < 4 * CONNECTION_TIME_MAX {
            thread::sleep(Duration::from_millis(100));
        }
        assert!(start.elapsed() < 2 * CONNECTION_TIME_MAX, "{:?}", start.elapsed());
    }
}
