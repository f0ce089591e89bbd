//! Blocks, decoded fast.

use super::expand::{Expansion, checksum};
use super::rows::Rows;
use super::symbols::Reader;
use super::walk::Walk;
use super::{Fault, Found, Level};

/// Decodes blocks, one after the other, and holds one.
///
/// ```text
///   data ─► codes ─► symbols ─► rows ─► lanes ─► text ─► checksum ─► expand ─► out
///           Reader              Rows    Walk
/// ```
/// It holds up to 6 MiB; of a block of JSON lines 2.5 MB are used.
pub struct Block {
    reader: Reader,
    rows: Rows,
    walk: Walk,
    text: Vec<u8>,
    expansion: Expansion,
    crc: u32,
}

impl Default for Block {
    fn default() -> Self {
        Self::new()
    }
}

impl Block {
    /// An empty block.
    pub fn new() -> Self {
        Self {
            reader: Reader::new(),
            rows: Rows::new(),
            walk: Walk::new(),
            text: Vec::new(),
            expansion: Expansion::default(),
            crc: 0,
        }
    }

    /// Reads the block that begins at bit `bit` of `data`, or the end of the stream there. A block is held once
    /// its checksum agreed; otherwise nothing is.
    pub fn read(&mut self, data: &[u8], bit: usize, level: Level) -> Result<Found, Fault> {
        self.text.clear();
        self.expansion = Expansion::default();
        let (found, stored) = self.reader.read(data, bit, level, &mut self.rows)?;
        if let Found::Block { .. } = found {
            self.text.resize(self.rows.len(), 0);
            self.walk.text(&self.rows, stored.origin, &mut self.text);
            self.crc = stored.crc;
            let proved = checksum(&self.text).and_then(|crc| match crc == stored.crc {
                true => Ok(()),
                false => Err(Fault::Corrupt("a block whose checksum disagrees")),
            });
            proved.inspect_err(|_| self.text.clear())?;
        }
        Ok(found)
    }

    /// The checksum of the block that is held.
    pub fn crc(&self) -> u32 {
        self.crc
    }

    /// Writes the next bytes of the block to `out`; how many, fewer than there is room for only at its end.
    pub fn write(&mut self, out: &mut [u8]) -> usize {
        self.expansion.write(&self.text, out)
    }
}
