//! The canonical text: what two tweets must share to count as the same text.
//!
//! It is for matching only; training text stays as written. In order:
//!
//! 1. leading `RT @x:` marks are dropped, as many as there are, in either case (`rt @a: RT @b: hi` is
//!    `hi`): a retweet of a retweet is still a copy;
//! 2. links are dropped: `http://` or `https://`, in either case, and what follows up to the first
//!    character a URL can't hold. Only ASCII can stand in a URL, so a link ends where Japanese begins,
//!    and a link cut to `https://…` is dropped too. Bare domains stay: nothing tells them from words;
//! 3. mentions are dropped: `@` or `＠` and the ASCII handle after it, except inside a word, where it is
//!    an e-mail address. Handles are ASCII, so a mention ends where Japanese begins;
//! 4. NFKC, then full case folding (`ß` is `ss`; no language's own rules);
//! 5. characters of the general categories P, S, C and Me and variation selectors are dropped. White
//!    space is kept, even where it is of category C, and so are Mn and Mc: Thai and Hindi vowels;
//! 6. NFKC again: the characters dropped may have stood between a letter and its accent;
//! 7. three or more of the same letter in a row become two (`sooooo` is `soo`, `good` stays apart from
//!    `god`). Only letters (category L): `1000` isn't `100`;
//! 8. runs of white space become one space, none at the ends.
//!
//! Links, mentions and characters are dropped without leaving a space: in scripts that write no
//! spaces one would tell two copies apart. The result is its own canonical text (a test says so), and
//! may be empty.

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizer;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup, VariationSelector, WhiteSpace};
use icu_properties::{CodePointMapData, CodePointSetData};

/// Version of the rule above. A change of it changes which texts are the same, so it belongs to the
/// identity of every history.
pub const CANONICAL_VERSION: u32 = 1;

/// Version of the Unicode data the rule is computed with; it belongs to that identity too.
pub const UNICODE_VERSION: &str = "18.0";

/// Longest run of one letter that is kept.
const LONGEST_RUN: u32 = 2;

/// Makes canonical texts; keeps its buffers between texts, so one per thread is best.
#[derive(Debug, Default)]
pub struct Canonicalizer {
    stripped: String,
    kept: String,
    composed: String,
    squeezed: String,
}

impl Canonicalizer {
    /// A canonicalizer with empty buffers.
    pub fn new() -> Self {
        Self::default()
    }

    /// The canonical text of `text`, valid until the next call.
    pub fn canonicalize(&mut self, text: &str) -> &str {
        self.squeezed.clear();
        let text = after_retweet_marks(text);
        if text.is_ascii() {
            squeeze_ascii(text, &mut self.squeezed);
            return &self.squeezed;
        }

        self.stripped.clear();
        strip_links_and_mentions(text, &mut self.stripped);

        let normalizer = ComposingNormalizer::new_nfkc();
        let composed = normalizer.normalize(&self.stripped);

        self.kept.clear();
        // The case of ASCII is folded with the next step.
        if composed.chars().all(|character| character.is_ascii() || is_caseless(character)) {
            keep_letters(&composed, &mut self.kept);
        } else {
            keep_letters(&CaseMapper::new().fold_string(&composed), &mut self.kept);
        }

        let (normal, rest) = normalizer.split_normalized(&self.kept);
        let text = if rest.is_empty() {
            normal
        } else {
            self.composed.clear();
            // Writing to a String can't fail.
            let written = normalizer.normalize_to(&self.kept, &mut self.composed);
            debug_assert!(written.is_ok());
            &self.composed
        };
        squeeze(text, &mut self.squeezed);
        &self.squeezed
    }
}

/// `text` without the `RT @x:` marks at its start, nor the white space around them.
fn after_retweet_marks(text: &str) -> &str {
    let mut rest = text.trim_start();
    while let Some(after) = after_retweet_mark(rest) {
        rest = after.trim_start();
    }
    rest
}

fn after_retweet_mark(text: &str) -> Option<&str> {
    let (mark, rest) = text.split_at_checked(2)?;
    if !mark.eq_ignore_ascii_case("rt") || !rest.starts_with(char::is_whitespace) {
        return None;
    }
    let rest = rest.trim_start();
    let rest = rest.strip_prefix('@').or_else(|| rest.strip_prefix('＠'))?;
    let after_handle = rest.trim_start_matches(is_handle);
    if after_handle.len() == rest.len() {
        return None;
    }
    after_handle.strip_prefix(':').or_else(|| after_handle.strip_prefix('：'))
}

fn is_handle(character: char) -> bool {
    character.is_ascii() && is_handle_byte(character as u8)
}

