//! What kernels run on: a device, or the simulation of one.

#[cfg(all(test, feature = "sim"))]
pub(crate) mod simulated;

use std::fmt;

/// A source of `cuda/`, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Unit {
    Bpe,
    Hash,
    Near,
    #[cfg(all(test, feature = "sim"))]
    Toys,
}

/// A kernel: where it stands, and its name there.
pub(crate) type Kernel = (Unit, &'static str);

/// Threads of a warp.
pub(crate) const WARP: u32 = 32;

/// How a kernel is launched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grid {
    /// Blocks, at least one.
    pub(crate) blocks: u32,
    /// Threads of a block, a multiple of [`WARP`].
    pub(crate) threads: u32,
    /// Memory that a block shares beyond what the kernel declares.
    pub(crate) shared_bytes: u32,
}

/// Values of a tile of a scan, and threads of its blocks.
const TILE: u32 = 256;

/// Threads of a block, where a kernel doesn't ask for others.
const BLOCK_THREADS: u32 = 128;

/// Most blocks: threads go on with what is left.
const MOST_BLOCKS: u32 = 1 << 16;

impl Grid {
    /// A thread for each of `items`, or for several.
    pub(crate) fn of_threads(items: u32) -> Self {
        let blocks = items.div_ceil(BLOCK_THREADS).clamp(1, MOST_BLOCKS);
        Self { blocks, threads: BLOCK_THREADS, shared_bytes: 0 }
    }

    /// A block for each tile of `items`.
    pub(crate) fn of_tiles(items: u32) -> Self {
        Self { blocks: items.div_ceil(TILE).max(1), threads: TILE, shared_bytes: 0 }
    }

    /// One block that goes over all tiles.
    pub(crate) const ONE_TILE: Self = Self { blocks: 1, threads: TILE, shared_bytes: 0 };

    /// A warp for each of `items`, or for several. Each of a block's has so many bytes of shared memory.
    pub(crate) fn of_warps(items: u32, shared_bytes: u32) -> Self {
        let warps = BLOCK_THREADS / WARP;
        let blocks = items.div_ceil(warps).clamp(1, MOST_BLOCKS);
        Self { blocks, threads: BLOCK_THREADS, shared_bytes: warps * shared_bytes }
    }
}

/// What a kernel is given.
#[derive(Debug)]
pub(crate) enum Argument<'a, Memory> {
    Memory(&'a Memory),
    Word(u32),
}

impl<Memory> Clone for Argument<'_, Memory> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Memory> Copy for Argument<'_, Memory> {}

impl<'a, Memory> From<&'a Memory> for Argument<'a, Memory> {
    fn from(memory: &'a Memory) -> Self {
        Self::Memory(memory)
    }
}

/// Why a machine didn't do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It has not so much memory: half of the work may fit.
    Memory,
    /// It does nothing more.
    Broken(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => write!(out, "the device has not so much memory"),
            Self::Broken(why) => write!(out, "{why}"),
        }
    }
}

/// A device, or what stands for it. What it is asked happens in order; only a download waits for it.
pub(crate) trait Machine {
    /// Bytes of its memory, which start at a multiple of 256. Dropped, they stay until all is done that was asked before.
    type Memory;

    /// As many bytes, whose values are unknown.
    fn memory(&mut self, bytes: usize) -> Result<Self::Memory, Failure>;

    /// Copies all of `values` to the beginning of `to`, which is as large at least.
    fn upload<T: Plain>(&mut self, values: &[T], to: &Self::Memory) -> Result<(), Failure>;

    /// Copies the beginning of `from`, which is as large at least, to all of `values`.
    fn download<T: Plain>(&mut self, from: &Self::Memory, values: &mut [T]) -> Result<(), Failure>;

    /// Sets all bytes to zero.
    fn clear(&mut self, memory: &Self::Memory) -> Result<(), Failure>;

    /// Runs `kernel`, which is of these arguments.
    ///
    /// # Safety
    ///
    /// The kernel must take such arguments, and find in them what it reads and room for what it writes.
    #[expect(unsafe_code, reason = "a kernel goes where its arguments lead it")]
    unsafe fn launch(
        &mut self,
        kernel: Kernel,
        grid: Grid,
        arguments: &[Argument<'_, Self::Memory>],
    ) -> Result<(), Failure>;

    /// Memory that holds `texts`.
    ///
    /// [`Failure::Memory`], too, where they are 4 GiB or more: bytes are numbered in 32 bits.
    fn keep_texts(&mut self, texts: &[&str]) -> Result<Texts<Self::Memory>, Failure> {
        let mut bytes = Vec::with_capacity(texts.iter().map(|text| text.len()).sum());
        let mut ends = Vec::with_capacity(texts.len());
        for text in texts {
            bytes.extend_from_slice(text.as_bytes());
            ends.push(u32::try_from(bytes.len()).map_err(|_| Failure::Memory)?);
        }
        let count = u32::try_from(texts.len()).map_err(|_| Failure::Memory)?;
        Ok(Texts { count, bytes: self.keep(&bytes)?, ends: self.keep(&ends)? })
    }

    /// Memory that holds `values`, and at least [`PADDING`] bytes beyond.
    fn keep<T: Plain>(&mut self, values: &[T]) -> Result<Self::Memory, Failure> {
        let memory = self.memory(size_of_val(values) + PADDING)?;
        self.upload(values, &memory)?;
        Ok(memory)
    }
}

/// Texts in a machine's memory.
#[derive(Debug)]
pub(crate) struct Texts<Memory> {
    /// How many they are.
    pub(crate) count: u32,
    /// Bytes of all.
    /// All of them, one after another.
    pub(crate) bytes: Memory,
    /// Where each ends, 32 bits.
    pub(crate) ends: Memory,
}

/// Kernels read bytes by words of eight, two at a time, and so up to fifteen beyond their end.
pub(crate) const PADDING: usize = 16;

/// Numbers that are nothing but their bytes.
pub(crate) trait Plain: Copy + Default {}

impl Plain for u8 {}
impl Plain for u16 {}
impl Plain for u32 {}
impl Plain for u64 {}
