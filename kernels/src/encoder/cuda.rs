//! Vectors by a device, in half precision.

#![expect(unsafe_code, reason = "kernels go where their arguments lead them")]

#[cfg(all(test, feature = "sim"))]
mod tests;
mod there;

pub(super) use self::there::EncoderThere;
use self::there::{LayerThere, LinearThere, NormThere, Sizes};
use super::tokens::Tokens;
use crate::machine::{Argument, Failure, Grid, Kernel, Machine, Unit};

/// As in `cuda/encoder.cu`: what a block multiplies, and keys and queries of a block of attention.
const TILE_ROWS: u32 = 128;
const TILE_COLUMNS: u32 = there::TILE_COLUMNS as u32;
const KEYS: u32 = 32;
const QUERIES: u32 = 16;

/// Tokens that go through all layers together, unless one text has more: few enough that what a kernel leaves is near when the next one comes for it. Their
/// activations take 42 MiB with the sizes of all-MiniLM-L6-v2, and 112 with those of BERT's large models.
const GROUP: u32 = 8192;

/// Vectors that a machine is computing.
#[derive(Debug)]
pub(super) struct Vectors<Memory> {
    vectors: Memory,
    numbers: usize,
}

/// Texts that go through all layers together.
#[derive(Debug, PartialEq, Eq)]
struct Group {
    first: u32,
    texts: u32,
    tokens: u32,
    /// Of each part that is one block's for a head: the text, and the first of [`QUERIES`] tokens of it.
    parts: Vec<u32>,
}

/// Memory for the activations of the largest group.
#[derive(Debug)]
struct Room<Memory> {
    rows: Memory,
    /// Queries, keys and values, and then what is inside a feed-forward.
    inner: Memory,
    mixed: Memory,
    more: Memory,
}

/// Texts in a machine's memory.
#[derive(Debug)]
struct TokensThere<Memory> {
    ids: Memory,
    starts: Memory,
}

impl<Memory> EncoderThere<Memory> {
    /// Has the vectors of `tokens` computed: ids are known to the model, and a text has from one to as many as there are places.
    pub(super) fn start<M: Machine<Memory = Memory>>(
        &self,
        machine: &mut M,
        tokens: &Tokens,
    ) -> Result<Vectors<Memory>, Failure> {
        let numbers = tokens.len() * self.sizes.hidden as usize;
        let groups = Group::all(tokens.starts());
        let most = groups.iter().map(|group| group.tokens).max().unwrap_or_default();
        // First: where there isn't enough for this, nothing was asked for in vain.
        let room = self.room(machine, most)?;
        let vectors = machine.memory(numbers * size_of::<f32>())?;
        let there = TokensThere { ids: machine.keep(tokens.ids())?, starts: machine.keep(tokens.starts())? };
        for group in groups {
            let parts = machine.keep(&group.parts)?;
            self.embed(machine, &group, &there, &room)?;
            for layer in &self.layers {
                layer.apply(machine, self.sizes, &group, &there, &parts, &room)?;
            }
            self.pool(machine, &group, &there, &room, &vectors)?;
        }
        Ok(Vectors { vectors, numbers })
    }

    fn room<M: Machine<Memory = Memory>>(
        &self,
        machine: &mut M,
        tokens: u32,
    ) -> Result<Room<Memory>, Failure> {
        let mut halves = |columns: u32| machine.memory(tokens as usize * columns as usize * size_of::<u16>());
        let most = |of: fn(&LayerThere<Memory>) -> u32| self.layers.iter().map(of).max().unwrap_or_default();
        Ok(Room {
            rows: halves(self.sizes.wide)?,
            inner: halves(most(|layer| layer.project.columns.max(layer.up.columns)))?,
            mixed: halves(most(|layer| layer.gather.depth))?,
            more: halves(self.sizes.wide)?,
        })
    }

    fn embed<M: Machine<Memory = Memory>>(
        &self,
        machine: &mut M,
        group: &Group,
        tokens: &TokensThere<Memory>,
        room: &Room<Memory>,
    ) -> Result<(), Failure> {
        let arguments = [
            (&tokens.ids).into(),
            (&tokens.starts).into(),
            Argument::Word(group.first),
            (&self.words).into(),
            (&self.places).into(),
            (&self.norm.gamma).into(),
            (&self.norm.beta).into(),
            Argument::Word(self.sizes.hidden),
            Argument::Word(self.sizes.wide),
            Argument::Word(self.sizes.epsilon.to_bits()),
            (&room.rows).into(),
        ];
        let grid = Grid::of_blocks(group.texts, WARPS_OF_BLOCK * self.sizes.row_bytes());
        // SAFETY: these are the arguments of the kernel. There is a row for each id and each place, and room for one of each token.
        unsafe { machine.launch(kernel("embed"), grid, &arguments) }
    }

    fn pool<M: Machine<Memory = Memory>>(
        &self,
        machine: &mut M,
        group: &Group,
        tokens: &TokensThere<Memory>,
        room: &Room<Memory>,
        vectors: &Memory,
    ) -> Result<(), Failure> {
        let arguments = [
            (&room.rows).into(),
            (&tokens.starts).into(),
            Argument::Word(group.first),
            Argument::Word(group.texts),
            Argument::Word(self.sizes.is_first.into()),
            Argument::Word(self.sizes.is_normalized.into()),
            Argument::Word(self.sizes.hidden),
            Argument::Word(self.sizes.wide),
            vectors.into(),
        ];
        let grid = Grid::of_warps(group.texts, self.sizes.row_bytes());
        // SAFETY: these are the arguments of the kernel. There is a row for each token, and room for the vector of each text.
        unsafe { machine.launch(kernel("pool"), grid, &arguments) }
    }
}

