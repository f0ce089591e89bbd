//! `repeat_ratio(text)`: how much of a text repeats the character before.

use datafusion::logical_expr::ScalarUDF;

use super::share::share;
use crate::of_text::OfText;

/// The function. White space is passed over: it neither repeats nor parts what repeats.
pub(crate) fn repeat_ratio() -> ScalarUDF {
    ScalarUDF::from(OfText::new("repeat_ratio", |text| {
        let (mut repeats, mut all, mut before) = (0, 0, None);
        for character in text.chars().filter(|character| !character.is_whitespace()) {
            repeats += usize::from(before == Some(character));
            all += 1;
            before = Some(character);
        }
        share(repeats, all)
    }))
}
