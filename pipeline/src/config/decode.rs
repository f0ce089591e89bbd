//! From the tree to serde structs, keeping path and place in every refusal.
//!
//! Scalars are read as the type that is asked for, never guessed: `1` is a string where a string is
//! wanted. A quoted scalar is as good as a plain one, so that `"${THREADS:-8}"` can be a number.

use std::fmt;

use serde::de::{self, DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

use super::refusal::{Refusal, allowed_hint};
use super::yaml::{Entry, Node, Place, Value};

/// Reads `T` from the tree.
pub(super) fn decode<'de, T: Deserialize<'de>>(root: &'de Node) -> Result<T, Refusal> {
    T::deserialize(NodeDecoder { node: root, path: "" }).map_err(|error| error.into_refusal(root))
}

/// A refusal on its way up: the first decoder that knows the place adds it.
#[derive(Debug)]
pub(super) struct DecodeError {
    message: String,
    hint: Option<String>,
    place: Option<Place>,
    /// Set while the message still lacks the key it is about.
    about_value: bool,
}

impl DecodeError {
    fn plain(message: String, hint: Option<String>) -> Self {
        Self { message, hint, place: None, about_value: false }
    }

    fn expected(what: &str, node: &Node) -> Self {
        Self { message: format!("expected {what}, found {node}"), hint: None, place: None, about_value: true }
    }

    fn at(mut self, path: &str, place: &Place) -> Self {
        if self.place.is_none() {
            self.place = Some(place.clone());
            if self.about_value && !path.is_empty() {
                self.message = format!("{path}: {}", self.message);
            }
        }
        self
    }

    fn into_refusal(self, root: &Node) -> Refusal {
        let refusal = Refusal::new(self.place.unwrap_or_else(|| root.place.clone()), self.message);
        match self.hint {
            Some(hint) => refusal.hint(hint),
            None => refusal,
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    /// A type's own refusal; a second line `hint: …` becomes the hint.
    fn custom<T: fmt::Display>(message: T) -> Self {
        let text = message.to_string();
        let (message, hint) = match text.split_once("\nhint: ") {
            Some((message, hint)) => (message.to_owned(), Some(hint.to_owned())),
            None => (text, None),
        };
        Self { message, hint, place: None, about_value: true }
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::plain(format!("unknown key `{field}`"), Some(allowed_hint(field, expected)))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let message = format!("`{variant}` is not one of the values allowed");
        Self { message, hint: Some(allowed_hint(variant, expected)), place: None, about_value: true }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::plain(format!("missing key `{field}`"), None)
    }
}

/// Decodes one node that stands at `path` (`""` for the whole file).
struct NodeDecoder<'de, 'path> {
    node: &'de Node,
    path: &'path str,
}

impl<'de> NodeDecoder<'de, '_> {
    /// The scalar's text, or a refusal that says what was expected.
    fn text(&self, expected: &str) -> Result<&'de str, DecodeError> {
        match &self.node.value {
            Value::Scalar { text, .. } if !self.node.is_null() => Ok(text),
            _ => Err(DecodeError::expected(expected, self.node).at(self.path, &self.node.place)),
        }
    }

    fn place<T>(&self, result: Result<T, DecodeError>) -> Result<T, DecodeError> {
        result.map_err(|error| error.at(self.path, &self.node.place))
    }
}

impl<'de> de::Deserializer<'de> for NodeDecoder<'de, '_> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match &self.node.value {
            Value::Scalar { .. } if self.node.is_null() => self.place(visitor.visit_unit()),
            Value::Scalar { text, .. } => self.place(visitor.visit_borrowed_str(text)),
            Value::List(_) => self.deserialize_seq(visitor),
            Value::Map(_) => self.deserialize_map(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let value = match self.text("true or false")? {
            "true" => true,
            "false" => false,
            other => {
                let mut error = DecodeError::expected("true or false", self.node);
                error.hint = match other.to_ascii_lowercase().as_str() {
                    "yes" | "on" | "true" => Some("write `true`".to_owned()),
                    "no" | "off" | "false" => Some("write `false`".to_owned()),
                    _ => None,
                };
                return self.place(Err(error));
            }
        };
        self.place(visitor.visit_bool(value))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let text = self.text("a string")?;
        self.place(visitor.visit_borrowed_str(text))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.node.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match &self.node.value {
            Value::List(items) => visitor.visit_seq(ListDecoder { items, index: 0, path: self.path }),
            _ => self.place(Err(DecodeError::expected("a list", self.node))),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match &self.node.value {
            Value::Map(entries) => {
                let decoder = MapDecoder { entries, index: 0, path: self.path };
                self.place(visitor.visit_map(decoder).map_err(|error| named_missing_key(error, self.path)))
            }
            _ => self.place(Err(DecodeError::expected("a mapping", self.node))),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        if !matches!(self.node.value, Value::Map(_)) {
            let expected = format!("a mapping with the keys {}", fields.join(", "));
            return self.place(Err(DecodeError::expected(&expected, self.node)));
        }
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let text = self.text(&format!("one of {}", variants.join(", ")))?;
        self.place(visitor.visit_enum(text.into_deserializer()))
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_str(visitor)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct
        tuple tuple_struct ignored_any
    }
}

/// A missing key is known to serde by its last word alone: name the whole path and the remedy.
fn named_missing_key(mut error: DecodeError, path: &str) -> DecodeError {
    if error.place.is_none()
        && let Some(key) = error.message.strip_prefix("missing key `").and_then(|rest| rest.strip_suffix('`'))
    {
        let key = key.to_owned();
        error.hint = Some(match path {
            "" => format!("add `{key}: …` at the top level"),
            path => format!("add `{key}: …` under `{path}`"),
        });
        error.message = format!("missing key `{}`", join(path, &key));
    }
    error
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

struct ListDecoder<'de, 'path> {
    items: &'de [Node],
    index: usize,
    path: &'path str,
}

impl<'de> SeqAccess<'de> for ListDecoder<'de, '_> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        let Some(node) = self.items.get(self.index) else {
            return Ok(None);
        };
        let path = format!("{}[{}]", self.path, self.index);
        self.index += 1;
        seed.deserialize(NodeDecoder { node, path: &path }).map(Some)
    }
}

struct MapDecoder<'de, 'path> {
    entries: &'de [Entry],
    /// Entry whose value comes next, counted from 1 once its key was taken.
    index: usize,
    path: &'path str,
}

impl<'de> MapAccess<'de> for MapDecoder<'de, '_> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        let Some(entry) = self.entries.get(self.index) else {
            return Ok(None);
        };
        self.index += 1;
        let key: de::value::BorrowedStrDeserializer<'de, DecodeError> =
            de::value::BorrowedStrDeserializer::new(&entry.key);
        match seed.deserialize(key) {
            Ok(key) => Ok(Some(key)),
            Err(mut error) => {
                error.message = format!("unknown key `{}`", join(self.path, &entry.key));
                Err(error.at(self.path, &entry.place))
            }
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DecodeError> {
        let Some(entry) = self.index.checked_sub(1).and_then(|index| self.entries.get(index)) else {
            return Err(DecodeError::plain("a value was asked for before its key".to_owned(), None));
        };
        let path = join(self.path, &entry.key);
        seed.deserialize(NodeDecoder { node: &entry.value, path: &path })
    }
}
