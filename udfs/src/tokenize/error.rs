//! Why a tokenizer couldn't be had.

/// What is wrong with a tokenizer; the second line says what to do, where that is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenizerError {
    /// Neither built in nor loaded under this name.
    #[error("no tokenizer is called `{name}`\n  hint: loaded or built in are {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// The bytes are neither of the two formats.
    #[error(
        "`{name}` is no tokenizer file: {why}\n  hint: give a Hugging Face `tokenizer.json`, or a \
         tiktoken rank file with one `<base64 token> <rank>` a line"
    )]
    Unreadable {
        /// Name it was to be loaded under.
        name: String,
        /// What was found instead.
        why: String,
    },
    /// A rank file whose words are cut in a way we don't know.
    #[error(
        "the rank file `{name}` ({tokens} tokens) doesn't say how it cuts words, and neither its ranks \
         nor its name are known\n  hint: give the model's `tokenizer.json`, or put one of {known} in the \
         file's name if it is cut the same way"
    )]
    UnknownPattern {
        /// Name it was to be loaded under.
        name: String,
        /// How many tokens it has.
        tokens: usize,
        /// The patterns there are.
        known: String,
    },
    /// A well-formed definition that the engine can't follow to the letter.
    #[error("the tokenizer `{name}` can't be followed exactly: {why}\n  hint: {hint}")]
    Unsupported {
        /// Name it was to be loaded under.
        name: String,
        /// The part that can't be followed.
        why: String,
        /// What to do instead.
        hint: String,
    },
    /// The name stands for another definition already.
    #[error("`{name}` already names another tokenizer")]
    Taken {
        /// The name.
        name: String,
    },
    /// A token to mark documents with, which the tokenizer doesn't have.
    #[error("the tokenizer `{name}` has no {role} token\n  hint: {hint}")]
    NoSuchToken {
        /// Name of the tokenizer.
        name: String,
        /// What the token is for.
        role: &'static str,
        /// What to do instead.
        hint: String,
    },
    /// Its ids are for the processor to find.
    #[error("the tokenizer `{name}` can't be had on a GPU: {why}")]
    NotOnGpu {
        /// Name of the tokenizer.
        name: String,
        /// What stands against it.
        why: String,
    },
    /// No token has this id.
    #[error(
        "the tokenizer `{name}` has no token {id}\n  hint: its ids are below {vocab_size}; were these made by another?"
    )]
    NoSuchId {
        /// Name of the tokenizer.
        name: String,
        /// The id.
        id: i64,
        /// One past its highest id.
        vocab_size: usize,
    },
    /// The engine gave up on ids.
    #[error("the tokenizer `{name}` failed on {ids} ids: {why}")]
    Decode {
        /// Name of the tokenizer.
        name: String,
        /// Number of the ids.
        ids: usize,
        /// What the engine said.
        why: String,
    },
    /// The engine gave up on a text.
    #[error("the tokenizer `{name}` failed on a text of {bytes} bytes: {why}")]
    Encode {
        /// Name of the tokenizer.
        name: String,
        /// Length of the text.
        bytes: usize,
        /// What the engine said.
        why: String,
    },
}
