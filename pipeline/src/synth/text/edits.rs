//! What people do to a text when they post it again.

use serde::{Deserialize, Serialize};

use super::body::Body;
use super::lexicon::Lexicon;
use crate::synth::rng::Rng;

/// How a planted copy differs from its base. Written to the truth in snake case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edit {
    /// Not at all: the same characters.
    Identical,
    /// All letters in the other case.
    Case,
    /// Another link, or one more.
    Link,
    /// A mention more, in front.
    Mention,
    /// One word of the vocabulary is another.
    WordReplaced,
    /// `RT @user:` in front, typed by hand.
    RetweetPrefix,
    /// One or two links more.
    LinkAdded,
    /// Two emoji more.
    EmojiAdded,
    /// Only the words of the first 80 %.
    Cut,
    /// All upper case, and `!!!`.
    UpperCase,
}

impl Edit {
    /// Copies that are the same text but for case, links and mentions.
    pub(in crate::synth) const EXACT: [Self; 4] = [Self::Identical, Self::Case, Self::Link, Self::Mention];

    /// The six edits recall is measured on.
    pub(in crate::synth) const NEAR: [Self; 6] = [
        Self::WordReplaced,
        Self::RetweetPrefix,
        Self::LinkAdded,
        Self::EmojiAdded,
        Self::Cut,
        Self::UpperCase,
    ];

    /// Its name in the truth.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::Case => "case",
            Self::Link => "link",
            Self::Mention => "mention",
            Self::WordReplaced => "word_replaced",
            Self::RetweetPrefix => "retweet_prefix",
            Self::LinkAdded => "link_added",
            Self::EmojiAdded => "emoji_added",
            Self::Cut => "cut",
            Self::UpperCase => "upper_case",
        }
    }

    /// Whether the copy says other words than its base, so that only a near-duplicate search can find it.
    ///
    /// The other edits touch only what duplicate detection looks past: case, links, mentions, symbols.
    pub fn changes_words(self) -> bool {
        matches!(self, Self::WordReplaced | Self::Cut)
    }
}

/// A text before it is laid out: its words, and what goes around them.
#[derive(Debug, Default)]
pub(in crate::synth) struct Parts {
    /// The account in a hand-written `RT @user:`.
    pub(in crate::synth) retweet_prefix: Option<u32>,
    /// Accounts mentioned in front.
    pub(in crate::synth) mentions: Vec<u32>,
    /// The words.
    pub(in crate::synth) body: Body,
    /// What the short links at the end are drawn from.
    pub(in crate::synth) links: Vec<u64>,
}

impl Parts {
    /// Takes everything out.
    pub(in crate::synth) fn clear(&mut self) {
        self.retweet_prefix = None;
        self.mentions.clear();
        self.body.clear();
        self.links.clear();
    }

    /// Edits the text; `stranger` is the account to mention. Returns the edit made: where a language has no
    /// case, or a text no word to replace, that is the next best one.
    pub(in crate::synth) fn edit(
        &mut self,
        edit: Edit,
        lexicon: &Lexicon,
        rng: &mut Rng,
        stranger: u32,
    ) -> Edit {
        match edit {
            Edit::Identical => {}
            Edit::Case if lexicon.cased() => self.body.swap_case(),
            Edit::UpperCase if lexicon.cased() => {
                self.body.upper_case();
                self.body.text.push_str("!!!");
            }
            Edit::Case => return self.edit(Edit::Link, lexicon, rng, stranger),
            Edit::UpperCase => return self.edit(Edit::EmojiAdded, lexicon, rng, stranger),
            Edit::Link => {
                self.links.clear();
                self.links.push(rng.bits());
            }
            Edit::LinkAdded => {
                for _ in 0..rng.between(1, 3) {
                    self.links.push(rng.bits());
                }
            }
            Edit::Mention => self.mentions.insert(0, stranger),
            Edit::RetweetPrefix => self.retweet_prefix = Some(stranger),
            Edit::EmojiAdded => self.body.emoji(rng, 2),
            Edit::WordReplaced => {
                if !self.body.replace_word(lexicon, rng) {
                    return self.edit(Edit::Cut, lexicon, rng, stranger);
                }
            }
            Edit::Cut => {
                if !self.body.cut() {
                    return self.edit(Edit::LinkAdded, lexicon, rng, stranger);
                }
            }
        }
        edit
    }
}

