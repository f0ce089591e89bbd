//! From tokens to vectors through a table alone: the cheap models.

use super::error::Error;
use super::instruction_set::InstructionSet;
use super::line::{Line, lines, reserve};
use super::norm::Pool;
use super::weights::{Tensor, Weights};

/// A static model: the vector of a text is the mean of the rows of its tokens.
#[derive(Debug, Clone)]
pub struct TokenTable {
    set: InstructionSet,
    rows: Vec<Line>,
    vocabulary: usize,
    dimensions: usize,
    normalized: bool,
}

impl TokenTable {
    /// The table `table`, with a row for each token; vectors are divided by their length where `normalized`.
    ///
    /// Errors call the tensor `name`.
    pub fn new(name: &str, table: Tensor<'_>, normalized: bool) -> Result<Self, Error> {
        let &[vocabulary, dimensions] = table.shape else {
            let (expected, found) = (vec![0, 0], table.shape.to_vec());
            return Err(Error::Misshapen { name: name.to_owned(), expected, found });
        };
        for (size, value) in [("vocabulary", vocabulary), ("dimensions", dimensions)] {
            if value == 0 {
                return Err(Error::Zero { size });
            }
        }
        let rows = Weights(|_: &str| Some(table)).table(name, vocabulary, dimensions)?;
        Ok(Self { set: InstructionSet::best(), rows, vocabulary, dimensions, normalized })
    }

    /// Numbers of a vector.
    pub fn dimensions(&self) -> usize {
        self.dimensions
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

    /// Writes the vectors of `texts`, one after the other, to `vectors`. That of a text without tokens is zeros: such models
    /// have no special ones.
    ///
    /// # Panics
    ///
    /// Where `vectors` doesn't have [`TokenTable::dimensions`] numbers for each text.
    pub fn embed(&self, texts: &[&[u32]], vectors: &mut [f32]) -> Result<(), Error> {
        assert_eq!(vectors.len(), texts.len() * self.dimensions, "a vector has {} numbers", self.dimensions);
        let wide = lines(self.dimensions);
        let (mut rows, mut vector) = (Vec::new(), vec![Line::ZERO; wide]);
        for ((text, tokens), to) in texts.iter().enumerate().zip(vectors.chunks_exact_mut(self.dimensions)) {
            if tokens.is_empty() {
                to.fill(0.0);
                continue;
            }
            reserve(&mut rows, tokens.len() * wide);
            let rows = &mut rows[..tokens.len() * wide];
            for (at, (row, token)) in rows.chunks_exact_mut(wide).zip(*tokens).enumerate() {
                let vocabulary = self.vocabulary;
                if *token as usize >= vocabulary {
                    return Err(Error::UnknownToken { text, at, token: *token, vocabulary });
                }
                row.copy_from_slice(&self.rows[*token as usize * wide..][..wide]);
            }
            self.set.run(Pool { rows, stride: wide, normalized: self.normalized, out: &mut vector });
            for (to, from) in to.iter_mut().zip(vector.iter().flat_map(|line| &line.0)) {
                *to = *from;
            }
        }
        Ok(())
    }
}
