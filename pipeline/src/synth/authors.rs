//! Accounts: who they are, and how the platform shows them.
//!
//! An account is its rank: a few write much, most write little. Everything else follows from the rank.

use std::sync::Arc;

use super::clock::{SNOWFLAKE_EPOCH_MS, snowflake, write_created_at};
use super::json::{boolean, id_pair, int, raw, text, token};
use super::plan::TweetRef;
use super::rng::{Rng, Subject, mix, permute};
use super::text::{Body, Lexicon, Lexicons};

/// There are `2^RANK_BITS` accounts.
const RANK_BITS: u32 = 24;

/// 21 March 2006, when the first account was opened.
const FIRST_ACCOUNT_MS: i64 = 1_142_899_200_000;
/// 1 January 2016: accounts opened later have snowflake ids.
const SNOWFLAKE_ACCOUNTS_MS: i64 = 1_451_606_400_000;
const DAY_MS: i64 = 86_400_000;

/// All accounts of a world.
#[derive(Debug)]
pub(super) struct Authors {
    seed: u64,
    lexicons: Arc<Lexicons>,
    /// Accounts were opened before this.
    until_ms: i64,
}

impl Authors {
    /// Accounts that exist when the stream starts at `start_ms`.
    pub(super) fn new(seed: u64, lexicons: Arc<Lexicons>, start_ms: i64) -> Self {
        Self { seed, lexicons, until_ms: start_ms - DAY_MS }
    }

    /// The account that writes a tweet, by rank. Outside the stream are the originals others pass on: their
    /// authors are more popular.
    pub(super) fn of(&self, tweet: TweetRef) -> u32 {
        let mut rng = Rng::new(self.seed, Subject::Authorship, tweet.ordinal());
        let high = if matches!(tweet, TweetRef::Line(_)) { RANK_BITS } else { 18 };
        (rng.zipf(6, high) - 64) as u32
    }

    /// Any account at all.
    pub(super) fn anyone(rng: &mut Rng) -> u32 {
        (rng.zipf(6, RANK_BITS) - 64) as u32
    }

    /// The language an account writes, by index.
    pub(super) fn language(&self, rank: u32) -> usize {
        self.lexicons.draw(&mut self.profile(rank))
    }

    /// The id of an account; no two share one.
    pub(super) fn id(&self, rank: u32) -> i64 {
        let (at, opened) = self.opened(rank);
        if opened >= SNOWFLAKE_ACCOUNTS_MS {
            snowflake(opened, mix(at) & 0xfff)
        } else {
            12 + at as i64 * 190
        }
    }

    /// Appends the handle of an account: ASCII, at most 15 characters; no two share one, whatever the case.
    pub(super) fn handle(&self, out: &mut String, rank: u32) {
        const HEADS: &[u8; 16] = b"bdfghklmnprstvyz";
        const TAILS: &[u8; 4] = b"aeio";
        let code = permute(u64::from(rank), RANK_BITS);
        let style = mix(self.seed ^ code);
        for at in 0..4 {
            let syllable = (code >> (6 * at) & 63) as usize;
            let head = HEADS[syllable >> 2];
            let capital = style.trailing_zeros() >= 2 && at % 2 == 0;
            out.push(char::from(if capital { head.to_ascii_uppercase() } else { head }));
            out.push(char::from(TAILS[syllable & 3]));
        }
        // Digits and underscores come after the eight letters that tell accounts apart.
        match style >> 2 & 7 {
            0 | 1 => out.push_str(&(style >> 32 & 1023).to_string()),
            2 => out.push('_'),
            3 => out.push_str(&(1960 + (style >> 32) % 60).to_string()),
            _ => {}
        }
    }

