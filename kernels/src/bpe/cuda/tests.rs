//! Words and ids by a simulated device against those of the processor.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::LazyLock;

use proptest::prelude::*;

use super::super::tests::{numbered, spelling, text, tokens, words};
use super::super::{Bpe, Pattern, Token};
use super::BpeThere;
use crate::machine::ids::starts_of;
use crate::machine::simulated::Simulated;
use crate::machine::{Failure, Machine, Store, Unit};
use crate::texts::Texts;

/// What the patterns, and the ways of merging, tell apart.
fn hostile() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        " ",
        "\n",
        "a",
        "I'm 🤗 here, they'Ve HE'LL won'T 'ſ 'S it'ſ don’t",
        "iPhoneX XMLHttpRequest camelCaseWord ǅungla ABCdef ABCʰdef É\u{301}té E\u{301}TE\u{301} ß",
        "   leading and trailing   ",
        "tabs\t\tand\r\n\r\nlines \n \n  \u{3000}\u{a0}\u{85}wide \u{2003}\u{2003}x",
        "1234567890 12 1 ²³ ٣٤٥٦ Ⅷ 𝟘𝟙𝟚𝟛 3.14159 1,000,000 v2.0",
        "👩\u{200d}👩\u{200d}👧\u{200d}👦👩🏽\u{200d}🚀🏳️\u{200d}🌈🇩🇪🇫🇷❤️‍🔥1️⃣",
        "مرحبا بالعالم، كيف حالك؟ \u{200f}שָׁלוֹם עוֹלָם",
        "e\u{301}\u{301}\u{301}\u{301} \u{301}\u{301} \u{301}A \u{fe0f}\u{20e3} नमस्ते दुनिया",
        "今日はいい天気ですね散歩に行きましょうか東京都庁前駅で待ち合わせましょう本当に楽しみにしています",
        "ไม่มีช่องว่างระหว่างคำในภาษาไทยเลยแม้แต่น้อยและประโยคก็ยาวมากด้วย",
        "안녕하세요여러분오늘은날씨가아주좋네요 𠮷野家 ﬁﬂ ｱｲｳｴｵ",
        "https://example.com/a/b?c=d&e=%20#frag //// @user_name #hashtag\r\n/path/",
        "!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!! ......... ------------------------------------------------",
        "supercalifragilisticexpialidocious pneumonoultramicroscopicsilicovolcanoconiosis antidisestablishmentarianism",
        "<|endoftext|> <|im_start|>\0\u{1}\u{7f}�\u{10ffff}",
    ]
    .map(str::to_owned)
    .into();
    for length in [2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 255, 256, 257, 300] {
        for piece in ["a", " ", "\n", "7", "!", "é", "ha", "漢", "🤗", "日本語", "\u{301}"] {
            texts.push(piece.repeat(length));
        }
        texts.push(format!("x{}y", "= ".repeat(length)));
        texts.push("qwertyuiopasdfghjklzxcvbnm".chars().cycle().take(length).collect());
    }
    texts
}

fn all_of<T: AsRef<str>>(texts: &[T]) -> Texts {
    let mut all = Texts::new();
    assert!(texts.iter().all(|text| all.push(text.as_ref())));
    all
}

fn split(mut machine: Simulated, pattern: Pattern, texts: &Texts) -> Result<Vec<Vec<u32>>, String> {
    let bytes: Vec<Vec<u8>> = (0..=u8::MAX).map(|byte| vec![byte]).collect();
    let bpe = Bpe::of_ranks(pattern, &numbered(&bytes)).unwrap();
    let (mut ends, mut counts) = (vec![0; texts.bytes().len()], vec![0; texts.len()]);
    let mut run = || {
        let there = BpeThere::new(&mut machine, &bpe)?;
        let there_texts = machine.keep_texts(texts)?;
        let found = there.split(&mut machine, &there_texts)?;
        machine.download(&found.ends, &mut ends)?;
        machine.download(&found.counts, &mut counts)
    };
    run().map_err(|failure: Failure| failure.to_string())?;
    let mut start = 0;
    let of_text = |(text, count): (&str, &u32)| {
        let ends = &ends[start..start + *count as usize];
        let from_text = ends.iter().map(|end| end - start as u32).collect();
        start += text.len();
        from_text
    };
    Ok(texts.iter().zip(&counts).map(of_text).collect())
}

fn split_truth(pattern: Pattern, texts: &Texts) -> Vec<Vec<u32>> {
    let of_text = |text: &str| {
        let mut end = 0;
        words(pattern, text)
            .iter()
            .map(|word| {
                end += word.len() as u32;
                end
            })
            .collect()
    };
    texts.iter().map(of_text).collect()
}

