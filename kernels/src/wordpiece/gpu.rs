//! Ids by a GPU.

use std::ops::Deref;
use std::sync::Arc;

use super::cuda::WordPieceThere;
use super::encoder::{Scratch, WordPiece};
use crate::device::{Encode, Gpu, GpuEncoder, NoGpu, Permanent, Tokenizes};

impl WordPiece {
    /// Puts the tables into the memory of `gpu`, to encode many texts at once. Refused where they don't fit.
    pub fn on_gpu<G: Deref<Target = Gpu>>(self: &Arc<Self>, gpu: G) -> Result<GpuEncoder<G>, NoGpu> {
        let (tables, tokenizer) = (Arc::clone(self), Arc::clone(self));
        let keep = move |store: &mut Permanent<'_, '_>| WordPieceThere::new(store, &tables);
        GpuEncoder::new(gpu, tokenizer, keep, |there, slot, texts| there.start(slot, texts))
    }
}

impl Tokenizes for WordPiece {
    fn worker(&self) -> Encode<'_> {
        let mut scratch = Scratch::default();
        Box::new(move |text, ids| self.encode(text, &mut scratch, ids))
    }
}
