//! `content_hash(text)`: equal for texts that are exact duplicates, 16 bytes.

use std::sync::Arc;

use arrow::array::FixedSizeBinaryBuilder;
use arrow::datatypes::DataType;
use datafusion::common::{Result, utils::take_function_args};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use crate::args::{Kind, Texts, coerce};
use crate::text::Canonicalizer;

const HASH_BYTES: i32 = 16;

/// Hashes texts by their canonical text; keeps its buffers between texts.
///
/// ```text
///   canonical text not empty   xxh3-128(canonical text)
///   canonical text empty       xxh3-128(0x00, text)       no canonical text holds a zero byte
/// ```
///
/// A text of mentions, links and symbols alone has no words to compare: it is a duplicate only of the
/// same text as written.
#[derive(Debug, Default)]
pub struct ContentHasher {
    canonicalizer: Canonicalizer,
    original: Vec<u8>,
}

impl ContentHasher {
    /// A hasher with empty buffers.
    pub fn new() -> Self {
        Self::default()
    }

    /// The content hash of `text`.
    pub fn hash(&mut self, text: &str) -> u128 {
        let canonical = self.canonicalizer.canonicalize(text);
        if !canonical.is_empty() {
            return tweetmill_kernels::hash::content_hash(canonical.as_bytes());
        }
        self.original.clear();
        self.original.push(0);
        self.original.extend_from_slice(text.as_bytes());
        tweetmill_kernels::hash::content_hash(&self.original)
    }
}

/// The function; the bytes are most significant first, so that they sort as the number does.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct ContentHash {
    signature: Signature,
}

impl ContentHash {
    pub(crate) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for ContentHash {
    fn name(&self) -> &'static str {
        "content_hash"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce(self.name(), &[Kind::Text], 1, given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::FixedSizeBinary(HASH_BYTES))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [texts] = take_function_args(self.name(), &args.args)?;
        let texts = texts.to_array(args.number_rows)?;
        let texts = Texts::of(self.name(), &texts)?;
        let mut hasher = ContentHasher::new();
        let mut column = FixedSizeBinaryBuilder::with_capacity(texts.len(), HASH_BYTES);
        for text in texts.iter() {
            match text {
                Some(text) => column.append_value(hasher.hash(text).to_be_bytes())?,
                None => column.append_null(),
            }
        }
        Ok(ColumnarValue::Array(Arc::new(column.finish())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(text: &str) -> u128 {
        ContentHasher::new().hash(text)
    }

    #[test]
    fn copies_have_one_hash() {
        assert_eq!(hash("RT @a: Good MORNING!! https://t.co/x"), hash("good morning"));
        assert_eq!(hash("good morning"), tweetmill_kernels::hash::content_hash(b"good morning"));
        assert_ne!(hash("good morning"), hash("good mornings"));
    }

    /// Two texts that are all links would otherwise be one "copy" of each other.
    #[test]
    fn texts_without_words_are_told_apart_as_written() {
        assert_ne!(hash("https://t.co/a"), hash("https://t.co/b"));
        assert_eq!(hash("https://t.co/a"), hash("https://t.co/a"));
        assert_ne!(hash(""), tweetmill_kernels::hash::content_hash(b""));
        assert_ne!(hash("!"), hash(""));
    }
}
