//! Ids of many texts, whichever tokenizer they are by.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

use super::{Gpu, NoGpu, Permanent, Pointer, Slot, in_parts, sample};
use crate::machine::Failure;
use crate::machine::ids::{Found, Ids};
use crate::texts::Texts;

/// Has the ids of some texts begun on a slot.
type Start = Arc<dyn Fn(&mut Slot<'_>, &Texts) -> Result<Ids<Pointer>, Failure> + Send + Sync>;

/// Appends the ids of a text, by the processor.
pub(crate) type Encode<'a> = Box<dyn FnMut(&str, &mut Vec<u32>) + 'a>;

/// A tokenizer of the processor.
pub(crate) trait Tokenizes: Send + Sync {
    /// A worker for one thread.
    fn worker(&self) -> Encode<'_>;
}

/// Encodes many texts at once: the ids are those of the tokenizer that it was made of.
pub struct GpuEncoder<G> {
    gpu: G,
    /// What some texts are compared with.
    tokenizer: Arc<dyn Tokenizes>,
    start: Start,
}

impl<G> fmt::Debug for GpuEncoder<G> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("GpuEncoder").finish_non_exhaustive()
    }
}

impl<G: Deref<Target = Gpu>> GpuEncoder<G> {
    /// Has `keep` put tables into the memory of `gpu`, by which `start` begins work. Refused where they don't fit.
    pub(crate) fn new<T: Send + Sync + 'static>(
        gpu: G,
        tokenizer: Arc<dyn Tokenizes>,
        keep: impl FnOnce(&mut Permanent<'_, '_>) -> Result<T, Failure> + Send + 'static,
        start: impl Fn(&T, &mut Slot<'_>, &Texts) -> Result<Ids<Pointer>, Failure> + Send + Sync + 'static,
    ) -> Result<Self, NoGpu> {
        let tables = gpu.keep(keep).map_err(|failure| NoGpu::new(format!("no tables there: {failure}")))?;
        Ok(Self { gpu, tokenizer, start: Arc::new(move |slot, texts| start(&tables, slot, texts)) })
    }

    /// What it works on.
    pub fn gpu(&self) -> &Gpu {
        &self.gpu
    }

    /// Appends the ids of those of `texts` that the GPU does to `ids`, and for each text where they are there to `places`; None where it is left to
    /// the tokenizer.
    pub fn encode(&self, texts: Texts, ids: &mut Vec<u32>, places: &mut Vec<Option<Range<usize>>>) {
        in_parts(texts, &|texts| self.ask(texts), &mut |texts, found: Option<Found>| {
            let Some(found) = found else {
                places.extend(texts.iter().map(|_| None));
                return;
            };
            places.extend(found.iter().map(|found| {
                let start = ids.len();
                ids.extend_from_slice(found?);
                Some(start..ids.len())
            }));
        });
    }

    /// What the GPU finds, some of it compared.
    fn ask(&self, texts: &Arc<Texts>) -> Result<Found, Failure> {
        let (start, given) = (Arc::clone(&self.start), Arc::clone(texts));
        let found = self.gpu.run(move |slot| start(slot, &given), |ids, slot| ids.finish(slot))?;
        let (mut encode, mut truth) = (self.tokenizer.worker(), Vec::new());
        for (text, ids) in sample(texts, found.iter()) {
            truth.clear();
            encode(text, &mut truth);
            if ids.is_some_and(|ids| ids != truth) {
                return Err(self.gpu.found_wrong("ids"));
            }
        }
        Ok(found)
    }
}
