//! Spherical k-means (Dhillon and Modha 2001): centroids that every vector has one near to it of.

use super::dot::{dot, normalize};

/// Times that centroids are moved.
pub const ROUNDS: usize = 10;

/// Directions that clusters gather around.
#[derive(Debug, Clone, PartialEq)]
pub struct Centroids {
    dimensions: usize,
    /// Row by row, each of length 1, or zeros.
    rows: Vec<f32>,
}

impl Centroids {
    /// Starts with the first `clusters` of `vectors`, rows of `dimensions` numbers and of length 1, and moves each [`ROUNDS`] times
    /// to the middle of the vectors that it is the nearest to; one that is the nearest to none stays. Give the vectors in an
    /// order that tells nothing of them, such as that of a hash.
    ///
    /// `assign` is [`Centroids::nearest`] of all rows, spread over as many threads as the caller likes.
    ///
    /// # Panics
    ///
    /// Where `dimensions` is 0.
    pub fn of(
        vectors: &[f32],
        dimensions: usize,
        clusters: usize,
        assign: impl Fn(&Self, &[f32]) -> Vec<u32>,
    ) -> Self {
        let rows = vectors.chunks_exact(dimensions).take(clusters).flatten().copied().collect();
        let mut centroids = Self { dimensions, rows };
        let mut before = Vec::new();
        for _ in 0..ROUNDS {
            let nearest = assign(&centroids, vectors);
            if nearest == before {
                break;
            }
            centroids.move_to_the_middle(vectors, &nearest);
            before = nearest;
        }
        centroids
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len() / self.dimensions
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The centroid with the largest cosine to `vector`, of several the first; 0 where there is none.
    pub fn nearest(&self, vector: &[f32]) -> u32 {
        let mut best = (0, f32::NEG_INFINITY);
        for (at, row) in (0..).zip(self.rows.chunks_exact(self.dimensions)) {
            let cosine = dot(row, vector);
            if cosine > best.1 {
                best = (at, cosine);
            }
        }
        best.0
    }

    /// Sums are of doubles, in the order of the vectors.
    fn move_to_the_middle(&mut self, vectors: &[f32], nearest: &[u32]) {
        let mut sums = vec![0.0_f64; self.rows.len()];
        let mut members = vec![0_u32; self.len()];
        for (vector, at) in vectors.chunks_exact(self.dimensions).zip(nearest) {
            let at = *at as usize;
            if let (Some(sum), Some(members)) =
                (sums.get_mut(at * self.dimensions..(at + 1) * self.dimensions), members.get_mut(at))
            {
                *members += 1;
                for (sum, number) in sum.iter_mut().zip(vector) {
                    *sum += f64::from(*number);
                }
            }
        }
        let rows = self.rows.chunks_exact_mut(self.dimensions);
        for ((row, sum), members) in rows.zip(sums.chunks_exact(self.dimensions)).zip(members) {
            if members > 0 {
                for (number, sum) in row.iter_mut().zip(sum) {
                    *number = (*sum / f64::from(members)) as f32;
                }
                normalize(row);
            }
        }
    }
}
