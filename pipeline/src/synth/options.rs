//! What to make, checked before anything is made.

use std::num::{NonZeroU32, NonZeroUsize};

use chrono::{Datelike, NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

use super::layout::Layout;
use crate::error::{Error, ErrorKind, Result};

/// Lines a minute of the 1 % stream has.
pub(super) const LINES_A_MINUTE: u64 = 3_100;

/// Most lines in one minute: a minute is made by one thread, and its compressed bytes are held in memory.
pub(super) const MOST_LINES_A_MINUTE: u64 = 50_000;

/// Most lines altogether: names carry 36 bits, one of which tells lines from tweets outside the stream.
const MOST_LINES: u64 = 1 << 35;

/// How much to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// Exactly this many lines.
    Lines(u64),
    /// About this many bytes of raw lines, within a few per cent.
    Bytes(u64),
}

/// What to make. [`Options::default`] is ten minutes of the stream as it was on 1 January 2021.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Equal seeds and options make equal lines.
    pub seed: u64,
    /// How much to make.
    pub amount: Amount,
    /// Minutes the lines are spread over, one archive member each; None is about 3,100 lines a minute.
    pub members: Option<NonZeroU32>,
    /// First minute, on the archive's own clock (UTC-7), which also names members and archives.
    pub start: NaiveDateTime,
    /// How the lines are packed.
    pub layout: Layout,
    /// For the NDJSON layouts: a file a minute instead of a file a day.
    pub minute_files: bool,
    /// How often what happens.
    pub rates: Rates,
    /// Threads to use; None is one a core. Changes nothing but the time taken.
    pub threads: Option<NonZeroUsize>,
    /// Whether to write the truth about every record, and not only the counts.
    pub records: bool,
    /// Whether to replace what an earlier call left in the same folder.
    pub overwrite: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 0,
            amount: Amount::Lines(10 * LINES_A_MINUTE),
            members: None,
            start: NaiveDate::from_ymd_opt(2021, 1, 1).unwrap_or_default().into(),
            layout: Layout::TarBz2,
            minute_files: false,
            rates: Rates::default(),
            threads: None,
            records: true,
            overwrite: false,
        }
    }
}

/// How often what happens, each in 0..=1. The defaults are those of real captures, with more planted copies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// Of lines: delete notices.
    pub deletes: f64,
    /// Of lines: other stream messages (`limit`, `status_withheld`, `user_withheld`, `scrub_geo` …).
    pub events: f64,
    /// Of lines: blank keep-alives.
    pub keep_alives: f64,
    /// Of lines: damaged ones (cut off, binary, HTML, too deep, impossible ids, lone surrogates). Unless it is 0,
    /// a stream of 1,000 lines or more ends in half a line.
    pub damaged: f64,
    /// Of tweets: retweets.
    pub retweets: f64,
    /// Of tweets: quotes.
    pub quotes: f64,
    /// Of tweets: copies of an earlier text, equal but for case, links and mentions.
    pub exact: f64,
    /// Of tweets: copies of an earlier text with one edit.
    pub near: f64,
    /// Of tweets: parts of a wave of spam.
    pub spam: f64,
    /// Of tweets: copies of one and the same text, each with an edit of its own.
    pub wave: f64,
    /// Of tweets: an earlier tweet delivered again, under its own id.
    pub again: f64,
    /// Of the remaining tweets: whole texts that many people write.
    pub phrases: f64,
    /// Of tweets: withheld in some countries or by a copyright claim.
    pub withheld: f64,
    /// Of delete notices: those that name a tweet of this stream, earlier or later.
    pub deletes_in_stream: f64,
    /// Of retweets and quotes: those whose original is a line of this stream.
    pub originals_in_stream: f64,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            deletes: 0.12,
            events: 0.002,
            keep_alives: 0.0005,
            damaged: 0.0005,
            retweets: 0.43,
            quotes: 0.07,
            exact: 0.02,
            near: 0.02,
            spam: 0.01,
            wave: 0.0,
            again: 0.003,
            phrases: 0.03,
            withheld: 0.0005,
            deletes_in_stream: 0.06,
            originals_in_stream: 0.05,
        }
    }
}

impl Rates {
    /// Smallest share of tweets that must be left for originals: copies need something to copy.
    pub const LEAST_ORIGINALS: f64 = 0.05;

