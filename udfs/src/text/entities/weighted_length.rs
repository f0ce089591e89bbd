//! How long a tweet is by Twitter's own count, and whether it may be sent.
//!
//! A text is counted in NFC. A URL counts 23, whatever its length; an emoji 2, of however many characters
//! it is made (since 2018); of the other characters those of the scripts from Latin to Georgian and
//! common punctuation count 1, the rest 2. [`LengthRule`] has the rules of three times.

use std::borrow::Cow;

use icu_normalizer::{ComposingNormalizer, DecomposingNormalizer};

use super::LengthRule;
use super::characters::is_invalid;
use super::emoji::after_emoji;
use super::url::urls;

/// What [`measure`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// The length, in the rule's count.
    pub weighted_length: u32,
    /// How much of the longest length that is, in thousandths, rounded down.
    pub permillage: u32,
    /// Whether it may be sent: neither empty, nor too long, nor holding a character no tweet can.
    pub is_valid: bool,
    /// How many bytes from the start are within that.
    pub valid_bytes: usize,
}

/// The length of `text` by today's rule, [`LengthRule::V3`].
pub fn weighted_length(text: &str) -> u32 {
    let text = nfc(text);
    (weight(&text, &LengthRule::V3) / u64::from(LengthRule::V3.scale)).try_into().unwrap_or(u32::MAX)
}

/// Measures `text` by `rule`.
pub fn measure(text: &str, rule: &LengthRule) -> Measured {
    let normal = nfc(text);
    let length = weight(&normal, rule) / u64::from(rule.scale);
    let fits = length <= u64::from(rule.longest);
    let is_clean = !normal.chars().any(is_invalid);
    let valid_bytes = if fits && is_clean {
        text.len()
    } else {
        let valid = normal.get(..valid_prefix(&normal, rule)).unwrap_or_default();
        if *normal == *text { valid.len() } else { length_before_nfc(text, valid) }
    };
    Measured {
        weighted_length: length.try_into().unwrap_or(u32::MAX),
        permillage: (length * 1000 / u64::from(rule.longest)).try_into().unwrap_or(u32::MAX),
        is_valid: fits && is_clean && length > 0,
        valid_bytes,
    }
}

/// `text` in NFC. Nearly all is: what is made of characters that compose with nothing isn't read twice.
fn nfc(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || text.chars().all(stays_as_it_is) {
        return Cow::Borrowed(text);
    }
    ComposingNormalizer::new_nfc().normalize(text)
}

/// Whether `character` is in a range of which NFC changes nothing, whatever stands around it: Latin,
/// Greek, Cyrillic, Arabic letters, symbols, Japanese, Chinese, Korean, emoji.
fn stays_as_it_is(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{2ff}'
            | '\u{388}'..='\u{482}'
            | '\u{620}'..='\u{64a}'
            | '\u{2010}'..='\u{2064}'
            | '\u{2190}'..='\u{2328}'
            | '\u{232b}'..='\u{2adb}'
            | '\u{3001}'..='\u{3029}'
            | '\u{3030}'..='\u{3098}'
            | '\u{309b}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7a3}'
            | '\u{fe0f}'
            | '\u{ff00}'..='\u{ffef}'
            | '\u{1f100}'..='\u{1faff}'
    )
}

/// The weight of the character or emoji that begins with `first` and goes on in `after`, and what
/// follows it.
#[inline]
fn weigh<'t>(first: char, after: &'t str, rule: &LengthRule) -> (u32, &'t str) {
    if rule.emoji_as_one
        && let Some(rest) = after_emoji(first, after)
    {
        return (rule.default_weight, rest);
    }
    for range in rule.ranges {
        if first < range.first {
            break;
        }
        if first <= range.last {
            return (range.weight, after);
        }
    }
    (rule.default_weight, after)
}

fn url_weight(rule: &LengthRule) -> u64 {
    u64::from(rule.url_length) * u64::from(rule.scale)
}

/// The weight of `text`, which is in NFC.
fn weight(text: &str, rule: &LengthRule) -> u64 {
    let (mut weight, mut at) = (0, 0);
    for url in urls(text) {
        weight += weight_without_urls(text.get(at..url.span.start).unwrap_or_default(), rule);
        weight += url_weight(rule);
        at = url.span.end;
    }
    weight + weight_without_urls(text.get(at..).unwrap_or_default(), rule)
}

