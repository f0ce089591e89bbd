//! Where ids go.

/// Ids that are being appended: room for all is made before the first.
pub(super) struct Output<'a> {
    ids: &'a mut Vec<u32>,
    count: usize,
}

impl<'a> Output<'a> {
    /// With room for `most` ids more.
    pub(super) fn new(ids: &'a mut Vec<u32>, most: usize) -> Self {
        let count = ids.len();
        ids.resize(count + most, 0);
        Self { ids, count }
    }

    /// How many there are, with those that were there before.
    #[inline]
    pub(super) fn count(&self) -> usize {
        self.count
    }

    #[inline]
    pub(super) fn push(&mut self, id: u32) {
        self.ids[self.count] = id;
        self.count += 1;
    }

    /// Takes back all but the first `count`.
    pub(super) fn truncate(&mut self, count: usize) {
        self.count = self.count.min(count);
    }

    pub(super) fn finish(self) {
        self.ids.truncate(self.count);
    }
}
