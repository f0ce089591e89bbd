//! One tweet before it is written: everything that follows from which tweet it is.

use super::authors::Authors;
use super::plan::{LineKind, Outline, Plan, TweetKind, TweetRef};
use super::rng::{Chance, Rng, Subject};
use super::stream::Stream;
use super::text::{Edit, Parts, Post};
use super::truth::{How, Plant};

/// Attached pictures or a film.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Media {
    /// What ids and names are drawn from.
    pub(super) seed: u64,
    /// 1 to 4 photos, or one film.
    pub(super) count: u32,
    /// A film rather than photos.
    pub(super) film: bool,
}

/// Where and by whom a tweet is withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Withheld {
    /// In these countries.
    Countries(&'static [&'static str]),
    /// Everywhere, for a copyright claim.
    Copyright,
}

/// A tweet. Reused from line to line, so that its buffers are.
#[derive(Debug, Default)]
pub(super) struct Tweet {
    pub(super) id: i64,
    /// When it was written, UTC milliseconds.
    pub(super) ms: i64,
    pub(super) author: u32,
    /// As the platform gives it; `und` where there are no words.
    pub(super) lang: &'static str,
    /// The tweet it answers, and that tweet's author.
    pub(super) reply: Option<(i64, u32)>,
    pub(super) parts: Parts,
    pub(super) post: Post,
    pub(super) media: Option<Media>,
    /// The original it passes on.
    pub(super) retweet_of: Option<TweetRef>,
    /// The tweet it is about.
    pub(super) quote_of: Option<TweetRef>,
    pub(super) withheld: Option<Withheld>,
    pub(super) lone_surrogate: bool,
    /// What counts grow towards.
    pub(super) popularity: i64,
    /// Equal for texts that are the same but for case, links, mentions and symbols.
    pub(super) group: u64,
    pub(super) plant: Option<Plant>,
    /// A seed for the rest.
    pub(super) seed: u64,
}

impl Stream {
    /// Makes the tweet of a line, or one from outside the stream.
    ///
    /// A line that delivers an earlier tweet again isn't resolved here: its tweet is that of the other line.
    /// `lone_surrogate` ends the words with half a surrogate pair.
    pub(super) fn tweet(&self, tweet: &mut Tweet, reference: TweetRef, lone_surrogate: bool) {
        let kind = match reference {
            TweetRef::Line(line) => match self.plan.kind(line) {
                LineKind::Tweet(kind) => kind,
                // A damaged line is a damaged original.
                _ => TweetKind::Original,
            },
            TweetRef::Outside { .. } => TweetKind::Original,
        };
        let mut rng = Rng::new(self.plan.seed, Subject::Reference, reference.ordinal());
        self.start(tweet, reference);
        tweet.lone_surrogate = lone_surrogate;
        match (kind, reference) {
            (TweetKind::Retweet, TweetRef::Line(line)) => {
                tweet.retweet_of = Some(self.plan.original(&mut rng, line));
                return;
            }
            (TweetKind::Exact | TweetKind::Near, TweetRef::Line(line)) => {
                if let Some(base) = self.plan.base(&mut rng, line) {
                    self.copy(tweet, reference, base, kind);
                } else {
                    self.original(tweet, reference);
                }
            }
            (TweetKind::Spam, TweetRef::Line(line)) => {
                let wave = self.plan.wave(&mut rng, line);
                self.spam(tweet, reference, wave);
            }
            (TweetKind::Wave, _) => self.wave(tweet, reference),
            _ => {
                self.original(tweet, reference);
                match reference {
                    TweetRef::Line(line) if kind == TweetKind::Quote => {
                        tweet.quote_of = Some(self.plan.original(&mut rng, line));
                    }
                    TweetRef::Outside { .. } if rng.per_mille(58) => {
                        tweet.quote_of = Some(self.plan.outside(&mut rng, tweet.ms));
                    }
                    _ => {}
                }
            }
        }
        self.lay_out(tweet);
    }

