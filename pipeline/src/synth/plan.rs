//! What every line is, and which other tweet it refers to, as functions of its ordinal.
//!
//! A delete may name a tweet hours away, in either direction, a copy may repeat yesterday's text: both ask the plan
//! what the other line is, and no line has to be made before another.

use super::clock::{ARCHIVE_OFFSET_MS, HOUR_MS, MINUTE_MS, snowflake};
use super::options::Rates;
use super::rng::{Chance, Rng, Subject, mix, permute};

/// Names a tweet: a line of the stream, or an original that only others carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TweetRef {
    /// The tweet of the line with this ordinal.
    Line(u64),
    /// The original of this rank among those written in an hour, counted from the Unix epoch.
    Outside { hour: u32, rank: u32 },
}

impl TweetRef {
    /// A number no other tweet has, below 2^36.
    pub(super) fn ordinal(self) -> u64 {
        match self {
            Self::Line(line) => line << 1,
            // 2^19 hours are 59 years.
            Self::Outside { hour, rank } => (u64::from(hour & 0x7_ffff) << 16 | u64::from(rank)) << 1 | 1,
        }
    }
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineKind {
    /// A delete notice.
    Delete,
    /// Another stream message.
    Event,
    /// Nothing but its end.
    KeepAlive,
    /// A line that is damaged.
    Damaged,
    /// A tweet.
    Tweet(TweetKind),
}

/// What a tweet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TweetKind {
    /// A text of its own.
    Original,
    /// Someone else's, passed on.
    Retweet,
    /// A text about someone else's.
    Quote,
    /// An earlier text but for case, links and mentions.
    Exact,
    /// An earlier text with an edit.
    Near,
    /// Part of a wave among others, of few texts.
    Spam,
    /// Part of the one large wave, of as many texts as tweets.
    Wave,
    /// An earlier tweet under its own id.
    Again,
}

/// What sort of text an original has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outline {
    /// Sentences of about this weight.
    Sentences(u32),
    /// A whole text that many people write.
    Phrase,
    /// Emoji alone.
    Emoji,
    /// A link alone.
    Link,
}

/// Sentences lighter than this are never a base: too little is left of them after an edit.
const LEAST_BASE: u32 = 45;

/// Tries to find another line that fits. Where originals are rare or the stream has just begun, a copy may find
/// none: it is an original then.
const TRIES: u32 = 96;

/// A damaged stream of this many lines or more ends in half a line.
const LEAST_LINES_FOR_HALF: u64 = 1_000;

/// The plan of one stream.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) lines: u64,
    pub(super) minutes: u32,
    /// When the first minute begins, UTC.
    pub(super) start_ms: i64,
    of_lines: [(Chance, LineKind); 4],
    of_tweets: [(Chance, TweetKind); 7],
    phrases: Chance,
    originals_in_stream: Chance,
    /// Whether the last line is half a line.
    half_line: bool,
}

impl Plan {
    /// A plan of `lines` lines over `minutes` minutes; `start_ms` is on the archive's clock.
    pub(super) fn new(seed: u64, lines: u64, minutes: u32, start_ms: i64, rates: &Rates) -> Self {
        let mut end = Chance::new(0.0);
        let of_lines = [
            (rates.deletes, LineKind::Delete),
            (rates.events, LineKind::Event),
            (rates.keep_alives, LineKind::KeepAlive),
            (rates.damaged, LineKind::Damaged),
        ]
        .map(|(rate, kind)| {
            end = end.plus(rate);
            (end, kind)
        });
        end = Chance::new(0.0);
        let of_tweets = [
            (rates.retweets, TweetKind::Retweet),
            (rates.quotes, TweetKind::Quote),
            (rates.exact, TweetKind::Exact),
            (rates.near, TweetKind::Near),
            (rates.spam, TweetKind::Spam),
            (rates.wave, TweetKind::Wave),
            (rates.again, TweetKind::Again),
        ]
        .map(|(rate, kind)| {
            end = end.plus(rate);
            (end, kind)
        });
        Self {
            seed,
            lines,
            minutes,
            start_ms: start_ms - ARCHIVE_OFFSET_MS,
            of_lines,
            of_tweets,
            phrases: Chance::new(rates.phrases),
            originals_in_stream: Chance::new(rates.originals_in_stream),
            half_line: rates.damaged > 0.0 && lines >= LEAST_LINES_FOR_HALF,
        }
    }

    /// Ordinal of the first line of a minute. Minutes differ by a few per cent, as they do in the wild.
    pub(super) fn first_line(&self, minute: u32) -> u64 {
        if minute == 0 || minute >= self.minutes {
            return if minute == 0 { 0 } else { self.lines };
        }
        let mean = self.lines / u64::from(self.minutes);
        let even = (u128::from(self.lines) * u128::from(minute) / u128::from(self.minutes)) as u64;
        let span = (mean / 20).min(u64::from(u32::MAX)) as u32;
        even + u64::from(Rng::new(self.seed, Subject::Minute, u64::from(minute)).below(span + 1))
    }

