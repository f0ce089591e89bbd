//! Hashtags: `#` or `＃` and the letters, marks, digits and underscores after it, at least one of them
//! a letter or mark. Some punctuation that belongs to words of one script or another counts as a letter
//! would, but is none: `#il·lusió` is a hashtag, `#1_2` isn't.
//!
//! The sign must not follow a letter, a digit or `&` (`&#39;` is an entity of HTML); after an emoji it
//! may stand. A hashtag is none if another sign or `://` follows.

use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};

use super::characters::{char_at, char_before, has_at};
use super::sign::Sign;
use super::{Hashtag, Span};

/// The hashtags of `text`, in order, also those inside URLs (`http://x.org/#top`): see
/// [`hashtags_outside_urls`](super::hashtags_outside_urls).
pub fn hashtags(text: &str) -> Hashtags<'_> {
    Hashtags { text, at: 0 }
}

/// Iterator over the hashtags of one text.
#[derive(Clone, Debug)]
pub struct Hashtags<'t> {
    text: &'t str,
    at: usize,
}

impl Iterator for Hashtags<'_> {
    type Item = Hashtag;

    fn next(&mut self) -> Option<Hashtag> {
        while let Some(sign) = Sign::Hash.next(self.text, self.at) {
            self.at = sign.end;
            if !may_begin_at(self.text, sign.start) {
                continue;
            }
            let Some(tag) = tag_at(self.text, sign.end) else { continue };
            self.at = tag.end;
            if may_end_at(self.text, tag.end) {
                return Some(Hashtag { span: Span { start: sign.start, end: tag.end }, tag });
            }
        }
        self.at = self.text.len();
        None
    }
}

/// Whether all of `text` is one hashtag, sign included.
pub fn is_hashtag(text: &str) -> bool {
    hashtags(text).next().is_some_and(|hashtag| hashtag.span.is_all_of(text))
}

/// The word behind a sign, if it is one with a letter.
fn tag_at(text: &str, start: usize) -> Option<Span> {
    let rest = text.get(start..)?;
    // An emoji: the sign in a box (U+20E3) or in colours (U+FE0F). Both are marks.
    if rest.starts_with(['\u{fe0f}', '\u{20e3}']) {
        return None;
    }
    let mut has_letter = false;
    let mut end = text.len();
    for (offset, character) in rest.char_indices() {
        match part(character) {
            Part::Letter => has_letter = true,
            Part::Joiner => {}
            Part::Other => {
                end = start + offset;
                break;
            }
        }
    }
    has_letter.then_some(Span { start, end })
}

/// What a character is to a hashtag.
enum Part {
    /// A letter or mark: one of these makes a tag.
    Letter,
    /// A digit, or punctuation inside words.
    Joiner,
    Other,
}

fn part(character: char) -> Part {
    if character.is_ascii() {
        return match character {
            'a'..='z' | 'A'..='Z' => Part::Letter,
            '0'..='9' | '_' => Part::Joiner,
            _ => Part::Other,
        };
    }
    if is_word_punctuation(character) {
        return Part::Joiner;
    }
    let category = CodePointMapData::<GeneralCategory>::new().get(character);
    if GeneralCategoryGroup::Letter.contains(category) || GeneralCategoryGroup::Mark.contains(category) {
        Part::Letter
    } else if category == GeneralCategory::DecimalNumber {
        Part::Joiner
    } else {
        Part::Other
    }
}

/// The joiners of Persian and Sinhala, a Cyrillic combining sign, Hebrew points, wave dashes, Japanese
/// voice, middle and ditto marks, Tibetan marks and the Catalan middle dot.
fn is_word_punctuation(character: char) -> bool {
    matches!(
        character,
        '\u{b7}'
            | '\u{5be}'
            | '\u{5f3}'
            | '\u{5f4}'
            | '\u{f0b}'
            | '\u{f0c}'
            | '\u{200c}'
            | '\u{200d}'
            | '\u{3003}'
            | '\u{301c}'
            | '\u{309b}'
            | '\u{309c}'
            | '\u{30a0}'
            | '\u{30fb}'
            | '\u{a67e}'
            | '\u{ff5e}'
    )
}

fn may_begin_at(text: &str, at: usize) -> bool {
    match char_before(text, at) {
        // The selectors are marks, but end an emoji.
        None | Some('\u{fe0e}' | '\u{fe0f}') => true,
        Some('&') => false,
        Some(before) => matches!(part(before), Part::Other),
    }
}

fn may_end_at(text: &str, at: usize) -> bool {
    !has_at(text, at, "://") && char_at(text, at).is_none_or(|after| !Sign::Hash.is(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(text: &str) -> Vec<&str> {
        hashtags(text).map(|hashtag| hashtag.tag.of(text)).collect()
    }

    #[test]
    fn tags_of_many_scripts() {
        assert_eq!(tags("#a1 #1a #12 ＃日本語。#트위터!"), ["a1", "1a", "日本語", "트위터"]);
        assert_eq!(tags("#\u{20021} #il·lusió #_ #〃"), ["\u{20021}", "il·lusió"]);
    }

    #[test]
    fn a_sign_after_a_letter_or_in_html_begins_nothing() {
        assert_eq!(tags("a#b 日#本 &#nbsp; ✌\u{fe0f}#c #d#e #f://x"), ["c"]);
        assert_eq!(tags("#\u{fe0f}a #\u{20e3}a"), [""; 0]);
    }
}
