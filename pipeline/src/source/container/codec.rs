//! Decompression of one file: one stream, or several one after the other.

mod bzip2;
mod gzip;
mod zstd;

use super::limits::Guard;
use super::report::End;
use super::sniff::{Codec, codec_at};
use super::stream::{Fault, Source, settle};

/// Compressed bytes held at a time, unless a stream wants more.
const INPUT_BYTES: usize = 64 << 10;

/// Enough to tell whether another stream begins.
const MAGIC_BYTES: usize = 16;

/// One compressed stream, fed piece by piece.
trait Stream {
    /// Reads from `input` and writes to `out`. An empty `input` asks for what is still held back.
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step;

    /// Bytes of input it would have at hand for its next step, if there are as many.
    fn wanted(&self) -> usize {
        1
    }

    /// Goes on with another stream after the one that ended.
    fn restart(&mut self);
}

/// What one step did. Bytes produced count even where it failed.
struct Step {
    consumed: usize,
    produced: usize,
    state: State,
}

enum State {
    Running,
    /// Nothing was done: it takes more than this input, and what is wanted now is more.
    Starved,
    /// The stream is over; what follows in the input is not part of it.
    Ended,
    Failed(End),
}

/// The decompressed bytes of a source.
///
/// ```text
///   inner ──► 64 KiB, always filled ──► stream, stream, … ──► pull
/// ```
/// The input is filled to the brim before it runs short of what a step wants, so the steps, and with them the
/// bytes given out before damage or a bomb is noticed, depend on the file alone and not on how its bytes
/// arrived. bzip2 wants whole blocks: there it is up to 8 MiB.
pub(super) struct Decoded<'a> {
    codec: Codec,
    inner: Box<dyn Source + 'a>,
    guard: Guard<'a>,
    input: Vec<u8>,
    at: usize,
    len: usize,
    inner_end: Option<End>,
    stream: Box<dyn Stream>,
    position: Position,
}

enum Position {
    /// Inside a stream, or before the first.
    Inside,
    /// After at least one whole stream.
    Between,
    Over(End),
}

impl<'a> Decoded<'a> {
    pub(super) fn new(codec: Codec, inner: Box<dyn Source + 'a>, guard: Guard<'a>) -> Self {
        let stream: Box<dyn Stream> = match codec {
            Codec::Gzip => Box::new(gzip::Gzip::new()),
            Codec::Bzip2 => Box::new(bzip2::Bzip2::new()),
            Codec::Zstd => Box::new(zstd::Zstd::new()),
        };
        let (input, position) = (vec![0; INPUT_BYTES], Position::Inside);
        Self { codec, inner, guard, input, at: 0, len: 0, inner_end: None, stream, position }
    }

    /// Fills the input as far as the inner source goes, keeping what is unread, with twice what is wanted so that
    /// little is moved often.
    fn refill(&mut self, wanted: usize) -> Result<(), Fault> {
        self.input.copy_within(self.at..self.len, 0);
        self.len -= self.at;
        self.at = 0;
        if self.input.len() < wanted * 2 {
            self.input.resize(wanted * 2, 0);
        }
        while self.len < self.input.len() && self.inner_end.is_none() {
            match settle(self.inner.pull(&mut self.input[self.len..])).map_err(Fault::Read)? {
                Ok(0) => self.inner_end = Some(End::Complete),
                Ok(n) => self.len += n,
                Err(end) => self.inner_end = Some(end),
            }
        }
        Ok(())
    }

    /// How the inner source ended, known once a refill leaves the input short.
    fn inner_end(&self) -> End {
        self.inner_end.clone().unwrap_or(End::Complete)
    }

    /// After a whole stream: the end, another stream, padding up to the end, or something else.
    fn between(&mut self) -> Result<Position, Fault> {
        if self.len - self.at < MAGIC_BYTES {
            self.refill(MAGIC_BYTES)?;
        }
        if codec_at(&self.input[self.at..self.len]) == Some(self.codec) {
            self.stream.restart();
            return Ok(Position::Inside);
        }
        while self.at < self.len {
            if self.input[self.at..self.len].iter().any(|&byte| byte != 0) {
                return Ok(Position::Over(End::Corrupt(format!(
                    "trailing bytes that are not {}",
                    self.codec
                ))));
            }
            self.at = self.len;
            self.refill(1)?;
        }
        Ok(Position::Over(self.inner_end()))
    }
}

impl Source for Decoded<'_> {
    fn pull(&mut self, out: &mut [u8]) -> Result<usize, Fault> {
        loop {
            match &self.position {
                Position::Inside => {}
                Position::Between => {
                    self.position = self.between()?;
                    continue;
                }
                Position::Over(End::Complete) => return Ok(0),
                Position::Over(end) => return Err(Fault::Damage(end.clone())),
            }
            let wanted = self.stream.wanted();
            if self.len - self.at < wanted && self.inner_end.is_none() {
                self.refill(wanted)?;
            }
            let Step { consumed, produced, state } = self.stream.step(&self.input[self.at..self.len], out);
            self.at += consumed;
            match state {
                State::Failed(end) => self.position = Position::Over(end),
                State::Ended => self.position = Position::Between,
                State::Running if consumed > 0 || produced > 0 => {}
                State::Starved if self.inner_end.is_none() => {}
                State::Running if self.at < self.len => {
                    self.position =
                        Position::Over(End::Corrupt(format!("the {} stream makes no sense", self.codec)));
                }
                State::Running | State::Starved => {
                    self.position = Position::Over(match self.inner_end() {
                        End::Complete => End::Truncated(format!("the {} stream stops early", self.codec)),
                        end => end,
                    });
                }
            }
            if let Some(bomb) = self.guard.step(consumed, produced) {
                self.position = Position::Over(bomb);
            } else if produced > 0 {
                return Ok(produced);
            }
        }
    }
}
