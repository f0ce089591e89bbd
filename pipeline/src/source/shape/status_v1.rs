//! A status of API v1.1: in the compatible form of the streams, with `extended_tweet` where the text is
//! long, or in the extended form of REST answers, with `full_text`.

use bumpalo::Bump;

use super::entities::EntitySet;
use super::event::Envelope;
use super::lists::{read_listed, texts};
use super::{text, time};
use crate::source::json::id::{Id, IdPair};
use crate::source::json::{Broken, Reader, Str};
use crate::source::records::Wanted;
use crate::source::tweet::Tweet;

/// Statuses inside statuses that are read: a retweet holds its original, which holds what it quotes.
/// The platform goes no deeper; what does is skipped.
pub(crate) const NESTING: u8 = 2;

/// The fields of a status that are kept, as they stand in the line. Of a repeated key the last counts.
#[derive(Debug, Default)]
pub(crate) struct Status<'de> {
    pub(crate) id: IdPair,
    /// True when there is an object `user`.
    pub(crate) has_user: bool,
    user: User<'de>,
    created_at: Option<Str<'de>>,
    timestamp_ms: Option<i64>,
    lang: Option<Str<'de>>,
    text: Option<Str<'de>>,
    full_text: Option<Str<'de>>,
    truncated: Option<bool>,
    source: Option<Str<'de>>,
    reply_to: IdPair,
    reply_to_author: IdPair,
    reply_to_author_name: Option<Str<'de>>,
    pub(crate) quote_of: IdPair,
    conversation_id: IdPair,
    retweets: Option<i64>,
    likes: Option<i64>,
    replies: Option<i64>,
    quotes: Option<i64>,
    sensitive: Option<bool>,
    withheld_copyright: bool,
    withheld_in: Vec<Str<'de>>,
    entities: EntitySet<'de>,
    extended: LongText<'de>,
    note: LongText<'de>,
    pub(crate) retweeted: Nested<'de>,
    pub(crate) quoted: Nested<'de>,
}

impl<'de> Status<'de> {
    /// Forgets everything, keeps the memory.
    pub(crate) fn clear(&mut self) {
        let mut old = std::mem::take(self);
        old.withheld_in.clear();
        old.entities.clear();
        old.extended.clear();
        old.note.clear();
        old.retweeted.present = false;
        old.quoted.present = false;
        self.withheld_in = old.withheld_in;
        self.entities = old.entities;
        self.extended = old.extended;
        self.note = old.note;
        self.retweeted = old.retweeted;
        self.quoted = old.quoted;
    }

    /// True when it holds the text of a tweet.
    pub(crate) fn has_text(&self) -> bool {
        self.best_text().is_some()
    }

    /// True when an id within is outside its range: its own, its author's, or one of the statuses it
    /// holds. References to tweets that aren't here only become null.
    pub(crate) fn has_bad_id(&self) -> bool {
        let bad = |status: &Self| status.id.id() == Id::Bad || status.has_bad_id();
        self.user.id.id() == Id::Bad
            || self.retweeted.get().is_some_and(|original| original.id.valid().is_none() || bad(original))
            || self.quoted.get().is_some_and(bad)
    }

