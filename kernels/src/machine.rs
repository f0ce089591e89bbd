//! What kernels run on: a device, or the simulation of one.

pub(crate) mod ids;
#[cfg(all(test, feature = "sim"))]
pub(crate) mod simulated;

use std::fmt;

use crate::texts::Texts;

/// A source of `cuda/`, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Unit {
    Bpe,
    Encoder,
    Hash,
    Near,
    WordPiece,
    #[cfg(all(test, feature = "sim"))]
    Toys,
}

impl Unit {
    /// All that devices have.
    pub(crate) const ALL: [Self; 5] = [Self::Bpe, Self::Encoder, Self::Hash, Self::Near, Self::WordPiece];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bpe => "bpe",
            Self::Encoder => "encoder",
            Self::Hash => "hash",
            Self::Near => "near",
            Self::WordPiece => "wordpiece",
            #[cfg(all(test, feature = "sim"))]
            Self::Toys => "toys",
        }
    }

    /// It, compiled.
    pub(crate) fn ptx(self) -> &'static str {
        match self {
            Self::Bpe => include_str!("../ptx/bpe.ptx"),
            Self::Encoder => include_str!("../ptx/encoder.ptx"),
            Self::Hash => include_str!("../ptx/hash.ptx"),
            Self::Near => include_str!("../ptx/near.ptx"),
            Self::WordPiece => include_str!("../ptx/wordpiece.ptx"),
            #[cfg(all(test, feature = "sim"))]
            Self::Toys => "",
        }
    }

    /// Its kernels.
    pub(crate) fn kernels(self) -> &'static [&'static str] {
        match self {
            Self::Bpe => &["bpe_encode", "bpe_split", "gather_ids", "scan_starts", "scan_sums", "scan_tiles"],
            Self::Encoder => &["add_norm", "attend", "embed", "multiply", "pool"],
            Self::Hash => &["content_hash"],
            Self::Near => &["band_keys"],
            Self::WordPiece => &["gather_ids", "scan_starts", "scan_sums", "scan_tiles", "wordpiece_encode"],
            #[cfg(all(test, feature = "sim"))]
            Self::Toys => &[],
        }
    }
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

    /// A block for each of `items`, each with so many bytes of shared memory.
    pub(crate) fn of_blocks(items: u32, shared_bytes: u32) -> Self {
        Self { blocks: items.max(1), threads: BLOCK_THREADS, shared_bytes }
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
    /// What it found can't be right, so that nothing it finds or found is believed.
    Wrong(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => write!(out, "the device has not so much memory"),
            Self::Broken(why) | Self::Wrong(why) => write!(out, "{why}"),
        }
    }
}

/// Memory of a device, or of what stands for it.
pub(crate) trait Store {
    /// Bytes of it, which start at a multiple of 256. Dropped, they stay until all is done that was asked before.
    type Memory;

    /// As many bytes, whose values are unknown.
    fn memory(&mut self, bytes: usize) -> Result<Self::Memory, Failure>;

    /// Copies all of `values` to the beginning of `to`, which is as large at least.
    fn upload<T: Plain>(&mut self, values: &[T], to: &Self::Memory) -> Result<(), Failure>;

    /// Memory that holds `values`, and at least [`PADDING`] bytes beyond.
    fn keep<T: Plain>(&mut self, values: &[T]) -> Result<Self::Memory, Failure> {
        let memory = self.memory(size_of_val(values) + PADDING)?;
        self.upload(values, &memory)?;
        Ok(memory)
    }

    /// Memory that holds `texts`.
    fn keep_texts(&mut self, texts: &Texts) -> Result<TextsThere<Self::Memory>, Failure> {
        let count = u32::try_from(texts.len()).map_err(|_| Failure::Memory)?;
        let bytes = texts.bytes().len();
        Ok(TextsThere {
            count,
            length: bytes,
            bytes: self.keep(texts.bytes())?,
            ends: self.keep(texts.ends())?,
        })
    }
}

/// A device, or what stands for it. What it is asked happens in order; only a download waits for it.
pub(crate) trait Machine: Store {
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

    /// Copies the beginning of `from`, which is as large at least, to all of `values`.
    fn download<T: Plain>(&mut self, from: &Self::Memory, values: &mut [T]) -> Result<(), Failure>;
}

/// Texts in a machine's memory.
#[derive(Debug)]
pub(crate) struct TextsThere<Memory> {
    /// How many they are.
    pub(crate) count: u32,
    /// Bytes of all.
    pub(crate) length: usize,
    /// All of them, one after another.
    pub(crate) bytes: Memory,
    /// Where each ends, 32 bits.
    pub(crate) ends: Memory,
}

impl<Memory> TextsThere<Memory> {
    /// Bytes of a word of 32 bits for each byte of theirs.
    pub(crate) fn word_a_byte(&self) -> usize {
        self.length * size_of::<u32>()
    }

    /// Bytes of a word of 32 bits for each of them.
    pub(crate) fn word_a_text(&self) -> usize {
        self.count as usize * size_of::<u32>()
    }
}

/// Kernels read bytes by words of eight, two at a time, and so up to fifteen beyond their end.
pub(crate) const PADDING: usize = 16;

/// Numbers that are nothing but their bytes.
///
/// # Safety
///
/// Any bytes must be a value, and all bytes of a value be set.
#[expect(unsafe_code, reason = "what a device leaves there is taken for values")]
pub(crate) unsafe trait Plain: Copy + Default {}

macro_rules! plain {
    ($($number:ty),*) => {$(
        // SAFETY: such a number is any of its bytes.
        #[expect(unsafe_code, reason = "such a number is any of its bytes")]
        unsafe impl Plain for $number {}
    )*};
}

plain!(u8, u16, u32, u64, f32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kernel_is_compiled() {
        for unit in Unit::ALL {
            let entries = unit.ptx().matches(".entry ").count();
            assert_eq!(entries, unit.kernels().len(), "{unit:?}");
            for kernel in unit.kernels() {
                assert!(unit.ptx().contains(&format!(".entry {kernel}(")), "{kernel}");
            }
        }
    }
}
