//! One minute of the stream after another: raw lines, and the truth about them.

use std::sync::Arc;

use super::authors::Authors;
use super::damage::Damage;
use super::messages;
use super::options::Rates;
use super::plan::{LineKind, Plan, TweetKind, TweetRef};
use super::rng::{Chance, Rng, Subject};
use super::status::{self, Reactions};
use super::text::{Body, Lexicons};
use super::truth::{Counts, How, Plant, Record, RecordKind};
use super::tweet::{Tweet, Withheld};
use crate::error::{Error, ErrorKind, Result};

/// Lines are handed on in stretches of about this many bytes.
const STRETCH_BYTES: usize = 1 << 20;

/// Everything a minute is made from; shared by all threads, and never changed.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) plan: Plan,
    pub(super) lexicons: Arc<Lexicons>,
    pub(super) authors: Authors,
    pub(super) withheld: Chance,
    pub(super) named_inside: Chance,
}

impl Stream {
    /// A stream of `lines` lines over `minutes` minutes; `start_ms` is on the archive's clock.
    pub(super) fn new(seed: u64, lines: u64, minutes: u32, start_ms: i64, rates: &Rates) -> Self {
        let plan = Plan::new(seed, lines, minutes, start_ms, rates);
        let lexicons = Arc::new(Lexicons::new());
        let authors = Authors::new(seed, Arc::clone(&lexicons), plan.start_ms);
        Self {
            plan,
            lexicons,
            authors,
            withheld: Chance::new(rates.withheld),
            named_inside: Chance::new(rates.deletes_in_stream),
        }
    }

    /// Makes the lines of a minute, in order, each ended by CRLF, and hands them to `lines` in stretches.
    ///
    /// Appends the records to `records`, where there is one, as JSON lines.
    pub(super) fn minute(
        &self,
        minute: u32,
        mut lines: impl FnMut(&[u8]) -> std::io::Result<()>,
        records: Option<&mut Vec<u8>>,
    ) -> Result<Counts> {
        let mut writer = MinuteWriter {
            stream: self,
            minute,
            out: Vec::with_capacity(STRETCH_BYTES + (64 << 10)),
            line: Vec::with_capacity(16 << 10),
            body: Body::default(),
            carrier: Tweet::default(),
            original: Tweet::default(),
            quoted: Tweet::default(),
            counts: Counts::default(),
            records,
        };
        let first = self.plan.first_line(minute);
        for ordinal in first..self.plan.first_line(minute + 1) {
            writer.line(ordinal, (ordinal - first) as u32)?;
            if writer.out.len() >= STRETCH_BYTES {
                lines(&writer.out)?;
                writer.out.clear();
            }
        }
        lines(&writer.out)?;
        Ok(writer.counts)
    }
}

/// The state of one minute being made: buffers, and what was counted.
struct MinuteWriter<'a> {
    stream: &'a Stream,
    minute: u32,
    out: Vec<u8>,
    line: Vec<u8>,
    body: Body,
    carrier: Tweet,
    original: Tweet,
    quoted: Tweet,
    counts: Counts,
    records: Option<&'a mut Vec<u8>>,
}

