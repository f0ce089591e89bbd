//! What characters, emoji and URLs counted at different times.

/// How characters are weighed. The rules are Twitter's configurations 1 to 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LengthRule {
    /// The greatest weighted length that may be sent.
    pub longest: u32,
    /// The weight that counts 1.
    pub scale: u32,
    /// The weight of a character in none of `ranges`, and of an emoji.
    pub default_weight: u32,
    /// What a URL counts (not its weight).
    pub url_length: u32,
    /// Whether an emoji of many characters counts as one.
    pub emoji_as_one: bool,
    /// Characters of other weights; apart, in ascending order.
    pub ranges: &'static [WeightRange],
}

/// The weight of the characters of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeightRange {
    /// The first character.
    pub first: char,
    /// The last character.
    pub last: char,
    /// The weight of each.
    pub weight: u32,
}

const RANGES: &[WeightRange] = &[
    WeightRange { first: '\0', last: '\u{10ff}', weight: 100 },
    WeightRange { first: '\u{2000}', last: '\u{200d}', weight: 100 },
    WeightRange { first: '\u{2010}', last: '\u{201f}', weight: 100 },
    WeightRange { first: '\u{2032}', last: '\u{2037}', weight: 100 },
];

impl LengthRule {
    /// Until November 2017: 140 code points.
    pub const V1: Self =
        Self { longest: 140, scale: 1, default_weight: 1, url_length: 23, emoji_as_one: false, ranges: &[] };

    /// From November 2017: 280, of which Chinese, Japanese and Korean characters take two.
    pub const V2: Self = Self {
        longest: 280,
        scale: 100,
        default_weight: 200,
        url_length: 23,
        emoji_as_one: false,
        ranges: RANGES,
    };

    /// From October 2018: an emoji takes two.
    pub const V3: Self = Self { emoji_as_one: true, ..Self::V2 };
}
