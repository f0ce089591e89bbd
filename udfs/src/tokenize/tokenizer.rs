//! One tokenizer: text to ids.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use tokenizers::pipeline::{EncodeOptions, Override, PipelineToken, PipelineTokenizer};
use tweetmill_kernels::bpe;
use tweetmill_kernels::device::{Gpu, GpuEncoder};

use super::byte_level::ByteLevel;
use super::device::Rows;
use super::error::TokenizerError;
use super::hugging_face;
use super::kernel::{Kernel, KernelEncoder};
use super::pattern::{PATTERNS, Pattern};
use super::rank_file::RankFile;
use super::rows::Ids;
use crate::args::Texts;

/// Turns text into the ids its model was trained on.
///
/// Text is always ordinary text: a tweet that holds the characters `<|endoftext|>` or `[SEP]` gets the
/// ids of those characters, never the special token, for no document may end itself. Added tokens that
/// aren't special (runs of spaces, say) are part of the vocabulary and do match. So ids equal
///
/// - for a `tokenizer.json`: `tokenizers` 0.23 with `encode_special_tokens = True` and
///   `encode(text, add_special_tokens=False)`; without that switch they differ only for texts holding a
///   special token's spelling. Truncation and padding asked for by the file are not done;
/// - for ranks: tiktoken's `encode_ordinary(text)`.
///
/// `udfs/tests/tokenizer_reference.rs` holds byte-level BPE, `WordPiece` and ranks to that on real texts; for
/// Unigram, `WordLevel` and other BPE the engine's own tests speak. What it can't follow is refused.
pub struct Tokenizer {
    name: String,
    words: Words,
    bos: Option<i32>,
    eos: Option<i32>,
    vocab_size: usize,
    digest: u128,
    on_gpu: RwLock<OnGpu>,
}

/// The kernel of a tokenizer on a GPU.
#[derive(Default)]
struct OnGpu {
    /// Once it was asked for: its tables stay there.
    encoder: Option<Arc<GpuEncoder<Arc<Gpu>>>>,
    is_used: bool,
}

/// Who makes ids of words.
enum Words {
    /// The kernel, whatever the text: of ranks, which say nothing of the token that ends a document.
    Ranks { byte_level: Box<ByteLevel>, end_of_text: u32 },
    /// The engine; a kernel, which is faster, where there is one for the text.
    Json { engine: Box<PipelineTokenizer>, kernel: Option<Kernel> },
}

impl Tokenizer {
    /// Reads a tokenizer file: a Hugging Face `tokenizer.json` (an object) or tiktoken ranks. `name` is
    /// what errors call it, and the hint to a rank file's pattern where its ranks aren't known.
    pub fn parse(name: &str, file: &[u8]) -> Result<Self, TokenizerError> {
        let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
        if file.trim_ascii_start().starts_with(b"{") {
            let definition = hugging_face::parse(name, file)?;
            let digest = tweetmill_kernels::hash::content_hash(file);
            let words = Words::Json { engine: Box::new(definition.engine), kernel: definition.kernel };
            return Self::new(name, words, (definition.bos, definition.eos), definition.id_space, digest);
        }
        let ranks =
            RankFile::parse(file).map_err(|why| TokenizerError::Unreadable { name: name.to_owned(), why })?;
        let pattern =
            Pattern::of_ranks(ranks.digest()).or_else(|| Pattern::of_name(name)).ok_or_else(|| {
                TokenizerError::UnknownPattern {
                    name: name.to_owned(),
                    tokens: ranks.len(),
                    known: PATTERNS.map(|pattern| pattern.name).join(", "),
                }
            })?;
        Self::from_ranks(name, ranks, pattern)
    }

    pub(crate) fn from_ranks(name: &str, ranks: RankFile, pattern: &Pattern) -> Result<Self, TokenizerError> {
        let mut definition = ranks.digest().to_le_bytes().to_vec();
        definition.extend(pattern.words.regex().as_bytes());
        definition.extend(pattern.end_of_text.to_le_bytes());
        let digest = tweetmill_kernels::hash::content_hash(&definition);
        let id_space = ranks.id_space().max(pattern.end_of_text + 1);
        let byte_level = ByteLevel::of_ranks(pattern.words, &ranks.into_tokens()).map_err(|error| {
            TokenizerError::Unsupported {
                name: name.to_owned(),
                why: error.to_string(),
                hint: "give the model's `tokenizer.json`".to_owned(),
            }
        })?;
        let words = Words::Ranks { byte_level: Box::new(byte_level), end_of_text: pattern.end_of_text };
        Self::new(name, words, (None, Some(pattern.end_of_text)), id_space, digest)
    }

