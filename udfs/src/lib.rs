//! SQL functions of tweetmill over Arrow columns: one file is one function, of the same name.
//!
//! Nothing here knows sessions, object stores, file names or run files. [`FUNCTIONS`] is the list:
//! [`register_all`] gives a session all of it, and `docs/reference/functions.md` is generated from it.

#![warn(missing_docs)]

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::execution::FunctionRegistry;
use datafusion::logical_expr::ScalarUDF;

mod account;
mod args;
pub mod dedup;
pub mod embed;
mod hash;
mod known;
mod of_text;
mod of_two_texts;
mod quality;
mod reference;
pub mod split;
mod stretches;
pub mod text;
pub mod tokenize;

pub use self::known::Known;
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
    make: fn(&Known) -> ScalarUDF,
}

impl Function {
    /// The function itself; those that tokenize or embed find tokenizers and models in `known`.
    pub fn udf(&self, known: &Known) -> ScalarUDF {
        (self.make)(known)
    }
}

/// All functions, by name.
pub const FUNCTIONS: &[Function] = &[
    Function {
        signature: "account_age_days(created_at timestamp, author_created_at timestamp) → bigint",
        about: "How old the account was when it wrote the tweet, in whole days, rounded down; below zero where the \
                tweet is older. Null where either time is.",
        example: "SELECT account_age_days(TIMESTAMP '2021-01-31', TIMESTAMP '2021-01-01')",
        prints: "30",
        make: |_| account::AccountAgeDays::new().into(),
    },
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
        signature: "capital_ratio(text) → double",
        about: "How many of the letters that have a case are capitals, 0 to 1; 0 where none has.",
        example: "SELECT capital_ratio('GOOD morning')",
        prints: "0.36363636363636365",
        make: |_| quality::capital_ratio(),
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
        signature: "cosine(a list of float, b list of float) → double",
        about: "The cosine of the angle between two vectors, −1 to 1; 0 where one is zeros. An error where they differ in length. \
                Null where either is. For vectors that `embed` gives, how alike the model finds two texts.",
        example: "SELECT cosine([3.0, 4.0], [4.0, 3.0])",
        prints: "0.96",
        make: |_| embed::Cosine::new().into(),
    },
    Function {
        signature: "detect_language(text) → text",
        about: "The language of a text as an ISO 639-1 code: by its script where one language writes it, by its letters in Arabic and Cyrillic script, by its n-grams among de, en, es, fr, it, nl, pt, sv, tr and vi in Latin script. Links and mentions do not count. `und` where there are fewer than three letters or none that tell. See docs/language.md for how often it is right.",
        example: "SELECT detect_language('the weather is lovely this morning')",
        prints: "en",
        make: |_| quality::detect_language(),
    },
    Function {
        signature: "detokenize(ids list of int, tokenizer text literal) → text",
        about: "The text that token ids stand for, special tokens spelt out: of what `tokenize` gives, the text itself where \
                the tokenizer loses nothing of it, as byte-level ones do. Bytes that are no character, as at the end of a list cut \
                short, become U+FFFD. An error for an id that the tokenizer doesn't have; null for a null list.",
        example: "SELECT detokenize([15339, 1917, 100257], 'cl100k_base')",
        prints: "hello world<|endoftext|>",
        make: |known| tokenize::Detokenize::new(&known.tokenizers).into(),
    },
    Function {
        signature: "digit_ratio(text) → double",
        about: "How much of a text is numbers of any script, 0 to 1, in code points that are not white space.",
        example: "SELECT digit_ratio('12 eggs')",
        prints: "0.3333333333333333",
        make: |_| quality::digit_ratio(),
    },
    Function {
        signature: "edit_similarity(a text, b text) → double",
        about: "How alike two canonical texts are, 0 to 100: 100·(1 − d / (length of a + length of b)), where d is how many code points must be \
                inserted and deleted to make one of the other. Two empty ones are alike. For reading: near-duplicates \
                are decided in whole numbers. Null where either text is. See docs/near-duplicates.md.",
        example: "SELECT edit_similarity('I can!', 'i cant')",
        prints: "90.9090909090909",
        make: |_| dedup::edit_similarity(),
    },
    Function {
        signature: "embed(text, model text literal [, form text literal]) → fixed-size list of float",
        about: "The vector that a model gives a text. `model` is the name of one that the session has loaded: a folder as Hugging Face \
                lays it out. `form` is `float32` (as left out), `float16`, `int8` (a struct of `scale` and `values`: number = value · scale) or \
                `binary` (a bit for each number above zero, in fixed-size binary). The same bits on every processor, whatever the other \
                rows are. Null for a null text.",
        example: "SELECT round(cosine(embed('a b', 'tiny'), embed('a b', 'tiny', 'float16')), 4)",
        prints: "1.0",
        make: |known| embed::Embed::new(&known.models).into(),
    },
    Function {
        signature: "extract_cashtags(text) → list of text",
        about: "The cashtags of a text in order, without `$`, by the rules of twitter-text.",
        example: "SELECT extract_cashtags('buy $ACME now')",
        prints: "[ACME]",
        make: |_| text::extract_cashtags(),
    },
    Function {
        signature: "extract_emails(text) → list of text",
        about: "The e-mail addresses of a text in order, as written. See docs/redaction.md for what counts as one.",
        example: "SELECT extract_emails('write to me@example.com')",
        prints: "[me@example.com]",
        make: |_| text::extract_emails(),
    },
    Function {
        signature: "extract_hashtags(text) → list of text",
        about: "The hashtags of a text in order, without `#`, by the rules of twitter-text; none inside links.",
        example: "SELECT extract_hashtags('#good #朝')",
        prints: "[good, 朝]",
        make: |_| text::extract_hashtags(),
    },
    Function {
        signature: "extract_mentions(text) → list of text",
        about: "The handles a text mentions, in order, without `@`, by the rules of twitter-text.",
        example: "SELECT extract_mentions('RT @jack: hello @biz')",
        prints: "[jack, biz]",
        make: |_| text::extract_mentions(),
    },
    Function {
        signature: "extract_phones(text) → list of text",
        about: "The phone numbers of a text in order, as written, international or national, in digits of ASCII, full \
                width, Arabic or Persian. See docs/redaction.md for what counts as one.",
        example: "SELECT extract_phones('call +44 20 7946 0958 or 020 7946 0958 by 2021-01-31')",
        prints: "[+44 20 7946 0958, 020 7946 0958]",
        make: |_| text::extract_phones(),
    },
    Function {
        signature: "extract_urls(text) → list of text",
        about: "The links of a text in order, as written, with or without a scheme, by the rules of twitter-text.",
        example: "SELECT extract_urls('see https://t.co/x (example.com)')",
        prints: "[https://t.co/x, example.com]",
        make: |_| text::extract_urls(),
    },
    Function {
        signature: "hashtag_ratio(text) → double",
        about: "How much of a text is hashtags, 0 to 1, in code points that are not white space.",
        example: "SELECT hashtag_ratio('#good tea')",
        prints: "0.625",
        make: |_| quality::hashtag_ratio(),
    },
    Function {
        signature: "jaccard(a text, b text) → double",
        about: "How many shingles two canonical texts have in common, 0 to 1, of those that either has: the shingles of \
                `minhash_signature`. 1 for two empty ones. Null where either text is.",
        example: "SELECT jaccard('good morning all', 'good morning to all')",
        prints: "0.5",
        make: |_| dedup::jaccard(),
    },
    Function {
        signature: "link_ratio(text) → double",
        about: "How much of a text is links, 0 to 1, in code points that are not white space.",
        example: "SELECT link_ratio('tea https://t.co/x')",
        prints: "0.8235294117647058",
        make: |_| quality::link_ratio(),
    },
    Function {
        signature: "mention_ratio(text) → double",
        about: "How much of a text is mentions, 0 to 1, in code points that are not white space.",
        example: "SELECT mention_ratio('@jack tea')",
        prints: "0.625",
        make: |_| quality::mention_ratio(),
    },
    Function {
        signature: "minhash_bands(text, preset text literal) → list of bigint unsigned",
        about: "The keys by which `near` or `loose` finds near-duplicates, of the canonical text: a key a band of MinHash, \
                for short texts also keys of what is left when a letter or two are deleted. What shares none is never \
                compared. Empty for an empty canonical text, null for a null text. See docs/near-duplicates.md.",
        example: "SELECT cardinality(array_intersect(minhash_bands('lol', 'loose'), minhash_bands('Lool!', 'loose')))",
        prints: "1",
        make: |_| dedup::MinhashBands::new().into(),
    },
    Function {
        signature: "minhash_signature(text) → list of int unsigned",
        about: "128 minima over the shingles of the canonical text, five letters long, or two where the script is Chinese, \
                Japanese, Korean, Thai or the like; shorter texts are one shingle. The share of places in \
                which two signatures agree estimates `jaccard`. Empty for an empty canonical text, null for a null text.",
        example: "SELECT cardinality(minhash_signature('good morning'))",
        prints: "128",
        make: |_| dedup::MinhashSignature::new().into(),
    },
    Function {
        signature: "redact_text(text, mentions text literal, urls text literal, emails text literal, phones text \
                    literal [, links list of text, expanded list of text]) → struct (text, mentions int, urls int, emails \
                    int, phones int)",
        about: "The text without what it says of people, and how many of each kind there were. Rules: mentions `keep`, \
                `user` (`@user`) or `drop`; urls `keep`, `host`, `tag` (`<url>`) or `drop`; emails and phones `keep`, `tag` \
                (`<email>`, `<phone>`) or `drop`. The host is that of the entry of `expanded` at the place of the link, as it \
                stands in the text, in `links`; else that of the link itself. See docs/redaction.md.",
        example: "SELECT redact_text('@jack write to me@example.com', 'user', 'keep', 'tag', 'keep')['text']",
        prints: "@user write to <email>",
        make: |_| text::RedactText::new().into(),
    },
    Function {
        signature: "repeat_ratio(text) → double",
        about: "How much of a text repeats the character before, 0 to 1, white space passed over.",
        example: "SELECT repeat_ratio('sooooo')",
        prints: "0.6666666666666666",
        make: |_| quality::repeat_ratio(),
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
        make: |known| tokenize::TokenCount::new(&known.tokenizers).into(),
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
        make: |known| tokenize::Tokenize::new(&known.tokenizers).into(),
    },
    Function {
        signature: "tweets_per_day(author_tweets bigint, created_at timestamp, author_created_at timestamp) → double",
        about: "How many tweets the account had written a day when it wrote this one; an account younger than a day \
                counts as a day old. Null where an argument is, and where the tweet is older than its account.",
        example: "SELECT tweets_per_day(600, TIMESTAMP '2021-01-31', TIMESTAMP '2021-01-01')",
        prints: "20.0",
        make: |_| account::TweetsPerDay::new().into(),
    },
    Function {
        signature: "weighted_length(text) → int",
        about: "How long a tweet is to the platform, after NFC: 1 for a code point up to U+10FF (Latin, Cyrillic, Arabic, Thai …) and for common punctuation, 2 for any other and for an emoji however it is composed, 23 for a link. Since 2017 at most 280 are allowed.",
        example: "SELECT weighted_length('日本 https://t.co/x')",
        prints: "28",
        make: |_| text::weighted_length(),
    },
    Function {
        signature: "word_count(text) → int",
        about: "How many words a text has by UAX #29, links and mentions left out; a Chinese character is a word.",
        example: "SELECT word_count('good morning @jack #tea')",
        prints: "3",
        make: |_| quality::word_count(),
    },
];

/// Gives `registry` (a session, say) every function; those that tokenize or embed share what is `known`.
pub fn register_all(registry: &mut dyn FunctionRegistry, known: &Known) -> Result<()> {
    for function in FUNCTIONS {
        registry.register_udf(Arc::new(function.udf(known)))?;
    }
    Ok(())
}
