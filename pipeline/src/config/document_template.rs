//! What the text of a document is put together from: `document.template`.
//!
//! ```text
//!  [In reply to {reply_to_author_name}: ]{text}[\n> {quoted_text}]
//!  │            └──── placeholder ────┘ │      └ an optional part: it is there when all it names is
//!  └────────── optional part ───────────┘
//! ```
//!
//! `\{`, `\}`, `\[`, `\]` and `\\` stand for the character, `\n` and `\t` for a line feed and a tab. Optional parts
//! don't nest.

use std::fmt;
use std::iter::Peekable;
use std::str::Chars;

use super::refusal::allowed_hint;

/// A template, as written and as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentTemplate {
    written: String,
    parts: Vec<TemplatePart>,
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplatePart {
    /// Words that are always there.
    Words(String),
    /// What a tweet has of this.
    Field(TemplateField),
    /// There when the tweet has all that it names; holds words and fields, of these at least one.
    Optional(Vec<TemplatePart>),
}

/// What a placeholder stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateField {
    /// The text.
    Text,
    /// The text of the tweet it quotes, where that was not withdrawn.
    QuotedText,
    /// Handle of the author.
    AuthorName,
    /// Handle of the account it answers.
    ReplyToAuthorName,
    /// When it was written: `2021-01-31T12:00:00Z`.
    CreatedAt,
    /// The day it was written: `2021-01-31`.
    Date,
    /// Language tag the platform gave.
    Lang,
    /// Application that posted it.
    Source,
}

impl TemplateField {
    /// All of them by the name that templates give them.
    const NAMES: [(&'static str, Self); 8] = [
        ("text", Self::Text),
        ("quoted_text", Self::QuotedText),
        ("author_name", Self::AuthorName),
        ("reply_to_author_name", Self::ReplyToAuthorName),
        ("created_at", Self::CreatedAt),
        ("date", Self::Date),
        ("lang", Self::Lang),
        ("source", Self::Source),
    ];

    /// The canonical column it is read from.
    pub fn column(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::QuotedText => "quoted_text",
            Self::AuthorName => "author_name",
            Self::ReplyToAuthorName => "reply_to_author_name",
            Self::CreatedAt | Self::Date => "created_at",
            Self::Lang => "lang",
            Self::Source => "source",
        }
    }
}

impl DocumentTemplate {
    /// Reads a template; the message of a refusal may have a second line `hint: …`.
    pub fn parse(written: &str) -> Result<Self, String> {
        let mut reader = Reader { rest: written.chars().peekable() };
        let template = Self { written: written.to_owned(), parts: reader.parts(false)? };
        if !template.always_has_text() {
            return Err(format!(
                "`{written}` has no {{text}} that is always there\nhint: a document holds the text of its tweet: put \
                 {{text}} outside `[…]`"
            ));
        }
        Ok(template)
    }

    /// Whether the text stands where it doesn't vanish along with something that is absent.
    fn always_has_text(&self) -> bool {
        let of_text = |part: &TemplatePart| match part {
            TemplatePart::Field(field) => *field == TemplateField::Text,
            TemplatePart::Optional(parts) => {
                let mut fields = parts.iter().filter_map(|part| match part {
                    TemplatePart::Field(field) => Some(*field),
                    _ => None,
                });
                fields.all(|field| field == TemplateField::Text)
            }
            TemplatePart::Words(_) => false,
        };
        self.parts.iter().any(of_text)
    }

    /// Its parts in order.
    pub fn parts(&self) -> &[TemplatePart] {
        &self.parts
    }

    /// Whether a document is the text of its tweet and nothing else.
    pub fn is_text_alone(&self) -> bool {
        self.parts == [TemplatePart::Field(TemplateField::Text)]
    }

    /// Whether it names this field.
    pub fn names(&self, field: TemplateField) -> bool {
        self.fields().any(|named| named == field)
    }

    /// All that it names, in order.
    pub fn fields(&self) -> impl Iterator<Item = TemplateField> {
        let inner = self.parts.iter().flat_map(|part| match part {
            TemplatePart::Optional(parts) => parts.as_slice(),
            part => std::slice::from_ref(part),
        });
        inner.filter_map(|part| match part {
            TemplatePart::Field(field) => Some(*field),
            _ => None,
        })
    }
}

impl Default for DocumentTemplate {
    fn default() -> Self {
        Self { written: "{text}".to_owned(), parts: vec![TemplatePart::Field(TemplateField::Text)] }
    }
}

impl fmt::Display for DocumentTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

struct Reader<'t> {
    rest: Peekable<Chars<'t>>,
}

