//! Seeds that read one value of any type and keep what they were looking for.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::arena::{Arena, Str};
use super::id::Id;

/// Answers every kind of value but those a visitor names with one value.
macro_rules! any_other {
    ($value:expr; $($kind:ident),+) => { $(any_other!(@$kind $value);)+ };
    (@null $value:expr) => {
        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok($value)
        }
    };
    (@bool $value:expr) => {
        fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
            Ok($value)
        }
    };
    (@number $value:expr) => {
        fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
            Ok($value)
        }
    };
    (@string $value:expr) => {
        fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
            Ok($value)
        }
    };
    (@array $value:expr) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            Ok($value)
        }
    };
    (@object $value:expr) => {
        fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
            while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok($value)
        }
    };
}

/// A key of an object, as bytes: checking UTF-8 would cost more than reading most keys.
pub(crate) struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, [u8]>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, [u8]>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_bytes<E: Error>(self, key: &'de [u8]) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_bytes<E: Error>(self, key: &[u8]) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_vec()))
    }
}

/// A value that is neither array nor object.
#[derive(Debug, Clone, Copy)]
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
    pub(crate) fn integer(self, arena: &Arena) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(value),
            Self::String(text) => text.get(arena).parse().ok(),
            _ => None,
        }
    }

    pub(crate) fn id(self, arena: &Arena) -> Id {
        match self {
            Self::Null => Id::Absent,
            Self::Integer(number) => Id::from_number(number),
            Self::String(text) => Id::parse(text.get(arena)),
            Self::Bool(_) | Self::OtherNumber | Self::Nested => Id::Bad,
        }
    }
}

/// Reads a [`Scalar`]; strings with escapes go to the arena.
pub(crate) struct ReadScalar<'a>(pub(crate) &'a mut Arena);

impl<'de> DeserializeSeed<'de> for ReadScalar<'_> {
    type Value = Scalar<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ReadScalar<'_> {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    any_other!(Scalar::Null; null);
    any_other!(Scalar::Nested; array, object);

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Scalar::Integer(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(value).map_or(Scalar::OtherNumber, Scalar::Integer))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Scalar::OtherNumber)
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::String(Str::Line(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Scalar::String(self.0.keep(text)))
    }
}

/// What is kept of the fields of an object.
pub(crate) trait Fields<'de> {
    /// Reads every field; those not wanted with [`skip`].
    fn read<A: MapAccess<'de>>(&mut self, fields: &mut A) -> Result<(), A::Error>;
}

/// Skips the value of the key just read.
pub(crate) fn skip<'de, A: MapAccess<'de>>(fields: &mut A) -> Result<(), A::Error> {
    fields.next_value::<IgnoredAny>().map(drop)
}

/// Reads an object into its [`Fields`]; answers whether there was one.
pub(crate) struct ReadObject<F>(pub(crate) F);

impl<'de, F: Fields<'de>> DeserializeSeed<'de> for ReadObject<F> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: Fields<'de>> Visitor<'de> for ReadObject<F> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    any_other!(false; null, bool, number, string, array);

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<bool, A::Error> {
        self.0.read(&mut fields)?;
        Ok(true)
    }
}

/// Reads an array of objects, each into the same [`Fields`] one after the other; answers how many
/// elements there were, or `None` when there was no array.
pub(crate) struct ReadObjects<F>(pub(crate) F);

impl<'de, F: Fields<'de>> DeserializeSeed<'de> for ReadObjects<F> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: Fields<'de>> Visitor<'de> for ReadObjects<F> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    any_other!(None; null, bool, number, string, object);

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut count = 0;
        while items.next_element_seed(ReadObject(Borrowed(&mut self.0)))?.is_some() {
            count += 1;
        }
        Ok(Some(count))
    }
}

/// Lends [`Fields`] to one element after the other.
struct Borrowed<'a, F>(&'a mut F);

impl<'de, F: Fields<'de>> Fields<'de> for Borrowed<'_, F> {
    fn read<A: MapAccess<'de>>(&mut self, fields: &mut A) -> Result<(), A::Error> {
        self.0.read(fields)
    }
}

/// Skips an array; answers how many elements it had, or `None` when there was no array.
pub(crate) struct CountItems;

impl<'de> DeserializeSeed<'de> for CountItems {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for CountItems {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    any_other!(None; null, bool, number, string, object);

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut count = 0;
        while items.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(Some(count))
    }
}

/// Reads an array of strings, or one string that lists them with commas.
pub(crate) struct ReadStrings<'a, 'de> {
    pub(crate) into: &'a mut Vec<Str<'de>>,
    pub(crate) arena: &'a mut Arena,
}

impl<'de> DeserializeSeed<'de> for ReadStrings<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.into.clear();
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ReadStrings<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    any_other!((); null, bool, number, object);

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element_seed(ReadScalar(self.arena))? {
            self.into.extend(item.string());
        }
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            self.into.push(self.arena.keep(item));
        }
        Ok(())
    }
}
