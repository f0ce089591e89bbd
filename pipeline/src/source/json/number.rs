//! Numbers as JSON writes them.

use super::Scalar;

/// How many digits `text` starts with.
#[inline]
pub(super) fn count_digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// The number that `text` starts with, and how many bytes it takes.
#[inline]
pub(super) fn number(text: &[u8]) -> Option<(Scalar<'static>, usize)> {
    let sign = usize::from(text.first() == Some(&b'-'));
    let mut value = 0_u64;
    let mut end = sign;
    while let Some(digit @ b'0'..=b'9') = text.get(end) {
        // 19 digits fit; what more would make of it is not used.
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
        end += 1;
    }
    let digits = end - sign;
    if digits == 0 || (digits > 1 && text.get(sign) == Some(&b'0')) {
        return None;
    }
    if matches!(text.get(end), Some(b'.' | b'e' | b'E')) {
        return Some((Scalar::OtherNumber, fraction_end(text, end)?));
    }
    let value = match (digits, sign) {
        (20.., _) => None,
        (_, 0) => i64::try_from(value).ok(),
        // The zero that JSON can write and integers lack.
        _ if value == 0 => None,
        _ => 0_i64.checked_sub_unsigned(value),
    };
    Some((value.map_or(Scalar::OtherNumber, Scalar::Integer), end))
}

/// Where the fraction and the exponent end that start at `end`.
fn fraction_end(text: &[u8], mut end: usize) -> Option<usize> {
    let digits_end = |start: usize| {
        let digits = count_digits(text.get(start..)?);
        (digits > 0).then_some(start + digits)
    };
    if text.get(end) == Some(&b'.') {
        end = digits_end(end + 1)?;
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        end += 1 + usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        end = digits_end(end)?;
    }
    Some(end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_exact_within_64_bits() {
        for (text, value) in [
            ("0", Scalar::Integer(0)),
            ("-7", Scalar::Integer(-7)),
            ("9223372036854775807", Scalar::Integer(i64::MAX)),
            ("-9223372036854775808", Scalar::Integer(i64::MIN)),
            ("9223372036854775808", Scalar::OtherNumber),
            ("-9223372036854775809", Scalar::OtherNumber),
            ("9999999999999999999", Scalar::OtherNumber),
            ("18446744073709551617", Scalar::OtherNumber),
            ("99999999999999999999999", Scalar::OtherNumber),
            ("-0", Scalar::OtherNumber),
            ("1.5", Scalar::OtherNumber),
            ("1e400", Scalar::OtherNumber),
            ("1E-7", Scalar::OtherNumber),
        ] {
            assert_eq!(number(text.as_bytes()), Some((value, text.len())), "{text}");
        }
        for text in ["01", "+1", ".5", "1.x", "1e", "--1", "١", "-", ""] {
            assert_eq!(number(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn integers_read_as_they_are_written(value in any::<i64>(), shift in 0..64, after in "[,} ]?") {
            let value = value >> shift;
            let text = format!("{value}{after}");
            let expected = Some((Scalar::Integer(value), text.len() - after.len()));
            prop_assert_eq!(number(text.as_bytes()), expected);
        }
    }
}
