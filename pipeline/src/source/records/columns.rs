//! Which columns of the records a reader asks for: the others are not built.

use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};

use crate::schema;

/// Columns of [`crate::schema::records`].
#[derive(Debug, Clone)]
pub struct Columns {
    schema: SchemaRef,
    wanted: Wanted,
}

/// What of a record takes work that is spared where no column shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each stands for columns of its own")]
pub(crate) struct Wanted {
    /// `text`.
    pub(crate) text: bool,
    /// `quoted_text`.
    pub(crate) quoted_text: bool,
    /// `hashtags`, `mentions`, `urls`, `links`.
    pub(crate) entities: bool,
    /// `source`, `reply_to_author_name`, `author_created_at`.
    pub(crate) details: bool,
    /// `digest`, which is over all of the above.
    pub(crate) digest: bool,
    /// All of the above of retweets too.
    pub(crate) retweet_texts: bool,
}

impl Columns {
    /// All of them.
    pub fn all() -> Self {
        Self::of(schema::records())
    }

    /// Those at `indices` of all, in that order.
    pub fn at(indices: &[usize]) -> Self {
        let all = schema::records();
        let fields = indices.iter().filter_map(|index| all.fields().get(*index).cloned());
        Self::of(Arc::new(Schema::new(fields.collect::<Vec<_>>())))
    }

    fn of(schema: SchemaRef) -> Self {
        let any = |names: &[&str]| names.iter().any(|name| schema.column_with_name(name).is_some());
        let digest = any(&["digest"]);
        let wanted = Wanted {
            text: digest || any(&["text"]),
            quoted_text: digest || any(&["quoted_text"]),
            entities: digest || any(&["hashtags", "mentions", "urls", "links"]),
            details: digest || any(&["source", "reply_to_author_name", "author_created_at"]),
            digest,
            retweet_texts: true,
        };
        Self { schema, wanted }
    }

    /// The same, but for retweets null where they repeat what their originals say: texts, what is part of one,
    /// and digests.
    #[must_use]
    pub fn without_retweet_texts(mut self) -> Self {
        self.wanted.retweet_texts = false;
        self
    }

    /// Names and types, in order.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Whether the column `name` is one of them.
    pub fn has(&self, name: &str) -> bool {
        self.schema.column_with_name(name).is_some()
    }

    pub(crate) fn wanted(&self) -> Wanted {
        self.wanted
    }
}
