//! E-mail addresses: `name@example.com`.
//!
//! ```text
//!  me.and+you@mail-1.example.com
//!  └───┬────┘│└────────┬───────┘
//!      │     │         └ labels of ASCII or accented Latin letters, digits and, inside, `-` and `_`; two at least, the
//!      │     │           last of which begins with two letters and ends with its letters
//!      │     └ `@` or `＠`
//!      └ up to 64 ASCII letters, digits and `. _ % + - '`, from the first letter, digit or `_` on
//! ```
//!
//! Letters and digits may have full width. What stands around an address decides nothing, so that an address is
//! found also where a word was written against it: taking parts out of a text makes no address of what was none.

use super::super::entities::{Span, is_latin_accent};

/// Longest name before the sign, in characters.
const LONGEST_NAME: usize = 64;

/// The e-mail addresses of `text`, in order.
pub fn emails(text: &str) -> Emails<'_> {
    Emails { text, at: 0 }
}

/// Iterator over the e-mail addresses of one text.
#[derive(Clone, Debug)]
pub struct Emails<'t> {
    text: &'t str,
    /// Where the last one ended, or the last sign that is in none.
    at: usize,
}

impl Iterator for Emails<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        loop {
            let rest = self.text.get(self.at..)?;
            let (before, behind) = rest.split_once(['@', '＠'])?;
            let domain = self.text.len() - behind.len();
            let end = domain + length_of_domain(behind);
            let start = self.at + before.len() - length_of_name(before);
            if end > domain && start < self.at + before.len() {
                self.at = end;
                return Some(Span { start, end });
            }
            self.at = domain;
        }
    }
}

/// How many bytes at the end of `before` are a name.
fn length_of_name(before: &str) -> usize {
    let mut length = 0;
    let mut name = 0;
    for character in before.chars().rev().take(LONGEST_NAME) {
        let begins = is_letter(character) || is_digit(character) || character == '_';
        if !begins && !matches!(character, '.' | '%' | '+' | '-' | '\'') {
            break;
        }
        length += character.len_utf8();
        if begins {
            name = length;
        }
    }
    name
}

/// How many bytes at the start of `behind` are a domain; 0 where none begins there.
fn length_of_domain(behind: &str) -> usize {
    let mut domain = 0;
    let mut at = 0;
    loop {
        let label = behind.get(at..).unwrap_or_default();
        if !label.starts_with(in_label) {
            return domain;
        }
        let length = label.find(|character| !in_label(character) && !matches!(character, '-' | '_'));
        let length = length.unwrap_or(label.len());
        let letters = label.find(|character| !in_label(character) || is_digit(character));
        let letters = letters.unwrap_or(label.len());
        if at > 0
            && label.chars().take(2).filter(|character| in_label(*character) && !is_digit(*character)).count()
                == 2
        {
            let encoded = label.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("xn--"));
            domain = at + if encoded { length } else { letters };
        }
        at += length;
        if !behind.get(at..).unwrap_or_default().starts_with('.') {
            return domain;
        }
        at += 1;
    }
}

/// Letters and digits that begin a label.
fn in_label(character: char) -> bool {
    is_letter(character) || is_digit(character) || is_latin_accent(character)
}

fn is_letter(character: char) -> bool {
    character.is_ascii_alphabetic() || matches!(character, 'Ａ'..='Ｚ' | 'ａ'..='ｚ')
}

fn is_digit(character: char) -> bool {
    matches!(character, '0'..='9' | '０'..='９')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        emails(text).map(|span| span.of(text)).collect()
    }

    #[test]
    fn addresses_are_found_wherever_they_stand() {
        for (text, expected) in [
            ("write to me.and+you@mail-1.example.com.", "me.and+you@mail-1.example.com"),
            ("<me@example.co.uk>", "me@example.co.uk"),
            ("mailto:o'neil@example.org?subject=x", "o'neil@example.org"),
            ("http://example.com/?u=me@example.com&x", "me@example.com"),
            ("메일은me@example.com입니다", "me@example.com"),
            ("ｍｅ＠ｅｘａｍｐｌｅ.ｃｏｍ", "ｍｅ＠ｅｘａｍｐｌｅ.ｃｏｍ"),
            ("بريد me@example.com", "me@example.com"),
            ("me@bücher.de", "me@bücher.de"),
            ("me@x.xn--p1ai", "me@x.xn--p1ai"),
            ("...'me'@example.com", "me'@example.com"),
            ("me@example.com5551234", "me@example.com"),
            ("me@example.com@jack", "me@example.com"),
            ("😀me@example.com😀", "me@example.com"),
        ] {
            assert_eq!(found(text), [expected], "{text}");
        }
    }

    #[test]
    fn mentions_and_halves_are_none() {
        for text in [
            "",
            "@jack",
            "RT @jack: hi.there",
            "me@",
            "me@example",
            "me@example.c",
            "@example.com",
            "...@example.com",
            "me @example.com",
            "me@ example.com",
            "me@.com",
            "me@-x.com",
            "me@1.2",
            "日本@example.com",
            "a@@b.com",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn long_names_are_cut() {
        let text = format!("{}@example.com", "a".repeat(100));
        assert_eq!(found(&text), [format!("{}@example.com", "a".repeat(64))]);
    }
}