    fn all(&self) -> [(&'static str, f64); 15] {
        [
            ("deletes", self.deletes),
            ("events", self.events),
            ("keep_alives", self.keep_alives),
            ("damaged", self.damaged),
            ("retweets", self.retweets),
            ("quotes", self.quotes),
            ("exact", self.exact),
            ("near", self.near),
            ("spam", self.spam),
            ("wave", self.wave),
            ("again", self.again),
            ("phrases", self.phrases),
            ("withheld", self.withheld),
            ("deletes_in_stream", self.deletes_in_stream),
            ("originals_in_stream", self.originals_in_stream),
        ]
    }

    fn check(&self) -> Result<()> {
        for (name, rate) in self.all() {
            if !(0.0..=1.0).contains(&rate) {
                return Err(usage(format!("the rate of {name} is {rate}"), "a rate lies between 0 and 1"));
            }
        }
        let of_lines = self.deletes + self.events + self.keep_alives + self.damaged;
        if of_lines > 1.0 {
            return Err(usage(
                format!("deletes, events, keep_alives and damaged add up to {of_lines}"),
                "they are shares of all lines: keep their sum at or below 1",
            ));
        }
        let of_tweets =
            self.retweets + self.quotes + self.exact + self.near + self.spam + self.wave + self.again;
        if of_tweets > 1.0 - Self::LEAST_ORIGINALS {
            return Err(usage(
                format!("retweets, quotes, exact, near, spam, wave and again add up to {of_tweets}"),
                format!(
                    "they are shares of all tweets, and {} must be left for originals",
                    Self::LEAST_ORIGINALS
                ),
            ));
        }
        Ok(())
    }
}

impl Options {
    /// Refuses what can't be made, naming the value and the range.
    pub(super) fn check(&self) -> Result<()> {
        self.rates.check()?;
        if self.minute_files && !self.layout.is_ndjson() {
            return Err(usage(
                format!("files a minute make no sense in the layout {}", self.layout.name()),
                "leave minute files out, or choose one of the ndjson layouts",
            ));
        }
        if !(2012..=2030).contains(&self.start.year()) {
            return Err(usage(
                format!("a stream can't start in {}", self.start.date()),
                "choose a start from 2012 to 2030",
            ));
        }
        match self.amount {
            Amount::Lines(0) | Amount::Bytes(0) => {
                Err(usage("there is nothing to make", "ask for at least one line or byte"))
            }
            _ => Ok(()),
        }
    }

    /// The number of minutes `lines` lines are spread over.
    pub(super) fn minutes(&self, lines: u64) -> Result<u32> {
        if lines > MOST_LINES {
            return Err(usage(format!("{lines} lines are too many"), format!("make at most {MOST_LINES}")));
        }
        let members = match self.members {
            Some(members) => u64::from(members.get()),
            None => (lines / LINES_A_MINUTE).max(1),
        };
        if members > lines {
            return Err(usage(
                format!("{lines} lines don't fill {members} members"),
                format!("ask for at most {lines} members"),
            ));
        }
        if lines / members > MOST_LINES_A_MINUTE {
            return Err(usage(
                format!("{lines} lines in {members} members are more than {MOST_LINES_A_MINUTE} a minute"),
                format!("ask for at least {} members", lines.div_ceil(MOST_LINES_A_MINUTE)),
            ));
        }
        // A century of minutes: dates stay in the range ids can carry.
        u32::try_from(members).ok().filter(|minutes| *minutes <= 60 * 24 * 366 * 30).ok_or_else(|| {
            usage(format!("{members} members are too many"), "a stream lasts at most 30 years")
        })
    }
}

fn usage(message: impl Into<String>, hint: impl Into<String>) -> Error {
    Error::new(ErrorKind::Usage, message).with_hint(hint)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn refusal(change: impl FnOnce(&mut Options)) -> String {
        let mut options = Options::default();
        change(&mut options);
        options.check().unwrap_err().to_string()
    }

    #[test]
    fn the_defaults_are_allowed() {
        Options::default().check().unwrap();
        assert_eq!(Options::default().minutes(31_000).unwrap(), 10);
    }

    #[test]
    fn impossible_rates_are_named() {
        assert!(refusal(|o| o.rates.near = 1.5).contains("the rate of near is 1.5"));
        assert!(refusal(|o| o.rates.spam = f64::NAN).contains("the rate of spam is NaN"));
        assert!(refusal(|o| o.rates.deletes = 0.999).contains("add up to 1.00"));
        assert!(refusal(|o| o.rates.retweets = 0.9).contains("0.05 must be left for originals"));
    }

    #[test]
    fn impossible_shapes_are_named() {
        assert!(refusal(|o| o.minute_files = true).contains("tar-bz2"));
        assert!(refusal(|o| o.amount = Amount::Lines(0)).contains("nothing"));
        assert!(
            refusal(|o| o.start = NaiveDate::from_ymd_opt(2006, 3, 21).unwrap().into())
                .contains("2006-03-21")
        );
        let few = Options { members: NonZeroU32::new(2), ..Options::default() };
        assert!(few.minutes(1).unwrap_err().to_string().contains("at most 1 members"));
        assert!(few.minutes(200_000).unwrap_err().to_string().contains("at least 4 members"));
    }
}
