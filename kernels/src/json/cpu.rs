//! The plain body: one byte after the other.

use super::Faults;

/// Appends the positions of the tokens of `text` to `positions`: see [`super`].
pub fn find(text: &[u8], positions: &mut Vec<u32>) -> Faults {
    let mut faults = Faults::default();
    let mut last = Last::Start;
    let mut in_word = false;
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let position = at as u32;
        at += 1;
        let was_in_word = std::mem::replace(&mut in_word, false);
        let values_end = matches!(last, Last::String | Last::OtherValue);
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {}
            b',' => {
                faults.order |= !values_end;
                last = Last::Separator;
            }
            b':' => {
                faults.order |= last != Last::String;
                last = Last::Separator;
            }
            b'{' | b'[' => {
                positions.push(position);
                faults.order |= values_end;
                last = Last::Opening;
            }
            b'}' | b']' => {
                positions.push(position);
                faults.order |= !(values_end || last == Last::Opening);
                last = Last::OtherValue;
            }
            b'"' => {
                positions.push(position);
                faults.order |= values_end;
                let Some(closing) = string(text, at, &mut faults) else {
                    faults.open_string = true;
                    return faults;
                };
                at = closing + 1;
                last = Last::String;
            }
            _ => {
                if !was_in_word {
                    positions.push(position);
                    faults.order |= values_end;
                }
                in_word = true;
                last = Last::OtherValue;
                // As inside strings, a backslash takes a quote or another backslash along.
                if byte == b'\\' && matches!(text.get(at), Some(b'"' | b'\\')) {
                    at += 1;
                }
            }
        }
    }
    faults
}

/// What stood last outside strings, white space passed over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Start,
    /// A comma or a colon.
    Separator,
    Opening,
    String,
    /// A word or a closing bracket.
    OtherValue,
}

/// The closing quote of the string whose inside starts at `at`; none where the text ends first.
fn string(text: &[u8], mut at: usize, faults: &mut Faults) -> Option<usize> {
    loop {
        match *text.get(at)? {
            b'"' => return Some(at),
            b'\\' => {
                match text.get(at + 1) {
                    Some(b'u') => {
                        let digits = text.get(at + 2..).unwrap_or_default();
                        faults.escape |= !digits.iter().take(4).all(u8::is_ascii_hexdigit);
                    }
                    Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') | None => {}
                    Some(byte) => {
                        faults.escape = true;
                        faults.control |= *byte < 0x20;
                    }
                }
                at += 2;
            }
            byte => {
                faults.control |= byte < 0x20;
                at += 1;
            }
        }
    }
}