    /// The minute a line belongs to.
    pub(super) fn minute_of(&self, line: u64) -> u32 {
        let guess = (u128::from(line) * u128::from(self.minutes) / u128::from(self.lines.max(1))) as u32;
        let mut minute = guess.min(self.minutes - 1);
        while minute > 0 && self.first_line(minute) > line {
            minute -= 1;
        }
        while minute + 1 < self.minutes && self.first_line(minute + 1) <= line {
            minute += 1;
        }
        minute
    }

    /// When a minute begins, UTC.
    pub(super) fn minute_ms(&self, minute: u32) -> i64 {
        self.start_ms + i64::from(minute) * MINUTE_MS
    }

    /// When the tweet of a line was written; later lines are never earlier.
    pub(super) fn line_ms(&self, line: u64) -> i64 {
        let minute = self.minute_of(line);
        let (first, after) = (self.first_line(minute), self.first_line(minute + 1));
        let (slot, count) = (line - first, (after - first).max(1));
        self.minute_ms(minute) + (slot * MINUTE_MS as u64 / count) as i64
    }

    /// When a tweet was written.
    pub(super) fn tweet_ms(&self, tweet: TweetRef) -> i64 {
        match tweet {
            TweetRef::Line(line) => self.line_ms(line),
            TweetRef::Outside { hour, rank } => {
                let within = (permute(u64::from(rank), 16) * HOUR_MS as u64) >> 16;
                i64::from(hour) * HOUR_MS + within as i64
            }
        }
    }

    /// The id of a tweet. No two tweets share one: those of one millisecond differ in the low bits.
    pub(super) fn tweet_id(&self, tweet: TweetRef) -> i64 {
        let low = match tweet {
            TweetRef::Line(line) => permute(line & 0x1f_ffff, 21),
            TweetRef::Outside { rank, .. } => 1 << 21 | permute(u64::from(rank), 21),
        };
        snowflake(self.tweet_ms(tweet), low)
    }

    /// Whether a line is the last one, cut off as a capture that was killed leaves it.
    pub(super) fn is_half_line(&self, line: u64) -> bool {
        self.half_line && line + 1 == self.lines
    }

    /// What a line is.
    pub(super) fn kind(&self, line: u64) -> LineKind {
        if self.is_half_line(line) {
            return LineKind::Damaged;
        }
        let bits = Rng::new(self.seed, Subject::Kind, line).bits();
        let (of_lines, of_tweets) = ((bits >> 32) as u32, bits as u32);
        for (end, kind) in self.of_lines {
            if end.holds(of_lines) {
                return kind;
            }
        }
        for (end, kind) in self.of_tweets {
            if end.holds(of_tweets) {
                return LineKind::Tweet(kind);
            }
        }
        LineKind::Tweet(TweetKind::Original)
    }

    /// What sort of text an original or a quote has.
    pub(super) fn outline(&self, tweet: TweetRef) -> Outline {
        const ENDS: [u32; 7] = [4, 9, 20, 45, 95, 180, 240];
        let mut rng = Rng::new(self.seed, Subject::Outline, tweet.ordinal());
        let outside = matches!(tweet, TweetRef::Outside { .. });
        if !outside {
            if rng.chance(self.phrases) {
                return Outline::Phrase;
            }
            match rng.below(100) {
                0..=1 => return Outline::Emoji,
                2..=6 => return Outline::Link,
                _ => {}
            }
        }
        // Lengths as real ones: half of tweets below 46 characters, half of retweeted ones above 89.
        let octaves: [u32; 6] = if outside { [2, 8, 22, 48, 80, 100] } else { [12, 34, 61, 84, 96, 100] };
        let draw = rng.below(100);
        let at = octaves.iter().position(|end| draw < *end).unwrap_or(0);
        Outline::Sentences(rng.between(ENDS[at], ENDS[at + 1]))
    }

    /// An earlier original long enough to copy; None where there is none.
    pub(super) fn base(&self, rng: &mut Rng, line: u64) -> Option<u64> {
        earlier(rng, line, |base| {
            self.kind(base) == LineKind::Tweet(TweetKind::Original)
                && matches!(self.outline(TweetRef::Line(base)), Outline::Sentences(weight)
                    if (LEAST_BASE..=210).contains(&weight))
        })
    }

    /// An earlier tweet with a text of its own, to be passed on or delivered again.
    pub(super) fn earlier_tweet(&self, rng: &mut Rng, line: u64) -> Option<u64> {
        earlier(rng, line, |base| {
            matches!(self.kind(base), LineKind::Tweet(TweetKind::Original | TweetKind::Quote))
        })
    }

