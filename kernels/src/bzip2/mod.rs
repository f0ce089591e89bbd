//! bzip2, block by block.
//!
//! Contract: [`Decoder::read`] takes the block at some bit of a stream and says where the next one begins. It
//! accepts what bzip2 accepts, but for two things that nothing writes: blocks in random order (nothing since 1999),
//! which are [`Fault::Unsupported`], and rows that no text sorts into. Nothing of a block is given out before its
//! checksum agreed. [`cpu`] is the truth: results and faults are the same, block for block.
//!
//! ```text
//!   "BZh" level │ block │ block │ … │ end │ up to 7 bits      all but the first four bytes at any bit
//!               └ magic, checksum, start, bytes that occur, codes, symbols
//! ```
//! What a block went through, backwards: prefix codes in groups of 50 symbols; runs of the first of the recent
//! bytes; a list of recent bytes; the last column of its sorted rotations; runs of equal bytes.

#![expect(
    clippy::inline_always,
    reason = "loops are compiled twice, and what they call must be compiled with them"
)]

mod bits;
mod block;
mod code;
pub mod cpu;
mod crc;
mod expand;
mod front;
#[cfg(target_arch = "x86_64")]
mod processor;
mod rows;
mod scan;
mod symbols;
mod walk;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;

pub use block::{Block, Decoder};
pub use scan::find;

/// Bytes before the first block.
pub const HEADER_BYTES: usize = 4;

/// No block that an encoder writes is longer, compressed: 900,000 symbols of 20 bits, and its codes. (One that
/// describes a code in ever so many steps up and down could be.)
pub const LONGEST_BLOCK_BYTES: usize = 4 << 20;

const BLOCK_MAGIC: u64 = 0x3141_5926_5359;
const END_MAGIC: u64 = 0x1772_4538_5090;

/// Rows of the largest block.
const MOST_ROWS: usize = 900_000;

/// Bits of the longest code.
const LONGEST_CODE: usize = 20;

/// Codes of one block.
const MOST_CODES: usize = 6;

/// Symbols that are written in one code before the next may be chosen.
const GROUP_SYMBOLS: usize = 50;

/// Groups that the largest block can use: one symbol a row, and the end.
const MOST_GROUPS: usize = MOST_ROWS / GROUP_SYMBOLS + 2;

/// How long the blocks of a stream may be, 1 to 9: in hundreds of thousands of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level(u8);

impl Level {
    /// The level of the stream that begins with `header`, if one does.
    pub fn of_header(header: [u8; HEADER_BYTES]) -> Option<Self> {
        match header {
            [b'B', b'Z', b'h', digit @ b'1'..=b'9'] => Some(Self(digit - b'0')),
            _ => None,
        }
    }

    fn rows(self) -> usize {
        usize::from(self.0) * (MOST_ROWS / 9)
    }
}

/// What stands at some bit of a stream, and the bit behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A block, whose checksum agreed.
    Block {
        /// The bit behind it, where the next block begins.
        end: usize,
    },
    /// The end of the stream.
    End {
        /// The checksum of all its blocks: see [`combine`].
        crc: u32,
        /// The bit behind it; the stream ends with that byte.
        end: usize,
    },
}

/// Why there is no block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The data ends before it does.
    Starved,
    /// No encoder writes this.
    Corrupt(&'static str),
    /// It is what it says, but nothing here reads it.
    Unsupported(&'static str),
}

/// The checksum of a stream so far, `stream` (0 at its start), and of its next block, `block`.
pub fn combine(stream: u32, block: u32) -> u32 {
    stream.rotate_left(1) ^ block
}
