//! gzip: bytes come out as they are decoded; the checksum is known only at the end.

use flate2::{Decompress, FlushDecompress, Status};

use super::{State, Step, Stream};
use crate::source::container::report::End;

pub(super) struct Gzip(Decompress);

impl Gzip {
    pub(super) fn new() -> Self {
        Self(Decompress::new_gzip(15)) // the largest window there is
    }
}

impl Stream for Gzip {
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        let (before_in, before_out) = (self.0.total_in(), self.0.total_out());
        let state = match self.0.decompress(input, out, FlushDecompress::None) {
            Ok(Status::Ok | Status::BufError) => State::Running,
            Ok(Status::StreamEnd) => State::Ended,
            Err(error) => State::Failed(End::Corrupt(format!("gzip: {error}"))),
        };
        Step {
            consumed: (self.0.total_in() - before_in) as usize,
            produced: (self.0.total_out() - before_out) as usize,
            state,
        }
    }

    fn restart(&mut self) {
        *self = Self::new();
    }
}
