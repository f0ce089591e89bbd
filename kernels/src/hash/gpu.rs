//! Digests by a GPU.

use std::sync::Arc;

use super::content_hash;
use super::cuda::Digests;
use crate::device::{Gpu, in_parts, sample};
use crate::machine::Failure;
use crate::texts::Texts;

/// Appends the [`content_hash`] of each of `texts`, whatever becomes of the GPU. Tells how many texts the processor did.
pub fn gpu_content_hashes(gpu: &Gpu, texts: Texts, digests: &mut Vec<u128>) -> usize {
    let mut left = 0;
    in_parts(texts, &|texts| ask(gpu, texts), &mut |texts, found: Option<Vec<u128>>| {
        if let Some(found) = found {
            digests.extend_from_slice(&found);
        } else {
            digests.extend(texts.iter().map(|text| content_hash(text.as_bytes())));
            left += texts.len();
        }
    });
    left
}

/// What the GPU finds, some of it compared.
fn ask(gpu: &Gpu, texts: &Arc<Texts>) -> Result<Vec<u128>, Failure> {
    let given = Arc::clone(texts);
    let found = gpu.run(move |slot| Digests::start(slot, &given), |digests, slot| digests.finish(slot))?;
    for (text, digest) in sample(texts, &found) {
        if content_hash(text.as_bytes()) != *digest {
            return Err(gpu.found_wrong("digests"));
        }
    }
    Ok(found)
}