    fn new(
        name: &str,
        words: Words,
        (bos, eos): (Option<u32>, Option<u32>),
        id_space: u32,
        digest: u128,
    ) -> Result<Self, TokenizerError> {
        if i32::try_from(id_space).is_err() {
            return Err(TokenizerError::Unsupported {
                name: name.to_owned(),
                why: format!("its ids go up to {id_space}, past the int32 they are written as"),
                hint: "use a tokenizer of at most 2147483647 ids".to_owned(),
            });
        }
        let [bos, eos] = [bos, eos].map(|id| id.map(|id| id as i32));
        Ok(Self {
            name: name.to_owned(),
            words,
            bos,
            eos,
            vocab_size: id_space as usize,
            digest,
            on_gpu: RwLock::default(),
        })
    }

    /// Name it was loaded under.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Token that opens a document. From the file's roles, else the post-processor's template, else a
    /// special token with a well-known name; `None` where there is none of these.
    pub fn bos(&self) -> Option<i32> {
        self.bos
    }

    /// Token that closes a document; found as [`Self::bos`] is. Of known ranks it is `<|endoftext|>`.
    pub fn eos(&self) -> Option<i32> {
        self.eos
    }

    /// One past the highest id, special tokens included: what an embedding table needs.
    pub fn vocab_size(&self) -> usize {
        self.vocab_size
    }

    /// Digest of the definition: of the file's bytes for a `tokenizer.json`; of the ranks, the pattern
    /// and the special token for ranks, however they came. Not cryptographic.
    pub fn digest(&self) -> u128 {
        self.digest
    }

    /// Appends the ids of `text` to `ids`; neither `bos` nor `eos` is added.
    pub fn encode_into(&self, text: &str, ids: &mut Vec<i32>) -> Result<(), TokenizerError> {
        self.encoder().encode_into(text, ids)
    }

    /// The text that `ids` stand for, special tokens spelt out. Bytes that are no UTF-8, as where a character was cut in two, become
    /// U+FFFD.
    pub fn decode(&self, ids: &[u32]) -> Result<String, TokenizerError> {
        let unknown = |id: u32| TokenizerError::NoSuchId {
            name: self.name.clone(),
            id: id.into(),
            vocab_size: self.vocab_size,
        };
        match &self.words {
            Words::Ranks { byte_level, end_of_text } => {
                let mut text = Vec::with_capacity(ids.len() * 4);
                for id in ids {
                    match byte_level.bytes(*id) {
                        Some(bytes) => text.extend_from_slice(bytes),
                        None if id == end_of_text => text.extend_from_slice(END_OF_TEXT),
                        None => return Err(unknown(*id)),
                    }
                }
                Ok(String::from_utf8(text)
                    .unwrap_or_else(|bytes| String::from_utf8_lossy(bytes.as_bytes()).into_owned()))
            }
            Words::Json { engine, .. } => {
                if let Some(id) = ids.iter().find(|id| **id as usize >= self.vocab_size) {
                    return Err(unknown(*id));
                }
                engine.decode(ids, false).map_err(|error| TokenizerError::Decode {
                    name: self.name.clone(),
                    ids: ids.len(),
                    why: error.to_string(),
                })
            }
        }
    }

    /// Has the GPU of the process give ids from now on. Refused where there is no kernel for this tokenizer, or its tables don't fit. Ids are
    /// those of [`Self::encode_into`], whoever gives them.
    pub fn use_gpu(&self, gpu: &Arc<Gpu>) -> Result<(), TokenizerError> {
        let mut there = self.on_gpu.write().unwrap_or_else(PoisonError::into_inner);
        if there.encoder.is_none() {
            there.encoder = Some(Arc::new(self.on_gpu(gpu)?));
        }
        there.is_used = true;
        Ok(())
    }

    /// Has the processor give all ids from now on.
    pub fn use_processor(&self) {
        self.on_gpu.write().unwrap_or_else(PoisonError::into_inner).is_used = false;
    }

