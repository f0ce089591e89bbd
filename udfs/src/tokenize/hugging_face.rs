//! Hugging Face `tokenizer.json`, versions "1.0" and "2.0".

use serde_json::Value;
use tokenizers::pipeline::PipelineTokenizer;

use super::error::TokenizerError;

/// Special tokens that open a document, in order of preference where a file has several.
const BEGIN: [&str; 7] =
    ["<s>", "<|begin_of_text|>", "<bos>", "<|startoftext|>", "<｜begin▁of▁sentence｜>", "[BOS]", "[CLS]"];

/// Special tokens that close a document, in order of preference where a file has several.
const END: [&str; 7] =
    ["</s>", "<|end_of_text|>", "<eos>", "<|endoftext|>", "<｜end▁of▁sentence｜>", "[EOS]", "[SEP]"];

/// What a `tokenizer.json` defines.
pub(crate) struct Definition {
    pub(crate) engine: PipelineTokenizer,
    pub(crate) bos: Option<u32>,
    pub(crate) eos: Option<u32>,
    pub(crate) id_space: u32,
}

/// Reads a `tokenizer.json`, refusing what the engine would follow only nearly.
pub(crate) fn parse(name: &str, file: &[u8]) -> Result<Definition, TokenizerError> {
    let unreadable = |why: String| TokenizerError::Unreadable { name: name.to_owned(), why };
    let unsupported = |why: String| TokenizerError::Unsupported {
        name: name.to_owned(),
        why,
        hint: "tokenize outside and give token lists, or ask for this tokenizer to be supported".to_owned(),
    };

    let mut json: Value = serde_json::from_slice(file).map_err(|error| unreadable(error.to_string()))?;
    tokenizers::canonicalize_value(&mut json).map_err(|error| unsupported(error.to_string()))?;
    // Rows are documents: what cuts or fills them is the packing, never the tokenizer.
    if let Some(root) = json.as_object_mut() {
        root.remove("truncation");
        root.remove("padding");
    }
    let added = AddedToken::all(&json).map_err(&unreadable)?;
    if let Some(token) = added.iter().find(|token| token.single_word && !token.special) {
        return Err(unsupported(format!("the added token {:?} matches whole words only", token.content)));
    }

    let engine = tokenizers::from_json(&json.to_string()).map_err(|error| unsupported(error.to_string()))?;
    // The engine numbers added tokens itself; a file whose ids leave gaps would get other ids.
    let numbered = engine.get_added_vocabulary().get_added_tokens_decoder();
    for token in &added {
        if !numbered.contains_key(&token.id) {
            return Err(unsupported(format!(
                "the added token {:?} would not get its id {}",
                token.content, token.id
            )));
        }
    }

    let id_space =
        id_space(&json, &added).ok_or_else(|| unreadable("its model has no vocabulary".to_owned()))?;
    let (before, after) = template(&json);
    Ok(Definition {
        bos: role(&json, "bos_token", &added).or(before).or_else(|| first_of(&BEGIN, &added)),
        eos: role(&json, "eos_token", &added).or(after).or_else(|| first_of(&END, &added)),
        engine,
        id_space,
    })
}

/// An entry of `added_tokens`.
struct AddedToken {
    id: u32,
    content: String,
    special: bool,
    single_word: bool,
}

impl AddedToken {
    fn all(json: &Value) -> Result<Vec<Self>, String> {
        let Some(entries) = json.get("added_tokens").and_then(Value::as_array) else {
            return Ok(Vec::new());
        };
        entries
            .iter()
            .map(|entry| {
                let flag = |key| entry.get(key).and_then(Value::as_bool).unwrap_or(false);
                let id = entry.get("id").and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok());
                let content = entry.get("content").and_then(Value::as_str);
                match (id, content) {
                    (Some(id), Some(content)) => Ok(Self {
                        id,
                        content: content.to_owned(),
                        special: flag("special"),
                        single_word: flag("single_word"),
                    }),
                    _ => Err(format!("an added token has no id or content: {entry}")),
                }
            })
            .collect()
    }
}

/// One past the highest id; `None` where there is no vocabulary.
fn id_space(json: &Value, added: &[AddedToken]) -> Option<u32> {
    let vocab = json.get("model")?.get("vocab")?;
    let model = match vocab {
        Value::Object(ids) => ids.values().filter_map(Value::as_u64).max().map_or(0, |id| id + 1),
        Value::Array(pieces) => pieces.len() as u64,
        _ => return None,
    };
    let added = added.iter().map(|token| u64::from(token.id) + 1).max().unwrap_or(0);
    u32::try_from(model.max(added)).ok()
}

/// The token a "2.0" file says plays a role.
fn role(json: &Value, role: &str, added: &[AddedToken]) -> Option<u32> {
    let content = json.get("role_to_token")?.get(role)?.as_str()?;
    id_of(content, json, added)
}

/// Id of a token by its spelling, special or not.
fn id_of(content: &str, json: &Value, added: &[AddedToken]) -> Option<u32> {
    let added = added.iter().find(|token| token.content == content).map(|token| token.id);
    added.or_else(|| {
        let id = json.get("model")?.get("vocab")?.get(content)?.as_u64()?;
        u32::try_from(id).ok()
    })
}

/// The tokens that the post-processor puts before and after a single text, where it is one each.
fn template(json: &Value) -> (Option<u32>, Option<u32>) {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let pieces = json.get("post_processor").and_then(|post| post.get("single")).and_then(Value::as_array);
    let mut seen = false;
    for piece in pieces.into_iter().flatten() {
        if piece.get("seq").is_some() {
            seen = true;
        }
        let ids = piece.get("ids").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_u64);
        if seen { after.extend(ids) } else { before.extend(ids) }
    }
    let only = |ids: Vec<u64>| match ids.as_slice() {
        [id] => u32::try_from(*id).ok(),
        _ => None,
    };
    (only(before), only(after))
}

/// The id of the first of `names` that is a special token.
fn first_of(names: &[&str], added: &[AddedToken]) -> Option<u32> {
    names.iter().find_map(|name| {
        added.iter().find(|token| token.special && token.content == *name).map(|token| token.id)
    })
}
