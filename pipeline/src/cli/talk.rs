//! The two streams: data on stdout, talk on stderr.

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::ValueEnum;
use serde::Serialize;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::error::{Error, ErrorKind, Result};
use crate::report::Style;

/// How messages on stderr are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// How this process talks on stderr.
#[derive(Debug, Clone, Copy)]
pub(super) struct Talk {
    format: LogFormat,
    quiet: bool,
}

impl Talk {
    pub(super) fn new(format: LogFormat, quiet: bool) -> Self {
        Self { format, quiet }
    }

    /// Sends the log to stderr: warnings and errors, or what `TWEETMILL_LOG` asks for.
    pub(super) fn start_log(self) -> Result<()> {
        let filter = EnvFilter::builder()
            .with_env_var("TWEETMILL_LOG")
            .with_default_directive(LevelFilter::WARN.into())
            .from_env()
            .map_err(|error| {
                Error::new(ErrorKind::Usage, "TWEETMILL_LOG is no filter of the log")
                    .with_source(error)
                    .with_hint("write a level, or levels by module: debug, or warn,tweetmill=debug")
            })?;
        let log =
            tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
        // A second call within one process finds the log set up already, and keeps it.
        drop(match self.format {
            LogFormat::Text => log.try_init(),
            LogFormat::Json => log.json().try_init(),
        });
        Ok(())
    }

    /// How progress is shown.
    pub(super) fn progress(self) -> Style {
        match self.format {
            _ if self.quiet => Style::Nothing,
            LogFormat::Json => Style::Json,
            LogFormat::Text if std::io::stderr().is_terminal() => Style::Bar,
            LogFormat::Text => Style::Lines,
        }
    }

    /// Says something to people: nothing with `--quiet`, and nothing to log collectors, who get objects.
    pub(super) fn say(self, text: &str) {
        if !self.quiet && self.format == LogFormat::Text {
            to_stderr(text);
        }
    }

    /// Says why the process fails: two lines, or one object.
    pub(super) fn error(self, error: &Error) {
        match self.format {
            LogFormat::Text => to_stderr(&format!("error: {error}")),
            LogFormat::Json => to_stderr(&error_object(&error.to_string(), error.exit_code())),
        }
    }
}

/// Writes data to stdout, with a line break at its end. A reader that has seen enough is no failure.
pub(super) fn data(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    let line_break = if text.ends_with('\n') { "" } else { "\n" };
    match write!(stdout, "{text}{line_break}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::new(ErrorKind::Resource, "stdout cannot be written").with_source(error))
        }
        _ => Ok(()),
    }
}

/// stdout for data that comes bit by bit. When its reader has seen enough, what is written goes nowhere:
/// the writer asks [`Closed`] whether to go on.
pub(super) struct Stdout {
    out: std::io::BufWriter<std::io::Stdout>,
    closed: Closed,
}

/// Whether the reader of stdout is gone.
#[derive(Clone, Default)]
pub(super) struct Closed(Arc<AtomicBool>);

impl Closed {
    pub(super) fn is_closed(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Stdout {
    pub(super) fn open() -> (Self, Closed) {
        let closed = Closed::default();
        (Self { out: std::io::BufWriter::new(std::io::stdout()), closed: closed.clone() }, closed)
    }

    fn unless_closed<T>(&self, written: std::io::Result<T>, instead: T) -> std::io::Result<T> {
        match written {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
                self.closed.0.store(true, Ordering::Relaxed);
                Ok(instead)
            }
            written => written,
        }
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes);
        self.unless_closed(written, bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let flushed = self.out.flush();
        self.unless_closed(flushed, ())
    }
}

/// True when the arguments ask for `--log-format json`: told before they are known to be right.
pub(super) fn asks_for_json(args: &[OsString]) -> bool {
    args.iter().any(|arg| arg == "--log-format=json")
        || args
            .windows(2)
            .any(|pair| matches!(pair, [name, value] if name == "--log-format" && value == "json"))
}

/// A refused command line as one object; clap's `tip:` becomes the hint.
pub(super) fn usage_as_json(error: &clap::Error) {
    let text = error.render().to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let message = first.strip_prefix("error: ").unwrap_or(first);
    let tip =
        text.lines().find_map(|line| line.trim().strip_prefix("tip: ")).unwrap_or("see tweetmill --help");
    to_stderr(&error_object(&format!("{message}\nhint: {tip}"), 2));
}

/// What log collectors get for an error.
#[derive(Serialize)]
struct ErrorObject<'a> {
    level: &'static str,
    error: &'a str,
    hint: Option<&'a str>,
    exit_code: i32,
}

fn error_object(text: &str, exit_code: i32) -> String {
    let (message, hint) = match text.split_once("\nhint: ") {
        Some((message, hint)) => (message, Some(hint)),
        None => (text, None),
    };
    serde_json::to_string(&ErrorObject { level: "error", error: message, hint, exit_code })
        .unwrap_or_default()
}

fn to_stderr(text: &str) {
    // Nobody is left to tell when stderr is closed.
    drop(writeln!(std::io::stderr(), "{}", text.trim_end_matches('\n')));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_one_object_for_collectors() {
        assert_eq!(
            error_object("a is wrong\nhint: write b", 2),
            r#"{"level":"error","error":"a is wrong","hint":"write b","exit_code":2}"#
        );
        assert_eq!(error_object("lost", 1), r#"{"level":"error","error":"lost","hint":null,"exit_code":1}"#);
    }

    #[test]
    fn json_is_asked_for_in_two_ways() {
        let args = |line: &str| line.split(' ').map(OsString::from).collect::<Vec<_>>();
        assert!(asks_for_json(&args("tweetmill --log-format json runn")));
        assert!(asks_for_json(&args("tweetmill runn --log-format=json")));
        assert!(!asks_for_json(&args("tweetmill run json")));
    }
}
