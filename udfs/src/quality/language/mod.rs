//! Which language a text is written in, for records that don't say.
//!
//! ```text
//!  text ─► letters ─► the script of most ─┬─ one language writes it ─────────► that language
//!          without                        ├─ Arabic, Cyrillic: by the letters  ─► ar fa ur … ru uk bg …
//!          links and mentions             └─ Latin: n-grams (whichlang) ─────► de en es fr it nl pt sv tr vi
//! ```
//!
//! `und` where there is too little to tell by, or nothing that is known. `docs/language.md` says how often
//! the answer is right, and beside which others it was chosen.

mod arabic;
mod cyrillic;
mod letters;
mod script;

use whichlang::Lang;

use self::letters::letters_of;
use self::script::{Script, ScriptCounts};

/// The answer where there is none, as ISO 639-2 has it.
pub(super) const UNDETERMINED: &str = "und";

/// Fewer letters than this are a word of too many languages.
const LEAST_LETTERS: usize = 3;

/// ISO 639-1 code of the language of `text`, or [`UNDETERMINED`].
pub(super) fn detect(text: &str) -> &'static str {
    let letters = letters_of(text);
    let counts = ScriptCounts::of(&letters);
    if counts.letters() < LEAST_LETTERS {
        return UNDETERMINED;
    }
    match counts.most() {
        None => UNDETERMINED,
        Some(Script::Arabic) => arabic::language(&letters),
        Some(Script::Cyrillic) => cyrillic::language(&letters),
        Some(Script::Latin) => latin(&letters),
        Some(script) => script.language().unwrap_or(UNDETERMINED),
    }
}

/// The languages written in Latin letters that whichlang knows.
fn latin(letters: &str) -> &'static str {
    match whichlang::detect_language(letters) {
        Lang::Deu => "de",
        Lang::Eng => "en",
        Lang::Fra => "fr",
        Lang::Ita => "it",
        Lang::Nld => "nl",
        Lang::Por => "pt",
        Lang::Spa => "es",
        Lang::Swe => "sv",
        Lang::Tur => "tr",
        Lang::Vie => "vi",
        // Those of other scripts: some Latin text is like none of the ten.
        Lang::Ara | Lang::Cmn | Lang::Hin | Lang::Jpn | Lang::Kor | Lang::Rus => UNDETERMINED,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn scripts_and_letters_tell() {
        for (text, language) in [
            ("the weather is lovely this morning", "en"),
            ("el tiempo está muy bonito esta mañana", "es"),
            ("今日はとても天気がいいですね", "ja"),
            ("今天天气很好", "zh"),
            ("오늘 날씨가 좋네요", "ko"),
            ("الطقس جميل جدا اليوم", "ar"),
            ("هوا امروز خیلی خوب است", "fa"),
            ("آج موسم بہت اچھا ہے", "ur"),
            ("сегодня очень хорошая погода", "ru"),
            ("сьогодні дуже гарна погода, їй є чому радіти", "uk"),
            ("วันนี้อากาศดีมาก", "th"),
            ("היום מזג האוויר יפה", "he"),
            ("σήμερα ο καιρός είναι καλός", "el"),
            ("आज मौसम बहुत अच्छा है", "hi"),
        ] {
            assert_eq!(detect(text), language, "{text}");
        }
    }

    #[test]
    fn what_has_no_letters_is_undetermined() {
        for text in [
            "",
            "  ",
            "😀😀😀",
            "12:30!!!",
            "ok",
            "https://example.com/the/weather/is/lovely",
            "@weather @lovely",
        ] {
            assert_eq!(detect(text), UNDETERMINED, "{text}");
        }
    }

    #[test]
    fn links_and_mentions_do_not_tell() {
        assert_eq!(detect("@the_weather_is_lovely 今日はいい天気 https://example.com/lovely/weather"), "ja");
    }

    proptest! {
        #[test]
        fn every_text_has_an_answer(text in ".{0,80}") {
            let language = detect(&text);
            prop_assert!((2..=3).contains(&language.len()));
        }
    }
}
