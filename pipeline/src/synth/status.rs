//! A tweet as the v1.1 stream writes it: one JSON object, with what it passes on or quotes inside.

use super::clock::{MINUTE_MS, write_created_at};
use super::entities::{self, View};
use super::json::{boolean, id_pair, int, null_pair, raw, text};
use super::rng::{Rng, Subject};
use super::stream::Stream;
use super::text::{Body, slice_chars};
use super::tweet::{Tweet, Withheld};

/// Code points of the text that older clients get.
const COMPAT_CHARS: u32 = 140;

/// Code points left of a longer text, before `… https://t.co/…`.
const CUT_CHARS: u32 = 115;

/// Applications tweets are posted from, by name and page; the first are the most used.
const SOURCES: [(&str, &str); 8] = [
    ("http:\\/\\/twitter.com\\/download\\/android", "Twitter for Android"),
    ("http:\\/\\/twitter.com\\/download\\/iphone", "Twitter for iPhone"),
    ("https:\\/\\/mobile.twitter.com", "Twitter Web App"),
    ("http:\\/\\/twitter.com\\/#!\\/download\\/ipad", "Twitter for iPad"),
    ("https:\\/\\/scheduler.example", "Post Scheduler"),
    ("https:\\/\\/bots.example\\/make", "Bot Maker"),
    ("https:\\/\\/weather.example", "Weather Station"),
    ("https:\\/\\/feeds.example", "Feed to Post"),
];

/// Counts a tweet shows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reactions {
    quotes: i64,
    replies: i64,
    retweets: i64,
    likes: i64,
}

impl Reactions {
    /// What a tweet has gathered by `now_ms`: nothing at first, half of what it will ever get in four hours.
    pub(super) fn of(tweet: &Tweet, now_ms: i64) -> Self {
        let minutes = ((now_ms - tweet.ms) / MINUTE_MS).max(0);
        let likes = tweet.popularity * minutes / (minutes + 240);
        Self { quotes: likes / 60, replies: likes / 12, retweets: likes / 4, likes }
    }

    /// All of them together.
    pub(super) fn sum(self) -> i64 {
        self.quotes + self.replies + self.retweets + self.likes
    }

    fn write(self, out: &mut Vec<u8>) {
        raw(out, ",\"quote_count\":");
        int(out, self.quotes);
        raw(out, ",\"reply_count\":");
        int(out, self.replies);
        raw(out, ",\"retweet_count\":");
        int(out, self.retweets);
        raw(out, ",\"favorite_count\":");
        int(out, self.likes);
    }
}

/// Whether the full text of a tweet stands in `extended_tweet`.
pub(super) fn is_extended(tweet: &Tweet) -> bool {
    tweet.post.shown.1 - tweet.post.shown.0 > COMPAT_CHARS
}

/// Writes the line of a retweet: `carrier` passes on `original`, which may be about `quoted`.
pub(super) fn write_retweet(
    out: &mut Vec<u8>,
    stream: &Stream,
    scratch: &mut Body,
    carrier: &Tweet,
    original: &Tweet,
    quoted: Option<&Tweet>,
) {
    let mut prefix = String::from("RT @");
    stream.authors.handle(&mut prefix, original.author);
    prefix.push_str(": ");
    let shift = prefix.len() as u32;
    let cut = shift + original.post.chars > COMPAT_CHARS;
    let limit = if cut { COMPAT_CHARS - 1 - shift } else { original.post.chars };
    let view = View { shift, limit, continued_at: None };
    open(out, carrier);
    text(out, &prefix);
    text(out, slice_chars(&original.post.text, limit));
    raw(out, if cut { "\\u2026\"" } else { "\"" });
    write_source(out, carrier, false);
    write_reply(out, stream, None);
    write_user(out, stream, scratch, carrier, carrier.ms);
    raw(out, ",\"geo\":null,\"coordinates\":null,\"place\":null,\"contributors\":null,\"retweeted_status\":");
    write_tweet(out, stream, scratch, original, quoted, carrier.ms, false);
    write_quoted(out, stream, scratch, original, quoted, carrier.ms);
    raw(out, ",\"is_quote_status\":");
    boolean(out, original.quote_of.is_some());
    Reactions { quotes: 0, replies: 0, retweets: 0, likes: 0 }.write(out);
    raw(out, ",\"entities\":");
    entities::write(out, &stream.authors, original, view, Some(original.author), true);
    if entities::shows_media(original, view) {
        raw(out, ",\"extended_entities\":{\"media\":");
        entities::write_media(out, &stream.authors, original, view, true, true);
        raw(out, "}");
    }
    close(out, carrier, original, true);
}

