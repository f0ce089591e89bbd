//! Places in order, found without searching all of them.

/// Places on average that share a bucket.
const A_BUCKET: usize = 8;

/// Ascending places, and where each range of them begins.
///
/// A pair of texts is looked up for each that shares a key: a search through millions waits for memory at every step, where this
/// waits twice.
#[derive(Debug, Default)]
pub(super) struct Places {
    ascending: Vec<u64>,
    /// Of a bucket the number of places before it; one more at the end. A bucket has the places of equal high bits.
    starts: Vec<u32>,
    /// Low bits of a place, which its bucket doesn't tell.
    low_bits: u32,
}

/// Bytes in memory for each place.
pub(super) const BYTES_A_PLACE: usize = size_of::<u64>() + size_of::<u32>();

impl Places {
    /// `places`, which ascend, each once; at most `u32::MAX`.
    pub(super) fn new(places: Vec<u64>) -> Self {
        let Some(last) = places.last().copied() else { return Self::default() };
        let most = (places.len() / A_BUCKET).max(2) as u64;
        let low_bits = (0..u64::BITS).find(|bits| last >> bits < most).unwrap_or_default();
        let buckets = (last >> low_bits) as usize + 1;
        let mut starts = Vec::with_capacity(buckets + 1);
        for (number, place) in places.iter().enumerate() {
            let bucket = (place >> low_bits) as usize;
            starts.resize(starts.len().max(bucket + 1), number as u32);
        }
        starts.push(places.len() as u32);
        Self { ascending: places, starts, low_bits }
    }

    /// How many are before `place`, if it is one of them.
    pub(super) fn position(&self, place: u64) -> Option<usize> {
        let bucket = usize::try_from(place >> self.low_bits).ok()?;
        let (start, end) = (*self.starts.get(bucket)? as usize, *self.starts.get(bucket + 1)? as usize);
        let within = self.ascending.get(start..end)?.binary_search(&place).ok()?;
        Some(start + within)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn positions_are_those_of_a_search(
            places in proptest::collection::btree_set(prop_oneof![0_u64..400, 0_u64..1 << 40, any::<u64>()], 0..300),
            others in proptest::collection::vec(prop_oneof![0_u64..400, any::<u64>()], 0..50),
        ) {
            let all: Vec<u64> = places.into_iter().collect();
            let places = Places::new(all.clone());
            prop_assert!(places.starts.len() <= (all.len() / A_BUCKET).max(2) + 1);
            for place in all.iter().chain(&others) {
                prop_assert_eq!(places.position(*place), all.binary_search(place).ok());
            }
        }
    }
}