fn is_handle_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Unreserved and reserved characters of RFC 3986, and the percent sign.
fn is_url_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte)
}

/// Where the link or mention that begins at `start` ends, if one begins there.
fn end_of_link_or_mention(text: &[u8], start: usize) -> Option<usize> {
    let rest = text.get(start..)?;
    let run = |from: usize, holds: fn(u8) -> bool| {
        rest.get(from..).map_or(0, |rest| rest.iter().take_while(|byte| holds(**byte)).count())
    };
    match rest.first()? {
        b'h' | b'H' => {
            let scheme = ["http://", "https://"].into_iter().find(|scheme| {
                rest.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme.as_bytes()))
            })?;
            Some(start + scheme.len() + run(scheme.len(), is_url_byte))
        }
        b'@' | 0xef => {
            let sign = if rest.starts_with(b"@") {
                1
            } else if rest.starts_with("＠".as_bytes()) {
                "＠".len()
            } else {
                return None;
            };
            let in_word = start
                .checked_sub(1)
                .and_then(|before| text.get(before))
                .is_some_and(|byte| is_handle_byte(*byte));
            let handle = run(sign, is_handle_byte);
            (!in_word && handle > 0).then_some(start + sign + handle)
        }
        _ => None,
    }
}

/// Appends `text` without its links and mentions to `out`.
fn strip_links_and_mentions(text: &str, out: &mut String) {
    let bytes = text.as_bytes();
    let (mut kept_from, mut at) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        if matches!(byte, b'h' | b'H' | b'@' | 0xef)
            && let Some(end) = end_of_link_or_mention(bytes, at)
        {
            // Both ends stand beside an ASCII character or `＠`, so they are character boundaries.
            out.push_str(text.get(kept_from..at).unwrap_or_default());
            (kept_from, at) = (end, end);
        } else {
            at += 1;
        }
    }
    out.push_str(text.get(kept_from..).unwrap_or_default());
}

/// Whether `character` is of a script without case, or a sign: most of what isn't Latin, Greek or Cyrillic, in a few
/// comparisons.
fn is_caseless(character: char) -> bool {
    matches!(
        character,
        '\u{600}'..='\u{109F}' // Arabic to Myanmar
            | '\u{2000}'..='\u{20FF}' // punctuation
            | '\u{2500}'..='\u{2BFF}' // symbols
            | '\u{2E80}'..='\u{A63F}' // Chinese, Japanese, Yi
            | '\u{AC00}'..='\u{D7FF}' // Hangul
            | '\u{FE00}'..='\u{FE0F}' // variation selectors
            | '\u{1F000}'..='\u{1FAFF}' // emoji
            | '\u{20000}'..='\u{3FFFF}' // rare ideographs
    )
}

/// Appends the characters of `text` that step 5 keeps to `out`; all white space becomes U+0020.
fn keep_letters(text: &str, out: &mut String) {
    let categories = CodePointMapData::<GeneralCategory>::new();
    let white_space = CodePointSetData::new::<WhiteSpace>();
    let selectors = CodePointSetData::new::<VariationSelector>();
    for character in text.chars() {
        if character.is_ascii() {
            match ASCII[character as usize] {
                Ascii::Keep(byte) => out.push(char::from(byte)),
                Ascii::Space => out.push(' '),
                Ascii::Drop => {}
            }
            continue;
        }
        let category = categories.get(character);
        if GeneralCategoryGroup::Letter.contains(category) || GeneralCategoryGroup::Number.contains(category)
        {
            out.push(character);
        } else if white_space.contains(character) {
            out.push(' ');
        } else if matches!(category, GeneralCategory::NonspacingMark | GeneralCategory::SpacingMark)
            && !selectors.contains(character)
        {
            out.push(character);
        }
    }
}

/// What becomes of an ASCII character.
#[derive(Clone, Copy)]
enum Ascii {
    Keep(u8),
    Space,
    Drop,
}

const ASCII: [Ascii; 128] = {
    let mut table = [Ascii::Drop; 128];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = match byte {
            b'0'..=b'9' | b'a'..=b'z' => Ascii::Keep(byte),
            b'A'..=b'Z' => Ascii::Keep(byte.to_ascii_lowercase()),
            b'\t'..=b'\r' | b' ' => Ascii::Space,
            _ => Ascii::Drop,
        };
        byte += 1;
    }
    table
};

