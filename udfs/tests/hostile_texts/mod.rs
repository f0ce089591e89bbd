//! Texts made to go wrong for tokenizers.

/// What mixtures are made of: contractions and what looks like them, white space, line ends, digits, capitals in odd places, marks,
/// scripts that join or run from right to left, emoji in sequences, and spellings of special tokens.
const PIECES: [&str; 56] = [
    " ",
    "  ",
    "\n",
    "\r\n",
    "\t",
    "\u{a0}",
    "\u{3000}",
    "\u{85}",
    "\u{200b}",
    "'s",
    "'S",
    "'ſ",
    "’s",
    "'ll",
    "'Re",
    "'vE",
    "'",
    "a",
    "A",
    "b",
    "don",
    "the",
    "HTTP",
    "://",
    "iPhoneX",
    "McDonaldS",
    "ǅ",
    "ʰ",
    "ß",
    "é",
    "e\u{301}",
    "\u{301}",
    "\u{20e3}",
    "1",
    "22",
    "３",
    "½",
    "٤٢",
    "日本",
    "ไทยน้ำ",
    "हिन्दी",
    "가\u{1100}\u{1161}",
    "שָׁלוֹם",
    "مرحبا",
    "\u{202e}",
    "\u{200f}",
    "👩‍👩‍👧",
    "🏳️‍🌈",
    "🇫🇷",
    "👍🏽",
    "!",
    "...",
    "/",
    "<|endoftext|>",
    "<|im_start|>",
    "[SEP]",
];

/// Each character in places that matter. Planes 4 to 13 hold none and 15 and 16 private ones only: unless `all` are wanted, their
/// ends will do.
pub(crate) fn of_characters(all: bool) -> Vec<String> {
    let ends = ('\0'..='\u{40010}').chain('\u{dfff0}'..='\u{f0010}').chain('\u{10fff0}'..=char::MAX);
    let characters: Box<dyn Iterator<Item = char>> =
        if all { Box::new('\0'..=char::MAX) } else { Box::new(ends) };
    characters.map(|c| format!("a{c}b {c}1{c}{c} 'S{c}\n{c}\n {c}")).collect()
}

/// Mixtures of pieces, some of them in long runs: the same for the same seed.
pub(crate) fn mixtures(seed: u64, count: usize) -> Vec<String> {
    let mut state = seed;
    let mut below = |end: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % end
    };
    let mut mixture = || {
        let mut text = String::new();
        for _ in 0..12 {
            let piece = PIECES[below(PIECES.len())];
            let times = if below(16) == 0 { 1 + below(40) } else { 1 };
            text.push_str(&piece.repeat(times));
        }
        text
    };
    (0..count).map(|_| mixture()).collect()
}
