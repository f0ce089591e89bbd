//! Languages written in Arabic letters, by those that Arabic does without.

/// Arabic, or a language whose own letters the text has enough of.
pub(super) fn language(letters: &str) -> &'static str {
    let (mut urdu, mut persian, mut pashto, mut kurdish, mut uyghur, mut arabic, mut all) =
        (0, 0, 0, 0, 0, 0, 0);
    for letter in letters.chars() {
        match letter {
            'ے' | 'ٹ' | 'ڈ' | 'ڑ' | 'ں' | 'ہ' | 'ھ' => urdu += 1,
            'ټ' | 'ډ' | 'ړ' | 'ښ' | 'ځ' | 'څ' | 'ې' | 'ۍ' | 'ګ' | 'ڼ' => pashto += 1,
            'ۆ' | 'ێ' | 'ڵ' | 'ڕ' | 'ە' => kurdish += 1,
            'ۇ' | 'ۈ' | 'ۋ' | 'ڭ' => uyghur += 1,
            'پ' | 'چ' | 'ژ' | 'گ' | 'ک' | 'ی' => persian += 1,
            'ك' | 'ي' | 'ة' | 'ى' | 'أ' | 'إ' => arabic += 1,
            _ => {}
        }
        all += usize::from(letter.is_alphabetic());
    }
    // One letter in so many: each of these languages writes its own more often than a loan would bring them.
    for (own, one_in, language) in
        [(uyghur, 20, "ug"), (kurdish, 16, "ckb"), (pashto, 25, "ps"), (urdu, 16, "ur")]
    {
        if own > 0 && own * one_in >= all {
            return language;
        }
    }
    if persian > arabic { "fa" } else { "ar" }
}
