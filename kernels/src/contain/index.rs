//! The index of items, and what is found in it.

use super::shingles::{Hasher, Shingle};

/// Which texts contain an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Least share of an item's letters, as numerator and denominator: above 0, at most 1.
    pub share: (u64, u64),
    /// What the shingles of an item, each once, must weigh at least for it to be looked for: what has fewer is in many texts
    /// by chance.
    pub weight: u32,
    /// What those of them must weigh at least that the text has.
    pub shared: u32,
}

/// An item of which a text contains enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Its number.
    pub item: u32,
    /// Letters that the text contains.
    pub covered: u32,
    /// Letters that it has.
    pub letters: u32,
}

impl Found {
    /// The share that the text contains, 0 to 1.
    pub fn share(self) -> f32 {
        (f64::from(self.covered) / f64::from(self.letters.max(1))) as f32
    }
}

/// A shingle of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    hash: u64,
    item: u32,
    at: u32,
}

/// Entries for each place of the directory, about.
const ENTRIES_A_PLACE: usize = 2;

/// Bytes of memory for each letter of an item while an index is made, at the most.
pub const BYTES_A_LETTER: usize = 2 * size_of::<Entry>() + size_of::<usize>();

/// Takes in items.
#[derive(Debug)]
pub struct IndexBuilder {
    rule: Rule,
    hasher: Hasher,
    entries: Vec<Entry>,
    letters: Vec<u32>,
    shingles: Vec<Shingle>,
}

impl IndexBuilder {
    /// No items yet.
    pub fn new(rule: Rule) -> Self {
        Self { rule, hasher: Hasher::new(), entries: Vec::new(), letters: Vec::new(), shingles: Vec::new() }
    }

    /// Takes in the next item: the first has the number 0, and so on. False for one that has too few shingles to be looked for;
    /// it has its number all the same.
    pub fn add(&mut self, letters: &[u32]) -> bool {
        let item = self.letters.len() as u32;
        self.letters.push(letters.len() as u32);
        let from = self.entries.len();
        let entry = |Shingle { hash, at, .. }: Shingle| Entry { hash, item, at: at as u32 };
        self.entries.extend(self.hasher.shingles(letters).map(entry));
        self.shingles.clear();
        self.shingles.extend(self.hasher.shingles(letters));
        self.shingles.sort_unstable();
        self.shingles.dedup_by_key(|shingle| shingle.hash);
        let weight: u32 = self.shingles.iter().map(|shingle| shingle.weight()).sum();
        let looked_for = weight >= self.rule.weight.max(1);
        if !looked_for {
            self.entries.truncate(from);
        }
        looked_for
    }

    /// The index of what was taken in.
    pub fn build(self) -> Index {
        let Self { rule, hasher, mut entries, letters, .. } = self;
        entries.sort_unstable();
        entries.shrink_to_fit();
        let bits = (entries.len() / ENTRIES_A_PLACE).max(2).ilog2();
        let shift = u64::BITS - bits;
        let mut directory = Vec::with_capacity((1 << bits) + 1);
        directory.push(0);
        for place in 1..=1_u64 << bits {
            let from = directory.last().copied().unwrap_or_default();
            let within = entries.get(from..).unwrap_or_default();
            directory.push(from + within.partition_point(|entry| entry.hash >> shift < place));
        }
        Index { rule, hasher, entries, directory, shift, letters }
    }
}

/// Items by their shingles.
#[derive(Debug)]
pub struct Index {
    rule: Rule,
    hasher: Hasher,
    /// Ascending.
    entries: Vec<Entry>,
    /// Where the entries begin whose hashes have these highest bits.
    directory: Vec<usize>,
    shift: u32,
    /// Of each item.
    letters: Vec<u32>,
}

impl Index {
    /// Bytes of memory that it takes.
    pub fn bytes(&self) -> usize {
        let Self { entries, directory, letters, .. } = self;
        entries.capacity() * size_of::<Entry>()
            + directory.capacity() * size_of::<usize>()
            + letters.capacity() * size_of::<u32>()
    }

    /// The entries with `hash`.
    fn entries(&self, hash: u64) -> &[Entry] {
        let place = (hash >> self.shift) as usize;
        let (Some(from), Some(to)) = (self.directory.get(place), self.directory.get(place + 1)) else {
            return &[];
        };
        let near = self.entries.get(*from..*to).unwrap_or_default();
        let first = near.iter().position(|entry| entry.hash >= hash).unwrap_or(near.len());
        let near = near.get(first..).unwrap_or_default();
        let end = near.partition_point(|entry| entry.hash == hash);
        near.get(..end).unwrap_or_default()
    }
}

/// Letters of an item that stand in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Covered {
    item: u32,
    from: u32,
    to: u32,
    /// What the shingle weighs, the first time that the item has it.
    weight: u32,
}

/// Looks texts up; keeps its buffers between them.
#[derive(Debug, Default)]
pub struct Finder {
    shingles: Vec<Shingle>,
    covered: Vec<Covered>,
}

impl Finder {
    /// With empty buffers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces `found` by the items of which `text` contains enough, by number.
    pub fn find(&mut self, index: &Index, text: &[u32], found: &mut Vec<Found>) {
        found.clear();
        self.shingles.clear();
        self.shingles.extend(index.hasher.shingles(text));
        self.covered.clear();
        // One that the text repeats counts once.
        self.shingles.sort_unstable();
        self.shingles.dedup_by_key(|shingle| shingle.hash);
        for shingle in &self.shingles {
            let mut before = None;
            for Entry { item, at, .. } in index.entries(shingle.hash) {
                let weight = if before == Some(*item) { 0 } else { shingle.weight() };
                let to = at + shingle.length as u32;
                self.covered.push(Covered { item: *item, from: *at, to, weight });
                before = Some(*item);
            }
        }
        self.covered.sort_unstable();
        let (numerator, denominator) = index.rule.share;
        for of_item in self.covered.chunk_by(|one, other| one.item == other.item) {
            let Some(item) = of_item.first().map(|covered| covered.item) else { continue };
            let letters = index.letters.get(item as usize).copied().unwrap_or_default();
            if of_item.iter().map(|covered| covered.weight).sum::<u32>() < index.rule.shared {
                continue;
            }
            let covered = united(of_item);
            if u128::from(covered) * u128::from(denominator) >= u128::from(letters) * u128::from(numerator) {
                found.push(Found { item, covered, letters });
            }
        }
    }
}

/// How many letters stretches cover that come by where they begin.
fn united(stretches: &[Covered]) -> u32 {
    let (mut covered, mut end) = (0, 0);
    for stretch in stretches {
        let from = stretch.from.max(end);
        covered += stretch.to.saturating_sub(from);
        end = end.max(stretch.to);
    }
    covered
}
