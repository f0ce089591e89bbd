//! What was really made: the counts, and the story of every record.
//!
//! Two files stand beside the archives:
//!
//! - `truth.json` is one [`Truth`]: the counts.
//! - `truth.ndjson.zst` has one [`Record`] a line, in the order of the stream: a line's own record first, then the
//!   originals it carries. A field that doesn't apply is absent.
//!
//! Both carry [`VERSION`]; a reader refuses another one. Ids are JSON numbers above 2^53: read them as integers.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Lines};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::options::Rates;
use super::text::Edit;
use crate::error::{Error, ErrorKind, Result};

/// Version of both files.
pub const VERSION: u32 = 1;

/// Name of the file of counts, inside the folder that was written to.
pub const COUNTS_FILE: &str = "truth.json";

/// Name of the file of records, inside the folder that was written to.
pub const RECORDS_FILE: &str = "truth.ndjson.zst";

/// Text with a fixed spelling when written, owned when read back.
type Word = Cow<'static, str>;

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// A tweet in its own right, quotes included.
    Tweet,
    /// A retweet; its original follows as a record of its own.
    Retweet,
    /// An original inside a retweet.
    HarvestedRetweet,
    /// An original inside a quote, or inside the original of a retweet.
    HarvestedQuote,
    /// A stream message or a keep-alive.
    Event,
    /// A line that can't be read.
    Reject,
}

/// Why a tweet was planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// A copy of `base`, equal but for case, links and mentions.
    Exact,
    /// A copy of `base` with an edit.
    Near,
    /// Part of the `wave`.
    Spam,
    /// Part of the one large wave, each with an edit of its own.
    Wave,
    /// The tweet of `base` itself, delivered again: byte for byte, or with later counts.
    Again,
    /// A whole text that many people write.
    Phrase,
}

/// The story of a planted tweet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plant {
    /// Why it was planted.
    pub how: How,
    /// How it differs from its base.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edit: Option<Edit>,
    /// Id of the tweet it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<i64>,
    /// The wave of spam it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wave: Option<u64>,
}

impl Plant {
    /// What it is counted under: `spam`, or `near:cut`.
    pub(super) fn label(&self) -> Word {
        match (self.how, self.edit) {
            (How::Exact, Some(edit)) => format!("exact:{}", edit.name()).into(),
            (How::Near, Some(edit)) => format!("near:{}", edit.name()).into(),
            (How::Exact, None) => "exact".into(),
            (How::Near, None) => "near".into(),
            (How::Spam, _) => "spam".into(),
            (How::Wave, _) => "wave".into(),
            (How::Again, _) => "again".into(),
            (How::Phrase, _) => "phrase".into(),
        }
    }
}

/// One record: a line, or an original that a line carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Ordinal of the member that holds the line.
    pub member: u32,
    /// Ordinal of the line within its member.
    pub line: u32,
    /// What it is.
    pub kind: RecordKind,
    /// Id of the tweet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// Id of its author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<i64>,
    /// Language as the platform gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<Word>,
    /// Code points of its full text as delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chars: Option<u32>,
    /// Equal for texts that are the same but for case, links, mentions and symbols; for texts of nothing else,
    /// equal for the same characters. Retweets have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<u64>,
    /// Sum of its retweets, likes, replies and quotes when captured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<i64>,
    /// Id of the original a retweet passes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retweet_of: Option<i64>,
    /// Id of the tweet a quote is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote_of: Option<i64>,
    /// For a harvested original: id of the tweet that passes it on or quotes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<i64>,
    /// For a harvested original: how often it stands in its line. The quoted tweet of a retweeted quote stands
    /// there twice: inside the original, and again beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copies: Option<u32>,
    /// Where it is withheld by its own account; `XY` is everywhere, by a copyright claim.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<Word>,
    /// Whether half a surrogate pair ends its words.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lone_surrogate: bool,
    /// Why it was planted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plant: Option<Plant>,
    /// For an event: its kind, as the platform spells it, or `keep_alive`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Word>,
    /// For an event: id of the tweet it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<i64>,
    /// For an event: id of the account it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_user: Option<i64>,
    /// For an event that names a tweet: whether that tweet is a line of this stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_stream: Option<bool>,
    /// For a reject: the reason tweetmill gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Word>,
}

impl Record {
    /// A record of this kind at this place, with nothing else told.
    pub(super) fn new(member: u32, line: u32, kind: RecordKind) -> Self {
        Self {
            member,
            line,
            kind,
            id: None,
            author: None,
            lang: None,
            chars: None,
            group: None,
            counts: None,
            retweet_of: None,
            quote_of: None,
            carrier: None,
            copies: None,
            withheld: Vec::new(),
            lone_surrogate: false,
            plant: None,
            event: None,
            target: None,
            target_user: None,
            in_stream: None,
            reason: None,
        }
    }
}

