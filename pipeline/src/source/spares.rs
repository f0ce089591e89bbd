//! Buffers on their way back.

use std::sync::{Mutex, PoisonError};

/// Buffers of blocks that were read, for blocks to come: a fresh one costs a page fault every 4 KiB.
#[derive(Debug, Default)]
pub struct Spares(Mutex<Vec<Vec<u8>>>);

impl Spares {
    /// More are not in use at a time.
    const MOST: usize = 8;

    /// What no longer takes so much, as after one long line, is not kept.
    const MOST_BYTES: usize = 8 << 20;

    /// Keeps `buffer`, whatever it holds, for later.
    pub fn give(&self, mut buffer: Vec<u8>) {
        let mut spares = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if spares.len() < Self::MOST && buffer.capacity() <= Self::MOST_BYTES {
            buffer.clear();
            spares.push(buffer);
        }
    }

    /// An empty buffer.
    pub fn take(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_empty_with_its_room() {
        let spares = Spares::default();
        spares.give(vec![7; 1000]);
        let buffer = spares.take();
        assert!(buffer.is_empty() && buffer.capacity() >= 1000);
        assert_eq!(spares.take().capacity(), 0);
    }

    #[test]
    fn little_is_kept() {
        let spares = Spares::default();
        spares.give(Vec::with_capacity(Spares::MOST_BYTES + 1));
        assert_eq!(spares.take().capacity(), 0);
        for _ in 0..100 {
            spares.give(vec![0]);
        }
        let kept =
            std::iter::repeat_with(|| spares.take()).take_while(|buffer| buffer.capacity() > 0).count();
        assert_eq!(kept, Spares::MOST);
    }
}
