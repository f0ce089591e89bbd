//! Hashtags, mentions, links and media, as JSON beside a text.

use super::authors::Authors;
use super::clock::{HOUR_MS, snowflake};
use super::json::{id_pair, int, raw, text, token};
use super::rng::{Rng, Subject};
use super::text::{Entity, EntityKind, write_link};
use super::tweet::{Media, Tweet};

/// The part of a tweet's entities that belongs to one of its texts.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    /// Code points put in front of the text.
    pub(super) shift: u32,
    /// Code points of the text that are left, before the shift.
    pub(super) limit: u32,
    /// Where the link to the full text stands, for a text that was cut, after the shift.
    pub(super) continued_at: Option<u32>,
}

impl View {
    /// The whole text as it is.
    pub(super) const WHOLE: Self = Self { shift: 0, limit: u32::MAX, continued_at: None };

    fn shows(self, entity: &Entity) -> bool {
        entity.end <= self.limit
    }
}

/// Whether the media of a tweet are still linked from this view of its text.
pub(super) fn shows_media(tweet: &Tweet, view: View) -> bool {
    tweet.post.entities.iter().any(|entity| matches!(entity.kind, EntityKind::Media(_)) && view.shows(entity))
}

/// Writes `{"hashtags":[…],"urls":[…],"user_mentions":[…],"symbols":[]…}`; `leader` is an account mentioned in
/// front of the text, and `reposted` says that the media come from the tweet itself, not from its carrier.
pub(super) fn write(
    out: &mut Vec<u8>,
    authors: &Authors,
    tweet: &Tweet,
    view: View,
    leader: Option<u32>,
    reposted: bool,
) {
    raw(out, "{\"hashtags\":[");
    let mut first = true;
    for entity in tweet.post.entities.iter().filter(|entity| view.shows(entity)) {
        if entity.kind == EntityKind::Hashtag {
            comma(out, &mut first);
            raw(out, "{\"text\":\"");
            text(out, tweet.post.text.get(entity.from + 1..entity.to).unwrap_or_default());
            raw(out, "\",");
            indices(out, view, entity);
            raw(out, "}");
        }
    }
    raw(out, "],\"urls\":[");
    first = true;
    for entity in tweet.post.entities.iter().filter(|entity| view.shows(entity)) {
        if let EntityKind::Link(seed) = entity.kind {
            comma(out, &mut first);
            write_url(out, seed);
            indices(out, view, entity);
            raw(out, "}");
        }
    }
    if let Some(start) = view.continued_at {
        comma(out, &mut first);
        raw(out, "{\"url\":\"");
        link(out, tweet.seed);
        raw(out, "\",\"expanded_url\":\"https:\\/\\/twitter.com\\/i\\/web\\/status\\/");
        int(out, tweet.id);
        raw(out, "\",\"display_url\":\"twitter.com\\/i\\/web\\/status\\/1\\u2026\",\"indices\":[");
        range(out, start, start + 23);
        raw(out, "]}");
    }
    raw(out, "],\"user_mentions\":[");
    first = true;
    if let Some(account) = leader {
        comma(out, &mut first);
        mention(out, authors, account);
        raw(out, "\"indices\":[");
        range(out, 3, view.shift - 2);
        raw(out, "]}");
    }
    for entity in tweet.post.entities.iter().filter(|entity| view.shows(entity)) {
        if let EntityKind::Mention(account) = entity.kind {
            comma(out, &mut first);
            mention(out, authors, account);
            indices(out, view, entity);
            raw(out, "}");
        }
    }
    raw(out, "],\"symbols\":[]");
    if shows_media(tweet, view) {
        raw(out, ",\"media\":");
        write_media(out, authors, tweet, view, reposted, false);
    }
    raw(out, "}");
}

/// Writes the array of media: the first as a photo for `entities`, all of them in full for `extended_entities`.
pub(super) fn write_media(
    out: &mut Vec<u8>,
    authors: &Authors,
    tweet: &Tweet,
    view: View,
    reposted: bool,
    extended: bool,
) {
    raw(out, "[");
    let place = tweet.post.entities.iter().find(|entity| matches!(entity.kind, EntityKind::Media(_)));
    if let (Some(media), Some(entity)) = (tweet.media, place) {
        let mut first = true;
        for ordinal in 0..if extended { media.count } else { 1 } {
            comma(out, &mut first);
            write_medium(out, authors, tweet, (media, ordinal), (view, entity), reposted, extended);
        }
    }
    raw(out, "]");
}

