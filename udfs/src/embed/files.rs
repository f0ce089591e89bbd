//! The files of a model's folder, as Hugging Face lays them out.

/// What a model's folder holds; of what isn't there, what the reference does without it is done.
#[derive(Debug, Clone, Copy)]
pub struct ModelFiles<'a> {
    /// `config.json`: the shape.
    pub config: &'a [u8],
    /// `tokenizer.json`.
    pub tokenizer: &'a [u8],
    /// `model.safetensors`: the tensors, of float32, float16 or bfloat16.
    pub weights: &'a [u8],
    /// `modules.json`: whether vectors are normalised, and what else there is.
    pub modules: Option<&'a [u8]>,
    /// `1_Pooling/config.json`. Without it: the mean.
    pub pooling: Option<&'a [u8]>,
    /// `sentence_bert_config.json`: how many tokens a text keeps. Without it: as many as the model has positions for.
    pub sentence: Option<&'a [u8]>,
    /// `config_sentence_transformers.json`: what every text is to begin with.
    pub prompts: Option<&'a [u8]>,
}

impl<'a> ModelFiles<'a> {
    /// Names of the files in the folder, those that must be there first.
    pub const NAMES: [&'static str; 7] = [
        "config.json",
        "tokenizer.json",
        "model.safetensors",
        "modules.json",
        "1_Pooling/config.json",
        "sentence_bert_config.json",
        "config_sentence_transformers.json",
    ];

    /// The files in the order of [`Self::NAMES`]; the name of the first that is missing and must not be, where there is one.
    pub fn of(files: [Option<&'a [u8]>; 7]) -> Result<Self, &'static str> {
        let [config, tokenizer, weights, modules, pooling, sentence, prompts] = files;
        let [config_name, tokenizer_name, weights_name, ..] = Self::NAMES;
        Ok(Self {
            config: config.ok_or(config_name)?,
            tokenizer: tokenizer.ok_or(tokenizer_name)?,
            weights: weights.ok_or(weights_name)?,
            modules,
            pooling,
            sentence,
            prompts,
        })
    }

    /// Digest of all of them. Not cryptographic.
    pub(super) fn digest(&self) -> u128 {
        let Self { config, tokenizer, weights, modules, pooling, sentence, prompts } = *self;
        let mut digests = Vec::new();
        for file in [Some(config), Some(tokenizer), Some(weights), modules, pooling, sentence, prompts] {
            let digest = file.map_or(0, tweetmill_kernels::hash::content_hash);
            digests.extend(digest.to_le_bytes());
        }
        tweetmill_kernels::hash::content_hash(&digests)
    }
}
