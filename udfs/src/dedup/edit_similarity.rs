//! `edit_similarity(a, b)`: how much of two texts is left where one is edited to become the other.

use datafusion::logical_expr::ScalarUDF;
use tweetmill_kernels::near::Pattern;

use crate::of_two_texts::{Compare, OfTwoTexts};
use crate::text::Canonicalizer;

/// The function.
pub(crate) fn edit_similarity() -> ScalarUDF {
    ScalarUDF::from(OfTwoTexts::<EditSimilarity>::new())
}

/// 100·(1 − d / (|a| + |b|)), d the indel distance of the canonical texts in code points. For reading: what is near is
/// decided in integers ([`tweetmill_kernels::near::is_near`]).
#[derive(Debug, Default)]
struct EditSimilarity {
    canonicalizer: Canonicalizer,
    left: Vec<u32>,
    right: Vec<u32>,
    pattern: Pattern,
}

impl Compare for EditSimilarity {
    const NAME: &'static str = "edit_similarity";

    fn compare(&mut self, left: &str, right: &str) -> f64 {
        for (text, points) in [(left, &mut self.left), (right, &mut self.right)] {
            points.clear();
            points.extend(self.canonicalizer.canonicalize(text).chars().map(u32::from));
        }
        let together = self.left.len() + self.right.len();
        if together == 0 {
            return 100.0;
        }
        self.pattern.set(&self.left);
        let distance = self.pattern.distance(&self.right, together).unwrap_or(together);
        100.0 * (together - distance) as f64 / together as f64
    }
}
