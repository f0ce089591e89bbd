//! Sizes in bytes, as people write them: `256MiB`, `1GB`, `512k`, `1.5GiB`, `4096`.

use std::fmt;
use std::str::FromStr;

/// A number of bytes.
///
/// Parsed from a decimal number and a unit: `B`, `k` `kB` `M` `MB` `G` `GB` `T` `TB` (powers of
/// 1000), `Ki` `KiB` `Mi` `MiB` `Gi` `GiB` `Ti` `TiB` (powers of 1024), in any case. It must be a
/// whole number of bytes. Displayed with the largest unit that divides it: `268435456` is `256MiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(u64);

impl ByteSize {
    /// A size of so many bytes.
    pub const fn bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// A size of so many MiB.
    pub const fn mib(mib: u64) -> Self {
        Self(mib << 20)
    }

    /// The number of bytes.
    pub const fn as_u64(self) -> u64 {
        self.0
    }
}

/// Units from the largest: name and size by 1024, name and size by 1000.
const UNITS: [(&str, u64, &str, u64); 4] = [
    ("TiB", 1 << 40, "TB", 1_000_000_000_000),
    ("GiB", 1 << 30, "GB", 1_000_000_000),
    ("MiB", 1 << 20, "MB", 1_000_000),
    ("KiB", 1 << 10, "kB", 1_000),
];

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (binary, by_1024, decimal, by_1000) in UNITS {
            if self.0 > 0 && self.0.is_multiple_of(by_1024) {
                return write!(f, "{}{binary}", self.0 / by_1024);
            }
            if self.0 > 0 && self.0.is_multiple_of(by_1000) {
                return write!(f, "{}{decimal}", self.0 / by_1000);
            }
        }
        write!(f, "{}B", self.0)
    }
}

impl FromStr for ByteSize {
    type Err = String;

    /// The error's second line is a hint.
    fn from_str(text: &str) -> Result<Self, String> {
        let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(split);
        let refused = |why: &str| {
            Err(format!("`{text}` is not a size{why}\nhint: write a number and a unit: 256MiB, 1GB, 512kB"))
        };
        let scale: u64 = match unit.trim_start().to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "k" | "kb" => 1_000,
            "m" | "mb" => 1_000_000,
            "g" | "gb" => 1_000_000_000,
            "t" | "tb" => 1_000_000_000_000,
            "ki" | "kib" => 1 << 10,
            "mi" | "mib" => 1 << 20,
            "gi" | "gib" => 1 << 30,
            "ti" | "tib" => 1 << 40,
            _ if number.is_empty() => return refused(""),
            _ => return refused(&format!(": unknown unit `{}`", unit.trim())),
        };
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        let part = part.trim_end_matches('0');
        if whole.is_empty() || part.len() > 15 || part.contains('.') {
            return refused("");
        }
        let Ok(whole) = whole.parse::<u64>() else {
            return refused(": it is past 2^64");
        };
        let below = 10_u64.pow(part.len() as u32);
        let Some(numerator) = part.parse::<u64>().unwrap_or(0).checked_mul(scale) else {
            return refused("");
        };
        if !numerator.is_multiple_of(below) {
            return refused(": it is no whole number of bytes");
        }
        match whole.checked_mul(scale).and_then(|bytes| bytes.checked_add(numerator / below)) {
            Some(bytes) => Ok(Self(bytes)),
            None => refused(": it is past 2^64"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn bytes(text: &str) -> Result<u64, String> {
        text.parse::<ByteSize>().map(ByteSize::as_u64)
    }

    #[test]
    fn units_of_1000_and_1024() {
        assert_eq!(bytes("256MiB"), Ok(256 << 20));
        assert_eq!(bytes("256 mib"), Ok(256 << 20));
        assert_eq!(bytes("1GB"), Ok(1_000_000_000));
        assert_eq!(bytes("512k"), Ok(512_000));
        assert_eq!(bytes("512Ki"), Ok(524_288));
        assert_eq!(bytes("1.5GiB"), Ok(3 << 29));
        assert_eq!(bytes("0.001kB"), Ok(1));
        assert_eq!(bytes("4096"), Ok(4096));
        assert_eq!(bytes("18446744073709551615B"), Ok(u64::MAX));
    }

    #[test]
    fn what_is_not_a_size_is_refused() {
        let hint = "\nhint: write a number and a unit: 256MiB, 1GB, 512kB";
        for (text, why) in [
            ("", ""),
            ("big", ""),
            (".5MB", ""),
            ("1.2.3MB", ""),
            ("-1MB", ""),
            ("5 parsecs", ": unknown unit `parsecs`"),
            ("0.5B", ": it is no whole number of bytes"),
            ("99999999999999999999B", ": it is past 2^64"),
            ("99999999TiB", ": it is past 2^64"),
        ] {
            assert_eq!(bytes(text), Err(format!("`{text}` is not a size{why}{hint}")), "{text}");
        }
    }

    #[test]
    fn displayed_sizes_read_back_as_themselves() {
        for (bytes, shown) in [
            (0, "0B"),
            (1, "1B"),
            (1 << 28, "256MiB"),
            (1_000_000_000, "1GB"),
            (512_000, "500KiB"),
            (1000 << 20, "1000MiB"),
            (u64::MAX, "18446744073709551615B"),
        ] {
            assert_eq!(ByteSize::bytes(bytes).to_string(), shown);
            assert_eq!(shown.parse::<ByteSize>().unwrap().as_u64(), bytes);
        }
    }
}
