//! What people and programs do to a text that they send once more.

/// Code points of a "word" where no spaces part words.
const UNSPACED_WORD: usize = 2;

/// A way to edit a text.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Edit {
    Word,
    Prefix,
    Link,
    Emoji,
    Cut,
    UpperCase,
}

/// All ways.
pub(crate) const EDITS: [Edit; 6] =
    [Edit::Word, Edit::Prefix, Edit::Link, Edit::Emoji, Edit::Cut, Edit::UpperCase];

impl Edit {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Word => "1 word replaced",
            Self::Prefix => "\"RT @user:\" added",
            Self::Link => "link added",
            Self::Emoji => "2 emoji added",
            Self::Cut => "cut to 80 %",
            Self::UpperCase => "UPPER CASE!!!",
        }
    }

    /// `text`, edited at a place chosen by `random`; a word comes from `other`.
    pub(crate) fn apply(self, text: &str, other: &str, random: u64) -> String {
        match self {
            Self::Word => replace_word(text, other, random),
            Self::Prefix => format!("RT @someone_else: {text}"),
            Self::Link => format!("{text} https://t.co/Q{:09x}", random >> 28),
            Self::Emoji => format!("{text} 😂🔥"),
            Self::Cut => text.chars().take(text.chars().count() * 4 / 5).collect(),
            Self::UpperCase => format!("{}!!!", text.to_uppercase()),
        }
    }
}

/// A word is what spaces part; where none do, two code points.
fn replace_word(text: &str, other: &str, random: u64) -> String {
    let is_word =
        |word: &&str| !word.contains("://") && !word.contains('@') && word.chars().any(char::is_alphabetic);
    let pick = |text: &str, random: u64| {
        let words: Vec<&str> = text.split_whitespace().filter(is_word).collect();
        let word = words.get((random % words.len().max(1) as u64) as usize)?;
        let is_sentence = word
            .chars()
            .any(|character| matches!(character, '\u{3040}'..='\u{9FFF}' | '\u{E00}'..='\u{E7F}'));
        Some(if is_sentence { part(word, random >> 16) } else { (*word).to_owned() })
    };
    match (pick(text, random), pick(other, random >> 32)) {
        (Some(word), Some(instead)) => text.replacen(&word, &instead, 1),
        _ => text.to_owned(),
    }
}

fn part(word: &str, random: u64) -> String {
    let places = word.chars().count().saturating_sub(UNSPACED_WORD) as u64 + 1;
    word.chars().skip((random % places) as usize).take(UNSPACED_WORD).collect()
}
