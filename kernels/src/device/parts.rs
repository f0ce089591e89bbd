//! Work that may not fit, or fail.

use std::sync::Arc;

use crate::machine::Failure;
use crate::texts::Texts;

/// Of so many texts one is done by the processor, too, to be compared. A prime number, so that every lane and every warp has its turn.
const SAMPLE: usize = 1021;

/// Hands all of `texts` to `take`, with what `ask` had found of them on a device: in halves and halves of halves where they don't fit there,
/// and with nothing where there is no answer.
pub(crate) fn in_parts<T>(
    texts: Texts,
    ask: &impl Fn(&Arc<Texts>) -> Result<T, Failure>,
    take: &mut impl FnMut(&Texts, Option<T>),
) {
    let texts = Arc::new(texts);
    // A device has nothing to do for texts without letters.
    if texts.bytes().is_empty() {
        return take(&texts, None);
    }
    match ask(&texts) {
        Ok(found) => take(&texts, Some(found)),
        Err(Failure::Memory) if texts.len() > 1 => {
            let (first, second) = texts.halves();
            drop(texts);
            in_parts(first, ask, take);
            in_parts(second, ask, take);
        }
        Err(_) => take(&texts, None),
    }
}

/// Some of `texts`, at least one, and what was `found` of each. They begin with another one where the texts have other lengths.
pub(crate) fn sample<T>(
    texts: &Texts,
    found: impl IntoIterator<Item = T>,
) -> impl Iterator<Item = (&str, T)> {
    let first = texts.bytes().len() % SAMPLE.min(texts.len()).max(1);
    texts.iter().zip(found).skip(first).step_by(SAMPLE)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_sample_reaches_every_thread_of_a_block() {
        let mut reached = BTreeSet::new();
        for length in 1..=200 {
            let mut texts = Texts::new();
            assert!(texts.push(&"a".repeat(length)));
            assert!((1..8192).all(|_| texts.push("漢")));
            let places: Vec<usize> = sample(&texts, 0..).map(|(_, place)| place).collect();
            assert!(places.len() >= 8);
            reached.extend(places.into_iter().map(|place| place % 128));
        }
        assert_eq!(reached.len(), 128);
        let mut one = Texts::new();
        assert!(one.push("a few letters"));
        assert_eq!(sample(&one, 0..).count(), 1);
    }
}
