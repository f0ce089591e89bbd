//! Emoji sequences, which readers see as one picture (UTS #51).
//!
//! ```text
//! flag       🇳 🇱                        two regional indicators
//! keycap     1 (U+FE0F) U+20E3
//! element    👍 (U+FE0F or a skin tone)  and, for flags of regions, tags up to U+E007F
//! sequence   element (U+200D element)*
//! ```
//!
//! Any such sequence is one emoji, drawn as one or not: which ones fonts have changes every year. What is
//! followed by U+FE0E is text. `©` and `®` are emoji only with U+FE0F.

use icu_properties::CodePointSetData;
use icu_properties::props::{Emoji, EmojiModifier, EmojiModifierBase};

const TEXT_STYLE: char = '\u{fe0e}';
const EMOJI_STYLE: char = '\u{fe0f}';
const JOINER: char = '\u{200d}';
const KEYCAP: char = '\u{20e3}';
const LAST_TAG: char = '\u{e007f}';

/// The length in bytes of the emoji that `text` begins with, if it does with one.
pub fn emoji_length(text: &str) -> Option<usize> {
    let mut characters = text.chars();
    let first = characters.next()?;
    after_emoji(first, characters.as_str()).map(|rest| text.len() - rest.len())
}

/// What follows the emoji that begins with `first` and goes on in `after`, if one does.
#[inline]
pub(super) fn after_emoji(first: char, after: &str) -> Option<&str> {
    let may_begin = matches!(first, '#' | '*' | '0'..='9' | '©' | '®') || may_be_emoji(first);
    if may_begin { after_candidate(first, after) } else { None }
}

fn after_candidate(first: char, after: &str) -> Option<&str> {
    match first {
        '#' | '*' | '0'..='9' => after.strip_prefix(EMOJI_STYLE).unwrap_or(after).strip_prefix(KEYCAP),
        '©' | '®' => after.strip_prefix(EMOJI_STYLE),
        _ if is_regional_indicator(first) => Some(after.strip_prefix(is_regional_indicator).unwrap_or(after)),
        _ => after_sequence(first, after),
    }
}

/// What follows the elements joined, of which the first begins with `first` and goes on in `after`.
fn after_sequence(first: char, after: &str) -> Option<&str> {
    let mut rest = after_element(first, after)?;
    while let Some(joined) = rest.strip_prefix(JOINER) {
        let mut characters = joined.chars();
        match characters.next().and_then(|first| after_element(first, characters.as_str())) {
            Some(after) => rest = after,
            None => break,
        }
    }
    Some(rest)
}

/// What follows `picture` with its style, skin tone and tags in `after`.
fn after_element(picture: char, after: &str) -> Option<&str> {
    if !is_emoji(picture) || after.starts_with(TEXT_STYLE) {
        return None;
    }
    let mut rest = after.strip_prefix(EMOJI_STYLE).unwrap_or(after);
    if CodePointSetData::new::<EmojiModifierBase>().contains(picture) {
        rest = rest.strip_prefix(is_skin_tone).unwrap_or(rest);
    }
    let tags = rest.trim_start_matches(is_tag);
    let tagged = if tags.len() < rest.len() { tags.strip_prefix(LAST_TAG) } else { None };
    Some(tagged.unwrap_or(rest))
}

fn is_tag(character: char) -> bool {
    matches!(character, '\u{e0020}'..='\u{e007e}')
}

fn is_emoji(character: char) -> bool {
    may_be_emoji(character) && CodePointSetData::new::<Emoji>().contains(character)
}

/// Whether `character` is in one of the few places where emoji are: looking it up is slow.
fn may_be_emoji(character: char) -> bool {
    matches!(character, '\u{203c}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

fn is_skin_tone(character: char) -> bool {
    CodePointSetData::new::<EmojiModifier>().contains(character)
}

fn is_regional_indicator(character: char) -> bool {
    matches!(character, '\u{1f1e6}'..='\u{1f1ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_picture_is_one_emoji() {
        for emoji in [
            "😀",
            "❤\u{fe0f}",
            "👍🏽",
            "👨‍👩‍👧‍👦",
            "👨‍🎤",
            "🇳🇱",
            "🇳",
            "1\u{20e3}",
            "#\u{fe0f}\u{20e3}",
            "©\u{fe0f}",
            "☺",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "🏳\u{fe0f}\u{200d}🌈",
            "🧕🏾",
        ] {
            assert_eq!(emoji_length(emoji), Some(emoji.len()), "{emoji}");
            assert_eq!(emoji_length(&format!("{emoji}x😀")), Some(emoji.len()), "{emoji}");
        }
    }

    #[test]
    fn every_emoji_is_looked_up() {
        for character in '\u{80}'..=char::MAX {
            let is_emoji = CodePointSetData::new::<Emoji>().contains(character);
            assert!(!is_emoji || matches!(character, '©' | '®') || may_be_emoji(character), "{character:?}");
        }
    }

    #[test]
    fn text_is_none() {
        for text in ["", "a", "1", "1\u{fe0f}", "©", "❤\u{fe0e}", "日", "\u{200d}😀"] {
            assert_eq!(emoji_length(text), None, "{text}");
        }
        assert_eq!(emoji_length("😀\u{200d}a"), Some(4));
    }
}
