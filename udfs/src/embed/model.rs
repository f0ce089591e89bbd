//! One model: text to a vector.

use std::fmt;
use std::sync::Arc;

use tweetmill_kernels::device::Gpu;
use tweetmill_kernels::encoder::{Encoder as Bert, Error as Arithmetic, GpuVectors, Scratch, TokenTable};

use super::description::{Description, Kind};
use super::error::ModelError;
use super::files::ModelFiles;
use super::tensors::Tensors;
use crate::tokenize::{Encoder as Tokens, Ids, Tokenizer};

/// Turns text into the vector that its model gives it.
///
/// Vectors equal those of `sentence-transformers` on the same folder within 1e-5 in every number, and have the same bits
/// whatever texts stand beside them, however many threads there are and whatever the processor. A text longer than the model
/// takes is cut as its settings say; the empty text has a vector like any other, but for static models, whose is zeros.
pub struct Model {
    name: String,
    tokenizer: Arc<Tokenizer>,
    net: Net,
    prefix: Option<String>,
    digest: u128,
}

enum Net {
    Bert {
        encoder: Arc<Bert>,
        /// Where it makes vectors instead.
        gpu: Option<Arc<GpuVectors<Arc<Gpu>>>>,
        /// What stands before and after a text.
        marks: [u32; 2],
        /// Most tokens of a text, marks included.
        longest: usize,
    },
    Static {
        table: TokenTable,
        /// A token that counts for nothing.
        dropped: Option<u32>,
    },
}

impl Model {
    /// Reads the files of a model; `name` is what errors call it.
    pub fn parse(name: &str, files: &ModelFiles<'_>) -> Result<Self, ModelError> {
        let Description { kind, longest, prefix } = Description::of(files, name)?;
        let tokenizer = Arc::new(Tokenizer::parse(name, files.tokenizer)?);
        let tensors = Tensors::parse(files.weights).map_err(|why| ModelError::Unreadable {
            name: name.to_owned(),
            file: "model.safetensors",
            why,
        })?;
        let wrong = |why| ModelError::Arithmetic { name: name.to_owned(), why };
        let unsupported = |why: &str| ModelError::Unsupported { name: name.to_owned(), why: why.to_owned() };
        let net = match kind {
            Kind::Bert(config) => {
                let [Some(first), Some(last)] = [tokenizer.bos(), tokenizer.eos()] else {
                    return Err(unsupported("its tokenizer puts no token before and after a text"));
                };
                let longest = longest.unwrap_or(usize::MAX).min(config.longest());
                if longest < 2 {
                    return Err(unsupported("it takes texts of fewer than two tokens"));
                }
                let encoder = Bert::new(&config, |name| tensors.get(name)).map_err(wrong)?;
                Net::Bert {
                    encoder: Arc::new(encoder),
                    gpu: None,
                    marks: [first as u32, last as u32],
                    longest,
                }
            }
            Kind::Static { normalized } => {
                if tensors.get("mapping").is_some() || tensors.get("weights").is_some() {
                    return Err(unsupported("its table is shared by tokens, or weighs them"));
                }
                let name = "embeddings";
                let table =
                    tensors.get(name).ok_or_else(|| unsupported("it has no tensor called embeddings"))?;
                let table = TokenTable::new(name, table, normalized).map_err(wrong)?;
                Net::Static { table, dropped: unknown_token(files.tokenizer) }
            }
        };
        Ok(Self { name: name.to_owned(), tokenizer, net, prefix, digest: files.digest() })
    }

    /// Name it was loaded under.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Numbers of a vector.
    pub fn dimensions(&self) -> usize {
        match &self.net {
            Net::Bert { encoder, .. } => encoder.config().hidden,
            Net::Static { table, .. } => table.dimensions(),
        }
    }

    /// Digest of its files. Not cryptographic.
    pub fn digest(&self) -> u128 {
        self.digest
    }

