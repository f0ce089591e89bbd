//! Places where a test may end the process, as a lost machine would: at once, with nothing cleaned up.
//!
//! Without the feature `kill-points` there is nothing here.

/// A place in a run, in the order of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KillPoint {
    /// Inputs are listed.
    Listed,
    /// The files of a step are there, its record is not.
    StepMade,
    /// The record of a step is there.
    StepFinished,
    /// Before the first file is sent.
    Sending,
    /// After each file that is sent.
    FileSent,
    /// All files are sent.
    Sent,
    /// The run's record is written.
    RunRecorded,
    /// The commit object is there.
    Committed,
    /// The run's record has its end.
    RunEnded,
    /// The card is there.
    CardPut,
}

impl KillPoint {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Listed,
        Self::StepMade,
        Self::StepFinished,
        Self::Sending,
        Self::FileSent,
        Self::Sent,
        Self::RunRecorded,
        Self::Committed,
        Self::RunEnded,
        Self::CardPut,
    ];

    /// Whether what a run made counts there.
    pub fn is_committed(self) -> bool {
        matches!(self, Self::Committed | Self::RunEnded | Self::CardPut)
    }

    /// Its name in `TWEETMILL_KILL_AT`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::StepMade => "step-made",
            Self::StepFinished => "step-finished",
            Self::Sending => "sending",
            Self::FileSent => "file-sent",
            Self::Sent => "sent",
            Self::RunRecorded => "run-recorded",
            Self::Committed => "committed",
            Self::RunEnded => "run-ended",
            Self::CardPut => "card-put",
        }
    }
}

/// Ends the process by SIGKILL where `TWEETMILL_KILL_AT` names this place, or the `n`th visit of it: `file-sent:3`.
#[cfg(feature = "kill-points")]
pub(crate) fn at(point: KillPoint) {
    use std::collections::BTreeMap;
    use std::sync::{Mutex, PoisonError};

    static VISITS: Mutex<BTreeMap<&str, u32>> = Mutex::new(BTreeMap::new());
    #[expect(clippy::disallowed_methods, reason = "of a test")]
    let Ok(wanted) = std::env::var("TWEETMILL_KILL_AT") else { return };
    let (name, visit) = wanted.split_once(':').unwrap_or((&wanted, "1"));
    if name != point.name() {
        return;
    }
    let mut visits = VISITS.lock().unwrap_or_else(PoisonError::into_inner);
    let seen = visits.entry(point.name()).or_default();
    *seen += 1;
    if seen.to_string() == visit {
        // No signal can be sent without unsafe code but by another program.
        let id = std::process::id().to_string();
        drop(std::process::Command::new("kill").args(["-s", "KILL", &id]).status());
        loop {
            std::thread::park();
        }
    }
}

/// Nothing.
#[cfg(not(feature = "kill-points"))]
pub(crate) const fn at(_: KillPoint) {}
