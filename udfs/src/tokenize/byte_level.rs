//! Byte-level BPE by the kernel, where that is known to give what the reference gives.

use std::collections::HashMap;
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use serde_json::Value;
use tokenizers::SplitDelimiterBehavior;
use tokenizers::pipeline::{PipelineNormalizer, PipelinePreTokenizer, PipelineTokenizer};
use tokenizers::utils::Grammar;
use tweetmill_kernels::bpe::{Bpe, Encoder, Error, Pattern, Token};
use tweetmill_kernels::device::{Gpu, GpuEncoder, NoGpu};
use unicode_normalization::{IsNormalized, is_nfc_quick};

use super::alphabet::spelt;

/// The kernel with a vocabulary, and the texts that it is right for.
#[derive(Debug)]
pub(super) struct ByteLevel {
    bpe: Arc<Bpe>,
    /// Finds the added tokens that are matched in texts; `None` where there are none.
    added: Option<AhoCorasick>,
    /// Whether the text is normalised to NFC first.
    composed: bool,
}

impl ByteLevel {
    /// Of ranks: for every text.
    pub(super) fn of_ranks(pattern: Pattern, tokens: &[Token]) -> Result<Self, Error> {
        Ok(Self { bpe: Arc::new(Bpe::of_ranks(pattern, tokens)?), added: None, composed: false })
    }

    /// Of a `tokenizer.json` in its canonical form and what the engine made of it; `None` where the engine does more than the kernel can, or
    /// otherwise. `added` are the tokens that are matched in texts.
    pub(super) fn of_json(json: &Value, engine: &PipelineTokenizer, added: &[&str]) -> Option<Self> {
        let model = json.get("model")?;
        let is_plain = |key| match model.get(key) {
            None | Some(Value::Null | Value::Bool(false)) => true,
            Some(Value::String(text)) => text.is_empty(),
            Some(Value::Number(number)) => number.as_f64() == Some(0.0),
            _ => false,
        };
        let is_known = model.get("type")?.as_str()? == "BPE"
            && model.get("byte_level")?.as_bool()?
            && ["dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback"]
                .into_iter()
                .all(is_plain);
        let composed = match engine.get_normalizers() {
            [] => false,
            [PipelineNormalizer::NFC(_)] => true,
            _ => return None,
        };
        if !is_known {
            return None;
        }
        let pattern = pattern(engine.get_pre_tokenizer())?;
        let words_first = model.get("ignore_merges").and_then(Value::as_bool).unwrap_or_default();
        let (tokens, merges) = vocabulary(model)?;
        let bpe = Bpe::of_merges(pattern, &tokens, &merges, words_first).ok()?;
        // What is matched in composed texts is composed itself.
        if composed && !added.iter().all(|token| is_composed(token)) {
            return None;
        }
        let added = if added.is_empty() { None } else { Some(AhoCorasick::new(added).ok()?) };
        Some(Self { bpe: Arc::new(bpe), added, composed })
    }

    /// Whether the ids of `text` are those of its words alone.
    pub(super) fn is_for(&self, text: &str) -> bool {
        self.added.as_ref().is_none_or(|added| !added.is_match(text)) && (!self.composed || is_composed(text))
    }

    /// The bytes of the token of `id`, where there is one that texts can have.
    pub(super) fn bytes(&self, id: u32) -> Option<&[u8]> {
        self.bpe.bytes(id)
    }

    /// With its tables on a GPU; refused where they don't fit.
    pub(super) fn on_gpu(&self, gpu: &Arc<Gpu>) -> Result<GpuEncoder<Arc<Gpu>>, NoGpu> {
        self.bpe.on_gpu(Arc::clone(gpu))
    }

    /// An encoder for one thread.
    pub(super) fn encoder(&self) -> Encoder<'_> {
        self.bpe.encoder()
    }
}

/// Whether `text` is known to be in the form NFC.
fn is_composed(text: &str) -> bool {
    text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes
}

