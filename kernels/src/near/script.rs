//! Scripts in which few code points say much.

use std::ops::RangeInclusive;

/// Blocks of Unicode whose words are one to three code points long.
///
/// Han, Kana, Bopomofo, Hangul and Yi, each sign of which is a syllable or a word; Thai, and like it Lao, Khmer and Myanmar,
/// which write no spaces between words and whose words are short. Whole blocks, later extensions included, so that the
/// answer depends on no version of Unicode. Tibetan isn't among them: its syllables are four signs and more.
pub(super) const DENSE: [RangeInclusive<u32>; 10] = [
    0x0E00..=0x0EFF,   // Thai, Lao
    0x1000..=0x109F,   // Myanmar
    0x1100..=0x11FF,   // Hangul jamo
    0x1780..=0x17FF,   // Khmer
    0x2E80..=0xA4CF,   // radicals, Kana, Bopomofo, compatibility jamo, Han, Yi
    0xA960..=0xA97F,   // Hangul jamo, extended A
    0xAC00..=0xD7FF,   // Hangul syllables, jamo extended B
    0xF900..=0xFAFF,   // compatibility ideographs
    0x1AFF0..=0x1B16F, // Kana extensions
    0x20000..=0x3FFFF, // the planes of Han
];

/// Below this no script is dense.
pub(super) const FIRST_DENSE: u32 = 0x0E00;

/// Whether `code_point` belongs to a script in which few code points say much.
pub fn is_dense(code_point: u32) -> bool {
    code_point >= FIRST_DENSE && DENSE.iter().any(|block| block.contains(&code_point))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dense_scripts_are_told_from_alphabets() {
        for text in ["漢字", "かなカナ", "한글", "ไทย", "ລາວ", "ខ្មែរ", "မြန်မာ", "ㄅㄆ", "𠮷"]
        {
            assert!(text.chars().all(|character| is_dense(character.into())), "{text}");
        }
        for text in
            ["latin é", "Ελληνικά", "русский", "العربية", "עברית", "हिन्दी", "ქართული", "አማርኛ", "བོད", "0９"]
        {
            assert!(text.chars().all(|character| !is_dense(character.into())), "{text}");
        }
    }
}
