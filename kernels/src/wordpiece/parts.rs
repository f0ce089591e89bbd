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

#[cfg(test)]
mod tests {
    use xxhash_rust::xxh3::Xxh3;

    use super::*;

    fn normalizers() -> impl Iterator<Item = Normalizer> {
        let flags = [(false, false), (false, true), (true, false), (true, true)];
        flags.into_iter().map(|(strip_accents, lowercase)| Normalizer {
            clean_text: lowercase,
            handle_chinese_chars: lowercase,
            strip_accents: Some(strip_accents),
            lowercase,
        })
    }

    /// Room for ids is made by the bytes of a text.
    #[test]
    fn nothing_becomes_more_characters_than_it_has_bytes() {
        for normalizer in normalizers() {
            for point in (0..0x3_0000).filter_map(char::from_u32) {
                let parts = normalizer.parts(point);
                let characters = parts.iter().filter(|part| !matches!(part, Part::Gap | Part::Bar)).count();
                assert!(characters <= point.len_utf8(), "{point:?}");
            }
        }
    }

    /// As `tokenizers` 0.23.2 has it: later versions of Unicode or of the crates that know it may add nothing.
    #[test]
    fn what_each_code_point_becomes_is_for_ever() {
        let mut digests = Vec::new();
        for normalizer in normalizers() {
            let mut digest = Xxh3::new();
            for point in (0..0x3_0000).chain(0xE_0000..0xE_1000).filter_map(char::from_u32) {
                for part in normalizer.parts(point) {
                    let (kind, letter, class) = match part {
                        Part::Gap => (0, '\0', 0),
                        Part::Alone(alone) => (1, alone, 0),
                        Part::Letter(letter) => (2, letter, 0),
                        Part::Mark(mark, class) => (3, mark, class),
                        Part::Bar => (4, '\0', 0),
                    };
                    digest.update(&[kind, class]);
                    digest.update(&u32::from(letter).to_le_bytes());
                }
                digest.update(&[u8::MAX]);
            }
            digests.push(digest.digest());
        }
        assert_eq!(
            digests,
            [
                9_188_666_477_197_901_029,
                7_672_297_662_615_487_628,
                8_485_984_567_852_357_319,
                2_231_248_182_816_512_132
            ]
        );
    }
}