    /// The account that writes a tweet. A wave of spam comes from a few dozen accounts of its own.
    pub(super) fn author(&self, reference: TweetRef) -> u32 {
        if let TweetRef::Line(line) = reference
            && let LineKind::Tweet(kind @ (TweetKind::Spam | TweetKind::Wave)) = self.plan.kind(line)
        {
            let mut rng = Rng::new(self.plan.seed, Subject::Reference, reference.ordinal());
            let wave =
                if kind == TweetKind::Wave { Plan::LARGE_WAVE } else { self.plan.wave(&mut rng, line) };
            let first = Authors::anyone(&mut Rng::new(self.plan.seed, Subject::Wave, wave | 1 << 63));
            return first / 64 * 64 + rng.below(48);
        }
        self.authors.of(reference)
    }

    fn lay_out(&self, tweet: &mut Tweet) {
        let media = tweet.media.map(|media| media.seed);
        let Tweet { post, parts, reply, lone_surrogate, .. } = tweet;
        post.lay_out(parts, reply.is_some(), media, *lone_surrogate, |out, rank| {
            self.authors.handle(out, rank);
        });
        if tweet.parts.body.is_empty() || tweet.lang == "und" {
            // No words: only the very same characters are the same text.
            tweet.group = group(tweet.post.text.as_bytes());
        }
    }

    fn start(&self, tweet: &mut Tweet, reference: TweetRef) {
        tweet.id = self.plan.tweet_id(reference);
        tweet.ms = self.plan.tweet_ms(reference);
        tweet.author = self.author(reference);
        tweet.lang = "und";
        tweet.reply = None;
        tweet.parts.clear();
        tweet.media = None;
        tweet.retweet_of = None;
        tweet.quote_of = None;
        tweet.group = 0;
        tweet.plant = None;
        tweet.seed = self.plan.seed_of(reference);
        let mut rng = Rng::new(tweet.seed, Subject::Extras, 0);
        tweet.withheld = withheld(&mut rng, self.withheld);
        tweet.popularity = match reference {
            TweetRef::Line(_) => rng.zipf(0, 9) as i64 - 1,
            TweetRef::Outside { rank, .. } => 3_000_000 / (i64::from(rank) + 20) + rng.zipf(0, 12) as i64,
        };
    }

    fn original(&self, tweet: &mut Tweet, reference: TweetRef) {
        let mut rng = Rng::new(tweet.seed, Subject::Words, 0);
        // Most people write one language, some of them English now and then.
        let home = self.authors.language(tweet.author);
        let language = if rng.per_mille(80) { 0 } else { home };
        let lexicon = self.lexicons.get(language);
        let inside = matches!(reference, TweetRef::Line(_));
        match self.plan.outline(reference) {
            Outline::Sentences(weight) => {
                tweet.lang = lexicon.code();
                tweet.parts.body.sentences(lexicon, &mut rng, weight, reference.ordinal());
                tweet.group = group(tweet.parts.body.text().as_bytes());
                if rng.per_mille(if inside { 130 } else { 200 }) {
                    tweet.parts.links.push(rng.bits());
                }
            }
            Outline::Phrase => {
                tweet.lang = lexicon.code();
                let phrase = tweet.parts.body.phrase(lexicon, &mut rng);
                tweet.group = group(phrase.as_bytes());
                tweet.plant = Some(Plant { how: How::Phrase, edit: None, base: None, wave: None });
            }
            Outline::Emoji => {
                let count = rng.between(1, 5);
                tweet.parts.body.emoji(&mut rng, count);
            }
            Outline::Link => tweet.parts.links.push(rng.bits()),
        }
        if rng.per_mille(if inside { 115 } else { 520 }) {
            let film = rng.per_mille(300);
            let count = if film || rng.per_mille(720) { 1 } else { rng.between(2, 5) };
            tweet.media = Some(Media { seed: rng.bits(), count, film });
        }
        if inside && rng.per_mille(600) {
            let parent = self.plan.outside(&mut rng, tweet.ms);
            let author = self.authors.of(parent);
            tweet.reply = Some((self.plan.tweet_id(parent), author));
            tweet.parts.mentions.push(author);
            while rng.per_mille(150) && tweet.parts.mentions.len() < 4 {
                tweet.parts.mentions.push(Authors::anyone(&mut rng));
            }
        }
    }