/// Writes any other tweet as it looks at `now_ms`; `line` says that it is the line, not something inside one.
pub(super) fn write_tweet(
    out: &mut Vec<u8>,
    stream: &Stream,
    scratch: &mut Body,
    tweet: &Tweet,
    quoted: Option<&Tweet>,
    now_ms: i64,
    line: bool,
) {
    let post = &tweet.post;
    let extended = is_extended(tweet);
    open(out, tweet);
    let mut view = View::WHOLE;
    let mut shown = post.shown;
    if extended {
        let head = slice_chars(&post.text, shown.0 + CUT_CHARS).trim_end();
        let kept = head.chars().count() as u32;
        view = View { shift: 0, limit: kept, continued_at: Some(kept + 2) };
        shown.1 = kept + 25;
        text(out, head);
        raw(out, "\\u2026 ");
        entities::link(out, tweet.seed);
    } else {
        text(out, &post.text);
    }
    raw(out, "\"");
    if shown.0 > 0 || tweet.media.is_some() {
        write_shown(out, shown);
    }
    write_source(out, tweet, extended);
    write_reply(out, stream, tweet.reply);
    write_user(out, stream, scratch, tweet, now_ms);
    raw(out, ",\"geo\":null,\"coordinates\":null,\"place\":");
    write_place(out, stream, tweet);
    raw(out, ",\"contributors\":null");
    write_quoted(out, stream, scratch, tweet, quoted, now_ms);
    raw(out, ",\"is_quote_status\":");
    boolean(out, tweet.quote_of.is_some());
    if extended {
        raw(out, ",\"extended_tweet\":{\"full_text\":\"");
        text(out, &post.text);
        raw(out, "\"");
        write_shown(out, post.shown);
        write_entities(out, stream, tweet, View::WHOLE);
        raw(out, "}");
    }
    Reactions::of(tweet, now_ms).write(out);
    write_entities(out, stream, tweet, view);
    close(out, tweet, tweet, line);
}

fn open(out: &mut Vec<u8>, tweet: &Tweet) {
    raw(out, "{\"created_at\":\"");
    write_created_at(out, tweet.ms);
    raw(out, "\",");
    id_pair(out, "id", tweet.id);
    raw(out, ",\"text\":\"");
}

/// Writes what follows the entities; `shown` is the tweet whose words and links are seen.
fn close(out: &mut Vec<u8>, tweet: &Tweet, shown: &Tweet, line: bool) {
    raw(out, ",\"favorited\":false,\"retweeted\":false");
    if shown.media.is_some() || !shown.parts.links.is_empty() {
        raw(out, ",\"possibly_sensitive\":");
        boolean(out, shown.seed.is_multiple_of(40));
    }
    match tweet.withheld {
        None => {}
        Some(Withheld::Copyright) => {
            raw(out, ",\"withheld_copyright\":true,\"withheld_in_countries\":[\"XY\"]");
        }
        Some(Withheld::Countries(countries)) => {
            raw(out, ",\"withheld_copyright\":false,\"withheld_in_countries\":[\"");
            raw(out, &countries.join("\",\""));
            raw(out, "\"]");
        }
    }
    if tweet.withheld.is_some() {
        raw(out, ",\"withheld_scope\":\"status\"");
    }
    raw(out, ",\"filter_level\":\"low\",\"lang\":\"");
    raw(out, shown.lang);
    raw(out, "\"");
    if line {
        raw(out, ",\"timestamp_ms\":\"");
        int(out, tweet.ms);
        raw(out, "\"");
    }
    raw(out, "}");
}

fn write_source(out: &mut Vec<u8>, tweet: &Tweet, truncated: bool) {
    let mut rng = Rng::new(tweet.seed, Subject::Extras, 2);
    let at = match rng.below(100) {
        0..=42 => 0,
        43..=81 => 1,
        82..=93 => 2,
        94..=95 => 3,
        _ => rng.between(4, 8) as usize,
    };
    let (page, name) = SOURCES[at];
    raw(out, ",\"source\":\"\\u003ca href=\\\"");
    raw(out, page);
    raw(out, "\\\" rel=\\\"nofollow\\\"\\u003e");
    raw(out, name);
    raw(out, "\\u003c\\/a\\u003e\",\"truncated\":");
    boolean(out, truncated);
}

