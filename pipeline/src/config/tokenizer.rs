//! Which tokenizer: a name that is built in, or a file somewhere.

use std::fmt;

use super::refusal::did_you_mean;
use super::store_url::StoreUrl;

/// A tokenizer by name or by file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tokenizer {
    /// `cl100k_base`, built in.
    Cl100kBase,
    /// `o200k_base`, built in.
    O200kBase,
    /// A Hugging Face `tokenizer.json`.
    Json(StoreUrl),
    /// A file of ranks in tiktoken's format.
    Tiktoken(StoreUrl),
}

const BUILT_IN: [&str; 2] = ["cl100k_base", "o200k_base"];

impl Tokenizer {
    /// Reads a name or a URL; the error's second line is a hint.
    pub fn parse(text: &str) -> Result<Self, String> {
        match (text, text.rsplit_once('.')) {
            ("cl100k_base", _) => return Ok(Self::Cl100kBase),
            ("o200k_base", _) => return Ok(Self::O200kBase),
            (_, Some((_, "json"))) => return StoreUrl::parse(text).map(Self::Json),
            (_, Some((_, "tiktoken"))) => return StoreUrl::parse(text).map(Self::Tiktoken),
            _ => {}
        }
        let near = did_you_mean(text, BUILT_IN).map(|near| format!("did you mean `{near}`? "));
        Err(format!(
            "unknown tokenizer `{text}`\nhint: {}built in: {}; or give the URL of a tokenizer.json or .tiktoken file",
            near.unwrap_or_default(),
            BUILT_IN.join(", ")
        ))
    }
}

impl fmt::Display for Tokenizer {
    /// As a run file names it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cl100kBase => f.write_str("cl100k_base"),
            Self::O200kBase => f.write_str("o200k_base"),
            Self::Json(location) | Self::Tiktoken(location) => location.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_files_are_told_apart() {
        for text in ["cl100k_base", "o200k_base", "s3://models/olmo/tokenizer.json", "./ranks.tiktoken"] {
            assert_eq!(Tokenizer::parse(text).map(|tokenizer| tokenizer.to_string()), Ok(text.to_owned()));
        }
    }
}
