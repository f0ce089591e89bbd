//! A text as the platform delivers it, with its entities counted in code points.

use super::edits::Parts;
use crate::synth::json::{self, LONE_SURROGATE};

/// What stands at an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::synth) enum EntityKind {
    /// `#word`; the word is in the text.
    Hashtag,
    /// `@name` of the account of this rank.
    Mention(u32),
    /// A short link drawn from this number.
    Link(u64),
    /// The short link of the attached media.
    Media(u64),
}

/// A marked stretch of a text.
#[derive(Debug, Clone, Copy)]
pub(in crate::synth) struct Entity {
    pub(in crate::synth) kind: EntityKind,
    /// First code point.
    pub(in crate::synth) start: u32,
    /// First code point after it.
    pub(in crate::synth) end: u32,
    /// First byte.
    pub(in crate::synth) from: usize,
    /// First byte after it.
    pub(in crate::synth) to: usize,
}

/// A text and its entities, in the order they stand.
#[derive(Debug, Default)]
pub(in crate::synth) struct Post {
    pub(in crate::synth) text: String,
    pub(in crate::synth) entities: Vec<Entity>,
    /// Length in code points.
    pub(in crate::synth) chars: u32,
    /// The part that is shown: leading mentions of a reply and the media's link are not.
    pub(in crate::synth) shown: (u32, u32),
}

impl Post {
    /// Lays `parts` out. `hidden` mentions are those the platform put in front of a reply; `name` appends the
    /// handle of an account; `lone_surrogate` ends the words with half a surrogate pair.
    pub(in crate::synth) fn lay_out(
        &mut self,
        parts: &Parts,
        reply: bool,
        media: Option<u64>,
        lone_surrogate: bool,
        name: impl Fn(&mut String, u32),
    ) {
        self.text.clear();
        self.entities.clear();
        self.chars = 0;
        if let Some(account) = parts.retweet_prefix {
            self.push("RT ");
            self.mention(account, &name);
            self.push(": ");
        }
        for account in &parts.mentions {
            self.mention(*account, &name);
            self.push(" ");
        }
        let from = if reply { self.chars } else { 0 };
        self.words(&parts.body.text);
        if lone_surrogate {
            self.text.push(LONE_SURROGATE);
            self.chars += 1;
        }
        for link in &parts.links {
            self.link(EntityKind::Link(*link), *link);
        }
        let to = self.chars;
        if let Some(media) = media {
            self.link(EntityKind::Media(media), media);
        }
        self.shown = (from.min(to), to);
    }

    fn push(&mut self, piece: &str) {
        self.text.push_str(piece);
        self.chars += piece.chars().count() as u32;
    }

    fn mark(&mut self, kind: EntityKind, start: u32, from: usize) {
        self.entities.push(Entity { kind, start, end: self.chars, from, to: self.text.len() });
    }

    fn mention(&mut self, account: u32, name: &impl Fn(&mut String, u32)) {
        let (start, from) = (self.chars, self.text.len());
        self.text.push('@');
        name(&mut self.text, account);
        // Handles are ASCII.
        self.chars += (self.text.len() - from) as u32;
        self.mark(EntityKind::Mention(account), start, from);
    }

    fn link(&mut self, kind: EntityKind, seed: u64) {
        if !self.text.is_empty() && !self.text.ends_with(' ') {
            self.push(" ");
        }
        let (start, from) = (self.chars, self.text.len());
        write_link(&mut self.text, seed);
        self.chars += (self.text.len() - from) as u32;
        self.mark(kind, start, from);
    }

    /// Copies the words and marks the hashtags among them.
    fn words(&mut self, words: &str) {
        let base = self.text.len();
        let mut open: Option<(u32, usize)> = None;
        for (at, character) in words.char_indices() {
            if let Some((start, from)) = open
                && matches!(character, ' ' | '\n' | '!')
            {
                self.entities.push(Entity {
                    kind: EntityKind::Hashtag,
                    start,
                    end: self.chars,
                    from,
                    to: base + at,
                });
                open = None;
            }
            if character == '#' {
                open = Some((self.chars, base + at));
            }
            self.chars += 1;
        }
        self.text.push_str(words);
        if let Some((start, from)) = open {
            self.mark(EntityKind::Hashtag, start, from);
        }
    }
}

/// Appends the short link drawn from `seed`, 23 characters.
pub(in crate::synth) fn write_link(out: &mut String, seed: u64) {
    let mut token = Vec::with_capacity(10);
    json::token(&mut token, seed, 10);
    out.push_str("https://t.co/");
    out.extend(token.into_iter().map(char::from));
}

/// The first `count` code points of `text`.
pub(in crate::synth) fn slice_chars(text: &str, count: u32) -> &str {
    let end = text.char_indices().nth(count as usize).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_counted_in_code_points() {
        let mut parts = Parts { mentions: vec![4], links: vec![1], ..Parts::default() };
        parts.body.clear();
        parts.body.text.push_str("día 😂 #été fin");
        let mut post = Post::default();
        post.lay_out(&parts, true, Some(2), false, |out, _| out.push_str("bo"));
        let characters: Vec<char> = post.text.chars().collect();
        assert_eq!(post.chars as usize, characters.len());
        for entity in &post.entities {
            let marked: String = characters[entity.start as usize..entity.end as usize].iter().collect();
            assert_eq!(Some(marked.as_str()), post.text.get(entity.from..entity.to));
            match entity.kind {
                EntityKind::Hashtag => assert_eq!(marked, "#été"),
                EntityKind::Mention(_) => assert_eq!(marked, "@bo"),
                EntityKind::Link(_) | EntityKind::Media(_) => assert!(marked.starts_with("https://t.co/")),
            }
        }
        assert_eq!(post.entities.len(), 4);
        assert_eq!(post.shown, (4, post.entities[2].end));
    }
}
