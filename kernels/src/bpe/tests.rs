//! The encoder against expressions run as expressions and merges done one at a time.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::HashMap;

use fancy_regex::Regex;
use proptest::prelude::*;

use super::split::{cl100k, gpt2, o200k};
use super::text::Text;
use super::{Bpe, Error, Pattern, Token};

pub(super) fn words(pattern: Pattern, text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let chars = Text::new(text);
        let end = match pattern {
            Pattern::Gpt2 => gpt2::end(chars, at),
            Pattern::Cl100k { digits } => cl100k::end(chars, at, digits),
            Pattern::O200k { digits, contractions } => o200k::end(chars, at, digits, contractions),
        };
        words.push(text.get(at..end).unwrap());
        at = end;
    }
    words
}

/// Pieces that the patterns tell apart, or that end a chunk somewhere else.
pub(super) fn text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "b",
        "s",
        "S",
        "ſ",
        "t",
        "T",
        "re",
        "Ve",
        "LL",
        "m",
        "d",
        "A",
        "Q",
        "É",
        "é",
        "ß",
        "ǅ",
        "ʰ",
        "中",
        "文",
        "日本",
        "ا",
        "שָׁ",
        "\u{301}",
        "\u{20e3}",
        "\u{fe0f}",
        "\u{200d}",
        "👩\u{200d}👩",
        "🤗",
        "'",
        "’",
        "''",
        "/",
        "!",
        "...",
        "_",
        "#",
        "@",
        "://",
        "0",
        "12",
        "789",
        "²",
        "Ⅷ",
        "٣",
        " ",
        "  ",
        "\u{a0}",
        "\u{3000}",
        "\t",
        "\r",
        "\n",
        "\r\n",
        "\n\n",
        "\u{b}",
        "\u{85}",
        "\u{200b}",
        "abcdefghijklmnop",
        "abcdefghijklmnopq",
        "QWERTYUIOPASDFGH",
        "iPhone",
        "X",
        "\0",
        "�",
        "ｱ",
        "ﬁ",
        "𝐀",
        "𝟘",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// Tokens over a few characters: all bytes, then what two, or now and then three, of them make.
pub(super) fn tokens() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let choice = (
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        prop::option::weighted(0.2, any::<prop::sample::Index>()),
    );
    prop::collection::vec(choice, 0..60).prop_map(|choices| {
        let mut tokens: Vec<Vec<u8>> = (0..=u8::MAX).map(|byte| vec![byte]).collect();
        let mut likely: Vec<Vec<u8>> = "ab é中文🤗".bytes().map(|byte| vec![byte]).collect();
        for (left, right, third) in choices {
            let third = third.map(|third| likely[third.index(likely.len())].clone()).unwrap_or_default();
            let token = [left.get(&likely).as_slice(), right.get(&likely).as_slice(), &third].concat();
            if !tokens.contains(&token) {
                tokens.push(token.clone());
                likely.push(token);
            }
        }
        tokens
    })
}

/// Words of the characters that [`tokens`] are of.
pub(super) fn spelling() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec!["a", "b", "aa", "ab", "é", "中", "文", "🤗", " "]);
    prop::collection::vec(piece, 0..70).prop_map(|pieces| pieces.concat())
}

/// The truth: while two neighbours `join`, the first of those that join into the least does.
fn merged(word: &[u8], join: impl Fn(&[u8], &[u8]) -> Option<usize>) -> Vec<Vec<u8>> {
    let mut pieces: Vec<Vec<u8>> = word.iter().map(|byte| vec![*byte]).collect();
    loop {
        let ranks = (1..pieces.len()).filter_map(|at| Some((join(&pieces[at - 1], &pieces[at])?, at)));
        let Some((_, at)) = ranks.min() else { return pieces };
        let right = pieces.remove(at);
        pieces[at - 1].extend(right);
    }
}

fn encoded(bpe: &Bpe, text: &str) -> Vec<u32> {
    let mut ids = vec![7];
    bpe.encoder().encode(text, &mut ids);
    assert_eq!(ids.remove(0), 7, "ids are appended");
    ids
}

