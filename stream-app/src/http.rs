//! `/metrics`, `/livez` and `/readyz`: a request in, a page out. No more of HTTP than monitoring needs: a connection
//! carries one GET, of bounded size, within a bounded time, and a few are served at once.

#[cfg(test)]
mod tests;

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

/// Listens on the address, as `HOST:PORT`, and answers in threads of its own as long as the process lives.
/// The address it listens on comes out; for port 0 the one that was chosen. An error if the address is none of this
/// machine's or taken.
pub fn serve(address: impl ToSocketAddrs, telemetry: &Arc<Telemetry>) -> io::Result<SocketAddr> {
    let listener = Arc::new(TcpListener::bind(address)?);
    let address = listener.local_addr()?;
    for number in 0..CONNECTIONS_MAX {
        let (listener, telemetry) = (Arc::clone(&listener), Arc::clone(telemetry));
        let thread = thread::Builder::new().name(format!("http-{number}"));
        thread.spawn(move || accept(&listener, &telemetry))?;
    }
    telemetry.tell(Event::HttpListening { address });
    Ok(address)
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
