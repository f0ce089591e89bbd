//! What each code point does to the word that is being read.

use super::categories;
use super::description::Normalizer;
use super::parts::Part;

/// What a code point does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Goes on the word as it is.
    Keep,
    /// Nothing.
    Drop,
    /// Ends the word.
    Gap,
    /// Ends the word and is one, of this id.
    Alone(u32),
    /// Goes on the word as the first `count` of these bytes.
    Short { bytes: [u8; 4], count: u8 },
    /// Goes on the word as the `count` bytes of [`Points::long`] from `from`.
    Long { from: u32, count: u8 },
    /// Keeps marks after it from going before those that are before it.
    Bar,
    /// Does what the [`Points::several`] of this place do, one after the other.
    Several(u32),
}

/// Bytes of a [long](Action::Long) action that are read together.
pub(super) const CHUNK: usize = 16;

/// Code points of a block.
const BLOCK: usize = 64;
const POINTS: usize = 0x11_0000;

/// From here on nothing is Chinese, comes apart or is large: what a code point does is by its categories alone.
const CATEGORIES_ALONE: u32 = 0x3_0000;

/// What every code point does: equal blocks of 64 are kept once.
pub(super) struct Points {
    pub(super) places: Vec<u16>,
    pub(super) blocks: Vec<[Action; BLOCK]>,
    ascii: [Action; 128],
    pub(super) long: Vec<u8>,
    several: Vec<Vec<Part>>,
}

impl Points {
    /// As `normalizer` wants it. `id_of` gives the id of a character that is a word.
    pub(super) fn new(normalizer: Normalizer, id_of: impl Fn(char) -> u32) -> Self {
        let mut points = Self {
            places: Vec::with_capacity(POINTS / BLOCK),
            blocks: Vec::new(),
            ascii: [Action::Drop; 128],
            long: Vec::new(),
            several: Vec::new(),
        };
        for first in (0..POINTS as u32).step_by(BLOCK) {
            let near = first.saturating_sub(BLOCK as u32)..first + BLOCK as u32;
            if first >= CATEGORIES_ALONE && !categories::change_in(near) {
                points.places.push(points.places.last().copied().unwrap_or_default());
                continue;
            }
            let mut block = [Action::Keep; BLOCK];
            for (action, point) in block.iter_mut().zip(first..) {
                // Surrogates are in no text.
                if let Some(point) = char::from_u32(point) {
                    *action = points.action(point, normalizer, &id_of);
                }
            }
            // Equal blocks are neighbours as a rule.
            let known = points.blocks.iter().rposition(|known| *known == block);
            points.places.push(known.unwrap_or(points.blocks.len()) as u16);
            if known.is_none() {
                points.blocks.push(block);
            }
        }
        points.long.extend([0; CHUNK]);
        let ascii: Vec<Action> = (0..128).map(|point| points.of(point)).collect();
        points.ascii.copy_from_slice(&ascii);
        points
    }

    fn action(&mut self, point: char, normalizer: Normalizer, id_of: impl Fn(char) -> u32) -> Action {
        let parts = normalizer.parts(point);
        match *parts {
            [] => return Action::Drop,
            [Part::Gap] => return Action::Gap,
            [Part::Bar] => return Action::Bar,
            [Part::Letter(letter)] if letter == point => return Action::Keep,
            [Part::Alone(alone)] | [Part::Gap, Part::Letter(alone) | Part::Alone(alone), Part::Gap] => {
                return Action::Alone(id_of(alone));
            }
            _ => {}
        }
        let letters: Option<String> = parts.iter().map(|part| part.letter()).collect();
        let Some(letters) = letters else {
            self.several.push(parts);
            return Action::Several(self.several.len() as u32 - 1);
        };
        let count = letters.len() as u8;
        let mut bytes = [0; 4];
        if letters.len() <= bytes.len() {
            bytes[..letters.len()].copy_from_slice(letters.as_bytes());
            return Action::Short { bytes, count };
        }
        let from = self.long.len() as u32;
        self.long.extend_from_slice(letters.as_bytes());
        Action::Long { from, count }
    }

    /// What a byte does that is a character, of ASCII.
    #[inline]
    pub(super) fn of_ascii(&self, byte: u8) -> Option<Action> {
        self.ascii.get(usize::from(byte)).copied()
    }

    /// What a code point does.
    #[inline]
    pub(super) fn of(&self, point: u32) -> Action {
        let place = self.places.get(point as usize / BLOCK).copied().unwrap_or_default();
        self.blocks.get(usize::from(place)).map_or(Action::Drop, |block| block[point as usize % BLOCK])
    }

    /// The bytes of a long action, the first lowest, with others after them.
    #[inline]
    pub(super) fn long(&self, from: u32) -> u128 {
        let chunk = self.long.get(from as usize..).and_then(<[u8]>::first_chunk::<CHUNK>);
        chunk.map_or(0, |chunk| u128::from_le_bytes(*chunk))
    }

    /// What one that does several things does.
    pub(super) fn several(&self, place: u32) -> &[Part] {
        &self.several[place as usize]
    }
}
