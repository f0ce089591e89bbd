//! What the files of a model's folder say: its shape, and how a text becomes a vector.

use serde::Deserialize;
use serde_json::{Map, Value};
use tweetmill_kernels::encoder::{Config, Pooling};

use super::error::ModelError;
use super::files::ModelFiles;

/// What a folder says of its model.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Description {
    pub(super) kind: Kind,
    /// Most tokens of a text, special ones included; None: as many as the model takes.
    pub(super) longest: Option<usize>,
    /// What every text begins with.
    pub(super) prefix: Option<String>,
}

impl Description {
    /// What `files` say of the model called `name`.
    pub(super) fn of(files: &ModelFiles<'_>, name: &str) -> Result<Self, ModelError> {
        let reader = Reader { name };
        let config: Value = reader.json("config.json", files.config)?;
        let modules = match files.modules {
            Some(file) => Modules::of(&reader, file)?,
            None => Modules::default(),
        };
        let prefix = match files.prompts {
            Some(file) => reader.json::<Prompts>("config_sentence_transformers.json", file)?.default(),
            None => None,
        };
        if config["model_type"] == "model2vec" {
            let normalized = modules.normalizes || config["normalize"].as_bool().unwrap_or(false);
            return Ok(Self { kind: Kind::Static { normalized }, longest: None, prefix });
        }
        let shape: Shape = reader.json("config.json", files.config)?;
        let pooling = match files.pooling {
            Some(file) => pooling(&reader, file)?,
            None => Pooling::Mean,
        };
        let sentence = match files.sentence {
            Some(file) => reader.json("sentence_bert_config.json", file)?,
            None => Sentence::default(),
        };
        if sentence.do_lower_case {
            return Err(
                reader.unsupported("sentence_bert_config.json lower-cases texts before the tokenizer")
            );
        }
        let config = shape.config(&reader, pooling, modules.normalizes)?;
        Ok(Description { kind: Kind::Bert(config), longest: sentence.max_seq_length, prefix })
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// An encoder of the BERT family.
    Bert(Config),
    /// A table of tokens, as model2vec has it: the unknown one counts for nothing.
    Static { normalized: bool },
}

/// Reads files of the model that it names in errors.
struct Reader<'a> {
    name: &'a str,
}

impl Reader<'_> {
    fn json<T: for<'de> Deserialize<'de>>(&self, file: &'static str, bytes: &[u8]) -> Result<T, ModelError> {
        serde_json::from_slice(bytes).map_err(|error| ModelError::Unreadable {
            name: self.name.to_owned(),
            file,
            why: error.to_string(),
        })
    }

    fn unsupported(&self, why: impl Into<String>) -> ModelError {
        ModelError::Unsupported { name: self.name.to_owned(), why: why.into() }
    }
}

/// `config.json` of an encoder.
#[derive(Deserialize)]
struct Shape {
    model_type: String,
    vocab_size: usize,
    max_position_embeddings: usize,
    type_vocab_size: usize,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    layer_norm_eps: f32,
    hidden_act: String,
    position_embedding_type: Option<String>,
    pad_token_id: Option<usize>,
}

impl Shape {
    fn config(self, reader: &Reader<'_>, pooling: Pooling, normalized: bool) -> Result<Config, ModelError> {
        let first_position = match self.model_type.as_str() {
            "bert" => 0,
            // Positions are counted on from that of the padding token.
            "roberta" | "xlm-roberta" | "camembert" => self.pad_token_id.unwrap_or(1) + 1,
            other => return Err(reader.unsupported(format!("its type is {other}"))),
        };
        if self.hidden_act != "gelu" {
            return Err(reader.unsupported(format!("its activation is {}", self.hidden_act)));
        }
        if let Some(positions) = self.position_embedding_type.filter(|kind| kind != "absolute") {
            return Err(reader.unsupported(format!("its positions are {positions}")));
        }
        Ok(Config {
            vocabulary: self.vocab_size,
            positions: self.max_position_embeddings,
            first_position,
            types: self.type_vocab_size,
            hidden: self.hidden_size,
            layers: self.num_hidden_layers,
            heads: self.num_attention_heads,
            intermediate: self.intermediate_size,
            norm_epsilon: self.layer_norm_eps,
            pooling,
            normalized,
        })
    }
}

/// `sentence_bert_config.json`.
#[derive(Default, Deserialize)]
struct Sentence {
    max_seq_length: Option<usize>,
    #[serde(default)]
    do_lower_case: bool,
}

/// `config_sentence_transformers.json`.
#[derive(Deserialize)]
struct Prompts {
    #[serde(default)]
    prompts: Map<String, Value>,
    default_prompt_name: Option<String>,
}

