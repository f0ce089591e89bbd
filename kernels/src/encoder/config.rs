//! What shape a model has.

use super::error::Error;

/// The shape of an encoder of the BERT family, and what becomes of its tokens.
///
/// The numbers are those of a model's `config.json`, whose names the docs give. The activation is the exact GELU; no
/// other is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Tokens known: `vocab_size`. Ids are below it.
    pub vocabulary: usize,
    /// Rows of the table of positions: `max_position_embeddings`.
    pub positions: usize,
    /// The position of a text's first token: 0 in BERT, 2 in `RoBERTa` and its kin.
    pub first_position: usize,
    /// Rows of the table of types: `type_vocab_size`. Every token is of type 0.
    pub types: usize,
    /// Numbers of a token, and of a vector: `hidden_size`.
    pub hidden: usize,
    /// `num_hidden_layers`.
    pub layers: usize,
    /// `num_attention_heads`, a divisor of `hidden`.
    pub heads: usize,
    /// Numbers of a token inside a feed-forward: `intermediate_size`.
    pub intermediate: usize,
    /// What is added to a variance: `layer_norm_eps`.
    pub norm_epsilon: f32,
    /// How tokens become one vector.
    pub pooling: Pooling,
    /// Whether vectors are divided by their length; one of zeros stays that.
    pub normalized: bool,
}

/// How the tokens of a text become its vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pooling {
    /// Their mean, with the special ones.
    Mean,
    /// The first one: `[CLS]`.
    First,
}

impl Config {
    /// Most tokens that a text can have, special ones included.
    pub fn longest(&self) -> usize {
        self.positions.saturating_sub(self.first_position)
    }

    /// Itself, if there is such a model.
    pub(super) fn checked(&self) -> Result<&Self, Error> {
        let sizes = [
            ("vocabulary", self.vocabulary),
            ("positions after the first", self.longest()),
            ("types", self.types),
            ("hidden", self.hidden),
            ("layers", self.layers),
            ("heads", self.heads),
            ("intermediate", self.intermediate),
        ];
        if let Some((size, _)) = sizes.into_iter().find(|(_, value)| *value == 0) {
            return Err(Error::Zero { size });
        }
        if !self.hidden.is_multiple_of(self.heads) {
            return Err(Error::Heads { hidden: self.hidden, heads: self.heads });
        }
        Ok(self)
    }
}