/// The ids of all texts, and how many of them were left to the processor.
fn encoded(mut machine: Simulated, bpe: &Bpe, texts: &Texts) -> Result<(Vec<Vec<u32>>, usize), String> {
    let mut run = || BpeThere::new(&mut machine, bpe)?.start(&mut machine, texts)?.finish(&mut machine);
    let found = run().map_err(|failure: Failure| failure.to_string())?;
    let truth = truth(bpe, texts);
    let left = found.iter().filter(Option::is_none).count();
    Ok((found.iter().zip(truth).map(|(ids, truth)| ids.map_or(truth, <[u32]>::to_vec)).collect(), left))
}

fn truth(bpe: &Bpe, texts: &Texts) -> Vec<Vec<u32>> {
    let mut encoder = bpe.encoder();
    texts
        .iter()
        .map(|text| {
            let mut ids = Vec::new();
            encoder.encode(text, &mut ids);
            ids
        })
        .collect()
}

/// The tokens of a published vocabulary, whose ranks are all from 0 to `count`.
fn published(ranks: &tiktoken_rs::CoreBPE, count: u32) -> Vec<Token> {
    (0..count).map(|rank| (rank, ranks.decode_bytes(&[rank]).unwrap())).collect()
}

static R50K: LazyLock<Bpe> = LazyLock::new(|| {
    Bpe::of_ranks(Pattern::Gpt2, &published(tiktoken_rs::r50k_base_singleton(), 50_256)).unwrap()
});
static CL100K: LazyLock<Bpe> = LazyLock::new(|| {
    Bpe::of_ranks(Pattern::Cl100k { digits: 3 }, &published(tiktoken_rs::cl100k_base_singleton(), 100_256))
        .unwrap()
});
static O200K: LazyLock<Bpe> = LazyLock::new(|| {
    let pattern = Pattern::O200k { digits: 3, contractions: true };
    Bpe::of_ranks(pattern, &published(tiktoken_rs::o200k_base_singleton(), 199_998)).unwrap()
});

#[test]
fn words_end_where_the_processor_ends_them() {
    let texts = hostile();
    let texts = all_of(&texts);
    for pattern in Pattern::KNOWN {
        let truth = split_truth(pattern, &texts);
        for machine in Simulated::several(1) {
            assert_eq!(split(machine, pattern, &texts).unwrap(), truth, "{pattern:?}");
        }
    }
}

/// Of code points of all blocks, and all of the first, whatever is around them.
#[test]
fn characters_of_every_block_are_cut_as_the_processor_cuts_them() {
    let texts: Vec<String> = ('\0'..'\u{3000}')
        .chain(('\u{3000}'..=char::MAX).step_by(61))
        .map(|c| format!("a{c}b A{c}B{c}b 1{c}2\n{c}b'{c}s {c}{c} {c}/b"))
        .collect();
    let texts = all_of(&texts);
    for pattern in Pattern::KNOWN {
        assert_eq!(
            split(Simulated::new(1), pattern, &texts).unwrap(),
            split_truth(pattern, &texts),
            "{pattern:?}"
        );
    }
}

