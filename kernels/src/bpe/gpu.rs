//! Ids by a GPU.

use std::ops::Deref;
use std::sync::Arc;

use super::cuda::BpeThere;
use super::encoder::Bpe;
use crate::device::{Gpu, Pointer, Slot, encode_in_parts};
use crate::texts::Texts;

/// Encodes many texts at once: the ids are those of [`Bpe`], whatever becomes of the GPU.
#[derive(Debug)]
pub struct GpuEncoder<G> {
    gpu: G,
    bpe: Arc<Bpe>,
    /// None where the GPU had no memory for the tables.
    there: Option<Arc<BpeThere<Pointer>>>,
}

impl<G: Deref<Target = Gpu>> GpuEncoder<G> {
    /// Puts the tables where the GPU has them.
    pub fn new(gpu: G, bpe: Arc<Bpe>) -> Self {
        let tables = Arc::clone(&bpe);
        let there = gpu.keep(move |store| BpeThere::new(store, &tables)).ok().map(Arc::new);
        Self { gpu, bpe, there }
    }

    /// Appends the ids of `texts` to `ids`, and where those of each end there to `ends`. Tells how many texts the processor did.
    pub fn encode(&self, texts: Texts, ids: &mut Vec<u32>, ends: &mut Vec<usize>) -> usize {
        let there = self.there.clone();
        let start = there.map(|there| move |slot: &mut Slot<'_>, texts: &Texts| there.start(slot, texts));
        let mut encoder = self.bpe.encoder();
        let encode = |text: &str, ids: &mut Vec<u32>| encoder.encode(text, ids);
        encode_in_parts(&self.gpu, start.as_ref(), encode, texts, ids, ends)
    }
}