/// The words that a pre-tokenizer cuts, where the kernel can cut the same.
fn pattern(words: &PipelinePreTokenizer) -> Option<Pattern> {
    match words {
        PipelinePreTokenizer::Split(split) => {
            if split.behavior != SplitDelimiterBehavior::Isolated || split.invert {
                return None;
            }
            match split.grammar()? {
                Grammar::Gpt2 => Some(Pattern::Gpt2),
                Grammar::Cl100k { digit_cap } => {
                    u32::try_from(digit_cap).ok().map(|digits| Pattern::Cl100k { digits })
                }
                Grammar::O200k => Some(Pattern::O200k { digits: 3, contractions: true }),
                Grammar::Tekken => Some(Pattern::O200k { digits: 1, contractions: false }),
                Grammar::Kimi => None,
            }
        }
        PipelinePreTokenizer::Sequence(sequence) => match sequence.pre_tokenizers() {
            [only] => pattern(only),
            _ => None,
        },
        _ => None,
    }
}

/// Two tokens that merge, by place.
type Merge = (usize, usize);

/// The tokens that are bytes, and the merges of them.
fn vocabulary(model: &Value) -> Option<(Vec<Token>, Vec<Merge>)> {
    let mut places = HashMap::new();
    let mut tokens = Vec::new();
    for (text, id) in model.get("vocab")?.as_object()? {
        // What isn't spelt in the alphabet is never in a word.
        if let Some(bytes) = spelt(text) {
            places.insert(text.as_str(), tokens.len());
            tokens.push((u32::try_from(id.as_u64()?).ok()?, bytes));
        }
    }
    let mut merges = Vec::new();
    for merge in model.get("merges")?.as_array()? {
        let (left, right) = match merge {
            Value::String(both) => both.split_once(' ')?,
            Value::Array(both) => match both.as_slice() {
                [left, right] => (left.as_str()?, right.as_str()?),
                _ => return None,
            },
            _ => return None,
        };
        if let (Some(left), Some(right)) = (places.get(left), places.get(right)) {
            merges.push((*left, *right));
        }
    }
    Some((tokens, merges))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::super::alphabet::byte_letter;
    use super::super::hugging_face;
    use super::super::kernel::Kernel;
    use super::*;

    /// Bytes and one merge.
    fn definition(pre_tokenizer: &Value, normalizer: &Value) -> Value {
        let bytes = (0..=u8::MAX).map(|byte| byte_letter(byte).to_string());
        let vocab: serde_json::Map<_, _> =
            bytes.chain(["ab".to_owned()]).zip((0..).map(|id| json!(id))).collect();
        json!({
            "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
            "normalizer": normalizer, "pre_tokenizer": pre_tokenizer, "post_processor": null, "decoder": null,
            "model": {"type": "BPE", "vocab": vocab, "merges": [["a", "b"]]},
        })
    }

    fn split(pattern: Pattern) -> Value {
        json!({"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": pattern.regex()}, "behavior": "Isolated", "invert": false},
            {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false},
        ]})
    }

    fn parsed(json: &Value) -> Option<ByteLevel> {
        match hugging_face::parse("t", json.to_string().as_bytes()).unwrap().kernel {
            Some(Kernel::ByteLevel(byte_level)) => Some(*byte_level),
            _ => None,
        }
    }

    #[test]
    fn texts_that_need_more_than_merging_are_left_to_the_engine() {
        let mut json = definition(&split(Pattern::Cl100k { digits: 3 }), &json!({"type": "NFC"}));
        let added = |id: u32, content: &str, special: bool| {
            json!({
                "id": id, "content": content, "special": special,
                "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
            })
        };
        json["added_tokens"] = json!([added(257, "<end>", true), added(258, "    ", false)]);
        let kernel = parsed(&json).unwrap();
        assert!(kernel.is_for("a b, \u{e9}, <end>"));
        assert!(!kernel.is_for("e\u{301}"));
        assert!(!kernel.is_for("a     b"));
    }

    #[test]
    fn a_model_that_does_more_is_left_to_the_engine() {
        let plain = definition(&split(Pattern::Cl100k { digits: 3 }), &Value::Null);
        assert!(parsed(&plain).is_some());
        let mut other = plain.clone();
        other["normalizer"] = json!({"type": "Lowercase"});
        assert!(parsed(&other).is_none());
        let mut other = plain;
        other["pre_tokenizer"]["pretokenizers"][1]["use_regex"] = json!(true);
        assert!(parsed(&other).is_none());
    }
}
