//! A block as it is stored: its head, its codes, and the symbols that spell out its last column.

use super::bits::Bits;
use super::code::Code;
use super::front::Near;
use super::rows::Rows;
use super::{
    BLOCK_MAGIC, END_MAGIC, Fault, Found, GROUP_SYMBOLS, LONGEST_CODE, Level, MOST_CODES, MOST_GROUPS,
};

/// What it takes to read blocks, one after the other.
pub(super) struct Reader {
    codes: [Code; MOST_CODES],
    /// By group of 50 symbols: which code it is in.
    selectors: Vec<u8>,
}

/// What a block says before its symbols.
struct Head {
    /// In order.
    bytes: [u8; 256],
    /// How many of them there are.
    used: usize,
}

impl Reader {
    pub(super) fn new() -> Self {
        Self { codes: std::array::from_fn(|_| Code::new()), selectors: Vec::new() }
    }

    /// Reads the block at bit `bit` of `data` into `rows`, or the end of the stream that stands there.
    pub(super) fn read(
        &mut self,
        data: &[u8],
        bit: usize,
        level: Level,
        rows: &mut Rows,
    ) -> Result<(Found, Stored), Fault> {
        let mut bits = Bits::new(data, bit);
        let magic = u64::from(bits.take(24)) << 24 | u64::from(bits.take(24));
        let crc = bits.take(32);
        let mut origin = 0;
        let read = match magic {
            END_MAGIC => Ok(()),
            BLOCK_MAGIC => self.block(&mut bits, level, rows).map(|start| origin = start),
            _ => Err(Fault::Corrupt("neither a block nor the end")),
        };
        bits.checked(read)?;
        let end = bits.position();
        let found = if magic == END_MAGIC { Found::End { crc, end } } else { Found::Block { end } };
        Ok((found, Stored { crc, origin }))
    }

    /// Reads what follows the checksum; the row of the text itself.
    fn block(&mut self, bits: &mut Bits<'_>, level: Level, rows: &mut Rows) -> Result<u32, Fault> {
        if bits.take(1) == 1 {
            return Err(Fault::Unsupported("a block in random order, as bzip2 0.9.0 wrote them"));
        }
        let origin = bits.take(24);
        let head = self.head(bits)?;
        read_symbols(self, bits, &head, level, rows)?;
        if origin as usize >= rows.len() {
            return Err(Fault::Corrupt("a block that starts behind its end"));
        }
        Ok(origin)
    }

    /// Reads which bytes occur, the selectors, and the codes.
    fn head(&mut self, bits: &mut Bits<'_>) -> Result<Head, Fault> {
        let mut head = Head { bytes: [0; 256], used: 0 };
        let sixteens = bits.take(16);
        for high in (0..16).filter(|high| sixteens << high & 0x8000 != 0) {
            let bytes = bits.take(16);
            for low in (0..16).filter(|low| bytes << low & 0x8000 != 0) {
                head.bytes[head.used] = high << 4 | low;
                head.used += 1;
            }
        }
        if head.used == 0 {
            return Err(Fault::Corrupt("a block without bytes"));
        }
        let codes = bits.take(3) as usize;
        if !(2..=MOST_CODES).contains(&codes) {
            return Err(Fault::Corrupt("too few codes or too many"));
        }
        self.selectors(bits, codes)?;
        for code in &mut self.codes[..codes] {
            let mut lengths = [0; 258];
            let lengths = &mut lengths[..head.used + 2];
            read_lengths(bits, lengths)?;
            code.set(lengths);
        }
        Ok(head)
    }

    fn selectors(&mut self, bits: &mut Bits<'_>, codes: usize) -> Result<(), Fault> {
        let groups = bits.take(15) as usize;
        if groups == 0 {
            return Err(Fault::Corrupt("a block without symbols"));
        }
        let mut recent = [0, 1, 2, 3, 4, 5];
        self.selectors.clear();
        for group in 0..groups {
            let mut place = 0;
            while bits.take(1) == 1 {
                place += 1;
                if place == codes {
                    return Err(Fault::Corrupt("a code that is not there"));
                }
            }
            recent[..=place].rotate_right(1);
            // Some encoders write more than a block can use.
            if group < MOST_GROUPS {
                self.selectors.push(recent[0]);
            }
        }
        Ok(())
    }
}