/// Ids that are no places.
pub(super) fn numbered(tokens: &[Vec<u8>]) -> Vec<Token> {
    (0..).map(|place| place * 3 + 1).zip(tokens.iter().cloned()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn words_are_those_of_the_expression(text in text()) {
        for pattern in Pattern::KNOWN {
            let expression = Regex::new(&pattern.regex()).unwrap();
            let truth: Vec<&str> = expression.find_iter(&text).map(|found| found.unwrap().as_str()).collect();
            prop_assert_eq!(words(pattern, &text), truth, "{:?}", pattern);
        }
    }

    #[test]
    fn ranks_merge_as_one_at_a_time(mut tokens in tokens(), is_backward in prop::bool::weighted(0.2), texts in prop::collection::vec(spelling(), 1..8)) {
        if is_backward {
            tokens[256..].reverse();
        }
        let tokens = numbered(&tokens);
        let ranks: HashMap<&[u8], usize> = tokens.iter().enumerate().map(|(rank, (_, token))| (token.as_slice(), rank)).collect();
        let bpe = Bpe::of_ranks(Pattern::Gpt2, &tokens).unwrap();
        // What one text leaves in the cache does not change another.
        for text in texts.iter().chain(&texts) {
            let truth: Vec<u32> = words(Pattern::Gpt2, text)
                .into_iter()
                .flat_map(|word| match ranks.get(word.as_bytes()) {
                    Some(_) => vec![word.as_bytes().to_vec()],
                    None => merged(word.as_bytes(), |left, right| ranks.get([left, right].concat().as_slice()).copied()),
                })
                .map(|piece| tokens[ranks[piece.as_slice()]].0)
                .collect();
            let spelt: Vec<u8> = truth.iter().flat_map(|id| bpe.bytes(*id).unwrap().to_vec()).collect();
            prop_assert_eq!(spelt, text.as_bytes());
            prop_assert_eq!(encoded(&bpe, text), truth);
        }
        prop_assert_eq!(bpe.bytes(0), None);
    }

    #[test]
    fn merges_merge_as_one_at_a_time(
        tokens in tokens(),
        choices in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..80),
        words_first in any::<bool>(),
        texts in prop::collection::vec(spelling(), 1..8),
    ) {
        let places: HashMap<&[u8], usize> = tokens.iter().enumerate().map(|(place, token)| (token.as_slice(), place)).collect();
        let mut merges: Vec<(usize, usize)> = Vec::new();
        for (token, cut) in choices {
            let token = token.get(&tokens[224..]);
            if token.len() < 2 {
                continue;
            }
            let (left, right) = token.split_at(1 + cut.index(token.len() - 1));
            if let (Some(left), Some(right)) = (places.get(left), places.get(right))
                && !merges.contains(&(*left, *right))
            {
                merges.push((*left, *right));
            }
        }
        let rank_of = |left: &[u8], right: &[u8]| {
            let pair = (places[left], places[right]);
            merges.iter().position(|merge| *merge == pair)
        };
        let numbered = numbered(&tokens);
        let made_last = |token: &[u8]| merges.iter().rposition(|(left, right)| [tokens[*left].as_slice(), &tokens[*right]].concat() == token);
        let bpe = match Bpe::of_merges(Pattern::Gpt2, &numbered, &merges, words_first) {
            Ok(bpe) => bpe,
            Err(error) => {
                let late = merges.iter().enumerate().any(|(merge, (left, right))| {
                    [left, right].into_iter().any(|part| made_last(&tokens[*part]).is_some_and(|made| made > merge))
                });
                prop_assert!(late && matches!(error, Error::Unordered { .. }), "{}", error);
                return Ok(());
            }
        };
        for text in texts.iter().chain(&texts) {
            let truth: Vec<u32> = words(Pattern::Gpt2, text)
                .into_iter()
                .flat_map(|word| match places.get(word.as_bytes()) {
                    Some(_) if words_first => vec![word.as_bytes().to_vec()],
                    _ => merged(word.as_bytes(), rank_of),
                })
                .map(|piece| numbered[places[piece.as_slice()]].0)
                .collect();
            prop_assert_eq!(encoded(&bpe, text), truth);
        }
    }
}

proptest! {
    /// Batches of words end anywhere in texts, and between them; some texts have no words.
    #[test]
    fn texts_together_have_the_ids_that_each_has_alone(mut tokens in tokens(), texts in prop::collection::vec(text(), 0..20)) {
        tokens.sort_by_key(Vec::len);
        let new = || Bpe::of_ranks(Pattern::Gpt2, &numbered(&tokens)).unwrap();
        let (mut texts, long) = (texts.clone(), texts.concat());
        texts.push(String::new());
        texts.push(long);
        let (mut ids, mut ends) = (vec![7], Vec::new());
        new().encoder().encode_all(texts.iter().map(String::as_str), &mut ids, |end| ends.push(end));
        let (mut truth, mut truth_ends) = (vec![7], Vec::new());
        for text in &texts {
            truth.extend(encoded(&new(), text));
            truth_ends.push(truth.len());
        }
        prop_assert_eq!((ids, ends), (truth, truth_ends));
    }
}

