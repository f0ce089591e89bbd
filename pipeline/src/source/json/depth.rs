//! How deep a line nests, without parsing it.

/// True when arrays and objects of `line` nest deeper than `limit`.
///
/// Nesting that deep takes that many opening brackets, and all but one line in 500 have fewer than
/// 128, brackets in strings included: counting them, many at a time, spares those lines the exact
/// scan. The scan also covers values that are skipped, for which `serde_json` has no limit.
pub(crate) fn exceeds(line: &[u8], limit: usize) -> bool {
    count_openers(line) > limit && scan(line, limit)
}

fn count_openers(line: &[u8]) -> usize {
    let mut total = 0;
    // Sums of a chunk fit u8, so the compiler adds 16 or 32 bytes at a time.
    for chunk in line.chunks(128) {
        let mut openers = 0_u8;
        for byte in chunk {
            // `[` is 0x5B and `{` is 0x7B: one bit apart.
            openers += u8::from(byte | 0x20 == b'{');
        }
        total += usize::from(openers);
    }
    total
}

fn scan(line: &[u8], limit: usize) -> bool {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut bytes = line.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => in_string = !in_string,
            b'\\' if in_string => {
                bytes.next();
            }
            _ if in_string => {}
            b'{' | b'[' => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_itself_is_allowed() {
        let nested = |depth: usize| [b"[".repeat(depth), b"]".repeat(depth)].concat();
        assert!(!exceeds(&nested(128), 128));
        assert!(exceeds(&nested(129), 128));
        assert!(exceeds(&b"[".repeat(200_000), 128));
    }

    #[test]
    fn breadth_and_brackets_in_strings_do_not_count() {
        assert!(!exceeds(&b"[],".repeat(1000), 128));
        assert!(!exceeds(&[b"\"\\\"", "[".repeat(1000).as_bytes(), b"\""].concat(), 128));
        assert!(exceeds(&[b"\"]]]\"".as_slice(), &b"{".repeat(129)].concat(), 128));
    }
}