    /// A tweet near `line`, before or after it, to be deleted or withheld.
    pub(super) fn neighbour(&self, rng: &mut Rng, line: u64) -> Option<u64> {
        (0..TRIES).find_map(|_| {
            // Most deletes come soon after the tweet, and some before it: delivery isn't in order.
            let distance = rng.zipf(0, 16);
            let other = if rng.per_mille(150) {
                line.checked_add(distance % 512).filter(|other| *other < self.lines)?
            } else {
                line.checked_sub(distance)?
            };
            let fits = matches!(self.kind(other), LineKind::Tweet(kind) if kind != TweetKind::Again);
            (fits && other != line).then_some(other)
        })
    }

    /// The original a line passes on, quotes or answers; always written before the line.
    pub(super) fn original(&self, rng: &mut Rng, line: u64) -> TweetRef {
        if rng.chance(self.originals_in_stream)
            && let Some(base) = self.earlier_tweet(rng, line)
        {
            return TweetRef::Line(base);
        }
        self.outside(rng, self.line_ms(line))
    }

    /// A popular tweet from outside the stream, written at least a second before `ms`.
    pub(super) fn outside(&self, rng: &mut Rng, ms: i64) -> TweetRef {
        // Half of originals are younger than four hours, one in twenty is older than a week.
        let age_minutes = rng.zipf(1, 14) as i64;
        let rank = (rng.zipf(5, 16) - 32) as u32;
        let mut hour = (ms - age_minutes * MINUTE_MS).div_euclid(HOUR_MS) as u32;
        if self.tweet_ms(TweetRef::Outside { hour, rank }) + 1000 > ms {
            hour -= 1;
        }
        TweetRef::Outside { hour, rank }
    }

    /// The wave a line of spam belongs to. Waves run side by side for a while, one larger than the next.
    pub(super) fn wave(&self, rng: &mut Rng, line: u64) -> u64 {
        let span = (self.lines / 4).clamp(64, 60_000);
        (line / span) << 2 | u64::from(rng.word().trailing_zeros().min(3))
    }

    /// The one large wave: numbered behind all others.
    pub(super) const LARGE_WAVE: u64 = 1 << 40;

    /// A seed of its own for whatever belongs to a tweet.
    pub(super) fn seed_of(&self, tweet: TweetRef) -> u64 {
        mix(self.seed ^ mix(tweet.ordinal()))
    }
}

/// An earlier line that fits; each doubling of the distance is as likely: most are near, some are days away.
fn earlier(rng: &mut Rng, line: u64, fits: impl Fn(u64) -> bool) -> Option<u64> {
    let octaves = 64 - line.leading_zeros();
    if octaves == 0 {
        return None;
    }
    let nearest = (octaves - 1).min(4);
    (0..TRIES).find_map(|_| line.checked_sub(rng.zipf(nearest, octaves)).filter(|base| fits(*base)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::collections::BTreeSet;

    use super::*;

    fn plan(lines: u64, minutes: u32) -> Plan {
        Plan::new(3, lines, minutes, 1_609_459_200_000, &Rates::default())
    }

    #[test]
    fn every_line_has_its_minute() {
        for (lines, minutes) in [(1, 1), (7, 7), (1000, 3), (40_000, 13)] {
            let plan = plan(lines, minutes);
            let mut line = 0;
            for minute in 0..minutes {
                assert_eq!(plan.first_line(minute), line, "{minute} of {lines}");
                while line < plan.first_line(minute + 1) {
                    assert_eq!(plan.minute_of(line), minute);
                    line += 1;
                }
            }
            assert_eq!(line, lines);
        }
    }

    #[test]
    fn ids_are_unique_and_in_order() {
        // Faster than one a millisecond.
        let plan = plan(100_000, 1);
        let ids: Vec<i64> = (0..100_000).map(|line| plan.tweet_id(TweetRef::Line(line))).collect();
        assert!(ids.windows(2).all(|pair| pair[0] >> 22 <= pair[1] >> 22));
        let mut all: BTreeSet<i64> = ids.into_iter().collect();
        assert_eq!(all.len(), 100_000);
        let hour = (plan.start_ms / HOUR_MS) as u32;
        for rank in 0..1 << 16 {
            assert!(all.insert(plan.tweet_id(TweetRef::Outside { hour, rank })), "{rank}");
        }
    }

    #[test]
    fn references_point_where_they_may() {
        let plan = plan(20_000, 6);
        for line in 0..20_000 {
            let mut rng = Rng::new(3, Subject::Reference, line);
            if let Some(base) = plan.base(&mut rng, line) {
                assert!(base < line);
            } else {
                assert!(line < 2_000, "{line} found no base");
            }
            assert!(plan.tweet_ms(plan.original(&mut rng, line)) <= plan.line_ms(line));
            if let Some(other) = plan.neighbour(&mut rng, line) {
                assert!(other != line && other < 20_000);
            }
        }
    }
}
