//! Tokens of many texts, one after another: what a device is given at once.

use crate::device::Halve;

/// Less than 2³² of them, so that a place among them is a number of 32 bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tokens {
    ids: Vec<u32>,
    /// Where those of each text start, and where the last end.
    starts: Vec<u32>,
}

impl Tokens {
    /// Those of `texts`; None where they are too many.
    pub(super) fn new(texts: &[&[u32]]) -> Option<Self> {
        let mut tokens = Self { ids: Vec::new(), starts: vec![0] };
        for text in texts {
            tokens.ids.extend_from_slice(text);
            tokens.starts.push(u32::try_from(tokens.ids.len()).ok()?);
        }
        Some(tokens)
    }

    /// How many texts there are.
    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Those of all texts.
    pub(super) fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// Where those of each text start, and where the last end.
    pub(super) fn starts(&self) -> &[u32] {
        &self.starts
    }

    /// Those of each text.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &[u32]> {
        let starts = self.starts.iter().zip(self.starts.iter().skip(1));
        starts.map(|(start, end)| self.ids.get(*start as usize..*end as usize).unwrap_or_default())
    }
}

impl Halve for Tokens {
    fn texts(&self) -> usize {
        self.len()
    }

    fn is_nothing(&self) -> bool {
        self.ids.is_empty()
    }

    fn halves(&self) -> (Self, Self) {
        let middle = self.len() / 2;
        let cut = self.starts[middle];
        let (before, after) = self.ids.split_at(cut as usize);
        let second = self.starts[middle..].iter().map(|start| start - cut).collect();
        (
            Self { ids: before.to_vec(), starts: self.starts[..=middle].to_vec() },
            Self { ids: after.to_vec(), starts: second },
        )
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn halves_are_all_there_is() {
        for texts in [&[&[1, 2][..], &[3], &[4, 5, 6], &[7], &[8, 9]][..], &[&[1], &[2, 3]], &[&[5]], &[]] {
            let tokens = Tokens::new(texts).unwrap();
            assert!(tokens.iter().eq(texts.iter().copied()));
            let (first, second) = tokens.halves();
            assert_eq!((first.len(), second.len()), (texts.len() / 2, texts.len().div_ceil(2)));
            assert!(first.iter().chain(second.iter()).eq(texts.iter().copied()));
        }
    }
}
