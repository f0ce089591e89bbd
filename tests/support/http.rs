//! Loopback HTTP: a store that refuses everything, one that stalls, and a client for one that does not.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// An S3 server that answers every request with the same error.
pub(crate) struct Refusing {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Refusing {
    /// Answers with `status`, such as `403 Forbidden`, and the error `code` in S3's words.
    pub(crate) fn with(status: &'static str, code: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stopping = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stopping);
        let thread = std::thread::spawn(move || {
            for connection in listener.incoming() {
                if seen.load(Ordering::SeqCst) {
                    break;
                }
                // A client that hangs up early is its own affair.
                drop(connection.and_then(|stream| refuse(stream, status, code)));
            }
        });
        Self { address, stopping, thread: Some(thread) }
    }

    /// Environment of a program that is to talk to it, with keys that must never be shown.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let mut environment = environment(&format!("http://{}", self.address));
        for (name, value) in &mut environment {
            match *name {
                "AWS_ACCESS_KEY_ID" => ACCESS_KEY.clone_into(value),
                "AWS_SECRET_ACCESS_KEY" => SECRET_KEY.clone_into(value),
                _ => {}
            }
        }
        environment
    }
}

/// Keys of nobody, given to programs that are refused.
pub(crate) const ACCESS_KEY: &str = "AKIAINVENTEDFORTESTS";
pub(crate) const SECRET_KEY: &str = "invented+secret/of+nobody";

impl Drop for Refusing {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        // Wakes the thread up from waiting for the next connection.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Environment of a program that is to take `endpoint` for S3.
pub(super) fn environment(endpoint: &str) -> Vec<(&'static str, String)> {
    [
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", "us-east-1"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .to_vec()
}

/// Answers with an error in S3's words.
pub(super) fn answer_with_error(stream: &mut TcpStream, status: &str, code: &str) -> std::io::Result<()> {
    let body = error_body(code);
    respond(stream, status, "Content-Type: application/xml\r\n", body.len(), body.as_bytes())
}

fn refuse(mut stream: TcpStream, status: &str, code: &str) -> std::io::Result<()> {
    let request = read_request(&stream)?;
    let body = if request.starts_with("HEAD ") { String::new() } else { error_body(code) };
    respond(&mut stream, status, "Content-Type: application/xml\r\n", body.len(), body.as_bytes())
}

/// An error in S3's words, which repeat what was asked and signed.
fn error_body(code: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>refused</Message>\
         <AWSAccessKeyId>{ACCESS_KEY}</AWSAccessKeyId><StringToSign>AWS4-HMAC-SHA256 {SECRET_KEY}</StringToSign>\
         <RequestId>TX000</RequestId></Error>"
    )
}

/// The head of a request; its body is read and forgotten.
fn read_request(stream: &TcpStream) -> std::io::Result<String> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut request = String::new();
    let mut length = 0;
    while reader.read_line(&mut request)? > 2 {
        let header = request.lines().last().unwrap_or_default().to_ascii_lowercase();
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    std::io::copy(&mut reader.take(length), &mut std::io::sink())?;
    Ok(request)
}

fn respond(
    stream: &mut TcpStream,
    status: &str,
    headers: &str,
    length: usize,
    body: &[u8],
) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 {status}\r\n{headers}Connection: close\r\nContent-Length: {length}\r\n\r\n")?;
    stream.write_all(body)
}

/// An S3 server with the one object `s3://raw/stream.tar`, whose second half it doesn't give until told.
pub(crate) struct Halting {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    object: Vec<u8>,
    /// What is done with requests for the second half.
    second_half: Mutex<SecondHalf>,
    changed: Condvar,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SecondHalf {
    Held,
    /// Held, and asked for at least once.
    Awaited,
    Given,
    Refused,
}

impl Halting {
    /// Its object.
    pub(crate) const URL: &str = "s3://raw/stream.tar";

    /// Holds requests for the second half back.
    pub(crate) fn with(object: Vec<u8>) -> Self {
        Self::start(object, SecondHalf::Held)
    }

    /// Refuses requests for the second half, as when a token expires meanwhile.
    pub(crate) fn refusing_half_way(object: Vec<u8>) -> Self {
        Self::start(object, SecondHalf::Refused)
    }

    fn start(object: Vec<u8>, second_half: SecondHalf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State { object, second_half: Mutex::new(second_half), changed: Condvar::new() });
        let shared = Arc::clone(&state);
        // Ends with the test's process: requests held back are never answered otherwise.
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || drop(state.answer(connection)));
            }
        });
        Self { address, state }
    }

    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        environment(&format!("http://{}", self.address))
    }

    /// Returns when a reader waits for the second half.
    pub(crate) fn wait_until_awaited(&self) {
        let mut half = self.state.second_half.lock().unwrap();
        while *half == SecondHalf::Held {
            let (next, waited) = self.state.changed.wait_timeout(half, Duration::from_mins(1)).unwrap();
            assert!(!waited.timed_out(), "nobody asked for the second half");
            half = next;
        }
    }

    /// Gives the second half from now on.
    pub(crate) fn release(&self) {
        *self.state.second_half.lock().unwrap() = SecondHalf::Given;
        self.state.changed.notify_all();
    }
}

impl State {
    fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let request = read_request(&stream)?;
        if request.split(' ').nth(1) != Some("/raw/stream.tar") {
            let body = error_body("NoSuchKey");
            return respond(&mut stream, "404 Not Found", "", body.len(), body.as_bytes());
        }
        let headers = "ETag: \"one\"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n";
        if request.starts_with("HEAD ") {
            return respond(&mut stream, "200 OK", headers, self.object.len(), b"");
        }
        let range = request.lines().find_map(|line| {
            let (name, value) = line.split_once(": bytes=")?;
            let (first, last) = value.split_once('-')?;
            let numbers = (first.parse::<usize>().ok()?, last.parse::<usize>().ok()?);
            name.eq_ignore_ascii_case("range").then_some(numbers)
        });
        let (first, last) = range.expect("objects should be read in ranges");
        if first >= self.object.len() / 2 && !self.may_give() {
            let body = error_body("ExpiredToken");
            return respond(&mut stream, "400 Bad Request", "", body.len(), body.as_bytes());
        }
        let last = last.min(self.object.len() - 1);
        let body = &self.object[first..=last];
        let headers = format!("{headers}Content-Range: bytes {first}-{last}/{}\r\n", self.object.len());
        respond(&mut stream, "206 Partial Content", &headers, body.len(), body)
    }

    fn may_give(&self) -> bool {
        let mut half = self.second_half.lock().unwrap();
        loop {
            match *half {
                SecondHalf::Given => return true,
                SecondHalf::Refused => return false,
                SecondHalf::Held => {
                    *half = SecondHalf::Awaited;
                    self.changed.notify_all();
                }
                SecondHalf::Awaited => half = self.changed.wait(half).unwrap(),
            }
        }
    }
}

/// One request to `address`; gives the status and the body.
///
/// Signed for nobody: the server takes any credentials, but treats a request without as a stranger's.
pub(super) fn request(address: &str, method: &str, path: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    let credential = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request";
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nHost: {address}\r\n\
         Authorization: {credential}, SignedHeaders=host, Signature=0\r\n\
         Content-Type: application/octet-stream\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .unwrap();
    stream.write_all(body).unwrap();
    let mut response = Vec::new();
    stream.read_to_end(&mut response).unwrap();
    let head_end =
        response.windows(4).position(|window| window == b"\r\n\r\n").expect("a response should have a head");
    let head = String::from_utf8(response[..head_end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, response.split_off(head_end + 4))
}
