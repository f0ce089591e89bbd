//! Ids by a GPU, of many rows at once.

use std::ops::Range;
use std::sync::Arc;

use tweetmill_kernels::Texts as Together;
use tweetmill_kernels::device::{Gpu, GpuEncoder};

use crate::args::Texts;

/// The ids of some rows of a batch.
#[derive(Debug)]
pub(super) struct Rows {
    ids: Vec<u32>,
    places: Vec<Option<Range<usize>>>,
}

impl Rows {
    /// Those of the rows whose texts `is_for` lets `encoder` have, and it did.
    pub(super) fn encoded(
        encoder: &GpuEncoder<Arc<Gpu>>,
        texts: &Texts<'_>,
        is_for: impl Fn(&str) -> bool,
    ) -> Self {
        let mut together = Together::new();
        let given: Vec<bool> = (0..texts.len())
            .map(|row| texts.get(row).is_some_and(|text| is_for(text) && together.push(text)))
            .collect();
        let (mut ids, mut places) = (Vec::new(), Vec::new());
        encoder.encode(together, &mut ids, &mut places);
        let mut places = places.into_iter();
        let places = given.into_iter().map(|given| if given { places.next()? } else { None }).collect();
        Self { ids, places }
    }

    /// Those of a row, if it is one of them.
    pub(super) fn get(&self, row: usize) -> Option<&[u32]> {
        self.ids.get(self.places.get(row)?.clone()?)
    }
}
