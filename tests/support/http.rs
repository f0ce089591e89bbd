//! Loopback HTTP: a store that refuses everything, and a client for one that does not.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

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

    /// Environment of a program that is to talk to it.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        environment(&format!("http://{}", self.address))
    }
}

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

fn refuse(mut stream: TcpStream, status: &str, code: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut length = 0;
    let mut header = String::new();
    while reader.read_line(&mut header)? > 2 {
        if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        header.clear();
    }
    std::io::copy(&mut reader.take(length), &mut std::io::sink())?;
    let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>refused</Message></Error>");
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nConnection: close\r\n");
    write!(stream, "{head}Content-Length: {}\r\n\r\n", body.len())?;
    if request.starts_with("HEAD ") { Ok(()) } else { stream.write_all(body.as_bytes()) }
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
