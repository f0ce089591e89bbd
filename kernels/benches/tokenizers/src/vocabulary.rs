//! The vocabularies, as ranks and as a `tokenizer.json`.

use std::collections::HashMap;

use serde_json::json;
use tweetmill_kernels::bpe::{Pattern, Token};

pub struct Vocabulary {
    pub name: &'static str,
    pub pattern: Pattern,
    pub tokens: Vec<Token>,
}

impl Vocabulary {
    pub fn named(name: &str) -> Self {
        let (name, pattern, ranks) = match name {
            "cl100k_base" => {
                ("cl100k_base", Pattern::Cl100k { digits: 3 }, tiktoken_rs::cl100k_base_singleton())
            }
            _ => (
                "o200k_base",
                Pattern::O200k { digits: 3, contractions: true },
                tiktoken_rs::o200k_base_singleton(),
            ),
        };
        let tokens = (0..250_000).filter_map(|id| Some((id, ranks.decode_bytes(&[id]).ok()?)));
        let tokens = tokens.filter(|(_, bytes)| !bytes.starts_with(b"<|")).collect();
        Self { name, pattern, tokens }
    }

    /// As Hugging Face's libraries read it: each token's pair is what its bytes merge into by the tokens before it.
    pub fn json(&self) -> String {
        let place: HashMap<&[u8], usize> =
            self.tokens.iter().enumerate().map(|(place, (_, token))| (token.as_slice(), place)).collect();
        let mut merges = Vec::new();
        for (rank, (_, token)) in self.tokens.iter().enumerate().filter(|(_, (_, token))| token.len() > 1) {
            let mut pieces: Vec<&[u8]> = token.chunks(1).collect();
            while pieces.len() > 2 {
                let joined = |at: usize| {
                    let start: usize = pieces[..at].iter().map(|piece| piece.len()).sum();
                    &token[start..start + pieces[at].len() + pieces[at + 1].len()]
                };
                let ranked = (0..pieces.len() - 1).filter_map(|at| Some((*place.get(joined(at))?, at)));
                let Some((least, at)) = ranked.min().filter(|(least, _)| *least < rank) else { break };
                let merged = self.tokens[least].1.as_slice();
                pieces.splice(at..at + 2, [merged]);
            }
            if let [left, right] = pieces.as_slice() {
                merges.push(json!([spelt(left), spelt(right)]));
            }
        }
        let vocab: serde_json::Map<_, _> =
            self.tokens.iter().map(|(id, token)| (spelt(token), json!(id))).collect();
        json!({
            "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": self.pattern.regex()}, "behavior": "Isolated", "invert": false},
                {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false},
            ]},
            "post_processor": null,
            "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
            "model": {
                "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
                "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": true,
                "vocab": vocab, "merges": merges,
            },
        })
        .to_string()
    }
}

/// Bytes in the alphabet of byte-level vocabularies.
fn spelt(bytes: &[u8]) -> String {
    let visible = |byte: u32| matches!(byte, 0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF);
    let letter = |byte: u8| {
        let byte = u32::from(byte);
        let code = if visible(byte) {
            byte
        } else {
            0x100 + (0..byte).filter(|before| !visible(*before)).count() as u32
        };
        char::from_u32(code).unwrap()
    };
    bytes.iter().map(|byte| letter(*byte)).collect()
}
