//! What in a tweet's text is not plain text: mentions, hashtags, cashtags and URLs, found by the rules
//! that Twitter published as twitter-text, and how long a tweet is by them.
//!
//! ```text
//! "RT @jack: #日本 $BRK.A https://t.co/x (example.com)"
//!     └───┘  └──┘ └────┘ └───────────┘  └─────────┘
//! ```
//!
//! [`entities()`] finds all of them, none inside another; [`mentions()`], [`urls()`] and so on one kind
//! each. They are iterators that allocate nothing and look for the bytes that entities begin with, so a
//! text without any costs next to nothing. They find ranges of bytes; [`Offsets`] turns these into the
//! code points and UTF-16 units that the APIs count in.
//!
//! The tests hold all of it to Twitter's conformance suite.

mod cashtag;
mod characters;
mod domain;
mod emoji;
mod hashtag;
mod length_rule;
mod mention;
mod offsets;
mod path;
mod resolve;
mod sign;
mod tld;
mod url;
mod validate;
mod weighted_length;

pub use cashtag::{Cashtags, cashtags};
pub(in crate::text) use characters::is_latin_accent;
pub use emoji::emoji_length;
pub use hashtag::{Hashtags, hashtags, is_hashtag};
pub use length_rule::{LengthRule, WeightRange};
pub use mention::{Mentions, is_handle, mentions, reply_to};
pub use offsets::{Offset, Offsets};
pub use resolve::{Entities, entities, hashtags_outside_urls};
pub use url::{Urls, urls};
pub use validate::{is_list, is_mention, is_url};
pub use weighted_length::{Measured, measure, weighted_length};

/// A range of bytes of a text, on character boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its first byte.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
}

impl Span {
    /// The part of `text` it stands for; empty if `text` is another text and has no such part.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }

    /// Its length in bytes.
    #[expect(clippy::len_without_is_empty, reason = "entities are never empty")]
    pub fn len(self) -> usize {
        self.end - self.start
    }

    fn is_all_of(self, text: &str) -> bool {
        self.start == 0 && self.end == text.len()
    }
}

/// `@jack`, or `@jack/list`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mention {
    /// All of it, sign and list included.
    pub span: Span,
    /// The handle, without its sign.
    pub handle: Span,
    /// The slug of the list, without its slash; `None` if a user is mentioned.
    pub list: Option<Span>,
}

/// `#tag`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hashtag {
    /// All of it, sign included.
    pub span: Span,
    /// The tag, without its sign.
    pub tag: Span,
}

/// `$TICKER`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cashtag {
    /// All of it, sign included.
    pub span: Span,
    /// The symbol, without its sign.
    pub symbol: Span,
}

/// `https://t.co/x`, or `example.com`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Url {
    /// All of it.
    pub span: Span,
    /// Whether it begins with `http://` or `https://`.
    pub has_scheme: bool,
}

/// An entity of any kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entity {
    /// A user or list.
    Mention(Mention),
    /// A hashtag.
    Hashtag(Hashtag),
    /// A cashtag.
    Cashtag(Cashtag),
    /// A URL.
    Url(Url),
}

impl Entity {
    /// All of it, sign included.
    pub fn span(&self) -> Span {
        match self {
            Self::Mention(mention) => mention.span,
            Self::Hashtag(hashtag) => hashtag.span,
            Self::Cashtag(cashtag) => cashtag.span,
            Self::Url(url) => url.span,
        }
    }
}
