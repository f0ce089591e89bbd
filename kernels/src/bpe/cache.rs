//! What short words became before.

use super::prefetch::prefetch;

/// Most bytes of a word that is kept.
pub(super) const KEPT_BYTES: usize = 15;

/// Most ids of a word that is kept.
const KEPT_IDS: usize = 7;

/// Most ids of a word that shares its set with another.
const HALF: usize = 4;

/// Sets, a power of two: 16 MiB for a thread, of which the common words' stay in the processor's own cache.
const SETS: usize = 1 << 18;

/// Where the highest byte of a key starts.
const TOP: u32 = 120;

/// In the highest byte of a key, from the low bits up: the word's bytes, four bits; how many ids it has, three; and whether it is part of a
/// word.
const IDS: u32 = TOP + 4;
const PART: u128 = 1 << (TOP + 7);

/// The bytes of a short word and what tells it from others of the same bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Key(u128);

impl Key {
    /// The first `bytes` bytes of `chunk`, its lowest: 1 to 15.
    #[inline]
    pub(super) fn new(chunk: u128, bytes: usize) -> Self {
        let bytes = bytes as u32;
        Self(chunk & (u128::MAX >> (u128::BITS - 8 * bytes)) | u128::from(bytes) << TOP)
    }

    /// Of a word of 15 bytes at most.
    pub(super) fn of(word: &[u8]) -> Self {
        let chunk = word.iter().rev().fold(0, |chunk, byte| chunk << 8 | u128::from(*byte));
        Self::new(chunk, word.len())
    }

    /// Of the same bytes inside a word.
    #[inline]
    pub(super) fn part(self) -> Self {
        Self(self.0 | PART)
    }

    /// The product of its halves, folded: every bit of it counts.
    #[inline]
    pub(super) fn hash(self) -> u64 {
        let low = self.0 as u64 ^ 0x9E37_79B9_7F4A_7C15;
        let high = (self.0 >> 64) as u64 ^ 0xD6E8_FEB8_6659_FD93;
        let product = u128::from(low) * u128::from(high);
        product as u64 ^ (product >> 64) as u64
    }

    #[inline]
    fn set(self) -> usize {
        self.hash() as usize % SETS
    }
}

/// Two words that fall into the same place, the later first; one line of the processor's cache. A word of more than four ids has both
/// places, and a second key that is none.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
struct Set {
    keys: [u128; 2],
    ids: [[u32; HALF]; 2],
}

/// The ids of a word.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ids<'a> {
    both: &'a [[u32; HALF]; 2],
    is_second: bool,
    count: usize,
}

impl Ids<'_> {
    /// Writes them, and what else, to the first eight of `to`, and tells how many they are.
    #[inline]
    pub(super) fn write(self, to: &mut [u32; 2 * HALF]) -> usize {
        let (first, second) = to.split_at_mut(HALF);
        first.copy_from_slice(&self.both[usize::from(self.is_second)]);
        if self.count > HALF {
            second.copy_from_slice(&self.both[1]);
        }
        self.count
    }
}

/// The ids of words of at most 15 bytes that became at most seven.
#[derive(Debug, Default)]
pub(super) struct Cache {
    sets: Vec<Set>,
}

impl Cache {
    /// An empty one.
    pub(super) fn new() -> Self {
        Self { sets: vec![Set::default(); SETS] }
    }

    /// Has the processor fetch what [`get`](Self::get) will look at.
    #[inline]
    pub(super) fn prefetch(&self, key: Key) {
        if let Some(set) = self.sets.get(key.set()) {
            prefetch(set);
        }
    }

    /// Whether [`get`](Self::get) has ids.
    #[inline]
    pub(super) fn has(&self, key: Key) -> bool {
        self.sets
            .get(key.set())
            .is_some_and(|set| set.keys.map(|known| known ^ key.0).iter().any(is_none_but_ids))
    }

    /// The ids of a word.
    #[inline]
    pub(super) fn get(&self, key: Key) -> Option<Ids<'_>> {
        let set = self.sets.get(key.set())?;
        // Which of the two it is can't be foretold: both are looked at, and one is chosen without a branch.
        let [first, second] = set.keys.map(|known| known ^ key.0);
        let is_second = is_none_but_ids(&second);
        let count = std::hint::select_unpredictable(is_second, second, first) >> IDS & 7;
        (is_none_but_ids(&first) | is_second).then_some(Ids {
            both: &set.ids,
            is_second,
            count: count as usize,
        })
    }

    /// Keeps the ids of a word, if they are few enough.
    #[inline]
    pub(super) fn put(&mut self, key: Key, ids: &[u32]) {
        let Some(set) = self.sets.get_mut(key.set()) else { return };
        if ids.len() > KEPT_IDS {
            return;
        }
        let mut kept = [0; 2 * HALF];
        for (kept, id) in kept.iter_mut().zip(ids) {
            *kept = *id;
        }
        let (halves, _) = kept.as_chunks::<HALF>();
        let [first, second] = [halves[0], halves[1]];
        let kept_key = key.0 | (ids.len() as u128) << IDS;
        let is_whole_set = (set.keys[0] >> IDS & 7) as usize > HALF;
        if ids.len() > HALF {
            *set = Set { keys: [kept_key, 0], ids: [first, second] };
        } else {
            set.keys = [kept_key, if is_whole_set { 0 } else { set.keys[0] }];
            set.ids = [first, set.ids[0]];
        }
    }
}

/// Whether two keys of this difference are of the same word.
#[inline]
fn is_none_but_ids(difference: &u128) -> bool {
    difference & !(7 << IDS) == 0
}
