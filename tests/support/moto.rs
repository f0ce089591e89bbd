//! An S3 server of our own: moto, from a Python package, on a loopback port, for as long as the tests run.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use super::{http, need};

/// The server; suites keep apart by the names of their buckets.
pub(crate) struct Moto {
    address: String,
    /// Holds the server's stdin open: it stops when that closes, however this process ends.
    _server: Child,
}

impl Moto {
    /// The one server of this process; None, with the reason said, where it cannot be had.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Moto>> = OnceLock::new();
        let python = need::python("s3")?;
        let shared = SHARED.get_or_init(|| Self::start(&python)).as_ref();
        if shared.is_none() {
            need::skip("s3", "moto's server does not start; see tests/loaders/requirements.txt");
        }
        shared
    }

    fn start(python: &Path) -> Option<Self> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/s3/serve.py");
        let mut server =
            Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
        let mut address = String::new();
        BufReader::new(server.stdout.take()?).read_line(&mut address).ok()?;
        let address = address.trim().to_owned();
        (!address.is_empty()).then_some(Self { address, _server: server })
    }

    /// Environment of a program that is to talk to it.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        http::environment(&format!("http://{}", self.address))
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn create_bucket(&self, bucket: &str) {
        let (status, body) = http::request(&self.address, "PUT", &format!("/{bucket}"), b"");
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
    }

    pub(crate) fn put(&self, bucket: &str, key: &str, bytes: &[u8]) {
        let (status, body) = http::request(&self.address, "PUT", &format!("/{bucket}/{key}"), bytes);
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
    }

    /// Copies every object of `bucket` below the folder `to`.
    pub(crate) fn download(&self, bucket: &str, to: &Path) {
        for key in self.keys(bucket) {
            let (status, body) = http::request(&self.address, "GET", &format!("/{bucket}/{key}"), b"");
            assert_eq!(status, 200, "{key}");
            let path = to.join(key);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, body).unwrap();
        }
    }

    /// Keys of every object in `bucket`, which holds at most a thousand.
    pub(crate) fn keys(&self, bucket: &str) -> Vec<String> {
        let (status, body) = http::request(&self.address, "GET", &format!("/{bucket}?list-type=2"), b"");
        let body = String::from_utf8(body).unwrap();
        assert_eq!(status, 200, "{body}");
        assert!(body.contains("<IsTruncated>false</IsTruncated>"), "more objects than one page lists");
        let keys = body.split("<Key>").skip(1).map(|rest| rest.split("</Key>").next().unwrap().to_owned());
        keys.collect()
    }
}
