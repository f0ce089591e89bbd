//! The parts of a text the platform marked: hashtags, mentions, links, media.

use crate::source::json::{Broken, Reader, Str};

/// The marked parts of one text, from an `entities` object and the `extended_entities` beside it.
#[derive(Debug, Default)]
pub(crate) struct EntitySet<'de> {
    /// True when there was an `entities` object, however empty.
    pub(crate) present: bool,
    pub(crate) hashtags: Vec<Str<'de>>,
    pub(crate) mentions: Vec<Str<'de>>,
    pub(crate) urls: Vec<Str<'de>>,
    /// How each of `urls` is written.
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

    /// Takes the value of a key `entities`; a repeated one replaces the first.
    pub(crate) fn read_entities(&mut self, json: &mut Reader<'de, '_>) -> Result<(), Broken> {
        self.clear_entities();
        self.present = json.object(|json, key| match key {
            b"hashtags" => read_strings(json, &mut self.hashtags, b"text", b"tag"),
            b"user_mentions" | b"mentions" => {
                read_strings(json, &mut self.mentions, b"screen_name", b"username")
            }
            b"urls" => self.read_links(json),
            b"media" => {
                self.media = json.array(Reader::skip)?;
                Ok(())
            }
            _ => json.skip(),
        })?;
        Ok(())
    }

    /// Takes where each link leads and how it is written: `expanded_url` and `url`, each in place of the other
    /// where that is missing.
    fn read_links(&mut self, json: &mut Reader<'de, '_>) -> Result<(), Broken> {
        self.urls.clear();
        self.links.clear();
        json.array(|json| {
            let (expanded, written) = read_either(json, b"expanded_url", b"url")?;
            self.urls.extend(expanded.or(written));
            self.links.extend(written.or(expanded));
            Ok(())
        })?;
        Ok(())
    }

    /// Takes the value of a key `extended_entities`.
    pub(crate) fn read_extended(&mut self, json: &mut Reader<'de, '_>) -> Result<(), Broken> {
        self.extended_media = None;
        json.object(|json, key| {
            if key != b"media" {
                return json.skip();
            }
            self.extended_media = json.array(Reader::skip)?;
            Ok(())
        })?;
        Ok(())
    }
}

/// Takes an array of objects: of each the string `preferred`, else the string `other`.
fn read_strings<'de>(
    json: &mut Reader<'de, '_>,
    into: &mut Vec<Str<'de>>,
    preferred: &[u8],
    other: &[u8],
) -> Result<(), Broken> {
    into.clear();
    json.array(|json| {
        let (preferred, other) = read_either(json, preferred, other)?;
        into.extend(preferred.or(other));
        Ok(())
    })?;
    Ok(())
}

/// Takes an object: its strings `one` and `other`.
fn read_either<'de>(
    json: &mut Reader<'de, '_>,
    one: &[u8],
    other: &[u8],
) -> Result<(Option<Str<'de>>, Option<Str<'de>>), Broken> {
    let mut strings = (None, None);
    json.object(|json, key| {
        if key == one {
            strings.0 = json.scalar()?.string();
        } else if key == other {
            strings.1 = json.scalar()?.string();
        } else {
            json.skip()?;
        }
        Ok(())
    })?;
    Ok(strings)
}
