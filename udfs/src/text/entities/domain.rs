//! Domain names: dot-separated labels that end in a top-level domain.
//!
//! ```text
//! sub_domain.my-site.co.jp
//! ────┬───── ───┬─── ─┬ ┬
//!     │         │     │ └ top-level domain: from the table, or xn--…
//!     │         └─────┴── label before it: letters, digits, inner hyphens
//!     └────────────────── labels further left: inner underscores too
//! ```

use super::characters::{byte_at, char_at, is_directional, is_invalid, is_latin_accent, is_space};
use super::tld::end_of_tld;

/// Longest label, in bytes of its Punycode.
const LONGEST_LABEL: usize = 63;

/// What labels are made of, besides inner hyphens and underscores.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// ASCII letters and digits and accented Latin letters: all that makes a domain without `http://`.
    Latin,
    /// All but ASCII punctuation, General Punctuation, controls and spaces, so `http://✪df.ws` too.
    Unicode,
}

impl Alphabet {
    pub(super) fn holds(self, character: char) -> bool {
        if character.is_ascii() {
            return character.is_ascii_alphanumeric();
        }
        match self {
            Self::Latin => is_latin_accent(character),
            Self::Unicode => {
                !matches!(character, '\u{80}'..='\u{9f}' | '\u{2000}'..='\u{206f}')
                    && !is_space(character)
                    && !is_directional(character)
                    && !is_invalid(character)
            }
        }
    }
}

/// What was found where a domain name could begin.
pub(super) struct Domain {
    /// Where the longest domain name that begins there ends.
    pub(super) end: Option<usize>,
    /// How far the text was read to know; at least to `end`.
    pub(super) read_to: usize,
}

/// Reads the longest domain name that begins at byte `start`.
pub(super) fn domain_at(text: &str, start: usize, alphabet: Alphabet) -> Domain {
    let mut domain = Domain { end: None, read_to: start };
    loop {
        let label = label_at(text, domain.read_to, alphabet);
        domain.read_to = domain.read_to.max(label.end);
        if !label.is_well_formed || byte_at(text, label.end) != Some(b'.') {
            return domain;
        }
        domain.read_to = label.end + 1;
        if !label.has_underscore
            && let Some(end) = end_of_tld(text, domain.read_to)
        {
            domain.end = Some(end);
        }
    }
}

struct Label {
    end: usize,
    /// Not empty, and begins and ends with a character of the alphabet.
    is_well_formed: bool,
    has_underscore: bool,
}

fn label_at(text: &str, start: usize, alphabet: Alphabet) -> Label {
    let mut label = Label { end: start, is_well_formed: false, has_underscore: false };
    let mut ends_well = false;
    while let Some(byte) = byte_at(text, label.end) {
        let length = match byte {
            b'-' | b'_' => {
                // One that begins badly is none, so its end doesn't matter.
                if label.end == start {
                    return label;
                }
                label.has_underscore |= byte == b'_';
                ends_well = false;
                label.end += 1;
                continue;
            }
            0..0x80 => usize::from(byte.is_ascii_alphanumeric()),
            _ => char_at(text, label.end)
                .filter(|character| alphabet.holds(*character))
                .map_or(0, char::len_utf8),
        };
        if length == 0 {
            break;
        }
        ends_well = true;
        label.end += length;
    }
    label.is_well_formed = ends_well;
    label
}

/// Whether each label of `domain`, a well-formed one, can be looked up: at most 63 bytes long in
/// Punycode, and not half in Punycode.
pub(super) fn can_be_looked_up(domain: &str) -> bool {
    domain.split('.').all(|label| {
        if label.is_ascii() {
            return label.len() <= LONGEST_LABEL;
        }
        let is_half_encoded = label.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("xn--"));
        !is_half_encoded && punycode_length(label).is_some_and(|length| length <= LONGEST_LABEL)
    })
}