    /// `note_tweet`, else `extended_tweet.full_text`, else `full_text`, else `text`.
    fn best_text(&self) -> Option<Str<'de>> {
        self.note.text.or(self.extended.text).or(self.full_text).or(self.text)
    }

    fn decoded_text<'a>(&self, arena: &'a Bump) -> Option<&'a str>
    where
        'de: 'a,
    {
        self.best_text().map(|text| text::decoded(text.text_in(arena), arena))
    }

    /// Marked parts of the text [`Self::best_text`] chose, else those of the status itself.
    fn best_entities(&self) -> &EntitySet<'de> {
        let of_text = if self.note.text.is_some() {
            &self.note.entities
        } else if self.extended.text.is_some() {
            &self.extended.entities
        } else {
            &self.entities
        };
        if of_text.present { of_text } else { &self.entities }
    }

    /// False for a text the platform cut: `truncated` without the full one, and the text of a retweet,
    /// a copy of its original behind `RT @…:`, cut at 140 characters with an ellipsis.
    fn text_complete(&self, text: Str<'de>) -> bool {
        if self.retweeted.present && text.text().ends_with('…') {
            return false;
        }
        let full = self.note.text.or(self.extended.text).or(self.full_text);
        full.is_some() || self.truncated != Some(true)
    }

    fn created_at(&self) -> Option<i64> {
        let written = self.created_at.and_then(|text| time::parse(&text.text()));
        written.or(self.timestamp_ms).or_else(|| self.id.valid().and_then(time::from_id))
    }

    /// The canonical tweet; of its strings only those `wanted`. `quoted` is the status it quotes, where the
    /// line holds it.
    ///
    /// The text is kept whole: what `display_text_range` would hide (leading mentions, the link to an
    /// attached photo) is part of it.
    pub(crate) fn tweet<'a>(
        &'a self,
        quoted: Option<&'a Self>,
        wanted: Wanted,
        arena: &'a Bump,
    ) -> Tweet<'a> {
        let string = |text: Option<Str<'de>>| text.map(|text| text.text_in(arena));
        let mut tweet = Tweet {
            tweet_id: self.id.valid(),
            author_id: self.user.id.valid(),
            author_name: string(self.user.name),
            created_at: self.created_at(),
            lang: string(self.lang),
            reply_to: self.reply_to.valid(),
            reply_to_author: self.reply_to_author.valid(),
            quote_of: self.quote_of.valid().or_else(|| quoted.and_then(|quoted| quoted.id.valid())),
            conversation_id: self.conversation_id.valid(),
            retweets: self.retweets,
            likes: self.likes,
            replies: self.replies,
            quotes: self.quotes,
            sensitive: self.sensitive,
            withheld_in: (!self.withheld_in.is_empty()).then(|| texts(&self.withheld_in, arena)),
            author_followers: self.user.followers,
            author_following: self.user.following,
            author_tweets: self.user.tweets,
            author_verified: self.user.verified,
            ..Tweet::default()
        };
        if wanted.details {
            tweet.source = string(self.source).and_then(|source| text::source_name(source, arena));
            tweet.reply_to_author_name = string(self.reply_to_author_name);
            tweet.author_created_at = self.user.created_at.and_then(|time| time::parse(&time.text()));
        }
        if wanted.retweet_texts || !self.retweeted.present {
            self.add_text(&mut tweet, quoted, wanted, arena);
        }
        tweet
    }

    /// Adds the text and what is part of it.
    fn add_text<'a>(
        &'a self,
        tweet: &mut Tweet<'a>,
        quoted: Option<&'a Self>,
        wanted: Wanted,
        arena: &'a Bump,
    ) {
        tweet.text_complete = self.best_text().map(|text| self.text_complete(text));
        if wanted.text {
            tweet.text = self.decoded_text(arena);
        }
        if wanted.quoted_text {
            tweet.quoted_text = quoted.and_then(|quoted| quoted.decoded_text(arena));
        }
        let entities = self.best_entities();
        let media = [entities, &self.entities].into_iter().find_map(|set| set.extended_media.or(set.media));
        let media = media.or(entities.present.then_some(0));
        tweet.media = media.and_then(|count| i32::try_from(count).ok());
        if wanted.entities && entities.present {
            tweet.hashtags = Some(texts(&entities.hashtags, arena));
            tweet.mentions = Some(texts(&entities.mentions, arena));
            tweet.urls = Some(texts(&entities.urls, arena));
            // The text is decoded, and a link is to be found in it.
            let links = entities.links.iter().map(|link| text::decoded(link.text_in(arena), arena));
            tweet.links = Some(arena.alloc_slice_fill_iter(links));
        }
    }

    /// Takes an object, of which it keeps what it knows; `envelope` gets the rest. Answers whether there was an object.
    ///
    /// The outermost object of a line comes with the [`Envelope`], so that one pass finds out whether the line is a
    /// tweet and what is in it. `nesting` more statuses may stand inside each other.
    pub(crate) fn read(
        &mut self,
        json: &mut Reader<'de, '_>,
        mut envelope: Option<&mut Envelope<'de>>,
        nesting: u8,
    ) -> Result<bool, Broken> {
        let is_object = json.object(|json, key| {
            match key {
                b"id" => self.id.number = json.scalar()?.id(),
                b"id_str" => self.id.text = json.scalar()?.id(),
                b"created_at" => self.created_at = json.scalar()?.string(),
                b"timestamp_ms" => self.timestamp_ms = json.scalar()?.integer(),
                b"lang" => self.lang = json.scalar()?.string(),
                b"text" => self.text = json.scalar()?.string(),
                b"full_text" => self.full_text = json.scalar()?.string(),
                b"truncated" => self.truncated = json.scalar()?.bool(),
                b"source" => self.source = json.scalar()?.string(),
                b"in_reply_to_status_id" => self.reply_to.number = json.scalar()?.id(),
                b"in_reply_to_status_id_str" => self.reply_to.text = json.scalar()?.id(),
                b"in_reply_to_user_id" => self.reply_to_author.number = json.scalar()?.id(),
                b"in_reply_to_user_id_str" => self.reply_to_author.text = json.scalar()?.id(),
                b"in_reply_to_screen_name" => self.reply_to_author_name = json.scalar()?.string(),
                b"quoted_status_id" => self.quote_of.number = json.scalar()?.id(),
                b"quoted_status_id_str" => self.quote_of.text = json.scalar()?.id(),
                b"conversation_id" => self.conversation_id.number = json.scalar()?.id(),
                b"conversation_id_str" => self.conversation_id.text = json.scalar()?.id(),
                b"retweet_count" => self.retweets = json.scalar()?.integer(),
                b"favorite_count" => self.likes = json.scalar()?.integer(),
                b"reply_count" => self.replies = json.scalar()?.integer(),
                b"quote_count" => self.quotes = json.scalar()?.integer(),
                b"possibly_sensitive" => self.sensitive = json.scalar()?.bool(),
                b"withheld_copyright" => self.withheld_copyright = json.scalar()?.bool() == Some(true),
                b"withheld_in_countries" => read_listed(json, &mut self.withheld_in)?,
                b"entities" => self.entities.read_entities(json)?,
                b"extended_entities" => self.entities.read_extended(json)?,
                b"user" => {
                    self.user = User::default();
                    self.has_user = self.user.read(json)?;
                }
                b"extended_tweet" => self.extended.read(json)?,
                b"note_tweet" => self.note.read(json)?,
                b"retweeted_status" => self.retweeted.read(json, nesting)?,
                b"quoted_status" => self.quoted.read(json, nesting)?,
                key => match &mut envelope {
                    Some(envelope) => envelope.read(key, json)?,
                    None => json.skip()?,
                },
            }
            Ok(())
        })?;
        if self.withheld_copyright && !self.withheld_in.iter().any(|country| country.text() == "XY") {
            self.withheld_in.push(Str::new("XY"));
        }
        Ok(is_object)
    }
}

