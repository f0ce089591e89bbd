//! What short words became before.

/// Most bytes of a word that is kept.
pub(super) const KEPT_BYTES: usize = 15;

/// Most ids of a word that is kept.
const KEPT_IDS: usize = 4;

/// Sets, a power of two: 8 MiB for a thread, of which the common words' stay in the processor's own cache.
const SETS: usize = 1 << 14;

/// Where the highest byte of a key starts.
const TOP: u32 = 120;

/// In the highest byte of a key, from the low bits up: the word's bytes, four bits; and how many ids it has, three.
const IDS: u32 = TOP + 4;

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

    /// The bytes, and how many they are.
    pub(super) fn bytes(self) -> ([u8; 16], usize) {
        (self.0.to_le_bytes(), (self.0 >> TOP) as usize)
    }

    /// The product of its halves, folded: every bit of it counts.
    #[inline]
    fn set(self) -> usize {
        let low = self.0 as u64 ^ 0x9E37_79B9_7F4A_7C15;
        let high = (self.0 >> 64) as u64 ^ 0xD6E8_FEB8_6659_FD93;
        let product = u128::from(low) * u128::from(high);
        (product as u64 ^ (product >> 64) as u64) as usize % SETS
    }
}

/// Two words that fall into the same place, the later first; one line of the processor's cache.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
struct Set {
    keys: [u128; 2],
    ids: [[u32; KEPT_IDS]; 2],
}

/// The ids of words of at most 15 bytes that became at most four.
#[derive(Debug, Default)]
pub(super) struct Cache {
    sets: Vec<Set>,
}

impl Cache {
    /// An empty one.
    pub(super) fn new() -> Self {
        Self { sets: vec![Set::default(); SETS] }
    }

    /// The ids of a word, and how many of the four they are.
    #[inline]
    pub(super) fn get(&self, key: Key) -> Option<([u32; KEPT_IDS], usize)> {
        let set = self.sets.get(key.set())?;
        // Which of the two it is can't be foretold: both are looked at, and one is chosen without a branch.
        let [first, second] = set.keys.map(|known| known ^ key.0);
        let is_same = |known: u128| known & !(7 << IDS) == 0;
        let is_second = is_same(second);
        let count = std::hint::select_unpredictable(is_second, second, first) >> IDS & 7;
        (is_same(first) | is_second).then_some((set.ids[usize::from(is_second)], count as usize))
    }

    /// Keeps the ids of a word, if they are few enough.
    #[inline]
    pub(super) fn put(&mut self, key: Key, ids: &[u32]) {
        let Some(set) = self.sets.get_mut(key.set()) else { return };
        if ids.len() > KEPT_IDS {
            return;
        }
        let mut kept = [0; KEPT_IDS];
        for (kept, id) in kept.iter_mut().zip(ids) {
            *kept = *id;
        }
        set.keys = [key.0 | (ids.len() as u128) << IDS, set.keys[0]];
        set.ids = [kept, set.ids[0]];
    }
}
