//! Mentions: `@handle`, and `@handle/list` for lists.
//!
//! A handle is 1 to 20 ASCII letters, digits and underscores (15 by today's rules; older accounts have
//! longer ones, and what is left of a longer run stands after the mention). A list's slug begins with a
//! letter and has at most 25 characters.
//!
//! The sign must not stand in a word or beside another sign (`me@example`, `&@x`), except after `RT`;
//! the mention must not be followed by another `@` (that is an e-mail address), an accented Latin letter
//! (that is a name) or `://`.

use super::characters::{
    byte_at, char_at, char_before, has_at, is_directional, is_latin_accent, is_space, run_of,
};
use super::sign::Sign;
use super::{Mention, Span};

/// Longest handle, in characters.
const LONGEST_HANDLE: usize = 20;

/// Longest slug of a list, in characters.
const LONGEST_SLUG: usize = 25;

/// The mentions of users and lists in `text`, in order, also those inside URLs
/// (`https://medium.com/@user`): see [`entities`](super::entities()) for those outside.
pub fn mentions(text: &str) -> Mentions<'_> {
    Mentions { text, at: 0 }
}

/// Iterator over the mentions of one text.
#[derive(Clone, Debug)]
pub struct Mentions<'t> {
    text: &'t str,
    at: usize,
}

impl Iterator for Mentions<'_> {
    type Item = Mention;

    fn next(&mut self) -> Option<Mention> {
        while let Some(sign) = Sign::At.next(self.text, self.at) {
            self.at = sign.end;
            if !may_begin_at(self.text, sign.start) {
                continue;
            }
            let Some(mention) = mention_at(self.text, sign) else { continue };
            self.at = mention.span.end;
            if may_end_at(self.text, mention.span.end) {
                return Some(mention);
            }
        }
        self.at = self.text.len();
        None
    }
}

/// Whom `text` answers: its first mention, if nothing but white space stands before it.
pub fn reply_to(text: &str) -> Option<Mention> {
    let rest = text.trim_start_matches(|character| is_space(character) || is_directional(character));
    let start = text.len() - rest.len();
    let sign = Sign::At.next(text, start).filter(|sign| sign.start == start)?;
    let mention = mention_at(text, sign)?;
    may_end_at(text, mention.handle.end).then_some(mention)
}

/// Whether `handle`, without its sign, is one that a user could have.
pub fn is_handle(handle: &str) -> bool {
    (1..=LONGEST_HANDLE).contains(&handle.len()) && handle.bytes().all(is_handle_byte)
}

fn is_handle_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_slug_byte(byte: u8) -> bool {
    is_handle_byte(byte) || byte == b'-'
}

/// What follows `sign`, whatever stands around it.
fn mention_at(text: &str, sign: Span) -> Option<Mention> {
    let length = run_of(text, sign.end, is_handle_byte).min(LONGEST_HANDLE);
    if length == 0 {
        return None;
    }
    let handle = Span { start: sign.end, end: sign.end + length };
    let list = slug_at(text, handle.end);
    let end = list.map_or(handle.end, |slug| slug.end);
    Some(Mention { span: Span { start: sign.start, end }, handle, list })
}

/// The slug behind the slash at `slash`, if there are both.
fn slug_at(text: &str, slash: usize) -> Option<Span> {
    let start = slash + 1;
    if byte_at(text, slash) != Some(b'/') || !byte_at(text, start)?.is_ascii_alphabetic() {
        return None;
    }
    Some(Span { start, end: start + run_of(text, start, is_slug_byte).min(LONGEST_SLUG) })
}

fn may_begin_at(text: &str, at: usize) -> bool {
    let Some(before) = char_before(text, at) else { return true };
    let bars = matches!(before, '_' | '!' | '#' | '$' | '%' | '&' | '*' | '@' | '＠')
        || before.is_ascii_alphanumeric();
    !bars || follows_retweet_mark(text, at)
}

/// Whether `RT`, in either case, ends at `at` and isn't the end of a longer word.
fn follows_retweet_mark(text: &str, at: usize) -> bool {
    let Some(mark) = at.checked_sub(2).filter(|mark| has_at(text, *mark, "rt")) else { return false };
    char_before(text, mark).is_none_or(|before| {
        !before.is_ascii_alphanumeric() && !matches!(before, '_' | '+' | '~' | '.' | '-')
    })
}

fn may_end_at(text: &str, at: usize) -> bool {
    !has_at(text, at, "://")
        && char_at(text, at).is_none_or(|after| !Sign::At.is(after) && !is_latin_accent(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handles(text: &str) -> Vec<&str> {
        mentions(text).map(|mention| mention.handle.of(text)).collect()
    }

    #[test]
    fn a_sign_inside_a_word_mentions_nobody() {
        assert_eq!(handles("me@example.com f!@kn start@x"), [""; 0]);
        assert_eq!(handles("RT@a art@b"), ["a"]);
        assert_eq!(handles(".@a (@b) の@c ＠d e＠f @g＠h"), ["a", "b", "c", "d"]);
    }

    #[test]
    fn long_handles_and_slugs_are_cut() {
        assert_eq!(handles("@username9012345678901"), ["username901234567890"]);
        let text = "@u/list567890123456789012345A";
        let slugs: Vec<_> = mentions(text).filter_map(|mention| mention.list).collect();
        assert_eq!(slugs.first().map(|slug| slug.of(text)), Some("list567890123456789012345"));
    }

    #[test]
    fn a_reply_begins_the_text() {
        assert_eq!(reply_to("\u{200f}\u{3000}@a hi").map(|mention| mention.handle.len()), Some(1));
        assert_eq!(reply_to("hi @a"), None);
        assert_eq!(reply_to("@a@b"), None);
    }
}
