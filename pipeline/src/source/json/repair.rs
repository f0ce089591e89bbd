//! Second chances for a damaged line: what can be put right without guessing.

use std::borrow::Cow;

/// `line` with what JSON or Rust strings can't hold replaced, or `None` when there is no such thing:
///
/// - invalid UTF-8 becomes U+FFFD,
/// - control characters inside strings are escaped,
/// - NUL bytes outside strings, which crashed writers leave behind, become spaces.
///
/// Whether the result is JSON is for the parser to say.
pub(crate) fn repaired(line: &[u8]) -> Option<Vec<u8>> {
    let utf8 = String::from_utf8_lossy(line);
    let mut changed = matches!(utf8, Cow::Owned(_));
    let mut output = Vec::with_capacity(utf8.len() + 16);
    let mut rest = utf8.as_bytes();
    let mut in_string = false;
    while let Some((&byte, after)) = rest.split_first() {
        let mut used = 1;
        match byte {
            b'"' => in_string = !in_string,
            b'\\' if in_string => used = 2,
            0..0x20 if in_string => {
                output.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
                changed = true;
                rest = after;
                continue;
            }
            0 => {
                output.push(b' ');
                changed = true;
                rest = after;
                continue;
            }
            _ => {}
        }
        let (kept, after) = rest.split_at(used.min(rest.len()));
        output.extend_from_slice(kept);
        rest = after;
    }
    changed.then_some(output)
}

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    // `from_str_radix` alone would also take a sign.
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// The bytes spelled by a Python `b'…'` literal, or `None` when `line` isn't one.
///
/// Whole archives of these exist: someone printed `bytes` instead of writing them. A literal without
/// its closing quote is read as far as it goes: the line may have been cut.
pub(crate) fn python_bytes(line: &[u8]) -> Option<Vec<u8>> {
    let (&quote, mut rest) = line.strip_prefix(b"b")?.split_first()?;
    if quote != b'\'' && quote != b'"' {
        return None;
    }
    let mut output = Vec::with_capacity(rest.len());
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == quote {
            return rest.iter().all(u8::is_ascii_whitespace).then_some(output);
        }
        if byte != b'\\' {
            output.push(byte);
            continue;
        }
        let Some((&escaped, after)) = rest.split_first() else { break };
        rest = after;
        match escaped {
            b'n' => output.push(b'\n'),
            b'r' => output.push(b'\r'),
            b't' => output.push(b'\t'),
            b'\\' | b'\'' | b'"' => output.push(escaped),
            b'x' => {
                let (digits, after) = rest.split_at(rest.len().min(2));
                rest = after;
                output.push(hexadecimal(digits)?);
            }
            _ => return None,
        }
    }
    Some(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repaired_text(line: &[u8]) -> Option<String> {
        repaired(line).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    #[test]
    fn a_sound_line_needs_nothing() {
        assert_eq!(repaired(br#"{"a":"\ud83d\ude00 \\ud800 \" \n","b":[1]}"#), None);
    }

    #[test]
    fn each_kind_of_damage_costs_one_character() {
        assert_eq!(repaired_text(b"{\"a\":\"x\xFFy\"}").as_deref(), Some("{\"a\":\"x\u{FFFD}y\"}"));
        assert_eq!(repaired_text(b"\0{\"a\":\"x\0\ty\"}").as_deref(), Some(r#" {"a":"x\u0000\u0009y"}"#));
    }

    #[test]
    fn unfinished_escapes_do_no_harm() {
        for line in [&b"{\"a\":\"\\"[..], b"{\"a\":\"\\u12", b"\"\\ud800", b"\"\\ud800\\u"] {
            repaired(line);
        }
    }

    #[test]
    fn python_literals_are_spelled_out() {
        assert_eq!(
            python_bytes(br#"b'{"a":"\\u00e9 \xc3\xa9 it\'s"}\r\n'"#).as_deref(),
            Some("{\"a\":\"\\u00e9 é it's\"}\r\n".as_bytes())
        );
        assert_eq!(python_bytes(br#"b"it's" "#).as_deref(), Some(&b"it's"[..]));
        assert_eq!(python_bytes(br#"b'{"a"#).as_deref(), Some(&br#"{"a"#[..]));
        for other in [&b"body { color: red }"[..], b"b", b"b'a' + b'b'", br"b'\q'", br"b'\xg0'", br"b'\x+1'"]
        {
            assert_eq!(python_bytes(other), None, "{}", String::from_utf8_lossy(other));
        }
    }
}
