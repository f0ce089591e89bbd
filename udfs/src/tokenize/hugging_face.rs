//! Hugging Face `tokenizer.json`, versions "1.0" and "2.0".

use serde_json::Value;
use tokenizers::pipeline::{EncodeOptions, PipelinePreTokenizer, PipelineTokenizer};
use tokenizers::utils::Grammar;

use super::error::TokenizerError;
use super::kernel::Kernel;

/// Special tokens that open a document, in order of preference where a file has several.
const BEGIN: [&str; 7] =
    ["<s>", "<|begin_of_text|>", "<bos>", "<|startoftext|>", "<｜begin▁of▁sentence｜>", "[BOS]", "[CLS]"];

/// Special tokens that close a document, in order of preference where a file has several.
const END: [&str; 7] =
    ["</s>", "<|end_of_text|>", "<eos>", "<|endoftext|>", "<｜end▁of▁sentence｜>", "[EOS]", "[SEP]"];

/// What a `tokenizer.json` defines.
pub(crate) struct Definition {
    pub(crate) engine: PipelineTokenizer,
    /// The same ids sooner, where the kernel can.
    pub(crate) kernel: Option<Kernel>,
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
    // The engine finds out about an expression it has no machine for only when it meets a text.
    let mut tokens = Vec::new();
    engine
        .encode_into("a 1 !\né", &EncodeOptions::no_specials(), &mut tokens)
        .map_err(|error| unsupported(error.to_string()))?;
    if let Some(digits) = cuts_digits_otherwise(engine.get_pre_tokenizer()) {
        return Err(unsupported(format!("it cuts numbers into {digits}, which the engine cuts by three")));
    }
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
    let matched: Vec<&str> =
        added.iter().filter(|token| !token.special).map(|token| token.content.as_str()).collect();
    let kernel = Kernel::of_json(&json, &engine, &matched);
    Ok(Definition {
        bos: role(&json, "bos_token", &added).or(before).or_else(|| first_of(&BEGIN, &added)),
        eos: role(&json, "eos_token", &added).or(after).or_else(|| first_of(&END, &added)),
        engine,
        kernel,
        id_space,
    })
}

