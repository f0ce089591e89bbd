//! The engines for a `tokenizer.json` of the BERT family, ours first.

use serde_json::Value;
use tweetmill_kernels::wordpiece::{Description, Normalizer, Scratch, WordPiece};

use crate::peers::{Candidate, Named, Peer, old};

/// The file at `path`, but for what it cuts off and fills up, and for special tokens: what spells one is text.
pub fn whole(path: &str) -> String {
    let mut json: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    json["truncation"] = Value::Null;
    json["padding"] = Value::Null;
    json["post_processor"] = Value::Null;
    json["added_tokens"] = Value::Array(Vec::new());
    json.to_string()
}

pub fn all(json: &str) -> Vec<Named<'_>> {
    vec![
        Named::new("tweetmill", move || Box::new(Ours::new(json))),
        Named::new("tokenizers 1.0.0-rc.3", move || Box::new(Candidate::new(json))),
        Named::new("tokenizers 0.23", move || old(json)),
    ]
}

/// With a buffer that is used again, as the pipeline does.
struct Ours {
    word_piece: WordPiece,
    scratch: Scratch,
    ids: Vec<u32>,
}

impl Ours {
    fn new(json: &str) -> Self {
        let json: Value = serde_json::from_str(json).unwrap();
        let (model, normalizer) = (&json["model"], &json["normalizer"]);
        assert_eq!(
            (model["type"].as_str(), normalizer["type"].as_str()),
            (Some("WordPiece"), Some("BertNormalizer"))
        );
        let vocabulary = model["vocab"].as_object().unwrap();
        let is_on = |key: &str| normalizer[key].as_bool().unwrap();
        let word_piece = WordPiece::new(&Description {
            tokens: vocabulary
                .iter()
                .map(|(token, id)| (token.as_str(), id.as_u64().unwrap() as u32))
                .collect(),
            unknown: vocabulary[model["unk_token"].as_str().unwrap()].as_u64().unwrap() as u32,
            continuing_subword_prefix: model["continuing_subword_prefix"].as_str().unwrap(),
            max_input_chars_per_word: model["max_input_chars_per_word"].as_u64().unwrap() as usize,
            normalizer: Normalizer {
                clean_text: is_on("clean_text"),
                handle_chinese_chars: is_on("handle_chinese_chars"),
                strip_accents: normalizer["strip_accents"].as_bool(),
                lowercase: is_on("lowercase"),
            },
        });
        Self { word_piece: word_piece.unwrap(), scratch: Scratch::default(), ids: Vec::new() }
    }
}

impl Peer for Ours {
    fn ids(&mut self, text: &str) -> Vec<u32> {
        self.count(text);
        self.ids.clone()
    }

    fn count(&mut self, text: &str) -> usize {
        self.ids.clear();
        self.word_piece.encode(text, &mut self.scratch, &mut self.ids);
        self.ids.len()
    }
}
