//! Work that may not fit, or fail.

use std::sync::Arc;

use crate::machine::Failure;
use crate::texts::Texts;

/// Of so many texts one is done by the processor, too, to be compared. A prime number, so that every lane and every warp has its turn.
const SAMPLE: usize = 1021;

/// Work of many texts that can be halved.
pub(crate) trait Halve: Sized {
    /// How many texts there are.
    fn texts(&self) -> usize;

    /// Whether a device has nothing to do for them.
    fn is_nothing(&self) -> bool;

    /// The first half of the texts and the second.
    fn halves(&self) -> (Self, Self);
}

impl Halve for Texts {
    fn texts(&self) -> usize {
        self.len()
    }

    /// Where they have no letters.
    fn is_nothing(&self) -> bool {
        self.bytes().is_empty()
    }

    fn halves(&self) -> (Self, Self) {
        Texts::halves(self)
    }
}

/// Hands all of `texts` to `take`, with what `ask` had found of them on a device: in halves and halves of halves where they don't fit there,
/// and with nothing where there is no answer.
pub(crate) fn in_parts<W: Halve, T>(
    texts: W,
    ask: &impl Fn(&Arc<W>) -> Result<T, Failure>,
    take: &mut impl FnMut(&W, Option<T>),
) {
    let texts = Arc::new(texts);
    if texts.is_nothing() {
        return take(&texts, None);
    }
    match ask(&texts) {
        Ok(found) => take(&texts, Some(found)),
        Err(Failure::Memory) if texts.texts() > 1 => {
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
    some_of(texts.iter().zip(found), texts.len(), texts.bytes().len())
}

/// Some of `all`, of which there are `count`, at least one. They begin with another one where `length` is another.
pub(crate) fn some_of<T>(
    all: impl IntoIterator<Item = T>,
    count: usize,
    length: usize,
) -> impl Iterator<Item = T> {
    all.into_iter().skip(length % SAMPLE.min(count).max(1)).step_by(SAMPLE)
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
