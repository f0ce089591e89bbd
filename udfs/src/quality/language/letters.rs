//! What of a text tells its language: letters, without links, mentions and case.

use crate::text::entities::{Entity, entities};

/// The letters of `text` in lower case, one space between words.
pub(super) fn letters_of(text: &str) -> String {
    let mut letters = Letters { text: String::with_capacity(text.len()), gap: false };
    let mut from = 0;
    for entity in entities(text) {
        if matches!(entity, Entity::Mention(_) | Entity::Url(_)) {
            letters.add(text.get(from..entity.span().start).unwrap_or_default());
            letters.gap = true;
            from = entity.span().end;
        }
    }
    letters.add(text.get(from..).unwrap_or_default());
    letters.text
}

struct Letters {
    text: String,
    /// Something that is no letter came since the last one.
    gap: bool,
}

impl Letters {
    fn add(&mut self, text: &str) {
        for character in text.chars() {
            if !is_letter(character) {
                self.gap = true;
                continue;
            }
            if self.gap && !self.text.is_empty() {
                self.text.push(' ');
            }
            self.gap = false;
            if character.is_ascii() {
                self.text.push(character.to_ascii_lowercase());
            } else {
                self.text.extend(character.to_lowercase());
            }
        }
    }
}

/// Letters, the marks that belong to them, and the apostrophes inside words; no styled or enclosed letters,
/// which people use as ornaments.
fn is_letter(character: char) -> bool {
    let ornament = matches!(character, '\u{2000}'..='\u{2bff}' | '\u{1f000}'..='\u{1ffff}');
    let mark = matches!(character, '\'' | '\u{2019}' | '々' | '\u{300}'..='\u{36f}' | '\u{900}'..='\u{10ff}');
    mark || (character.is_alphabetic() && !ornament)
}