fn weight_without_urls(text: &str, rule: &LengthRule) -> u64 {
    if text.is_ascii() {
        return text.len() as u64 * u64::from(weigh(' ', "", rule).0);
    }
    let mut weight = 0;
    let mut characters = text.chars();
    while let Some(first) = characters.next() {
        let (unit, rest) = weigh(first, characters.as_str(), rule);
        weight += u64::from(unit);
        characters = rest.chars();
    }
    weight
}

/// How many bytes of `text`, which is in NFC, can be sent.
fn valid_prefix(text: &str, rule: &LengthRule) -> usize {
    let longest = u64::from(rule.longest) * u64::from(rule.scale);
    let mut urls = urls(text).peekable();
    let (mut weight, mut at) = (0, 0);
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let mut characters = rest.chars();
        let Some(first) = characters.next() else { return at };
        let length = if let Some(url) = urls.next_if(|url| url.span.start == at) {
            weight += url_weight(rule);
            url.span.len()
        } else {
            let (unit, after) = weigh(first, characters.as_str(), rule);
            weight += u64::from(unit);
            rest.len() - after.len()
        };
        if weight > longest || is_invalid(first) {
            return at;
        }
        at += length;
    }
}

/// How many bytes of `text` became `prefix`, the head of its NFC. Both decompose to the same, so their
/// characters are counted in full decomposition.
fn length_before_nfc(text: &str, prefix: &str) -> usize {
    let nfd = DecomposingNormalizer::new_nfd();
    let mut left = nfd.normalize_iter(prefix.chars()).count();
    for (at, character) in text.char_indices() {
        if left == 0 {
            return at;
        }
        left = left.saturating_sub(nfd.normalize_iter(std::iter::once(character)).count());
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use icu_properties::CodePointMapData;
    use icu_properties::props::CanonicalCombiningClass;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn urls_and_emoji_count_as_one_thing() {
        assert_eq!(weighted_length(""), 0);
        assert_eq!(weighted_length("hi http://test.co/long/path"), 26);
        assert_eq!(weighted_length("H🐱☺👨‍👩‍👧‍👦"), 7);
        assert_eq!(weighted_length("日本 한"), 7);
    }

    #[test]
    fn the_rule_of_the_time_counts() {
        let family = "👨‍👩‍👧‍👦";
        assert_eq!(measure(family, &LengthRule::V1).weighted_length, 7);
        assert_eq!(measure(family, &LengthRule::V2).weighted_length, 11);
        assert_eq!(measure(family, &LengthRule::V3).weighted_length, 2);
    }

    #[test]
    fn what_is_valid_is_counted_in_the_text_as_it_was() {
        let text = "e\u{301}".repeat(300);
        let measured = measure(&text, &LengthRule::V3);
        assert_eq!((measured.weighted_length, measured.valid_bytes), (300, 280 * 3));
        // U+FB2C becomes three characters.
        let text = "\u{fb2c}".repeat(300);
        let measured = measure(&text, &LengthRule::V3);
        assert_eq!((measured.weighted_length, measured.valid_bytes), (900, 94 * 3));
        assert_eq!(measure("ab\u{ffff}c", &LengthRule::V3).valid_bytes, 2);
    }

    #[test]
    fn what_stays_as_it_is_neither_composes_nor_decomposes() {
        let nfd = DecomposingNormalizer::new_nfd();
        for character in '\0'..=char::MAX {
            let mut decomposed = nfd.normalize_iter(std::iter::once(character));
            decomposed.next();
            // The second half of a pair composes with the first; so does what is no starter.
            for second in decomposed {
                assert!(!stays_as_it_is(second), "{second:?} of {character:?}");
            }
            if stays_as_it_is(character) {
                let class = CodePointMapData::<CanonicalCombiningClass>::new().get(character);
                assert_eq!(class, CanonicalCombiningClass::NotReordered, "{character:?}");
                let text = character.to_string();
                assert_eq!(ComposingNormalizer::new_nfc().normalize(&text), text);
            }
        }
    }

    proptest! {
        #[test]
        fn the_valid_part_is_a_head_that_fits(text in "(\\PC|[日é😀👍🏽\u{200d}\u{301}\u{ffff}]){0,300}") {
            for rule in [LengthRule::V1, LengthRule::V2, LengthRule::V3] {
                let measured = measure(&text, &rule);
                prop_assert!(text.get(..measured.valid_bytes).is_some());
                prop_assert!(!measured.is_valid || measured.valid_bytes == text.len());
                prop_assert!(!measured.is_valid || measured.permillage <= 1000);
            }
            prop_assert_eq!(measure(&text, &LengthRule::V3).weighted_length, weighted_length(&text));
        }
    }
}