/// Steps 2 to 8 in one walk, for a text of ASCII alone.
fn squeeze_ascii(text: &str, out: &mut String) {
    let bytes = text.as_bytes();
    let mut squeezer = Squeezer::new(out);
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if matches!(byte, b'h' | b'H' | b'@')
            && let Some(end) = end_of_link_or_mention(bytes, at)
        {
            at = end;
            continue;
        }
        match ASCII.get(usize::from(*byte)) {
            Some(Ascii::Keep(byte)) => squeezer.push(char::from(*byte)),
            Some(Ascii::Space) => squeezer.space(),
            Some(Ascii::Drop) | None => {}
        }
        at += 1;
    }
}

/// Steps 7 and 8.
fn squeeze(text: &str, out: &mut String) {
    let mut squeezer = Squeezer::new(out);
    for character in text.chars() {
        if character == ' ' { squeezer.space() } else { squeezer.push(character) }
    }
}

/// Writes characters, shortening runs of letters and of white space.
struct Squeezer<'a> {
    out: &'a mut String,
    last: Option<char>,
    run: u32,
    space: bool,
}

impl<'a> Squeezer<'a> {
    fn new(out: &'a mut String) -> Self {
        Self { out, last: None, run: 0, space: false }
    }

    /// White space; written only once something follows it.
    fn space(&mut self) {
        self.space = self.last.is_some();
    }

    fn push(&mut self, character: char) {
        if self.space {
            self.out.push(' ');
            (self.space, self.run) = (false, 0);
        } else if self.last != Some(character) {
            self.run = 0;
        }
        self.last = Some(character);
        self.run += 1;
        if self.run <= LONGEST_RUN || !is_letter(character) {
            self.out.push(character);
        }
    }
}

fn is_letter(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphabetic();
    }
    GeneralCategoryGroup::Letter.contains(CodePointMapData::<GeneralCategory>::new().get(character))
}

#[cfg(test)]
mod tests {
    use icu_properties::props::GeneralCategoryGroup as Group;
    use proptest::prelude::*;

    use super::*;

    fn canonical(text: &str) -> String {
        Canonicalizer::new().canonicalize(text).to_owned()
    }

    #[test]
    fn retweet_marks_are_dropped_from_the_start_only() {
        assert_eq!(canonical("RT @jack: just setting up my twttr"), "just setting up my twttr");
        assert_eq!(canonical("rt @a: RT @b_1:hi"), "hi");
        assert_eq!(canonical("  RT ＠a： こんにちは"), "こんにちは");
        assert_eq!(canonical("I RT @a: hi"), "i rt hi");
        assert_eq!(canonical("RT: hi"), "rt hi");
        assert_eq!(canonical("RT @日本: hi"), "rt 日本 hi");
        assert_eq!(canonical("artist @a: hi"), "artist hi");
    }

    #[test]
    fn links_end_where_a_url_must() {
        assert_eq!(canonical("see https://t.co/AbC1 now"), "see now");
        assert_eq!(canonical("ニュースhttp://t.co/xyz続き"), "ニュース続き");
        assert_eq!(canonical("HTTP://T.CO/x\"quoted\""), "quoted");
        assert_eq!(canonical("cut off https://…"), "cut off");
        assert_eq!(canonical("http is a protocol"), "http is a protocol");
        assert_eq!(canonical("https://medium.com/@user/p-1 hi"), "hi");
    }

    #[test]
    fn mentions_are_ascii_and_never_inside_a_word() {
        assert_eq!(canonical("@jackこんにちは ＠jill!"), "こんにちは");
        assert_eq!(canonical(".@jack yes"), "yes");
        assert_eq!(canonical("write to me@example.com"), "write to meexamplecom");
        assert_eq!(canonical("@ home"), "home");
        assert_eq!(canonical("é@x é@"), "é é");
    }

    #[test]
    fn case_and_width_are_folded() {
        assert_eq!(canonical("STRASSE straße Straẞe"), "strasse strasse strasse");
        assert_eq!(canonical("ＡＢＣ　１２３"), "abc 123");
        assert_eq!(canonical("ﾃｽﾄ ① ㈱"), "テスト 1 株");
        assert_eq!(canonical("ΣΊΣΥΦΟΣ"), canonical("σίσυφος"));
        assert_eq!(canonical("İstanbul"), canonical("i\u{307}stanbul"));
    }

    #[test]
    fn punctuation_symbols_and_emoji_go_vowel_signs_stay() {
        assert_eq!(canonical("can't -- stop!!! 😀👍🏽❤️"), "cant stop");
        assert_eq!(canonical("สวัสดีครับ"), "สวัสดีครับ");
        assert_eq!(canonical("नमस्ते"), "नमस्ते");
        assert_eq!(canonical("1\u{20e3} \u{fe0f}x\u{200b}y\u{ad}z"), "1 xyz");
        assert_eq!(canonical("#tag $CASH 50%"), "tag cash 50");
    }

