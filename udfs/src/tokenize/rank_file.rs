//! tiktoken rank files: `<base64 of the token's bytes> <rank>` a line, where rank is both the id and the
//! order of merging.
//!
//! tiktoken merges any two neighbours whose bytes together are a token, lowest rank first. The engine
//! wants pairs of tokens instead. They follow from the ranks: when a token of rank r can be made, every
//! merge below r inside its bytes has been done, and those bytes then stand in the same pieces in any
//! text. So one pair makes it at most (the two pieces left when its bytes are merged by ranks below r),
//! and a token whose bytes stay in three pieces or more is only ever a whole word.

use std::collections::HashMap;

use tokenizers::SplitDelimiterBehavior;
use tokenizers::models::bpe::{BpeConfig, MergeMap, Merges, PipelineBPE, Vocab};
use tokenizers::pipeline::{PipelineModel, PipelinePostProcessor, PipelinePreTokenizer, PipelineTokenizer};
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::vocab::bucket_added_vocabulary::AddedVocabulary;

use super::pattern::Pattern;

/// Tokens by rank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RankFile {
    /// (rank, bytes), by rank; ranks may have gaps.
    tokens: Vec<(u32, Vec<u8>)>,
}

impl RankFile {
    /// Reads a rank file; the error says which line is wrong and why.
    pub(crate) fn parse(file: &[u8]) -> Result<Self, String> {
        let mut tokens = Vec::new();
        for (number, line) in file.split(|byte| *byte == b'\n').enumerate() {
            let line = line.trim_ascii();
            if line.is_empty() {
                continue;
            }
            let (rank, token) = parse_line(line)
                .ok_or_else(|| format!("line {} is not `<base64 token> <rank>`", number + 1))?;
            tokens.push((rank, token));
        }
        Self::new(tokens)
    }

    /// Tokens in any order; ranks and tokens must be distinct and every byte must be a token.
    pub(crate) fn new(mut tokens: Vec<(u32, Vec<u8>)>) -> Result<Self, String> {
        tokens.sort_unstable_by_key(|(rank, _)| *rank);
        if let Some((rank, _)) = tokens.windows(2).find_map(|pair| match pair {
            [left, right] if left.0 == right.0 => Some(left),
            _ => None,
        }) {
            return Err(format!("rank {rank} is given twice"));
        }
        let mut bytes = [false; 256];
        let mut seen = HashMap::with_capacity(tokens.len());
        for (rank, token) in &tokens {
            if let Some(before) = seen.insert(token.as_slice(), *rank) {
                return Err(format!("ranks {before} and {rank} are the same token"));
            }
            if let [byte] = token.as_slice() {
                bytes[usize::from(*byte)] = true;
            }
        }
        if let Some(missing) = bytes.iter().position(|seen| !seen) {
            return Err(format!("no token for the byte {missing:#04x}, so not every text could be encoded"));
        }
        Ok(Self { tokens })
    }

    /// How many tokens there are.
    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// One past the highest rank.
    pub(crate) fn id_space(&self) -> u32 {
        self.tokens.last().map_or(0, |(rank, _)| rank + 1)
    }

    /// Digest of the ranks, however the file spells them: equal ranks, equal digest.
    pub(crate) fn digest(&self) -> u128 {
        let mut bytes = Vec::with_capacity(self.tokens.len() * 16);
        for (rank, token) in &self.tokens {
            bytes.extend(rank.to_le_bytes());
            bytes.extend((token.len() as u32).to_le_bytes());
            bytes.extend(token);
        }
        tweetmill_kernels::hash::content_hash(&bytes)
    }

    /// The engine for these ranks and a way to cut words.
    pub(crate) fn engine(&self, pattern: &Pattern) -> tokenizers::Result<PipelineTokenizer> {
        let vocab: Vocab = self.tokens.iter().map(|(rank, token)| (spell(token), *rank)).collect();
        let model = PipelineBPE::from_config(BpeConfig {
            vocab,
            merges: self.merges(),
            byte_level: true,
            // A word that is a token is that token, whatever its merges would give: tiktoken's rule.
            ignore_merges: true,
            ..BpeConfig::default()
        })?;
        let split = Split::native(
            SplitPattern::Regex(pattern.regex.to_owned()),
            SplitDelimiterBehavior::Isolated,
            false,
        )?;
        if split.grammar().is_none() {
            return Err(format!("the engine has no state machine for the words of {}", pattern.name).into());
        }
        Ok(PipelineTokenizer::from_parts(
            AddedVocabulary::new(),
            Vec::new(),
            PipelinePreTokenizer::Split(split),
            PipelineModel::BPE(model),
            PipelinePostProcessor::default(),
            None,
            std::collections::BTreeMap::new(),
            None,
            None,
        ))
    }

