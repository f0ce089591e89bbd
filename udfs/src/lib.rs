//! SQL functions of tweetmill over Arrow columns: one file is one function, of the same name.
//!
//! Nothing here knows sessions, object stores, file names or run files. [`FUNCTIONS`] is the list:
//! [`register_all`] gives a session all of it, and `docs/reference/functions.md` is generated from it.

#![warn(missing_docs)]

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::execution::FunctionRegistry;
use datafusion::logical_expr::ScalarUDF;

mod args;
pub mod dedup;
mod hash;
mod reference;
pub mod split;
pub mod text;
pub mod tokenize;

pub use self::reference::reference;

/// A function as users meet it.
#[derive(Debug)]
pub struct Function {
    /// Arguments and result, as SQL types.
    pub signature: &'static str,
    /// What it does, in Markdown.
    pub about: &'static str,
    /// A query of one row and one column; a test runs it.
    pub example: &'static str,
    /// What the query prints.
    pub prints: &'static str,
    make: fn(&Arc<tokenize::Tokenizers>) -> ScalarUDF,
}

impl Function {
    /// The function itself; those that tokenize know `tokenizers`.
    pub fn udf(&self, tokenizers: &Arc<tokenize::Tokenizers>) -> ScalarUDF {
        (self.make)(tokenizers)
    }
}

/// All functions, by name.
pub const FUNCTIONS: &[Function] = &[
    Function {
        signature: "canonical_text(text) → text",
        about: "What two texts must share to count as exact duplicates: without leading `RT @x:`, links, \
                mentions, punctuation, symbols and emoji; NFKC, case folded; three or more of a letter in \
                a row become two; white space squeezed. Empty where nothing is left.",
        example: "SELECT canonical_text('RT @jack: Sooooo GOOD!!! 😀 https://t.co/x')",
        prints: "soo good",
        make: |_| text::CanonicalText::new().into(),
    },
    Function {
        signature: "content_hash(text) → fixed-size binary (16)",
        about: "Equal for exact duplicates: XXH3-128 of the canonical text. A text whose canonical text is \
                empty is a duplicate only of the same text as written.",
        example: "SELECT content_hash('RT @jack: Good morning!') = content_hash('good morning')",
        prints: "true",
        make: |_| dedup::ContentHash::new().into(),
    },
    Function {
        signature: "shuffle_key(tweet_id bigint, seed bigint unsigned literal) → bigint unsigned",
        about: "A document's place in the shuffle: documents are ordered by this key, then by id, and shard \
                i of n holds the keys from ⌈i·2⁶⁴/n⌉ up to, but not with, ⌈(i+1)·2⁶⁴/n⌉.",
        example: "SELECT shuffle_key(1288834974657, 7)",
        prints: "1303289374166291357",
        make: |_| hash::ShuffleKey::new().into(),
    },
    Function {
        signature: "split_of(author_id bigint, author_name text, tweet_id bigint, seed bigint unsigned \
                    literal, validation_threshold bigint unsigned literal, test_threshold bigint unsigned \
                    literal) → text",
        about: "`train`, `validation` or `test`: a hash of the author's id, else of the lower-cased handle, \
                else of the tweet's id, so that nobody writes in two splits. Hashes below \
                `validation_threshold` are validation, from there to `test_threshold` test, the rest train. \
                Null where all three are.",
        example: "SELECT split_of(12, 'jack', 20, 7, 1844674407370955161, 3689348814741910323)",
        prints: "train",
        make: |_| split::SplitOf::new().into(),
    },
    Function {
        signature: "token_count(text, tokenizer text literal) → int",
        about: "How many ids `tokenize(text, tokenizer)` gives.",
        example: "SELECT token_count('hello world', 'cl100k_base')",
        prints: "2",
        make: |tokenizers| tokenize::TokenCount::new(tokenizers).into(),
    },
    Function {
        signature: "tokenize(text, tokenizer text literal [, bos boolean literal [, eos boolean literal]]) → \
                    list of int",
        about: "Token ids, equal to those of the tokenizer's reference implementation for ordinary text: a \
                special token spelt in a text isn't that token. `tokenizer` is `cl100k_base`, `o200k_base` \
                or the name of one that the session has loaded. With `bos` or `eos` the list opens or \
                closes with that token; an error where the tokenizer has none. Null for a null text.",
        example: "SELECT tokenize('hello world', 'cl100k_base', false, true)",
        prints: "[15339, 1917, 100257]",
        make: |tokenizers| tokenize::Tokenize::new(tokenizers).into(),
    },
];

/// Gives `registry` (a session, say) every function; those that tokenize share `tokenizers`.
pub fn register_all(
    registry: &mut dyn FunctionRegistry,
    tokenizers: &Arc<tokenize::Tokenizers>,
) -> Result<()> {
    for function in FUNCTIONS {
        registry.register_udf(Arc::new(function.udf(tokenizers)))?;
    }
    Ok(())
}
