//! The truth: the steps of the reference, one after the other, each over the whole text.

use std::collections::HashMap;

use super::categories::{class, decompose, is_accent, is_chinese, is_control, is_punctuation};
use super::{Description, Normalizer};

/// The ids of `text`.
pub(super) fn encode(description: &Description<'_>, text: &str) -> Vec<u32> {
    let tokens: HashMap<&str, u32> = description.tokens.iter().copied().collect();
    let text = normalized(description.normalizer, text);
    words(&text).iter().flat_map(|word| spelt(description, &tokens, word)).collect()
}

fn normalized(normalizer: Normalizer, text: &str) -> String {
    let mut text: Vec<char> = text.chars().collect();
    if normalizer.clean_text {
        let is_kept = |point: char| point != '\0' && point != '\u{fffd}' && !is_control(point);
        text.retain(|point| matches!(point, '\t' | '\n' | '\r') || is_kept(*point));
        for point in &mut text {
            if point.is_whitespace() {
                *point = ' ';
            }
        }
    }
    if normalizer.handle_chinese_chars {
        let spaced = |point: char| if is_chinese(point) { vec![' ', point, ' '] } else { vec![point] };
        text = text.into_iter().flat_map(spaced).collect();
    }
    if normalizer.strip_accents.unwrap_or(normalizer.lowercase) {
        let mut apart = Vec::new();
        for point in text {
            decompose(point, |point| apart.push(point));
        }
        for marks in apart.chunk_by_mut(|left, right| class(*left) != 0 && class(*right) != 0) {
            marks.sort_by_key(|mark| class(*mark));
        }
        apart.retain(|point| !is_accent(*point));
        text = apart;
    }
    if normalizer.lowercase {
        text = text.into_iter().flat_map(char::to_lowercase).collect();
    }
    text.into_iter().collect()
}

fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for word in text.split_whitespace() {
        let points: Vec<char> = word.chars().collect();
        let parts = points.chunk_by(|left, right| !is_punctuation(*left) && !is_punctuation(*right));
        words.extend(parts.map(|part| part.iter().collect::<String>()));
    }
    words
}

fn spelt(description: &Description<'_>, tokens: &HashMap<&str, u32>, word: &str) -> Vec<u32> {
    let unknown = vec![description.unknown];
    let points: Vec<char> = word.chars().collect();
    if points.len() > description.max_input_chars_per_word {
        return unknown;
    }
    let mut ids = Vec::new();
    let mut start = 0;
    while start < points.len() {
        let prefix = if start > 0 { description.continuing_subword_prefix } else { "" };
        let token = |end: usize| {
            let token: String = prefix.chars().chain(points[start..end].iter().copied()).collect();
            tokens.get(token.as_str()).map(|id| (*id, end))
        };
        let Some((id, end)) = (start + 1..=points.len()).rev().find_map(token) else { return unknown };
        ids.push(id);
        start = end;
    }
    ids
}
