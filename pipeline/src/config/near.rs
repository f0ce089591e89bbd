//! The rule for near-duplicates that a run file asks for.

use tweetmill_udfs::dedup::near::Preset;

use super::raw::{Near, NearPreset};

/// Earlier copies that the preset `spam` lets pass, where the run file says nothing.
const COPIES: u64 = 3;

impl Near {
    /// The rule.
    pub fn rule(self) -> Preset {
        let preset = match self.preset {
            NearPreset::Near => Preset::near(),
            NearPreset::Loose => Preset::loose(),
            NearPreset::Spam => Preset::spam(self.copies.map_or(COPIES, |copies| copies.0) as usize),
        };
        Preset { least_length: self.min_chars.0 as usize, ..preset }
    }
}

#[cfg(test)]
mod tests {
    use super::super::bounded::Whole;
    use super::*;

    #[test]
    fn the_rule_is_that_of_the_preset_and_its_settings() {
        let near = Near { preset: NearPreset::Near, min_chars: Whole(8), copies: None };
        assert_eq!(near.rule(), Preset { least_length: 8, ..Preset::near() });
        assert_eq!(Near::default().rule(), Preset::near());
        let spam = Near { preset: NearPreset::Spam, ..Near::default() };
        assert_eq!(spam.rule(), Preset::spam(3));
        assert_eq!(Near { copies: Some(Whole(5)), ..spam }.rule(), Preset::spam(5));
        assert_eq!(Near { preset: NearPreset::Loose, ..spam }.rule(), Preset::loose());
    }
}
