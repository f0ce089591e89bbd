//! Keys of bands by a GPU.

use std::sync::Arc;

use super::bands::Bands;
use super::cuda::BandsThere;
use crate::device::{Gpu, Pointer, in_parts, sample};
use crate::machine::Failure;
use crate::texts::Texts;

/// Makes the keys of many texts at once: they are those of [`Bands`], whatever becomes of the GPU.
#[derive(Debug)]
pub struct GpuBands<'a> {
    gpu: &'a Gpu,
    bands: Bands,
    /// None where a scheme isn't for a GPU, or it had no memory for the tables.
    there: Option<Arc<BandsThere<Pointer>>>,
}

impl<'a> GpuBands<'a> {
    /// Puts the tables where the GPU has them.
    pub fn new(gpu: &'a Gpu, bands: &Bands) -> Self {
        let tables = bands.clone();
        let there = gpu.keep(move |store| BandsThere::new(store, &tables)).ok().flatten().map(Arc::new);
        Self { gpu, bands: bands.clone(), there }
    }

    /// Appends the keys of each of `texts`, as [`Bands::keys`] of its code points does. Tells how many texts the processor did.
    pub fn keys(&self, texts: Texts, keys: &mut Vec<u64>) -> usize {
        let mut bands = self.bands.clone();
        let mut left = 0;
        in_parts(texts, &|texts| self.ask(texts), &mut |texts, found: Option<Vec<u64>>| {
            if let Some(found) = found {
                keys.extend_from_slice(&found);
            } else {
                texts.iter().for_each(|text| append(&mut bands, text, keys));
                left += texts.len();
            }
        });
        left
    }

    /// What the GPU finds, some of it compared.
    fn ask(&self, texts: &Arc<Texts>) -> Result<Vec<u64>, Failure> {
        let there = self.there.clone().ok_or_else(|| Failure::Broken("it has no tables".to_owned()))?;
        let given = Arc::clone(texts);
        let found = self.gpu.run(move |slot| there.start(slot, &given), |keys, slot| keys.finish(slot))?;
        let mut bands = self.bands.clone();
        let mut start = 0;
        let keys = texts.iter().map(|text| {
            let count = if text.is_empty() { 0 } else { usize::from(bands.scheme().bands) };
            start += count;
            found.get(start - count..start)
        });
        for (text, keys) in sample(texts, keys.collect::<Vec<_>>()) {
            let mut truth = Vec::new();
            append(&mut bands, text, &mut truth);
            if keys != Some(truth.as_slice()) {
                return Err(self.gpu.found_wrong("keys"));
            }
        }
        Ok(found)
    }
}

/// Appends the keys of `text`, by the processor.
fn append(bands: &mut Bands, text: &str, keys: &mut Vec<u64>) {
    let points: Vec<u32> = text.chars().map(u32::from).collect();
    bands.keys(&points, keys);
}
