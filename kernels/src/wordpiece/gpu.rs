//! Ids by a GPU.

use std::ops::Deref;
use std::sync::Arc;

use super::cuda::WordPieceThere;
use super::encoder::{Scratch, WordPiece};
use crate::device::{Gpu, Pointer, Slot, encode_in_parts};
use crate::texts::Texts;

/// Encodes many texts at once: the ids are those of [`WordPiece`], whatever becomes of the GPU.
#[derive(Debug)]
pub struct GpuWordPiece<G> {
    gpu: G,
    wordpiece: Arc<WordPiece>,
    /// None where the GPU had no memory for the tables.
    there: Option<Arc<WordPieceThere<Pointer>>>,
}

impl<G: Deref<Target = Gpu>> GpuWordPiece<G> {
    /// Puts the tables where the GPU has them.
    pub fn new(gpu: G, wordpiece: Arc<WordPiece>) -> Self {
        let tables = Arc::clone(&wordpiece);
        let there = gpu.keep(move |store| WordPieceThere::new(store, &tables)).ok().map(Arc::new);
        Self { gpu, wordpiece, there }
    }

    /// Appends the ids of `texts` to `ids`, and where those of each end there to `ends`. Tells how many texts the processor did.
    pub fn encode(&self, texts: Texts, ids: &mut Vec<u32>, ends: &mut Vec<usize>) -> usize {
        let there = self.there.clone();
        let start = there.map(|there| move |slot: &mut Slot<'_>, texts: &Texts| there.start(slot, texts));
        let mut scratch = Scratch::default();
        let encode = |text: &str, ids: &mut Vec<u32>| self.wordpiece.encode(text, &mut scratch, ids);
        encode_in_parts(&self.gpu, start.as_ref(), encode, texts, ids, ends)
    }
}
