//! Names that people give and that become parts of file names.

/// Longest name of a data set or label of a commit.
pub(crate) const LABEL_MAX_BYTES: usize = 64;

/// Whether `text` can be the name of a data set or the label of a commit: 1 to [`LABEL_MAX_BYTES`] ASCII
/// letters, digits, `.`, `_` and `-`, not starting with a dot. Anything else would be escaped differently
/// by different stores.
pub(crate) fn is_label(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=LABEL_MAX_BYTES).contains(&text.len()) && !text.starts_with('.') && text.bytes().all(plain)
}
