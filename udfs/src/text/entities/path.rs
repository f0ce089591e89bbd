//! What may follow a domain in a URL: a port, a path and a query.
//!
//! Each ends with a character that URLs end with, so the punctuation of the sentence around is left
//! out: `http://x.org/a, b` ends at `a`. Parentheses belong to a path if they are closed in it, at most
//! one pair inside another: `(http://x.org/a_(b))` ends after the first `)`.

use super::characters::{byte_at, char_at, is_cyrillic, is_latin_accent, run_of};

/// Where the port, path and query that begin at byte `at` end; `at` if there are none.
pub(super) fn end_of_path_and_query(text: &str, at: usize) -> usize {
    end_of_query(text, end_of_path(text, end_of_port(text, at)))
}

/// Where they end if there is a path; `at` if there is none, whatever else follows.
pub(super) fn end_of_path_if_any(text: &str, at: usize) -> usize {
    let slash = end_of_port(text, at);
    if byte_at(text, slash) == Some(b'/') { end_of_query(text, end_of_path(text, slash)) } else { at }
}

fn end_of_port(text: &str, at: usize) -> usize {
    if byte_at(text, at) != Some(b':') {
        return at;
    }
    let digits = run_of(text, at + 1, |byte| byte.is_ascii_digit());
    if digits == 0 { at } else { at + 1 + digits }
}

fn end_of_path(text: &str, slash: usize) -> usize {
    if byte_at(text, slash) != Some(b'/') {
        return slash;
    }
    let mut at = slash + 1;
    let mut end = at;
    loop {
        match part_at(text, at) {
            (Part::End, length) => {
                at += length;
                end = at;
            }
            (Part::Inner, length) => at += length,
            (Part::Other, _) => match end_of_parentheses(text, at) {
                Some(closed) => (at, end) = (closed, closed),
                None => return end,
            },
        }
    }
}

/// Where the query that begins with a `?` at `mark` ends; `mark` if none does.
pub(super) fn end_of_query(text: &str, mark: usize) -> usize {
    if byte_at(text, mark) != Some(b'?') {
        return mark;
    }
    let start = mark + 1;
    let query = text.as_bytes().get(start..start + run_of(text, start, is_query_byte)).unwrap_or_default();
    query.iter().rposition(|byte| ends_query(*byte)).map_or(mark, |last| start + last + 1)
}

/// Where the pair of parentheses that opens at `open` closes: `(a)`, `(a(b)c)`, not `()` nor deeper.
fn end_of_parentheses(text: &str, open: usize) -> Option<usize> {
    if byte_at(text, open) != Some(b'(') {
        return None;
    }
    let mut at = end_of_run(text, open + 1);
    let mut is_empty = at == open + 1;
    if byte_at(text, at) == Some(b'(') {
        let inner = end_of_run(text, at + 1);
        if inner == at + 1 || byte_at(text, inner) != Some(b')') {
            return None;
        }
        is_empty = false;
        at = end_of_run(text, inner + 1);
    }
    (!is_empty && byte_at(text, at) == Some(b')')).then_some(at + 1)
}

/// Where the path characters that begin at `at` end.
fn end_of_run(text: &str, mut at: usize) -> usize {
    loop {
        match part_at(text, at) {
            (Part::Other, _) => return at,
            (_, length) => at += length,
        }
    }
}

/// What a character is to a path.
#[derive(Clone, Copy)]
enum Part {
    /// A path can hold it and end with it.
    End,
    /// A path can hold it, but not end with it.
    Inner,
    Other,
}

const ASCII: [Part; 128] = {
    let mut parts = [Part::Other; 128];
    let mut byte = 0_u8;
    while byte < 128 {
        parts[byte as usize] = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'=' | b'_' | b'#' | b'/' | b'+' | b'-' => Part::End,
            b'!'
            | b'$'
            | b'%'
            | b'&'
            | b'\''
            | b'*'
            | b','
            | b'.'
            | b':'..=b';'
            | b'@'
            | b'['
            | b']'
            | b'|'
            | b'~' => Part::Inner,
            _ => Part::Other,
        };
        byte += 1;
    }
    parts
};

/// What the character at `at` is, and its length in bytes; `Other` at the end of the text.
fn part_at(text: &str, at: usize) -> (Part, usize) {
    let Some(byte) = byte_at(text, at) else { return (Part::Other, 0) };
    if let Some(part) = ASCII.get(usize::from(byte)) {
        return (*part, 1);
    }
    match char_at(text, at) {
        Some('–') => (Part::Inner, '–'.len_utf8()),
        Some(letter) if is_latin_accent(letter) || is_cyrillic(letter) => (Part::End, letter.len_utf8()),
        _ => (Part::Other, 0),
    }
}

fn is_query_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!?*'@();:&=+$/%#[]-_.,~|".contains(&byte)
}

fn ends_query(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_&=#/-".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Option<&str> {
        text.get(..end_of_path_and_query(text, 0))
    }

    #[test]
    fn punctuation_of_the_sentence_is_left_out() {
        assert_eq!(path("/a, b"), Some("/a"));
        assert_eq!(path("/a..."), Some("/a"));
        assert_eq!(path(":80/a.?b=1."), Some(":80/a"));
        assert_eq!(path("/a?b=1."), Some("/a?b=1"));
        assert_eq!(path("?"), Some(""));
        assert_eq!(path(": x"), Some(""));
        assert_eq!(path("/日本"), Some("/"));
    }

    #[test]
    fn closed_parentheses_belong_to_the_path() {
        assert_eq!(path("/a_(b))"), Some("/a_(b)"));
        assert_eq!(path("/a_(b_(c))/)"), Some("/a_(b_(c))/"));
        assert_eq!(path("/a(b(c(d)))"), Some("/a"));
        assert_eq!(path("/a(b c)"), Some("/a"));
        assert_eq!(path("/a()"), Some("/a"));
    }
}
