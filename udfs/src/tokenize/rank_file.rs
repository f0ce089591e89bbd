//! tiktoken rank files: `<base64 of the token's bytes> <rank>` a line, where rank is both the id and the
//! order of merging.

use std::collections::HashMap;

use tweetmill_kernels::bpe::Token;

/// Tokens by rank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RankFile {
    /// (rank, bytes), by rank; ranks may have gaps.
    tokens: Vec<Token>,
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
    pub(crate) fn new(mut tokens: Vec<Token>) -> Result<Self, String> {
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

    /// Tokens with their ids, in their order of merging.
    pub(crate) fn into_tokens(self) -> Vec<Token> {
        self.tokens
    }
}

fn parse_line(line: &[u8]) -> Option<(u32, Vec<u8>)> {
    let space = line.iter().position(|byte| *byte == b' ')?;
    let rank = std::str::from_utf8(line.get(space + 1..)?).ok()?.trim_ascii().parse().ok()?;
    let token = from_base64(line.get(..space)?)?;
    // Ids are written as `list<int32>`.
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

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
}