/// What a block says of itself.
pub(super) struct Stored {
    /// The checksum it should have.
    pub(super) crc: u32,
    /// The row of the text itself.
    pub(super) origin: u32,
}

fn read_lengths(bits: &mut Bits<'_>, lengths: &mut [u8]) -> Result<(), Fault> {
    let mut length = bits.take(5);
    for stored in lengths {
        loop {
            if !(1..=LONGEST_CODE as u32).contains(&length) {
                return Err(Fault::Corrupt("a code of no length or too long"));
            }
            if bits.take(1) == 0 {
                break;
            }
            length = if bits.take(1) == 0 { length + 1 } else { length - 1 };
        }
        *stored = length as u8;
    }
    Ok(())
}

/// Reads the symbols with the best this processor has.
#[cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "uses instructions that not every processor has")
)]
fn read_symbols(
    reader: &Reader,
    bits: &mut Bits<'_>,
    head: &Head,
    level: Level,
    rows: &mut Rows,
) -> Result<(), Fault> {
    #[cfg(target_arch = "x86_64")]
    if super::processor::is_recent() {
        // SAFETY: a recent processor has every feature that this is compiled for.
        return unsafe { recent::read_symbols(reader, bits, head, level, rows) };
    }
    symbols::<u128>(reader, bits, head, level, rows)
}

#[cfg(target_arch = "x86_64")]
mod recent {
    use super::super::front::shuffled::Shuffled;
    use super::{Bits, Fault, Head, Level, Reader, Rows, symbols};

    #[target_feature(enable = "bmi1,bmi2,popcnt,ssse3")]
    pub(super) fn read_symbols(
        reader: &Reader,
        bits: &mut Bits<'_>,
        head: &Head,
        level: Level,
        rows: &mut Rows,
    ) -> Result<(), Fault> {
        symbols::<Shuffled>(reader, bits, head, level, rows)
    }
}

/// Digits of runs and places in the list of recent bytes, to rows.
///
/// ```text
///   RUNA, RUNB     digits 1 and 2 of a number, the lowest first: so many more rows of the first byte
///   1, 2, 3 …      one row of the byte at that place, which comes to the front
/// ```
/// Which of the two comes next is anybody's guess, so both take the same path: a digit touches place 0, which
/// moves nothing, and adds its weight times its power of two; a place adds one row and begins a new run.
#[inline(always)]
fn symbols<N: Near>(
    reader: &Reader,
    bits: &mut Bits<'_>,
    head: &Head,
    level: Level,
    rows: &mut Rows,
) -> Result<(), Fault> {
    let mut near = N::new(std::array::from_fn(|place| head.bytes[place]));
    let mut far = head.bytes;
    let mut filling = rows.fill(level.rows());
    let mut power = 0;
    for &selector in &reader.selectors {
        let code = &reader.codes[usize::from(selector)];
        for _ in 0..GROUP_SYMBOLS / 2 {
            // Enough for two of the longest.
            bits.refill();
            for _ in 0..2 {
                let mut symbol = code.look_up(bits);
                bits.skip(symbol.length());
                let byte = if symbol.is_near() {
                    near.touch(symbol.index())
                } else {
                    if symbol.is_undecided() {
                        symbol = code.decide(bits)?;
                    }
                    match symbol.index() {
                        _ if symbol.is_end() => {
                            filling.finish();
                            return Ok(());
                        }
                        place @ 0..16 => near.touch(place),
                        place => {
                            let byte = far[place];
                            far.copy_within(16..place, 17);
                            far[16] = near.push(byte);
                            byte
                        }
                    }
                };
                let new = u32::from(symbol.index() != 0);
                filling.add(byte, (symbol.run() << power) + new, new)?;
                power = (power + 1) & new.wrapping_sub(1);
            }
        }
        if bits.is_over() {
            return Err(Fault::Starved);
        }
    }
    Err(Fault::Corrupt("a block without an end"))
}
