//! The tokenizers a session knows, by name.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::error::TokenizerError;
use super::pattern::{CL100K_BASE, O200K_BASE, Pattern};
use super::rank_file::RankFile;
use super::tokenizer::Tokenizer;

/// Tokenizers that ship with the program, with the pattern of each.
const BUILT_IN: [Pattern; 2] = [CL100K_BASE, O200K_BASE];

/// Names to tokenizers, shared by the functions of a session. Built-in ones are made when first asked
/// for; others are loaded from bytes by whoever can fetch them, before a query runs.
#[derive(Debug, Default)]
pub struct Tokenizers {
    by_name: RwLock<BTreeMap<String, Arc<Tokenizer>>>,
}

impl Tokenizers {
    /// Only what is built in.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names of the built-in tokenizers.
    pub fn built_in() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|pattern| pattern.name)
    }

    /// The tokenizer of that name.
    pub fn get(&self, name: &str) -> Result<Arc<Tokenizer>, TokenizerError> {
        if let Some(tokenizer) = self.read().get(name) {
            return Ok(Arc::clone(tokenizer));
        }
        let Some(pattern) = BUILT_IN.iter().find(|pattern| pattern.name == name) else {
            let loaded: Vec<String> = self.read().keys().cloned().collect();
            let known =
                Self::built_in().map(str::to_owned).chain(loaded).collect::<std::collections::BTreeSet<_>>();
            return Err(TokenizerError::Unknown {
                name: name.to_owned(),
                known: known.into_iter().collect::<Vec<_>>().join(", "),
            });
        };
        let tokenizer = Arc::new(Tokenizer::from_ranks(name, built_in_ranks(pattern)?, pattern)?);
        // Two threads may have made it; the first one stays.
        let mut by_name = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(by_name.entry(name.to_owned()).or_insert(tokenizer)))
    }

    /// Reads a tokenizer file ([`Tokenizer::parse`]) and keeps it under `name`. Loading the same
    /// definition again is nothing new; another one under a name in use is refused.
    pub fn load(&self, name: &str, file: &[u8]) -> Result<Arc<Tokenizer>, TokenizerError> {
        let tokenizer = Arc::new(Tokenizer::parse(name, file)?);
        let taken = if BUILT_IN.iter().any(|pattern| pattern.name == name) {
            Some(self.get(name)?)
        } else {
            self.read().get(name).cloned()
        };
        match taken {
            Some(before) if before.digest() == tokenizer.digest() => Ok(before),
            Some(_) => Err(TokenizerError::Taken { name: name.to_owned() }),
            None => {
                let mut by_name = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
                by_name.insert(name.to_owned(), Arc::clone(&tokenizer));
                Ok(tokenizer)
            }
        }
    }

    // A panic elsewhere can't leave the map half changed, so a poisoned lock is as good as another.
    fn read(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<String, Arc<Tokenizer>>> {
        self.by_name.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The ranks that `tiktoken-rs` ships, read back token by token: it keeps them to itself.
fn built_in_ranks(pattern: &Pattern) -> Result<RankFile, TokenizerError> {
    let broken = |why: String| TokenizerError::Unreadable { name: pattern.name.to_owned(), why };
    let shipped =
        if *pattern == CL100K_BASE { tiktoken_rs::cl100k_base() } else { tiktoken_rs::o200k_base() };
    let shipped = shipped.map_err(|error| broken(error.to_string()))?;
    let tokens = (0..pattern.end_of_text).map_while(|rank| Some((rank, shipped.decode_bytes(&[rank]).ok()?)));
    let ranks = RankFile::new(tokens.collect()).map_err(broken)?;
    match Pattern::of_ranks(ranks.digest()) {
        Some(known) if known == pattern => Ok(ranks),
        _ => Err(broken("the ranks that ship with the program aren't the published ones".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn ids(tokenizer: &Tokenizer, text: &str) -> Vec<i32> {
        let mut ids = Vec::new();
        tokenizer.encode_into(text, &mut ids).unwrap();
        ids
    }

    /// Computed with tiktoken's `encode_ordinary`.
    #[test]
    fn built_in_ids_are_those_of_tiktoken() {
        let tokenizers = Tokenizers::new();
        let text = "I can't <|endoftext|> 1234567 naïve 日本語  \n\n x";
        for (name, eos, size, expected) in
            [("cl100k_base", 100_257, 100_258, CL100K_IDS), ("o200k_base", 199_999, 200_000, O200K_IDS)]
        {
            let tokenizer = tokenizers.get(name).unwrap();
            assert_eq!(ids(&tokenizer, text), expected, "{name}");
            assert_eq!((tokenizer.bos(), tokenizer.eos()), (None, Some(eos)));
            assert_eq!((tokenizer.name(), tokenizer.vocab_size()), (name, size));
        }
    }

    const CL100K_IDS: &[i32] = &[
        40, 649, 956, 83_739, 8862, 728, 428, 91, 29, 220, 4513, 10_961, 22, 95_980, 588, 76_502, 22_656,
        45_918, 252, 19_124, 865,
    ];
    const O200K_IDS: &[i32] = &[
        40, 8535, 464, 91, 419, 1440, 919, 91, 29, 220, 7633, 19_354, 22, 153_475, 737, 17_428, 40_909,
        11_691, 1215,
    ];

    /// The 256 bytes and one more token, as a rank file.
    fn small_ranks(last: &str) -> String {
        const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let letter = |bits: usize| char::from(LETTERS[bits % 64]);
        let mut file = String::new();
        for byte in 0..256_usize {
            file.extend([letter(byte >> 2), letter(byte << 4)]);
            file += "== ";
            file += &byte.to_string();
            file.push('\n');
        }
        file + last + " 256\n"
    }

    #[test]
    fn ranks_that_are_not_known_need_a_telling_name() {
        let tokenizers = Tokenizers::new();
        let ranks = small_ranks("YWI=");
        let error = tokenizers.load("mine.tiktoken", ranks.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("(257 tokens) doesn't say how it cuts words"), "{error}");
        assert!(error.contains("put one of cl100k_base, o200k_base, r50k_base, p50k_base in the"), "{error}");
        let tokenizer = tokenizers.load("mine-gpt2.tiktoken", ranks.as_bytes()).unwrap();
        assert_eq!(ids(&tokenizer, "abc b"), [256, 99, 32, 98]);
    }

    #[test]
    fn a_name_stands_for_one_definition() {
        let tokenizers = Tokenizers::new();
        let first = tokenizers.load("gpt2", small_ranks("YWI=").as_bytes()).unwrap();
        let again = tokenizers.load("gpt2", small_ranks("YWI=").replace('\n', "\r\n").as_bytes()).unwrap();
        assert!(Arc::ptr_eq(&first, &again));
        assert!(Arc::ptr_eq(&first, &tokenizers.get("gpt2").unwrap()));
        let other = tokenizers.load("gpt2", small_ranks("YWM=").as_bytes()).unwrap_err();
        assert_eq!(other.to_string(), "`gpt2` already names another tokenizer");
        let built_in = tokenizers.load("cl100k_base", small_ranks("YWI=").as_bytes()).unwrap_err();
        assert_eq!(built_in.to_string(), "`cl100k_base` already names another tokenizer");
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let tokenizers = Tokenizers::new();
        tokenizers.load("gpt2", small_ranks("YWI=").as_bytes()).unwrap();
        let error = tokenizers.get("cl100k").unwrap_err().to_string();
        let expected =
            "no tokenizer is called `cl100k`\n  hint: loaded or built in are cl100k_base, gpt2, o200k_base";
        assert_eq!(error, expected);
    }
}
