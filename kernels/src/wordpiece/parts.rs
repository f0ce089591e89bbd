//! What a code point becomes.

use super::categories::{class, decompose, is_accent, is_chinese, is_control, is_punctuation};
use super::description::Normalizer;

/// A part of what a code point becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The end of a word.
    Gap,
    /// A word of its own.
    Alone(char),
    /// A character of a word.
    Letter(char),
    /// A character of a word that goes before those of higher classes that directly precede it; the class is not 0.
    Mark(char, u8),
    /// Nothing, but no mark goes before it: an accent of class 0, which is taken away after marks are put in order.
    Bar,
}

impl Part {
    /// The character that goes on a word, of a part that does nothing else.
    pub(super) fn letter(self) -> Option<char> {
        match self {
            Self::Letter(letter) => Some(letter),
            _ => None,
        }
    }
}

impl Normalizer {
    /// What `point` becomes, by itself: all that depends on its neighbours is the order of marks.
    pub(super) fn parts(self, point: char) -> Vec<Part> {
        let mut parts = Vec::new();
        if self.clean_text && is_cleaned(point) {
            return parts;
        }
        let is_chinese = self.handle_chinese_chars && is_chinese(point);
        if is_chinese {
            parts.push(Part::Gap);
        }
        if self.strips_accents() {
            decompose(point, |point| {
                if !is_accent(point) {
                    self.push(point, class(point), &mut parts);
                } else if class(point) == 0 {
                    parts.push(Part::Bar);
                }
            });
        } else {
            self.push(point, 0, &mut parts);
        }
        if is_chinese {
            parts.push(Part::Gap);
        }
        parts
    }

    fn push(self, point: char, class: u8, parts: &mut Vec<Part>) {
        let mut push = |point: char| {
            parts.push(if point.is_whitespace() {
                Part::Gap
            } else if is_punctuation(point) {
                Part::Alone(point)
            } else if class > 0 {
                Part::Mark(point, class)
            } else {
                Part::Letter(point)
            });
        };
        if self.lowercase {
            point.to_lowercase().for_each(push);
        } else {
            push(point);
        }
    }
}

/// Whether cleaning takes `point` away.
fn is_cleaned(point: char) -> bool {
    point == '\u{fffd}' || is_control(point) && !matches!(point, '\t' | '\n' | '\r')
}
