//! `jaccard(a, b)`: how many shingles two texts have in common.

use std::cmp::Ordering;

use datafusion::logical_expr::ScalarUDF;
use tweetmill_kernels::near::Shingles;

use super::minhash_signature::{ALPHABETIC, DENSE};
use crate::of_two_texts::{Compare, OfTwoTexts};
use crate::text::Canonicalizer;

/// The function.
pub(crate) fn jaccard() -> ScalarUDF {
    ScalarUDF::from(OfTwoTexts::<Jaccard>::new())
}

/// |A ∩ B| / |A ∪ B| of the sets of shingles of the canonical texts.
#[derive(Debug)]
struct Jaccard {
    canonicalizer: Canonicalizer,
    shingles: Shingles,
    points: Vec<u32>,
    left: Vec<u32>,
    right: Vec<u32>,
}

impl Default for Jaccard {
    fn default() -> Self {
        Self {
            canonicalizer: Canonicalizer::new(),
            shingles: Shingles::new(usize::from(ALPHABETIC), usize::from(DENSE)),
            points: Vec::new(),
            left: Vec::new(),
            right: Vec::new(),
        }
    }
}

impl Compare for Jaccard {
    const NAME: &'static str = "jaccard";

    fn compare(&mut self, left: &str, right: &str) -> f64 {
        for (text, shingles) in [(left, &mut self.left), (right, &mut self.right)] {
            self.points.clear();
            self.points.extend(self.canonicalizer.canonicalize(text).chars().map(u32::from));
            self.shingles.hash(&self.points, shingles);
            shingles.sort_unstable();
            shingles.dedup();
        }
        let both = common(&self.left, &self.right);
        let either = self.left.len() + self.right.len() - both;
        if either == 0 { 1.0 } else { both as f64 / either as f64 }
    }
}

/// How many words two ascending slices share.
fn common(left: &[u32], right: &[u32]) -> usize {
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    let mut both = 0;
    while let (Some(first), Some(second)) = (left.peek(), right.peek()) {
        match first.cmp(second) {
            Ordering::Less => drop(left.next()),
            Ordering::Greater => drop(right.next()),
            Ordering::Equal => {
                both += 1;
                left.next();
                right.next();
            }
        }
    }
    both
}
