//! The words of a text, in a row, before mentions and links are put around them.

use super::languages::EMOJI;
use super::lexicon::Lexicon;
use crate::synth::rng::Rng;

/// Words in a row, and where each of them stands.
#[derive(Debug, Default)]
pub(in crate::synth) struct Body {
    /// The text, with `&amp;` written as the platform delivers it.
    pub(super) text: String,
    /// Byte ranges of the words; those that are no names can be replaced.
    pub(super) words: Vec<Word>,
}

/// Where a word stands in its body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether it came from the vocabulary.
    pub(super) plain: bool,
}

impl Body {
    /// Whether there is no text at all.
    pub(in crate::synth) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The text as it stands.
    pub(in crate::synth) fn text(&self) -> &str {
        &self.text
    }

    /// Takes all words out.
    pub(in crate::synth) fn clear(&mut self) {
        self.text.clear();
        self.words.clear();
    }

    /// Writes sentences of about `weight` units of the platform's limit: a character, or half a dense one.
    ///
    /// The `ordinal`-th name stands in it, so that no two ordinals share a text.
    pub(in crate::synth) fn sentences(
        &mut self,
        lexicon: &Lexicon,
        rng: &mut Rng,
        weight: u32,
        ordinal: u64,
    ) {
        let language = lexicon.language;
        let capitals = language.cased && rng.per_mille(650);
        let budget = if language.dense { weight / 2 } else { weight };
        let name_at = rng.below(4);
        let mut left = rng.between(6, 15);
        let mut starts = true;
        let mut count = 0;
        let mut length = 0;
        while length < budget || count <= name_at {
            let before = self.text.len();
            if count == name_at {
                self.name(lexicon, ordinal);
            } else {
                match rng.below(100) {
                    0..=35 => {
                        let word = rng.pick(&lexicon.glue);
                        self.word(language.spaced, word, false, starts && capitals);
                    }
                    36..=37 => {
                        let number = rng.zipf(0, 11).to_string();
                        self.word(language.spaced, &number, false, false);
                    }
                    38 if !starts => self.text.push_str(if language.spaced { " &amp;" } else { "&amp;" }),
                    _ => {
                        let word = lexicon.word(rng);
                        self.word(language.spaced, word, true, starts && capitals);
                    }
                }
            }
            count += 1;
            left -= 1;
            starts = left == 0;
            if starts {
                self.text.push_str(rng.pick(&lexicon.stops));
                if rng.per_mille(120) {
                    self.text.push('\n');
                }
                left = rng.between(6, 15);
            } else if rng.per_mille(80) {
                let comma = language.comma;
                self.text.push_str(if language.spaced { comma.trim_end() } else { comma });
            }
            length += self.text.get(before..).map_or(0, |added| added.chars().count()) as u32;
        }
        self.ending(lexicon, rng);
    }

    /// Writes a whole text that many people write, and returns it without its decoration.
    pub(in crate::synth) fn phrase(&mut self, lexicon: &Lexicon, rng: &mut Rng) -> &'static str {
        let phrase = rng.pick(&lexicon.phrases);
        if lexicon.cased() && rng.per_mille(400) {
            self.capitalised(phrase);
        } else {
            self.text.push_str(phrase);
        }
        match rng.below(6) {
            0 => self.text.push('!'),
            1 => self.text.push_str("!!!"),
            2 => self.emoji(rng, 1),
            _ => {}
        }
        phrase
    }

    /// Appends `count` emoji.
    pub(in crate::synth) fn emoji(&mut self, rng: &mut Rng, count: u32) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        for _ in 0..count {
            self.text.push_str(rng.pick(&EMOJI));
        }
    }

    /// Appends a number that is no word of the vocabulary.
    pub(in crate::synth) fn number(&mut self, lexicon: &Lexicon, number: u32) {
        self.word(lexicon.language.spaced, &number.to_string(), false, false);
    }

    /// Appends `count` words of the vocabulary.
    pub(in crate::synth) fn plain_words(&mut self, lexicon: &Lexicon, rng: &mut Rng, count: u32) {
        for _ in 0..count {
            let word = lexicon.word(rng);
            self.word(lexicon.language.spaced, word, true, false);
        }
    }

    /// Appends the `ordinal`-th name: two words of three syllables, or one of six where words don't stand apart.
    pub(in crate::synth) fn name(&mut self, lexicon: &Lexicon, ordinal: u64) {
        let language = lexicon.language;
        self.separate(language.spaced);
        let mut start = self.text.len();
        for (at, syllable) in lexicon.name(ordinal).enumerate() {
            if at == 3 && language.spaced {
                self.words.push(Word { start, end: self.text.len(), plain: false });
                self.text.push(' ');
                start = self.text.len();
            }
            if at % 3 == 0 && language.cased {
                self.capitalised(syllable);
            } else {
                self.text.push_str(syllable);
            }
        }
        self.words.push(Word { start, end: self.text.len(), plain: false });
    }

    fn ending(&mut self, lexicon: &Lexicon, rng: &mut Rng) {
        while self.text.ends_with([',', '、', '،', '，', '\n', ' ']) {
            self.text.pop();
        }
        match rng.below(20) {
            0..=5 => self.text.push_str(rng.pick(&lexicon.stops)),
            6 => {
                let laugh = rng.pick(&lexicon.laughs);
                self.word(true, laugh, false, false);
            }
            7..=10 => {
                let count = rng.between(1, 4);
                self.emoji(rng, count);
            }
            _ => {}
        }
        if rng.per_mille(60) {
            for _ in 0..rng.between(1, 4) {
                self.text.push_str(" #");
                let start = self.text.len();
                let (first, second) = (lexicon.word(rng), lexicon.word(rng));
                self.text.push_str(first);
                self.text.push_str(second);
                self.words.push(Word { start, end: self.text.len(), plain: false });
            }
        }
    }

    fn word(&mut self, spaced: bool, word: &str, plain: bool, capital: bool) {
        self.separate(spaced);
        let start = self.text.len();
        if capital {
            self.capitalised(word);
        } else {
            self.text.push_str(word);
        }
        self.words.push(Word { start, end: self.text.len(), plain });
    }

    fn separate(&mut self, spaced: bool) {
        if spaced && !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push(' ');
        }
    }

    fn capitalised(&mut self, word: &str) {
        let mut rest = word.chars();
        self.text.extend(rest.next().into_iter().flat_map(char::to_uppercase));
        self.text.push_str(rest.as_str());
    }
}
