//! From the lines of a block to records: what each line is, and what is in it.
//!
//! ```text
//!  line ─┬─ blank ─────────────────────────────────────────► event keep_alive
//!        ├─ {…} ──► one pass ─┬─ text and id ──────────────► tweet, or retweet + its original
//!        │            │       │                              + each status they quote
//!        │            │       ├─ delete, limit, … ─────────► event
//!        │            │       ├─ a shape not read here ────► reject unknown_shape
//!        │            │       └─ anything else ────────────► event unknown
//!        │            └─ refused ─► repaired ─► once more ─► … or reject
//!        ├─ b'…' ─► the bytes it spells, as above
//!        └─ anything else ─────────────────────────────────► reject
//! ```
//!
//! Where the run file says `shape: status-v1`, an object that is neither a status nor a known message is no
//! event `unknown` but a reject `unknown_shape`, and so is a text without a `user`.
//!
//! Every line gives exactly one record of origin `Line`; nothing is lost and nothing is fatal.

mod entities;
pub mod event;
mod lists;
mod status_v1;
pub(crate) mod text;
mod time;

use arrow::array::RecordBatch;
use bumpalo::Bump;
use tweetmill_kernels::json::Tokens;

use self::event::{Envelope, EventKind};
use self::status_v1::{NESTING, Status};
use super::frame::{Block, BlockContent, Line, LineLimits};
use super::json::{Broken, Reader, repair};
use super::records::{Columns, Record, RecordBuilder, Wanted};
use super::reject::RejectReason;
use super::tweet::Tweet;
use crate::config::Shape;
use crate::error::Result;
use crate::schema::{Origin, RecordKind};

/// What one block held. `lines` = `tweets` + `retweets` + `events` + `rejects`; rows = `lines` +
/// `harvested`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BlockCounts {
    /// Framed lines.
    pub lines: u64,
    /// Lines that are tweets in their own right.
    pub tweets: u64,
    /// Lines that are retweets.
    pub retweets: u64,
    /// Originals found inside retweets and quotes.
    pub harvested: u64,
    /// Lines that are stream messages.
    pub events: u64,
    /// Lines that could not be read.
    pub rejects: u64,
    /// Decompressed bytes, line ends included.
    pub bytes: u64,
}

impl std::ops::AddAssign for BlockCounts {
    fn add_assign(&mut self, other: Self) {
        self.lines += other.lines;
        self.tweets += other.tweets;
        self.retweets += other.retweets;
        self.harvested += other.harvested;
        self.events += other.events;
        self.rejects += other.rejects;
        self.bytes += other.bytes;
    }
}

/// Parses the lines of `block`, which belongs to `member` of `unit` and holds records of `shape`, into a
/// batch with the `columns` of [`crate::schema::records`]; `record` counts from 0, see
/// [`super::records::with_record_base`].
///
/// Depends on its arguments alone and can run on any thread. Fails only when Arrow's limits are hit.
pub fn parse_block(
    block: &Block,
    unit: i32,
    member: i32,
    shape: Shape,
    limits: &LineLimits,
    columns: &Columns,
) -> Result<(RecordBatch, BlockCounts)> {
    // Real lines take 2 to 5 kB and give 1 to 3 records.
    let rows = block.bytes.len() / 2048 + 8;
    let mut output = Output {
        builder: RecordBuilder::new(unit, member, rows, columns),
        counts: BlockCounts { bytes: block.bytes.len() as u64, ..BlockCounts::default() },
        wanted: columns.wanted(),
        encoded: Vec::new(),
        shape,
        raw_bytes: limits.raw_bytes,
    };
    if let BlockContent::TooLong { line_bytes } = block.content {
        output.counts.bytes = line_bytes + u64::from(!block.last);
        let line = Line { bytes: &block.bytes, offset: block.offset, ended: !block.last };
        output.reject(&line, RejectReason::TooLong)?;
    }
    let (mut scratch, mut memory) = (Scratch::default(), Memory::default());
    for line in block.lines() {
        match body(line.bytes) {
            [] if line.bytes.contains(&0) => output.reject(&line, RejectReason::NotJson)?,
            [] => output.event(&line, EventKind::KeepAlive, Tweet::default())?,
            body @ [b'{', ..] => {
                read_object(&line, body, &mut scratch, &mut memory, limits, &mut output)?;
            }
            body => match repair::python_bytes(body) {
                Some(spelled) => read_spelled(&line, &spelled, &mut memory, limits, &mut output)?,
                None => output.reject(&line, why_no_object(&line, body, &mut memory, limits))?,
            },
        }
    }
    Ok((output.builder.finish()?, output.counts))
}

