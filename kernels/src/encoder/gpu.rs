//! Vectors by a GPU.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::bert::{Encoder, Scratch};
use super::cuda::EncoderThere;
use super::error::Error;
use super::output::cosine;
use super::tokens::Tokens;
use crate::device::{Gpu, NoGpu, Pointer, in_parts, some_of};
use crate::machine::Failure;

/// What half precision may be off in a number of a vector of length 1, and how near to the processor's a vector points.
const MOST_DIFFERENCE: f64 = 2e-3;
const LEAST_COSINE: f64 = 0.9995;

/// Makes the vectors of many texts at once, in half precision: they are within its tolerance of those of the [`Encoder`] that it was made of.
pub struct GpuVectors<G> {
    gpu: G,
    /// What some texts are compared with.
    encoder: Arc<Encoder>,
    there: Arc<EncoderThere<Pointer>>,
}

impl<G> fmt::Debug for GpuVectors<G> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("GpuVectors").finish_non_exhaustive()
    }
}

/// Texts that a model is tried with, each of so many tokens more than the one before.
const TRIALS: usize = 5;
const MORE_TOKENS: usize = 7;

impl Encoder {
    /// Puts the model into the memory of `gpu`, in half precision, to embed many texts at once. Refused where it doesn't fit, or isn't for the kernels (a
    /// head has more than 128 numbers, a token more than 3,072, or a weight is beyond 65,504), or where vectors of a few texts show that halves don't suit it.
    pub fn on_gpu<G: Deref<Target = Gpu>>(self: &Arc<Self>, gpu: G) -> Result<GpuVectors<G>, NoGpu> {
        let encoder = Arc::clone(self);
        let there = gpu
            .keep(move |store| EncoderThere::new(store, &encoder))
            .map_err(|failure| NoGpu::new(format!("no model there: {failure}")))?
            .ok_or_else(|| NoGpu::new("a head, a token or a weight of the model is beyond its kernels"))?;
        let vectors = GpuVectors { gpu, encoder: Arc::clone(self), there: Arc::new(there) };
        let is_suited =
            vectors.suits().map_err(|failure| NoGpu::new(format!("no vectors there: {failure}")))?;
        is_suited.then_some(vectors).ok_or_else(|| NoGpu::new("half precision doesn't suit the model"))
    }

    /// Texts of tokens from all over the vocabulary.
    fn trials(&self) -> Vec<Vec<u32>> {
        let (vocabulary, longest) = (self.config().vocabulary, self.config().longest());
        let of_length = |tokens: usize| {
            let places = (0..tokens.min(longest)).map(|at| (tokens + at) * 7919 % vocabulary);
            places.map(|token| u32::try_from(token).unwrap_or_default()).collect()
        };
        (0..TRIALS).map(|text| of_length(1 + text * MORE_TOKENS)).collect()
    }
}

impl<G: Deref<Target = Gpu>> GpuVectors<G> {
    /// Writes the vectors of `texts`, one after the other, to `vectors`, as [`Encoder::embed`] takes and gives them, but for those that half precision has no
    /// numbers for: their places are appended to `left`, and the [`Encoder`] has to make them. Which they are depends on the text alone.
    ///
    /// # Errors
    ///
    /// Those of [`Encoder::embed`], and [`Error::Device`]: it broke, or was wrong, or has no room for one of the texts. Then neither `vectors` nor `left` tells anything.
    ///
    /// # Panics
    ///
    /// Where `vectors` doesn't have [`Encoder::dimensions`] numbers for each text.
    pub fn embed(&self, texts: &[&[u32]], vectors: &mut [f32], left: &mut Vec<usize>) -> Result<(), Error> {
        let hidden = self.encoder.dimensions();
        assert_eq!(vectors.len(), texts.len() * hidden, "a vector has {hidden} numbers");
        self.encoder.check(texts)?;
        let tokens = Tokens::new(texts)
            .ok_or_else(|| Error::Device { why: "these are too many tokens".to_owned() })?;
        let mut to = vectors.chunks_exact_mut(hidden).enumerate();
        let mut is_done = true;
        in_parts(tokens, &|tokens| self.ask(tokens), &mut |tokens, found: Option<Vec<f32>>| {
            is_done &= found.is_some() || tokens.len() == 0;
            let found = found.unwrap_or_default();
            for ((text, to), vector) in to.by_ref().take(tokens.len()).zip(found.chunks_exact(hidden)) {
                if is_finite(vector) {
                    to.copy_from_slice(vector);
                } else {
                    left.push(text);
                }
            }
        });
        let why = || self.gpu.broken().unwrap_or_else(|| Failure::Memory.to_string());
        if is_done { Ok(()) } else { Err(Error::Device { why: why() }) }
    }