#[test]
fn a_long_word_is_merged_as_a_short_one_is() {
    let tokens: Vec<Vec<u8>> = (0..=u8::MAX)
        .map(|byte| vec![byte])
        .chain([b"aa".to_vec(), b"aaaa".to_vec(), b"aab".to_vec()])
        .collect();
    let bpe = Bpe::of_ranks(Pattern::Gpt2, &numbered(&tokens)).unwrap();
    for length in [1, 2, 7, 15, 16, 17, 63, 64, 65, 1000, 4097] {
        let text = "a".repeat(length) + "b";
        let [fours, rest] = [length / 4, length % 4];
        let mut truth = vec![257 * 3 + 1; fours];
        truth.extend(match rest {
            0 if fours > 0 => vec![u32::from(b'b') * 3 + 1],
            0 | 1 => [vec![u32::from(b'a') * 3 + 1; rest], vec![u32::from(b'b') * 3 + 1]].concat(),
            2 => vec![258 * 3 + 1],
            _ => vec![256 * 3 + 1, u32::from(b'a') * 3 + 1, u32::from(b'b') * 3 + 1],
        });
        assert_eq!(encoded(&bpe, &text), truth, "{length}");
    }
}

/// By ranks, a token can come before what it is made of: what merges then merges before what merged already.
#[test]
fn a_token_may_come_before_its_parts() {
    let mut tokens: Vec<Vec<u8>> = (0..=u8::MAX).map(|byte| vec![byte]).collect();
    tokens.extend(["abc", "cd", "ab", "xyz"].map(|token| token.as_bytes().to_vec()));
    let bpe = Bpe::of_ranks(Pattern::Gpt2, &numbered(&tokens)).unwrap();
    let spelt =
        |text| encoded(&bpe, text).into_iter().map(|id| tokens[id as usize / 3].clone()).collect::<Vec<_>>();
    assert_eq!(spelt("abc"), [b"abc"]);
    assert_eq!(spelt("zabcz"), [&b"z"[..], b"abc", b"z"]);
    assert_eq!(spelt("zabcd"), [&b"z"[..], b"ab", b"cd"]);
    assert_eq!(spelt("xyz"), [b"xyz"]);
    assert_eq!(spelt("axyz"), [b"a", b"x", b"y", b"z"]);
}

/// By merges it can't: of what is made later an earlier merge can still make something, which no table of one pair a token holds.
#[test]
fn a_merge_of_what_a_later_one_makes_is_refused() {
    let mut tokens: Vec<Vec<u8>> = (0..=u8::MAX).map(|byte| vec![byte]).collect();
    tokens.extend(["ab", "abc"].map(|token| token.as_bytes().to_vec()));
    let [a, b, c] = [b'a', b'b', b'c'].map(usize::from);
    let of = |merges: &[(usize, usize)]| Bpe::of_merges(Pattern::Gpt2, &numbered(&tokens), merges, false);
    assert!(of(&[(a, b), (256, c)]).is_ok());
    assert!(of(&[(256, c)]).is_ok(), "what is never made makes nothing");
    assert_eq!(
        of(&[(256, c), (a, b)]).err().unwrap().to_string(),
        "merge 1 makes what an earlier merge is of"
    );
}

#[test]
fn what_is_no_vocabulary_is_refused() {
    let bytes = || (0..=u8::MAX).map(|byte| (u32::from(byte), vec![byte]));
    let refused = |tokens: &[Token]| Bpe::of_ranks(Pattern::Gpt2, tokens).err().unwrap();
    let ranks: Vec<Token> = bytes().skip(1).collect();
    assert_eq!(refused(&ranks), Error::NoByte { byte: 0 });
    let ranks: Vec<Token> = bytes().chain([(300, b"ab".to_vec()), (301, b"ab".to_vec())]).collect();
    assert_eq!(refused(&ranks), Error::Twice { first: 300, second: 301 });
    let ranks: Vec<Token> = bytes().chain([(300, Vec::new())]).collect();
    assert_eq!(refused(&ranks), Error::Empty { id: 300 });
    let tokens: Vec<Token> = bytes().collect();
    let merges = Bpe::of_merges(Pattern::Gpt2, &tokens, &[(97, 98)], false);
    assert_eq!(merges.err().unwrap().to_string(), "merge 0 is of what is no token, or makes none");
}
