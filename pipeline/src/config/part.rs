//! The part of its inputs that a trial run is content with.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use super::fraction::Fraction;

/// A part of the inputs. It stands on the command line alone: a run file says what a run is, not that it is
/// tried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// So many lines, in the order in which objects are listed and lines stand in them.
    Lines(NonZeroU64),
    /// A share of the tweets, chosen by a hash of their ids.
    Sample(SampleShare),
}

/// A share above 0 and below 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleShare(Fraction);

impl SampleShare {
    /// A uniform 64-bit hash is below it that often.
    pub fn threshold(self) -> u64 {
        self.0.threshold_u64()
    }
}

impl FromStr for SampleShare {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let share: Fraction = text.parse()?;
        if share.numerator() == 0 || share.numerator() == share.denominator() {
            return Err(format!("{share} is no sample\nhint: allowed: above 0% and below 100%"));
        }
        Ok(Self(share))
    }
}

impl fmt::Display for SampleShare {
    /// As it is written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Part {
    /// As commits and cards say it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lines(lines) => write!(f, "first {lines} lines"),
            Self::Sample(SampleShare(share)) => write!(f, "{share} of tweets"),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_neither_nothing_nor_all() {
        for text in ["0%", "100%", "1", "0.0"] {
            assert!(text.parse::<SampleShare>().unwrap_err().contains("is no sample"), "{text}");
        }
        assert!("two".parse::<SampleShare>().unwrap_err().contains("is not a fraction"));
        let one: SampleShare = "1%".parse().unwrap();
        assert_eq!(one.threshold(), u64::MAX / 100);
        assert_eq!(Part::Sample(one).to_string(), "1% of tweets");
        assert_eq!(Part::Lines(NonZeroU64::MIN).to_string(), "first 1 lines");
    }
}