/// `line` without the white space and NUL bytes around it.
fn body(line: &[u8]) -> &[u8] {
    let mut body = line.trim_ascii();
    while let [0, rest @ ..] | [rest @ .., 0] = body {
        body = rest.trim_ascii();
    }
    body
}

/// A line that was the Python literal of `spelled`.
fn read_spelled(
    line: &Line<'_>,
    spelled: &[u8],
    memory: &mut Memory,
    limits: &LineLimits,
    output: &mut Output,
) -> Result<()> {
    match body(spelled) {
        [] => output.event(line, EventKind::KeepAlive, Tweet::default()),
        body @ [b'{', ..] => read_object(line, body, &mut Scratch::default(), memory, limits, output),
        body => output.reject(line, why_no_object(line, body, memory, limits)),
    }
}

fn read_object<'de>(
    line: &Line<'_>,
    body: &'de [u8],
    scratch: &mut Scratch<'de>,
    memory: &mut Memory,
    limits: &LineLimits,
    output: &mut Output,
) -> Result<()> {
    let Err(mut broken) = scratch.read(body, &mut memory.tokens, limits.depth) else {
        return scratch.emit(line, &mut memory.arena, output);
    };
    if broken != Broken::TooDeep
        && let Some(repaired) = repair::repaired(body)
    {
        let mut scratch = Scratch::default();
        match scratch.read(&repaired, &mut memory.tokens, limits.depth) {
            Ok(()) => return scratch.emit(line, &mut memory.arena, output),
            Err(of_repaired) => broken = of_repaired,
        }
    }
    output.reject(line, why_broken(line, body, broken, RejectReason::InvalidJson))
}

/// Why a line that starts like no object is refused.
fn why_no_object(line: &Line<'_>, body: &[u8], memory: &mut Memory, limits: &LineLimits) -> RejectReason {
    let read = reader(body, &mut memory.tokens, limits.depth).and_then(|mut json| {
        json.skip()?;
        json.end()
    });
    match read {
        Ok(()) => RejectReason::UnknownShape,
        Err(broken) => why_broken(line, body, broken, RejectReason::NotJson),
    }
}

/// Why a line whose JSON is `broken` is refused; `otherwise` where nothing better is known.
fn why_broken(line: &Line<'_>, body: &[u8], broken: Broken, otherwise: RejectReason) -> RejectReason {
    match broken {
        Broken::TooDeep => RejectReason::TooDeep,
        Broken::Ended if !line.ended => RejectReason::TruncatedLine,
        Broken::Ended | Broken::Syntax if simdutf8::basic::from_utf8(body).is_err() => RejectReason::NotUtf8,
        Broken::Ended | Broken::Syntax => otherwise,
    }
}

fn reader<'de, 't>(body: &'de [u8], tokens: &'t mut Tokens, depth: usize) -> Result<Reader<'de, 't>, Broken> {
    let text = simdutf8::basic::from_utf8(body).map_err(|_| Broken::Syntax)?;
    tokens.find(body);
    Reader::new(text, tokens, depth)
}

/// What is allocated once for all lines of a block.
#[derive(Debug, Default)]
struct Memory {
    tokens: Tokens,
    /// Texts of the line at hand.
    arena: Bump,
}

/// What one pass over a line finds; reused from line to line.
#[derive(Debug, Default)]
struct Scratch<'de> {
    status: Status<'de>,
    envelope: Envelope<'de>,
}

impl<'de> Scratch<'de> {
    /// Reads `body`, which starts with `{`.
    fn read(&mut self, body: &'de [u8], tokens: &mut Tokens, depth: usize) -> Result<(), Broken> {
        self.status.clear();
        self.envelope.clear();
        let mut json = reader(body, tokens, depth)?;
        self.status.read(&mut json, Some(&mut self.envelope), NESTING)?;
        json.end()
    }