    /// The apostrophe between a letter and its accent is dropped, so the two meet.
    #[test]
    fn accents_compose_over_what_was_dropped() {
        assert_eq!(canonical("e'\u{301} e\u{200d}\u{301}"), "é é");
    }

    #[test]
    fn runs_of_letters_are_squeezed_runs_of_digits_are_not() {
        assert_eq!(canonical("Sooooo GOOOD good 1000000"), "soo good good 1000000");
        assert_eq!(canonical("wwwww ｗｗｗ すごーーーい"), "ww ww すごーーい");
        assert_eq!(canonical("h-h-h-h"), "hh");
        assert_eq!(canonical("aa aa"), "aa aa");
    }

    #[test]
    fn white_space_is_one_space_and_none_at_the_ends() {
        assert_eq!(canonical("\n a \t\u{a0}\u{3000}\r\nb\u{2028} "), "a b");
        assert_eq!(canonical("é \u{85}\u{2003} é"), "é é");
    }

    #[test]
    fn a_text_of_links_and_symbols_alone_is_empty() {
        for text in ["", " ", "@a @b", "https://t.co/x", "😀 … !!", "RT @a: http://x.y"] {
            assert_eq!(canonical(text), "", "{text:?}");
        }
    }

    #[test]
    fn what_has_no_case_is_left_alone() {
        let fold =
            |character: char| CaseMapper::new().fold_string(character.encode_utf8(&mut [0; 4])).into_owned();
        for character in ('\0'..=char::MAX).filter(|character| is_caseless(*character)) {
            assert_eq!(fold(character), character.to_string(), "U+{:04X}", u32::from(character));
        }
    }

    fn check_form(text: &str) -> Result<(), TestCaseError> {
        let once = canonical(text);
        prop_assert_eq!(&canonical(&once), &once, "canonical text of {:?}", text);
        for character in once.chars().filter(|character| *character != ' ') {
            let category = CodePointMapData::<GeneralCategory>::new().get(character);
            let kept = Group::Letter.contains(category)
                || Group::Number.contains(category)
                || matches!(category, GeneralCategory::NonspacingMark | GeneralCategory::SpacingMark);
            prop_assert!(kept, "{character:?} of {category:?} in the canonical text of {text:?}");
        }
        prop_assert!(!once.starts_with(' ') && !once.ends_with(' ') && !once.contains("  "));
        Ok(())
    }

    /// A change of this digest means that canonical texts changed: raise `CANONICAL_VERSION` (or state
    /// the new `UNICODE_VERSION`) with it, or histories silently stop matching.
    #[test]
    fn the_rule_is_the_same_for_every_code_point() -> Result<(), TestCaseError> {
        let mut all = Vec::new();
        for character in '\0'..=char::MAX {
            let form = canonical(&format!("a{character}b {character}"));
            all.extend(form.as_bytes());
            all.push(b'\n');
            check_form(&format!("{character}a{character}\u{301}b {character}{character}{character}"))?;
        }
        let digest = tweetmill_kernels::hash::content_hash(&all);
        assert_eq!(digest, DIGEST_OF_ALL, "{digest:#034x}");
        // U+3D000 (Seal) is a letter since Unicode 18.
        assert_eq!(canonical("\u{3d000}"), "\u{3d000}");
        Ok(())
    }

    const DIGEST_OF_ALL: u128 = 0x6fa2_58f8_ee0f_0695_6790_bb81_95c4_a5c9;

    proptest! {
        #[test]
        fn a_canonical_text_is_its_own(text in "\\PC{0,40}") {
            check_form(&text)?;
        }

        #[test]
        fn so_is_one_of_marks_accents_and_white_space(
            text in "(RT @|rt ＠|http://|[:：@＠'’\u{301}\u{308}\u{345}\u{fe0f}\u{200d} \n\u{3000}aAßſıİΐΣσςoOéE\u{1100}\u{1161}\u{11a8}가ﬁ¨´ｶﾞ가10]){0,16}"
        ) {
            check_form(&text)?;
        }

        #[test]
        fn the_ascii_walk_agrees_with_the_general_one(text in "([ -~\\t\\n]|RT @|http://|aaa){0,40}") {
            // A letter outside ASCII at the end sends the same text the general way.
            let expected = canonical(&format!("{text} é"));
            let ascii = canonical(&text);
            let joined = if ascii.is_empty() { "é".to_owned() } else { format!("{ascii} é") };
            prop_assert_eq!(joined, expected);
        }
    }
}
