//! From rows back to the text, in several places at once.
//!
//! Each step of a walk must wait for the one before it, and each jumps to a random row, so one walk spends its
//! time waiting for the cache. All rows lie on the way, so any of them is a place to start another walk:
//!
//! ```text
//!   marks              every 1,024th row, and the row of the text itself
//!   lane 0             mark ──► … ──► mark, next mark ──► … ──► mark, …      a stretch from mark to mark
//!   lane 1             mark ──► … ──► mark, …
//!   text               the stretches, each followed by the one that begins where it ended
//! ```
//! Eight lanes take a step each in turn; their loads overlap.

use super::rows::{Row, Rows};

const LANES: usize = 8;

/// Rows from mark to mark, and so about the steps of a stretch.
const MARK_ROWS: u32 = 1024;

/// Room for a lane: an eighth of the longest text, and what its last stretch may be longer than others. Not a
/// multiple of 4 KiB, so that lanes don't compete for the same lines of a cache.
const LANE_BYTES: usize = (160 << 10) + 5 * 64;

/// Texts with fewer rows are walked through in one go.
const FEW_ROWS: usize = 16 * MARK_ROWS as usize;

/// What the lanes found on their way from one mark to the next.
#[derive(Clone, Copy, Default)]
struct Stretch {
    /// The row it ended at, a mark.
    to: u32,
    /// Its bytes, in order, in the bytes of all lanes.
    start: u32,
    end: u32,
}

type Lanes = [[u8; LANE_BYTES]; LANES];

pub(super) struct Walk {
    bytes: Vec<u8>,
    /// By mark; the last is that of the text itself.
    stretches: Vec<Stretch>,
}

impl Walk {
    pub(super) fn new() -> Self {
        Self { bytes: vec![0; LANES * LANE_BYTES], stretches: Vec::new() }
    }

    /// Writes the text of `rows`, which begins at row `origin`, over `text`, which is as long.
    pub(super) fn text(&mut self, rows: &Rows, origin: u32, text: &mut [u8]) {
        if rows.len() < FEW_ROWS || !self.lanes(rows, origin) {
            one_by_one(rows, origin, text);
        } else {
            self.join(origin, text);
        }
    }

    /// Walks from every mark to the next one on its way. Gives up where the marks are so far apart that a lane
    /// runs full, which no text makes them.
    fn lanes(&mut self, rows: &Rows, origin: u32) -> bool {
        let marks = rows.len().div_ceil(MARK_ROWS as usize);
        self.stretches.clear();
        self.stretches.resize(marks + 1, Stretch::default());
        let Some(bytes) = self.bytes.as_chunks_mut().0.first_chunk_mut::<LANES>() else { return false };
        #[cfg(target_arch = "x86_64")]
        if super::processor::is_recent() {
            return recent::in_lanes(rows, origin, bytes, &mut self.stretches);
        }
        in_lanes(rows, origin, bytes, &mut self.stretches)
    }

    /// Puts the stretches one before the other: a walk goes through the text from its end.
    ///
    /// A text that repeats itself is a way that comes back to its start early, and is then gone again.
    fn join(&self, origin: u32, text: &mut [u8]) {
        let mut stretch = self.stretches[self.stretches.len() - 1];
        debug_assert!(stretch.end > stretch.start, "row {origin} leads somewhere");
        let mut rest = text.len();
        loop {
            let bytes = &self.bytes[stretch.start as usize..stretch.end as usize];
            let bytes = &bytes[bytes.len().saturating_sub(rest)..];
            text[rest - bytes.len()..rest].copy_from_slice(bytes);
            rest -= bytes.len();
            if rest == 0 {
                break;
            }
            stretch = self.stretches[(stretch.to / MARK_ROWS) as usize];
        }
    }
}

/// The plain way.
fn one_by_one(rows: &Rows, origin: u32, text: &mut [u8]) {
    let mut row = Row::new(origin);
    for byte in text.iter_mut().rev() {
        (*byte, row) = rows.step(row);
    }
}

#[inline(always)]
fn in_lanes(rows: &Rows, origin: u32, bytes: &mut Lanes, stretches: &mut [Stretch]) -> bool {
    let mut waiting = Waiting { origin, next: 0, left: stretches.len(), stretches };
    let mut row = [Row::new(0); LANES];
    // Which stretch a lane is on, and where it ends; none: there was none left, and it goes on to nowhere.
    let mut on = [None; LANES];
    for lane in 0..LANES {
        waiting.board(&mut row[lane], &mut on[lane], LANE_BYTES);
    }
    for at in (0..LANE_BYTES).rev() {
        let mut arrived = false;
        for lane in 0..LANES {
            (bytes[lane][at], row[lane]) = rows.step(row[lane]);
            arrived |= row[lane].is_multiple_of(MARK_ROWS);
        }
        if arrived {
            for lane in 0..LANES {
                if row[lane].is_multiple_of(MARK_ROWS) {
                    waiting.leave(row[lane], on[lane], lane * LANE_BYTES, at);
                    waiting.board(&mut row[lane], &mut on[lane], at);
                }
            }
            if waiting.left == 0 {
                return true;
            }
        }
    }
    false
}

/// The stretches that no lane has begun, and those that are done.
struct Waiting<'a> {
    origin: u32,
    next: usize,
    left: usize,
    stretches: &'a mut [Stretch],
}

impl Waiting<'_> {
    /// Sends a lane whose next byte goes before `at` on the next stretch.
    fn board(&mut self, row: &mut Row, on: &mut Option<(usize, usize)>, at: usize) {
        *on = (self.next < self.stretches.len()).then_some((self.next, at));
        if on.is_some() {
            let is_origin = self.next == self.stretches.len() - 1;
            *row = Row::new(if is_origin { self.origin } else { self.next as u32 * MARK_ROWS });
            self.next += 1;
        }
    }

    /// Notes that a lane has come to `row`, a mark; its last byte is at `at`.
    fn leave(&mut self, row: Row, on: Option<(usize, usize)>, lane_start: usize, at: usize) {
        if let Some((stretch, end)) = on {
            let (start, end) = ((lane_start + at) as u32, (lane_start + end) as u32);
            self.stretches[stretch] = Stretch { to: row.number(), start, end };
            self.left -= 1;
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "uses instructions that not every processor has")]
mod recent {
    use super::{Lanes, Rows, Stretch};

    pub(super) fn in_lanes(rows: &Rows, origin: u32, bytes: &mut Lanes, stretches: &mut [Stretch]) -> bool {
        // SAFETY: the caller asked for a recent processor, which has all of these.
        unsafe { compiled(rows, origin, bytes, stretches) }
    }

    #[target_feature(enable = "bmi1,bmi2,popcnt,ssse3")]
    fn compiled(rows: &Rows, origin: u32, bytes: &mut Lanes, stretches: &mut [Stretch]) -> bool {
        super::in_lanes(rows, origin, bytes, stretches)
    }
}