#[test]
fn ids_of_published_vocabularies_are_those_of_the_processor() {
    let texts = hostile();
    let texts = all_of(&texts);
    for bpe in [&*R50K, &*CL100K, &*O200K] {
        let truth = truth(bpe, &texts);
        for machine in Simulated::several(2) {
            let (ids, left) = encoded(machine, bpe, &texts).unwrap();
            assert_eq!(ids, truth, "{bpe:?}");
            assert!(left < texts.len() / 10, "{left} of {} texts were left", texts.len());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn ids_of_any_texts_are_those_of_the_processor(texts in prop::collection::vec(text(), 1..40), seed: u64) {
        let texts = all_of(&texts);
        for bpe in [&*R50K, &*CL100K, &*O200K] {
            for machine in [Simulated::new(seed), Simulated::interleaved(seed)] {
                prop_assert_eq!(encoded(machine, bpe, &texts).unwrap(), (truth(bpe, &texts), 0), "{:?}", bpe);
            }
        }
    }

    /// Also where tokens come before what they are made of, so that one merge can make a pair that goes before it.
    #[test]
    fn any_ranks_merge_as_on_the_processor(mut tokens in tokens(), is_backward: bool, texts in prop::collection::vec(spelling(), 1..20), seed: u64) {
        if is_backward {
            tokens[256..].reverse();
        }
        let bpe = Bpe::of_ranks(Pattern::Gpt2, &numbered(&tokens)).unwrap();
        let texts = all_of(&texts);
        let (ids, _) = encoded(Simulated::interleaved(seed), &bpe, &texts).unwrap();
        prop_assert_eq!(ids, truth(&bpe, &texts));
    }

    #[test]
    fn any_merges_merge_as_on_the_processor(
        tokens in tokens(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 60),
        words_first: bool,
        texts in prop::collection::vec(spelling(), 1..20),
        seed: u64,
    ) {
        let place = |bytes: &[u8]| tokens.iter().position(|token| token == bytes);
        let merges: Vec<(usize, usize)> = tokens[256..]
            .iter()
            .zip(&cuts)
            .filter_map(|(token, cut)| {
                let (left, right) = token.split_at(1 + cut.index(token.len() - 1));
                Some((place(left)?, place(right)?))
            })
            .collect();
        let Ok(bpe) = Bpe::of_merges(Pattern::Gpt2, &numbered(&tokens), &merges, words_first) else { return Ok(()) };
        let texts = all_of(&texts);
        let (ids, _) = encoded(Simulated::new(seed), &bpe, &texts).unwrap();
        prop_assert_eq!(ids, truth(&bpe, &texts));
    }
}

/// Letters that are all in one token together, so that no seam takes their words apart.
#[test]
fn a_part_too_long_is_left_to_the_processor() {
    let mut tokens: Vec<Vec<u8>> = (0..=u8::MAX).map(|byte| vec![byte]).collect();
    tokens.extend([b"aa".to_vec(), b"aaaa".to_vec(), b"aab".to_vec()]);
    let bpe = Bpe::of_ranks(Pattern::Gpt2, &numbered(&tokens)).unwrap();
    for (length, is_left) in [(31, 0), (32, 0), (33, 0), (64, 0), (100, 0), (255, 0), (256, 1), (1000, 1)] {
        let text = "a".repeat(length) + "b";
        let texts = all_of(&["x", text.as_str(), "", "aab"]);
        for machine in Simulated::several(2) {
            assert_eq!(encoded(machine, &bpe, &texts).unwrap(), (truth(&bpe, &texts), is_left), "{length}");
        }
    }
}

#[test]
fn runs_start_where_those_before_them_end() {
    for count in [1, 255, 256, 257, 70_000] {
        let counts: Vec<u32> = (0..count).map(|at| at * 7 % 5).collect();
        let mut end = 0;
        let truth: Vec<u32> = std::iter::once(0)
            .chain(counts.iter().map(|count| {
                end += count;
                end
            }))
            .collect();
        for mut machine in Simulated::several(1) {
            let there = machine.keep(&counts).unwrap();
            let starts = starts_of(&mut machine, Unit::Bpe, &there, count).unwrap();
            let mut found = vec![0; counts.len() + 1];
            machine.download(&starts, &mut found).unwrap();
            assert_eq!(found, truth);
        }
    }
}

/// A pattern that takes one digit more than it should.
#[test]
fn a_cut_one_off_is_found() {
    let texts = all_of(&["a 1234 b"]);
    let pattern = Pattern::Cl100k { digits: 3 };
    assert_eq!(split(Simulated::new(0), pattern, &texts).unwrap(), [[1, 2, 5, 6, 8]]);
    assert_eq!(split(Simulated::new(0).with_bug("digit_too_many"), pattern, &texts).unwrap(), [[1, 2, 6, 8]]);
}

/// A vote of a warp that only lanes with a byte are named in.
#[test]
fn a_mask_without_some_lanes_is_found() {
    for seed in 0..10 {
        let found = encoded(Simulated::new(seed).with_bug("lanes_left_out"), &CL100K, &all_of(&["zqxj"]));
        let message = found.unwrap_err();
        assert!(
            message.contains("__ballot_sync") && message.contains("is without its own lane"),
            "{message}"
        );
    }
}

/// Symbols that are moved down before all lanes have read what was there.
#[test]
fn a_missing_barrier_is_found() {
    let text = "qwertyuiopasdfghjklzxcvbnm".repeat(4);
    let texts = all_of(&[&text]);
    let mut tokens: Vec<Vec<u8>> = (0..=u8::MAX).map(|byte| vec![byte]).collect();
    tokens.extend(text.as_bytes().windows(2).take(26).map(<[u8]>::to_vec));
    let bpe = Bpe::of_ranks(Pattern::Gpt2, &numbered(&tokens)).unwrap();
    let truth = truth(&bpe, &texts);
    for seed in 0..10 {
        assert_eq!(encoded(Simulated::new(seed), &bpe, &texts).unwrap().0, truth);
        assert_ne!(encoded(Simulated::new(seed).with_bug("hasty_move"), &bpe, &texts).unwrap().0, truth);
    }
}