impl MinuteWriter<'_> {
    fn line(&mut self, ordinal: u64, at: u32) -> Result<()> {
        let kind = self.stream.plan.kind(ordinal);
        self.line.clear();
        match kind {
            LineKind::Delete | LineKind::Event | LineKind::KeepAlive => self.message(kind, ordinal, at)?,
            LineKind::Damaged => self.damaged(ordinal, at)?,
            LineKind::Tweet(kind) => self.tweet(kind, ordinal, at)?,
        }
        self.out.extend_from_slice(&self.line);
        let end: &[u8] = if self.stream.plan.is_half_line(ordinal) { b"" } else { b"\r\n" };
        self.out.extend_from_slice(end);
        self.counts.lines += 1;
        self.counts.bytes += (self.line.len() + end.len()) as u64;
        Ok(())
    }

    fn message(&mut self, kind: LineKind, ordinal: u64, at: u32) -> Result<()> {
        let mut record = Record::new(self.minute, at, RecordKind::Event);
        match kind {
            LineKind::Delete => messages::write_delete(&mut self.line, self.stream, ordinal, &mut record),
            LineKind::Event => messages::write_event(&mut self.line, self.stream, ordinal, &mut record),
            _ => record.event = Some("keep_alive".into()),
        }
        if kind == LineKind::Delete && record.in_stream == Some(true) {
            self.counts.deletes_in_stream += 1;
        }
        if let Some(event) = &record.event {
            *self.counts.events.entry(event.clone()).or_default() += 1;
        }
        self.keep(&record)
    }

    fn damaged(&mut self, ordinal: u64, at: u32) -> Result<()> {
        let damage = Damage::of(&self.stream.plan, ordinal);
        let Some(reason) = damage.reason() else {
            return self.tweet(TweetKind::Original, ordinal, at);
        };
        self.stream.tweet(&mut self.carrier, TweetRef::Line(ordinal), false);
        let now = self.carrier.ms;
        status::write_tweet(&mut self.line, self.stream, &mut self.body, &self.carrier, None, now, true);
        damage.apply(&mut self.line, &self.stream.plan, ordinal);
        let mut record = Record::new(self.minute, at, RecordKind::Reject);
        record.reason = Some(reason.into());
        *self.counts.rejects.entry(reason.into()).or_default() += 1;
        self.keep(&record)
    }

    fn tweet(&mut self, kind: TweetKind, ordinal: u64, at: u32) -> Result<()> {
        let stream = self.stream;
        let mut reference = TweetRef::Line(ordinal);
        let mut now = stream.plan.line_ms(ordinal);
        let mut again = None;
        if kind == TweetKind::Again {
            let mut rng = Rng::new(stream.plan.seed, Subject::Edit, ordinal);
            if let Some(earlier) = stream.plan.earlier_tweet(&mut rng, ordinal) {
                reference = TweetRef::Line(earlier);
                again = Some(stream.plan.tweet_id(reference));
                if rng.per_mille(500) {
                    now = stream.plan.line_ms(earlier);
                }
            }
        }
        let lone = stream.plan.kind(ordinal) == LineKind::Damaged;
        stream.tweet(&mut self.carrier, reference, lone);
        if let Some(base) = again {
            self.carrier.plant = Some(Plant { how: How::Again, edit: None, base: Some(base), wave: None });
        }
        if let Some(original) = self.carrier.retweet_of {
            self.retweet(original, at)
        } else {
            self.plain(now, at)
        }
    }

    fn retweet(&mut self, original: TweetRef, at: u32) -> Result<()> {
        let stream = self.stream;
        stream.tweet(&mut self.original, original, false);
        let quoted = self.original.quote_of;
        if let Some(reference) = quoted {
            stream.tweet(&mut self.quoted, reference, false);
        }
        status::write_retweet(
            &mut self.line,
            stream,
            &mut self.body,
            &self.carrier,
            &self.original,
            quoted.map(|_| &self.quoted),
        );
        self.counts.retweets += 1;
        self.counts.harvested_retweets += 1;
        self.counts.withheld += u64::from(self.carrier.withheld.is_some());
        let mut record = Record::new(self.minute, at, RecordKind::Retweet);
        record.id = Some(self.carrier.id);
        record.author = Some(stream.authors.id(self.carrier.author));
        record.lang = Some(self.original.lang.into());
        record.retweet_of = Some(self.original.id);
        record.withheld = withheld(&self.carrier);
        self.keep(&record)?;
        let carrier = Some((self.carrier.id, 1));
        let record =
            self.describe(RecordKind::HarvestedRetweet, &self.original, carrier, self.carrier.ms, at);
        self.keep(&record)?;
        if quoted.is_some() {
            self.counts.harvested_quotes += 1;
            self.counts.repeated_quotes += 1;
            let carrier = Some((self.original.id, 2));
            let record =
                self.describe(RecordKind::HarvestedQuote, &self.quoted, carrier, self.carrier.ms, at);
            self.keep(&record)?;
        }
        Ok(())
    }

    fn plain(&mut self, now: i64, at: u32) -> Result<()> {
        let stream = self.stream;
        let quoted = self.carrier.quote_of;
        if let Some(reference) = quoted {
            stream.tweet(&mut self.quoted, reference, false);
        }
        status::write_tweet(
            &mut self.line,
            stream,
            &mut self.body,
            &self.carrier,
            quoted.map(|_| &self.quoted),
            now,
            true,
        );
        self.counts.tweets += 1;
        self.counts.extended += u64::from(status::is_extended(&self.carrier));
        self.counts.withheld += u64::from(self.carrier.withheld.is_some());
        self.counts.lone_surrogates += u64::from(self.carrier.lone_surrogate);
        if let Some(plant) = &self.carrier.plant {
            *self.counts.planted.entry(plant.label()).or_default() += 1;
        }
        let mut record = self.describe(RecordKind::Tweet, &self.carrier, None, now, at);
        record.plant.clone_from(&self.carrier.plant);
        self.keep(&record)?;
        if quoted.is_some() {
            self.counts.quotes += 1;
            self.counts.harvested_quotes += 1;
            let carrier = Some((self.carrier.id, 1));
            let record = self.describe(RecordKind::HarvestedQuote, &self.quoted, carrier, now, at);
            self.keep(&record)?;
        }
        Ok(())
    }

    /// The record of a tweet; `carrier` is the tweet that carries it, and how often.
    fn describe(
        &self,
        kind: RecordKind,
        tweet: &Tweet,
        carrier: Option<(i64, u32)>,
        now: i64,
        at: u32,
    ) -> Record {
        let mut record = Record::new(self.minute, at, kind);
        record.id = Some(tweet.id);
        record.author = Some(self.stream.authors.id(tweet.author));
        record.lang = Some(tweet.lang.into());
        record.chars = Some(tweet.post.chars);
        record.group = Some(tweet.group);
        record.counts = Some(Reactions::of(tweet, now).sum());
        record.quote_of = tweet.quote_of.map(|reference| self.stream.plan.tweet_id(reference));
        record.carrier = carrier.map(|(id, _)| id);
        record.copies = carrier.map(|(_, copies)| copies);
        record.withheld = withheld(tweet);
        record.lone_surrogate = tweet.lone_surrogate;
        record
    }

    fn keep(&mut self, record: &Record) -> Result<()> {
        let Some(records) = self.records.as_deref_mut() else { return Ok(()) };
        serde_json::to_writer(&mut *records, record).map_err(|error| {
            Error::new(ErrorKind::Defect, "a record of the truth can't be written").with_source(error)
        })?;
        records.push(b'\n');
        Ok(())
    }
}

fn withheld(tweet: &Tweet) -> Vec<std::borrow::Cow<'static, str>> {
    match tweet.withheld {
        None => Vec::new(),
        Some(Withheld::Copyright) => vec!["XY".into()],
        Some(Withheld::Countries(countries)) => countries.iter().map(|country| (*country).into()).collect(),
    }
}
