//! A status of API v1.1: in the compatible form of the streams, with `extended_tweet` where the text is
//! long, or in the extended form of REST answers, with `full_text`.

use std::borrow::Cow;

use serde::de::MapAccess;

use super::entities::EntitySet;
use super::event::Envelope;
use super::{text, time};
use crate::source::json::id::{Id, IdPair};
use crate::source::json::value::{Fields, Key, ReadObject, ReadScalar, ReadStrings, skip};
use crate::source::json::{Arena, Str, Strings};
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

    fn decoded_text<'a>(&self, arena: &'a Arena) -> Option<Cow<'a, str>>
    where
        'de: 'a,
    {
        self.best_text().map(|text| text::decoded(text.get(arena)))
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
    fn text_complete(&self, text: &str) -> bool {
        if self.retweeted.present && text.ends_with('…') {
            return false;
        }
        let full = self.note.text.or(self.extended.text).or(self.full_text);
        full.is_some() || self.truncated != Some(true)
    }

    fn created_at(&self, arena: &Arena) -> Option<i64> {
        let written = self.created_at.and_then(|text| time::parse(text.get(arena)));
        written.or(self.timestamp_ms).or_else(|| self.id.valid().and_then(time::from_id))
    }

    /// The canonical tweet. `quoted` is the status it quotes, where the line holds it.
    ///
    /// The text is kept whole: what `display_text_range` would hide (leading mentions, the link to an
    /// attached photo) is part of it.
    pub(crate) fn tweet<'a>(&'a self, quoted: Option<&'a Self>, arena: &'a Arena) -> Tweet<'a> {
        let text = self.decoded_text(arena);
        let entities = self.best_entities();
        let media = [entities, &self.entities].into_iter().find_map(|set| set.extended_media.or(set.media));
        let list = |items: &'a [Str<'de>]| entities.present.then(|| Strings::new(items, arena));
        let string = |text: Option<Str<'de>>| text.map(|text| text.get(arena));
        Tweet {
            tweet_id: self.id.valid(),
            author_id: self.user.id.valid(),
            author_name: string(self.user.name),
            created_at: self.created_at(arena),
            lang: string(self.lang),
            text_complete: text.as_deref().map(|text| self.text_complete(text)),
            text,
            source: string(self.source).and_then(text::source_name),
            reply_to: self.reply_to.valid(),
            reply_to_author: self.reply_to_author.valid(),
            reply_to_author_name: string(self.reply_to_author_name),
            quote_of: self.quote_of.valid().or_else(|| quoted.and_then(|quoted| quoted.id.valid())),
            quoted_text: quoted.and_then(|quoted| quoted.decoded_text(arena)),
            conversation_id: self.conversation_id.valid(),
            retweets: self.retweets,
            likes: self.likes,
            replies: self.replies,
            quotes: self.quotes,
            sensitive: self.sensitive,
            withheld_in: (!self.withheld_in.is_empty()).then(|| Strings::new(&self.withheld_in, arena)),
            hashtags: list(&entities.hashtags),
            mentions: list(&entities.mentions),
            urls: list(&entities.urls),
            links: list(&entities.links),
            media: media.or(entities.present.then_some(0)).and_then(|count| i32::try_from(count).ok()),
            author_followers: self.user.followers,
            author_following: self.user.following,
            author_tweets: self.user.tweets,
            author_created_at: string(self.user.created_at).and_then(time::parse),
            author_verified: self.user.verified,
        }
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
}

/// A text longer than the classic 140 characters, with its own marked parts.
#[derive(Debug, Default)]
struct LongText<'de> {
    text: Option<Str<'de>>,
    entities: EntitySet<'de>,
}

