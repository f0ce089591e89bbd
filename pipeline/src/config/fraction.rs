//! Exact fractions from 0 to 1, as people write them: `0.5%`, `0.005`, `1%`.

use std::fmt;
use std::str::FromStr;

/// A fraction from 0 to 1, kept as an integer over a power of ten: no float ever decides a split.
///
/// Two ways to write one value are equal: `0.5%` is `0.005` is `0.50%`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fraction {
    /// At most `10^digits`; not a multiple of ten unless `digits` is 0.
    numerator: u64,
    /// At most 18, so that `10^digits` fits 64 bits.
    digits: u32,
}

/// The most digits after the point, percent included.
const MAX_DIGITS: usize = 18;

impl Fraction {
    /// `numerator` over a thousand, for defaults.
    pub(super) const fn per_mille(numerator: u64) -> Self {
        let (mut numerator, mut digits) = (numerator, 3);
        while digits > 0 && numerator.is_multiple_of(10) {
            numerator /= 10;
            digits -= 1;
        }
        Self { numerator, digits }
    }

    /// Numerator of the exact value.
    pub const fn numerator(self) -> u64 {
        self.numerator
    }

    /// Denominator of the exact value: a power of ten, at most 10^18.
    pub const fn denominator(self) -> u64 {
        10_u64.pow(self.digits)
    }

    /// `floor(fraction * 2^64)`, or `u64::MAX` for 1: a uniform 64-bit hash is below it that often.
    pub const fn threshold_u64(self) -> u64 {
        let threshold = ((self.numerator as u128) << 64) / self.denominator() as u128;
        if threshold > u64::MAX as u128 { u64::MAX } else { threshold as u64 }
    }

    /// True when `part` of `whole` is more than this fraction; nothing of nothing is not.
    pub const fn is_exceeded_by(self, part: u64, whole: u64) -> bool {
        part as u128 * self.denominator() as u128 > whole as u128 * self.numerator as u128
    }

    /// True when both together leave something over.
    pub const fn sum_is_below_one(self, other: Self) -> bool {
        let (a, b) = (self.denominator() as u128, other.denominator() as u128);
        self.numerator as u128 * b + other.numerator as u128 * a < a * b
    }
}

impl fmt::Display for Fraction {
    /// In percent, with no more digits than needed: `0.5%`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Percent shifts the point by two: `numerator * 100 / 10^digits`.
        let below = 10_u128.pow(self.digits);
        let percent = u128::from(self.numerator) * 100;
        let (whole, rest) = (percent / below, percent % below);
        if rest == 0 {
            return write!(f, "{whole}%");
        }
        let part = format!("{rest:0width$}", width = self.digits as usize);
        write!(f, "{whole}.{}%", part.trim_end_matches('0'))
    }
}

impl FromStr for Fraction {
    type Err = String;

    /// The error's second line is a hint.
    fn from_str(text: &str) -> Result<Self, String> {
        let refused =
            || Err(format!("`{text}` is not a fraction\nhint: write per cent or a decimal: 0.5%, 0.005"));
        let (number, percent) = match text.strip_suffix('%') {
            Some(number) => (number.trim_end(), true),
            None => (text, false),
        };
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        let digits_only = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits_only(whole) || !digits_only(part) || number.ends_with('.') {
            return if number
                .strip_prefix('-')
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            {
                out_of_range(text)
            } else {
                refused()
            };
        }
        let whole = whole.trim_start_matches('0');
        let part = part.trim_end_matches('0');
        let mut digits = part.len() + if percent { 2 } else { 0 };
        if digits > MAX_DIGITS {
            return Err(format!("`{text}` has too many digits\nhint: at most {MAX_DIGITS} after the point"));
        }
        if whole.len() > 3 {
            return out_of_range(text);
        }
        let Ok(mut numerator) = format!("0{whole}{part}").parse::<u128>() else {
            return refused();
        };
        if numerator > 10_u128.pow(digits as u32) {
            return out_of_range(text);
        }
        while digits > 0 && numerator.is_multiple_of(10) {
            numerator /= 10;
            digits -= 1;
        }
        Ok(Self { numerator: numerator as u64, digits: digits as u32 })
    }
}

fn out_of_range(text: &str) -> Result<Fraction, String> {
    Err(format!("{text} is out of range\nhint: allowed: 0% to 100%"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn fraction(text: &str) -> Fraction {
        text.parse().unwrap()
    }

    #[test]
    fn one_value_has_one_form() {
        for text in ["0.5%", "0.50%", "0.005", "0.00500", "00.5 %"] {
            assert_eq!(fraction(text), Fraction { numerator: 5, digits: 3 }, "{text}");
            assert_eq!(fraction(text).to_string(), "0.5%");
        }
        assert_eq!(fraction("0%"), Fraction::per_mille(0));
        assert_eq!(fraction("0.0"), Fraction::per_mille(0));
        assert_eq!(Fraction::per_mille(5), fraction("0.5%"));
        assert_eq!(Fraction::per_mille(10), fraction("1%"));
        for text in ["1%", "100%", "33.333333%", "0%", "12.5%", "0.0000000000000001%"] {
            assert_eq!(fraction(text).to_string(), text);
        }
        assert_eq!(fraction("1").to_string(), "100%");
    }

    #[test]
    fn thresholds_are_exact() {
        assert_eq!(fraction("0").threshold_u64(), 0);
        assert_eq!(fraction("50%").threshold_u64(), 1 << 63);
        assert_eq!(fraction("0.5%").threshold_u64(), 92_233_720_368_547_758); // floor(2^64 / 200)
        assert_eq!(fraction("1").threshold_u64(), u64::MAX);
        assert_eq!(fraction("0.999999999999999999").threshold_u64(), 18_446_744_073_709_551_597);
    }

    #[test]
    fn comparisons_are_exact() {
        assert!(!fraction("1%").is_exceeded_by(1, 100));
        assert!(fraction("1%").is_exceeded_by(2, 199));
        assert!(!fraction("0%").is_exceeded_by(0, 0));
        assert!(fraction("0%").is_exceeded_by(1, u64::MAX));
        assert!(!fraction("100%").is_exceeded_by(u64::MAX, u64::MAX));
        assert!(fraction("99.5%").sum_is_below_one(fraction("0.4%")));
        assert!(!fraction("99.5%").sum_is_below_one(fraction("0.5%")));
    }

    #[test]
    fn what_is_no_fraction_is_refused() {
        let refused = |text: &str| text.parse::<Fraction>().unwrap_err();
        for text in ["", "%", "half", "1e-3", ".5", "5.", "+1%", "1,5%", "-"] {
            let expected =
                format!("`{text}` is not a fraction\nhint: write per cent or a decimal: 0.5%, 0.005");
            assert_eq!(refused(text), expected);
        }
        for text in ["100.1%", "1.0001", "5000%", "-0.5%"] {
            assert_eq!(refused(text), format!("{text} is out of range\nhint: allowed: 0% to 100%"));
        }
        assert_eq!(
            refused("0.00000000000000000001"),
            "`0.00000000000000000001` has too many digits\nhint: at most 18 after the point"
        );
    }
}
