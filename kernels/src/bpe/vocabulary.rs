//! A vocabulary made ready for encoding.

use std::collections::HashMap;

use super::cache::Key;
use super::error::Error;
use super::merge::Merging;
use super::pairs::{MOST_SYMBOLS, NONE, Pairs};
use super::seams::Seams;
use super::words::Words;

/// A token: its id and its bytes.
pub type Token = (u32, Vec<u8>);

/// Tokens and what merges into them.
///
/// Symbols number the tokens within: the bytes first, then the others in their order of merging. As long as merges happen in this order,
/// one pair makes each token at most: when the token can be made, every merge that goes before it has been done inside its bytes, and
/// none across their ends; so they stand in the same pieces whatever text is around them, and it is made if those are two. A token whose
/// bytes stand in more can be made only of what is made later. Where none can, it is never made, and merges do happen in this order; where
/// one can, nothing of the kind holds, and every pair is kept.
pub(super) struct Vocabulary {
    pub(super) pairs: Pairs,
    /// All tokens, by symbol: the words that are one token, and the parts of words but for `whole`.
    pub(super) words: Words,
    /// Those, ascending, that no merging makes: only a whole word becomes them.
    whole: Vec<u32>,
    pub(super) seams: Seams,
    /// The id of each symbol.
    pub(super) ids: Vec<u32>,
    /// Whether the id of each that isn't a byte is its own number, as it mostly is: so a table less is looked at.
    is_numbered_alike: bool,
    /// The symbols by their ids, ascending.
    by_id: Vec<u32>,
}

impl Vocabulary {
    /// A vocabulary by ranks: `tokens` are in their order of merging, any two neighbours whose bytes together are a token
    /// merge, and a word that is a token is that token.
    pub(super) fn of_ranks(tokens: &[Token]) -> Result<Self, Error> {
        let mut build = Build::new(tokens)?;
        for (id, token) in tokens.iter().filter(|(_, token)| token.len() > 1) {
            match *build.pieces(token) {
                [left, right] => build.push_made(left, right, token, *id),
                [piece] => return Err(Error::Twice { first: build.ids[piece as usize], second: *id }),
                _ => build.push_whole(token, *id),
            }
        }
        if build.makes_late() {
            build.keep_every_pair();
        }
        Ok(build.finish())
    }

    /// A vocabulary by merges, each of two places in `tokens`, in their order. Where `words_first`, a word that is a token is that token,
    /// whatever its merges give.
    pub(super) fn of_merges(
        tokens: &[Token],
        merges: &[(usize, usize)],
        words_first: bool,
    ) -> Result<Self, Error> {
        let mut build = Build::new(tokens)?;
        let known = known(tokens)?;
        let mut is_made: Vec<bool> = tokens.iter().map(|(_, token)| token.len() == 1).collect();
        // What the merges that were of it would have made, for each token that wasn't made yet.
        let mut waiting: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut token = Vec::new();
        for (merge, (left, right)) in merges.iter().enumerate() {
            let unknown = Error::NoToken { merge };
            let (Some((_, left_bytes)), Some((_, right_bytes))) = (tokens.get(*left), tokens.get(*right))
            else {
                return Err(unknown);
            };
            token.clear();
            token.extend_from_slice(left_bytes);
            token.extend_from_slice(right_bytes);
            let place = known.get(&token).ok_or(unknown)? as usize;
            if !is_made[*left] || !is_made[*right] {
                for part in [*left, *right].into_iter().filter(|part| !is_made[*part]) {
                    waiting.entry(part).or_default().push(place);
                }
                continue;
            }
            // Of a merge whose pieces never stand side by side nothing is ever made.
            if let [first, second] = *build.pieces(&token)
                && build.words.bytes_of(first) == left_bytes.as_slice()
                && build.words.bytes_of(second) == right_bytes.as_slice()
            {
                if waiting.remove(&place).unwrap_or_default().iter().any(|made| !is_made[*made]) {
                    return Err(Error::Unordered { merge });
                }
                build.push_made(first, second, &token, tokens[place].0);
                is_made[place] = true;
            }
        }
        if words_first {
            for ((id, token), _) in tokens.iter().zip(&is_made).filter(|(_, is_made)| !**is_made) {
                build.push_whole(token, *id);
            }
        }
        Ok(build.finish())
    }

    /// The id of a symbol.
    #[inline]
    pub(super) fn id(&self, symbol: u32) -> u32 {
        if self.is_numbered_alike && symbol > u32::from(u8::MAX) { symbol } else { self.ids[symbol as usize] }
    }

    /// The bytes of the token of an id.
    pub(super) fn bytes(&self, id: u32) -> Option<&[u8]> {
        let at = self.by_id.binary_search_by_key(&id, |symbol| self.id(*symbol)).ok()?;
        Some(self.words.bytes_of(self.by_id[at]))
    }

    /// What parts of words are kept by: where there are tokens that only whole words become, the same bytes can be one token as
    /// a word and several inside one.
    #[inline]
    pub(super) fn part_key(&self, key: Key) -> Key {
        if self.whole.is_empty() { key } else { key.part() }
    }

    /// The symbol of `word`, where it is a token as a word is.
    #[inline]
    pub(super) fn word(&self, word: &[u8]) -> Option<u32> {
        self.words.get(word)
    }