impl LongText<'_> {
    fn clear(&mut self) {
        self.text = None;
        self.entities.clear();
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

/// Reads a status; the outermost object of a line with the [`Envelope`] that takes what isn't its own,
/// so that one pass finds out whether the line is a tweet and what is in it.
pub(crate) struct StatusFields<'a, 'de> {
    pub(crate) status: &'a mut Status<'de>,
    pub(crate) envelope: Option<&'a mut Envelope<'de>>,
    pub(crate) arena: &'a mut Arena,
    /// How many more statuses may stand inside each other.
    pub(crate) nesting: u8,
}

impl<'de> Fields<'de> for StatusFields<'_, 'de> {
    fn read<A: MapAccess<'de>>(&mut self, fields: &mut A) -> Result<(), A::Error> {
        let Self { status, envelope, arena, nesting } = self;
        while let Some(key) = fields.next_key_seed(Key)? {
            match key.as_ref() {
                b"id" => status.id.number = scalar(fields, arena)?.id(arena),
                b"id_str" => status.id.text = scalar(fields, arena)?.id(arena),
                b"created_at" => status.created_at = scalar(fields, arena)?.string(),
                b"timestamp_ms" => status.timestamp_ms = scalar(fields, arena)?.integer(arena),
                b"lang" => status.lang = scalar(fields, arena)?.string(),
                b"text" => status.text = scalar(fields, arena)?.string(),
                b"full_text" => status.full_text = scalar(fields, arena)?.string(),
                b"truncated" => status.truncated = scalar(fields, arena)?.bool(),
                b"source" => status.source = scalar(fields, arena)?.string(),
                b"in_reply_to_status_id" => status.reply_to.number = scalar(fields, arena)?.id(arena),
                b"in_reply_to_status_id_str" => status.reply_to.text = scalar(fields, arena)?.id(arena),
                b"in_reply_to_user_id" => status.reply_to_author.number = scalar(fields, arena)?.id(arena),
                b"in_reply_to_user_id_str" => status.reply_to_author.text = scalar(fields, arena)?.id(arena),
                b"in_reply_to_screen_name" => status.reply_to_author_name = scalar(fields, arena)?.string(),
                b"quoted_status_id" => status.quote_of.number = scalar(fields, arena)?.id(arena),
                b"quoted_status_id_str" => status.quote_of.text = scalar(fields, arena)?.id(arena),
                b"conversation_id" => status.conversation_id.number = scalar(fields, arena)?.id(arena),
                b"conversation_id_str" => status.conversation_id.text = scalar(fields, arena)?.id(arena),
                b"retweet_count" => status.retweets = scalar(fields, arena)?.integer(arena),
                b"favorite_count" => status.likes = scalar(fields, arena)?.integer(arena),
                b"reply_count" => status.replies = scalar(fields, arena)?.integer(arena),
                b"quote_count" => status.quotes = scalar(fields, arena)?.integer(arena),
                b"possibly_sensitive" => status.sensitive = scalar(fields, arena)?.bool(),
                b"withheld_copyright" => {
                    status.withheld_copyright = scalar(fields, arena)?.bool() == Some(true);
                }
                b"withheld_in_countries" => {
                    fields.next_value_seed(ReadStrings { into: &mut status.withheld_in, arena })?;
                }
                b"entities" => status.entities.read_entities(fields, arena)?,
                b"extended_entities" => status.entities.read_extended(fields)?,
                b"user" => {
                    status.user = User::default();
                    let user = UserFields { user: &mut status.user, arena };
                    status.has_user = fields.next_value_seed(ReadObject(user))?;
                }
                b"extended_tweet" => read_long_text(&mut status.extended, fields, arena)?,
                b"note_tweet" => read_long_text(&mut status.note, fields, arena)?,
                b"retweeted_status" => read_nested(&mut status.retweeted, fields, arena, *nesting)?,
                b"quoted_status" => read_nested(&mut status.quoted, fields, arena, *nesting)?,
                key => match envelope {
                    Some(envelope) => envelope.read(key, fields, arena)?,
                    None => skip(fields)?,
                },
            }
        }
        if status.withheld_copyright && !status.withheld_in.iter().any(|country| country.get(arena) == "XY") {
            status.withheld_in.push(Str::Line("XY"));
        }
        Ok(())
    }
}

fn scalar<'de, A: MapAccess<'de>>(
    fields: &mut A,
    arena: &mut Arena,
) -> Result<crate::source::json::value::Scalar<'de>, A::Error> {
    fields.next_value_seed(ReadScalar(arena))
}

fn read_nested<'de, A: MapAccess<'de>>(
    nested: &mut Nested<'de>,
    fields: &mut A,
    arena: &mut Arena,
    nesting: u8,
) -> Result<(), A::Error> {
    let Some(nesting) = nesting.checked_sub(1) else {
        return skip(fields);
    };
    let status = nested.status.get_or_insert_default();
    status.clear();
    nested.present =
        fields.next_value_seed(ReadObject(StatusFields { status, envelope: None, arena, nesting }))?;
    Ok(())
}

fn read_long_text<'de, A: MapAccess<'de>>(
    long: &mut LongText<'de>,
    fields: &mut A,
    arena: &mut Arena,
) -> Result<(), A::Error> {
    long.clear();
    fields.next_value_seed(ReadObject(LongTextFields { long, arena }))?;
    Ok(())
}

struct LongTextFields<'a, 'de> {
    long: &'a mut LongText<'de>,
    arena: &'a mut Arena,
}

impl<'de> Fields<'de> for LongTextFields<'_, 'de> {
    fn read<A: MapAccess<'de>>(&mut self, fields: &mut A) -> Result<(), A::Error> {
        let Self { long, arena } = self;
        while let Some(key) = fields.next_key_seed(Key)? {
            match key.as_ref() {
                // `full_text` in `extended_tweet`, `text` in `note_tweet`.
                b"full_text" | b"text" => long.text = scalar(fields, arena)?.string(),
                b"entities" => long.entities.read_entities(fields, arena)?,
                b"extended_entities" => long.entities.read_extended(fields)?,
                _ => skip(fields)?,
            }
        }
        Ok(())
    }
}

struct UserFields<'a, 'de> {
    user: &'a mut User<'de>,
    arena: &'a mut Arena,
}

impl<'de> Fields<'de> for UserFields<'_, 'de> {
    fn read<A: MapAccess<'de>>(&mut self, fields: &mut A) -> Result<(), A::Error> {
        let Self { user, arena } = self;
        while let Some(key) = fields.next_key_seed(Key)? {
            match key.as_ref() {
                b"id" => user.id.number = scalar(fields, arena)?.id(arena),
                b"id_str" => user.id.text = scalar(fields, arena)?.id(arena),
                b"screen_name" => user.name = scalar(fields, arena)?.string(),
                b"followers_count" => user.followers = scalar(fields, arena)?.integer(arena),
                b"friends_count" => user.following = scalar(fields, arena)?.integer(arena),
                b"statuses_count" => user.tweets = scalar(fields, arena)?.integer(arena),
                b"created_at" => user.created_at = scalar(fields, arena)?.string(),
                b"verified" => user.verified = scalar(fields, arena)?.bool(),
                _ => skip(fields)?,
            }
        }
        Ok(())
    }
}
