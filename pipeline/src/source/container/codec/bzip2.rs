//! bzip2: whole blocks, each given out only after its checksum agreed.
//!
//! A flipped bit in a block comes out as plausible text with the wrong letters in it, up to 900 kB of it,
//! before the decoder sees the checksum fail. So a block waits until it is proved.

use bzip2::{Decompress, Status};

use super::{State, Step, Stream};
use crate::source::container::report::End;

/// A block that decompresses to more than this, which no text does (a block of zeros makes 45 MiB), is
/// given out before it is proved, to bound memory.
const HELD_BYTES: usize = 4 << 20;

/// Grown by this at a time.
const PIECE_BYTES: usize = 256 << 10;

pub(super) struct Bzip2 {
    decoder: Decompress,
    block: Vec<u8>,
    given: usize,
}

impl Bzip2 {
    pub(super) fn new() -> Self {
        Self { decoder: Decompress::new(false), block: Vec::new(), given: 0 }
    }

    /// Reads up to the end of the next block. Without room for output the decoder stops there.
    fn read(&mut self, input: &[u8]) -> (usize, State) {
        let before = self.decoder.total_in();
        let state = match self.decoder.decompress(input, &mut []) {
            Ok(Status::StreamEnd) => State::Ended,
            Ok(Status::MemNeeded) => State::Failed(End::Unsupported("bzip2: not enough memory".to_owned())),
            Ok(_) => State::Running,
            Err(error) => State::Failed(End::Corrupt(error.to_string())),
        };
        ((self.decoder.total_in() - before) as usize, state)
    }

    /// Decodes the block that was read, if it was read to its end. Without input the decoder stops after
    /// checking it.
    fn decode(&mut self) -> State {
        self.given = 0;
        let mut len = 0;
        loop {
            self.block.resize(len + PIECE_BYTES, 0);
            let before = self.decoder.total_out();
            let result = self.decoder.decompress(&[], &mut self.block[len..]);
            let piece = (self.decoder.total_out() - before) as usize;
            len += piece;
            match result {
                Err(error) => {
                    self.block.clear();
                    return State::Failed(End::Corrupt(error.to_string()));
                }
                Ok(_) if piece < PIECE_BYTES || len > HELD_BYTES => {
                    self.block.truncate(len);
                    return State::Running;
                }
                Ok(_) => {}
            }
        }
    }
}

impl Stream for Bzip2 {
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        let (mut consumed, mut state) = (0, State::Running);
        if self.given == self.block.len() {
            (consumed, state) = self.read(input);
            if matches!(state, State::Running) {
                state = self.decode();
            }
        }
        let rest = &self.block[self.given..];
        let produced = rest.len().min(out.len());
        out[..produced].copy_from_slice(&rest[..produced]);
        self.given += produced;
        Step { consumed, produced, state }
    }
}