    /// The same model, whose vectors `gpu` makes in half precision: within 2e-3 of the processor's in every number of a vector of
    /// length 1, whatever texts stand beside them. Refused where the model isn't for its kernels, or doesn't fit.
    pub fn on_gpu(&self, gpu: &Arc<Gpu>) -> Result<Self, ModelError> {
        let refused = |why: &str| ModelError::NotOnGpu { name: self.name.clone(), why: why.to_owned() };
        let Net::Bert { encoder, marks, longest, .. } = &self.net else {
            return Err(refused("it is a static one, whose vectors cost next to nothing"));
        };
        let there = encoder.on_gpu(Arc::clone(gpu)).map_err(|error| refused(error.why()))?;
        let net = Net::Bert {
            encoder: Arc::clone(encoder),
            gpu: Some(Arc::new(there)),
            marks: *marks,
            longest: *longest,
        };
        let (name, prefix) = (self.name.clone(), self.prefix.clone());
        Ok(Self { name, tokenizer: Arc::clone(&self.tokenizer), net, prefix, digest: self.digest })
    }

    /// Whether a GPU makes its vectors, which is the sooner the more texts it is given.
    pub fn is_on_gpu(&self) -> bool {
        matches!(self.net, Net::Bert { gpu: Some(_), .. })
    }

    /// A worker that keeps its memory between texts, for one thread.
    pub fn embedder(&self) -> Embedder<'_> {
        Embedder { model: self, tokens: self.tokenizer.encoder(), scratch: Scratch::default() }
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model")
            .field("name", &self.name)
            .field("dimensions", &self.dimensions())
            .finish_non_exhaustive()
    }
}

/// Embeds text after text with one set of buffers.
pub struct Embedder<'a> {
    model: &'a Model,
    tokens: Tokens<'a>,
    scratch: Scratch,
}

impl Embedder<'_> {
    /// Appends the vectors of `texts` to `vectors`, [`Model::dimensions`] numbers each.
    pub fn embed(&mut self, texts: &[&str], vectors: &mut Vec<f32>) -> Result<(), ModelError> {
        let ids = self.tokenize(texts)?;
        let tokens: Vec<&[u32]> = ids.iter().collect();
        let before = vectors.len();
        vectors.resize(before + texts.len() * self.model.dimensions(), 0.0);
        let (_, to) = vectors.split_at_mut(before);
        let embedded = match &self.model.net {
            Net::Bert { encoder, gpu: Some(gpu), .. } => by_gpu(gpu, encoder, &tokens, &mut self.scratch, to),
            Net::Bert { encoder, gpu: None, .. } => encoder.embed(&tokens, &mut self.scratch, to),
            Net::Static { table, .. } => table.embed(&tokens, to),
        };
        embedded.map_err(|why| ModelError::Arithmetic { name: self.model.name.clone(), why })
    }

    /// The tokens of each text, as the model takes them.
    fn tokenize(&mut self, texts: &[&str]) -> Result<Ids, ModelError> {
        let prefixed: Vec<String>;
        let with_prefix: Vec<&str>;
        let given = match &self.model.prefix {
            None => texts,
            Some(prefix) => {
                prefixed = texts.iter().map(|text| format!("{prefix}{text}")).collect();
                with_prefix = prefixed.iter().map(String::as_str).collect();
                &with_prefix
            }
        };
        let mut ids = Ids::default();
        for own in self.tokens.encode_all(given)?.iter() {
            match &self.model.net {
                Net::Bert { marks: [first, last], longest, .. } => {
                    ids.extend([*first]);
                    ids.extend(own.iter().copied().take(longest - 2));
                    ids.extend([*last]);
                }
                Net::Static { dropped, .. } => {
                    ids.extend(own.iter().copied().filter(|id| Some(*id) != *dropped));
                }
            }
            ids.end();
        }
        Ok(ids)
    }
}

/// Has `gpu` make vectors, and the encoder those that half precision has no numbers for.
fn by_gpu(
    gpu: &GpuVectors<Arc<Gpu>>,
    encoder: &Bert,
    tokens: &[&[u32]],
    scratch: &mut Scratch,
    to: &mut [f32],
) -> Result<(), Arithmetic> {
    let mut left = Vec::new();
    gpu.embed(tokens, to, &mut left)?;
    let dimensions = encoder.dimensions();
    for text in left {
        encoder.embed(&tokens[text..=text], scratch, &mut to[text * dimensions..][..dimensions])?;
    }
    Ok(())
}

