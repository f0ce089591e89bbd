//! The parts of a text the platform marked: hashtags, mentions, links, media.

use std::borrow::Cow;

use serde::de::MapAccess;

use super::text;
use crate::source::json::value::{CountItems, Fields, Key, ReadObject, ReadObjects, ReadScalar, skip};
use crate::source::json::{Arena, Str};

/// The marked parts of one text, from an `entities` object and the `extended_entities` beside it.
#[derive(Debug, Default)]
pub(crate) struct EntitySet<'de> {
    /// True when there was an `entities` object, however empty.
    pub(crate) present: bool,
    pub(crate) hashtags: Vec<Str<'de>>,
    pub(crate) mentions: Vec<Str<'de>>,
    pub(crate) urls: Vec<Str<'de>>,
    /// One for each of `urls`.
    pub(crate) links: Vec<Str<'de>>,
    /// Number of `media` in `entities`, which lists one photo at most in old records.
    pub(crate) media: Option<usize>,
    /// Number of `media` in `extended_entities`, which lists all.
    pub(crate) extended_media: Option<usize>,
}

impl<'de> EntitySet<'de> {
    pub(crate) fn clear(&mut self) {
        self.extended_media = None;
        self.clear_entities();
    }

    fn clear_entities(&mut self) {
        self.present = false;
        self.hashtags.clear();
        self.mentions.clear();
        self.urls.clear();
        self.links.clear();
        self.media = None;
    }

    /// Reads the value of a key `entities`; a repeated one replaces the first.
    pub(crate) fn read_entities<A: MapAccess<'de>>(
        &mut self,
        fields: &mut A,
        arena: &mut Arena,
    ) -> Result<(), A::Error> {
        self.clear_entities();
        self.present = fields.next_value_seed(ReadObject(EntityFields { set: self, arena }))?;
        Ok(())
    }

    /// Reads the value of a key `extended_entities`.
    pub(crate) fn read_extended<A: MapAccess<'de>>(&mut self, fields: &mut A) -> Result<(), A::Error> {
        self.extended_media = None;
        fields.next_value_seed(ReadObject(ExtendedFields(&mut self.extended_media)))?;
        Ok(())
    }
}

struct EntityFields<'a, 'de> {
    set: &'a mut EntitySet<'de>,
    arena: &'a mut Arena,
}

impl<'de> Fields<'de> for EntityFields<'_, 'de> {
    fn read<A: MapAccess<'de>>(&mut self, fields: &mut A) -> Result<(), A::Error> {
        while let Some(key) = fields.next_key_seed(Key)? {
            let (into, preferred, other) = match key.as_ref() {
                b"hashtags" => (&mut self.set.hashtags, &b"text"[..], &b"tag"[..]),
                b"user_mentions" | b"mentions" => {
                    (&mut self.set.mentions, &b"screen_name"[..], &b"username"[..])
                }
                b"urls" => {
                    self.set.urls.clear();
                    self.set.links.clear();
                    let EntitySet { urls, links, .. } = &mut *self.set;
                    fields.next_value_seed(ReadObjects(LinkFields { urls, links, arena: self.arena }))?;
                    continue;
                }
                b"media" => {
                    self.set.media = fields.next_value_seed(CountItems)?;
                    continue;
                }
                _ => {
                    skip(fields)?;
                    continue;
                }
            };
            into.clear();
            fields.next_value_seed(ReadObjects(EntityField { into, arena: self.arena, preferred, other }))?;
        }
        Ok(())
    }
}

/// Collects one string of each element: the field `preferred`, else `other`.
struct EntityField<'a, 'de> {
    into: &'a mut Vec<Str<'de>>,
    arena: &'a mut Arena,
    preferred: &'static [u8],
    other: &'static [u8],
}

impl<'de> Fields<'de> for EntityField<'_, 'de> {
    fn read<A: MapAccess<'de>>(&mut self, fields: &mut A) -> Result<(), A::Error> {
        let (mut preferred, mut other) = (None, None);
        while let Some(key) = fields.next_key_seed(Key)? {
            if key.as_ref() == self.preferred {
                preferred = fields.next_value_seed(ReadScalar(self.arena))?.string();
            } else if key.as_ref() == self.other {
                other = fields.next_value_seed(ReadScalar(self.arena))?.string();
            } else {
                skip(fields)?;
            }
        }
        self.into.extend(preferred.or(other));
        Ok(())
    }
}

/// Collects where each link leads and how it is written: `expanded_url` and `url`, each in place of the other
/// where that is missing.
struct LinkFields<'a, 'de> {
    urls: &'a mut Vec<Str<'de>>,
    links: &'a mut Vec<Str<'de>>,
    arena: &'a mut Arena,
}

impl<'de> Fields<'de> for LinkFields<'_, 'de> {
    fn read<A: MapAccess<'de>>(&mut self, fields: &mut A) -> Result<(), A::Error> {
        let (mut expanded, mut written) = (None, None);
        while let Some(key) = fields.next_key_seed(Key)? {
            match key.as_ref() {
                b"expanded_url" => expanded = fields.next_value_seed(ReadScalar(self.arena))?.string(),
                b"url" => written = fields.next_value_seed(ReadScalar(self.arena))?.string(),
                _ => skip(fields)?,
            }
        }
        let (Some(url), Some(link)) = (expanded.or(written), written.or(expanded)) else { return Ok(()) };
        // The text is decoded, and a link is to be found in it.
        let decoded = match text::decoded(link.get(self.arena)) {
            Cow::Borrowed(_) => None,
            Cow::Owned(decoded) => Some(decoded),
        };
        self.urls.push(url);
        self.links.push(decoded.map_or(link, |decoded| self.arena.keep(&decoded)));
        Ok(())
    }
}

struct ExtendedFields<'a>(&'a mut Option<usize>);

impl<'de> Fields<'de> for ExtendedFields<'_> {
    fn read<A: MapAccess<'de>>(&mut self, fields: &mut A) -> Result<(), A::Error> {
        while let Some(key) = fields.next_key_seed(Key)? {
            match key.as_ref() {
                b"media" => *self.0 = fields.next_value_seed(CountItems)?,
                _ => skip(fields)?,
            }
        }
        Ok(())
    }
}
