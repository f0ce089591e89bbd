//! Blocks, decoded fast.

use super::expand::{Expansion, checksum};
use super::rows::Rows;
use super::symbols::Reader;
use super::walk::Walk;
use super::{Fault, Found, Level};

/// Decodes blocks, one after the other.
///
/// ```text
///   data ─► codes ─► symbols ─► rows ─► lanes ─► text ─► checksum ─► Block ─► bytes
///           Reader              Rows    Walk
/// ```
/// It holds up to 6 MiB, of which a block of JSON lines needs 2.
pub struct Decoder {
    reader: Reader,
    rows: Rows,
    walk: Walk,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// A decoder for any level.
    pub fn new() -> Self {
        Self { reader: Reader::new(), rows: Rows::new(), walk: Walk::new() }
    }

    /// Reads the block that begins at bit `bit` of `data` into `block`, or the end of the stream there. The block
    /// is empty afterwards unless its checksum agreed.
    pub fn read(&mut self, data: &[u8], bit: usize, level: Level, block: &mut Block) -> Result<Found, Fault> {
        *block = Block { text: std::mem::take(&mut block.text), ..Block::default() };
        block.text.clear();
        let (found, stored) = self.reader.read(data, bit, level, &mut self.rows)?;
        if let Found::Block { .. } = found {
            block.text.resize(self.rows.len(), 0);
            self.walk.text(&self.rows, stored.origin, &mut block.text);
            block.crc = stored.crc;
            let wrong = Fault::Corrupt("a block whose checksum disagrees");
            let proved = checksum(&block.text).and_then(|crc| (crc == stored.crc).then_some(()).ok_or(wrong));
            proved.inspect_err(|_| block.text.clear())?;
        }
        Ok(found)
    }
}

/// A decoded block: 900 kB at most, of which up to 45 MiB are made as they are asked for.
#[derive(Default)]
pub struct Block {
    text: Vec<u8>,
    expansion: Expansion,
    crc: u32,
}

impl Block {
    /// Its checksum.
    pub fn crc(&self) -> u32 {
        self.crc
    }

    /// Writes the next of its bytes to `out`; how many, fewer than there is room for only at its end.
    pub fn write(&mut self, out: &mut [u8]) -> usize {
        self.expansion.write(&self.text, out)
    }
}
