//! The tokenizer against the steps of the reference.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::LazyLock;

use proptest::prelude::*;

use super::naive;
use super::{Description, Error, Normalizer, Scratch, WordPiece};

const BERT: Normalizer =
    Normalizer { clean_text: true, handle_chinese_chars: true, strip_accents: None, lowercase: true };

/// Tokens of a small vocabulary; the place of each is its id.
const TOKENS: &str = "[UNK] un ##able ##a ##b ##ble love ##lov ##l ##o ##v a b s ß ss é e É ##é i İ ##i ##\u{307} i\u{307} σ ς ##σ ##ς Σ \
    ##Σ α \u{1112} ##\u{1161} ##\u{11ab} \u{1112}\u{1161} ##\u{1100} ##\u{116e} ##\u{11a8} 한 ##국 中 ##中 文 豈 丽 か ##か が ##が ガ ##カ ア ! # ## . ' ’ “ - _ ; · ` ¡ 0 1 ##2 12 ##1 😂 \
    ##😂 🤗 👩 ##👩 ##\u{200d} ##\u{fe0f} ##\u{20e3} ##\u{302e} ##\u{302f} \u{302e} ##\u{1d165} ##\u{1d16d} \u{1d157} ##\u{1d157} \
    ##\u{1b44} ##\u{8d4} ##\u{1e944} ##\u{1e94a} ##\u{301} ##\u{323} \u{301} ##\u{34f} ##\u{344} ##\u{1} \u{1} ##\u{ad} ##\u{85} ह ##न \
    ##ि ##ा ##द ก ##ก ##ำ ש ##ש ##\u{5b8} ا ##ل ##ﷺ ﷺ ##ⅷ Ⅷ abcdefghijklmno abcdefghijklmnop ##p ##q A ##A Q ##Q x ##x \u{16126} \
    ##\u{11935} 𑤸 ##𑤸";

fn description(normalizer: Normalizer) -> Description<'static> {
    Description {
        tokens: TOKENS.split(' ').zip(0..).collect(),
        unknown: 0,
        continuing_subword_prefix: "##",
        max_input_chars_per_word: 100,
        normalizer,
    }
}

/// BERT's own, and each step without and with each other.
fn normalizers() -> impl Iterator<Item = Normalizer> {
    let normalizer = |bits: u32| Normalizer {
        clean_text: bits & 1 != 0,
        handle_chinese_chars: bits & 1 != bits >> 1 & 1,
        strip_accents: Some(bits & 2 != 0),
        lowercase: bits & 4 != 0,
    };
    (0..8).map(normalizer).chain([BERT])
}

/// A tokenizer of each.
pub(super) static WORDPIECES: LazyLock<Vec<(Description<'static>, WordPiece)>> = LazyLock::new(|| {
    let descriptions = normalizers().map(description);
    descriptions.map(|description| (description.clone(), WordPiece::new(&description).unwrap())).collect()
});

fn encoded(wordpiece: &WordPiece, text: &str) -> Vec<u32> {
    let mut ids = vec![7];
    wordpiece.encode(text, &mut Scratch::default(), &mut ids);
    assert_eq!(ids.remove(0), 7, "ids are appended");
    ids
}

/// The tokens of `text`, with BERT's own normalizer.
fn tokens(text: &str) -> String {
    let wordpiece = WordPiece::new(&description(BERT)).unwrap();
    let tokens: Vec<&str> = TOKENS.split(' ').collect();
    let spelt: Vec<&str> = encoded(&wordpiece, text).iter().map(|id| tokens[*id as usize]).collect();
    spelt.join(" ")
}

#[test]
fn words_are_the_longest_tokens_from_their_start() {
    assert_eq!(tokens("Unlovable"), "un ##lov ##able");
    assert_eq!(tokens("un-able!"), "un - a ##ble !");
    assert_eq!(tokens("lovely  a"), "[UNK] a");
    assert_eq!(tokens("##a"), "# # a");
    assert_eq!(tokens(" \t\r\n"), "");
    assert_eq!(tokens("abcdefghijklmno abcdefghijklmnop"), "abcdefghijklmno abcdefghijklmnop");
    assert_eq!(tokens("ABCDEFGHIJKLMNOP ABCDEFGHIJKLMNOPP"), "abcdefghijklmnop abcdefghijklmnop ##p");
}

#[test]
fn characters_are_cleaned_taken_apart_and_made_small() {
    assert_eq!(tokens("É e\u{301} ÉÉ"), "e e [UNK]");
    assert_eq!(tokens("İ"), "i");
    assert_eq!(tokens("ß ΑΣ Σ"), "ß α ##σ σ");
    assert_eq!(tokens("a中文b"), "a 中 文 b");
    assert_eq!(tokens("\u{2f800}\u{f900}"), "丽 豈");
    assert_eq!(tokens("한국"), "\u{1112}\u{1161} ##\u{11ab} ##\u{1100} ##\u{116e} ##\u{11a8}");
    assert_eq!(tokens("が"), "か");
    assert_eq!(tokens("a\u{ad}\u{0}\u{b}b a\u{fffd}\u{e000}b a\u{85}b"), "a ##b a ##b a ##b");
    assert_eq!(tokens("a\u{a0}b\u{3000}b\u{2028}a"), "a b b a");
    assert_eq!(tokens("a\u{37e}b≮"), "a ; b [UNK]");
}

