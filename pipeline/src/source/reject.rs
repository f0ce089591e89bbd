//! Why a line could not be read.

use std::fmt;

/// Why a line was rejected. Written as `rejected:<reason>` in fates; reasons are only ever added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RejectReason {
    /// Doesn't start like JSON: an error page, a log line, binary data.
    NotJson,
    /// Starts like JSON but isn't.
    InvalidJson,
    /// The last line of a member, without its line feed, ends in the middle of a value.
    TruncatedLine,
    /// Longer than `limits.line_size`; only its start was kept.
    TooLong,
    /// Nested deeper than 128 arrays and objects.
    TooDeep,
    /// A tweet without an id, or an id of a tweet or an author outside 1..2^63-1.
    BadId,
    /// Valid JSON of a shape that isn't read here.
    UnknownShape,
    /// Invalid UTF-8 that is no JSON even with the bad bytes replaced.
    NotUtf8,
}

impl RejectReason {
    /// Name in the `reason` column and in fates.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotJson => "not_json",
            Self::InvalidJson => "invalid_json",
            Self::TruncatedLine => "truncated_line",
            Self::TooLong => "too_long",
            Self::TooDeep => "too_deep",
            Self::BadId => "bad_id",
            Self::UnknownShape => "unknown_shape",
            Self::NotUtf8 => "not_utf8",
        }
    }
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