/// A status inside a status. Its memory is kept when it isn't there.
#[derive(Debug, Default)]
pub(crate) struct Nested<'de> {
    present: bool,
    status: Option<Box<Status<'de>>>,
}

impl<'de> Nested<'de> {
    /// The status, when there is one.
    pub(crate) fn get(&self) -> Option<&Status<'de>> {
        self.status.as_deref().filter(|_| self.present)
    }

    fn read(&mut self, json: &mut Reader<'de, '_>, nesting: u8) -> Result<(), Broken> {
        let Some(nesting) = nesting.checked_sub(1) else {
            return json.skip();
        };
        let status = self.status.get_or_insert_default();
        status.clear();
        self.present = status.read(json, None, nesting)?;
        Ok(())
    }
}

/// A text longer than the classic 140 characters, with its own marked parts.
#[derive(Debug, Default)]
struct LongText<'de> {
    text: Option<Str<'de>>,
    entities: EntitySet<'de>,
}

impl<'de> LongText<'de> {
    fn clear(&mut self) {
        self.text = None;
        self.entities.clear();
    }

    fn read(&mut self, json: &mut Reader<'de, '_>) -> Result<(), Broken> {
        self.clear();
        json.object(|json, key| {
            match key {
                // `full_text` in `extended_tweet`, `text` in `note_tweet`.
                b"full_text" | b"text" => self.text = json.scalar()?.string(),
                b"entities" => self.entities.read_entities(json)?,
                b"extended_entities" => self.entities.read_extended(json)?,
                _ => json.skip()?,
            }
            Ok(())
        })?;
        Ok(())
    }
}

#[derive(Debug, Default)]
struct User<'de> {
    id: IdPair,
    name: Option<Str<'de>>,
    followers: Option<i64>,
    following: Option<i64>,
    tweets: Option<i64>,
    created_at: Option<Str<'de>>,
    verified: Option<bool>,
}

impl<'de> User<'de> {
    fn read(&mut self, json: &mut Reader<'de, '_>) -> Result<bool, Broken> {
        json.object(|json, key| {
            match key {
                b"id" => self.id.number = json.scalar()?.id(),
                b"id_str" => self.id.text = json.scalar()?.id(),
                b"screen_name" => self.name = json.scalar()?.string(),
                b"followers_count" => self.followers = json.scalar()?.integer(),
                b"friends_count" => self.following = json.scalar()?.integer(),
                b"statuses_count" => self.tweets = json.scalar()?.integer(),
                b"created_at" => self.created_at = json.scalar()?.string(),
                b"verified" => self.verified = json.scalar()?.bool(),
                _ => json.skip()?,
            }
            Ok(())
        })
    }
}
