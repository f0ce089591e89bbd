//! URLs: with `http://` or `https://`, or a bare domain (`example.com/path`).
//!
//! A URL must not follow a letter, a digit, `@`, `#` or `$`; a bare one not `-`, `_`, `.` or `/` either,
//! which would make it a part of something longer. With a scheme the domain may be of any script; bare,
//! only of accented Latin, so that a domain in Japanese text ends where Japanese begins.
//!
//! A link of `t.co`, Twitter's own shortener, ends with its slug of letters and digits, whatever a path
//! could hold: `http://t.co/AbC's` is a link and an `'s`.

use memchr::memchr2;

use super::characters::{byte_at, char_before, has_at, is_invalid, run_of};
use super::domain::{Alphabet, can_be_looked_up, domain_at};
use super::path::{end_of_path_and_query, end_of_path_if_any, end_of_query};
use super::sign::Sign;
use super::{Span, Url};

/// Longest URL, in characters.
const LONGEST_URL: usize = 4096;

/// Longest slug of a `t.co` link, in characters.
const LONGEST_SLUG: usize = 40;

/// The URLs of `text`, in order.
pub fn urls(text: &str) -> Urls<'_> {
    Urls { text, at: 0, taken_to: 0 }
}

/// Iterator over the URLs of one text.
///
/// Every URL has a dot and those with a scheme a colon before, so these bytes are looked for; most stand
/// at the end of a sentence and are passed over for what follows them.
#[derive(Clone, Debug)]
pub struct Urls<'t> {
    text: &'t str,
    /// Where to look on. A scheme may begin before: `end.http://x.org` is read as far as `http` first.
    at: usize,
    /// Where the last URL ended.
    taken_to: usize,
}

impl Iterator for Urls<'_> {
    type Item = Url;

    fn next(&mut self) -> Option<Url> {
        while let Some(rest) = self.text.as_bytes().get(self.at..)
            && let Some(found) = memchr2(b'.', b':', rest)
        {
            let mark = self.at + found;
            let read = if byte_at(self.text, mark) == Some(b':') {
                read_after_scheme(self.text, self.taken_to, mark)
            } else {
                read_bare(self.text, self.at, mark)
            };
            self.at = read.read_to;
            if let Some(url) = read.url {
                self.taken_to = read.read_to;
                return Some(url);
            }
        }
        self.at = self.text.len();
        None
    }
}

/// What was found around a dot or colon, and where to go on from.
struct Read {
    url: Option<Url>,
    read_to: usize,
}

impl Read {
    fn nothing(read_to: usize) -> Self {
        Self { url: None, read_to }
    }
}

/// Reads the URL whose scheme ends with the colon at `colon`. What stands before `from` is taken.
fn read_after_scheme(text: &str, from: usize, colon: usize) -> Read {
    let host = colon + "://".len();
    let start = ["https", "http"]
        .into_iter()
        .find_map(|scheme| colon.checked_sub(scheme.len()).filter(|start| has_at(text, *start, scheme)));
    let Some(start) = start.filter(|start| *start >= from && has_at(text, colon, "://")) else {
        return Read::nothing(colon + 1);
    };
    if !may_begin_at(text, start) {
        return Read::nothing(host);
    }
    let Some(end_of_host) = domain_at(text, host, Alphabet::Unicode).end else {
        return Read::nothing(host);
    };
    let end = end_of_path_and_query(text, end_of_host);
    let shortened = match end_of_short_link(text, host) {
        ShortLink::No => Some(end),
        ShortLink::EndsAt(end_of_slug) => Some(end_of_slug),
        ShortLink::Refused => None,
    };
    let url = shortened
        .filter(|_| is_short_enough(text, start, Span { start: host, end: end_of_host }, end))
        .map(|end| Url { span: Span { start, end }, has_scheme: true });
    Read { url, read_to: end }
}

