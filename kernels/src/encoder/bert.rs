//! From tokens to vectors, through an encoder of the BERT family.

use super::config::{Config, Pooling};
use super::error::Error;
use super::instruction_set::InstructionSet;
use super::layer::{Buffers, Layer};
use super::line::{Line, lines, reserve, stride};
use super::norm::{AddNorm, Norm, Pool};
use super::weights::{Tensor, Weights};

/// Tokens taken through all layers together, unless one text has more: enough to read the weights seldom, few enough for
/// the caches.
const GROUP: usize = 256;

/// A model, laid out for the processor. Threads share it, each with a [`Scratch`] of its own.
#[derive(Debug, Clone)]
pub struct Encoder {
    config: Config,
    set: InstructionSet,
    pub(super) words: Vec<Line>,
    /// Of each place in a text: its position, and the type 0.
    pub(super) places: Vec<Line>,
    pub(super) norm: Norm,
    pub(super) layers: Vec<Layer>,
}

/// Memory that texts are encoded in: used again, it is not asked for again. One serves any models.
#[derive(Debug, Default)]
pub struct Scratch {
    rows: Vec<Line>,
    added: Vec<Line>,
    lengths: Vec<usize>,
    vector: Vec<Line>,
    buffers: Buffers,
}

impl Encoder {
    /// The model that has the shape `config` and the tensors that `weights` gives by name.
    ///
    /// Names are those of Hugging Face's `BertModel`: `embeddings.word_embeddings.weight`,
    /// `encoder.layer.0.attention.self.query.weight` and so on. Where a file has others, `weights` maps them. The tensors are
    /// copied, into as much memory.
    pub fn new<'a>(config: &Config, weights: impl Fn(&str) -> Option<Tensor<'a>>) -> Result<Self, Error> {
        let config = config.checked()?;
        let weights = Weights(weights);
        let hidden = config.hidden;
        let mut places = weights.table("embeddings.position_embeddings.weight", config.positions, hidden)?;
        places.drain(..config.first_position * lines(hidden));
        let types = weights.table("embeddings.token_type_embeddings.weight", config.types, hidden)?;
        for place in places.chunks_exact_mut(lines(hidden)) {
            for (to, from) in place.iter_mut().zip(&types) {
                *to = Line(std::array::from_fn(|at| to.0[at] + from.0[at]));
            }
        }
        let layer = |at: usize| Layer::new(config, &weights, &format!("encoder.layer.{at}."));
        Ok(Self {
            set: InstructionSet::best(),
            words: weights.table("embeddings.word_embeddings.weight", config.vocabulary, hidden)?,
            places,
            norm: Norm::new(config, &weights, "embeddings.LayerNorm.")?,
            layers: (0..config.layers).map(layer).collect::<Result<_, _>>()?,
            config: config.clone(),
        })
    }

    /// The same model with other instructions; `None` where this processor lacks them.
    #[must_use]
    pub fn with(self, set: InstructionSet) -> Option<Self> {
        set.is_available().then_some(Self { set, ..self })
    }

    /// The instructions in use: at first the fastest ones.
    pub fn instruction_set(&self) -> InstructionSet {
        self.set
    }

    /// The shape of the model.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Numbers of a vector.
    pub fn dimensions(&self) -> usize {
        self.config.hidden
    }

    /// Writes the vectors of `texts`, one after the other, to `vectors`.
    ///
    /// A text is its token ids with the special ones, from 1 to [`Config::longest`] of them: the empty text is `[CLS]` and
    /// `[SEP]`. A vector depends on its text only. On an error, `vectors` holds nothing of worth.
    ///
    /// # Panics
    ///
    /// Where `vectors` doesn't have [`Encoder::dimensions`] numbers for each text.
    pub fn embed(&self, texts: &[&[u32]], scratch: &mut Scratch, vectors: &mut [f32]) -> Result<(), Error> {
        let hidden = self.config.hidden;
        assert_eq!(vectors.len(), texts.len() * hidden, "a vector has {hidden} numbers");
        self.check(texts)?;
        let mut first = 0;
        while first < texts.len() {
            let mut tokens = 0;
            let fitting = texts[first..].iter().take_while(|text| {
                tokens += text.len();
                tokens <= GROUP
            });
            let last = first + fitting.count().max(1);
            self.embed_group(&texts[first..last], scratch, &mut vectors[first * hidden..last * hidden]);
            first = last;
        }
        Ok(())
    }

    /// Whether all of `texts` are such as the model takes.
    pub(super) fn check(&self, texts: &[&[u32]]) -> Result<(), Error> {
        let (vocabulary, longest) = (self.config.vocabulary, self.config.longest());
        for (text, tokens) in texts.iter().enumerate() {
            if tokens.is_empty() {
                return Err(Error::NoTokens { text });
            }
            if tokens.len() > longest {
                return Err(Error::TooLong { text, tokens: tokens.len(), longest });
            }
            if let Some(at) = tokens.iter().position(|token| *token as usize >= vocabulary) {
                return Err(Error::UnknownToken { text, at, token: tokens[at], vocabulary });
            }
        }
        Ok(())
    }

    /// The whole of it: tokens to rows, rows through the layers, rows of a text to its vector.
    fn embed_group(&self, texts: &[&[u32]], scratch: &mut Scratch, vectors: &mut [f32]) {
        let wide = lines(self.config.hidden);
        let stride = stride(wide);
        let Scratch { rows, added, lengths, vector, buffers } = scratch;
        lengths.clear();
        lengths.extend(texts.iter().map(|text| text.len()));
        let tokens: usize = lengths.iter().sum();
        reserve(rows, tokens * stride);
        reserve(added, tokens * stride);
        let (rows, added) = (&mut rows[..tokens * stride], &mut added[..tokens * stride]);
        let places = texts.iter().flat_map(|text| text.iter().zip(self.places.chunks_exact(wide)));
        for (at, (token, place)) in places.enumerate() {
            rows[at * stride..][..wide].copy_from_slice(&self.words[*token as usize * wide..][..wide]);
            added[at * stride..][..wide].copy_from_slice(place);
        }
        self.set.run(AddNorm { rows, more: added, stride, norm: &self.norm });
        let pools_first = self.config.pooling == Pooling::First;
        for (at, layer) in self.layers.iter().enumerate() {
            let first_only = pools_first && at + 1 == self.layers.len();
            layer.apply(self.set, rows, stride, lengths, first_only, buffers);
        }
        reserve(vector, wide);
        let mut first = 0;
        for (length, to) in lengths.iter().zip(vectors.chunks_exact_mut(self.config.hidden)) {
            let pooled = if pools_first { 1 } else { *length };
            self.set.run(Pool {
                rows: &rows[first * stride..(first + pooled) * stride],
                stride,
                normalized: self.config.normalized,
                out: &mut vector[..wide],
            });
            for (to, from) in to.iter_mut().zip(vector.iter().flat_map(|line| &line.0)) {
                *to = *from;
            }
            first += pooled;
        }
    }
}
