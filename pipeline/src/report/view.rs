//! Shows progress on stderr while a run works: a bar on a terminal, now and then a line elsewhere.

use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::progress::{Progress, Snapshot};

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Not at all.
    Nothing,
    /// A bar that is drawn over: for terminals.
    Bar,
    /// A line every ten seconds: for log files.
    Lines,
    /// A JSON object every ten seconds: for log collectors.
    Json,
}

/// Between two looks at the counters, by a bar and by lines.
const BAR_TICK: Duration = Duration::from_millis(100);
const LINE_TICK: Duration = Duration::from_secs(10);

/// Shows a run's progress until dropped; then its bar is gone from the screen.
#[derive(Debug)]
pub struct ProgressView {
    /// Dropped to end the thread.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl ProgressView {
    /// Starts to show `progress`.
    pub fn start(progress: Arc<Progress>, style: Style) -> Self {
        if style == Style::Nothing {
            return Self { stop: None, thread: None };
        }
        let (stop, stopped) = channel();
        let thread = std::thread::spawn(move || match style {
            Style::Bar => draw(&progress, &stopped),
            Style::Lines => print(&progress, &stopped, Snapshot::to_string),
            Style::Json => print(&progress, &stopped, json),
            Style::Nothing => {}
        });
        Self { stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for ProgressView {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A view that panicked has nothing left to show, and the run does not depend on it.
            drop(thread.join());
        }
    }
}

fn draw(progress: &Progress, stopped: &Receiver<()>) {
    let bar = ProgressBar::no_length();
    let measured = style("{bar:24} {wide_msg}");
    let unmeasured = style("{spinner} {wide_msg}");
    while stopped.recv_timeout(BAR_TICK) == Err(RecvTimeoutError::Timeout) {
        let snapshot = progress.snapshot();
        match snapshot.bytes_total {
            Some(total) => {
                bar.set_style(measured.clone());
                bar.set_length(total);
            }
            None => bar.set_style(unmeasured.clone()),
        }
        bar.set_position(snapshot.bytes);
        bar.set_message(snapshot.to_string());
        bar.tick();
    }
    bar.finish_and_clear();
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸ ")
}

fn print(progress: &Progress, stopped: &Receiver<()>, line: impl Fn(&Snapshot) -> String) {
    while stopped.recv_timeout(LINE_TICK) == Err(RecvTimeoutError::Timeout) {
        // A closed stderr is no reason to stop a run.
        drop(writeln!(std::io::stderr(), "{}", line(&progress.snapshot())));
    }
}

fn json(snapshot: &Snapshot) -> String {
    serde_json::json!({
        "level": "info",
        "stage": snapshot.stage,
        "records": snapshot.records,
        "bytes": snapshot.bytes,
        "bytes_total": snapshot.bytes_total,
        "bytes_per_second": snapshot.bytes_per_second(),
        "seconds": snapshot.elapsed.as_secs(),
    })
    .to_string()
}