    fn on_gpu(&self, gpu: &Arc<Gpu>) -> Result<GpuEncoder<Arc<Gpu>>, TokenizerError> {
        let refused = |why: String| TokenizerError::NotOnGpu { name: self.name.clone(), why };
        let there = match &self.words {
            Words::Ranks { byte_level, .. } => byte_level.on_gpu(gpu),
            Words::Json { kernel, .. } => {
                let kernel = kernel.as_ref();
                kernel.ok_or_else(|| refused("there are no kernels for what it does".to_owned()))?.on_gpu(gpu)
            }
        };
        there.map_err(|error| refused(error.why().to_owned()))
    }

    /// The ids of those rows that a GPU did, where one is used.
    pub(super) fn by_gpu(&self, texts: &Texts<'_>) -> Option<Rows> {
        let encoder = {
            let there = self.on_gpu.read().unwrap_or_else(PoisonError::into_inner);
            there.encoder.clone().filter(|_| there.is_used)?
        };
        let is_for = |text: &str| match &self.words {
            Words::Ranks { .. } => true,
            Words::Json { kernel, .. } => kernel.as_ref().is_some_and(|kernel| kernel.is_for(text)),
        };
        encoder.gpu().broken().is_none().then(|| Rows::encoded(&encoder, texts, is_for))
    }

    /// A worker that keeps its buffers between texts, for one thread.
    pub fn encoder(&self) -> Encoder<'_> {
        let worker = match &self.words {
            Words::Ranks { byte_level, .. } => Worker::Ranks(byte_level.encoder()),
            Words::Json { engine, kernel } => {
                Worker::Json { engine, kernel: kernel.as_ref().map(Kernel::encoder), tokens: Vec::new() }
            }
        };
        Encoder { name: &self.name, worker, ids: Ids::default() }
    }
}

impl fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokenizer")
            .field("name", &self.name)
            .field("vocab_size", &self.vocab_size)
            .finish_non_exhaustive()
    }
}

/// Encodes text after text with the same buffers.
pub struct Encoder<'a> {
    name: &'a str,
    worker: Worker<'a>,
    /// Of the last texts.
    ids: Ids,
}

/// [`Words`] at work.
enum Worker<'a> {
    Ranks(bpe::Encoder<'a>),
    Json { engine: &'a PipelineTokenizer, kernel: Option<KernelEncoder<'a>>, tokens: Vec<PipelineToken> },
}

impl Encoder<'_> {
    /// As [`Tokenizer::encode_into`].
    pub fn encode_into(&mut self, text: &str, ids: &mut Vec<i32>) -> Result<(), TokenizerError> {
        ids.extend(self.encode_all(&[text])?.ids.iter().map(|id| *id as i32));
        Ok(())
    }

    /// The ids of each of `texts`, as [`Tokenizer::encode_into`] gives them: sooner than one text after the other.
    pub fn encode_all(&mut self, texts: &[&str]) -> Result<&Ids, TokenizerError> {
        let ids = &mut self.ids;
        ids.clear();
        match &mut self.worker {
            Worker::Ranks(kernel) => {
                kernel.encode_all(texts.iter().copied(), &mut ids.ids, |end| ids.ends.push(end));
            }
            Worker::Json { engine, kernel, tokens } => {
                let mut left = texts;
                while !left.is_empty() {
                    let done = kernel.as_mut().map_or(0, |kernel| kernel.encode_all(left, ids));
                    let Some((text, rest)) = left[done..].split_first() else { break };
                    tokens.clear();
                    engine.encode_into(text, &OPTIONS, tokens).map_err(|error| TokenizerError::Encode {
                        name: self.name.to_owned(),
                        bytes: text.len(),
                        why: error.to_string(),
                    })?;
                    ids.extend(tokens.iter().map(|token| token.id()));
                    ids.end();
                    left = rest;
                }
            }
        }
        Ok(ids)
    }
}

/// What ends a document, by ranks.
const END_OF_TEXT: &[u8] = b"<|endoftext|>";

/// Words alone: nothing is added, cut off or filled up, and what spells a special token is text.
const OPTIONS: EncodeOptions = EncodeOptions {
    add_special_tokens: false,
    encode_special_tokens: true,
    padding: Override::Off,
    truncation: Override::Off,
};