fn write_medium(
    out: &mut Vec<u8>,
    authors: &Authors,
    tweet: &Tweet,
    (media, ordinal): (Media, u32),
    (view, entity): (View, &Entity),
    reposted: bool,
    extended: bool,
) {
    let mut rng = Rng::new(media.seed, Subject::Extras, u64::from(ordinal));
    // Pictures are uploaded shortly before the tweet.
    let id = snowflake(tweet.ms - i64::from(rng.between(2_000, HOUR_MS as u32 / 10)), rng.bits());
    raw(out, "{");
    id_pair(out, "id", id);
    raw(out, ",");
    indices(out, view, entity);
    if media.film {
        raw(out, ",\"additional_media_info\":{\"monetizable\":false}");
    }
    let file = rng.bits();
    for (name, scheme) in [("media_url", "http"), ("media_url_https", "https")] {
        raw(out, ",\"");
        raw(out, name);
        raw(out, "\":\"");
        raw(out, scheme);
        if media.film {
            raw(out, ":\\/\\/pbs.twimg.com\\/ext_tw_video_thumb\\/");
            int(out, id);
            raw(out, "\\/pu\\/img\\/");
            token(out, file, 16);
        } else {
            raw(out, ":\\/\\/pbs.twimg.com\\/media\\/");
            token(out, file, 15);
        }
        raw(out, ".jpg\"");
    }
    raw(out, ",\"url\":\"");
    link(out, media.seed);
    raw(out, "\",\"display_url\":\"pic.twitter.com\\/");
    token(out, media.seed, 10);
    raw(out, "\",\"expanded_url\":\"https:\\/\\/twitter.com\\/");
    handle(out, authors, tweet.author);
    raw(out, "\\/status\\/");
    int(out, tweet.id);
    raw(out, if media.film { "\\/video\\/1\",\"type\":\"" } else { "\\/photo\\/1\",\"type\":\"" });
    raw(out, if media.film && extended { "video\"" } else { "photo\"" });
    let (width, height) = (rng.between(9, 21) * 100, rng.between(6, 21) * 100);
    if media.film && extended {
        write_film(out, &mut rng, id, width, height);
    }
    raw(out, ",\"sizes\":{\"thumb\":{\"w\":150,\"h\":150,\"resize\":\"crop\"}");
    for (name, longest) in [("small", 680), ("medium", 1200), ("large", 2048)] {
        let scale = longest.min(width.max(height));
        raw(out, ",\"");
        raw(out, name);
        raw(out, "\":{\"w\":");
        int(out, i64::from(width * scale / width.max(height)));
        raw(out, ",\"h\":");
        int(out, i64::from(height * scale / width.max(height)));
        raw(out, ",\"resize\":\"fit\"}");
    }
    raw(out, "}");
    if reposted {
        raw(out, ",");
        id_pair(out, "source_status_id", tweet.id);
        raw(out, ",");
        id_pair(out, "source_user_id", authors.id(tweet.author));
    }
    raw(out, "}");
}

fn write_film(out: &mut Vec<u8>, rng: &mut Rng, id: i64, width: u32, height: u32) {
    raw(out, ",\"video_info\":{\"aspect_ratio\":[");
    range(out, width / 100, height / 100);
    raw(out, "],\"duration_millis\":");
    int(out, i64::from(rng.between(2_000, 140_000)));
    raw(out, ",\"variants\":[");
    for (bitrate, part) in [(832_000, 3), (632_000, 4), (2_176_000, 1)] {
        raw(out, "{\"bitrate\":");
        int(out, bitrate);
        raw(out, ",\"content_type\":\"video\\/mp4\",\"url\":\"https:\\/\\/video.twimg.com\\/ext_tw_video\\/");
        int(out, id);
        raw(out, "\\/pu\\/vid\\/");
        int(out, i64::from(width / part));
        raw(out, "x");
        int(out, i64::from(height / part));
        raw(out, "\\/");
        token(out, rng.bits(), 16);
        raw(out, ".mp4?tag=10\"},");
    }
    raw(
        out,
        "{\"content_type\":\"application\\/x-mpegURL\",\"url\":\"https:\\/\\/video.twimg.com\\/ext_tw_video\\/",
    );
    int(out, id);
    raw(out, "\\/pu\\/pl\\/");
    token(out, rng.bits(), 16);
    raw(out, ".m3u8?tag=10\"}]}");
}

/// Writes a link's short form, and where it leads: a page of a domain that can't exist.
fn write_url(out: &mut Vec<u8>, seed: u64) {
    const SITES: [&str; 8] = ["news", "video", "music", "blog", "shop", "photos", "games", "radio"];
    let mut rng = Rng::new(seed, Subject::Extras, 1);
    let site = rng.pick(&SITES);
    let number = i64::from(rng.between(2, 400));
    let page = rng.bits();
    raw(out, "{\"url\":\"");
    link(out, seed);
    raw(out, "\",\"expanded_url\":\"https:\\/\\/");
    for (lead, tail) in [("", 16), ("\",\"display_url\":\"", 0)] {
        raw(out, lead);
        raw(out, site);
        int(out, number);
        raw(out, ".example\\/");
        token(out, page, 8);
        if tail == 0 {
            raw(out, "\\u2026");
        } else {
            token(out, page ^ 1, tail);
        }
    }
    raw(out, "\",");
}

fn mention(out: &mut Vec<u8>, authors: &Authors, account: u32) {
    raw(out, "{\"screen_name\":\"");
    handle(out, authors, account);
    raw(out, "\",\"name\":\"");
    // The display name of a mentioned account is its handle: few accounts keep them apart for long.
    handle(out, authors, account);
    raw(out, "\",");
    id_pair(out, "id", authors.id(account));
    raw(out, ",");
}

/// Writes the handle of an account.
pub(super) fn handle(out: &mut Vec<u8>, authors: &Authors, account: u32) {
    let mut name = String::with_capacity(16);
    authors.handle(&mut name, account);
    raw(out, &name);
}

/// Writes a short link, its slashes escaped.
pub(super) fn link(out: &mut Vec<u8>, seed: u64) {
    let mut short = String::with_capacity(23);
    write_link(&mut short, seed);
    text(out, &short);
}

fn indices(out: &mut Vec<u8>, view: View, entity: &Entity) {
    raw(out, "\"indices\":[");
    range(out, entity.start + view.shift, entity.end + view.shift);
    raw(out, "]");
}

fn range(out: &mut Vec<u8>, start: u32, end: u32) {
    int(out, i64::from(start));
    raw(out, ",");
    int(out, i64::from(end));
}

fn comma(out: &mut Vec<u8>, first: &mut bool) {
    if !std::mem::replace(first, false) {
        raw(out, ",");
    }
}
