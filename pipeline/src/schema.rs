//! The columns at every boundary: names, types, units.
//!
//! Rows change shape three times on their way through a run:
//!
//! ```text
//!  archives ──► records ─────────────────► decisions ─────────────► documents
//!               the canonical tweet and    ids, hashes, counts,    what loaders read
//!               where it came from:        and one fate each       (`sink::shard`)
//!               `records()`                (`stages::fates`)
//! ```
//!
//! Times are UTC milliseconds, ids are 1..2^63-1, counts are as the platform gave them when the
//! record was captured. No column holds a place or a coordinate, so a `scrub_geo` event is
//! satisfied by construction.

use std::str::FromStr;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::error::{Error, ErrorKind, Result};

/// Version of everything written for others to read; a reader refuses a version it does not know.
pub const FORMAT_VERSION: u32 = 1;

/// Columns every document has, in order: name, and whether it may be null.
pub const DOCUMENT_COLUMNS: [(&str, bool); 7] = [
    ("tweet_id", false),
    ("author_id", true),
    ("created_at", true),
    ("lang", true),
    ("text", false),
    ("input_ids", false),
    ("n_tokens", false),
];

/// A column of the canonical tweet: name, type, and what it means.
#[derive(Debug, Clone)]
pub struct Column {
    /// Name users write in run files and SQL.
    pub name: &'static str,
    /// Arrow type in memory and on disk.
    pub data_type: DataType,
    /// False when every record has a value.
    pub nullable: bool,
    /// Meaning and unit, for the generated reference.
    pub about: &'static str,
}

fn column(name: &'static str, data_type: DataType, nullable: bool, about: &'static str) -> Column {
    Column { name, data_type, nullable, about }
}

/// UTC milliseconds.
pub fn timestamp() -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))
}

/// A list of strings; readers of other languages expect the inner field to be called `item`.
pub fn string_list() -> DataType {
    DataType::List(Arc::new(Field::new("item", DataType::Utf8, true)))
}

/// The canonical tweet: what every input shape is turned into.
///
/// Order is the order on disk. `pipeline::source::shape` builds these; nothing else does.
pub fn canonical() -> Vec<Column> {
    use DataType::{Boolean, Int32, Int64, Utf8};
    vec![
        column(
            "tweet_id",
            Int64,
            true,
            "id of the tweet; null only for records that carry none (events, rejects)",
        ),
        column("author_id", Int64, true, "id of the account that wrote it"),
        column("author_name", Utf8, true, "handle of that account when captured, without @"),
        column(
            "created_at",
            timestamp(),
            true,
            "when it was written (UTC, ms); from the id where the record has none",
        ),
        column("lang", Utf8, true, "language tag the platform gave; null where it gave none"),
        column("text", Utf8, true, "full text, HTML entities decoded once, otherwise as written"),
        column("text_complete", Boolean, true, "false when the platform cut the text and sent no full one"),
        column("source", Utf8, true, "application that posted it, without its link"),
        column("reply_to", Int64, true, "id of the tweet it answers"),
        column("reply_to_author", Int64, true, "id of the account it answers"),
        column("reply_to_author_name", Utf8, true, "handle of the account it answers, without @"),
        column("quote_of", Int64, true, "id of the tweet it quotes"),
        column("quoted_text", Utf8, true, "text of the tweet it quotes, where the record carries it"),
        column("conversation_id", Int64, true, "id of the first tweet of its thread, where the shape tells"),
        column("retweets", Int64, true, "number of retweets when captured"),
        column("likes", Int64, true, "number of likes when captured"),
        column("replies", Int64, true, "number of replies when captured"),
        column("quotes", Int64, true, "number of quotes when captured"),
        column("sensitive", Boolean, true, "true when the platform marked its links as possibly sensitive"),
        column(
            "withheld_in",
            string_list(),
            true,
            "country codes it is withheld in; `XX` everywhere, `XY` by a copyright claim",
        ),
        column("hashtags", string_list(), true, "hashtags in order, without #"),
        column("mentions", string_list(), true, "handles mentioned in order, without @"),
        column("urls", string_list(), true, "links in order, expanded where the record tells"),
        column("links", string_list(), true, "the same links, each as it stands in the text"),
        column("media", Int32, true, "number of attached photos, videos and animations"),
        column("author_followers", Int64, true, "followers of the author when captured"),
        column("author_following", Int64, true, "accounts the author followed when captured"),
        column("author_tweets", Int64, true, "tweets the author had written when captured"),
        column("author_created_at", timestamp(), true, "when the author's account was opened (UTC, ms)"),
        column("author_verified", Boolean, true, "true when the platform had verified the author"),
    ]
}

