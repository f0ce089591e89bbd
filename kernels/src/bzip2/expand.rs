//! The text of a block, its runs written out.
//!
//! Before all else bzip2 writes four to 259 equal bytes as four of them and a byte that says how many more
//! there are. So 900 kB of text are up to 45 MiB, and are given out in pieces.

use super::Fault;
use super::crc::Crc;

/// Looked through for a run at a time: what was found is still in the first-level cache when it is copied.
const WINDOW_BYTES: usize = 4096;

/// Equal bytes that are followed by a count.
const RUN_BYTES: usize = 4;

/// How far a text has been expanded.
#[derive(Clone, Copy, Default)]
pub(super) struct Expansion {
    /// Up to where in the text.
    at: usize,
    /// Bytes from there on that stand for themselves.
    plain: usize,
    /// Whether they are followed by a count.
    counted: bool,
    /// Repeats of the byte before `at` that are still due.
    repeats: usize,
}

/// Some expanded bytes.
enum Piece<'a> {
    Plain(&'a [u8]),
    Repeats(u8, usize),
}

impl Expansion {
    /// The next bytes, at most `most`; none at the end.
    fn next<'a>(&mut self, text: &'a [u8], most: usize) -> Option<Piece<'a>> {
        if self.plain == 0 && self.counted {
            self.repeats = usize::from(*text.get(self.at)?);
            self.at += 1;
            self.counted = false;
        }
        if self.repeats > 0 {
            let count = self.repeats.min(most);
            self.repeats -= count;
            // The count itself stands before `at`.
            return Some(Piece::Repeats(text[self.at - 2], count));
        }
        if self.plain == 0 {
            (self.plain, self.counted) = look_ahead(text.get(self.at..)?);
        }
        let (from, count) = (self.at, self.plain.min(most));
        self.at += count;
        self.plain -= count;
        (count > 0).then(|| Piece::Plain(&text[from..from + count]))
    }

    /// Expands the next bytes of `text` into `out`; how many, fewer than there is room for only at the end.
    pub(super) fn write(&mut self, text: &[u8], out: &mut [u8]) -> usize {
        let mut written = 0;
        while written < out.len() {
            let out = &mut out[written..];
            written += match self.next(text, out.len()) {
                None => break,
                Some(Piece::Plain(bytes)) => {
                    out[..bytes.len()].copy_from_slice(bytes);
                    bytes.len()
                }
                Some(Piece::Repeats(byte, count)) => {
                    out[..count].fill(byte);
                    count
                }
            };
        }
        written
    }
}

/// The checksum of all that `text` expands to.
pub(super) fn checksum(text: &[u8]) -> Result<u32, Fault> {
    let mut expansion = Expansion::default();
    let mut crc = Crc::new();
    while let Some(piece) = expansion.next(text, usize::MAX) {
        match piece {
            Piece::Plain(bytes) => crc.update(bytes),
            Piece::Repeats(byte, count) => crc.update(&[byte; 255][..count]),
        }
    }
    if expansion.counted { Err(Fault::Corrupt("a run without its length")) } else { Ok(crc.sum()) }
}

/// How many bytes at the start of `text` stand for themselves, and whether a count follows.
#[expect(
    clippy::needless_bitwise_bool,
    reason = "comparisons that wait for each other are not made all at once"
)]
fn look_ahead(text: &[u8]) -> (usize, bool) {
    let begins_run = |w: &[u8; RUN_BYTES]| (w[0] == w[1]) & (w[0] == w[2]) & (w[0] == w[3]);
    let window = &text[..text.len().min(WINDOW_BYTES)];
    let mut at = 0;
    // Thirty-two places at a time, which compiles to a few comparisons of whole registers.
    while let Some(places) = window.get(at..).and_then(|rest| rest.first_chunk::<35>()) {
        let found = (0..32).fold(false, |found, i| {
            found
                | ((places[i] == places[i + 1]) & (places[i] == places[i + 2]) & (places[i] == places[i + 3]))
        });
        if found {
            break;
        }
        at += 32;
    }
    match window[at..].array_windows().position(begins_run) {
        Some(place) => (at + place + RUN_BYTES, true),
        // The last three bytes of a window may begin a run.
        None if window.len() < text.len() => (window.len() - (RUN_BYTES - 1), false),
        None => (window.len(), false),
    }
}