/// Marks that stay are put in order, though most accents that order was made for go.
#[test]
fn marks_are_put_in_order_up_to_what_bars_them() {
    // Of classes 224, 9 and 216; the joiner's is 0, and it goes.
    assert_eq!(tokens("a\u{302e}\u{1b44}\u{1d165}"), "a ##\u{1b44} ##\u{1d165} ##\u{302e}");
    assert_eq!(tokens("a\u{302e}\u{301}\u{1b44}"), "a ##\u{1b44} ##\u{302e}");
    assert_eq!(tokens("a\u{302e}\u{34f}\u{1b44}"), "a ##\u{302e} ##\u{1b44}");
    assert_eq!(tokens("a\u{302e}\u{302f}\u{302e}"), "a ##\u{302e} ##\u{302f} ##\u{302e}");
    assert_eq!(tokens("\u{1d15e}\u{1b44}"), "\u{1d157} ##\u{1b44} ##\u{1d165}");
    assert_eq!(tokens("a\u{302e}!\u{302e}"), "a ##\u{302e} ! \u{302e}");
}

#[test]
fn a_word_of_too_many_characters_is_unknown() {
    for (word, most) in [("a", 100), ("é", 50), ("中", 30), ("😂", 7), ("ß", 1)] {
        for normalizer in [BERT, Normalizer { clean_text: false, lowercase: false, ..BERT }] {
            let description = Description { max_input_chars_per_word: most, ..description(normalizer) };
            let wordpiece = WordPiece::new(&description).unwrap();
            for count in [most - 1, most, most + 1, most + 2, 4 * most, 4 * most + 1, 1000] {
                for after in ["", " a", "\u{302e}\u{1b44}", "!"] {
                    let text = word.repeat(count) + after;
                    assert_eq!(encoded(&wordpiece, &text), naive::encode(&description, &text), "{text}");
                }
            }
        }
    }
    let none = Description { max_input_chars_per_word: 0, ..description(BERT) };
    assert_eq!(encoded(&WordPiece::new(&none).unwrap(), "a!中"), [0, 0, 0]);
}

#[test]
fn any_prefix_will_do() {
    let tokens = vec![("", 9), ("a", 1), ("b", 2), ("@@b", 3), ("bb", 4), ("@@", 5)];
    let of = |continuing_subword_prefix| Description {
        tokens: tokens.clone(),
        unknown: 9,
        continuing_subword_prefix,
        max_input_chars_per_word: 100,
        normalizer: BERT,
    };
    for (prefix, truth) in [("@@", vec![1, 3, 3]), ("", vec![1, 4]), ("##", vec![9])] {
        assert_eq!(encoded(&WordPiece::new(&of(prefix)).unwrap(), "abb"), truth);
        assert_eq!(naive::encode(&of(prefix), "abb"), truth);
    }
}

#[test]
fn what_is_no_vocabulary_is_refused() {
    let refused = |tokens: Vec<(&str, u32)>| {
        let description = description(BERT);
        WordPiece::new(&Description { tokens, ..description }).err().unwrap()
    };
    assert_eq!(refused(vec![("a", 1), ("b", 2), ("a", 3)]), Error::Twice { first: 1, second: 3 });
    let error = refused(vec![("a", 1 << 24)]);
    assert_eq!(error.to_string(), "the id 16777216 is more than 16777214");
}

#[test]
fn every_code_point_becomes_what_it_does_in_the_steps() {
    let description = description(BERT);
    let wordpiece = WordPiece::new(&description).unwrap();
    // Beyond the first planes code points are as their neighbours are.
    let points: Vec<char> =
        (0..0x3_0000).chain((0x3_0000..0x11_0000).step_by(61)).filter_map(char::from_u32).collect();
    for points in points.chunks(32) {
        let text: String = points.iter().flat_map(|point| ['a', *point, 'b', ' ']).collect();
        assert_eq!(encoded(&wordpiece, &text), naive::encode(&description, &text), "{points:?}");
    }
}

/// Pieces that the steps treat each in its way.
pub(super) fn text() -> impl Strategy<Value = String> {
    let pieces = "a|b|un|able|love|Ün|É|é|ß|İ|ı|Σ|σ|ς|ΑΣ|ǅ|ﬁ|한국|한|ᄒ|ᅡ|ᆫ|日本|中|か|が|ガ|ｶﾞ|𠀀|豈|\u{2f800}|👩\u{200d}👩|🤗|😂|\u{fe0f}|\
        \u{20e3}|שָׁ|ا|ً|ﷺ|हिन्दी|กำ|\u{301}|\u{323}|\u{345}|\u{344}|\u{34f}|\u{302e}|\u{302f}|\u{1d165}|\u{1d16d}|\u{1d15e}|\u{1b44}|\u{8d4}|\
        \u{1e944}|\u{1e94a}|\u{0}|\u{1}|\u{b}|\u{7f}|\u{85}|\u{ad}|\u{200b}|\u{feff}|\u{fffd}|\u{e000}|\u{2028}|\u{a0}|\u{3000}| |  |\t|\n|\
        \r|.|!|'|’|“|#|##|_|-|≠|≮|\u{37e}|\u{387}|\u{1fef}|\u{2000}|\u{2329}|0|12|Ⅷ|٣|abcdefghijklmno|abcdefghijklmnop|QXA|\u{e0100}|\
        \u{16126}|𑤸";
    let pieces: Vec<&str> = pieces.split('|').collect();
    let piece = prop_oneof![
        8 => prop::sample::select(pieces).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => prop::char::range('\0', '\u{2fff}').prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn texts_are_encoded_as_by_the_steps(texts in prop::collection::vec(text(), 1..4)) {
        for (description, wordpiece) in WORDPIECES.iter() {
            let mut scratch = Scratch::default();
            for text in &texts {
                let mut ids = Vec::new();
                wordpiece.encode(text, &mut scratch, &mut ids);
                prop_assert_eq!(ids, naive::encode(description, text), "{:?}", description.normalizer);
            }
        }
    }
}
