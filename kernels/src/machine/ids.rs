//! Ids of many texts: as a tokenizer's kernel leaves them, and one after another.

#![expect(unsafe_code, reason = "kernels go where their arguments lead them")]

use super::{Argument, Failure, Grid, Machine, TextsThere, Unit};

/// Ids, those of each text from where its bytes start on, how many each has, and which texts are left to the processor.
#[derive(Debug)]
pub(crate) struct Pieces<Memory> {
    pub(crate) ids: Memory,
    pub(crate) counts: Memory,
    pub(crate) redo: Memory,
}

/// Ids that a machine is computing.
#[derive(Debug)]
pub(crate) struct Ids<Memory> {
    found: Memory,
    starts: Memory,
    redo: Memory,
    count: usize,
    /// Bytes of the texts: they have no more ids.
    most: usize,
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

impl<Memory> Pieces<Memory> {
    /// Room for those of `texts`, of which there is at most one a byte.
    pub(crate) fn new<M: Machine<Memory = Memory>>(
        machine: &mut M,
        texts: &TextsThere<Memory>,
    ) -> Result<Self, Failure> {
        Ok(Self {
            ids: machine.memory(texts.word_a_byte())?,
            counts: machine.memory(texts.word_a_text())?,
            redo: machine.memory(texts.count as usize)?,
        })
    }

    /// Has them put one after another, by the kernels of `unit`.
    pub(crate) fn gather<M: Machine<Memory = Memory>>(
        self,
        machine: &mut M,
        unit: Unit,
        texts: &TextsThere<Memory>,
    ) -> Result<Ids<Memory>, Failure> {
        let starts = starts_of(machine, unit, &self.counts, texts.count)?;
        let ids = machine.memory(texts.word_a_byte())?;
        let arguments = [
            (&texts.ends).into(),
            Argument::Word(texts.count),
            (&self.ids).into(),
            (&starts).into(),
            (&ids).into(),
        ];
        // SAFETY: these are the arguments of the kernel. There are no more ids than bytes.
        unsafe { machine.launch((unit, "gather_ids"), Grid::of_warps(texts.count, 0), &arguments)? };
        Ok(Ids { found: ids, starts, redo: self.redo, count: texts.count as usize, most: texts.length })
    }
}

/// Where each of `count` runs starts, and where the last ends, from how long each is.
pub(crate) fn starts_of<M: Machine>(
    machine: &mut M,
    unit: Unit,
    counts: &M::Memory,
    count: u32,
) -> Result<M::Memory, Failure> {
    let tiles = Grid::of_tiles(count);
    let sums = machine.memory((tiles.blocks as usize + 1) * size_of::<u32>())?;
    let starts = machine.memory((count as usize + 1) * size_of::<u32>())?;
    let of_tiles = [counts.into(), Argument::Word(count), (&sums).into()];
    let of_sums = [(&sums).into(), Argument::Word(tiles.blocks)];
    let of_starts = [counts.into(), Argument::Word(count), (&sums).into(), (&starts).into()];
    // SAFETY: these are the arguments of the kernels. There is room for the sum of each tile, and that of all.
    unsafe {
        machine.launch((unit, "scan_tiles"), tiles, &of_tiles)?;
        machine.launch((unit, "scan_sums"), Grid::ONE_TILE, &of_sums)?;
        machine.launch((unit, "scan_starts"), tiles, &of_starts)?;
    }
    Ok(starts)
}

impl<Memory> Ids<Memory> {
    /// Waits for them.
    pub(crate) fn finish<M: Machine<Memory = Memory>>(self, machine: &mut M) -> Result<Found, Failure> {
        let mut starts = vec![0_u32; self.count + 1];
        machine.download(&self.starts, &mut starts)?;
        let most = starts.last().copied().unwrap_or_default() as usize;
        if starts.first() != Some(&0) || !starts.is_sorted() || most > self.most {
            return Err(Failure::Wrong("it says of ids that they stand where they can't".to_owned()));
        }
        let mut redo = vec![0_u8; self.count];
        machine.download(&self.redo, &mut redo)?;
        let mut ids = vec![0_u32; most];
        machine.download(&self.found, &mut ids)?;
        Ok(Found { ids, starts, redo })
    }
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
