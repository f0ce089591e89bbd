//! zstd: whole blocks, as they are decoded.

use std::io;

use zstd::stream::raw::{Decoder, Operation};

use super::{State, Step, Stream};
use crate::source::container::report::End;

/// One frame, or one skippable frame. Frames that need a window above 128 MiB are refused.
pub(super) struct Zstd(io::Result<Decoder<'static>>);

impl Zstd {
    pub(super) fn new() -> Self {
        Self(Decoder::new())
    }
}

impl Stream for Zstd {
    /// Gives out what is decoded first, and reads on only when nothing is left, without room for output:
    /// a step that did both and failed on the next block would not say how much of `out` it filled.
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        let decoder = match &mut self.0 {
            Ok(decoder) => decoder,
            Err(error) => {
                let state = State::Failed(End::Unsupported(format!("zstd: {error}")));
                return Step { consumed: 0, produced: 0, state };
            }
        };
        match decoder.run_on_buffers(&[], out) {
            Ok(status) if status.bytes_written == 0 => {}
            Ok(status) => return Step { consumed: 0, produced: status.bytes_written, state: State::Running },
            Err(error) => return Step { consumed: 0, produced: 0, state: State::Failed(failure(&error)) },
        }
        match decoder.run_on_buffers(input, &mut []) {
            Ok(status) => {
                let ended = status.remaining == 0 && status.bytes_read > 0;
                let state = if ended { State::Ended } else { State::Running };
                Step { consumed: status.bytes_read, produced: 0, state }
            }
            Err(error) => Step { consumed: 0, produced: 0, state: State::Failed(failure(&error)) },
        }
    }

    /// A frame follows the one before it without further ado.
    fn restart(&mut self) {}
}

/// The decoder tells its errors apart by their text alone.
fn failure(error: &io::Error) -> End {
    let text = error.to_string();
    let asks_for_more = ["memory", "Dictionary"].iter().any(|word| text.contains(word));
    let detail = format!("zstd: {text}");
    if asks_for_more { End::Unsupported(detail) } else { End::Corrupt(detail) }
}
