//! Ids by a device.

#![expect(unsafe_code, reason = "kernels go where their arguments lead them")]

#[cfg(all(test, feature = "sim"))]
mod tests;

use super::classes::Classes;
use super::encoder::Bpe;
use super::pairs::Table;
use super::pattern::Pattern;
use crate::machine::ids::{Ids, Pieces};
use crate::machine::{Argument, Failure, Grid, Machine, Store, TextsThere, Unit};
use crate::texts::Texts;

/// [`Bpe`] in a machine's memory.
#[derive(Debug)]
pub(crate) struct BpeThere<Memory> {
    /// As `Pattern` of `split.cuh` has it.
    pattern: [u32; 3],
    class_places: Memory,
    class_blocks: Memory,
    word_slots: Memory,
    word_mask: u32,
    entries: Memory,
    longest: u32,
    some_pairs: Memory,
    some_shift: u32,
    first: PairsThere<Memory>,
    rest: PairsThere<Memory>,
    together: Memory,
    in_part: Memory,
    ids: Memory,
    all_at_once: bool,
}

#[derive(Debug)]
struct PairsThere<Memory> {
    slots: Memory,
    shift: u32,
    mask: u32,
}

/// Where words end, those of each text from where its bytes start on, and how many each has.
#[derive(Debug)]
struct Words<Memory> {
    ends: Memory,
    counts: Memory,
}

impl<Memory> PairsThere<Memory> {
    fn new<S: Store<Memory = Memory>>(store: &mut S, table: &Table) -> Result<Self, Failure> {
        let mask = table.slots.len() as u32 - 1;
        Ok(Self { slots: store.keep(&table.slots)?, shift: table.shift, mask })
    }
}

impl<Memory> BpeThere<Memory> {
    pub(crate) fn new<S: Store<Memory = Memory>>(store: &mut S, bpe: &Bpe) -> Result<Self, Failure> {
        let (classes, vocabulary) = (Classes::get(), &bpe.vocabulary);
        let pattern = match bpe.pattern {
            Pattern::Gpt2 => [0; 3],
            Pattern::Cl100k { digits } => [1, digits, 0],
            Pattern::O200k { digits, contractions } => [2, digits, contractions.into()],
        };
        Ok(Self {
            pattern,
            class_places: store.keep(&classes.places)?,
            class_blocks: store.keep(classes.blocks.as_flattened())?,
            word_slots: store.keep(&vocabulary.words.slots)?,
            word_mask: vocabulary.words.slots.len() as u32 - 1,
            entries: store.keep(&vocabulary.words.entries)?,
            longest: vocabulary.words.longest as u32,
            some_pairs: store.keep(&vocabulary.pairs.some)?,
            some_shift: vocabulary.pairs.some_shift,
            first: PairsThere::new(store, &vocabulary.pairs.first)?,
            rest: PairsThere::new(store, &vocabulary.pairs.rest)?,
            together: store.keep(&vocabulary.seams.together)?,
            in_part: store.keep(&vocabulary.seams.in_part)?,
            ids: store.keep(&vocabulary.ids)?,
            all_at_once: vocabulary.pairs.are_ordered(),
        })
    }

    /// Has the ids of `texts` computed.
    pub(crate) fn start<M: Machine<Memory = Memory>>(
        &self,
        machine: &mut M,
        texts: &Texts,
    ) -> Result<Ids<Memory>, Failure> {
        let texts = machine.keep_texts(texts)?;
        let words = self.split(machine, &texts)?;
        self.encode(machine, &texts, &words)?.gather(machine, Unit::Bpe, &texts)
    }

    /// Has the words of `texts` found.
    fn split<M: Machine<Memory = Memory>>(
        &self,
        machine: &mut M,
        texts: &TextsThere<Memory>,
    ) -> Result<Words<Memory>, Failure> {
        let words = Words {
            ends: machine.memory(texts.word_a_byte())?,
            counts: machine.memory(texts.word_a_text())?,
        };
        let [kind, digits, contractions] = self.pattern;
        let arguments = [
            (&texts.bytes).into(),
            (&texts.ends).into(),
            Argument::Word(texts.count),
            (&self.class_places).into(),
            (&self.class_blocks).into(),
            Argument::Word(kind),
            Argument::Word(digits),
            Argument::Word(contractions),
            (&words.ends).into(),
            (&words.counts).into(),
        ];
        // SAFETY: these are the arguments of the kernel. Texts are UTF-8, whose code points all have a class, and a word has a byte at least.
        unsafe { machine.launch((Unit::Bpe, "bpe_split"), Grid::of_threads(texts.count), &arguments)? };
        Ok(words)
    }

    fn encode<M: Machine<Memory = Memory>>(
        &self,
        machine: &mut M,
        texts: &TextsThere<Memory>,
        words: &Words<Memory>,
    ) -> Result<Pieces<Memory>, Failure> {
        let pieces = Pieces::new(machine, texts)?;
        let arguments = [
            (&texts.bytes).into(),
            (&texts.ends).into(),
            Argument::Word(texts.count),
            (&words.ends).into(),
            (&words.counts).into(),
            (&self.word_slots).into(),
            Argument::Word(self.word_mask),
            (&self.entries).into(),
            Argument::Word(self.longest),
            (&self.some_pairs).into(),
            Argument::Word(self.some_shift),
            (&self.first.slots).into(),
            Argument::Word(self.first.shift),
            Argument::Word(self.first.mask),
            (&self.rest.slots).into(),
            Argument::Word(self.rest.shift),
            Argument::Word(self.rest.mask),
            (&self.together).into(),
            (&self.in_part).into(),
            (&self.ids).into(),
            Argument::Word(self.all_at_once.into()),
            (&pieces.ids).into(),
            (&pieces.counts).into(),
            (&pieces.redo).into(),
        ];
        // SAFETY: these are the arguments of the kernel. Words are those of the texts, and have no more ids than bytes. Tables are as the
        // processor walks them: each has a free place, and all that they lead to is in them.
        unsafe { machine.launch((Unit::Bpe, "bpe_encode"), Grid::of_warps(texts.count, 0), &arguments)? };
        Ok(pieces)
    }
}
