//! How much of a text something takes, counted in code points that are not white space.

use crate::text::entities::{Entity, entities};

/// `part` of `whole`, 0 to 1; 0 of nothing.
pub(super) fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Code points of `text` that are not white space.
pub(super) fn visible(text: &str) -> usize {
    text.chars().filter(|character| !character.is_whitespace()).count()
}

/// Share of the text inside the entities that are `wanted`.
pub(super) fn share_of_entities(text: &str, wanted: fn(&Entity) -> bool) -> f64 {
    let mut inside = entities(text).filter(wanted).map(|entity| visible(entity.span().of(text))).peekable();
    if inside.peek().is_none() {
        return 0.0;
    }
    share(inside.sum(), visible(text))
}
