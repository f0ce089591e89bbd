//! Decompression of one file: one stream, or several one after the other.

mod bzip2;
mod gzip;
mod zstd;

use super::limits::Guard;
use super::report::End;
use super::sniff::{Codec, codec_at};
use super::stream::{Fault, Source, settle};

/// Compressed bytes held at a time.
const INPUT_BYTES: usize = 64 << 10;

/// One compressed stream, fed piece by piece.
trait Stream {
    /// Reads from `input` and writes to `out`. An empty `input` asks for what is still held back.
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step;
}

/// What one step did. Bytes produced count even where it failed.
struct Step {
    consumed: usize,
    produced: usize,
    state: State,
}

enum State {
    Running,
    /// The stream is over; what follows in the input is not part of it.
    Ended,
    Failed(End),
}

/// The decompressed bytes of a source.
///
/// ```text
///   inner ──► 64 KiB, always filled ──► stream, stream, … ──► pull
/// ```
/// The input is filled to the brim before each step, so the steps, and with them the bytes given out
/// before damage or a bomb is noticed, depend on the file alone and not on how its bytes arrived.
pub(super) struct Decoded<'a> {
    codec: Codec,
    inner: Box<dyn Source + 'a>,
    guard: Guard<'a>,
    input: Box<[u8]>,
    at: usize,
    len: usize,
    inner_end: Option<End>,
    position: Position,
}

enum Position {
    Start,
    Inside(Box<dyn Stream>),
    /// After at least one whole stream.
    Between,
    Over(End),
}

impl<'a> Decoded<'a> {
    pub(super) fn new(codec: Codec, inner: Box<dyn Source + 'a>, guard: Guard<'a>) -> Self {
        let input = vec![0; INPUT_BYTES].into_boxed_slice();
        Self { codec, inner, guard, input, at: 0, len: 0, inner_end: None, position: Position::Start }
    }

    fn open(&self) -> Position {
        Position::Inside(match self.codec {
            Codec::Gzip => Box::new(gzip::Gzip::new()),
            Codec::Bzip2 => Box::new(bzip2::Bzip2::new()),
            Codec::Zstd => match zstd::Zstd::new() {
                Ok(stream) => Box::new(stream),
                Err(error) => return Position::Over(End::Unsupported(error.to_string())),
            },
        })
    }

    /// Fills the input as far as the inner source goes, keeping what is unread.
    fn refill(&mut self) -> Result<(), Fault> {
        self.input.copy_within(self.at..self.len, 0);
        self.len -= self.at;
        self.at = 0;
        while self.len < self.input.len() && self.inner_end.is_none() {
            match settle(self.inner.pull(&mut self.input[self.len..])).map_err(Fault::Read)? {
                Ok(0) => self.inner_end = Some(End::Complete),
                Ok(n) => self.len += n,
                Err(end) => self.inner_end = Some(end),
            }
        }
        Ok(())
    }

    /// How the inner source ended, known once the input stays empty after a refill.
    fn inner_end(&self) -> End {
        self.inner_end.clone().unwrap_or(End::Complete)
    }

    /// After a whole stream: the end, another stream, padding up to the end, or something else.
    fn between(&mut self) -> Result<Position, Fault> {
        self.refill()?;
        if codec_at(&self.input[..self.len]) == Some(self.codec) {
            return Ok(self.open());
        }
        while self.len > 0 {
            if self.input[..self.len].iter().any(|&byte| byte != 0) {
                return Ok(Position::Over(End::Corrupt(format!(
                    "trailing bytes that are not {}",
                    self.codec
                ))));
            }
            self.at = self.len;
            self.refill()?;
        }
        Ok(Position::Over(self.inner_end()))
    }
}

impl Source for Decoded<'_> {
    fn pull(&mut self, out: &mut [u8]) -> Result<usize, Fault> {
        loop {
            let stream = match &mut self.position {
                Position::Inside(stream) => stream,
                Position::Start => {
                    self.position = self.open();
                    continue;
                }
                Position::Between => {
                    self.position = self.between()?;
                    continue;
                }
                Position::Over(End::Complete) => return Ok(0),
                Position::Over(end) => return Err(Fault::Damage(end.clone())),
            };
            if self.at == self.len && self.inner_end.is_none() {
                self.refill()?;
                continue;
            }
            let input = &self.input[self.at..self.len];
            let Step { consumed, produced, state } = stream.step(input, out);
            self.at += consumed;
            match state {
                State::Failed(end) => self.position = Position::Over(end),
                State::Ended => self.position = Position::Between,
                State::Running if consumed > 0 || produced > 0 => {}
                State::Running if self.at < self.len => {
                    self.position =
                        Position::Over(End::Corrupt(format!("the {} stream makes no sense", self.codec)));
                }
                State::Running => {
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