    /// Whether it comes near enough with some texts.
    fn suits(&self) -> Result<bool, Failure> {
        let trials = self.encoder.trials();
        let texts: Vec<&[u32]> = trials.iter().map(Vec::as_slice).collect();
        let mut truth = vec![0.0; texts.len() * self.encoder.dimensions()];
        let (Ok(()), Some(tokens)) =
            (self.encoder.embed(&texts, &mut Scratch::default(), &mut truth), Tokens::new(&texts))
        else {
            return Ok(false);
        };
        let found = self.run(&Arc::new(tokens))?;
        let hidden = self.encoder.dimensions();
        Ok(found
            .chunks_exact(hidden)
            .zip(truth.chunks_exact(hidden))
            .all(|(vector, truth)| is_near(vector, truth)))
    }

    fn run(&self, tokens: &Arc<Tokens>) -> Result<Vec<f32>, Failure> {
        let (there, given) = (Arc::clone(&self.there), Arc::clone(tokens));
        self.gpu.run(move |slot| there.start(slot, &given), |vectors, slot| vectors.finish(slot))
    }

    /// What the GPU finds, some of it compared.
    fn ask(&self, tokens: &Arc<Tokens>) -> Result<Vec<f32>, Failure> {
        let found = self.run(tokens)?;
        let (mut scratch, mut truth) = (Scratch::default(), vec![0.0; self.encoder.dimensions()]);
        let all = tokens.iter().zip(found.chunks_exact(truth.len()));
        for (text, vector) in some_of(all, tokens.len(), tokens.ids().len()) {
            let is_known = self.encoder.embed(&[text], &mut scratch, &mut truth).is_ok();
            if is_known && is_finite(vector) && !is_near(vector, &truth) {
                return Err(self.gpu.found_wrong("vectors"));
            }
        }
        Ok(found)
    }
}

fn is_finite(vector: &[f32]) -> bool {
    vector.iter().all(|number| number.is_finite())
}

/// Whether `vector` is as half precision may have it, where `truth` is in single. A vector that isn't of length 1 is seen as if that one were.
pub(super) fn is_near(vector: &[f32], truth: &[f32]) -> bool {
    let length = truth.iter().map(|number| f64::from(*number).powi(2)).sum::<f64>().sqrt();
    let most = MOST_DIFFERENCE * if length > 0.0 { length } else { 1.0 };
    let differences = vector.iter().zip(truth).map(|(found, truth)| f64::from(*found) - f64::from(*truth));
    differences.into_iter().all(|difference| difference.abs() <= most)
        && (length == 0.0 || cosine(vector, truth) >= LEAST_COSINE)
}

#[cfg(test)]
mod tests {
    use super::is_near;

    #[test]
    fn a_vector_is_near_in_each_number_and_in_its_angle() {
        let truth = [0.6, 0.8, 0.0];
        assert!(is_near(&[0.6015, 0.7985, -0.0019], &truth));
        assert!(!is_near(&[0.6, 0.8, 0.0021], &truth));
        // Each of 1,000 numbers is near, and all of them together point elsewhere.
        let many = [0.001_f32; 1000];
        let turned: Vec<f32> = (0..1000).map(|at| if at % 2 == 0 { 0.0026 } else { 0.0004 }).collect();
        assert!(!is_near(&turned, &many));
        assert!(is_near(&[6.015, 7.985, -0.019], &[6.0, 8.0, 0.0]));
        assert!(!is_near(&[6.0, 8.0, f32::NAN], &[6.0, 8.0, 0.0]));
        assert!(is_near(&[0.0, 0.001], &[0.0, 0.0]));
        assert!(!is_near(&[0.0, 0.003], &[0.0, 0.0]));
    }
}