    /// Decides what the line is and hands on its records.
    ///
    /// A tweet has a text, or a `retweeted_status` in its place. An object with text but without a
    /// valid id can't be told from others and is refused. One that carries keys of another shape and
    /// no `user` would be half understood: refused too, as is one with a user and an id but no text.
    /// Every status of API v1.1 has a `user`, and every message of its streams a key that names it.
    fn emit(&self, line: &Line<'_>, arena: &mut Bump, output: &mut Output) -> Result<()> {
        let Self { status, envelope } = self;
        arena.reset();
        let only_v1 = output.shape == Shape::StatusV1;
        if status.has_text() || status.retweeted.get().is_some() {
            if (envelope.foreign || only_v1) && !status.has_user {
                return output.reject(line, RejectReason::UnknownShape);
            }
            if status.id.valid().is_none() || status.has_bad_id() {
                return output.reject(line, RejectReason::BadId);
            }
            let found = Found { origin: Origin::Line, carrier_id: None };
            return output.status(line, status, status.quoted.get(), found, arena);
        }
        let is_tweet_without_text = status.has_user && status.id.valid().is_some();
        if envelope.kind.is_none() && (envelope.foreign || is_tweet_without_text || only_v1) {
            return output.reject(line, RejectReason::UnknownShape);
        }
        match envelope.event(arena) {
            Ok((kind, tweet)) => output.event(line, kind, tweet),
            Err(reason) => output.reject(line, reason),
        }
    }
}

/// How a status was found.
#[derive(Clone, Copy)]
struct Found {
    origin: Origin,
    carrier_id: Option<i64>,
}

struct Output {
    builder: RecordBuilder,
    counts: BlockCounts,
    wanted: Wanted,
    /// Scratch space for digests.
    encoded: Vec<u8>,
    /// What the run file says of the lines.
    shape: Shape,
    raw_bytes: usize,
}

impl Output {
    /// Adds `status`, then the statuses inside it. `quoted` is the one it quotes.
    fn status(
        &mut self,
        line: &Line<'_>,
        status: &Status<'_>,
        quoted: Option<&Status<'_>>,
        found: Found,
        arena: &Bump,
    ) -> Result<()> {
        let original = status.retweeted.get();
        let tweet = status.tweet(quoted, self.wanted, arena);
        let with_digest = self.wanted.digest && (self.wanted.retweet_texts || original.is_none());
        let digest = with_digest.then(|| tweet.digest(&mut self.encoded));
        match (found.origin, original) {
            (Origin::Line, None) => self.counts.tweets += 1,
            (Origin::Line, Some(_)) => self.counts.retweets += 1,
            _ => self.counts.harvested += 1,
        }
        self.counts.lines += u64::from(found.origin == Origin::Line);
        self.builder.append(&Record {
            tweet,
            kind: if original.is_some() { RecordKind::Retweet } else { RecordKind::Tweet },
            reason: None,
            raw: None,
            retweet_of: original.and_then(|original| original.id.valid()),
            origin: found.origin,
            carrier_id: found.carrier_id,
            digest,
            offset: line.offset,
        })?;

        let carrier_id = status.id.valid();
        let mut quoted = quoted;
        if let Some(original) = original {
            // Some records of a retweet hold the quoted status beside the original, some inside it,
            // some both: it is one record, carried by the tweet that quotes it.
            let beside = quoted.filter(|quoted| quoted.id.valid() == original.quote_of.valid());
            let inside = original.quoted.get().or(beside);
            if original.has_text() {
                let found = Found { origin: Origin::Retweeted, carrier_id };
                self.status(line, original, inside, found, arena)?;
                quoted = quoted
                    .filter(|quoted| inside.is_none_or(|inside| inside.id.valid() != quoted.id.valid()));
            }
        }
        match quoted {
            Some(quoted) if quoted.id.valid().is_some() && quoted.has_text() => {
                let found = Found { origin: Origin::Quoted, carrier_id };
                self.status(line, quoted, quoted.quoted.get(), found, arena)
            }
            _ => Ok(()),
        }
    }

    fn event(&mut self, line: &Line<'_>, kind: EventKind, tweet: Tweet<'_>) -> Result<()> {
        self.counts.lines += 1;
        self.counts.events += 1;
        self.aside(line, RecordKind::Event, kind.as_str(), tweet)
    }

    fn reject(&mut self, line: &Line<'_>, reason: RejectReason) -> Result<()> {
        self.counts.lines += 1;
        self.counts.rejects += 1;
        self.aside(line, RecordKind::Reject, reason.as_str(), Tweet::default())
    }

    fn aside(&mut self, line: &Line<'_>, kind: RecordKind, reason: &str, tweet: Tweet<'_>) -> Result<()> {
        self.builder.append(&Record {
            tweet,
            kind,
            reason: Some(reason),
            raw: Some(line.bytes.get(..self.raw_bytes).unwrap_or(line.bytes)),
            retweet_of: None,
            origin: Origin::Line,
            carrier_id: None,
            digest: None,
            offset: line.offset,
        })
    }
}

#[cfg(test)]
mod tests;
