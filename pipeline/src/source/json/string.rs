//! Strings of a line, unescaped only where somebody wants their text.

use std::borrow::Cow;

use bumpalo::Bump;
use memchr::memchr;

/// A string as it stands in the line, between its quotes; its escapes are well-formed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Str<'de>(&'de str);

impl<'de> Str<'de> {
    /// The string whose inside is `written`.
    pub(crate) fn new(written: &'de str) -> Self {
        Self(written)
    }

    /// Its text.
    pub(crate) fn text(self) -> Cow<'de, str> {
        match self.split() {
            None => Cow::Borrowed(self.0),
            Some((plain, escapes)) => {
                let mut text = String::with_capacity(self.0.len());
                unescape(plain, escapes, |part| text.push_str(part));
                Cow::Owned(text)
            }
        }
    }

    /// Its text, in `arena` where it doesn't stand in the line as it is.
    pub(crate) fn text_in<'a>(self, arena: &'a Bump) -> &'a str
    where
        'de: 'a,
    {
        match self.split() {
            None => self.0,
            Some((plain, escapes)) => {
                // No escape is shorter than what it stands for.
                let mut text = bumpalo::collections::String::with_capacity_in(self.0.len(), arena);
                unescape(plain, escapes, |part| text.push_str(part));
                text.into_bump_str()
            }
        }
    }

    /// The strings it lists with commas, white space around them and empty ones left out.
    pub(crate) fn listed(self) -> impl Iterator<Item = Self> {
        self.0.split(',').map(str::trim).filter(|item| !item.is_empty()).map(Self)
    }

    /// What stands before the first escape, and the rest with it; none without an escape.
    fn split(self) -> Option<(&'de str, &'de str)> {
        memchr(b'\\', self.0.as_bytes()).and_then(|at| self.0.split_at_checked(at))
    }
}

/// Hands the text of `plain` and `escapes` to `push` in parts. Half a pair of surrogates becomes U+FFFD.
fn unescape<'a>(plain: &'a str, escapes: &'a str, mut push: impl FnMut(&str)) {
    push(plain);
    let mut rest = escapes;
    while let Some(escape) = rest.strip_prefix('\\') {
        let (character, after) = unescaped(escape);
        push(character.encode_utf8(&mut [0; 4]));
        let plain;
        (plain, rest) = after
            .split_at_checked(memchr(b'\\', after.as_bytes()).unwrap_or(after.len()))
            .unwrap_or((after, ""));
        push(plain);
    }
}

/// What the escape at the start of `rest`, after its backslash, stands for, and what follows it.
fn unescaped(rest: &str) -> (char, &str) {
    let mut characters = rest.chars();
    let character = match characters.next() {
        Some('u') => return unicode(characters.as_str()),
        Some('b') => '\u{8}',
        Some('f') => '\u{C}',
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some(itself) => itself,
        None => char::REPLACEMENT_CHARACTER,
    };
    (character, characters.as_str())
}

/// The character that the digits at the start of `rest` name, with those of the other half of a pair.
fn unicode(rest: &str) -> (char, &str) {
    let Some((unit, after)) = code_unit(rest) else { return (char::REPLACEMENT_CHARACTER, rest) };
    if !(0xD800..0xDC00).contains(&unit) {
        return (char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER), after);
    }
    let low = after.strip_prefix("\\u").and_then(code_unit);
    match low {
        Some((low @ 0xDC00..0xE000, after)) => {
            let scalar = 0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
            (char::from_u32(scalar).unwrap_or(char::REPLACEMENT_CHARACTER), after)
        }
        _ => (char::REPLACEMENT_CHARACTER, after),
    }
}

/// The four hexadecimal digits at the start of `rest`, and what follows them.
fn code_unit(rest: &str) -> Option<(u32, &str)> {
    let (digits, after) = rest.split_at_checked(4)?;
    let mut unit = 0;
    for digit in digits.bytes() {
        unit = unit << 4 | char::from(digit).to_digit(16)?;
    }
    Some((unit, after))
}

/// Whether `key` holds a backslash. Keys are short: a search that starts fast is one that isn't called.
#[inline]
pub(super) fn has_escape(key: &[u8]) -> bool {
    let (words, rest) = key.as_chunks();
    words.iter().any(|word| has_backslash(u64::from_ne_bytes(*word))) || rest.contains(&b'\\')
}

/// Whether one of the eight bytes of `word` is a backslash: the only one whose difference from it is 0, from which
/// alone 1 can't be taken without borrowing from the byte above.
#[inline]
fn has_backslash(word: u64) -> bool {
    const ONES: u64 = u64::MAX / 0xFF;
    let difference = word ^ (ONES * u64::from(b'\\'));
    difference.wrapping_sub(ONES) & !difference & (ONES << 7) != 0
}

#[cfg(test)]
#[expect(clippy::string_slice, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(written: &str) -> String {
        let text = Str::new(written).text();
        assert_eq!(Str::new(written).text_in(&Bump::new()), text);
        text.into_owned()
    }

    #[test]
    fn every_escape_is_spelled_out() {
        assert_eq!(text(r#"a\"\\\/\b\f\n\r\tz"#), "a\"\\/\u{8}\u{C}\n\r\tz");
        assert_eq!(text(r"\u00e9\u00E9 \ud83d\ude00\u0000"), "éé 😀\0");
        assert!(matches!(Str::new("plain é").text(), Cow::Borrowed("plain é")));
    }

    #[test]
    fn half_a_pair_costs_one_character() {
        assert_eq!(text(r"x\ud800y"), "x\u{FFFD}y");
        assert_eq!(text(r"\udc00\ud800"), "\u{FFFD}\u{FFFD}");
        assert_eq!(text(r"\ud800\ud83d\ude00"), "\u{FFFD}😀");
        assert_eq!(text(r"\ud800\n"), "\u{FFFD}\n");
    }

    proptest! {
        #[test]
        fn escapes_are_seen_wherever_they_stand(key in prop::collection::vec(prop_oneof![
            4 => prop::sample::select(b"[]\x5b\x5d\xdc\x00\x01".to_vec()),
            1 => Just(b'\\'),
            4 => any::<u8>(),
        ], 0..40)) {
            prop_assert_eq!(has_escape(&key), key.contains(&b'\\'));
        }

        #[test]
        fn what_another_writer_escaped_reads_back(written in "\\PC{0,40}", ascii in any::<bool>()) {
            let mut json = serde_json::to_string(&written).unwrap_or_default();
            if ascii {
                json = json
                    .encode_utf16()
                    .map(|unit| match u8::try_from(unit) {
                        Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
                        _ => format!("\\u{unit:04x}"),
                    })
                    .collect();
            }
            prop_assert_eq!(text(&json[1..json.len() - 1]), written);
        }
    }
}
