//! Ids by a device.

#![expect(unsafe_code, reason = "kernels go where their arguments lead them")]

use super::encoder::WordPiece;
use super::points::Action;
use crate::machine::ids::{Ids, Pieces};
use crate::machine::{Argument, Failure, Grid, Machine, Store, Unit};
use crate::texts::Texts;

/// [`WordPiece`] in a machine's memory.
#[derive(Debug)]
pub(crate) struct WordPieceThere<Memory> {
    places: Memory,
    actions: Memory,
    long: Memory,
    nodes: Memory,
    unknown: u32,
    most_characters: u32,
}

/// An action in a number: from the low bits up its kind, a count, 8 bits each, and in the high half a number, or bytes, the first lowest.
fn packed(action: Action) -> u64 {
    let of = |kind: u64, count: u8, high: u32| kind | u64::from(count) << 8 | u64::from(high) << 32;
    match action {
        Action::Keep => of(0, 0, 0),
        // No mark is put before another there: a text with one that could be is left to the processor.
        Action::Drop | Action::Bar => of(1, 0, 0),
        Action::Gap => of(2, 0, 0),
        Action::Alone(id) => of(3, 0, id),
        Action::Short { bytes, count } => of(4, count, u32::from_le_bytes(bytes)),
        Action::Long { from, count } => of(5, count, from),
        Action::Several(_) => of(6, 0, 0),
    }
}

impl<Memory> WordPieceThere<Memory> {
    pub(crate) fn new<S: Store<Memory = Memory>>(
        store: &mut S,
        wordpiece: &WordPiece,
    ) -> Result<Self, Failure> {
        let (points, vocabulary) = (&wordpiece.points, &wordpiece.vocabulary);
        let actions: Vec<u64> = points.blocks.as_flattened().iter().copied().map(packed).collect();
        Ok(Self {
            places: store.keep(&points.places)?,
            actions: store.keep(&actions)?,
            long: store.keep(&points.long)?,
            nodes: store.keep(&vocabulary.trie.nodes)?,
            unknown: vocabulary.unknown,
            // A text has no more characters than that.
            most_characters: u32::try_from(vocabulary.most_characters).unwrap_or(u32::MAX),
        })
    }

    /// Has the ids of `texts` computed.
    pub(crate) fn start<M: Machine<Memory = Memory>>(
        &self,
        machine: &mut M,
        texts: &Texts,
    ) -> Result<Ids<Memory>, Failure> {
        let texts = machine.keep_texts(texts)?;
        let pieces = Pieces::new(machine, &texts)?;
        let arguments = [
            (&texts.bytes).into(),
            (&texts.ends).into(),
            Argument::Word(texts.count),
            (&self.places).into(),
            (&self.actions).into(),
            (&self.long).into(),
            (&self.nodes).into(),
            Argument::Word(self.unknown),
            Argument::Word(self.most_characters),
            (&pieces.ids).into(),
            (&pieces.counts).into(),
            (&pieces.redo).into(),
        ];
        let kernel = (Unit::WordPiece, "wordpiece_encode");
        // SAFETY: these are the arguments of the kernel. Texts are UTF-8, whose code points all have an action, and have no more ids than bytes; tables
        // are as the processor walks them, and all they lead to is in them.
        unsafe { machine.launch(kernel, Grid::of_threads(texts.count), &arguments)? };
        pieces.gather(machine, Unit::WordPiece, &texts)
    }
}

#[cfg(all(test, feature = "sim"))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::super::Scratch;
    use super::super::tests::{WORDPIECES, text};
    use super::*;
    use crate::machine::simulated::Simulated;

    fn all_of<T: AsRef<str>>(texts: &[T]) -> Texts {
        let mut all = Texts::new();
        assert!(texts.iter().all(|text| all.push(text.as_ref())));
        all
    }

    fn truth(wordpiece: &WordPiece, texts: &Texts) -> Vec<Vec<u32>> {
        let of_text = |text: &str| {
            let mut ids = Vec::new();
            wordpiece.encode(text, &mut Scratch::default(), &mut ids);
            ids
        };
        texts.iter().map(of_text).collect()
    }

    /// The ids of all texts, and how many of them were left to the processor.
    fn encoded(mut machine: Simulated, wordpiece: &WordPiece, texts: &Texts) -> (Vec<Vec<u32>>, usize) {
        let there = WordPieceThere::new(&mut machine, wordpiece).unwrap();
        let ids = there.start(&mut machine, texts).unwrap();
        let found = ids.finish(&mut machine).unwrap();
        let left = found.iter().filter(Option::is_none).count();
        let truth = truth(wordpiece, texts);
        (found.iter().zip(truth).map(|(ids, truth)| ids.map_or(truth, <[u32]>::to_vec)).collect(), left)
    }

    #[test]
    fn ids_of_characters_of_every_block_are_those_of_the_processor() {
        let points = (0..0x3000_u32).chain((0x3000..0x11_0000).step_by(61));
        let texts: Vec<String> =
            points.filter_map(char::from_u32).map(|point| format!("a{point}b {point}")).collect();
        let texts = all_of(&texts);
        for (description, wordpiece) in WORDPIECES.iter() {
            let (ids, left) = encoded(Simulated::new(1), wordpiece, &texts);
            assert_eq!(ids, truth(wordpiece, &texts), "{:?}", description.normalizer);
            assert!(left < texts.len() / 50, "{left} of {} texts were left", texts.len());
        }
    }

    /// A word of 101 characters is unknown, and one of more than 256 bytes isn't read there: a syllable of 3 bytes is 9, taken apart.
    #[test]
    fn long_words_are_unknown_or_left() {
        for (description, wordpiece) in WORDPIECES.iter() {
            let takes_apart = description.normalizer.strips_accents();
            for (word, counts, longer) in [
                ("a", [99, 100, 101, 256, 257, 500], 2),
                ("か", [34, 84, 85, 86, 100, 101], 3),
                ("한", [28, 29, 30, 31, 32, 33], if takes_apart { 5 } else { 0 }),
            ] {
                let texts = all_of(&counts.map(|count| format!("{} a", word.repeat(count))));
                for machine in Simulated::several(1) {
                    let (ids, left) = encoded(machine, wordpiece, &texts);
                    assert_eq!(ids, truth(wordpiece, &texts));
                    assert_eq!(left, longer, "{word} {:?}", description.normalizer);
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn ids_of_any_texts_are_those_of_the_processor(texts in prop::collection::vec(text(), 1..40), seed: u64) {
            let texts = all_of(&texts);
            for (description, wordpiece) in WORDPIECES.iter() {
                for machine in [Simulated::new(seed), Simulated::interleaved(seed)] {
                    let (ids, _) = encoded(machine, wordpiece, &texts);
                    prop_assert_eq!(ids, truth(wordpiece, &texts), "{:?}", description.normalizer);
                }
            }
        }
    }
}
