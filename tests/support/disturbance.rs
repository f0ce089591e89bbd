//! A bad network between the program and a store: a proxy on a loopback port that delays, refuses, cuts and loses.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::http;

/// What becomes of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// It arrives, but later.
    Late,
    /// The store doesn't see it, and answers "503 Slow Down".
    Unavailable,
    /// The store doesn't see it, and the connection is cut.
    Reset,
    /// The store does what it is asked; the connection is cut before the answer.
    AnswerLost,
    /// The store does what it is asked, and answers "503 Slow Down" all the same.
    DoneButUnavailable,
    /// The connection is cut in the middle of the answer.
    AnswerCut,
    /// The store doesn't see it, and answers that there is such an object.
    FalseConflict,
}

impl Fault {
    /// What a bad network does now and then, one after the other.
    const USUAL: [Self; 6] = [
        Self::Unavailable,
        Self::Reset,
        Self::AnswerLost,
        Self::AnswerCut,
        Self::DoneButUnavailable,
        Self::Late,
    ];
}

/// The proxy; it ends with the test's process.
pub(crate) struct Disturbance {
    address: SocketAddr,
    plan: Arc<Plan>,
}

struct Plan {
    store: String,
    seen: AtomicU64,
    disturbed: AtomicU64,
    /// One request in so many meets a fault; 0: none does.
    one_in: u64,
    /// What becomes of the next requests to create a commit.
    commits: Mutex<Vec<Fault>>,
}

impl Disturbance {
    /// In front of the store at the address `store`: one request in `one_in` meets a fault.
    pub(crate) fn usual(store: &str, one_in: u64) -> Self {
        Self::start(store, one_in, Vec::new())
    }

    /// In front of the store at the address `store`: the first requests to create a commit meet `faults`, in this order.
    pub(crate) fn of_commits(store: &str, mut faults: Vec<Fault>) -> Self {
        faults.reverse();
        Self::start(store, 0, faults)
    }

    fn start(store: &str, one_in: u64, commits: Vec<Fault>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let plan = Arc::new(Plan {
            store: store.to_owned(),
            seen: AtomicU64::new(0),
            disturbed: AtomicU64::new(0),
            one_in,
            commits: Mutex::new(commits),
        });
        let shared = Arc::clone(&plan);
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let plan = Arc::clone(&shared);
                // A connection that breaks is what this is for.
                std::thread::spawn(move || drop(plan.pass_on(connection)));
            }
        });
        Self { address, plan }
    }

    /// Environment of a program that is to talk to the store through it.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        http::environment(&format!("http://{}", self.address))
    }

    /// How many requests met a fault.
    pub(crate) fn disturbed(&self) -> u64 {
        self.plan.disturbed.load(Ordering::SeqCst)
    }
}

impl Plan {
    fn pass_on(&self, mut client: TcpStream) -> std::io::Result<()> {
        let (head, body) = read_message(&client)?;
        let fault = self.fault(&head);
        if fault != Fault::None {
            self.disturbed.fetch_add(1, Ordering::SeqCst);
        }
        match fault {
            Fault::Reset => return client.shutdown(Shutdown::Both),
            Fault::Unavailable => return unavailable(&mut client),
            Fault::FalseConflict => {
                return http::answer_with_error(&mut client, "412 Precondition Failed", "PreconditionFailed");
            }
            Fault::Late => std::thread::sleep(Duration::from_millis(300)),
            _ => {}
        }
        let mut store = TcpStream::connect(&self.store)?;
        let (request, headers) = head.split_once("\r\n").unwrap_or((&head, ""));
        write!(store, "{request}\r\nConnection: close\r\n{headers}")?;
        store.write_all(&body)?;
        let mut answer = Vec::new();
        store.read_to_end(&mut answer)?;
        match fault {
            Fault::AnswerLost => client.shutdown(Shutdown::Both),
            Fault::DoneButUnavailable => unavailable(&mut client),
            Fault::AnswerCut => client.write_all(&answer[..answer.len() / 2]),
            _ => client.write_all(&answer),
        }
    }

    fn fault(&self, head: &str) -> Fault {
        let request = head.lines().next().unwrap_or_default();
        if request.starts_with("PUT ")
            && request.contains("/commits/")
            && let Some(fault) = self.commits.lock().unwrap().pop()
        {
            return fault;
        }
        let number = self.seen.fetch_add(1, Ordering::SeqCst) + 1;
        if self.one_in == 0 || !number.is_multiple_of(self.one_in) {
            return Fault::None;
        }
        Fault::USUAL[(number / self.one_in) as usize % Fault::USUAL.len()]
    }
}

fn unavailable(client: &mut TcpStream) -> std::io::Result<()> {
    http::answer_with_error(client, "503 Slow Down", "SlowDown")
}

/// Head, its end included, and body of a request that says how long it is.
fn read_message(stream: &TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        head.push_str(&line);
        line.make_ascii_lowercase();
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok((head, body))
}
