//! Random numbers that are functions: the same (seed, subject, ordinal) gives the same draws anywhere.
//!
//! Nothing here keeps state between lines, so a line can be made, or looked up by a later line, without
//! making the ones before it. Integers only: floating-point functions differ between platforms.

/// What a stream of draws is about; each subject has draws of its own.
#[derive(Debug, Clone, Copy)]
#[repr(u64)]
pub(super) enum Subject {
    /// Which kind of line an ordinal is.
    Kind = 1,
    /// Which other tweet a line refers to.
    Reference = 2,
    /// Who writes a tweet.
    Authorship = 3,
    /// What sort of text a tweet has, and how long.
    Outline = 4,
    /// The words of a tweet.
    Words = 5,
    /// Everything about a tweet but its text.
    Extras = 6,
    /// How a copy differs from its base.
    Edit = 7,
    /// An account's profile.
    Profile = 8,
    /// The template of a wave of spam.
    Wave = 9,
    /// Stream messages.
    Message = 10,
    /// How a line is damaged.
    Damage = 11,
    /// Where a minute's first line lies.
    Minute = 12,
}

/// Scrambles all 64 bits (the finalizer of `SplitMix64`).
pub(super) fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A permutation of the numbers below `2^bits`: distinct ordinals stay distinct, and look random.
pub(super) fn permute(value: u64, bits: u32) -> u64 {
    let mask = (1_u64 << bits) - 1;
    let half = bits / 2 + 1;
    let mut x = value & mask;
    x = x.wrapping_mul(0xd6e8_feb8_6659_fd93) & mask;
    x ^= x >> half;
    x = x.wrapping_mul(0xcaf6_49a9_b7b3_4d2d) & mask;
    x ^= x >> half;
    x.wrapping_mul(0x9fb2_1c65_1e98_df25) & mask
}

/// A rate as a threshold on 32 random bits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chance(u64);

impl Chance {
    /// `rate` is in 0..=1.
    pub(super) fn new(rate: f64) -> Self {
        Self((rate * 4_294_967_296.0) as u64)
    }

    /// This rate and `other` beside it: the upper end of the next slice of 0..=1.
    pub(super) fn plus(self, other: f64) -> Self {
        Self(self.0 + Self::new(other).0)
    }

    /// Whether 32 random bits fall below the rate.
    pub(super) fn holds(self, bits: u32) -> bool {
        u64::from(bits) < self.0
    }
}

/// A short run of draws about one subject.
#[derive(Debug, Clone)]
pub(super) struct Rng(u64);

impl Rng {
    /// Draws about the `ordinal`-th `subject` of the world with this `seed`.
    pub(super) fn new(seed: u64, subject: Subject, ordinal: u64) -> Self {
        Self(mix(mix(seed ^ (subject as u64).wrapping_mul(0xa076_1d64_78bd_642f)) ^ ordinal))
    }

    /// 64 random bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// 32 random bits.
    pub(super) fn word(&mut self) -> u32 {
        (self.bits() >> 32) as u32
    }

    /// A number in `0..limit`; 0 for a limit of 0.
    pub(super) fn below(&mut self, limit: u32) -> u32 {
        ((u64::from(self.word()) * u64::from(limit)) >> 32) as u32
    }

    /// A number in `low..high`.
    pub(super) fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high - low)
    }

    /// True `count` times in a thousand.
    pub(super) fn per_mille(&mut self, count: u32) -> bool {
        self.below(1000) < count
    }

    /// True at the given rate.
    pub(super) fn chance(&mut self, chance: Chance) -> bool {
        let bits = self.word();
        chance.holds(bits)
    }

    /// A number in `2^low..2^high` with each octave as likely as the next: Zipf's law with exponent 1.
    pub(super) fn zipf(&mut self, low: u32, high: u32) -> u64 {
        let octave = self.between(low, high);
        let floor = 1_u64 << octave;
        floor + (self.bits() & (floor - 1))
    }

    /// One of `choices`, each as likely.
    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u32) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permutations_keep_every_number_apart() {
        for bits in [6, 12, 16, 21] {
            let mut seen = vec![false; 1 << bits];
            for value in 0..1_u64 << bits {
                let at = usize::try_from(permute(value, bits)).unwrap_or(usize::MAX);
                assert!(!std::mem::replace(&mut seen[at], true), "{value} of {bits} bits");
            }
        }
    }

    #[test]
    fn zipf_stays_in_range_and_favours_small_numbers() {
        let mut rng = Rng::new(7, Subject::Kind, 0);
        let draws: Vec<u64> = (0..10_000).map(|_| rng.zipf(6, 24)).collect();
        assert!(draws.iter().all(|draw| (64..1 << 24).contains(draw)));
        let head = draws.iter().filter(|draw| **draw < 128).count();
        assert!((400..720).contains(&head), "{head}");
    }

    #[test]
    fn a_chance_of_one_always_holds_and_of_zero_never() {
        assert!(Chance::new(1.0).holds(u32::MAX));
        assert!(!Chance::new(0.0).holds(0));
    }
}
