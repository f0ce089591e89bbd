//! The longest token that a text starts with.

use super::error::Error;

/// A trie of tokens as a double array: the child of a node by a byte stands at the node's base, exclusive or the byte.
///
/// No two nodes with children have the same base, so the byte that is kept at a place tells whose child stands there. A node is a number: from
/// the low bits up the byte, the id of the token that ends there, and the base.
pub(super) struct Trie {
    pub(super) nodes: Vec<u64>,
}

/// Where the tokens begin that start a word.
pub(super) const START: usize = 0;

/// Where the tokens begin, without their prefix, that go on a word.
pub(super) const REST: usize = 1;

/// In place of an id: no token ends there.
const NO_TOKEN: u32 = 0xFF_FFFF;

/// The largest id.
pub(super) const MOST_ID: u32 = NO_TOKEN - 1;

/// Most bytes of all tokens: even if each had a block of its own, bases would have their 32 bits.
const MOST_BYTES: usize = (1 << 24) - 4;

/// The children of a node stand in one block.
const BLOCK: usize = 256;

/// The base of nodes without children: of a block where none stand.
const CHILDLESS: u32 = BLOCK as u32;

/// No byte of UTF-8: of a place where nothing stands, or a root.
const NO_BYTE: u8 = 0xFF;

impl Trie {
    /// With the tokens that start words and those that go on, the latter without their prefix, and their ids.
    pub(super) fn new(starts: Vec<(&[u8], u32)>, rests: Vec<(&[u8], u32)>) -> Result<Self, Error> {
        let bytes = starts.iter().chain(&rests).map(|(token, _)| token.len()).sum();
        if bytes > MOST_BYTES {
            return Err(Error::TooLong { bytes, most: MOST_BYTES });
        }
        let mut build = Build::new();
        build.add(START, starts)?;
        build.add(REST, rests)?;
        Ok(Self { nodes: build.nodes })
    }

    /// The id and the bytes of the longest token, from one of the roots, that `text` starts with.
    #[inline]
    pub(super) fn longest(&self, root: usize, text: &[u8]) -> Option<(u32, usize)> {
        let mut longest = None;
        let mut at = base(self.nodes[root]);
        for (byte, bytes) in text.iter().zip(1..) {
            let node = self.nodes[at ^ usize::from(*byte)];
            if node as u8 != *byte {
                break;
            }
            let id = id(node);
            if id != NO_TOKEN {
                longest = Some((id, bytes));
            }
            at = base(node);
        }
        longest
    }
}

fn node(base: u32, id: u32, byte: u8) -> u64 {
    u64::from(base) << 32 | u64::from(id) << 8 | u64::from(byte)
}

fn base(node: u64) -> usize {
    (node >> 32) as usize
}

fn id(node: u64) -> u32 {
    node as u32 >> 8
}

/// Words of a block's bits.
const WORDS: usize = BLOCK / 64;

/// Blocks that are searched for places; older ones are nearly full.
const SEARCHED: usize = 8;

/// A trie of the tokens so far.
struct Build {
    nodes: Vec<u64>,
    /// For each place a bit: whether nothing stands there.
    free: Vec<u64>,
    /// For each place a bit: whether it is a base.
    bases: Vec<u64>,
}

impl Build {
    fn new() -> Self {
        let mut build = Self { nodes: Vec::new(), free: Vec::new(), bases: Vec::new() };
        build.grow();
        build.grow();
        for root in [START, REST] {
            build.nodes[root] = node(CHILDLESS, NO_TOKEN, NO_BYTE);
            build.free[0] &= !(1 << root);
        }
        build.free[WORDS..].fill(0);
        build
    }

    fn grow(&mut self) {
        self.nodes.resize(self.nodes.len() + BLOCK, node(CHILDLESS, NO_TOKEN, NO_BYTE));
        self.free.resize(self.free.len() + WORDS, u64::MAX);
        self.bases.resize(self.bases.len() + WORDS, 0);
    }

    /// Takes in `tokens` below `root`.
    fn add(&mut self, root: usize, mut tokens: Vec<(&[u8], u32)>) -> Result<(), Error> {
        tokens.sort_unstable();
        let mut todo = vec![(root, tokens.as_slice(), 0)];
        let mut bytes = Vec::new();
        while let Some((at, tokens, depth)) = todo.pop() {
            let is_end = |token: &&(&[u8], u32)| token.0.len() == depth;
            let (ends, longer) = tokens.split_at(tokens.iter().take_while(is_end).count());
            let id = match ends {
                [] => NO_TOKEN,
                [(_, id)] => *id,
                [(_, first), (_, second), ..] => return Err(Error::Twice { first: *first, second: *second }),
            };
            let children = longer.chunk_by(|(left, _), (right, _)| left[depth] == right[depth]);
            bytes.clear();
            bytes.extend(children.clone().map(|tokens| tokens[0].0[depth]));
            let base = if bytes.is_empty() { CHILDLESS } else { self.base_for(&bytes) };
            self.nodes[at] = node(base, id, self.nodes[at] as u8);
            for (byte, tokens) in bytes.iter().zip(children) {
                let at = base as usize ^ usize::from(*byte);
                self.nodes[at] = node(CHILDLESS, NO_TOKEN, *byte);
                self.free[at / 64] &= !(1 << (at % 64));
                todo.push((at, tokens, depth + 1));
            }
        }
        Ok(())
    }

    /// A new base that leaves every one of `bytes`, at least one, a free place.
    fn base_for(&mut self, bytes: &[u8]) -> u32 {
        let mut word = self.free.len().saturating_sub(SEARCHED * WORDS);
        loop {
            if word == self.free.len() {
                self.grow();
            }
            let mut places = self.free[word];
            while places != 0 {
                let base = (word * 64 + places.trailing_zeros() as usize) ^ usize::from(bytes[0]);
                let is_free = |byte: &u8| has(&self.free, base ^ usize::from(*byte));
                if !has(&self.bases, base) && bytes.iter().all(is_free) {
                    self.bases[base / 64] |= 1 << (base % 64);
                    return base as u32;
                }
                places &= places - 1;
            }
            word += 1;
        }
    }
}

fn has(bits: &[u64], at: usize) -> bool {
    bits[at / 64] >> (at % 64) & 1 == 1
}