/// Columns that say what a record is and where it came from; they follow the canonical ones.
pub fn provenance() -> Vec<Column> {
    use DataType::{Binary, FixedSizeBinary, Int32, Int64, UInt8, Utf8};
    vec![
        column("kind", UInt8, false, "what the record is: see `RecordKind`"),
        column("reason", Utf8, true, "kind of event, or why a line was rejected"),
        column("raw", Binary, true, "the line itself, for events and rejects, cut at 64 KiB"),
        column("retweet_of", Int64, true, "for a retweet: id of its original"),
        column("origin", UInt8, false, "how the record was found: see `Origin`"),
        column("carrier_id", Int64, true, "for a harvested original: id of the tweet that carried it"),
        column("digest", FixedSizeBinary(16), true, "xxh3-128 over every canonical value of the record"),
        column(
            "unit",
            Int32,
            false,
            "ordinal of the work unit (object, or byte range of one) that held the line",
        ),
        column("member", Int32, false, "ordinal of the member within its unit"),
        column("offset", Int64, false, "byte offset of the line in the decompressed member"),
        column(
            "record",
            Int64,
            false,
            "number of the record, unique in the run: its unit's ordinal, then its own within it",
        ),
    ]
}

/// What one record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum RecordKind {
    /// A tweet in its own right.
    Tweet = 0,
    /// A retweet; its original is a record of its own.
    Retweet = 1,
    /// A stream message that is no tweet: `delete`, `limit`, a blank keep-alive.
    Event = 2,
    /// A line that could not be read.
    Reject = 3,
    /// Not a record of the archive: the closing report of one member (see `source::member_report`).
    Member = 4,
    /// Not a record of the archive: the closing report of one work unit.
    Unit = 5,
}

/// How a record was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Origin {
    /// It is the line itself.
    Line = 0,
    /// It stood inside a retweet.
    Retweeted = 1,
    /// It stood inside a quote.
    Quoted = 2,
}

impl Origin {
    /// As in fates and in SQL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Retweeted => "retweet",
            Self::Quoted => "quote",
        }
    }

    /// SQL for the name, over the column `origin` of records.
    pub fn name_sql() -> String {
        let [line, retweeted, quoted] = [Self::Line, Self::Retweeted, Self::Quoted];
        let when = |origin: Self| format!("WHEN {} THEN '{}'", origin as u8, origin.name());
        format!("CASE origin {} {} ELSE '{}' END", when(line), when(retweeted), quoted.name())
    }
}

/// Which part of the data set a document belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Split {
    /// For training.
    Train,
    /// For choosing between models.
    Validation,
    /// For judging the one chosen.
    Test,
}

impl Split {
    /// As in names of files and in SQL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

impl FromStr for Split {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        [Self::Train, Self::Validation, Self::Test].into_iter().find(|split| split.name() == name).ok_or_else(
            || {
                Error::new(ErrorKind::Usage, format!("`{name}` is no split"))
                    .with_hint("use train, validation or test")
            },
        )
    }
}

fn to_schema(columns: impl IntoIterator<Item = Column>) -> SchemaRef {
    let fields: Vec<Field> = columns
        .into_iter()
        .map(|column| Field::new(column.name, column.data_type, column.nullable))
        .collect();
    Arc::new(Schema::new(fields))
}

/// Schema of what the source emits: canonical columns, then provenance.
pub fn records() -> SchemaRef {
    to_schema(canonical().into_iter().chain(provenance()))
}