    /// Appends the account as the platform shows it inside a tweet captured at `now_ms`.
    pub(super) fn write(&self, out: &mut Vec<u8>, scratch: &mut Body, rank: u32, now_ms: i64) {
        let mut rng = self.profile(rank);
        let lexicon = self.lexicons.get(self.lexicons.draw(&mut rng));
        let (_, opened) = self.opened(rank);
        let id = self.id(rank);
        raw(out, "{");
        id_pair(out, "id", id);
        raw(out, ",\"name\":\"");
        write_words(out, scratch, lexicon, &mut rng, Field::Name);
        raw(out, "\",\"screen_name\":\"");
        let mut handle = String::with_capacity(16);
        self.handle(&mut handle, rank);
        raw(out, &handle);
        raw(out, "\",\"location\":");
        write_nullable(out, scratch, lexicon, &mut rng, 590, Field::Location);
        raw(out, ",\"url\":");
        if rng.per_mille(270) {
            raw(out, "\"https:\\/\\/");
            raw(out, &handle.to_ascii_lowercase());
            raw(out, ".example\"");
        } else {
            raw(out, "null");
        }
        raw(out, ",\"description\":");
        write_nullable(out, scratch, lexicon, &mut rng, 843, Field::Description);
        let verified = rank < 4096 && rng.per_mille(300);
        raw(out, ",\"translator_type\":\"");
        raw(out, if rng.per_mille(20) { "regular" } else { "none" });
        raw(out, "\",\"protected\":false,\"verified\":");
        boolean(out, verified);
        // Counts grow slowly: an account gains a follower every few days, and writes every few hours.
        let days = (now_ms - opened) / DAY_MS;
        let reach = i64::from(24 - (rank + 1).ilog2());
        let followers =
            rng.zipf(3, 11) as i64 * (1 + reach * reach / 8) + days / i64::from(rng.between(2, 30));
        raw(out, ",\"followers_count\":");
        int(out, followers);
        raw(out, ",\"friends_count\":");
        int(out, rng.zipf(4, 12) as i64);
        raw(out, ",\"listed_count\":");
        int(out, followers / 300);
        raw(out, ",\"favourites_count\":");
        int(out, rng.zipf(6, 17) as i64);
        raw(out, ",\"statuses_count\":");
        int(out, rng.zipf(6, 13) as i64 + days * i64::from(rng.between(1, 40)));
        raw(out, ",\"created_at\":\"");
        write_created_at(out, opened);
        raw(out, "\",\"utc_offset\":null,\"time_zone\":null,\"geo_enabled\":");
        boolean(out, rng.per_mille(288));
        write_look(out, &mut rng, id, opened);
    }

    fn profile(&self, rank: u32) -> Rng {
        Rng::new(self.seed, Subject::Profile, u64::from(rank))
    }

    /// A number below 2^24 that only this account has, and when it was opened.
    fn opened(&self, rank: u32) -> (u64, i64) {
        let at = permute(u64::from(rank) ^ 0x5a_5a5a, RANK_BITS);
        // Two of three accounts are newer, where there has been time for it.
        let room = self.until_ms - SNOWFLAKE_ACCOUNTS_MS;
        let newer = room > 365 * DAY_MS && !mix(self.seed ^ at).is_multiple_of(3);
        let (from, span) = if newer {
            (SNOWFLAKE_ACCOUNTS_MS, room)
        } else {
            (FIRST_ACCOUNT_MS, SNOWFLAKE_ACCOUNTS_MS.min(self.until_ms) - FIRST_ACCOUNT_MS)
        };
        (at, from + ((i128::from(span) * i128::from(at)) >> RANK_BITS) as i64)
    }
}

/// The parts of a profile that are words.
#[derive(Debug, Clone, Copy)]
enum Field {
    Name,
    Location,
    Description,
}

