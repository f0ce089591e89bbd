//! How far a run is: counters that any thread may add to, and what they look like at one moment.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::quantity;

/// Counters of the stage that is running. Cheap to add to; nothing is drawn here.
#[derive(Debug)]
pub struct Progress {
    stage: Mutex<(String, Instant)>,
    records: AtomicU64,
    bytes: AtomicU64,
    /// 0 when not known.
    bytes_total: AtomicU64,
}

impl Progress {
    /// No stage yet, everything at 0.
    pub fn new() -> Self {
        Self {
            stage: Mutex::new(("starting".to_owned(), Instant::now())),
            records: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            bytes_total: AtomicU64::new(0),
        }
    }

    /// Begins a stage: a verb such as `reading`, and the bytes it will go through where that is known.
    /// All counters start again at 0.
    pub fn begin(&self, stage: &str, bytes_total: Option<u64>) {
        let mut current = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        *current = (stage.to_owned(), Instant::now());
        self.records.store(0, Ordering::Relaxed);
        self.bytes.store(0, Ordering::Relaxed);
        self.bytes_total.store(bytes_total.unwrap_or(0), Ordering::Relaxed);
    }

    /// Counts records that went through the stage.
    pub fn add_records(&self, records: u64) {
        self.records.fetch_add(records, Ordering::Relaxed);
    }

    /// Counts bytes that went through the stage, as stored.
    pub fn add_bytes(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The counters at this moment.
    pub fn snapshot(&self) -> Snapshot {
        let (stage, elapsed) = {
            let current = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
            (current.0.clone(), current.1.elapsed())
        };
        let bytes_total = self.bytes_total.load(Ordering::Relaxed);
        Snapshot {
            stage,
            records: self.records.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            bytes_total: (bytes_total > 0).then_some(bytes_total),
            elapsed,
        }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

/// The counters of a stage at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// What is being done.
    pub stage: String,
    /// Records so far.
    pub records: u64,
    /// Bytes so far, as stored.
    pub bytes: u64,
    /// Bytes there are, where known.
    pub bytes_total: Option<u64>,
    /// Time since the stage began.
    pub elapsed: Duration,
}

impl Snapshot {
    /// Bytes a second since the stage began.
    pub fn bytes_per_second(&self) -> u64 {
        (u128::from(self.bytes) * 1000).checked_div(self.elapsed.as_millis()).unwrap_or(0) as u64
    }

    /// Time left if the stage goes on as it has; None before anything can be said.
    pub fn time_left(&self) -> Option<Duration> {
        let total = self.bytes_total?;
        let left = total.saturating_sub(self.bytes);
        if self.bytes == 0 {
            return None;
        }
        let millis = self.elapsed.as_millis() * u128::from(left) / u128::from(self.bytes);
        Some(Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX)))
    }
}

impl std::fmt::Display for Snapshot {
    /// One line: `reading: 1,234,567 records, 1.20 GB of 4.80 GB, 145 MB/s, 24 s left`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.stage)?;
        let mut separator = ": ";
        if self.records > 0 {
            write!(f, "{separator}{} records", quantity::count(self.records))?;
            separator = ", ";
        }
        if self.bytes > 0 {
            write!(f, "{separator}{}", quantity::bytes(self.bytes))?;
            if let Some(total) = self.bytes_total {
                write!(f, " of {}", quantity::bytes(total))?;
            }
            write!(f, ", {}/s", quantity::bytes(self.bytes_per_second()))?;
        }
        match self.time_left() {
            Some(left) => write!(f, ", {} left", quantity::duration(left)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(records: u64, bytes: u64, bytes_total: Option<u64>, seconds: u64) -> String {
        let elapsed = Duration::from_secs(seconds);
        Snapshot { stage: "reading".into(), records, bytes, bytes_total, elapsed }.to_string()
    }

    #[test]
    fn a_line_says_what_is_known() {
        assert_eq!(at(0, 0, None, 0), "reading");
        assert_eq!(at(0, 0, Some(100), 5), "reading");
        assert_eq!(at(1_234, 0, None, 5), "reading: 1,234 records");
        assert_eq!(at(0, 5_000_000, None, 5), "reading: 5.00 MB, 1.00 MB/s");
        assert_eq!(
            at(1_234_567, 1_200_000_000, Some(4_800_000_000), 8),
            "reading: 1,234,567 records, 1.20 GB of 4.80 GB, 150 MB/s, 24 s left"
        );
    }

    #[test]
    fn a_stage_starts_at_nothing() {
        let progress = Progress::new();
        progress.begin("reading", Some(10));
        progress.add_records(3);
        progress.add_bytes(4);
        let snapshot = progress.snapshot();
        assert_eq!((snapshot.records, snapshot.bytes, snapshot.bytes_total), (3, 4, Some(10)));
        progress.begin("writing", None);
        let snapshot = progress.snapshot();
        assert_eq!((snapshot.stage.as_str(), snapshot.records, snapshot.bytes_total), ("writing", 0, None));
    }
}