/// Warps of a block of any of these kernels.
const WARPS_OF_BLOCK: u32 = 4;

fn kernel(name: &'static str) -> Kernel {
    (Unit::Encoder, name)
}

impl Sizes {
    /// Of a row in single precision.
    fn row_bytes(self) -> u32 {
        self.wide * size_of::<f32>() as u32
    }
}

impl Group {
    /// Texts one after another, as many at a time as have [`GROUP`] tokens together, or one.
    fn all(starts: &[u32]) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for (text, [start, end]) in (0_u32..).zip(starts.array_windows()) {
            let tokens = end - start;
            if groups.last().is_none_or(|group| group.tokens + tokens > GROUP) {
                groups.push(Self { first: text, texts: 0, tokens: 0, parts: Vec::new() });
            }
            if let Some(group) = groups.last_mut() {
                group.texts += 1;
                group.tokens += tokens;
                group.parts.extend((0..tokens).step_by(QUERIES as usize).flat_map(|first| [text, first]));
            }
        }
        groups
    }
}

impl<Memory> LayerThere<Memory> {
    /// Makes the rows of the next layer of `room.rows`.
    fn apply<M: Machine<Memory = Memory>>(
        &self,
        machine: &mut M,
        sizes: Sizes,
        group: &Group,
        tokens: &TokensThere<Memory>,
        parts: &Memory,
        room: &Room<Memory>,
    ) -> Result<(), Failure> {
        let Room { rows, inner, mixed, more } = room;
        let count = group.tokens;
        self.project.apply(machine, rows, count, false, inner)?;
        self.attend(machine, sizes, group, tokens, parts, room)?;
        self.gather.apply(machine, mixed, count, false, more)?;
        self.after_attention.add(machine, sizes, rows, more, count)?;
        self.up.apply(machine, rows, count, true, inner)?;
        self.down.apply(machine, inner, count, false, more)?;
        self.after_feed.add(machine, sizes, rows, more, count)
    }

    fn attend<M: Machine<Memory = Memory>>(
        &self,
        machine: &mut M,
        sizes: Sizes,
        group: &Group,
        tokens: &TokensThere<Memory>,
        parts: &Memory,
        room: &Room<Memory>,
    ) -> Result<(), Failure> {
        let arguments = [
            (&room.inner).into(),
            Argument::Word(self.project.columns),
            (&tokens.starts).into(),
            Argument::Word(group.first),
            parts.into(),
            Argument::Word(sizes.heads),
            Argument::Word(sizes.head),
            Argument::Word(sizes.scale.to_bits()),
            (&room.mixed).into(),
            Argument::Word(self.gather.depth),
        ];
        let key_words = KEYS * (sizes.head / 2 + 1 + sizes.head / 2);
        let query_words = QUERIES * sizes.head + QUERIES * KEYS;
        let blocks = group.parts.len() as u32 / 2 * sizes.heads;
        let grid = Grid::of_blocks(blocks, (key_words + query_words) * size_of::<u32>() as u32);
        // SAFETY: these are the arguments of the kernel. Parts are of texts of the group, and all of their tokens have a row on either side.
        unsafe { machine.launch(kernel("attend"), grid, &arguments) }
    }
}

impl<Memory> LinearThere<Memory> {
    /// `out` = bias + `rows` · weights, of `count` rows: the one place that multiplies matrices.
    fn apply<M: Machine<Memory = Memory>>(
        &self,
        machine: &mut M,
        rows: &Memory,
        count: u32,
        is_gelu: bool,
        out: &Memory,
    ) -> Result<(), Failure> {
        let arguments = [
            rows.into(),
            Argument::Word(count),
            Argument::Word(self.depth),
            (&self.weights).into(),
            (&self.bias).into(),
            Argument::Word(self.columns),
            Argument::Word(is_gelu.into()),
            out.into(),
        ];
        let grid = Grid::of_blocks(count.div_ceil(TILE_ROWS) * (self.columns / TILE_COLUMNS), 0);
        // SAFETY: these are the arguments of the kernel. Rows have as many numbers as weights have inputs, and there is room for as many as there are outputs.
        unsafe { machine.launch(kernel("multiply"), grid, &arguments) }
    }
}

impl<Memory> NormThere<Memory> {
    /// Adds `more` to `rows` and normalises them.
    fn add<M: Machine<Memory = Memory>>(
        &self,
        machine: &mut M,
        sizes: Sizes,
        rows: &Memory,
        more: &Memory,
        count: u32,
    ) -> Result<(), Failure> {
        let arguments = [
            rows.into(),
            more.into(),
            Argument::Word(count),
            (&self.gamma).into(),
            (&self.beta).into(),
            Argument::Word(sizes.hidden),
            Argument::Word(sizes.wide),
            Argument::Word(sizes.epsilon.to_bits()),
        ];
        // SAFETY: these are the arguments of the kernel, and all rows are as wide.
        unsafe { machine.launch(kernel("add_norm"), Grid::of_warps(count, sizes.row_bytes()), &arguments) }
    }
}

impl<Memory> Vectors<Memory> {
    /// Waits for them, one after another. Where halves had no room for a number that one was made of, it has none that is finite.
    pub(super) fn finish<M: Machine<Memory = Memory>>(self, machine: &mut M) -> Result<Vec<f32>, Failure> {
        let mut vectors = vec![0.0; self.numbers];
        machine.download(&self.vectors, &mut vectors)?;
        Ok(vectors)
    }
}