    /// [`word`](Self::word) of a short one.
    #[inline]
    pub(super) fn short_word(&self, key: Key, word: &[u8]) -> Option<u32> {
        self.words.get_hashed(word, key.hash())
    }

    /// The symbol of a `part` of a word, which no merge reaches across the ends of, where it is one token.
    #[inline]
    pub(super) fn short_part(&self, key: Key, part: &[u8]) -> Option<u32> {
        self.words.get_hashed(part, key.hash()).filter(|symbol| self.whole.binary_search(symbol).is_err())
    }
}

/// The tokens by their bytes: to find twins, and what a merge makes.
fn known(tokens: &[Token]) -> Result<Words, Error> {
    let mut known = Words::with_capacity(tokens.len());
    for (id, token) in tokens {
        if let Some(twin) = known.get(token) {
            return Err(Error::Twice { first: tokens[twin as usize].0, second: *id });
        }
        known.push(token);
    }
    Ok(known)
}

/// A vocabulary of the tokens so far.
struct Build {
    pairs: Pairs,
    words: Words,
    whole: Vec<u32>,
    ids: Vec<u32>,
    merging: Merging,
    pieces: Vec<u32>,
}

impl Build {
    /// With the bytes alone.
    fn new(tokens: &[Token]) -> Result<Self, Error> {
        if tokens.len() > MOST_SYMBOLS {
            return Err(Error::TooMany { tokens: tokens.len(), most: MOST_SYMBOLS });
        }
        let mut of_bytes = [None; 256];
        for (id, token) in tokens {
            match token.as_slice() {
                [] => return Err(Error::Empty { id: *id }),
                [byte] => {
                    if let Some(first) = of_bytes[usize::from(*byte)].replace(*id) {
                        return Err(Error::Twice { first, second: *id });
                    }
                }
                _ => {}
            }
        }
        let mut words = Words::with_capacity(tokens.len());
        let mut ids = Vec::with_capacity(tokens.len());
        for byte in 0..=u8::MAX {
            ids.push(of_bytes[usize::from(byte)].ok_or(Error::NoByte { byte })?);
            words.push(&[byte]);
        }
        let pairs = Pairs::with_capacity(tokens.len());
        Ok(Self { pairs, words, whole: Vec::new(), ids, merging: Merging::default(), pieces: Vec::new() })
    }

    /// What the merges so far leave of the bytes of a token.
    fn pieces(&mut self, token: &[u8]) -> &[u32] {
        self.pieces.clear();
        let pieces = &mut self.pieces;
        self.merging.merge(&self.pairs, token, |piece| pieces.push(piece));
        pieces
    }

    /// Takes in a token that is made of two.
    fn push_made(&mut self, left: u32, right: u32, token: &[u8], id: u32) {
        debug_assert_eq!(self.pairs.of(left, right), NONE, "pieces that merge would have");
        self.pairs.insert(left, right, self.words.len() as u32);
        self.words.push(token);
        self.ids.push(id);
    }

    /// Takes in a token that is made of no two.
    fn push_whole(&mut self, token: &[u8], id: u32) {
        self.whole.push(self.words.len() as u32);
        self.words.push(token);
        self.ids.push(id);
    }

    /// The tokens that together are that of `symbol`, two and two, with it.
    fn splits_of(&self, symbol: u32) -> impl Iterator<Item = (u32, u32, u32)> {
        let token = self.words.bytes_of(symbol);
        (1..token.len()).filter_map(move |cut| {
            let (left, right) = token.split_at(cut);
            Some((self.words.get(left)?, self.words.get(right)?, symbol))
        })
    }

    /// Whether there is a token that can be made only of what comes after it.
    fn makes_late(&self) -> bool {
        let mut splits = self.whole.iter().flat_map(|symbol| self.splits_of(*symbol));
        splits.any(|(left, right, symbol)| left > symbol || right > symbol)
    }

    /// Lets all pairs merge that together are a token.
    fn keep_every_pair(&mut self) {
        let symbols = 0..self.words.len() as u32;
        let splits: Vec<_> = symbols.clone().flat_map(|symbol| self.splits_of(symbol)).collect();
        self.pairs = Pairs::with_capacity(splits.len());
        for (left, right, symbol) in splits {
            self.pairs.insert(left, right, symbol);
        }
        self.whole = symbols
            .filter(|symbol| {
                self.pieces.clear();
                self.merging
                    .merge(&self.pairs, self.words.bytes_of(*symbol), |piece| self.pieces.push(piece));
                self.pieces != [*symbol]
            })
            .collect();
    }

    fn finish(self) -> Vocabulary {
        let seams = Seams::between(&self.words, &self.whole);
        let mut by_id: Vec<u32> = (0..self.ids.len() as u32).collect();
        by_id.sort_unstable_by_key(|symbol| self.ids[*symbol as usize]);
        let is_numbered_alike = (0..).zip(&self.ids).skip(256).all(|(symbol, id): (u32, &u32)| *id == symbol);
        Vocabulary {
            pairs: self.pairs,
            words: self.words,
            whole: self.whole,
            seams,
            ids: self.ids,
            is_numbered_alike,
            by_id,
        }
    }
}
