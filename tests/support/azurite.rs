//! An Azure server of our own: Azurite, from an npm package, on a loopback port, for as long as the tests run.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock};

use super::cloud::Cloud;
use super::need;

/// The account that Azurite documents for everybody.
const ACCOUNT: &str = "devstoreaccount1";
const KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// The server; suites keep apart by the names of their containers.
pub(crate) struct Azurite {
    port: String,
    pipes: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
    /// It stops when its stdin closes, however this process ends.
    _server: Child,
}

impl Azurite {
    /// The one server of this process; None, with the reason said, where it cannot be had.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Azurite>> = OnceLock::new();
        let Some(program) = std::env::var_os("TWEETMILL_AZURITE").map(PathBuf::from) else {
            need::skip("azure", "TWEETMILL_AZURITE names no blob/main.js of the npm package azurite");
            return None;
        };
        let shared = SHARED.get_or_init(|| Self::start(&program)).as_ref();
        if shared.is_none() {
            need::skip("azure", "Azurite does not start; it needs node and python3");
        }
        shared
    }

    fn start(program: &Path) -> Option<Self> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/azure/serve.py");
        let mut server = Command::new("python3")
            .arg(script)
            .arg(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let (stdin, mut stdout) = (server.stdin.take()?, BufReader::new(server.stdout.take()?));
        let mut port = String::new();
        stdout.read_line(&mut port).ok()?;
        let port = port.trim().to_owned();
        (!port.is_empty()).then_some(Self { port, pipes: Mutex::new((stdin, stdout)), _server: server })
    }

    fn obey(&self, command: &str) {
        let mut pipes = self.pipes.lock().unwrap();
        let (stdin, stdout) = &mut *pipes;
        writeln!(stdin, "{command}").unwrap();
        let mut answer = String::new();
        stdout.read_line(&mut answer).unwrap();
        assert_eq!(answer.trim(), "done", "{command}");
    }
}

impl Cloud for Azurite {
    fn scheme(&self) -> &'static str {
        "az"
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        let endpoint = format!("http://127.0.0.1:{}/{ACCOUNT}", self.port);
        vec![
            ("AZURE_STORAGE_ENDPOINT", endpoint),
            ("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT.to_owned()),
            ("AZURE_STORAGE_ACCOUNT_KEY", KEY.to_owned()),
        ]
    }

    fn create(&self, bucket: &str) {
        self.obey(&format!("create {bucket}"));
    }

    fn download(&self, bucket: &str, to: &Path) {
        self.obey(&format!("fetch {bucket} {}", to.display()));
    }
}
