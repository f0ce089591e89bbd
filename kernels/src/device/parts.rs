//! Work that may not fit, or fail.

use std::sync::Arc;

use crate::machine::Failure;
use crate::texts::Texts;

/// Every so many texts one is done by the processor, too, to be compared.
const SAMPLE: usize = 1024;

/// Hands all of `texts` to `take`, with what `ask` had found of them on a device: in halves and halves of halves where they don't fit there,
/// and with nothing where there is no answer.
pub(crate) fn in_parts<T>(
    texts: Texts,
    ask: &impl Fn(&Arc<Texts>) -> Result<T, Failure>,
    take: &mut impl FnMut(&Texts, Option<T>),
) {
    let texts = Arc::new(texts);
    match ask(&texts) {
        Ok(found) => take(&texts, Some(found)),
        Err(Failure::Memory) if texts.len() > 1 => {
            let (first, second) = texts.halves();
            drop(texts);
            in_parts(first, ask, take);
            in_parts(second, ask, take);
        }
        Err(Failure::Memory | Failure::Broken(_)) => take(&texts, None),
    }
}

/// Some of `texts`, and what was `found` of each.
pub(crate) fn sample<T>(
    texts: &Texts,
    found: impl IntoIterator<Item = T>,
) -> impl Iterator<Item = (&str, T)> {
    texts.iter().zip(found).step_by(SAMPLE)
}
