//! Ids of many texts, whichever tokenizer they are by.

use std::sync::Arc;

use super::{Gpu, Pointer, Slot, in_parts, sample};
use crate::machine::Failure;
use crate::machine::ids::{Found, Ids};
use crate::texts::Texts;

/// Appends the ids of `texts` to `ids`, and where those of each end there to `ends`. Has them begun by `start`, or there is none, and what the GPU doesn't
/// find, found by `encode`. Tells how many texts that did.
pub(crate) fn encode_in_parts<S>(
    gpu: &Gpu,
    start: Option<&S>,
    mut encode: impl FnMut(&str, &mut Vec<u32>),
    texts: Texts,
    ids: &mut Vec<u32>,
    ends: &mut Vec<usize>,
) -> usize
where
    S: Fn(&mut Slot<'_>, &Texts) -> Result<Ids<Pointer>, Failure> + Clone + Send + 'static,
{
    let mut left = 0;
    let ask = |texts: &Arc<Texts>| {
        let start = start.cloned().ok_or_else(|| Failure::Broken("it has no tables".to_owned()))?;
        let given = Arc::clone(texts);
        gpu.run(move |slot| start(slot, &given), |ids, slot| ids.finish(slot))
    };
    in_parts(texts, &ask, &mut |texts, found: Option<Found>| {
        let found = found.filter(|found| is_right(gpu, &mut encode, texts, found));
        let mut found = found.iter().flat_map(Found::iter);
        for text in texts.iter() {
            if let Some(found) = found.next().flatten() {
                ids.extend_from_slice(found);
            } else {
                encode(text, ids);
                left += 1;
            }
            ends.push(ids.len());
        }
    });
    left
}

/// Whether what was found of some texts is what the processor finds. If not, the GPU gets no more work.
fn is_right(gpu: &Gpu, encode: &mut impl FnMut(&str, &mut Vec<u32>), texts: &Texts, found: &Found) -> bool {
    let mut truth = Vec::new();
    let is_right = sample(texts, found.iter()).all(|(text, ids)| {
        truth.clear();
        encode(text, &mut truth);
        ids.is_none_or(|ids| ids == truth)
    });
    if !is_right {
        gpu.is_wrong("ids");
    }
    is_right
}
