//! JSON bytes as the platform writes them: ASCII only, `\uXXXX` in lower case, `\/` for a slash.

/// Stands for half a surrogate pair: no text of ours holds this character, [`text`] writes it as `\ud83d`.
pub(super) const LONE_SURROGATE: char = '\u{fffd}';

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Appends JSON that is ready as it is.
pub(super) fn raw(out: &mut Vec<u8>, piece: &str) {
    out.extend_from_slice(piece.as_bytes());
}

/// Appends a number.
pub(super) fn int(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// Appends a number of two digits.
pub(super) fn two_digits(out: &mut Vec<u8>, value: u8) {
    out.push(b'0' + value / 10 % 10);
    out.push(b'0' + value % 10);
}

/// Appends `true` or `false`.
pub(super) fn boolean(out: &mut Vec<u8>, value: bool) {
    raw(out, if value { "true" } else { "false" });
}

/// Appends `value` escaped, without the quotes around it.
pub(super) fn text(out: &mut Vec<u8>, value: &str) {
    for character in value.chars() {
        match character {
            '"' => raw(out, "\\\""),
            '\\' => raw(out, "\\\\"),
            '/' => raw(out, "\\/"),
            '\n' => raw(out, "\\n"),
            '<' | '>' | '\0'..='\x1f' => unit(out, character as u16),
            ' '..='~' => out.push(character as u8),
            LONE_SURROGATE => raw(out, "\\ud83d"),
            _ => {
                let mut units = [0_u16; 2];
                for code in character.encode_utf16(&mut units) {
                    unit(out, *code);
                }
            }
        }
    }
}

/// Appends `"name":123,"name_str":"123"`.
pub(super) fn id_pair(out: &mut Vec<u8>, name: &str, id: i64) {
    out.push(b'"');
    raw(out, name);
    raw(out, "\":");
    int(out, id);
    raw(out, ",\"");
    raw(out, name);
    raw(out, "_str\":\"");
    int(out, id);
    out.push(b'"');
}

/// Appends `"name":null,"name_str":null`.
pub(super) fn null_pair(out: &mut Vec<u8>, name: &str) {
    out.push(b'"');
    raw(out, name);
    raw(out, "\":null,\"");
    raw(out, name);
    raw(out, "_str\":null");
}

/// Appends `count` characters that look like a random file name or short link, drawn from `seed`.
pub(super) fn token(out: &mut Vec<u8>, seed: u64, count: u32) {
    const LETTERS: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzaB";
    let mut bits = super::rng::mix(seed);
    for at in 0..count {
        if at == 10 {
            bits = super::rng::mix(bits ^ seed);
        }
        out.push(LETTERS[(bits & 63) as usize]);
        bits >>= 6;
    }
}

fn unit(out: &mut Vec<u8>, code: u16) {
    let digit = |shift: u16| HEX[usize::from(code >> shift & 15)];
    out.extend_from_slice(&[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn escaped(value: &str) -> String {
        let mut out = Vec::new();
        text(&mut out, value);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn text_is_escaped_as_the_platform_does() {
        assert_eq!(escaped("a\"b\\c/d\ne<é😂"), r#"a\"b\\c\/d\ne\u003c\u00e9\ud83d\ude02"#);
        assert_eq!(escaped("x\u{fffd}"), r"x\ud83d");
    }

    #[test]
    fn numbers_are_written_in_full() {
        for value in [0, 7, -12, i64::MAX, i64::MIN] {
            let mut out = Vec::new();
            int(&mut out, value);
            assert_eq!(String::from_utf8(out).unwrap(), value.to_string());
        }
    }
}
