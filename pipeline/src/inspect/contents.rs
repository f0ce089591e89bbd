//! What `inspect --json` prints of an object, and the text is made of.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat};
use serde::Serialize;

use super::tally::Tally;
use crate::config::Shape;
use crate::source::member_counts::MemberCounts;

/// Lines that could not be read and are shown; all are counted.
pub(super) const BAD_LINES: usize = 5;

/// Tweets shown.
pub(super) const EXAMPLES: usize = 3;

/// Members shown that were not read whole; all are counted.
const DAMAGED: usize = 5;

/// Languages shown.
const LANGUAGES: usize = 8;

/// Bytes of a bad line that are shown.
const LINE_BYTES: usize = 120;

/// What is in an object, or in several.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contents {
    /// Files found in the archives.
    pub members: Members,
    /// Bytes of all members as they are stored.
    pub stored_bytes: u64,
    /// Bytes of all members after decompression.
    pub decompressed_bytes: u64,
    /// Lines, each of which is a tweet, a retweet, an event or a reject.
    pub lines: u64,
    /// Lines that are tweets or retweets, by the shape they are written in.
    pub shapes: BTreeMap<String, u64>,
    /// Lines that are tweets.
    pub tweets: u64,
    /// Lines that are retweets.
    pub retweets: u64,
    /// Originals found inside lines.
    pub harvested: Harvested,
    /// Lines that are stream messages, by kind.
    pub events: BTreeMap<String, u64>,
    /// Lines that could not be read, by reason.
    pub rejects: BTreeMap<String, u64>,
    /// When the earliest tweet or retweet was written that is a line, RFC 3339.
    pub first: Option<String>,
    /// When the latest was.
    pub last: Option<String>,
    /// Languages of tweets and harvested originals, the most frequent first, as the platform tagged them.
    pub languages: Vec<Language>,
    /// The first lines that could not be read.
    pub bad_lines: Vec<BadLine>,
    /// The first tweets.
    pub examples: Vec<Example>,
}

/// Files found in the archives.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Members {
    /// How many.
    pub count: u64,
    /// By how reading them ended.
    pub states: MemberCounts,
    /// By what had to be opened to get at them, outermost first, such as `tar, bzip2`; plain ones under
    /// `plain`.
    pub layers: BTreeMap<String, u64>,
    /// Name of the first; None where there is none, or it is the object itself.
    pub first: Option<String>,
    /// Name of the last.
    pub last: Option<String>,
    /// The first that were not read whole.
    pub damaged: Vec<Damaged>,
}

/// A member that was not read whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Damaged {
    /// Its name inside the archive.
    pub member: String,
    /// `truncated`, `corrupt` and so on.
    pub state: String,
    /// What was found.
    pub detail: String,
}

/// Originals found inside lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Harvested {
    /// Inside retweets.
    pub retweet: u64,
    /// Inside quotes.
    pub quote: u64,
}

/// How many tweets have a language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Language {
    /// The platform's tag; None for tweets without.
    pub lang: Option<String>,
    /// Tweets, harvested originals included.
    pub tweets: u64,
}

/// A line that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BadLine {
    /// Name of its member.
    pub member: String,
    /// Offset in bytes in the decompressed member.
    pub offset: i64,
    /// Why.
    pub reason: String,
    /// Its first characters.
    pub start: String,
}

impl BadLine {
    pub(super) fn new(reason: &str, offset: i64, line: &[u8]) -> Self {
        let start = String::from_utf8_lossy(line.get(..LINE_BYTES).unwrap_or(line)).into_owned();
        Self { member: String::new(), offset, reason: reason.to_owned(), start }
    }
}

/// A tweet as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    /// Its id.
    pub tweet_id: i64,
    /// When it was written, RFC 3339.
    pub created_at: Option<String>,
    /// The platform's tag.
    pub lang: Option<String>,
    /// Its text.
    pub text: String,
    /// Name of its member.
    pub member: String,
    /// Offset of its line in the decompressed member.
    pub offset: i64,
}

impl Contents {
    pub(super) fn of(tally: &Tally) -> Self {
        let mut shapes = BTreeMap::new();
        if tally.tweets + tally.retweets > 0 {
            shapes.insert(Shape::StatusV1.name().to_owned(), tally.tweets + tally.retweets);
        }
        let mut languages: Vec<Language> = tally
            .languages
            .iter()
            .map(|(lang, &tweets)| Language { lang: (!lang.is_empty()).then(|| lang.clone()), tweets })
            .collect();
        languages.sort_by(|one, other| (other.tweets, &one.lang).cmp(&(one.tweets, &other.lang)));
        languages.truncate(LANGUAGES);
        Self {
            members: Members::of(tally),
            stored_bytes: tally.members.iter().map(|member| member.stored_bytes).sum(),
            decompressed_bytes: tally.members.iter().map(|member| member.bytes).sum(),
            lines: tally.members.iter().map(|member| member.lines).sum(),
            shapes,
            tweets: tally.tweets,
            retweets: tally.retweets,
            harvested: Harvested { retweet: tally.harvested[0], quote: tally.harvested[1] },
            events: tally.events.clone(),
            rejects: tally.rejects.clone(),
            first: tally.span.and_then(|(first, _)| time(first)),
            last: tally.span.and_then(|(_, last)| time(last)),
            languages,
            bad_lines: tally.bad_lines.iter().map(|(_, bad)| bad.clone()).collect(),
            examples: tally.examples.iter().map(|(_, example)| example.clone()).collect(),
        }
    }
}

impl Members {
    fn of(tally: &Tally) -> Self {
        let mut layers: BTreeMap<String, u64> = BTreeMap::new();
        for member in &tally.members {
            let name = if member.layers.is_empty() { "plain" } else { &member.layers };
            *layers.entry(name.to_owned()).or_default() += 1;
        }
        let named = |member: &crate::source::member_report::MemberReport| {
            (!member.label.is_empty()).then(|| member.label.clone())
        };
        let damaged = tally.members.iter().filter(|member| !member.detail.is_empty()).take(DAMAGED);
        Self {
            count: tally.members.len() as u64,
            states: tally.members.iter().map(|member| &member.end_state).collect(),
            layers,
            first: tally.members.first().and_then(named),
            last: tally.members.last().and_then(named),
            damaged: damaged
                .map(|member| Damaged {
                    member: member.label.clone(),
                    state: member.end_state.clone(),
                    detail: member.detail.clone(),
                })
                .collect(),
        }
    }
}

/// RFC 3339 of UTC milliseconds; None past the years it can write.
pub(super) fn time(milliseconds: i64) -> Option<String> {
    DateTime::from_timestamp_millis(milliseconds)
        .map(|time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}
