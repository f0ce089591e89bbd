//! The engines that are compared, ours first.

use tokenizers::pipeline::{EncodeOptions, PipelineToken};
use tweetmill_kernels::bpe::{Bpe, Encoder};

use crate::vocabulary::Vocabulary;

/// One that has its tables and has seen no text.
pub trait Peer {
    fn ids(&mut self, text: &str) -> Vec<u32>;

    fn count(&mut self, text: &str) -> usize {
        self.ids(text).len()
    }

    fn all(&mut self, texts: &[&str]) -> usize {
        texts.iter().map(|text| self.count(text)).sum()
    }
}

pub struct Named<'a> {
    pub name: &'static str,
    load: Box<dyn Fn() -> Box<dyn Peer + 'a> + 'a>,
}

impl<'a> Named<'a> {
    pub fn new(name: &'static str, load: impl Fn() -> Box<dyn Peer + 'a> + 'a) -> Self {
        Self { name, load: Box::new(load) }
    }

    pub fn load(&self) -> Box<dyn Peer + 'a> {
        (self.load)()
    }
}

impl<F: FnMut(&str) -> Vec<u32>> Peer for F {
    fn ids(&mut self, text: &str) -> Vec<u32> {
        self(text)
    }
}

pub fn all(vocabulary: &Vocabulary) -> Vec<Named<'_>> {
    let json = std::rc::Rc::new(std::cell::OnceCell::new());
    let text_of = move || json.get_or_init(|| vocabulary.json()).clone();
    let path = std::env::temp_dir().join(format!("{}-{}.json", vocabulary.name, std::process::id()));
    let (for_new, for_old) = (text_of.clone(), text_of.clone());
    vec![
        Named::new("tweetmill", || Box::new(Ours::new(vocabulary))),
        Named::new("tokenizers 1.0.0-rc.3", move || Box::new(Candidate::new(&for_new()))),
        Named::new("splintr", move || {
            std::fs::write(&path, text_of()).unwrap();
            let engine = splintr::from_json_path(&path).unwrap();
            std::fs::remove_file(&path).unwrap();
            Box::new(move |text: &str| engine.encode(text))
        }),
        Named::new("tiktoken", || {
            let engine = tiktoken::get_encoding(vocabulary.name).unwrap();
            Box::new(move |text: &str| engine.encode(text))
        }),
        Named::new("bpe-openai", || {
            let engine = match vocabulary.name {
                "cl100k_base" => bpe_openai::cl100k_base(),
                _ => bpe_openai::o200k_base(),
            };
            Box::new(move |text: &str| engine.encode(text))
        }),
        Named::new("tokenizers 0.23", move || old(&for_old())),
    ]
}

/// The release that most programs have.
pub fn old(json: &str) -> Box<dyn Peer> {
    let engine: tokenizers_0_23::Tokenizer = json.parse().unwrap();
    Box::new(move |text: &str| engine.encode_fast(text, false).unwrap().get_ids().to_vec())
}

/// With a buffer that is used again, as the pipeline does.
struct Ours {
    encoder: Encoder<'static>,
    ids: Vec<u32>,
}

impl Ours {
    fn new(vocabulary: &Vocabulary) -> Self {
        let bpe = Box::leak(Box::new(Bpe::of_ranks(vocabulary.pattern, &vocabulary.tokens).unwrap()));
        Self { encoder: bpe.encoder(), ids: Vec::new() }
    }
}

impl Peer for Ours {
    fn ids(&mut self, text: &str) -> Vec<u32> {
        let mut ids = Vec::new();
        self.encoder.encode(text, &mut ids);
        ids
    }

    fn all(&mut self, texts: &[&str]) -> usize {
        let mut count = 0;
        for texts in texts.chunks(8192) {
            self.ids.clear();
            self.encoder.encode_all(texts.iter().copied(), &mut self.ids, |_| ());
            count += self.ids.len();
        }
        count
    }
}

/// By the way of its own that takes a buffer.
pub struct Candidate {
    engine: tokenizers::pipeline::PipelineTokenizer,
    tokens: Vec<PipelineToken>,
}

impl Candidate {
    pub fn new(json: &str) -> Self {
        let json = tokenizers::canonicalize_str(json).unwrap();
        Self { engine: tokenizers::from_json(&json).unwrap(), tokens: Vec::new() }
    }

    fn encode(&mut self, text: &str) {
        self.tokens.clear();
        self.engine.encode_into(text, &EncodeOptions::no_specials(), &mut self.tokens).unwrap();
    }
}

impl Peer for Candidate {
    fn ids(&mut self, text: &str) -> Vec<u32> {
        self.encode(text);
        self.tokens.iter().map(|token| token.id()).collect()
    }

    fn count(&mut self, text: &str) -> usize {
        self.encode(text);
        self.tokens.len()
    }
}