/// The runs of digits that a pattern of the cl100k family asks for, where the engine takes it for one of
/// its two machines (single digits, runs of three) and it is neither.
fn cuts_digits_otherwise(words: &PipelinePreTokenizer) -> Option<String> {
    match words {
        PipelinePreTokenizer::Split(split) => match split.grammar()? {
            Grammar::Cl100k { digit_cap: 1 | 3 } => None,
            Grammar::Cl100k { digit_cap: usize::MAX } => Some("runs of any length".to_owned()),
            Grammar::Cl100k { digit_cap } => Some(format!("runs of {digit_cap}")),
            _ => None,
        },
        PipelinePreTokenizer::Sequence(sequence) => {
            sequence.pre_tokenizers().iter().find_map(cuts_digits_otherwise)
        }
        _ => None,
    }
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use serde_json::json;

    use super::super::{Tokenizer, pattern};
    use super::*;

    fn added(id: u32, content: &str, special: bool) -> Value {
        json!({
            "id": id, "content": content, "special": special,
            "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
        })
    }

    /// Words `a` and `b`, the special tokens `<s>` and `</s>` and the ordinary added token `<tab>`.
    fn small() -> Value {
        json!({
            "version": "1.0",
            "truncation": {"max_length": 2, "strategy": "LongestFirst", "stride": 0, "direction": "Right"},
            "padding": {
                "strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": null,
                "pad_id": 0, "pad_type_id": 0, "pad_token": "?",
            },
            "added_tokens": [added(3, "<s>", true), added(4, "</s>", true), added(5, "<tab>", false)],
            "normalizer": null,
            "pre_tokenizer": {"type": "WhitespaceSplit"},
            "post_processor": null,
            "decoder": null,
            "model": {"type": "WordLevel", "vocab": {"?": 0, "a": 1, "b": 2}, "unk_token": "?"},
        })
    }

    fn tokenizer(json: &Value) -> Tokenizer {
        Tokenizer::parse("small", json.to_string().as_bytes()).unwrap()
    }

    fn ids(tokenizer: &Tokenizer, text: &str) -> Vec<i32> {
        let mut ids = Vec::new();
        tokenizer.encode_into(text, &mut ids).unwrap();
        ids
    }

    #[test]
    fn a_special_token_spelt_in_a_text_is_text_another_added_token_is_not() {
        assert_eq!(ids(&tokenizer(&small()), "a </s> <tab> b"), [1, 0, 5, 2]);
    }

    #[test]
    fn rows_are_neither_cut_nor_filled() {
        assert_eq!(ids(&tokenizer(&small()), "a b a b a"), [1, 2, 1, 2, 1]);
        assert_eq!(ids(&tokenizer(&small()), ""), [0; 0]);
    }

    #[test]
    fn the_vocabulary_counts_added_tokens() {
        assert_eq!(tokenizer(&small()).vocab_size(), 6);
    }

    #[test]
    fn bos_and_eos_come_from_roles_then_the_template_then_well_known_names() {
        let marks = |json: &Value| {
            let tokenizer = tokenizer(json);
            (tokenizer.bos(), tokenizer.eos())
        };
        let mut json = small();
        assert_eq!(marks(&json), (Some(3), Some(4)));
        let piece = json!({"Sequence": {"id": "A", "type_id": 0}});
        json["post_processor"] = json!({
            "type": "TemplateProcessing",
            "single": [piece, {"SpecialToken": {"id": "b", "type_id": 0}}],
            "pair": [piece, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"b": {"id": "b", "ids": [2], "tokens": ["b"]}},
        });
        assert_eq!(marks(&json), (Some(3), Some(2)));
        json["role_to_token"] = json!({"bos_token": "</s>", "eos_token": "a"});
        assert_eq!(marks(&json), (Some(4), Some(1)));
        let mut json = small();
        json["added_tokens"] = json!([]);
        assert_eq!(marks(&json), (None, None));
    }

    fn refusal(json: &Value) -> String {
        match Tokenizer::parse("small", json.to_string().as_bytes()) {
            Ok(_) => panic!("should be refused: {json}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_the_engine_would_follow_only_nearly_is_refused() {
        let mut json = small();
        json["added_tokens"][2]["single_word"] = json!(true);
        assert!(refusal(&json).contains("the added token \"<tab>\" matches whole words only"));

        let mut json = small();
        json["added_tokens"][2]["id"] = json!(9);
        assert!(refusal(&json).contains("the added token \"<tab>\" would not get its id 9"));

        let mut json = small();
        json["pre_tokenizer"] = json!({
            "type": "Split", "pattern": {"Regex": "[aeiou]"}, "behavior": "Isolated", "invert": false,
        });
        assert!(refusal(&json).contains("can't be followed exactly"), "{}", refusal(&json));
    }

    /// The engine runs the machine for three digits whatever number above one the pattern says.
    #[test]
    fn numbers_cut_by_other_than_one_or_three_digits_are_refused() {
        let cutting = |digits: &str| {
            let pattern = pattern::CL100K_BASE.words.regex().replace(r"\p{N}{1,3}", digits);
            let mut json = small();
            json["pre_tokenizer"] = json!({
                "type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": false,
            });
            json
        };
        tokenizer(&cutting(r"\p{N}"));
        tokenizer(&cutting(r"\p{N}{1,3}"));
        let error = refusal(&cutting(r"\p{N}{1,2}"));
        assert!(error.contains("it cuts numbers into runs of 2, which the engine cuts by three"), "{error}");
        let error = refusal(&cutting(r"\p{N}+"));
        assert!(error.contains("it cuts numbers into runs of any length"), "{error}");
    }

    #[test]
    fn what_is_no_tokenizer_is_refused_with_the_formats_there_are() {
        assert!(refusal(&json!({"model": {"type": "WordLevel"}})).contains("small"));
        let error = Tokenizer::parse("x", b"{\"version\": ").unwrap_err().to_string();
        assert!(error.starts_with("`x` is no tokenizer file: EOF while parsing"), "{error}");
        assert!(
            error.contains("hint: give a Hugging Face `tokenizer.json`, or a tiktoken rank file"),
            "{error}"
        );
    }
}