impl Reader<'_> {
    /// Reads to the end, or with `optional` past the `]`.
    fn parts(&mut self, optional: bool) -> Result<Vec<TemplatePart>, String> {
        let mut parts = Vec::new();
        let mut words = String::new();
        let closed = loop {
            let Some(character) = self.rest.next() else { break false };
            let part = match character {
                '\\' => {
                    words.push(self.escaped()?);
                    continue;
                }
                '{' => TemplatePart::Field(self.field()?),
                '[' if optional => {
                    return Err(
                        "`[` inside `[…]`\nhint: optional parts don't nest; for a literal `[` write `\\[`"
                            .to_owned(),
                    );
                }
                '[' => TemplatePart::Optional(self.parts(true)?),
                ']' if optional => break true,
                ']' | '}' => {
                    return Err(format!(
                        "`{character}` closes nothing\nhint: for a literal `{character}` write `\\{character}`"
                    ));
                }
                character => {
                    words.push(character);
                    continue;
                }
            };
            if !words.is_empty() {
                parts.push(TemplatePart::Words(std::mem::take(&mut words)));
            }
            parts.push(part);
        };
        if !words.is_empty() {
            parts.push(TemplatePart::Words(words));
        }
        if optional && !closed {
            return Err("`[` without its `]`\nhint: for a literal `[` write `\\[`".to_owned());
        }
        if optional && !parts.iter().any(|part| matches!(part, TemplatePart::Field(_))) {
            return Err("an optional part that names nothing\nhint: put a placeholder in it, or for a literal `[` write `\\[`".to_owned());
        }
        Ok(parts)
    }

    fn escaped(&mut self) -> Result<char, String> {
        match self.rest.next() {
            Some(literal @ ('{' | '}' | '[' | ']' | '\\')) => Ok(literal),
            Some('n') => Ok('\n'),
            Some('t') => Ok('\t'),
            other => {
                let other = other.map(String::from).unwrap_or_default();
                Err(format!("`\\{other}` is no escape\nhint: allowed: \\{{ \\}} \\[ \\] \\\\ \\n \\t"))
            }
        }
    }

    fn field(&mut self) -> Result<TemplateField, String> {
        let mut name = String::new();
        while let Some(character) = self.rest.next_if(|character| *character != '}') {
            name.push(character);
        }
        if self.rest.next().is_none() {
            return Err("`{` without its `}`\nhint: for a literal `{` write `\\{`".to_owned());
        }
        let known = TemplateField::NAMES.iter().find(|(known, _)| *known == name).map(|(_, field)| *field);
        known.ok_or_else(|| {
            let names = TemplateField::NAMES.map(|(name, _)| name);
            format!("`{{{name}}}` is nothing that a template can name\nhint: {}", allowed_hint(&name, &names))
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn words_fields_and_optional_parts_are_told_apart() {
        let template = DocumentTemplate::parse(r"[@{author_name}: ]{text}\n\[{date}\]").unwrap();
        let words = |words: &str| TemplatePart::Words(words.to_owned());
        assert_eq!(
            template.parts(),
            [
                TemplatePart::Optional(vec![
                    words("@"),
                    TemplatePart::Field(TemplateField::AuthorName),
                    words(": ")
                ]),
                TemplatePart::Field(TemplateField::Text),
                words("\n["),
                TemplatePart::Field(TemplateField::Date),
                words("]"),
            ]
        );
        assert!(template.names(TemplateField::AuthorName) && !template.names(TemplateField::QuotedText));
        assert!(!template.is_text_alone());
        assert_eq!(DocumentTemplate::parse("{text}").unwrap(), DocumentTemplate::default());
        assert!(DocumentTemplate::default().is_text_alone());
    }

    #[test]
    fn refusals_say_what_to_write() {
        for (template, message) in [
            (
                "{txt}",
                "`{txt}` is nothing that a template can name\nhint: did you mean `text`? allowed: text, quoted_text, ",
            ),
            ("{text", "`{` without its `}`\nhint: "),
            ("text}", "`}` closes nothing\nhint: for a literal `}` write `\\}`"),
            ("[{text}", "`[` without its `]`\nhint: "),
            ("[[{text}]]", "`[` inside `[…]`\nhint: "),
            ("{text}]", "`]` closes nothing\nhint: "),
            ("{text}[end]", "an optional part that names nothing\nhint: "),
            (r"{text}\x", "`\\x` is no escape\nhint: allowed: "),
            ("{text}\\", "`\\` is no escape\nhint: "),
            ("{date}", "`{date}` has no {text} that is always there\nhint: "),
            ("", "`` has no {text} that is always there\nhint: "),
            (
                "[{author_name}: {text}]",
                "`[{author_name}: {text}]` has no {text} that is always there\nhint: ",
            ),
            (
                "[{text}\\n> {quoted_text}]",
                "`[{text}\\n> {quoted_text}]` has no {text} that is always there\nhint: ",
            ),
        ] {
            let refused = DocumentTemplate::parse(template).unwrap_err();
            assert!(refused.starts_with(message), "{template}: {refused}");
        }
    }
}
