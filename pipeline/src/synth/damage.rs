//! Lines as accidents leave them.

use super::json::{id_pair, raw};
use super::plan::{Outline, Plan, TweetRef};
use super::rng::{Rng, Subject};

/// What happened to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Damage {
    /// It ends in the middle.
    Cut,
    /// It ends in the middle, and the stream with it.
    HalfLine,
    /// It is binary.
    Garbage,
    /// It is a page of HTML, as a proxy sends one with an error.
    Html,
    /// It is JSON, nested deeper than any tweet.
    Deep,
    /// Its id is 2^63 or more, or 0.
    BadId,
    /// Its words end in half a surrogate pair. This one is read all the same.
    LoneSurrogate,
}

impl Damage {
    /// What happens to a damaged line.
    pub(super) fn of(plan: &Plan, line: u64) -> Self {
        if plan.is_half_line(line) {
            return Self::HalfLine;
        }
        let mut rng = Rng::new(plan.seed, Subject::Damage, line);
        match rng.below(10) {
            0..=3 => Self::Cut,
            4..=5 => Self::Garbage,
            6 => Self::Html,
            7 => Self::Deep,
            8 => Self::BadId,
            _ if matches!(plan.outline(TweetRef::Line(line)), Outline::Sentences(_)) => Self::LoneSurrogate,
            _ => Self::Cut,
        }
    }

    /// The reason tweetmill gives for refusing the line; None where it doesn't.
    pub(super) fn reason(self) -> Option<&'static str> {
        match self {
            Self::Cut => Some("invalid_json"),
            Self::HalfLine => Some("truncated_line"),
            Self::Garbage => Some("not_utf8"),
            Self::Html => Some("not_json"),
            Self::Deep => Some("too_deep"),
            Self::BadId => Some("bad_id"),
            Self::LoneSurrogate => None,
        }
    }

    /// Damages the line in `line`, which holds a whole tweet and no line end.
    pub(super) fn apply(self, line: &mut Vec<u8>, plan: &Plan, ordinal: u64) {
        let mut rng = Rng::new(plan.seed, Subject::Damage, ordinal ^ 1 << 63);
        match self {
            Self::Cut | Self::HalfLine => {
                let length = line.len() as u32;
                line.truncate(rng.between(length / 10, length - 1) as usize);
            }
            Self::Garbage => {
                let length = rng.between(20, 2000);
                line.clear();
                // No text in UTF-8 has this byte.
                line.push(0xff);
                line.extend((0..length).map(|_| match (rng.word() >> 24) as u8 {
                    b'\r' | b'\n' => b'?',
                    byte => byte,
                }));
            }
            Self::Html => {
                line.clear();
                raw(line, "<!DOCTYPE html><html><head><title>503 Service Unavailable</title></head>");
                raw(
                    line,
                    "<body><h1>Over capacity</h1><p>Please wait a moment and try again.</p></body></html>",
                );
            }
            Self::Deep => {
                let depth = rng.between(300, 3000) as usize;
                line.pop();
                raw(line, ",\"nested\":");
                line.extend(std::iter::repeat_n(b'[', depth));
                line.extend(std::iter::repeat_n(b']', depth));
                raw(line, "}");
            }
            Self::BadId => {
                let whole = std::mem::take(line);
                let tail = find(&whole, b",\"text\":").unwrap_or(whole.len());
                let head = find(&whole, b"\"id\":").unwrap_or(tail);
                line.extend_from_slice(&whole[..head]);
                if rng.per_mille(500) {
                    id_pair(line, "id", 0);
                } else {
                    raw(line, "\"id\":9223372036854775808,\"id_str\":\"9223372036854775808\"");
                }
                line.extend_from_slice(&whole[tail..]);
            }
            Self::LoneSurrogate => {}
        }
    }
}

fn find(line: &[u8], part: &[u8]) -> Option<usize> {
    line.windows(part.len()).position(|window| window == part)
}
