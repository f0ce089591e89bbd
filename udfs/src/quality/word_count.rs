//! `word_count(text)`: how many words a text has.

use datafusion::logical_expr::ScalarUDF;
use unicode_segmentation::UnicodeSegmentation;

use crate::of_text::OfText;
use crate::text::entities::{Entity, entities};

/// The function: words by UAX #29, links and mentions left out. A hashtag is a word.
pub(crate) fn word_count() -> ScalarUDF {
    ScalarUDF::from(OfText::new("word_count", |text| i32::try_from(words(text)).unwrap_or(i32::MAX)))
}

fn words(text: &str) -> usize {
    let (mut words, mut from) = (0, 0);
    for entity in entities(text) {
        if matches!(entity, Entity::Mention(_) | Entity::Url(_)) {
            words += between(text, from, entity.span().start);
            from = entity.span().end;
        }
    }
    words + between(text, from, text.len())
}

fn between(text: &str, start: usize, end: usize) -> usize {
    text.get(start..end).unwrap_or_default().unicode_words().count()
}
