//! Ids by a GPU.

use std::sync::Arc;

use super::cuda::{BpeThere, Found};
use super::encoder::Bpe;
use crate::device::{Gpu, Pointer, in_parts, sample};
use crate::machine::Failure;
use crate::texts::Texts;

/// Encodes many texts at once: the ids are those of [`Bpe`], whatever becomes of the GPU.
#[derive(Debug)]
pub struct GpuEncoder<'a> {
    gpu: &'a Gpu,
    bpe: Arc<Bpe>,
    /// None where the GPU had no memory for the tables.
    there: Option<Arc<BpeThere<Pointer>>>,
}

impl<'a> GpuEncoder<'a> {
    /// Puts the tables where the GPU has them.
    pub fn new(gpu: &'a Gpu, bpe: Arc<Bpe>) -> Self {
        let tables = Arc::clone(&bpe);
        let there = gpu.keep(move |store| BpeThere::new(store, &tables)).ok().map(Arc::new);
        Self { gpu, bpe, there }
    }

    /// Appends the ids of `texts` to `ids`, and where those of each end there to `ends`. Tells how many texts the processor did.
    pub fn encode(&self, texts: Texts, ids: &mut Vec<u32>, ends: &mut Vec<usize>) -> usize {
        let mut encoder = self.bpe.encoder();
        let mut left = 0;
        in_parts(texts, &|texts| self.ask(texts), &mut |texts, found: Option<Found>| {
            let mut found = found.iter().flat_map(Found::iter);
            for text in texts.iter() {
                if let Some(found) = found.next().flatten() {
                    ids.extend_from_slice(found);
                } else {
                    encoder.encode(text, ids);
                    left += 1;
                }
                ends.push(ids.len());
            }
        });
        left
    }

    /// What the GPU finds, some of it compared.
    fn ask(&self, texts: &Arc<Texts>) -> Result<Found, Failure> {
        let there = self.there.clone().ok_or_else(|| Failure::Broken("it has no tables".to_owned()))?;
        let given = Arc::clone(texts);
        let found = self.gpu.run(move |slot| there.start(slot, &given), |ids, slot| ids.finish(slot))?;
        let mut encoder = self.bpe.encoder();
        for (text, ids) in sample(texts, found.iter()) {
            let mut truth = Vec::new();
            encoder.encode(text, &mut truth);
            if ids.is_some_and(|ids| ids != truth) {
                return Err(self.gpu.is_wrong("ids"));
            }
        }
        Ok(found)
    }
}