impl Body {
    /// Replaces one word of the vocabulary by another; false where there is none.
    fn replace_word(&mut self, lexicon: &Lexicon, rng: &mut Rng) -> bool {
        let plain: Vec<_> = self.words.iter().copied().filter(|word| word.plain).collect();
        if plain.is_empty() {
            return false;
        }
        let old = rng.pick(&plain);
        let lower = self.text.get(old.start..old.end).unwrap_or_default().to_lowercase();
        for _ in 0..64 {
            let new = lexicon.word(rng);
            if new != lower {
                self.text.replace_range(old.start..old.end, new);
                self.words.clear();
                return true;
            }
        }
        false
    }

    /// Keeps the words up to the end of the one nearest to 80 % of the text; false where there is no such end.
    fn cut(&mut self) -> bool {
        let Some(last) = self.words.last().copied() else { return false };
        let count = |end: usize| self.text.get(..end).map_or(0, |head| head.chars().count());
        let whole = count(last.end);
        let ends = self.words.iter().map(|word| word.end).filter(|end| *end < last.end);
        let Some(end) = ends.min_by_key(|end| (5 * count(*end)).abs_diff(4 * whole)) else { return false };
        self.text.truncate(end);
        self.words.clear();
        true
    }

    fn upper_case(&mut self) {
        // An HTML entity is no word.
        self.text = self.text.to_uppercase().replace("&AMP;", "&amp;");
        self.words.clear();
    }

    fn swap_case(&mut self) {
        let lower = self.text.to_lowercase();
        if lower == self.text {
            self.upper_case();
        } else {
            self.text = lower;
            self.words.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::rng::Subject;
    use crate::synth::text::Lexicons;

    fn base(lexicons: &Lexicons, language: usize) -> Parts {
        let mut parts = Parts::default();
        parts.body.sentences(lexicons.get(language), &mut Rng::new(1, Subject::Words, 9), 90, 77);
        parts
    }

    #[test]
    fn edits_do_what_they_say_in_every_language() {
        let lexicons = Lexicons::new();
        for language in 0..13 {
            let lexicon = lexicons.get(language);
            let whole = base(&lexicons, language);
            let mut rng = Rng::new(1, Subject::Edit, language as u64);
            for edit in Edit::EXACT.into_iter().chain(Edit::NEAR) {
                let mut parts = base(&lexicons, language);
                let made = parts.edit(edit, lexicon, &mut rng, 5);
                let same = parts.body.text == whole.body.text;
                let around =
                    parts.links.is_empty() && parts.mentions.is_empty() && parts.retweet_prefix.is_none();
                let outside =
                    matches!(made, Edit::Link | Edit::LinkAdded | Edit::Mention | Edit::RetweetPrefix);
                assert_eq!(around, !outside, "{edit:?} of {}", lexicon.code());
                assert_eq!(same, made == Edit::Identical || outside, "{edit:?} of {}", lexicon.code());
                if made == Edit::Cut {
                    let share = parts.body.text.len() as f64 / whole.body.text.len() as f64;
                    assert!((0.5..0.95).contains(&share), "{share} of {}", lexicon.code());
                }
            }
        }
    }

    #[test]
    fn case_edits_keep_html_entities() {
        let mut body = Body::default();
        body.text.push_str("salt &amp; pepper");
        body.upper_case();
        assert_eq!(body.text, "SALT &amp; PEPPER");
    }
}
