//! The alphabet that byte-level vocabularies are written in: one printable character for each byte.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The bytes that `text` spells; `None` where a character of it stands for no byte.
pub(super) fn spelt(text: &str) -> Option<Vec<u8>> {
    static BYTES: LazyLock<HashMap<char, u8>> =
        LazyLock::new(|| (0..=u8::MAX).map(|byte| (byte_letter(byte), byte)).collect());
    text.chars().map(|letter| BYTES.get(&letter).copied()).collect()
}

/// The character that stands for a byte: itself where it has a visible one in Latin-1, else the next from U+0100 on.
pub(crate) fn byte_letter(byte: u8) -> char {
    BYTE_LETTERS[usize::from(byte)]
}

const BYTE_LETTERS: [char; 256] = {
    let mut letters = ['\0'; 256];
    let (mut byte, mut next) = (0_u32, 0x100);
    while byte < 256 {
        let visible = matches!(byte, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff);
        let code = if visible { byte } else { next };
        if !visible {
            next += 1;
        }
        letters[byte as usize] = match char::from_u32(code) {
            Some(letter) => letter,
            None => '\0',
        };
        byte += 1;
    }
    letters
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_spelt_as_byte_level_vocabularies_spell_them() {
        let bytes = b" the\n\xc3\xa9\xad";
        assert_eq!(bytes.iter().map(|byte| byte_letter(*byte)).collect::<String>(), "ĠtheĊÃ©Ń");
        assert_eq!(spelt("ĠtheĊÃ©Ń"), Some(bytes.to_vec()));
        assert_eq!(spelt("a b"), None);
    }
}
