//! What the patterns ask of a character.

use std::sync::LazyLock;

use regex_syntax::hir::{Class as HirClass, HirKind};

/// A class of characters, one bit: several together are a mask. Every code point is in exactly one.
pub(super) type Class = u8;

/// None of the others: punctuation, symbols, controls, what is not assigned.
pub(super) const OTHER: Class = 1 << 0;
/// `\p{M}`.
pub(super) const MARK: Class = 1 << 1;
/// `[\p{Lu}\p{Lt}]`.
pub(super) const UPPER: Class = 1 << 2;
/// `\p{Ll}`.
pub(super) const LOWER: Class = 1 << 3;
/// `[\p{Lm}\p{Lo}]`.
pub(super) const CASELESS: Class = 1 << 4;
/// `\p{N}`.
pub(super) const NUMBER: Class = 1 << 5;
/// `\s`, but for the line ends.
pub(super) const SPACE: Class = 1 << 6;
/// `[\r\n]`.
pub(super) const NEWLINE: Class = 1 << 7;

/// `\p{L}`.
pub(super) const LETTER: Class = UPPER | LOWER | CASELESS;
/// `\s`.
pub(super) const WHITE: Class = SPACE | NEWLINE;

/// What each class is, as `regex-syntax` knows it; a code point that none of them has is [`OTHER`].
const CONTENTS: [(&str, Class); 6] = [
    (r"\p{M}", MARK),
    (r"[\p{Lu}\p{Lt}]", UPPER),
    (r"\p{Ll}", LOWER),
    (r"[\p{Lm}\p{Lo}]", CASELESS),
    (r"\p{N}", NUMBER),
    (r"\s", SPACE),
];

/// Code points of a block.
const BLOCK: usize = 64;
const BLOCKS: usize = 0x11_0000 / BLOCK;

/// The class of every code point: equal blocks of 64 are kept once.
pub(super) struct Classes {
    pub(super) places: Vec<u16>,
    pub(super) blocks: Vec<[Class; BLOCK]>,
    ascii: [Class; 128],
}

static CLASSES: LazyLock<Classes> = LazyLock::new(Classes::new);

impl Classes {
    /// The table, made when it is first asked for.
    pub(super) fn get() -> &'static Self {
        &CLASSES
    }

    fn new() -> Self {
        let mut classes = vec![OTHER; 0x11_0000];
        for (pattern, class) in CONTENTS {
            for (first, last) in ranges(pattern) {
                classes[first as usize..=last as usize].fill(class);
            }
        }
        classes[usize::from(b'\r')] = NEWLINE;
        classes[usize::from(b'\n')] = NEWLINE;

        let mut places = Vec::with_capacity(BLOCKS);
        let mut blocks: Vec<[Class; BLOCK]> = Vec::new();
        let (chunks, _) = classes.as_chunks::<BLOCK>();
        for block in chunks {
            let at = blocks.iter().position(|known| known == block).unwrap_or_else(|| {
                blocks.push(*block);
                blocks.len() - 1
            });
            places.push(at as u16);
        }
        let mut ascii = [OTHER; 128];
        ascii.copy_from_slice(&classes[..128]);
        Self { places, blocks, ascii }
    }

    /// The class of an ASCII byte.
    #[inline]
    pub(super) fn of_ascii(&self, byte: u8) -> Class {
        self.ascii[usize::from(byte & 0x7F)]
    }

    /// The class of a code point.
    #[inline]
    pub(super) fn of(&self, point: u32) -> Class {
        let place = self.places.get(point as usize / BLOCK).copied().unwrap_or_default();
        self.blocks.get(usize::from(place)).map_or(OTHER, |block| block[point as usize % BLOCK])
    }
}

/// First and last code points of the ranges of a class.
fn ranges(pattern: &str) -> Vec<(u32, u32)> {
    let kind = regex_syntax::parse(pattern).map(regex_syntax::hir::Hir::into_kind);
    let Ok(HirKind::Class(HirClass::Unicode(class))) = kind else {
        unreachable!("{pattern} is a class of code points")
    };
    class.ranges().iter().map(|range| (u32::from(range.start()), u32::from(range.end()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_in_the_class_that_unicode_puts_them_in() {
        let classes = Classes::get();
        for (character, class) in [
            ('a', LOWER),
            ('Z', UPPER),
            ('7', NUMBER),
            ('²', NUMBER),
            (' ', SPACE),
            ('\u{b}', SPACE),
            ('\u{85}', SPACE),
            ('\u{3000}', SPACE),
            ('\u{200b}', OTHER),
            ('\n', NEWLINE),
            ('\r', NEWLINE),
            ('!', OTHER),
            ('ſ', LOWER),
            ('ǅ', UPPER),
            ('ʰ', CASELESS),
            ('中', CASELESS),
            ('\u{301}', MARK),
            ('\u{e0100}', MARK),
            ('😀', OTHER),
            ('\u{10ffff}', OTHER),
        ] {
            assert_eq!(classes.of(u32::from(character)), class, "{character:?}");
        }
    }

    /// As tiktoken 0.14 and tokenizers 0.23 count them, by Unicode 16: a later version would cut some words otherwise.
    #[test]
    fn classes_are_as_large_as_the_references_have_them() {
        let classes = Classes::get();
        let size = |mask: Class| (0..0x11_0000).filter(|point| classes.of(*point) & mask != 0).count();
        assert_eq!(
            [LETTER, LOWER, UPPER, CASELESS, NUMBER, MARK, WHITE].map(size),
            [141_028, 2_258, 1_889, 136_881, 1_911, 2_501, 25]
        );
    }

    #[test]
    fn every_code_point_is_in_one_class() {
        let classes = Classes::get();
        for point in 0..0x11_0000 {
            assert_eq!(classes.of(point).count_ones(), 1, "U+{point:04X}");
            if let Ok(byte @ 0..128) = u8::try_from(point) {
                assert_eq!(classes.of_ascii(byte), classes.of(point), "U+{point:04X}");
            }
        }
    }
}
