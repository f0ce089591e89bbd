//! Texts, one after another: what a device is given at once.

/// Many texts in one piece of memory. Together they have less than 4 GiB, so that a place in them is a number of 32 bits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Texts {
    all: String,
    ends: Vec<u32>,
}

impl Texts {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in `text`, if there is room for it, and tells whether there was.
    #[must_use]
    pub fn push(&mut self, text: &str) -> bool {
        let Ok(end) = u32::try_from(self.all.len() + text.len()) else { return false };
        self.all.push_str(text);
        self.ends.push(end);
        true
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Each of them, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let text = self.all.get(start..*end as usize).unwrap_or_default();
            start = *end as usize;
            text
        })
    }

    /// All of their bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.all.as_bytes()
    }

    /// Where each ends among them.
    pub(crate) fn ends(&self) -> &[u32] {
        &self.ends
    }

    /// The first half of them and the second.
    pub(crate) fn halves(&self) -> (Self, Self) {
        let (first, second) = self.ends.split_at(self.ends.len() / 2);
        let cut = first.last().copied().unwrap_or_default();
        let (before, after) = self.all.split_at_checked(cut as usize).unwrap_or_default();
        let second = second.iter().map(|end| end - cut).collect();
        (Self { all: before.to_owned(), ends: first.to_vec() }, Self { all: after.to_owned(), ends: second })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_all_there_is() {
        for texts in [&["a", "", "漢字", "b", ""][..], &["", "🤗"], &["x"], &[]] {
            let mut all = Texts::new();
            assert!(texts.iter().all(|text| all.push(text)));
            assert!(all.iter().eq(texts.iter().copied()));
            let (first, second) = all.halves();
            assert_eq!((first.len(), second.len()), (texts.len() / 2, texts.len().div_ceil(2)));
            assert!(first.iter().chain(second.iter()).eq(texts.iter().copied()));
        }
    }
}