    /// The pair that makes each token, by rank; see the head of this file.
    fn merges(&self) -> Merges {
        // Tokens go by their place in the file, which is their order of merging too.
        let mut of_byte = [0_u32; 256];
        for (place, (_, token)) in (0..).zip(&self.tokens) {
            if let [byte] = token.as_slice() {
                of_byte[usize::from(*byte)] = place;
            }
        }
        let mut made = MergeMap::with_capacity(self.tokens.len());
        let mut merges = Merges::with_capacity(self.tokens.len());
        let mut pieces = Vec::new();
        for (place, (_, token)) in (0..).zip(&self.tokens) {
            pieces.clear();
            pieces.extend(token.iter().map(|byte| of_byte[usize::from(*byte)]));
            merge(&made, &mut pieces);
            if let [left, right] = *pieces.as_slice() {
                made.insert((left, right), (place, place));
                merges.push((self.spelt(left), self.spelt(right)));
            }
        }
        merges
    }

    fn spelt(&self, place: u32) -> String {
        self.tokens.get(place as usize).map_or_else(String::new, |(_, token)| spell(token))
    }
}

/// Merges the pieces of a token as far as the pairs known so far go: those of lower rank.
fn merge(made: &MergeMap, pieces: &mut Vec<u32>) {
    loop {
        let mut first: Option<(u32, usize)> = None;
        for (at, pair) in pieces.windows(2).enumerate() {
            if let [left, right] = *pair
                && let Some((place, _)) = made.get(&(left, right))
                && first.is_none_or(|(lowest, _)| *place < lowest)
            {
                first = Some((*place, at));
            }
        }
        let Some((place, at)) = first else { return };
        pieces.splice(at..at + 2, [place]);
    }
}

fn parse_line(line: &[u8]) -> Option<(u32, Vec<u8>)> {
    let space = line.iter().position(|byte| *byte == b' ')?;
    let rank = std::str::from_utf8(line.get(space + 1..)?).ok()?.trim_ascii().parse().ok()?;
    let token = from_base64(line.get(..space)?)?;
    // The engine has 31 bits for an id, as `list<int32>` has.
    (rank < i32::MAX as u32 && !token.is_empty()).then_some((rank, token))
}

/// Standard base64 with padding; `None` for anything else.
fn from_base64(text: &[u8]) -> Option<Vec<u8>> {
    let unpadded = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let mut bytes = Vec::with_capacity(unpadded.len() * 3 / 4);
    let (mut bits, mut held) = (0_u32, 0);
    for character in unpadded {
        let value = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    Some(bytes)
}

/// Bytes in the alphabet that byte-level vocabularies are written in: each byte is one printable
/// character, itself where it has a visible Latin-1 one, else the next from U+0100 on.
pub(crate) fn spell(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| byte_letter(*byte)).collect()
}

/// The character that stands for a byte.
pub(crate) fn byte_letter(byte: u8) -> char {
    BYTE_LETTERS[usize::from(byte)]
}

const BYTE_LETTERS: [char; 256] = {
    let mut letters = ['\0'; 256];
    let (mut byte, mut next) = (0_u32, 0x100);
    while byte < 256 {
        let visible = matches!(byte, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff);
        let code = if visible { byte } else { next };
        if !visible {
            next += 1;
        }
        letters[byte as usize] = match char::from_u32(code) {
            Some(letter) => letter,
            None => '\0',
        };
        byte += 1;
    }
    letters
};

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// All bytes by value, then the tokens given.
    fn ranks(tokens: &[&str]) -> RankFile {
        let bytes = (0..=255_u8).map(|byte| vec![byte]);
        let tokens = bytes.chain(tokens.iter().map(|token| token.as_bytes().to_vec()));
        RankFile::new((0..).zip(tokens).collect()).unwrap()
    }

    #[test]
    fn a_token_is_made_by_the_pair_that_earlier_merges_leave() {
        let merges = ranks(&["ab", "bc", "abc", "xyz"]).merges();
        let expected = [("a", "b"), ("b", "c"), ("ab", "c")];
        assert_eq!(merges, expected.map(|(left, right)| (left.to_owned(), right.to_owned())));
    }

    #[test]
    fn lines_are_base64_and_rank() {
        assert_eq!(parse_line(b"IQ== 0"), Some((0, b"!".to_vec())));
        assert_eq!(parse_line(b"IHRoZQ== 279"), Some((279, b" the".to_vec())));
        assert_eq!(parse_line(b"4pyF 7"), Some((7, "✅".as_bytes().to_vec())));
        for line in ["IQ= 0", "IQ== -1", "IQ==", "I!== 0", "IQ== 4294967295", " 1"] {
            assert_eq!(parse_line(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn a_damaged_file_is_refused_with_its_line() {
        let error = RankFile::parse(b"IQ== 0\nnot a line\n").unwrap_err();
        assert_eq!(error, "line 2 is not `<base64 token> <rank>`");
        let error = RankFile::parse(b"IQ== 0\n").unwrap_err();
        assert_eq!(error, "no token for the byte 0x00, so not every text could be encoded");
        let twice = (0..=255_u8).map(|byte| (u32::from(byte / 2), vec![byte])).collect();
        assert_eq!(RankFile::new(twice).unwrap_err(), "rank 0 is given twice");
    }

    #[test]
    fn bytes_are_spelt_as_byte_level_vocabularies_spell_them() {
        assert_eq!(spell(b" the\n\xc3\xa9\xad"), "ĠtheĊÃ©Ń");
    }
}
