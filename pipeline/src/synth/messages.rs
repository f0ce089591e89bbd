//! Lines of the stream that are no tweets: delete notices and the rarer messages.

use super::authors::Authors;
use super::clock::{MINUTE_MS, snowflake};
use super::json::{id_pair, int, raw};
use super::plan::TweetRef;
use super::rng::{Rng, Subject, permute};
use super::stream::Stream;
use super::truth::Record;

/// What a message names.
#[derive(Debug, Clone, Copy)]
struct Target {
    id: i64,
    author: u32,
    in_stream: bool,
}

/// Writes a delete notice.
pub(super) fn write_delete(out: &mut Vec<u8>, stream: &Stream, line: u64, record: &mut Record) {
    let mut rng = Rng::new(stream.plan.seed, Subject::Message, line);
    let inside = rng.chance(stream.named_inside);
    let target = target(stream, &mut rng, line, inside);
    let user = stream.authors.id(target.author);
    raw(out, "{\"delete\":{\"status\":{");
    id_pair(out, "id", target.id);
    raw(out, ",");
    id_pair(out, "user_id", user);
    raw(out, "},");
    write_time(out, stream, line);
    raw(out, "}}");
    record.event = Some("delete".into());
    name(record, target, user);
}

/// Writes one of the other messages.
pub(super) fn write_event(out: &mut Vec<u8>, stream: &Stream, line: u64, record: &mut Record) {
    let mut rng = Rng::new(stream.plan.seed, Subject::Message, line);
    let kind = match rng.below(20) {
        0..=8 => "limit",
        9..=12 => "status_withheld",
        13..=15 => "user_withheld",
        16..=17 => "scrub_geo",
        18 => "disconnect",
        _ => "warning",
    };
    record.event = Some(kind.into());
    raw(out, "{\"");
    raw(out, kind);
    raw(out, "\":{");
    match kind {
        "limit" => {
            raw(out, "\"track\":");
            int(out, i64::from(rng.between(1, 100_000)));
        }
        "status_withheld" => {
            let inside = rng.per_mille(500);
            let target = target(stream, &mut rng, line, inside);
            let user = stream.authors.id(target.author);
            raw(out, "\"id\":");
            int(out, target.id);
            raw(out, ",\"user_id\":");
            int(out, user);
            write_countries(out, &mut rng, record);
            name(record, target, user);
        }
        "user_withheld" => {
            let inside = rng.per_mille(500);
            let user = stream.authors.id(target(stream, &mut rng, line, inside).author);
            raw(out, "\"id\":");
            int(out, user);
            write_countries(out, &mut rng, record);
            record.target_user = Some(user);
        }
        "scrub_geo" => {
            let target = target(stream, &mut rng, line, false);
            let user = stream.authors.id(target.author);
            id_pair(out, "user_id", user);
            raw(out, ",");
            id_pair(out, "up_to_status_id", target.id);
            record.target_user = Some(user);
        }
        "disconnect" => raw(out, "\"code\":4,\"stream_name\":\"sample\",\"reason\":\"reading too slowly\""),
        _ => raw(
            out,
            "\"code\":\"FALLING_BEHIND\",\"message\":\"the queue is filling up\",\"percent_full\":60",
        ),
    }
    raw(out, ",");
    write_time(out, stream, line);
    raw(out, "}}");
}

/// The tweet a message is about: near the line, or one that no line or harvested original has.
fn target(stream: &Stream, rng: &mut Rng, line: u64, inside: bool) -> Target {
    if inside && let Some(other) = stream.plan.neighbour(rng, line) {
        let tweet = TweetRef::Line(other);
        return Target { id: stream.plan.tweet_id(tweet), author: stream.author(tweet), in_stream: true };
    }
    let now = stream.plan.line_ms(line);
    if rng.per_mille(20) {
        let tweet = stream.plan.outside(rng, now);
        return Target { id: stream.plan.tweet_id(tweet), author: stream.author(tweet), in_stream: false };
    }
    // Half are hours old, some are from years ago. The low bits are those of no original from outside.
    let minutes = rng.zipf(0, 21) as i64;
    let low = 1 << 21 | permute(u64::from(rng.between(1 << 16, 1 << 21)), 21);
    let ms = now - minutes * MINUTE_MS - i64::from(rng.below(MINUTE_MS as u32));
    let ms = ms.max(super::clock::SNOWFLAKE_EPOCH_MS + 1);
    Target { id: snowflake(ms, low), author: Authors::anyone(rng), in_stream: false }
}

fn name(record: &mut Record, target: Target, user: i64) {
    record.target = Some(target.id);
    record.target_user = Some(user);
    record.in_stream = Some(target.in_stream);
}

fn write_countries(out: &mut Vec<u8>, rng: &mut Rng, record: &mut Record) {
    const COUNTRIES: [&[&str]; 4] = [&["DE", "AR"], &["TR"], &["XX"], &["XY"]];
    let countries = rng.pick(&COUNTRIES);
    raw(out, ",\"withheld_in_countries\":[\"");
    raw(out, &countries.join("\",\""));
    raw(out, "\"]");
    record.withheld = countries.iter().map(|country| (*country).into()).collect();
}

fn write_time(out: &mut Vec<u8>, stream: &Stream, line: u64) {
    raw(out, "\"timestamp_ms\":\"");
    int(out, stream.plan.line_ms(line));
    raw(out, "\"");
}
