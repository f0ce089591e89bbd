//! Strings of a line without an allocation each.

/// A string of a line: borrowed from it, or, where it held escapes, unescaped into an [`Arena`].
#[derive(Debug, Clone, Copy)]
pub enum Str<'de> {
    /// Stands in the line as it is.
    Line(&'de str),
    /// Bytes `start..end` of the arena.
    Arena {
        /// First byte.
        start: usize,
        /// Byte after the last.
        end: usize,
    },
}

impl<'de> Str<'de> {
    /// The string; `arena` is the one it was put into.
    pub fn get<'a>(self, arena: &'a Arena) -> &'a str
    where
        'de: 'a,
    {
        match self {
            Self::Line(text) => text,
            Self::Arena { start, end } => arena.text.get(start..end).unwrap_or_default(),
        }
    }
}

/// Holds the unescaped strings of one line.
#[derive(Debug, Default)]
pub struct Arena {
    text: String,
}

impl Arena {
    /// Keeps a copy of `text`.
    pub fn keep(&mut self, text: &str) -> Str<'static> {
        let start = self.text.len();
        self.text.push_str(text);
        Str::Arena { start, end: self.text.len() }
    }

    /// Forgets every string, keeps the memory.
    pub fn clear(&mut self) {
        self.text.clear();
    }
}

/// A list of strings of one line.
#[derive(Debug, Clone, Copy)]
pub struct Strings<'a> {
    items: &'a [Str<'a>],
    arena: &'a Arena,
}

impl<'a> Strings<'a> {
    /// The strings `items`, which stand in `arena` where not in the line.
    pub fn new(items: &'a [Str<'a>], arena: &'a Arena) -> Self {
        Self { items, arena }
    }

    /// The strings in order.
    pub fn iter(self) -> impl Iterator<Item = &'a str> {
        self.items.iter().map(move |item| item.get(self.arena))
    }

    /// How many there are.
    pub fn len(self) -> usize {
        self.items.len()
    }

    /// True when there are none.
    pub fn is_empty(self) -> bool {
        self.items.is_empty()
    }
}