/// Id of the token for what a `tokenizer.json` doesn't know.
fn unknown_token(file: &[u8]) -> Option<u32> {
    let json: serde_json::Value = serde_json::from_slice(file).ok()?;
    let model = json.get("model")?;
    let id = model.get("vocab")?.get(model.get("unk_token")?.as_str()?)?.as_u64()?;
    u32::try_from(id).ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::super::SampleModel;
    use super::*;

    fn vectors(model: &Model, texts: &[&str]) -> Vec<f32> {
        let mut vectors = Vec::new();
        model.embedder().embed(texts, &mut vectors).unwrap();
        vectors
    }

    #[test]
    fn a_text_has_the_vector_of_its_tokens_whoever_stands_beside_it() {
        let tiny = SampleModel::encoder(8);
        let model = Model::parse("tiny", &tiny.files()).unwrap();
        let together = vectors(&model, &["a b", "", "b b b a"]);
        let apart = ["a b", "", "b b b a"].map(|text| vectors(&model, &[text])).concat();
        assert_eq!(together, apart);
        assert_eq!(together.len(), 3 * model.dimensions());
        assert!(together.iter().all(|number| number.is_finite()));
        assert_ne!(vectors(&model, &["a b"]), vectors(&model, &["b a"]));
    }

    #[test]
    fn a_text_is_cut_as_the_settings_say() {
        let tiny = SampleModel::encoder(8);
        let cut = ModelFiles { sentence: Some(br#"{"max_seq_length": 4}"#), ..tiny.files() };
        let cut = Model::parse("tiny", &cut).unwrap();
        assert_eq!(vectors(&cut, &["abaaa"]), vectors(&cut, &["ab"]));
        // As many as there are positions for: eight, and two of them are marks.
        let whole = Model::parse("tiny", &tiny.files()).unwrap();
        assert_eq!(vectors(&whole, &["abababbb"]), vectors(&whole, &["ababab"]));
        assert_ne!(vectors(&whole, &["ababab"]), vectors(&whole, &["ababa"]));
    }

    #[test]
    fn a_prompt_comes_before_every_text() {
        let tiny = SampleModel::encoder(8);
        let prompts = br#"{"prompts": {"p": "b "}, "default_prompt_name": "p"}"#;
        let prompted = Model::parse("tiny", &ModelFiles { prompts: Some(prompts), ..tiny.files() }).unwrap();
        let plain = Model::parse("tiny", &tiny.files()).unwrap();
        assert_eq!(vectors(&prompted, &["a"]), vectors(&plain, &["b a"]));
        assert_ne!(prompted.digest(), plain.digest());
    }

    #[test]
    fn a_static_model_is_the_mean_of_its_rows() {
        let tiny = SampleModel::table();
        let model = Model::parse("table", &tiny.files()).unwrap();
        let [a, twice, both] = ["a", "aaa", "ab"].map(|text| vectors(&model, &[text]));
        assert!(tweetmill_kernels::encoder::cosine(&a, &twice) > 0.999_999);
        assert!(tweetmill_kernels::encoder::cosine(&a, &both) < 0.99);
        let length: f32 = both.iter().map(|number| number * number).sum();
        assert!((length - 1.0).abs() < 1e-5);
        assert_eq!(vectors(&model, &[""]), vec![0.0; model.dimensions()]);
    }

    #[test]
    fn the_token_for_what_is_unknown_is_found() {
        let file = br#"{"model": {"unk_token": "?", "vocab": {"a": 0, "?": 7}}}"#;
        assert_eq!(unknown_token(file), Some(7));
        assert_eq!(unknown_token(br#"{"model": {"unk_token": null, "vocab": {}}}"#), None);
    }

    #[test]
    fn a_model_whose_tensors_do_not_fit_is_refused_by_their_name() {
        let tiny = SampleModel::encoder(8);
        let config = String::from_utf8(tiny.config.clone())
            .unwrap()
            .replace(r#""num_hidden_layers":2"#, r#""num_hidden_layers":3"#);
        let error =
            Model::parse("tiny", &ModelFiles { config: config.as_bytes(), ..tiny.files() }).unwrap_err();
        let expected =
            "the model `tiny`: the model has no tensor encoder.layer.2.attention.self.query.weight";
        assert_eq!(error.to_string(), expected);
    }
}
