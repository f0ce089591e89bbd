//! Stream messages that are no tweets: deletions, withheld content, limits and the rest.

use bumpalo::Bump;

use super::lists::{read_listed, texts};
use crate::source::json::id::{Id, IdPair};
use crate::source::json::{Broken, Reader, Str};
use crate::source::reject::RejectReason;
use crate::source::tweet::Tweet;

/// What a message that is no tweet says; the `reason` of an event record.
///
/// Of several in one message the first in this order counts, whatever their order in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventKind {
    /// A tweet was deleted: `tweet_id`, `author_id`, and when in `created_at`.
    Delete,
    /// A tweet was withheld: `tweet_id`, `author_id`, `withheld_in`.
    StatusWithheld,
    /// All tweets of an account were withheld: `author_id`, `withheld_in`.
    UserWithheld,
    /// An account took back its places; no column holds one. `author_id`.
    ScrubGeo,
    /// Tweets were left out of the stream.
    Limit,
    /// The stream was closed.
    Disconnect,
    /// The stream was slow.
    Warning,
    /// Accounts the stream's user follows.
    Friends,
    /// Something happened to an account: a favourite, a follow.
    Event,
    /// An envelope of a site stream.
    ForUser,
    /// A control address of a site stream.
    Control,
    /// A private message, never kept as text.
    DirectMessage,
    /// A blank line.
    KeepAlive,
    /// An object with none of the above that looks like no record of any known shape.
    Unknown,
}

impl EventKind {
    /// Name in the `reason` column.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::StatusWithheld => "status_withheld",
            Self::UserWithheld => "user_withheld",
            Self::ScrubGeo => "scrub_geo",
            Self::Limit => "limit",
            Self::Disconnect => "disconnect",
            Self::Warning => "warning",
            Self::Friends => "friends",
            Self::Event => "event",
            Self::ForUser => "for_user",
            Self::Control => "control",
            Self::DirectMessage => "direct_message",
            Self::KeepAlive => "keep_alive",
            Self::Unknown => "unknown",
        }
    }

    fn from_key(key: &[u8]) -> Option<Self> {
        Some(match key {
            b"delete" => Self::Delete,
            b"status_withheld" => Self::StatusWithheld,
            b"user_withheld" => Self::UserWithheld,
            b"scrub_geo" => Self::ScrubGeo,
            b"limit" => Self::Limit,
            b"disconnect" => Self::Disconnect,
            b"warning" => Self::Warning,
            b"friends" | b"friends_str" => Self::Friends,
            b"event" => Self::Event,
            b"for_user" => Self::ForUser,
            b"control" => Self::Control,
            b"direct_message" => Self::DirectMessage,
            _ => return None,
        })
    }
}

/// Keys that only other shapes have: pages of API v2 and their tweets, search answers, activity streams.
fn is_foreign(key: &[u8]) -> bool {
    matches!(
        key,
        b"data"
            | b"includes"
            | b"statuses"
            | b"author_id"
            | b"edit_history_tweet_ids"
            | b"public_metrics"
            | b"objectType"
            | b"verb"
            | b"legacy"
            | b"rest_id"
    )
}

/// What the outermost object of a line holds beside the fields of a status.
#[derive(Debug, Default)]
pub(crate) struct Envelope<'de> {
    /// Kind of the message, when a key names one.
    pub(crate) kind: Option<EventKind>,
    /// True when a key belongs to a shape that isn't read here.
    pub(crate) foreign: bool,
    notice: Notice<'de>,
}

impl<'de> Envelope<'de> {
    pub(crate) fn clear(&mut self) {
        self.kind = None;
        self.foreign = false;
        self.notice.clear();
    }

    /// Takes the value of a key that no status has.
    pub(crate) fn read(&mut self, key: &[u8], json: &mut Reader<'de, '_>) -> Result<(), Broken> {
        let Some(kind) = EventKind::from_key(key) else {
            self.foreign |= is_foreign(key);
            return json.skip();
        };
        if self.kind.is_some_and(|earlier| earlier < kind) {
            return json.skip();
        }
        self.kind = Some(kind);
        self.notice.clear();
        self.notice.read(json)
    }

    /// The event of a line that is no tweet, with what it says of tweets and accounts.
    ///
    /// A deletion or a withholding that names nothing valid is refused, so that it is seen; that of
    /// a private message is of kind `Unknown`.
    pub(crate) fn event<'a>(&'a self, arena: &'a Bump) -> Result<(EventKind, Tweet<'a>), RejectReason> {
        let notice = &self.notice;
        let mut kind = self.kind.unwrap_or(EventKind::Unknown);
        let mut tweet = Tweet { created_at: notice.timestamp, ..Tweet::default() };
        match kind {
            EventKind::Delete if !notice.names_status => {
                kind = EventKind::Unknown;
                tweet = Tweet::default();
            }
            EventKind::Delete | EventKind::StatusWithheld => {
                tweet.tweet_id = Some(required(notice.ids.id)?);
                tweet.author_id = notice.ids.user.valid();
            }
            EventKind::UserWithheld => tweet.author_id = Some(required(notice.ids.id)?),
            _ => tweet.author_id = notice.ids.user.valid(),
        }
        if !notice.withheld_in.is_empty() {
            tweet.withheld_in = Some(texts(&notice.withheld_in, arena));
        }
        Ok((kind, tweet))
    }
}

fn required(id: IdPair) -> Result<i64, RejectReason> {
    match id.id() {
        Id::Valid(id) => Ok(id),
        Id::Absent | Id::Bad => Err(RejectReason::BadId),
    }
}

/// The inside of a message.
#[derive(Debug, Default)]
struct Notice<'de> {
    ids: NoticeIds,
    /// True when the ids stand in an object `status`, as in deletions of tweets.
    names_status: bool,
    withheld_in: Vec<Str<'de>>,
    timestamp: Option<i64>,
}

#[derive(Debug, Default)]
struct NoticeIds {
    id: IdPair,
    user: IdPair,
}

impl<'de> Notice<'de> {
    fn clear(&mut self) {
        self.ids = NoticeIds::default();
        self.names_status = false;
        self.withheld_in.clear();
        self.timestamp = None;
    }

    fn read(&mut self, json: &mut Reader<'de, '_>) -> Result<(), Broken> {
        json.object(|json, key| match key {
            b"status" => {
                self.ids = NoticeIds::default();
                self.names_status = json.object(|json, key| self.ids.read(key, json))?;
                Ok(())
            }
            b"withheld_in_countries" => read_listed(json, &mut self.withheld_in),
            b"timestamp_ms" => {
                self.timestamp = json.scalar()?.integer();
                Ok(())
            }
            key => self.ids.read(key, json),
        })?;
        Ok(())
    }
}

impl NoticeIds {
    fn read(&mut self, key: &[u8], json: &mut Reader<'_, '_>) -> Result<(), Broken> {
        let id = match key {
            b"id" => &mut self.id.number,
            b"id_str" => &mut self.id.text,
            b"user_id" => &mut self.user.number,
            b"user_id_str" => &mut self.user.text,
            _ => return json.skip(),
        };
        *id = json.scalar()?.id();
        Ok(())
    }
}
