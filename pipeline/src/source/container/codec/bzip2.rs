//! bzip2: whole blocks, each given out only after its checksum agreed.
//!
//! A flipped bit in a block comes out as plausible text with the wrong letters in it, up to 900 kB of it. So a
//! block waits until it is proved, however much it expands to: what is held is its text before that.

mod ahead;

use tweetmill_kernels::bzip2::{
    Block, Decoder, Fault, Found, HEADER_BYTES, LONGEST_BLOCK_BYTES, Level, combine,
};

use super::{State, Step, Stream};
use crate::source::container::report::End;
use ahead::Ahead;

/// Input at hand before the first block. JSON lines make blocks of about 100 kB.
const FIRST_BLOCK_BYTES: usize = 256 << 10;

/// Compressed bytes after which more threads than one are worth it: members of public archives are shorter, and
/// those that read them are busy with as many.
const LONG_BYTES: u64 = 8 << 20;

/// One stream, or several one after the other.
///
/// Memory: 6 MiB for a decoder, 0.9 MB for a block, and twice the longest block of input. In a long one as
/// [`Ahead`] says.
pub(super) struct Bzip2 {
    decoder: Decoder,
    block: Block,
    /// None: the header of a stream is next.
    level: Option<Level>,
    /// Where the next block begins in the first byte of the input.
    bit: usize,
    crc: u32,
    wanted: usize,
    consumed: u64,
    ahead: Option<Ahead>,
}

impl Bzip2 {
    pub(super) fn new() -> Self {
        Self {
            decoder: Decoder::new(),
            block: Block::default(),
            level: None,
            bit: 0,
            crc: 0,
            wanted: FIRST_BLOCK_BYTES,
            consumed: 0,
            ahead: None,
        }
    }

    /// Reads the header, the block or the end of the stream that is next.
    fn read(&mut self, input: &[u8]) -> (usize, State) {
        let Some(level) = self.level else {
            let Some(header) = input.first_chunk::<HEADER_BYTES>() else { return self.starved(input) };
            self.level = Level::of_header(*header);
            self.crc = 0;
            return match self.level {
                Some(_) => (HEADER_BYTES, State::Running),
                None => (0, corrupt("no header")),
            };
        };
        match self.next_block(input, level) {
            // However much is at hand: what is accepted depends on the file alone, and so does what is asked for.
            Ok(Found::Block { end }) if (end - self.bit).div_ceil(8) > LONGEST_BLOCK_BYTES => {
                self.block = Block::default();
                (0, corrupt("a block longer than any"))
            }
            Ok(Found::Block { end }) => {
                self.crc = combine(self.crc, self.block.crc());
                self.bit = end % 8;
                self.wanted = self.wanted.max(end / 4);
                (end / 8, State::Running)
            }
            Ok(Found::End { crc, end }) if crc == self.crc => {
                (self.level, self.bit) = (None, 0);
                (end.div_ceil(8), State::Ended)
            }
            Ok(Found::End { .. }) => (0, corrupt("the checksum of the stream disagrees")),
            Err(Fault::Starved) => self.starved(input),
            Err(Fault::Corrupt(what)) => (0, corrupt(what)),
            Err(Fault::Unsupported(what)) => (0, State::Failed(End::Unsupported(format!("bzip2: {what}")))),
        }
    }

    /// The block that is next, or the end of the stream. Another thread may have it ready.
    fn next_block(&mut self, input: &[u8], level: Level) -> Result<Found, Fault> {
        if let Some(ahead) = &mut self.ahead
            && let Some((found, block)) = ahead.take(input, self.consumed, self.bit, level)
        {
            self.block = block;
            return Ok(found);
        }
        self.decoder.read(input, self.bit, level, &mut self.block)
    }

    fn starved(&mut self, input: &[u8]) -> (usize, State) {
        if input.len() >= LONGEST_BLOCK_BYTES {
            return (0, corrupt("a block longer than any"));
        }
        self.wanted = self.wanted.max(input.len() * 2);
        (0, State::Starved)
    }
}

fn corrupt(what: &str) -> State {
    State::Failed(End::Corrupt(format!("bzip2: {what}")))
}

impl Stream for Bzip2 {
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        let produced = self.block.write(out);
        if produced > 0 {
            return Step { consumed: 0, produced, state: State::Running };
        }
        let (consumed, state) = self.read(input);
        self.consumed += consumed as u64;
        if self.ahead.is_none() && self.consumed > LONG_BYTES {
            self.ahead = Ahead::new();
        }
        let produced = if matches!(state, State::Running) { self.block.write(out) } else { 0 };
        Step { consumed, produced, state }
    }

    fn wanted(&self) -> usize {
        let ahead = if self.ahead.is_some() { ahead::INPUT_BYTES } else { 0 };
        self.wanted.max(ahead)
    }

    /// The header comes next anyway.
    fn restart(&mut self) {}
}
