//! Languages written in Cyrillic letters, by those that Russian does without.

/// Russian, or a language whose own letters the text has.
pub(super) fn language(letters: &str) -> &'static str {
    let (mut ukrainian, mut belarusian, mut russian, mut serbian) = (0, 0, 0, 0);
    let (mut macedonian, mut kazakh, mut hard_signs, mut all) = (0, 0, 0, 0);
    for letter in letters.chars() {
        all += 1;
        match letter {
            'і' | 'ї' | 'є' | 'ґ' => ukrainian += 1,
            'ў' => belarusian += 1,
            'ы' | 'э' | 'ё' => russian += 1,
            'ђ' | 'ј' | 'љ' | 'њ' | 'ћ' | 'џ' => serbian += 1,
            'ѓ' | 'ќ' | 'ѕ' => macedonian += 1,
            'ә' | 'ғ' | 'қ' | 'ң' | 'ө' | 'ұ' | 'ү' | 'һ' => kazakh += 1,
            'ъ' => hard_signs += 1,
            _ => {}
        }
    }
    for (own, language) in [(kazakh, "kk"), (belarusian, "be"), (macedonian, "mk"), (serbian, "sr")] {
        if own > 0 {
            return language;
        }
    }
    if ukrainian > russian {
        return "uk";
    }
    // Bulgarian writes the hard sign as a vowel, and none of the three letters that Russian is full of.
    if hard_signs > 0 && russian == 0 && hard_signs * 30 >= all { "bg" } else { "ru" }
}