/// How often what was made. `lines` = `tweets` + `retweets` + events + rejects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// All lines, keep-alives included.
    pub lines: u64,
    /// Bytes of all lines and their CRLF ends; half a line at the very end has none.
    pub bytes: u64,
    /// Readable lines that are tweets but no retweets.
    pub tweets: u64,
    /// Readable lines that are retweets.
    pub retweets: u64,
    /// Tweets (not retweets) that quote another.
    pub quotes: u64,
    /// Originals inside retweets: one each.
    pub harvested_retweets: u64,
    /// Tweets inside quotes and inside retweeted quotes, each counted once a line.
    pub harvested_quotes: u64,
    /// How many of `harvested_quotes` stand in their line twice.
    pub repeated_quotes: u64,
    /// Tweets (not retweets) whose full text stands in `extended_tweet`.
    pub extended: u64,
    /// Tweets and retweets that say they are withheld.
    pub withheld: u64,
    /// Tweets whose words end in half a surrogate pair. They are no rejects.
    pub lone_surrogates: u64,
    /// Delete notices that name a line of this stream.
    pub deletes_in_stream: u64,
    /// Stream messages by kind.
    pub events: BTreeMap<Word, u64>,
    /// Damaged lines by the reason tweetmill gives.
    pub rejects: BTreeMap<Word, u64>,
    /// Planted tweets: `exact:case`, `near:cut`, `spam`, `again`, `phrase` …
    pub planted: BTreeMap<Word, u64>,
}

impl Counts {
    /// Records a run takes in: lines, and the originals they carry.
    pub fn records(&self) -> u64 {
        self.lines + self.harvested_retweets + self.harvested_quotes
    }

    /// Adds what another stretch of the stream counted.
    pub(super) fn add(&mut self, other: &Self) {
        self.lines += other.lines;
        self.bytes += other.bytes;
        self.tweets += other.tweets;
        self.retweets += other.retweets;
        self.quotes += other.quotes;
        self.harvested_retweets += other.harvested_retweets;
        self.harvested_quotes += other.harvested_quotes;
        self.repeated_quotes += other.repeated_quotes;
        self.extended += other.extended;
        self.withheld += other.withheld;
        self.lone_surrogates += other.lone_surrogates;
        self.deletes_in_stream += other.deletes_in_stream;
        for (mine, others) in [
            (&mut self.events, &other.events),
            (&mut self.rejects, &other.rejects),
            (&mut self.planted, &other.planted),
        ] {
            for (name, count) in others {
                *mine.entry(name.clone()).or_default() += count;
            }
        }
    }
}

/// One member of the archives: a minute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// File it is in, relative to the folder of raw archives.
    pub file: String,
    /// Its name inside an archive; None where the file is a row of minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Lines it holds.
    pub lines: u64,
    /// Bytes of those lines, unpacked.
    pub bytes: u64,
    /// xxh3-64 of those bytes.
    pub xxh3: u64,
}

/// The whole truth about a stream, but for its records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Truth {
    /// [`VERSION`].
    pub version: u32,
    /// The seed it was made from.
    pub seed: u64,
    /// First minute, on the archive's clock (UTC-7), as ISO 8601.
    pub start: String,
    /// Name of the layout.
    pub layout: Word,
    /// The rates it was made at.
    pub rates: Rates,
    /// What was made.
    pub counts: Counts,
    /// Bytes of the archives, packed.
    pub packed_bytes: u64,
    /// Every member, in the order of the stream.
    pub members: Vec<Member>,
}

impl Truth {
    /// Reads the counts back from the folder a stream was written to.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(COUNTS_FILE);
        let text = std::fs::read(&path).map_err(|error| unreadable(&path, error))?;
        let truth: Self = serde_json::from_slice(&text).map_err(|error| unreadable(&path, error))?;
        if truth.version == VERSION {
            Ok(truth)
        } else {
            Err(unreadable(&path, format!("version {} is not {VERSION}", truth.version)))
        }
    }
}

/// Reads the records back, one by one.
pub struct Records {
    lines: Lines<BufReader<zstd::Decoder<'static, BufReader<File>>>>,
    path: std::path::PathBuf,
}

impl Records {
    /// Opens the records in the folder a stream was written to.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join(RECORDS_FILE);
        let opened = File::open(&path).and_then(zstd::Decoder::new);
        let mut lines = BufReader::new(opened.map_err(|error| unreadable(&path, error))?).lines();
        let head = lines.next().transpose().map_err(|error| unreadable(&path, error))?.unwrap_or_default();
        if head != header() {
            return Err(unreadable(&path, format!("it begins with {head:?}, not {:?}", header())));
        }
        Ok(Self { lines, path })
    }
}

impl Iterator for Records {
    type Item = Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = match self.lines.next()? {
            Ok(line) => line,
            Err(error) => return Some(Err(unreadable(&self.path, error))),
        };
        Some(serde_json::from_str(&line).map_err(|error| unreadable(&self.path, error)))
    }
}

/// The first line of the file of records.
pub(super) fn header() -> String {
    format!("{{\"format\":\"tweetmill-synth-records\",\"version\":{VERSION}}}")
}

fn unreadable(path: &Path, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(ErrorKind::Input, format!("the truth in {} could not be read", path.display()))
        .with_source(source)
}