fn write_reply(out: &mut Vec<u8>, stream: &Stream, reply: Option<(i64, u32)>) {
    raw(out, ",");
    if let Some((id, author)) = reply {
        id_pair(out, "in_reply_to_status_id", id);
        raw(out, ",");
        id_pair(out, "in_reply_to_user_id", stream.authors.id(author));
        raw(out, ",\"in_reply_to_screen_name\":\"");
        entities::handle(out, &stream.authors, author);
        raw(out, "\"");
    } else {
        null_pair(out, "in_reply_to_status_id");
        raw(out, ",");
        null_pair(out, "in_reply_to_user_id");
        raw(out, ",\"in_reply_to_screen_name\":null");
    }
}

fn write_user(out: &mut Vec<u8>, stream: &Stream, scratch: &mut Body, tweet: &Tweet, now_ms: i64) {
    raw(out, ",\"user\":");
    stream.authors.write(out, scratch, tweet.author, now_ms);
}

/// Writes the fields of the tweet that `tweet` is about: only its id where the other isn't at hand.
fn write_quoted(
    out: &mut Vec<u8>,
    stream: &Stream,
    scratch: &mut Body,
    tweet: &Tweet,
    quoted: Option<&Tweet>,
    now_ms: i64,
) {
    let Some(reference) = tweet.quote_of else { return };
    raw(out, ",");
    id_pair(out, "quoted_status_id", stream.plan.tweet_id(reference));
    let Some(quoted) = quoted else { return };
    raw(out, ",\"quoted_status\":");
    write_tweet(out, stream, scratch, quoted, None, now_ms, false);
    raw(out, ",\"quoted_status_permalink\":{\"url\":\"");
    entities::link(out, tweet.seed ^ 1);
    raw(out, "\",\"expanded\":\"https:\\/\\/twitter.com\\/");
    entities::handle(out, &stream.authors, quoted.author);
    raw(out, "\\/status\\/");
    int(out, quoted.id);
    raw(out, "\",\"display\":\"twitter.com\\/");
    entities::handle(out, &stream.authors, quoted.author);
    raw(out, "\\/s\\u2026\"}");
}

fn write_shown(out: &mut Vec<u8>, (from, to): (u32, u32)) {
    raw(out, ",\"display_text_range\":[");
    int(out, i64::from(from));
    raw(out, ",");
    int(out, i64::from(to));
    raw(out, "]");
}

fn write_entities(out: &mut Vec<u8>, stream: &Stream, tweet: &Tweet, view: View) {
    raw(out, ",\"entities\":");
    entities::write(out, &stream.authors, tweet, view, None, false);
    if entities::shows_media(tweet, view) {
        raw(out, ",\"extended_entities\":{\"media\":");
        entities::write_media(out, &stream.authors, tweet, view, false, true);
        raw(out, "}");
    }
}

fn write_place(out: &mut Vec<u8>, stream: &Stream, tweet: &Tweet) {
    const COUNTRIES: [(&str, &str); 4] =
        [("BR", "Brasil"), ("US", "United States"), ("MX", "M\\u00e9xico"), ("ID", "Indonesia")];
    let mut rng = Rng::new(tweet.seed, Subject::Extras, 3);
    if !rng.per_mille(11) {
        raw(out, "null");
        return;
    }
    let (code, country) = rng.pick(&COUNTRIES);
    let mut town = String::new();
    stream.authors.handle(&mut town, rng.below(1 << 20));
    let id = format!("{:016x}", rng.bits());
    raw(out, "{\"id\":\"");
    raw(out, &id);
    raw(out, "\",\"url\":\"https:\\/\\/api.twitter.com\\/1.1\\/geo\\/id\\/");
    raw(out, &id);
    raw(out, ".json\",\"place_type\":\"city\",\"name\":\"");
    raw(out, &town);
    raw(out, "\",\"full_name\":\"");
    raw(out, &town);
    raw(out, ", ");
    raw(out, country);
    raw(out, "\",\"country_code\":\"");
    raw(out, code);
    raw(out, "\",\"country\":\"");
    raw(out, country);
    raw(out, "\",\"bounding_box\":{\"type\":\"Polygon\",\"coordinates\":[[");
    let (west, south) = (rng.between(10_000_000, 99_000_000), rng.between(1_000_000, 39_000_000));
    for (at, (east, north)) in
        [(0, 0), (0, 389_049), (269_270, 389_049), (269_270, 0)].into_iter().enumerate()
    {
        let degrees = |micro: u32| format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000);
        raw(out, if at == 0 { "[-" } else { ",[-" });
        raw(out, &degrees(west - east));
        raw(out, ",");
        raw(out, &degrees(south + north));
        raw(out, "]");
    }
    raw(out, "]]},\"attributes\":{}}");
}
