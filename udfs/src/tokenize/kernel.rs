//! The kernel that gives the ids of a `tokenizer.json` sooner than the engine, where there is one.

use std::sync::Arc;

use serde_json::Value;
use tokenizers::pipeline::PipelineTokenizer;
use tweetmill_kernels::device::{Gpu, GpuEncoder, NoGpu};
use tweetmill_kernels::{bpe, wordpiece};

use super::byte_level::ByteLevel;
use super::rows::Ids;
use super::word_piece;

/// A kernel with its tables.
#[derive(Debug)]
pub(super) enum Kernel {
    ByteLevel(Box<ByteLevel>),
    WordPiece(Arc<wordpiece::WordPiece>),
}

impl Kernel {
    /// Of a `tokenizer.json` in its canonical form and what the engine made of it; `None` where the engine does more than the kernels can, or
    /// otherwise. `added` are the tokens that are matched in texts.
    pub(super) fn of_json(json: &Value, engine: &PipelineTokenizer, added: &[&str]) -> Option<Self> {
        let byte_level =
            ByteLevel::of_json(json, engine, added).map(|kernel| Self::ByteLevel(Box::new(kernel)));
        byte_level.or_else(|| {
            word_piece::of_json(json, engine, added).map(|kernel| Self::WordPiece(Arc::new(kernel)))
        })
    }

    /// Whether the ids of `text` are its own; else they are the engine's.
    pub(super) fn is_for(&self, text: &str) -> bool {
        match self {
            Self::ByteLevel(byte_level) => byte_level.is_for(text),
            Self::WordPiece(_) => true,
        }
    }

    /// With its tables on a GPU; refused where they don't fit.
    pub(super) fn on_gpu(&self, gpu: &Arc<Gpu>) -> Result<GpuEncoder<Arc<Gpu>>, NoGpu> {
        match self {
            Self::ByteLevel(byte_level) => byte_level.on_gpu(gpu),
            Self::WordPiece(word_piece) => word_piece.on_gpu(Arc::clone(gpu)),
        }
    }

    /// An encoder for one thread.
    pub(super) fn encoder(&self) -> KernelEncoder<'_> {
        match self {
            Self::ByteLevel(byte_level) => KernelEncoder::ByteLevel(byte_level, byte_level.encoder()),
            Self::WordPiece(word_piece) => {
                KernelEncoder::WordPiece(word_piece, wordpiece::Scratch::default())
            }
        }
    }
}

/// A kernel at work.
pub(super) enum KernelEncoder<'a> {
    ByteLevel(&'a ByteLevel, bpe::Encoder<'a>),
    WordPiece(&'a wordpiece::WordPiece, wordpiece::Scratch),
}

impl KernelEncoder<'_> {
    /// Appends the ids of `texts` up to the first that is for the engine, and tells how many those are.
    pub(super) fn encode_all(&mut self, texts: &[&str], ids: &mut Ids) -> usize {
        match self {
            Self::ByteLevel(byte_level, encoder) => {
                let own = texts.iter().take_while(|text| byte_level.is_for(text)).count();
                encoder.encode_all(texts[..own].iter().copied(), &mut ids.ids, |end| ids.ends.push(end));
                own
            }
            Self::WordPiece(word_piece, scratch) => {
                for text in texts {
                    word_piece.encode(text, scratch, &mut ids.ids);
                    ids.end();
                }
                texts.len()
            }
        }
    }
}
