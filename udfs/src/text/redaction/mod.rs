//! What a text says of people, taken out or replaced: mentions, links, e-mail addresses, phone numbers.
//!
//! ```text
//!  text ─► links ─► e-mails ─► mentions ─► e-mails ─► phone numbers ─► text
//!                              `@user` and a `.com` behind it ─┘
//! ```
//!
//! Mentions and links are those of [`entities`](super::entities), e-mail addresses and phone numbers those of
//! [`emails()`] and [`phones()`]. What is dropped leaves a gap that nothing reaches across (see `gaps`), and
//! neither detector finds more in a text of which a part was taken out, so each pass is made once: time is linear in
//! the text, and what a pass looked for is not there any more at the end.

mod digit;
mod email;
mod gaps;
mod host;
mod phone;
mod rules;

use std::borrow::Cow;

pub use self::email::{Emails, emails};
pub use self::phone::{Phones, phones};
pub use self::rules::{ContactRule, MentionRule, Redaction, UrlRule};

use self::gaps::{Put, rewritten};
use super::entities::{Entity, Span, entities};

/// Version of the rules of this module: documents that were redacted depend on it.
pub const REDACTION_VERSION: u32 = 2;

/// How many of each kind were taken out or replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Mentions of users and lists.
    pub mentions: u32,
    /// Links.
    pub urls: u32,
    /// E-mail addresses.
    pub emails: u32,
    /// Phone numbers.
    pub phones: u32,
}

impl Redaction {
    /// `text` by these rules, and how many parts of it they met.
    ///
    /// `expanded` tells where a link leads, by the link as it stands in the text; `None` where it isn't known.
    /// With [`ContactRule::Tag`] or `Drop` the result has none of what [`emails()`] or [`phones()`] finds.
    ///
    /// ```
    /// use tweetmill_udfs::text::redaction::{ContactRule, Redaction};
    ///
    /// let redaction = Redaction { emails: ContactRule::Tag, ..Redaction::KEEP };
    /// let (text, counts) = redaction.apply("write to me@example.com", |_| None);
    /// assert_eq!((text.as_ref(), counts.emails), ("write to <email>", 1));
    /// ```
    pub fn apply<'t, 'l>(
        self,
        text: &'t str,
        expanded: impl Fn(&str) -> Option<&'l str>,
    ) -> (Cow<'t, str>, Counts) {
        let mut counts = Counts::default();
        let mut text = Cow::Borrowed(text);
        if self.urls != UrlRule::Keep {
            pass(&mut text, &mut counts.urls, |text| {
                let of = |url: Span| (url, self.urls.put(url.of(text), &expanded));
                entities(text)
                    .filter_map(
                        |entity| if let Entity::Url(url) = entity { Some(of(url.span)) } else { None },
                    )
                    .collect()
            });
        }
        self.emails_of(&mut text, &mut counts);
        if self.mentions != MentionRule::Keep {
            let put =
                if self.mentions == MentionRule::User { Put::Instead("@user".into()) } else { Put::Nothing };
            pass(&mut text, &mut counts.mentions, |text| {
                whole_mentions(text).into_iter().map(|mention| (mention, put.clone())).collect()
            });
            self.emails_of(&mut text, &mut counts);
        }
        if let Some(put) = self.phones.put("<phone>") {
            pass(&mut text, &mut counts.phones, |text| {
                phones(text).map(|span| (span, put.clone())).collect()
            });
        }
        (text, counts)
    }

    fn emails_of(self, text: &mut Cow<'_, str>, counts: &mut Counts) {
        if let Some(put) = self.emails.put("<email>") {
            pass(text, &mut counts.emails, |text| emails(text).map(|span| (span, put.clone())).collect());
        }
    }
}

/// The mentions of `text` in order and apart, each with what would be one if it weren't there.
fn whole_mentions(text: &str) -> Vec<Span> {
    let mut whole: Vec<Span> = Vec::new();
    for entity in entities(text) {
        let Entity::Mention(mention) = entity else { continue };
        let taken_to = whole.last().map_or(0, |span| span.end);
        if mention.span.start >= taken_to {
            let start = with_blocked(text, taken_to, mention.span.start);
            whole.push(Span { start, end: with_cut_off(text, mention.span.end) });
        }
    }
    whole
}

fn in_handle(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// Where that begins, not before `taken_to`, which stands right before the mention at `start` and would be a mention if it
/// weren't there: `@a@RT` of `@a@RT@b`, for a sign behind a handle makes it none, but for one behind `RT`.
fn with_blocked(text: &str, taken_to: usize, mut start: usize) -> usize {
    while let Some(before) = text.get(taken_to..start)
        && let Some(blocked) = before_handle(before).or_else(|| before_handle(before_slug(before)?))
    {
        start = taken_to + blocked.len();
    }
    start
}

/// What stands before the sign and the handle at the end of `text`.
fn before_handle(text: &str) -> Option<&str> {
    let rest = text.trim_end_matches(in_handle);
    if rest.len() == text.len() { None } else { rest.strip_suffix(['@', '＠']) }
}

/// What stands before the slash and the name of a list at the end of `text`.
fn before_slug(text: &str) -> Option<&str> {
    text.trim_end_matches(|character| in_handle(character) || character == '-').strip_suffix('/')
}

/// Where that ends which stands right behind the mention that ends at `end` and was too long to belong to its handle, with what
/// would be a mention if that weren't there: `RT@b` behind the twenty letters of a handle.
fn with_cut_off(text: &str, end: usize) -> usize {
    let all = text.get(end..).unwrap_or_default();
    let mut rest = all;
    while rest.starts_with(in_handle) {
        let behind = rest.trim_start_matches(in_handle);
        let Some(next) = behind.strip_prefix(['@', '＠', '/']).filter(|next| next.starts_with(in_handle))
        else {
            rest = behind;
            break;
        };
        rest = next;
    }
    end + all.len() - rest.len()
}

/// Finds parts of `text`, counts them and puts something in their place; a text without any stays as it lies.
fn pass(text: &mut Cow<'_, str>, count: &mut u32, find: impl Fn(&str) -> Vec<(Span, Put)>) {
    let found = find(text);
    if found.is_empty() {
        return;
    }
    *count += found.len() as u32;
    *text = Cow::Owned(rewritten(text, found));
}

#[cfg(test)]
mod tests;
