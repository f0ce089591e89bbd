//! `WordPiece` by the kernel, where that is known to give what the reference gives.

use serde_json::Value;
use tokenizers::pipeline::{PipelineNormalizer, PipelinePreTokenizer, PipelineTokenizer};
use tweetmill_kernels::wordpiece::{Description, Normalizer, WordPiece};

/// The kernel for a `tokenizer.json` of the BERT family; `None` where it is of another, or asks for more. `added` are the tokens that are
/// matched in texts.
pub(super) fn of_json(json: &Value, engine: &PipelineTokenizer, added: &[&str]) -> Option<WordPiece> {
    let model = json.get("model")?;
    if model.get("type")?.as_str()? != "WordPiece" || !added.is_empty() {
        return None;
    }
    let ([PipelineNormalizer::Bert(normalizer)], PipelinePreTokenizer::Bert(_)) =
        (engine.get_normalizers(), engine.get_pre_tokenizer())
    else {
        return None;
    };
    let mut tokens = Vec::new();
    for (token, id) in model.get("vocab")?.as_object()? {
        tokens.push((token.as_str(), u32::try_from(id.as_u64()?).ok()?));
    }
    let unknown = model.get("unk_token")?.as_str()?;
    let (_, unknown) = *tokens.iter().find(|(token, _)| *token == unknown)?;
    let most_characters = match model.get("max_input_chars_per_word") {
        Some(most) => usize::try_from(most.as_u64()?).ok()?,
        None => 100,
    };
    let prefix = match model.get("continuing_subword_prefix") {
        Some(prefix) => prefix.as_str()?,
        None => "##",
    };
    WordPiece::new(&Description {
        tokens,
        unknown,
        continuing_subword_prefix: prefix,
        max_input_chars_per_word: most_characters,
        normalizer: Normalizer {
            clean_text: normalizer.clean_text,
            handle_chinese_chars: normalizer.handle_chinese_chars,
            strip_accents: normalizer.strip_accents,
            lowercase: normalizer.lowercase,
        },
    })
    .ok()
}