/// Writes what an account looks like, and closes it.
fn write_look(out: &mut Vec<u8>, rng: &mut Rng, id: i64, opened: i64) {
    const COLOURS: [&str; 8] =
        ["1DA1F2", "ABB8C2", "19CF86", "E81C4F", "981CEB", "F58EA8", "DD2E44", "3B94D9"];
    let plain = rng.per_mille(770);
    let link = if plain { "1DA1F2" } else { rng.pick(&COLOURS) };
    raw(out, ",\"lang\":null,\"contributors_enabled\":false,\"is_translator\":false");
    raw(out, ",\"profile_background_color\":\"");
    if rng.per_mille(373) {
        let theme = i64::from(rng.between(1, 20));
        raw(out, if plain { "C0DEED" } else { "000000" });
        raw(out, "\",\"profile_background_image_url\":\"http:\\/\\/abs.twimg.com\\/images\\/themes\\/theme");
        int(out, theme);
        raw(out, "\\/bg.png\",\"profile_background_image_url_https\":\"https:\\/\\/abs.twimg.com\\/images");
        raw(out, "\\/themes\\/theme");
        int(out, theme);
        raw(out, "\\/bg.png\",\"profile_background_tile\":");
        boolean(out, !plain && rng.per_mille(500));
    } else {
        raw(
            out,
            "F5F8FA\",\"profile_background_image_url\":\"\",\"profile_background_image_url_https\":\"\"",
        );
        raw(out, ",\"profile_background_tile\":false");
    }
    raw(out, ",\"profile_link_color\":\"");
    raw(out, link);
    raw(out, "\",\"profile_sidebar_border_color\":\"");
    raw(out, if plain { "C0DEED" } else { "000000" });
    raw(out, "\",\"profile_sidebar_fill_color\":\"");
    raw(out, if plain { "DDEEF6" } else { "000000" });
    raw(out, "\",\"profile_text_color\":\"333333\",\"profile_use_background_image\":");
    boolean(out, plain || rng.per_mille(500));
    let picture = rng.bits();
    let uploaded = snowflake((opened + DAY_MS).max(SNOWFLAKE_EPOCH_MS + DAY_MS), picture);
    for (name, scheme) in [("", "http"), ("_https", "https")] {
        raw(out, ",\"profile_image_url");
        raw(out, name);
        raw(out, "\":\"");
        raw(out, scheme);
        raw(out, ":\\/\\/pbs.twimg.com\\/profile_images\\/");
        int(out, uploaded);
        raw(out, "\\/");
        token(out, picture, 8);
        raw(out, "_normal.jpg\"");
    }
    if rng.per_mille(842) {
        raw(out, ",\"profile_banner_url\":\"https:\\/\\/pbs.twimg.com\\/profile_banners\\/");
        int(out, id);
        raw(out, "\\/");
        int(out, opened / 1000 + i64::from(rng.below(9_000_000)));
        raw(out, "\"");
    }
    raw(out, ",\"default_profile\":");
    boolean(out, plain);
    raw(out, ",\"default_profile_image\":false,\"following\":null,\"follow_request_sent\":null");
    raw(out, ",\"notifications\":null}");
}

/// Writes words, or `null` where the account left them out.
fn write_nullable(
    out: &mut Vec<u8>,
    scratch: &mut Body,
    lexicon: &Lexicon,
    rng: &mut Rng,
    per_mille: u32,
    field: Field,
) {
    if rng.per_mille(per_mille) {
        out.push(b'"');
        write_words(out, scratch, lexicon, rng, field);
        out.push(b'"');
    } else {
        raw(out, "null");
    }
}

fn write_words(out: &mut Vec<u8>, scratch: &mut Body, lexicon: &Lexicon, rng: &mut Rng, field: Field) {
    scratch.clear();
    match field {
        Field::Name => {
            scratch.name(lexicon, rng.bits());
            if rng.per_mille(250) {
                scratch.emoji(rng, 1);
            }
        }
        Field::Location => {
            let count = rng.between(1, 3);
            scratch.plain_words(lexicon, rng, count);
        }
        Field::Description => {
            let weight = rng.between(5, 130);
            scratch.sentences(lexicon, rng, weight, u64::from(rng.clone().word()));
        }
    }
    text(out, scratch.text());
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::collections::BTreeSet;

    use super::*;

    fn authors(start_ms: i64) -> Authors {
        Authors::new(5, Arc::new(Lexicons::new()), start_ms)
    }

    #[test]
    fn accounts_are_told_apart_by_id_and_by_handle() {
        for start in [1_330_000_000_000, 1_609_459_200_000] {
            let authors = authors(start);
            let (mut ids, mut handles) = (BTreeSet::new(), BTreeSet::new());
            for rank in (0..20_000).chain(16_000_000..16_005_000) {
                let mut handle = String::new();
                authors.handle(&mut handle, rank);
                assert!(handle.len() <= 15 && handle.is_ascii(), "{handle}");
                assert!(ids.insert(authors.id(rank)), "{rank}");
                assert!(handles.insert(handle.to_ascii_lowercase()), "{handle}");
            }
            assert!(ids.iter().all(|id| *id > 0));
        }
    }

    #[test]
    fn a_profile_is_json_of_realistic_size() {
        let authors = authors(1_609_459_200_000);
        let mut scratch = Body::default();
        let mut total = 0;
        for rank in 0..500 {
            let mut out = Vec::new();
            authors.write(&mut out, &mut scratch, rank * 37, 1_609_459_200_000);
            let user: serde_json::Value = serde_json::from_slice(&out).unwrap();
            assert_eq!(user["id"].as_i64(), Some(authors.id(rank * 37)));
            total += out.len();
        }
        assert!((1200..1700).contains(&(total / 500)), "{}", total / 500);
    }
}