/// Reads the URL without a scheme around the dot at `dot`. What stands before `from` is taken.
fn read_bare(text: &str, from: usize, dot: usize) -> Read {
    // Most dots end a sentence: white space follows.
    let joins = |byte: u8| byte.is_ascii_alphanumeric() || !byte.is_ascii();
    if dot == from || !byte_at(text, dot - 1).is_some_and(joins) || !byte_at(text, dot + 1).is_some_and(joins)
    {
        return Read::nothing(dot + 1);
    }
    let before = text.get(from..dot).unwrap_or_default();
    let is_part = |character| matches!(character, '-' | '_' | '.') || Alphabet::Latin.holds(character);
    let start = from + before.trim_end_matches(is_part).len();
    let domain = domain_at(text, start, Alphabet::Latin);
    let Some(end_of_host) = domain.end.filter(|end| *end > dot && may_begin_bare_at(text, start)) else {
        return Read::nothing(domain.read_to.max(dot + 1));
    };
    // A `?` behind a bare domain ends a question more often than it begins a query.
    let end = end_of_path_if_any(text, end_of_host);
    let url = is_short_enough(text, start, Span { start, end: end_of_host }, end)
        .then_some(Url { span: Span { start, end }, has_scheme: false });
    Read { url, read_to: end }
}

fn may_begin_at(text: &str, at: usize) -> bool {
    char_before(text, at).is_none_or(|before| {
        !before.is_ascii_alphanumeric()
            && before != '$'
            && !Sign::At.is(before)
            && !Sign::Hash.is(before)
            && !is_invalid(before)
    })
}

fn may_begin_bare_at(text: &str, at: usize) -> bool {
    may_begin_at(text, at) && !matches!(char_before(text, at), Some('-' | '_' | '.' | '/'))
}

/// What the URL with a scheme before `host` is as a `t.co` link.
enum ShortLink {
    No,
    EndsAt(usize),
    /// A slug longer than any.
    Refused,
}

fn end_of_short_link(text: &str, host: usize) -> ShortLink {
    let slug = host + "t.co/".len();
    let length = run_of(text, slug, |byte| byte.is_ascii_alphanumeric());
    if !has_at(text, host, "t.co/") || length == 0 {
        ShortLink::No
    } else if length > LONGEST_SLUG {
        ShortLink::Refused
    } else {
        ShortLink::EndsAt(end_of_query(text, slug + length))
    }
}

/// Whether neither the labels of `host` nor the URL from `start` to `end` are longer than they can be.
fn is_short_enough(text: &str, start: usize, host: Span, end: usize) -> bool {
    let is_short = end - start <= LONGEST_URL
        || text.get(start..end).is_some_and(|url| url.chars().count() <= LONGEST_URL);
    is_short && can_be_looked_up(host.of(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        urls(text).map(|url| url.span.of(text)).collect()
    }

    #[test]
    fn bare_domains_end_where_other_scripts_begin() {
        assert_eq!(found("これtwitter.comです。it.so中"), ["twitter.com", "it.so"]);
        assert_eq!(found("a.b_c.com sub_domain.x.com/y ELPAÍS.com"), ["sub_domain.x.com/y", "ELPAÍS.com"]);
    }

    /// `sentence.http` was read as a domain once, and what follows lost.
    #[test]
    fn a_scheme_may_follow_a_dot() {
        assert_eq!(found("a sentence.http://t.co/x b.https://x.org/"), ["http://t.co/x", "https://x.org/"]);
        assert_eq!(found("x.xn--p1ahttp://y.org"), ["x.xn--p1ahttp"]);
    }

    #[test]
    fn bare_domains_have_a_query_only_behind_a_path() {
        assert_eq!(found("seen x.com?RT x.com/?a=b x.com:80/a"), ["x.com", "x.com/?a=b", "x.com:80/a"]);
    }

    #[test]
    fn parts_of_something_longer_are_none() {
        let text = "me@x.com #x.com $x.com a@b.c.com -x.com _x.com .x.com /x.com x.com@y.com x.tar.bz2 3.5 e.g. v1.com1";
        assert_eq!(found(text), [""; 0]);
    }

    #[test]
    fn short_links_end_with_their_slug() {
        assert_eq!(found("http://t.co/AbC's https://T.co/x-y?a=b."), ["http://t.co/AbC", "https://T.co/x"]);
        assert_eq!(found("https://t.co/x?a=b. http://t.co"), ["https://t.co/x?a=b", "http://t.co"]);
        assert_eq!(found(&format!("http://t.co/{}", "a".repeat(41))), [""; 0]);
    }

    #[test]
    fn what_is_too_long_is_passed_over() {
        assert_eq!(found(&format!("http://{}.x.com x.com", "a".repeat(64))), ["x.com"]);
        assert_eq!(found(&format!("x.com/{} x.com", "a".repeat(4091))), ["x.com"]);
        assert_eq!(found(&format!("x.com/{}", "a".repeat(4090))).len(), 1);
    }
}
