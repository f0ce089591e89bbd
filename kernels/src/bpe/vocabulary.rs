//! A vocabulary made ready for encoding.

use super::error::Error;
use super::merge::Merging;
use super::pairs::{MOST_SYMBOLS, NONE, Pairs};
use super::seams::Seams;
use super::words::Words;

/// A token: its id and its bytes.
pub type Token = (u32, Vec<u8>);

/// Tokens and what merges into them.
///
/// Symbols number the tokens within: the bytes first, then the others in their order of merging. One pair makes each token at
/// most. When the token can be made, every merge that goes before it has been done inside its bytes, and none across their ends; so they stand in
/// the same pieces whatever text is around them, and it is made if those are two. A token whose bytes stand in more is never made by
/// merging.
pub(super) struct Vocabulary {
    pub(super) pairs: Pairs,
    /// The tokens that merging can make of a word: exactly those whose words are one token.
    pub(super) words: Words,
    /// Tokens, by place in `words`, that only a whole word becomes: from here on.
    whole_from: u32,
    pub(super) seams: Seams,
    /// The id of each symbol.
    ids: Vec<u32>,
    /// The symbols by their ids, ascending.
    by_id: Vec<u32>,
}

impl Vocabulary {
    /// A vocabulary by ranks: `tokens` are in their order of merging, any two neighbours whose bytes together are a token
    /// merge, and a word that is a token is that token.
    pub(super) fn of_ranks(tokens: &[Token]) -> Result<Self, Error> {
        let mut build = Build::new(tokens)?;
        let mut whole = Vec::new();
        for (id, token) in tokens.iter().filter(|(_, token)| token.len() > 1) {
            match *build.pieces(token) {
                [left, right] => build.push(left, right, token, *id),
                [piece] => return Err(Error::Twice { first: build.ids[piece as usize], second: *id }),
                _ => whole.push((*id, token.as_slice())),
            }
        }
        Ok(build.finish(&whole))
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
        let mut made = vec![false; tokens.len()];
        let mut token = Vec::new();
        for (merge, (left, right)) in merges.iter().enumerate() {
            let unknown = Error::NoToken { merge };
            let (Some((_, left)), Some((_, right))) = (tokens.get(*left), tokens.get(*right)) else {
                return Err(unknown);
            };
            token.clear();
            token.extend_from_slice(left);
            token.extend_from_slice(right);
            let place = known.get(&token).ok_or(unknown)? as usize;
            // Of a merge whose pieces never stand side by side nothing is ever made.
            if let [first, second] = *build.pieces(&token)
                && build.words.bytes_of(first) == left.as_slice()
                && build.words.bytes_of(second) == right.as_slice()
            {
                build.push(first, second, &token, tokens[place].0);
                made[place] = true;
            }
        }
        let whole: Vec<_> = if words_first {
            let never = tokens.iter().zip(&made).filter(|((_, token), made)| token.len() > 1 && !**made);
            never.map(|((id, token), _)| (*id, token.as_slice())).collect()
        } else {
            Vec::new()
        };
        Ok(build.finish(&whole))
    }

    /// The id of a symbol.
    #[inline]
    pub(super) fn id(&self, symbol: u32) -> u32 {
        self.ids[symbol as usize]
    }

    /// The bytes of the token of an id.
    pub(super) fn bytes(&self, id: u32) -> Option<&[u8]> {
        let at = self.by_id.binary_search_by_key(&id, |symbol| self.id(*symbol)).ok()?;
        Some(self.words.bytes_of(self.by_id[at]))
    }

    /// The symbol of `word`, where it is a token as a word is.
    #[inline]
    pub(super) fn word(&self, word: &[u8]) -> Option<u32> {
        self.words.get(word)
    }

    /// The symbol of a `part` of a word, which no merge reaches across the ends of, where it is one token.
    #[inline]
    pub(super) fn part(&self, part: &[u8]) -> Option<u32> {
        self.words.get(part).filter(|symbol| *symbol < self.whole_from)
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
        Ok(Self { pairs, words, ids, merging: Merging::default(), pieces: Vec::new() })
    }

    /// What the merges so far leave of the bytes of a token.
    fn pieces(&mut self, token: &[u8]) -> &[u32] {
        self.pieces.clear();
        let pieces = &mut self.pieces;
        self.merging.merge(&self.pairs, token, |piece| pieces.push(piece));
        pieces
    }

    /// Takes in a token that is made of two.
    fn push(&mut self, left: u32, right: u32, token: &[u8], id: u32) {
        debug_assert_eq!(self.pairs.of(left, right), NONE, "pieces that merge would have");
        self.pairs.insert(left, right, self.words.len() as u32);
        self.words.push(token);
        self.ids.push(id);
    }

    fn finish(mut self, whole: &[(u32, &[u8])]) -> Vocabulary {
        let whole_from = self.words.len() as u32;
        let seams = Seams::between(&self.words);
        for (id, token) in whole {
            self.words.push(token);
            self.ids.push(*id);
        }
        let mut by_id: Vec<u32> = (0..self.ids.len() as u32).collect();
        by_id.sort_unstable_by_key(|symbol| self.ids[*symbol as usize]);
        Vocabulary { pairs: self.pairs, words: self.words, whole_from, seams, ids: self.ids, by_id }
    }
}
