//! The real program: started with a clean environment, waited for, looked at.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// `tweetmill` with `arguments`, run to its end.
pub(crate) fn tweetmill<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Outcome {
    Program::new(arguments).run()
}

/// A call of the program that is still being put together.
pub(crate) struct Program {
    command: Command,
}

impl Program {
    pub(crate) fn new<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Self {
        Self::of(Path::new(env!("CARGO_BIN_EXE_tweetmill")), arguments)
    }

    /// A call of the program in another file.
    pub(crate) fn of<S: AsRef<OsStr>>(file: &Path, arguments: impl IntoIterator<Item = S>) -> Self {
        let mut command = Command::new(file);
        command.args(arguments).stdin(Stdio::null()).env_clear();
        // Neither credentials nor settings of the one who runs the tests may reach the program.
        for kept in ["PATH", "HOME", "TMPDIR", "RUST_BACKTRACE"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        Self { command }
    }

    pub(crate) fn envs<'a>(mut self, variables: impl IntoIterator<Item = (&'a str, String)>) -> Self {
        self.command.envs(variables);
        self
    }

    /// One more `--set`.
    #[cfg(feature = "cluster")]
    pub(crate) fn set(mut self, setting: &str) -> Self {
        self.command.args(["--set", setting]);
        self
    }

    pub(crate) fn current_dir(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    pub(crate) fn run(self) -> Outcome {
        self.start().wait()
    }

    /// Starts it and leaves it running.
    pub(crate) fn start(mut self) -> Running {
        let call = format!("{:?}", self.command);
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Running { call, child: self.command.spawn().expect("the program should start") }
    }
}

/// The program while it runs.
pub(crate) struct Running {
    call: String,
    child: Child,
}

impl Running {
    /// Sends it the signal of this name, such as `INT`.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status().expect("kill should start");
        assert!(status.success(), "SIG{name} could not be sent");
    }

    /// Whether it has not ended yet.
    pub(crate) fn goes_on(&mut self) -> bool {
        self.child.try_wait().expect("the program should be there to be asked").is_none()
    }

    /// Ends it at once, if it goes on still.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("the program should be there to be killed");
    }

    /// Waits for its end. The exit code is none where a signal ended it.
    pub(crate) fn wait(self) -> Outcome {
        let Output { status, stdout, stderr } =
            self.child.wait_with_output().expect("the program should end");
        Outcome {
            call: self.call,
            code: status.code(),
            stdout: String::from_utf8(stdout).expect("stdout should be UTF-8"),
            stderr: String::from_utf8(stderr).expect("stderr should be UTF-8"),
        }
    }
}

/// How a call of the program ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    call: String,
    code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// Fails the test unless the exit code was 0.
    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        self.ended_with(0)
    }

    /// Fails the test unless this was the exit code.
    #[track_caller]
    pub(crate) fn ended_with(self, code: i32) -> Self {
        let Self { call, stdout, stderr, .. } = &self;
        assert_eq!(self.code, Some(code), "{call}\n--- stdout\n{stdout}\n--- stderr\n{stderr}");
        self
    }

    /// Fails the test unless stderr says every one of `words`.
    #[track_caller]
    pub(crate) fn complained_of(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.stderr.contains(word), "stderr does not say `{word}`:\n{}", self.stderr);
        }
        self
    }

    /// Fails the test unless a signal ended the program where it was.
    #[track_caller]
    pub(crate) fn was_killed(self) -> Self {
        assert_eq!(self.code, None, "{} ended by itself:\n{}", self.call, self.stderr);
        self
    }

    /// Whether a signal ended the program where it was; else it must have succeeded.
    #[track_caller]
    pub(crate) fn was_killed_by_signal(self) -> bool {
        self.code.is_none() || self.succeeded().code.is_none()
    }

    /// The object `--json` puts last on stdout.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let last = self.stdout.lines().last().unwrap_or_default();
        serde_json::from_str(last)
            .unwrap_or_else(|error| panic!("{error} in the last line of:\n{}", self.stdout))
    }
}
