//! A cluster of processes on loopback ports: a scheduler and executors, each of which can be killed.

use std::collections::BTreeSet;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::program::{Outcome, Program, Running};

/// Ports that were given away: two clusters of one process of tests have different ones.
static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());

/// The first of two neighbouring ports that nobody uses.
fn two_free_ports() -> u16 {
    let mut given = GIVEN.lock().unwrap();
    loop {
        let first = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = first.local_addr().unwrap().port();
        let free = port < u16::MAX && TcpListener::bind(("127.0.0.1", port + 1)).is_ok();
        if free && !given.contains(&port) && !given.contains(&(port + 1)) {
            given.extend([port, port + 1]);
            return port;
        }
    }
}

/// A scheduler and its executors. What still runs at the end is killed.
pub(crate) struct Cluster {
    folder: tempfile::TempDir,
    environment: Vec<(&'static str, String)>,
    port: u16,
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
        let folder = tempfile::tempdir().unwrap();
        let port = two_free_ports();
        let mut cluster = Self { folder, environment, port, scheduler: None, executors: Vec::new() };
        cluster.start_scheduler();
        for _ in 0..executors {
            cluster.start_executor();
        }
        cluster
    }

    /// What a run file says of it.
    pub(crate) fn settings(&self) -> [String; 2] {
        ["engine.kind=cluster".to_owned(), format!("engine.scheduler=127.0.0.1:{}", self.port)]
    }

    /// Starts the scheduler, at the same port each time; it is back when that listens.
    pub(crate) fn start_scheduler(&mut self) {
        let bind = format!("127.0.0.1:{}", self.port);
        self.scheduler = Some(self.program(&["scheduler", "--bind", &bind]).start());
        let began = Instant::now();
        while TcpStream::connect(&bind).is_err() {
            assert!(began.elapsed() < Duration::from_mins(1), "the scheduler does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Starts one more executor.
    pub(crate) fn start_executor(&mut self) {
        let (scheduler, port) = (format!("127.0.0.1:{}", self.port), two_free_ports().to_string());
        let scratch = self.folder.path().join(format!("executor-{}", self.executors.len()));
        let options = ["--threads", "1", "--memory", "512MiB", "--scratch", scratch.to_str().unwrap()];
        let mut arguments = vec!["executor", "--scheduler", &scheduler, "--port", &port];
        arguments.extend(options);
        let executor = self.program(&arguments).start();
        self.executors.push(Some(executor));
    }

    fn program(&self, arguments: &[&str]) -> Program {
        let log = ("TWEETMILL_LOG", "info".to_owned());
        Program::new([&["cluster"], arguments].concat()).envs([log]).envs(self.environment.clone())
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
