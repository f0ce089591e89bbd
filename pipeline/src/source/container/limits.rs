//! What hostile input may cost.

use std::cell::Cell;

use super::report::End;

/// Bounds on what is decompressed. Exceeding one ends the member it concerns, and only that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Decompressed bytes of one member; what lies beyond is cut off as [`End::TooLarge`]. Default 64 GiB.
    /// A file that is nowhere compressed may have any length: it is no longer than what is stored.
    pub max_member_bytes: u64,
    /// Most decompressed bytes for each compressed one, past [`Limits::bomb_free_bytes`]; beyond it is
    /// [`End::Bomb`]. Default 200: tweets are 10 to 15, while a gibibyte of zeros is 785 bytes of bzip2.
    pub bomb_ratio: u64,
    /// Decompressed bytes that no ratio is asked of. Default 64 MiB.
    pub bomb_free_bytes: u64,
    /// Archives and compressions opened one inside the other; what lies deeper is
    /// [`End::Unsupported`]. Default 5; `day.tar.gz` of `.json.bz2` needs 3.
    pub max_nesting: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_member_bytes: 64 << 30, bomb_ratio: 200, bomb_free_bytes: 64 << 20, max_nesting: 5 }
    }
}

/// What the outermost of a nest of compressions may have consumed ahead of the innermost when that one begins:
/// a block of bzip2, which is held whole, and some buffers.
const AHEAD_BYTES: u64 = 1 << 20;

/// Counts stored bytes as they are read or consumed.
#[derive(Debug, Default)]
pub(super) struct Meter(Cell<u64>);

impl Meter {
    pub(super) fn bytes(&self) -> u64 {
        self.0.get()
    }

    pub(super) fn add(&self, n: usize) {
        self.0.set(self.0.get() + n as u64);
    }
}

/// Watches one decompression for bombs: what it makes of its own input, and what it makes of the bytes
/// that the outermost one around it has consumed meanwhile. Two layers of 200 : 1 are 40,000 : 1.
pub(super) struct Guard<'a> {
    ratio: u64,
    free: u64,
    input: u64,
    output: u64,
    outermost: &'a Meter,
    outermost_start: u64,
    /// Whether the outermost is this one.
    counts: bool,
}

impl<'a> Guard<'a> {
    /// `around` counts what the outermost compression around this one consumes; where there is none, this one
    /// counts what it consumes itself in `own`.
    pub(super) fn new(limits: &Limits, around: Option<&'a Meter>, own: &'a Meter) -> Self {
        let outermost = around.unwrap_or(own);
        Self {
            ratio: limits.bomb_ratio,
            free: limits.bomb_free_bytes,
            input: 0,
            output: 0,
            outermost,
            outermost_start: outermost.bytes(),
            counts: around.is_none(),
        }
    }

    /// Counts one step; the verdict when it was one too many.
    pub(super) fn step(&mut self, consumed: usize, produced: usize) -> Option<End> {
        self.input += consumed as u64;
        if self.counts {
            self.outermost.add(consumed);
        }
        self.output += produced as u64;
        let outermost = self.outermost.bytes() - self.outermost_start + AHEAD_BYTES;
        let input = self.input.min(outermost);
        (self.output > self.free && self.output > input.saturating_mul(self.ratio)).then(|| {
            End::Bomb(format!("{} bytes out of {input}, more than {} to 1", self.output, self.ratio))
        })
    }
}
