//! Ids by a device.

#![expect(unsafe_code, reason = "kernels go where their arguments lead them")]

#[cfg(all(test, feature = "sim"))]
mod tests;

use super::classes::Classes;
use super::encoder::Bpe;
use super::pairs::Table;
use super::pattern::Pattern;
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

/// Ids, those of each text from where its bytes start on, how many each has, and which texts are left to the processor.
#[derive(Debug)]
struct Pieces<Memory> {
    ids: Memory,
    counts: Memory,
    redo: Memory,
}

/// Ids that a machine is computing.
#[derive(Debug)]
pub(crate) struct Ids<Memory> {
    found: Memory,
    starts: Memory,
    redo: Memory,
    count: usize,
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
        let count = texts.len();
        let texts = machine.keep_texts(texts)?;
        let words = self.split(machine, &texts)?;
        let pieces = self.encode(machine, &texts, &words)?;
        let starts = starts_of(machine, &pieces.counts, texts.count)?;
        let ids = machine.memory(room(&texts))?;
        let arguments = [
            (&texts.ends).into(),
            Argument::Word(texts.count),
            (&pieces.ids).into(),
            (&starts).into(),
            (&ids).into(),
        ];
        // SAFETY: these are the arguments of the kernel. There are no more ids than bytes.
        unsafe { machine.launch((Unit::Bpe, "bpe_gather"), Grid::of_warps(texts.count, 0), &arguments)? };
        Ok(Ids { found: ids, starts, redo: pieces.redo, count })
    }

    /// Has the words of `texts` found.
    fn split<M: Machine<Memory = Memory>>(
        &self,
        machine: &mut M,
        texts: &TextsThere<Memory>,
    ) -> Result<Words<Memory>, Failure> {
        let words = Words { ends: machine.memory(room(texts))?, counts: machine.memory(room_of(texts))? };
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
        let pieces = Pieces {
            ids: machine.memory(room(texts))?,
            counts: machine.memory(room_of(texts))?,
            redo: machine.memory(texts.count as usize)?,
        };
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

/// Bytes of a number for each byte of `texts`: for each word, or id, at most.
fn room<Memory>(texts: &TextsThere<Memory>) -> usize {
    texts.length * size_of::<u32>()
}

/// Bytes of a number for each of `texts`.
fn room_of<Memory>(texts: &TextsThere<Memory>) -> usize {
    texts.count as usize * size_of::<u32>()
}

/// Where each of `count` runs starts, and where the last ends, from how long each is.
fn starts_of<M: Machine>(machine: &mut M, counts: &M::Memory, count: u32) -> Result<M::Memory, Failure> {
    let tiles = Grid::of_tiles(count);
    let sums = machine.memory((tiles.blocks as usize + 1) * size_of::<u32>())?;
    let starts = machine.memory((count as usize + 1) * size_of::<u32>())?;
    let of_tiles = [counts.into(), Argument::Word(count), (&sums).into()];
    let of_sums = [(&sums).into(), Argument::Word(tiles.blocks)];
    let of_starts = [counts.into(), Argument::Word(count), (&sums).into(), (&starts).into()];
    // SAFETY: these are the arguments of the kernels. There is room for the sum of each tile, and that of all.
    unsafe {
        machine.launch((Unit::Bpe, "scan_tiles"), tiles, &of_tiles)?;
        machine.launch((Unit::Bpe, "scan_sums"), Grid::ONE_TILE, &of_sums)?;
        machine.launch((Unit::Bpe, "scan_starts"), tiles, &of_starts)?;
    }
    Ok(starts)
}

impl<Memory> Ids<Memory> {
    /// Waits for them.
    pub(crate) fn finish<M: Machine<Memory = Memory>>(self, machine: &mut M) -> Result<Found, Failure> {
        let mut starts = vec![0_u32; self.count + 1];
        machine.download(&self.starts, &mut starts)?;
        let mut redo = vec![0_u8; self.count];
        machine.download(&self.redo, &mut redo)?;
        let mut ids = vec![0_u32; starts.last().copied().unwrap_or_default() as usize];
        machine.download(&self.found, &mut ids)?;
        Ok(Found { ids, starts, redo })
    }
}

/// Ids that a machine has computed.
#[derive(Debug)]
pub(crate) struct Found {
    ids: Vec<u32>,
    /// Where those of each text start, and where the last end.
    starts: Vec<u32>,
    /// Whether each text is left to the processor.
    redo: Vec<u8>,
}

impl Found {
    /// The ids of each text; none where they are left to the processor.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Option<&[u32]>> {
        self.starts.array_windows().zip(&self.redo).map(|([start, end], redo)| {
            let ids = self.ids.get(*start as usize..*end as usize).unwrap_or_default();
            (*redo == 0).then_some(ids)
        })
    }
}
