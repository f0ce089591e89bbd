//! gzip: whole where a stream is small, which is how archives pack their members; else as it comes.
//!
//! Knowing where the input ends and how much comes out, a decoder need not stop to look: libdeflate takes a third less time than
//! one that streams. What it refuses, and all that is large, is streamed: so what comes out of damage is the same.

mod whole;

use flate2::{Decompress, FlushDecompress, Status};

use self::whole::Inflater;
use super::{State, Step, Stream};
use crate::source::container::report::End;

/// Compressed bytes of a stream that is decoded whole are fewer: some minutes of the full stream fit.
const MOST_STORED: usize = 4 << 20;
/// Decompressed, it has no more; one that grows by more than thirty times is streamed, under the eyes of the guard.
const MOST_BYTES: usize = 32 << 20;
const MOST_GROWTH: usize = 30;

pub(super) enum Gzip {
    /// Nothing was read yet.
    Fresh,
    /// Decoded, and given out up to `given`.
    Whole {
        bytes: Vec<u8>,
        given: usize,
    },
    Streamed(Box<Decompress>),
}

impl Gzip {
    pub(super) fn new() -> Self {
        Self::Fresh
    }

    /// Decodes the stream that `input`, which nothing follows, begins with; answers how long it is. Streams it where that
    /// can't be done, and then nothing is read yet.
    fn start(&mut self, input: &[u8]) -> usize {
        if let Some((bytes, read)) = decoded(input) {
            *self = Self::Whole { bytes, given: 0 };
            return read;
        }
        *self = Self::Streamed(Box::new(Decompress::new_gzip(15))); // the largest window there is
        0
    }
}

/// The bytes of the stream that `input` begins with, and the length of that stream.
fn decoded(input: &[u8]) -> Option<(Vec<u8>, usize)> {
    if input.len() >= MOST_STORED {
        return None;
    }
    // The last four bytes of a stream tell how long it is. Where another stream follows, or padding, they are those of
    // something else, and are found to be wrong.
    let length = u32::from_le_bytes(*input.last_chunk()?) as usize;
    if length == 0 || length > MOST_BYTES.min(input.len() * MOST_GROWTH) {
        return None;
    }
    let mut bytes = vec![0; length];
    let read = Inflater::new()?.gzip(input, &mut bytes)?;
    Some((bytes, read))
}

impl Stream for Gzip {
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        let mut consumed = 0;
        if matches!(self, Self::Fresh) {
            consumed = self.start(input);
        }
        match self {
            Self::Whole { bytes, given } => {
                let rest = bytes.get(*given..).unwrap_or_default();
                let produced = rest.len().min(out.len());
                out[..produced].copy_from_slice(&rest[..produced]);
                *given += produced;
                let state = if *given == bytes.len() { State::Ended } else { State::Running };
                Step { consumed, produced, state }
            }
            Self::Streamed(decompress) => stream(decompress, input, out),
            Self::Fresh => Step { consumed, produced: 0, state: State::Starved },
        }
    }

    fn wanted(&self) -> usize {
        if matches!(self, Self::Fresh) { MOST_STORED } else { 1 }
    }

    fn restart(&mut self) {
        *self = Self::Fresh;
    }
}

fn stream(decompress: &mut Decompress, input: &[u8], out: &mut [u8]) -> Step {
    let (before_in, before_out) = (decompress.total_in(), decompress.total_out());
    let state = match decompress.decompress(input, out, FlushDecompress::None) {
        Ok(Status::Ok | Status::BufError) => State::Running,
        Ok(Status::StreamEnd) => State::Ended,
        Err(error) => State::Failed(End::Corrupt(format!("gzip: {error}"))),
    };
    Step {
        consumed: (decompress.total_in() - before_in) as usize,
        produced: (decompress.total_out() - before_out) as usize,
        state,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use proptest::prelude::*;

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_small_stream_is_decoded_whole_and_nothing_behind_it_read() {
        let text = b"a line\n".repeat(100);
        let once = packed(&text);
        assert_eq!(decoded(&once).unwrap(), (text.clone(), once.len()));
        // Twice the same: the end of the second fits the first, which is still only as long as it is.
        assert_eq!(decoded(&once.repeat(2)).unwrap(), (text.clone(), once.len()));
        let other = packed(&text[..70]);
        assert_eq!(decoded(&[once.clone(), other].concat()), None);
        assert_eq!(decoded(&[once.clone(), vec![0; 512]].concat()), None);
        assert_eq!(decoded(&once[..once.len() - 1]), None);
        assert_eq!(decoded(&packed(&[])), None);
        assert_eq!(decoded(&packed(&vec![7; 1 << 20])), None, "it grows too much");
    }

    proptest! {
        #[test]
        fn what_is_decoded_whole_is_what_a_stream_gives(
            bytes in prop::collection::vec(0_u8..4, 1..4000),
            change in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
        ) {
            let mut file = packed(&bytes);
            if let Some((at, with)) = change {
                let at = at.index(file.len());
                file[at] = with;
            }
            if let Some((whole, read)) = decoded(&file) {
                let mut streamed = vec![0; bytes.len() + 1];
                let step = stream(&mut Decompress::new_gzip(15), &file, &mut streamed);
                prop_assert!(matches!(step.state, State::Ended));
                prop_assert_eq!((&streamed[..step.produced], step.consumed), (&whole[..], read));
            } else {
                prop_assert!(change.is_some());
            }
        }
    }
}
