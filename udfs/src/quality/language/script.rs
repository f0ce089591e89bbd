//! Which script a letter is of, by the blocks of Unicode, and which languages one script alone decides.

/// A script that tells something about the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    Latin,
    Cyrillic,
    Arabic,
    Hebrew,
    Greek,
    Thai,
    Devanagari,
    Bengali,
    Gurmukhi,
    Gujarati,
    Oriya,
    Tamil,
    Telugu,
    Kannada,
    Malayalam,
    Sinhala,
    Lao,
    Tibetan,
    Myanmar,
    Georgian,
    Armenian,
    Ethiopic,
    Khmer,
    Hangul,
    Kana,
    Han,
    Other,
}

const SCRIPTS: usize = Script::Other as usize + 1;

impl Script {
    const ALL: [Self; SCRIPTS] = [
        Self::Latin,
        Self::Cyrillic,
        Self::Arabic,
        Self::Hebrew,
        Self::Greek,
        Self::Thai,
        Self::Devanagari,
        Self::Bengali,
        Self::Gurmukhi,
        Self::Gujarati,
        Self::Oriya,
        Self::Tamil,
        Self::Telugu,
        Self::Kannada,
        Self::Malayalam,
        Self::Sinhala,
        Self::Lao,
        Self::Tibetan,
        Self::Myanmar,
        Self::Georgian,
        Self::Armenian,
        Self::Ethiopic,
        Self::Khmer,
        Self::Hangul,
        Self::Kana,
        Self::Han,
        Self::Other,
    ];

    /// The script of a letter; `None` for what is none.
    fn of(character: char) -> Option<Self> {
        if !character.is_alphabetic() {
            return None;
        }
        Some(match character {
            '\0'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => Self::Latin,
            '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Self::Greek,
            '\u{400}'..='\u{52f}' => Self::Cyrillic,
            '\u{530}'..='\u{58f}' => Self::Armenian,
            '\u{590}'..='\u{5ff}' => Self::Hebrew,
            '\u{600}'..='\u{6ff}'
            | '\u{750}'..='\u{77f}'
            | '\u{fb50}'..='\u{fdff}'
            | '\u{fe70}'..='\u{fefc}' => Self::Arabic,
            '\u{900}'..='\u{97f}' => Self::Devanagari,
            '\u{980}'..='\u{9ff}' => Self::Bengali,
            '\u{a00}'..='\u{a7f}' => Self::Gurmukhi,
            '\u{a80}'..='\u{aff}' => Self::Gujarati,
            '\u{b00}'..='\u{b7f}' => Self::Oriya,
            '\u{b80}'..='\u{bff}' => Self::Tamil,
            '\u{c00}'..='\u{c7f}' => Self::Telugu,
            '\u{c80}'..='\u{cff}' => Self::Kannada,
            '\u{d00}'..='\u{d7f}' => Self::Malayalam,
            '\u{d80}'..='\u{dff}' => Self::Sinhala,
            '\u{e00}'..='\u{e7f}' => Self::Thai,
            '\u{e80}'..='\u{eff}' => Self::Lao,
            '\u{f00}'..='\u{fff}' => Self::Tibetan,
            '\u{1000}'..='\u{109f}' => Self::Myanmar,
            '\u{10a0}'..='\u{10ff}' => Self::Georgian,
            '\u{1200}'..='\u{139f}' => Self::Ethiopic,
            '\u{1780}'..='\u{17ff}' => Self::Khmer,
            '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7af}' => Self::Hangul,
            // The sign that lengthens a vowel is also drawn as a line.
            'ー' | '・' => return None,
            '\u{3041}'..='\u{309f}'
            | '\u{30a1}'..='\u{30ff}'
            | '\u{31f0}'..='\u{31ff}'
            | '\u{ff66}'..='\u{ff9d}' => Self::Kana,
            '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{3134f}' => Self::Han,
            _ => Self::Other,
        })
    }

    /// The language that alone, or nearly alone, is written in it on the platform.
    pub(super) fn language(self) -> Option<&'static str> {
        Some(match self {
            Self::Latin | Self::Cyrillic | Self::Arabic | Self::Other => return None,
            Self::Hebrew => "he",
            Self::Greek => "el",
            Self::Thai => "th",
            Self::Devanagari => "hi",
            Self::Bengali => "bn",
            Self::Gurmukhi => "pa",
            Self::Gujarati => "gu",
            Self::Oriya => "or",
            Self::Tamil => "ta",
            Self::Telugu => "te",
            Self::Kannada => "kn",
            Self::Malayalam => "ml",
            Self::Sinhala => "si",
            Self::Lao => "lo",
            Self::Tibetan => "bo",
            Self::Myanmar => "my",
            Self::Georgian => "ka",
            Self::Armenian => "hy",
            Self::Ethiopic => "am",
            Self::Khmer => "km",
            Self::Hangul => "ko",
            Self::Kana => "ja",
            Self::Han => "zh",
        })
    }
}

/// Letters by script.
pub(super) struct ScriptCounts([usize; SCRIPTS]);

impl ScriptCounts {
    pub(super) fn of(text: &str) -> Self {
        let mut counts = [0; SCRIPTS];
        for character in text.chars() {
            if let Some(count) = Script::of(character).and_then(|script| counts.get_mut(script as usize)) {
                *count += 1;
            }
        }
        Self(counts)
    }

    /// Letters of all scripts.
    pub(super) fn letters(&self) -> usize {
        self.0.iter().sum()
    }

    /// The script with the most letters. Those of Chinese, Japanese and Korean count twice: each stands for
    /// a syllable or more. Han with at least one letter in twenty of kana is Japanese.
    pub(super) fn most(&self) -> Option<Script> {
        let count = |script: Script| self.0.get(script as usize).copied().unwrap_or(0);
        let (kana, han) = (count(Script::Kana), count(Script::Han));
        let weight = |script| match script {
            Script::Kana if kana * 20 >= kana + han => 2 * (kana + han),
            Script::Han if kana * 20 < kana + han => 2 * (kana + han),
            Script::Kana | Script::Han => 0,
            Script::Hangul => 2 * count(script),
            _ => count(script),
        };
        // Of two with as many letters the first in the list.
        let (mut most, mut greatest) = (None, 0);
        for script in Script::ALL {
            if weight(script) > greatest {
                (most, greatest) = (Some(script), weight(script));
            }
        }
        most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_stands_at_its_own_number() {
        for (number, script) in Script::ALL.into_iter().enumerate() {
            assert_eq!(script as usize, number);
        }
    }

    #[test]
    fn a_little_kana_is_a_name_in_chinese() {
        let most = |text: &str| ScriptCounts::of(text).most();
        assert_eq!(most(&format!("{}の", "的".repeat(40))), Some(Script::Han));
        assert_eq!(most("東京都の天気"), Some(Script::Kana));
        assert_eq!(most("12 !"), None);
    }
}
