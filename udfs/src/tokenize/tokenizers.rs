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
        let tokenizer = Arc::new(Tokenizer::from_ranks(name, &built_in_ranks(pattern)?, pattern)?);
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
