//! Ids by a GPU, of many rows at once.

use std::ops::Range;
use std::sync::Arc;

use tweetmill_kernels::bpe::GpuEncoder;
use tweetmill_kernels::device::Gpu;
use tweetmill_kernels::wordpiece::GpuWordPiece;
use tweetmill_kernels::{Texts as Together, bpe, wordpiece};

use crate::args::Texts;

/// A kernel whose tables a GPU has.
#[derive(Debug)]
pub(super) enum OnGpu {
    ByteLevel(GpuEncoder<Arc<Gpu>>),
    WordPiece(GpuWordPiece<Arc<Gpu>>),
}

impl OnGpu {
    pub(super) fn byte_level(gpu: &Arc<Gpu>, bpe: &Arc<bpe::Bpe>) -> Self {
        Self::ByteLevel(GpuEncoder::new(Arc::clone(gpu), Arc::clone(bpe)))
    }

    pub(super) fn word_piece(gpu: &Arc<Gpu>, word_piece: &Arc<wordpiece::WordPiece>) -> Self {
        Self::WordPiece(GpuWordPiece::new(Arc::clone(gpu), Arc::clone(word_piece)))
    }

    /// The ids of the rows whose texts `is_for` lets it have.
    pub(super) fn encode(&self, texts: &Texts<'_>, is_for: impl Fn(&str) -> bool) -> Rows {
        let mut together = Together::new();
        let given: Vec<bool> = (0..texts.len())
            .map(|row| texts.get(row).is_some_and(|text| is_for(text) && together.push(text)))
            .collect();
        let (mut ids, mut ends) = (Vec::new(), Vec::new());
        match self {
            Self::ByteLevel(encoder) => encoder.encode(together, &mut ids, &mut ends),
            Self::WordPiece(encoder) => encoder.encode(together, &mut ids, &mut ends),
        };
        let mut start = 0;
        let mut places = ends.into_iter().map(|end| std::mem::replace(&mut start, end)..end);
        let places = given.into_iter().map(|given| if given { places.next() } else { None }).collect();
        Rows { ids, places }
    }
}

/// The ids of some rows of a batch.
#[derive(Debug)]
pub(super) struct Rows {
    ids: Vec<u32>,
    places: Vec<Option<Range<usize>>>,
}

impl Rows {
    /// Those of a row, if it is one of them.
    pub(super) fn get(&self, row: usize) -> Option<&[u32]> {
        self.ids.get(self.places.get(row)?.clone()?)
    }
}
