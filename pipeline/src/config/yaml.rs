//! A run file as a tree that remembers where every key and value stands.
//!
//! ```text
//!  text ──► parser events ──► Node (line, column) ──► --set ──► templates ──► decode ──► raw ──► RunConfig
//! ```
//!
//! Scalars keep the text they were written with: `1%`, `256MiB` and 64-bit seeds never pass through
//! a float. Anchors, tags, several documents in a file and keys that are not plain words are refused:
//! a run file is read by people first.

use std::fmt;

use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, Span};

use super::refusal::Refusal;

/// Deepest nesting read; a run file needs four levels.
const MAX_DEPTH: usize = 32;

/// Where a node came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// In the file; both count from 1, columns in characters.
    File {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// On the command line, in this `--set` argument.
    Set(String),
}

/// One value of the tree and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Value,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// Text as written. `quoted` says that it is text whatever it looks like (`"null"`).
    Scalar { text: String, quoted: bool },
    /// `[a, b]` or lines that start with `-`.
    List(Vec<Node>),
    /// `key: value`, in the order written.
    Map(Vec<Entry>),
}

/// One `key: value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) place: Place,
    pub(super) value: Node,
}

impl Node {
    /// Parses one document; every node is placed in the file.
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let mut builder = Builder::default();
        for event in Parser::new_from_str(text) {
            match event {
                Ok((event, span)) => builder.take(event, span)?,
                Err(error) => {
                    let mark = error.marker();
                    let place = Place::File { line: mark.line(), column: mark.col() + 1 };
                    return Err(Refusal::new(place, format!("this is not YAML: {}", error.info())));
                }
            }
        }
        // An empty file is an empty mapping: what it lacks is then named key by key.
        Ok(builder.root.unwrap_or(Self { place: START, value: Value::Map(Vec::new()) }))
    }

    /// Reads the right side of `--set key=value`; every node is placed at that argument.
    ///
    /// A list, a mapping or a quoted text is read as YAML. Anything else is taken as it stands: a glob
    /// must not turn into an alias, nor what follows a `#` into a comment.
    pub(super) fn parse_set(argument: &str, value: &str) -> Result<Self, Refusal> {
        let place = Place::Set(argument.to_owned());
        if !value.starts_with(['[', '{', '"', '\'']) || value.starts_with("{{") {
            return Ok(Self { place, value: Value::Scalar { text: value.to_owned(), quoted: false } });
        }
        let mut node = Self::parse(value).map_err(|refusal| refusal.moved_to(place.clone()))?;
        node.move_to(&place);
        Ok(node)
    }

    /// True for an empty value, `~` and `null`.
    pub(super) fn is_null(&self) -> bool {
        match &self.value {
            Value::Scalar { text, quoted: false } => matches!(text.as_str(), "" | "~" | "null"),
            _ => false,
        }
    }

    /// The node at a path such as `input[0].url`, or the deepest one on the way there.
    pub(super) fn nearest(&self, path: &str) -> &Self {
        let mut node = self;
        for segment in path.split(['.', '[']) {
            let segment = segment.trim_end_matches(']');
            let next = match &node.value {
                Value::Map(entries) => {
                    entries.iter().find(|entry| entry.key == segment).map(|entry| &entry.value)
                }
                Value::List(items) => segment.parse::<usize>().ok().and_then(|index| items.get(index)),
                Value::Scalar { .. } => None,
            };
            match next {
                Some(next) => node = next,
                None => break,
            }
        }
        node
    }

    fn move_to(&mut self, place: &Place) {
        self.place = place.clone();
        match &mut self.value {
            Value::Scalar { .. } => {}
            Value::List(items) => {
                for item in items {
                    item.move_to(place);
                }
            }
            Value::Map(entries) => {
                for entry in entries {
                    entry.place = place.clone();
                    entry.value.move_to(place);
                }
            }
        }
    }
}

impl fmt::Display for Node {
    /// What the value is, for messages: `` `7` ``, `a list`, `a mapping`, `nothing`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Value::Scalar { .. } if self.is_null() => f.write_str("nothing"),
            Value::Scalar { text, .. } => write!(f, "`{text}`"),
            Value::List(_) => f.write_str("a list"),
            Value::Map(_) => f.write_str("a mapping"),
        }
    }
}

const START: Place = Place::File { line: 1, column: 1 };

/// Collections still open, outermost first, and the finished document.
#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
}

