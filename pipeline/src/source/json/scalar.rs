//! A value that is neither array nor object, or stands in for one.

use super::Str;
use super::id::Id;

/// One value of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scalar<'de> {
    Null,
    Bool(bool),
    Integer(i64),
    /// A fraction, or an integer outside 64 bits.
    OtherNumber,
    String(Str<'de>),
    /// An array or an object, where none was expected.
    Nested,
}

impl<'de> Scalar<'de> {
    pub(crate) fn string(self) -> Option<Str<'de>> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn bool(self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// An integer, also one spelled as a string.
    pub(crate) fn integer(self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(value),
            Self::String(text) => text.text().parse().ok(),
            _ => None,
        }
    }

    pub(crate) fn id(self) -> Id {
        match self {
            Self::Null => Id::Absent,
            Self::Integer(number) => Id::from_number(number),
            Self::String(text) => Id::parse(&text.text()),
            Self::Bool(_) | Self::OtherNumber | Self::Nested => Id::Bad,
        }
    }
}