    fn copy(&self, tweet: &mut Tweet, reference: TweetRef, base: u64, kind: TweetKind) {
        // The base lends its words, its links and its pictures; the copy has its own author, id and time.
        let lender = TweetRef::Line(base);
        let author = self.author(lender);
        let (own_author, own_ms, own_seed) = (tweet.author, tweet.ms, tweet.seed);
        (tweet.author, tweet.ms, tweet.seed) =
            (author, self.plan.tweet_ms(lender), self.plan.seed_of(lender));
        self.original(tweet, lender);
        (tweet.author, tweet.ms, tweet.seed) = (own_author, own_ms, own_seed);
        tweet.reply = None;
        let mut rng = Rng::new(tweet.seed, Subject::Edit, reference.ordinal());
        let asked = if kind == TweetKind::Exact { rng.pick(&Edit::EXACT) } else { rng.pick(&Edit::NEAR) };
        let lexicon = self.lexicons.by_code(tweet.lang);
        let edit = tweet.parts.edit(asked, lexicon, &mut rng, author);
        if edit.changes_words() {
            tweet.group = group(tweet.parts.body.text().as_bytes());
        }
        tweet.plant = Some(Plant {
            how: if kind == TweetKind::Exact { How::Exact } else { How::Near },
            edit: Some(edit),
            base: Some(self.plan.tweet_id(lender)),
            wave: None,
        });
    }

    fn spam(&self, tweet: &mut Tweet, reference: TweetRef, wave: u64) {
        let mut template = Rng::new(self.plan.seed, Subject::Wave, wave);
        let lexicon = self.lexicons.get(self.lexicons.draw(&mut template));
        let mut rng = Rng::new(tweet.seed, Subject::Edit, reference.ordinal());
        // One number and one of eight words vary from copy to copy.
        tweet.lang = lexicon.code();
        let head = template.between(4, 8);
        let body = &mut tweet.parts.body;
        body.plain_words(lexicon, &mut template, head);
        body.number(lexicon, template.between(2, 50) * 10 + rng.below(6));
        let choice = wave << 3 | u64::from(rng.below(8)) | 1 << 62;
        body.plain_words(lexicon, &mut Rng::new(self.plan.seed, Subject::Wave, choice), 1);
        let tail = template.between(4, 9);
        body.plain_words(lexicon, &mut template, tail);
        body.name(lexicon, 1 << 35 | wave);
        tweet.group = group(body.text().as_bytes());
        if rng.per_mille(300) {
            body.emoji(&mut rng, 1);
        }
        tweet.parts.links.push(rng.bits());
        if rng.per_mille(300) {
            tweet.parts.mentions.push(Authors::anyone(&mut rng));
        }
        tweet.plant = Some(Plant { how: How::Spam, edit: None, base: None, wave: Some(wave) });
    }

    /// A copy of the one text of the large wave: one number of six digits and one word are its own.
    fn wave(&self, tweet: &mut Tweet, reference: TweetRef) {
        let mut template = Rng::new(self.plan.seed, Subject::Wave, Plan::LARGE_WAVE);
        let mut rng = Rng::new(tweet.seed, Subject::Edit, reference.ordinal());
        let lexicon = self.lexicons.get(0);
        tweet.lang = lexicon.code();
        let body = &mut tweet.parts.body;
        body.plain_words(lexicon, &mut template, 8);
        body.number(lexicon, 100_000 + rng.below(900_000));
        body.plain_words(lexicon, &mut template, 4);
        body.plain_words(lexicon, &mut rng, 1);
        body.plain_words(lexicon, &mut template, 8);
        tweet.group = group(body.text().as_bytes());
        tweet.plant = Some(Plant { how: How::Wave, edit: None, base: None, wave: Some(Plan::LARGE_WAVE) });
    }
}

fn withheld(rng: &mut Rng, rate: Chance) -> Option<Withheld> {
    const COUNTRIES: [&[&str]; 5] = [&["TR"], &["DE"], &["IN"], &["FR", "DE"], &["TR", "RU", "IN"]];
    if !rng.chance(rate) {
        return None;
    }
    Some(if rng.per_mille(200) { Withheld::Copyright } else { Withheld::Countries(rng.pick(&COUNTRIES)) })
}

fn group(text: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(text)
}