struct Open {
    node: Node,
    /// In a mapping: the key whose value comes next.
    key: Option<(String, Place)>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Refusal> {
        let place = Place::File { line: span.start.line(), column: span.start.col() + 1 };
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                plain_node(anchor, tag.is_some(), &place)?;
                self.scalar(text.into_owned(), !matches!(style, ScalarStyle::Plain), place)
            }
            Event::SequenceStart(_, anchor, tag) => {
                plain_node(anchor, tag.is_some(), &place)?;
                self.open(Value::List(Vec::new()), place)
            }
            Event::MappingStart(_, anchor, tag) => {
                plain_node(anchor, tag.is_some(), &place)?;
                self.open(Value::Map(Vec::new()), place)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(open) => {
                    self.add(open.node);
                    Ok(())
                }
                None => Ok(()),
            },
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                Err(Refusal::new(place, "aliases have no place in a run file").hint("write the value out"))
            }
            Event::DocumentStart(..) if self.root.is_some() => {
                Err(Refusal::new(place, "a second document starts here")
                    .hint("one run file holds one document"))
            }
            _ => Ok(()),
        }
    }

    fn scalar(&mut self, text: String, quoted: bool, place: Place) -> Result<(), Refusal> {
        if let Some(Open { node: Node { value: Value::Map(entries), .. }, key: key @ None }) =
            self.open.last_mut()
        {
            if let Some(first) = entries.iter().find(|entry| entry.key == text) {
                let hint = match first.place {
                    Place::File { line, .. } => format!("it is on line {line} already: keep one of them"),
                    Place::Set(_) => "keep one of them".to_owned(),
                };
                return Err(Refusal::new(place, format!("the key `{text}` is here twice")).hint(hint));
            }
            *key = Some((text, place));
            return Ok(());
        }
        self.add(Node { place, value: Value::Scalar { text, quoted } });
        Ok(())
    }

    fn open(&mut self, value: Value, place: Place) -> Result<(), Refusal> {
        if let Some(Open { node: Node { value: Value::Map(_), .. }, key: None }) = self.open.last() {
            return Err(Refusal::new(place, "a key must be a plain word")
                .hint("put a value that holds braces in quotes: \"{{ ds }}\""));
        }
        if self.open.len() == MAX_DEPTH {
            return Err(Refusal::new(place, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.open.push(Open { node: Node { place, value }, key: None });
        Ok(())
    }

    fn add(&mut self, node: Node) {
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        match &mut parent.node.value {
            Value::List(items) => items.push(node),
            Value::Map(entries) => {
                // `open` and `scalar` let nothing but a key through while none is waiting.
                if let Some((key, place)) = parent.key.take() {
                    entries.push(Entry { key, place, value: node });
                }
            }
            Value::Scalar { .. } => {}
        }
    }
}

fn plain_node(anchor: usize, tagged: bool, place: &Place) -> Result<(), Refusal> {
    if anchor != 0 {
        return Err(
            Refusal::new(place.clone(), "anchors have no place in a run file").hint("write the value out")
        );
    }
    if tagged {
        return Err(
            Refusal::new(place.clone(), "tags have no place in a run file").hint("leave the `!…` out")
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::*;

    #[test]
    fn places_count_from_one() {
        let node = Node::parse("# a comment\nname: nightly\ninput:\n  - url: x\n").unwrap();
        assert_eq!(node.nearest("name").place, Place::File { line: 2, column: 7 });
        assert_eq!(node.nearest("input[0].url").place, Place::File { line: 4, column: 10 });
    }

    #[test]
    fn nearest_stops_at_the_deepest_key_that_exists() {
        let node = Node::parse("output: {url: x}").unwrap();
        assert_eq!(node.nearest("output.shard_size").place, Place::File { line: 1, column: 9 });
    }

    #[test]
    fn scalars_keep_their_text() {
        let node = Node::parse("a: 0.50%\nb: '7'\nc: 18446744073709551615\nd: null").unwrap();
        assert_eq!(node.nearest("a").value, Value::Scalar { text: "0.50%".into(), quoted: false });
        assert_eq!(node.nearest("b").value, Value::Scalar { text: "7".into(), quoted: true });
        assert_eq!(node.nearest("c").to_string(), "`18446744073709551615`");
        assert!(node.nearest("d").is_null());
    }

    #[test]
    fn an_empty_file_is_an_empty_mapping() {
        assert_eq!(Node::parse("# nothing here\n").unwrap().value, Value::Map(Vec::new()));
    }

    #[test]
    fn what_people_do_not_write_is_refused() {
        let refused = |text: &str| match Node::parse(text) {
            Err(refusal) => refusal.to_string(),
            Ok(node) => panic!("{node:?}"),
        };
        assert_eq!(refused("a: &x 1"), "1:7: anchors have no place in a run file\nhint: write the value out");
        assert_eq!(refused("a: !!str 1"), "1:10: tags have no place in a run file\nhint: leave the `!…` out");
        assert_eq!(
            refused("a: 1\nb: 2\na: 3"),
            "3:1: the key `a` is here twice\nhint: it is on line 1 already: keep one of them"
        );
        assert_eq!(
            refused("a: 1\n---\nb: 2"),
            "2:1: a second document starts here\nhint: one run file holds one document"
        );
        assert_eq!(
            refused("run: {{ ds }}"),
            "1:7: a key must be a plain word\nhint: put a value that holds braces in quotes: \"{{ ds }}\""
        );
        assert_eq!(
            refused(&format!("{}{}", "[".repeat(40), "]".repeat(40))),
            "1:33: nested deeper than 32 levels"
        );
        assert_eq!(refused("a: [1, 2"), "1:4: this is not YAML: unclosed bracket '['");
    }
}
