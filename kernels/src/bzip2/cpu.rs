//! The plain body of the decoder: a bit, a symbol, a byte at a time.

use super::{
    BLOCK_MAGIC, END_MAGIC, Fault, Found, GROUP_SYMBOLS, LONGEST_CODE, Level, MOST_CODES, MOST_GROUPS,
};

/// Reads the block that begins at bit `bit` of `data`, or the end of the stream there; with all its bytes,
/// which may be 45 MiB.
pub fn block(data: &[u8], bit: usize, level: Level) -> Result<(Found, Vec<u8>), Fault> {
    let mut bits = Bits { data, at: bit };
    let magic = bits.take(48)?;
    let crc = bits.take(32)? as u32;
    match magic {
        END_MAGIC => return Ok((Found::End { crc, end: bits.at }, Vec::new())),
        BLOCK_MAGIC => {}
        _ => return Err(Fault::Corrupt("neither a block nor the end")),
    }
    if bits.take(1)? == 1 {
        return Err(Fault::Unsupported("a block in random order, as bzip2 0.9.0 wrote them"));
    }
    let origin = bits.take(24)? as usize;
    let column = last_column(&mut bits, level)?;
    if origin >= column.len() {
        return Err(Fault::Corrupt("a block that starts behind its end"));
    }
    let bytes = expand(&text(&column, origin))?;
    if !bytes.iter().fold(u32::MAX, |crc, &byte| crc_shift_byte(crc ^ u32::from(byte) << 24)) != crc {
        return Err(Fault::Corrupt("a block whose checksum disagrees"));
    }
    Ok((Found::Block { end: bits.at }, bytes))
}

pub(super) struct Bits<'a> {
    pub(super) data: &'a [u8],
    pub(super) at: usize,
}

impl Bits<'_> {
    fn take(&mut self, n: usize) -> Result<u64, Fault> {
        let mut value = 0;
        for _ in 0..n {
            let byte = self.data.get(self.at / 8).ok_or(Fault::Starved)?;
            value = value << 1 | u64::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Ok(value)
    }
}

/// By symbol: the length of its code.
pub(super) struct Code(pub(super) Vec<usize>);

impl Code {
    fn read(bits: &mut Bits<'_>, symbols: usize) -> Result<Self, Fault> {
        let mut lengths = Vec::new();
        let mut length = bits.take(5)? as usize;
        for _ in 0..symbols {
            loop {
                if !(1..=LONGEST_CODE).contains(&length) {
                    return Err(Fault::Corrupt("a code of no length or too long"));
                }
                match bits.take(1)? {
                    0 => break,
                    _ if bits.take(1)? == 0 => length += 1,
                    _ => length -= 1,
                }
            }
            lengths.push(length);
        }
        Ok(Self(lengths))
    }

    /// Codes count up from 0 in order of length, then of symbol; a longer one begins where a shorter one
    /// ended.
    pub(super) fn symbol(&self, bits: &mut Bits<'_>) -> Result<usize, Fault> {
        let (mut code, mut first) = (0, 0);
        for length in 1..=LONGEST_CODE {
            code = code << 1 | bits.take(1)? as usize;
            let of_length = (0..self.0.len()).filter(|&symbol| self.0[symbol] == length);
            let count = of_length.clone().count();
            if let Some(symbol) = of_length.clone().nth(code - first) {
                return Ok(symbol);
            }
            first = (first + count) << 1;
        }
        Err(Fault::Corrupt("a code that means nothing"))
    }
}

/// Reads a block from its bytes to its last symbol.
fn last_column(bits: &mut Bits<'_>, level: Level) -> Result<Vec<u8>, Fault> {
    let mut recent = Vec::new();
    let sixteens = bits.take(16)?;
    for high in (0..16).filter(|high| sixteens << high & 0x8000 != 0) {
        let bytes = bits.take(16)?;
        recent.extend((0..16).filter(|low| bytes << low & 0x8000 != 0).map(|low| high << 4 | low));
    }
    if recent.is_empty() {
        return Err(Fault::Corrupt("a block without bytes"));
    }
    let end = recent.len() + 1;

    let codes = bits.take(3)? as usize;
    if !(2..=MOST_CODES).contains(&codes) {
        return Err(Fault::Corrupt("too few codes or too many"));
    }
    let groups = bits.take(15)? as usize;
    if groups == 0 {
        return Err(Fault::Corrupt("a block without symbols"));
    }
    let mut order: Vec<usize> = (0..codes).collect();
    let mut selectors = Vec::new();
    for _ in 0..groups {
        let mut place = 0;
        while bits.take(1)? == 1 {
            place += 1;
            if place == codes {
                return Err(Fault::Corrupt("a code that is not there"));
            }
        }
        let code = order.remove(place);
        order.insert(0, code);
        selectors.push(code);
    }
    selectors.truncate(MOST_GROUPS);
    let codes: Vec<Code> = (0..codes).map(|_| Code::read(bits, end + 1)).collect::<Result<_, _>>()?;

    let mut column = Vec::new();
    let mut power = 0;
    for selector in selectors {
        for _ in 0..GROUP_SYMBOLS {
            let symbol = codes[selector].symbol(bits)?;
            let rows = match symbol {
                _ if symbol == end => return Ok(column),
                0 | 1 => (symbol + 1) << power,
                _ => 1,
            };
            if column.len() + rows > level.rows() {
                return Err(Fault::Corrupt("a block longer than its stream allows"));
            }
            if symbol < 2 {
                power += 1;
            } else {
                power = 0;
                let byte = recent.remove(symbol - 1);
                recent.insert(0, byte);
            }
            column.resize(column.len() + rows, recent[0]);
        }
    }
    Err(Fault::Corrupt("a block without an end"))
}

/// Undoes the sorting of rotations: a stable sort of their last bytes gives their first ones, so the row that
/// comes to place `p` is the one whose rotation begins a byte later than that of row `p`.
///
/// The text is walked from its end. No text sorts into rows where it matters; damage does.
fn text(column: &[u8], origin: usize) -> Vec<u8> {
    let mut later: Vec<usize> = (0..column.len()).collect();
    later.sort_by_key(|&row| column[row]);
    let mut earlier = vec![0; later.len()];
    for (place, row) in later.into_iter().enumerate() {
        earlier[row] = place;
    }
    let mut row = origin;
    let mut text = vec![0; column.len()];
    for byte in text.iter_mut().rev() {
        *byte = column[row];
        row = earlier[row];
    }
    text
}

/// Writes out runs: four equal bytes are followed by how many more there are.
fn expand(text: &[u8]) -> Result<Vec<u8>, Fault> {
    let (mut bytes, mut equal) = (Vec::new(), 0);
    for &byte in text {
        if equal == 4 {
            let last = bytes[bytes.len() - 1];
            bytes.resize(bytes.len() + usize::from(byte), last);
            equal = 0;
        } else {
            equal = if equal > 0 && bytes.last() == Some(&byte) { equal + 1 } else { 1 };
            bytes.push(byte);
        }
    }
    if equal == 4 { Err(Fault::Corrupt("a run without its length")) } else { Ok(bytes) }
}

/// A checksum moved on by one bit.
pub(super) const fn crc_shift(crc: u32) -> u32 {
    if crc >> 31 == 1 { crc << 1 ^ 0x04c1_1db7 } else { crc << 1 }
}

const fn crc_shift_byte(mut crc: u32) -> u32 {
    let mut bit = 0;
    while bit < 8 {
        crc = crc_shift(crc);
        bit += 1;
    }
    crc
}