impl Prompts {
    fn default(self) -> Option<String> {
        let prompt = self.prompts.get(&self.default_prompt_name?)?.as_str()?;
        (!prompt.is_empty()).then(|| prompt.to_owned())
    }
}

/// `modules.json`: what a text goes through.
#[derive(Default)]
struct Modules {
    normalizes: bool,
}

impl Modules {
    fn of(reader: &Reader<'_>, file: &[u8]) -> Result<Self, ModelError> {
        #[derive(Deserialize)]
        struct Module {
            #[serde(rename = "type")]
            kind: String,
        }
        let mut modules = Self::default();
        for module in reader.json::<Vec<Module>>("modules.json", file)? {
            match module.kind.rsplit('.').next() {
                Some("Transformer" | "Pooling" | "StaticEmbedding") => {}
                Some("Normalize") => modules.normalizes = true,
                _ => return Err(reader.unsupported(format!("a module of it is {}", module.kind))),
            }
        }
        Ok(modules)
    }
}

/// `1_Pooling/config.json`.
fn pooling(reader: &Reader<'_>, file: &[u8]) -> Result<Pooling, ModelError> {
    let config: Map<String, Value> = reader.json("1_Pooling/config.json", file)?;
    let modes =
        config.iter().filter(|(key, on)| key.starts_with("pooling_mode_") && **on == Value::Bool(true));
    let modes: Vec<&str> = modes.map(|(key, _)| key.as_str()).collect();
    match modes.as_slice() {
        ["pooling_mode_mean_tokens"] => Ok(Pooling::Mean),
        ["pooling_mode_cls_token"] => Ok(Pooling::First),
        other => Err(reader.unsupported(format!("it pools by {}", other.join(" and ")))),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::super::SampleModel;
    use super::*;

    #[test]
    fn what_is_not_said_is_as_in_the_reference() {
        let tiny = SampleModel::encoder(8);
        let described = Description::of(&tiny.files(), "tiny").unwrap();
        let Kind::Bert(config) = described.kind else { unreachable!("it is a BERT") };
        assert_eq!((config.pooling, config.normalized), (Pooling::Mean, false));
        assert_eq!((described.longest, described.prefix), (None, None));
    }

    #[test]
    fn files_beside_it_say_how_a_text_becomes_a_vector() {
        let tiny = SampleModel::encoder(8);
        let files = ModelFiles {
            modules: Some(br#"[{"type": "sentence_transformers.models.Transformer"}, {"type": "sentence_transformers.models.Pooling"}, {"type": "sentence_transformers.models.Normalize"}]"#),
            pooling: Some(br#"{"word_embedding_dimension": 8, "pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}"#),
            sentence: Some(br#"{"max_seq_length": 5, "do_lower_case": false}"#),
            prompts: Some(br#"{"prompts": {"query": "query: "}, "default_prompt_name": "query"}"#),
            ..tiny.files()
        };
        let described = Description::of(&files, "tiny").unwrap();
        let Kind::Bert(config) = described.kind else { unreachable!("it is a BERT") };
        assert_eq!((config.pooling, config.normalized), (Pooling::First, true));
        assert_eq!((described.longest, described.prefix.as_deref()), (Some(5), Some("query: ")));
    }

    #[test]
    fn what_cannot_be_followed_is_named() {
        let tiny = SampleModel::encoder(8);
        let refused = |files: ModelFiles<'_>| Description::of(&files, "tiny").unwrap_err().to_string();
        let other = String::from_utf8(tiny.config.clone()).unwrap();
        for (from, to, why) in [
            (r#""gelu""#, r#""gelu_new""#, "its activation is gelu_new"),
            (r#""bert""#, r#""deberta-v2""#, "its type is deberta-v2"),
        ] {
            let config = other.replace(from, to);
            assert!(refused(ModelFiles { config: config.as_bytes(), ..tiny.files() }).contains(why), "{why}");
        }
        let modules = br#"[{"type": "sentence_transformers.models.Dense"}]"#;
        let error = refused(ModelFiles { modules: Some(modules), ..tiny.files() });
        assert!(error.contains("a module of it is sentence_transformers.models.Dense"), "{error}");
        let pooling = br#"{"pooling_mode_max_tokens": true, "pooling_mode_mean_tokens": true}"#;
        let error = refused(ModelFiles { pooling: Some(pooling), ..tiny.files() });
        assert!(
            error.contains("it pools by pooling_mode_max_tokens and pooling_mode_mean_tokens"),
            "{error}"
        );
        let error = refused(ModelFiles { config: b"{}", ..tiny.files() });
        assert!(error.starts_with("config.json of the model `tiny` can't be read: missing field"), "{error}");
    }
}
