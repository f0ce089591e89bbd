//! What a walk tells its visitor and its caller.

use std::io;
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::tar::header::BLOCK_BYTES;

/// Receives the leaves of a walk in archive order: for each one `start`, any number of `data`, `end`.
///
/// A *leaf* is a file that, once the archives around it are opened, is a plain or compressed file and no
/// archive itself. `Break` means that nobody wants more: the walk stops at once and without an error.
pub trait Visitor {
    /// A leaf begins. `label` is its path inside the archives, nested ones joined with `!`
    /// (`day.zip!2021/01/01/10/29.json.bz2`); the label of a bare file is empty. A label is text for
    /// people, exactly as the archive has it but for invalid UTF-8: it is never a path to open.
    fn start(&mut self, label: &str) -> ControlFlow<()>;

    /// The next decompressed bytes of the leaf, never empty, cut anywhere.
    fn data(&mut self, chunk: &[u8]) -> ControlFlow<()>;

    /// The leaf is over.
    fn end(&mut self, report: LeafReport) -> ControlFlow<()>;
}

/// What became of one leaf.
///
/// Damage that lies between leaves is reported as a leaf of its own, without bytes, labelled with the
/// archive it was found in, followed by `@` and the offset where one is known (`inner.tar!@1024`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafReport {
    /// As given to [`Visitor::start`].
    pub label: String,
    /// What was opened to get at it, outermost first: `tar, bzip2`; empty for a plain file.
    pub layers: String,
    /// Length of the leaf as it would lie on disk if the archives were unpacked: still compressed. For
    /// an [`End::Unsupported`] entry of a zip, which can't be unpacked, length of the entry as stored.
    pub stored_bytes: u64,
    /// blake3 of those stored bytes: the same wherever the file lies, bare or in any archive.
    pub stored_digest: [u8; 32],
    /// Decompressed bytes given to [`Visitor::data`].
    pub bytes: u64,
    /// Whether that was all of it, and if not, why.
    pub end: End,
}

/// How a leaf ended. The text says what was found, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// All of it was read, and its checksums agree.
    Complete,
    /// It stops early. What could be decoded was given out.
    Truncated(String),
    /// It is damaged from some point on. What came before was given out.
    Corrupt(String),
    /// It grows out of proportion when decompressed. What came before was given out.
    Bomb(String),
    /// Decompressed, it is longer than [`Limits::max_member_bytes`](super::Limits::max_member_bytes), to which
    /// it was cut.
    TooLarge(String),
    /// It can't be opened: encrypted, an unknown method, or nested too deep. Nothing was given out.
    Unsupported(String),
}

impl End {
    /// Every name, the best end first.
    pub const NAMES: [&'static str; 6] =
        ["complete", "truncated", "corrupt", "bomb", "too_large", "unsupported"];

    /// The name that reports and tables use: one of [`Self::NAMES`].
    pub fn name(&self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Truncated(_) => "truncated",
            Self::Corrupt(_) => "corrupt",
            Self::Bomb(_) => "bomb",
            Self::TooLarge(_) => "too_large",
            Self::Unsupported(_) => "unsupported",
        }
    }

    /// What was found; empty for [`End::Complete`].
    pub fn detail(&self) -> &str {
        match self {
            Self::Complete => "",
            Self::Truncated(detail)
            | Self::Corrupt(detail)
            | Self::Bomb(detail)
            | Self::TooLarge(detail)
            | Self::Unsupported(detail) => detail,
        }
    }
}

/// Where one range of an archive was read from and to, in bytes from the start of the archive.
///
/// Ranges read at the same time agree when each stops where the next one started. They may not: a range
/// that begins inside a tar inside the tar takes an inner header for an outer one. So a caller reads the
/// first range with [`Start::Exact`]`(0)` and the others with [`Start::Resync`], then takes them in order:
///
/// ```text
///   before = report[0].stop
///   for each later range:  match report.judge(before, end of the range)
///     Accept      keep what it gave;                       before = report.stop
///     Discard     throw away what it gave
///     Reread(at)  throw it away, read Exact(at) instead;   before = stop of that report
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RangeReport {
    /// Where the first member starts, its long-name headers included; `None`: no member starts in it.
    pub first: Option<u64>,
    /// Where the member after the last one read starts, or the archive's end. Means nothing where
    /// `first` is `None` after [`Start::Resync`], and where the visitor broke off.
    pub stop: u64,
}

impl RangeReport {
    /// What this report of a [`Start::Resync`] range is worth, when everything before the range was read
    /// up to `before` and the range ends at `end`.
    pub fn judge(&self, before: u64, end: u64) -> Verdict {
        match self.first {
            Some(first) if first == before => Verdict::Accept,
            // A member that starts in an earlier range reaches past this one.
            _ if before >= end => Verdict::Discard,
            _ => Verdict::Reread(before),
        }
    }
}

/// See [`RangeReport`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// What the range gave is what a reader from the start would have found there.
    Accept,
    /// No member starts in this range; anything it gave is wrong.
    Discard,
    /// What the range gave is wrong or not all: the range is to be read again from this header.
    Reread(u64),
}

/// Where to begin in an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Start {
    /// At this offset, known to be a member's header or the first byte.
    Exact(u64),
    /// At the first header at or after this offset that is proved by the one that follows it.
    Resync(u64),
}

impl Start {
    /// The offset, exact or not.
    pub fn offset(self) -> u64 {
        match self {
            Self::Exact(at) | Self::Resync(at) => at,
        }
    }

    /// The first block of a tar at or after it.
    pub(super) fn next_block(self) -> Self {
        let round_up = |at: u64| at.div_ceil(BLOCK_BYTES).saturating_mul(BLOCK_BYTES);
        match self {
            Self::Exact(at) => Self::Exact(round_up(at)),
            Self::Resync(at) => Self::Resync(round_up(at)),
        }
    }
}

/// A walk that could not go on. Damage in the data never ends in this.
#[derive(Debug, Error)]
pub enum WalkError {
    /// The store or the network failed.
    #[error("the input could not be read")]
    Read(#[from] io::Error),
    /// A range was asked for of something that only reads from its start.
    #[error("only a tar or a zip can be read in ranges")]
    NotSplittable,
}
