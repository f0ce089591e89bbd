//! A cluster of processes on loopback ports: a scheduler and executors, each of which can be killed.

use std::collections::BTreeSet;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::need::skip;
use super::program::{Outcome, Program, Running};

/// Where everything listens.
const HOST: &str = "127.0.0.1";

/// Ports that were given away: two clusters of one process of tests have different ones.
static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());

/// A port that nobody uses.
fn free_port() -> u16 {
    let mut given = GIVEN.lock().unwrap();
    loop {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        if given.insert(port) {
            return port;
        }
    }
}

/// Certificates of one authority for this machine.
pub(crate) struct Certificates(tempfile::TempDir);

impl Certificates {
    /// None, which is said, where there is no `openssl`.
    pub(crate) fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../configs/deploy/certificates.sh");
        if Command::new("openssl").arg("version").output().is_err() {
            skip("openssl", "openssl is not installed");
            return None;
        }
        let made = Command::new("sh").arg(script).arg(folder.path()).arg(HOST).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        Some(Self(folder))
    }

    /// Authority, certificate and key.
    pub(crate) fn files(&self) -> [String; 3] {
        ["ca.pem".to_owned(), format!("{HOST}.pem"), format!("{HOST}.key")]
            .map(|name| self.0.path().join(name).to_str().unwrap().to_owned())
    }

    /// What `openssl` says of a greeting of the server at `port` with these certificates. By TLS 1.2, in which the server says
    /// what it thinks of them before the greeting is over.
    pub(crate) fn greet(&self, port: u16) -> String {
        let [ca, certificate, key] = self.files();
        let mut client = Command::new("openssl");
        client.args(["s_client", "-tls1_2", "-connect", &format!("{HOST}:{port}")]);
        client.args(["-CAfile", &ca, "-cert", &certificate, "-key", &key]);
        let said = client.stdin(Stdio::null()).output().unwrap();
        format!("{}{}", String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr))
    }
}

/// A scheduler and its executors. What still runs at the end is killed.
pub(crate) struct Cluster {
    folder: tempfile::TempDir,
    environment: Vec<(&'static str, String)>,
    /// Authority, certificate and key of all processes.
    tls: Option<[String; 3]>,
    port: u16,
    /// Of the executors.
    ports: Vec<u16>,
    scheduler: Option<Running>,
    executors: Vec<Option<Running>>,
}

impl Cluster {
    /// A scheduler and `executors` executors of one thread each.
    pub(crate) fn of(executors: usize) -> Self {
        Self::with(executors, Vec::new())
    }

    /// The same with `environment` in all processes.
    pub(crate) fn with(executors: usize, environment: Vec<(&'static str, String)>) -> Self {
        Self::idle(environment, None).started(executors)
    }

    /// The same with certificates.
    pub(crate) fn certified(executors: usize, certificates: &Certificates) -> Self {
        Self::idle(Vec::new(), Some(certificates.files())).started(executors)
    }

    /// A scheduler and an executor of two threads in one process.
    pub(crate) fn standalone() -> Self {
        let mut cluster = Self::idle(Vec::new(), None);
        let (bind, port) = (format!("{HOST}:{}", cluster.port), free_port().to_string());
        let scratch = cluster.folder.path().join("standalone");
        let options = ["--threads", "2", "--memory", "512MiB", "--scratch", scratch.to_str().unwrap()];
        let arguments = [&["standalone", "--bind", &bind, "--port", &port], &options[..]].concat();
        cluster.scheduler = Some(cluster.program(&arguments).start());
        cluster.await_scheduler();
        cluster
    }

    fn idle(environment: Vec<(&'static str, String)>, tls: Option<[String; 3]>) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            environment,
            tls,
            port: free_port(),
            ports: Vec::new(),
            scheduler: None,
            executors: Vec::new(),
        }
    }

    fn started(mut self, executors: usize) -> Self {
        self.start_scheduler();
        for _ in 0..executors {
            self.start_executor();
        }
        self
    }

    /// What a run file says of it.
    pub(crate) fn settings(&self) -> Vec<String> {
        let mut settings =
            vec!["engine.kind=cluster".to_owned(), format!("engine.scheduler={}", self.address())];
        if let Some([ca, certificate, key]) = &self.tls {
            settings.push(format!("engine.tls={{ca: {ca}, certificate: {certificate}, key: {key}}}"));
        }
        settings
    }

    /// Host and port of the scheduler.
    pub(crate) fn address(&self) -> String {
        format!("{HOST}:{}", self.port)
    }

    /// Where its processes listen, the scheduler first.
    pub(crate) fn ports(&self) -> Vec<u16> {
        [&[self.port], &self.ports[..]].concat()
    }

    /// Starts the scheduler, at the same port each time; it is back when that listens.
    pub(crate) fn start_scheduler(&mut self) {
        self.scheduler = Some(self.program(&["scheduler", "--bind", &self.address()]).start());
        self.await_scheduler();
    }

    fn await_scheduler(&self) {
        let began = Instant::now();
        while TcpStream::connect(self.address()).is_err() {
            assert!(began.elapsed() < Duration::from_mins(1), "the scheduler does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Starts one more executor.
    pub(crate) fn start_executor(&mut self) {
        let port = free_port();
        let (scheduler, listens) = (self.address(), port.to_string());
        let scratch = self.folder.path().join(format!("executor-{}", self.executors.len()));
        let options = ["--threads", "1", "--memory", "512MiB", "--scratch", scratch.to_str().unwrap()];
        let arguments = [&["executor", "--scheduler", &scheduler, "--port", &listens], &options[..]].concat();
        let executor = self.program(&arguments).start();
        self.executors.push(Some(executor));
        self.ports.push(port);
    }

    fn program(&self, arguments: &[&str]) -> Program {
        let log = ("TWEETMILL_LOG", "info".to_owned());
        let mut arguments = [&["cluster"], arguments].concat();
        if let Some([ca, certificate, key]) = &self.tls {
            arguments.extend(["--tls-ca", ca, "--tls-certificate", certificate, "--tls-key", key]);
        }
        Program::new(arguments).envs([log]).envs(self.environment.clone())
    }

    /// Ends executor `at` by the signal of this name.
    pub(crate) fn signal_executor(&mut self, at: usize, name: &str) -> Outcome {
        let executor = self.executors[at].take().expect("it should run");
        executor.signal(name);
        executor.wait()
    }

    /// Kills the scheduler.
    pub(crate) fn kill_scheduler(&mut self) -> Outcome {
        let scheduler = self.scheduler.take().expect("it should run");
        scheduler.signal("KILL");
        scheduler.wait()
    }

    /// Ends all processes; gives what they said.
    pub(crate) fn stop(mut self) -> Vec<Outcome> {
        let all: Vec<Running> = self.executors.drain(..).flatten().chain(self.scheduler.take()).collect();
        let end = |mut running: Running| {
            running.kill();
            running.wait()
        };
        all.into_iter().map(end).collect()
    }

    /// Where executors keep intermediate files.
    pub(crate) fn folder(&self) -> PathBuf {
        Path::to_owned(self.folder.path())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for mut running in self.executors.drain(..).flatten().chain(self.scheduler.take()) {
            running.kill();
            drop(running.wait());
        }
    }
}