/// The length in bytes of `label` in Punycode (RFC 3492) with its `xn--`, as written: case and width
/// aren't folded. `None` if it has more characters than a label can.
fn punycode_length(label: &str) -> Option<usize> {
    // Each character costs at least a byte, so these are all that have to be encoded.
    let mut code_points = [0_u32; LONGEST_LABEL];
    let mut count = 0;
    for character in label.chars() {
        *code_points.get_mut(count)? = u32::from(character);
        count += 1;
    }
    let code_points = code_points.get(..count)?;
    let ascii = code_points.iter().filter(|code_point| **code_point < 0x80).count();
    // The ASCII characters stand in front, set off by a hyphen.
    let mut length = "xn--".len() + ascii + usize::from(ascii > 0);

    // The rest are inserted in order of code point; `delta` counts the steps between insertions.
    let (mut handled, mut delta, mut bias, mut smallest) = (ascii as u32, 0_u32, 72_u32, 0x80_u32);
    while (handled as usize) < count {
        let next = code_points.iter().copied().filter(|code_point| *code_point >= smallest).min()?;
        delta += (next - smallest) * (handled + 1);
        for code_point in code_points {
            if *code_point < next {
                delta += 1;
            } else if *code_point == next {
                length += digits(delta, bias);
                bias = adapted_bias(delta, handled + 1, handled == ascii as u32);
                delta = 0;
                handled += 1;
            }
        }
        delta += 1;
        smallest = next + 1;
    }
    Some(length)
}

/// How many digits of base 36 the variable-length number `delta` has.
fn digits(mut delta: u32, bias: u32) -> usize {
    let mut digits = 1;
    let mut step = 36;
    loop {
        let threshold = step_threshold(step, bias);
        if delta < threshold {
            return digits;
        }
        delta = (delta - threshold) / (36 - threshold);
        digits += 1;
        step += 36;
    }
}

fn step_threshold(step: u32, bias: u32) -> u32 {
    step.saturating_sub(bias).clamp(1, 26)
}

fn adapted_bias(delta: u32, count: u32, is_first: bool) -> u32 {
    let mut delta = if is_first { delta / 700 } else { delta / 2 };
    delta += delta / count;
    let mut steps = 0;
    while delta > (36 - 1) * 26 / 2 {
        delta /= 36 - 1;
        steps += 36;
    }
    steps + 36 * delta / (delta + 38)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, alphabet: Alphabet) -> Option<&str> {
        domain_at(text, 0, alphabet).end.and_then(|end| text.get(..end))
    }

    #[test]
    fn the_longest_domain_is_read() {
        assert_eq!(read("foo.co.jp!", Alphabet::Latin), Some("foo.co.jp"));
        assert_eq!(read("foo.com.example1", Alphabet::Latin), Some("foo.com"));
        assert_eq!(read("example.comだよね.comtest", Alphabet::Unicode), Some("example.com"));
        assert_eq!(read("あ-あ.com", Alphabet::Unicode), Some("あ-あ.com"));
        assert_eq!(read("あ.com", Alphabet::Latin), None);
    }

    #[test]
    fn underscores_and_hyphens_stand_inside_labels_only() {
        assert_eq!(read("a_b.c-d.com", Alphabet::Latin), Some("a_b.c-d.com"));
        for text in ["a_b.com", "_a.b.com", "a_.b.com", "-a.com", "a-.com", "a..com", ".com", "a"] {
            assert_eq!(read(text, Alphabet::Unicode), None, "{text}");
        }
    }

    /// Lengths from Python's `punycode` codec.
    #[test]
    fn punycode_lengths() {
        for (label, length) in [
            ("bücher", 13),
            ("みんな", 11),
            ("中国", 10),
            ("☃", 7),
            ("exampleこれは日本語です", 36),
            ("ü", 7),
        ] {
            assert_eq!(punycode_length(label), Some(length), "{label}");
        }
        assert_eq!(punycode_length(&"あ".repeat(64)), None);
    }

    #[test]
    fn labels_that_cannot_be_looked_up() {
        assert!(can_be_looked_up(&format!("{}.com", "a".repeat(63))));
        assert!(!can_be_looked_up(&format!("{}.com", "a".repeat(64))));
        assert!(!can_be_looked_up("xn--はじめよう.com"));
    }
}
