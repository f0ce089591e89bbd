//! One prefix code of a block, decoded by looking it up.

use super::{Fault, LONGEST_CODE, bits::Bits};

/// Bits looked up at once: six tables of two bytes an entry stay well inside a first-level cache of 32 KiB.
/// Longer codes are one in a hundred.
const LOOKUP_BITS: u32 = 10;

/// What a code means, and how long it is.
///
/// ```text
///   bit  15       6 5     4 3      0
///        [ index   ] [ run ] [ length ]
/// ```
/// `length` is 0 where the lookup doesn't decide. `run` is the weight of a digit of a run, 1 or 2; other
/// symbols have 0 there and in `index` the place in the list of recent bytes, never 0.
#[derive(Clone, Copy)]
pub(super) struct Symbol(u16);

impl Symbol {
    const UNDECIDED: Self = Self(0);
    const END: u16 = 0x1ff;

    fn new(symbol: usize, alphabet: usize) -> Self {
        Self(match symbol {
            0 | 1 => (symbol as u16 + 1) << 4,
            _ if symbol == alphabet - 1 => Self::END << 6,
            _ => (symbol as u16 - 1) << 6,
        })
    }

    fn with_length(self, length: u32) -> Self {
        Self(self.0 | length as u16)
    }

    /// Whether it was decided and its index is below 16.
    #[inline(always)]
    pub(super) fn is_near(self) -> bool {
        self.0.wrapping_sub(1) < (16 << 6) - 1
    }

    /// Place in the list of recent bytes; 0 for a digit of a run.
    #[inline(always)]
    pub(super) fn index(self) -> usize {
        usize::from(self.0 >> 6)
    }

    #[inline(always)]
    pub(super) fn run(self) -> u32 {
        u32::from(self.0 >> 4 & 3)
    }

    #[inline(always)]
    pub(super) fn length(self) -> u32 {
        u32::from(self.0 & 15)
    }

    pub(super) fn is_end(self) -> bool {
        self.0 >> 6 == Self::END
    }

    pub(super) fn is_undecided(self) -> bool {
        self.length() == 0
    }
}

pub(super) struct Code {
    lookup: [Symbol; 1 << LOOKUP_BITS],
    /// By length: the first code beyond those of this length, left-aligned to the longest.
    ends: [u32; LONGEST_CODE + 1],
    /// By length: the first code of it.
    firsts: [u32; LONGEST_CODE + 1],
    /// By length: where its symbols begin in `symbols`.
    offsets: [u32; LONGEST_CODE + 1],
    /// In order of their codes.
    symbols: [Symbol; 258],
}

impl Code {
    pub(super) fn new() -> Self {
        Self {
            lookup: [Symbol::UNDECIDED; 1 << LOOKUP_BITS],
            ends: [0; LONGEST_CODE + 1],
            firsts: [0; LONGEST_CODE + 1],
            offsets: [0; LONGEST_CODE + 1],
            symbols: [Symbol::UNDECIDED; 258],
        }
    }

    /// Sets the code in which symbol `i` of the alphabet has a code of `lengths[i]` bits, 1 to 20.
    ///
    /// Codes are given out in order of length, then of symbol. Lengths that leave codes over are allowed, and
    /// so are those that ask for more than there are: then the last ones are never found.
    pub(super) fn set(&mut self, lengths: &[u8]) {
        let mut counts = [0_u32; LONGEST_CODE + 1];
        for &length in lengths {
            counts[usize::from(length)] += 1;
        }
        let (mut first, mut offset) = (0, 0);
        for (length, count) in counts.into_iter().enumerate().skip(1) {
            self.firsts[length] = first;
            self.offsets[length] = offset;
            let end = first + count;
            self.ends[length] = (end << (LONGEST_CODE - length)).min(1 << LONGEST_CODE);
            offset += count;
            first = end << 1;
        }
        let mut next = self.offsets;
        for (symbol, &length) in lengths.iter().enumerate() {
            let place = &mut next[usize::from(length)];
            self.symbols[*place as usize] = Symbol::new(symbol, lengths.len());
            *place += 1;
        }
        self.fill_lookup(&counts);
    }

    fn fill_lookup(&mut self, counts: &[u32]) {
        let mut rest = &mut self.lookup[..];
        let mut symbols = self.symbols.iter();
        for length in 1..=LOOKUP_BITS {
            let span = 1 << (LOOKUP_BITS - length);
            for symbol in symbols.by_ref().take(counts[length as usize] as usize) {
                let Some((same, after)) = rest.split_at_mut_checked(span) else { return };
                same.fill(symbol.with_length(length));
                rest = after;
            }
        }
        rest.fill(Symbol::UNDECIDED);
    }

    /// What comes next, or that it takes [`Code::decide`] to tell. At least 20 bits must be held.
    #[inline(always)]
    pub(super) fn look_up(&self, bits: &Bits<'_>) -> Symbol {
        self.lookup[bits.peek(LOOKUP_BITS) as usize]
    }

    /// What comes next where the lookup can't say; goes on behind it.
    #[cold]
    pub(super) fn decide(&self, bits: &mut Bits<'_>) -> Result<Symbol, Fault> {
        let prefix = bits.peek(LONGEST_CODE as u32);
        for length in LOOKUP_BITS as usize + 1..=LONGEST_CODE {
            if prefix < self.ends[length] {
                bits.skip(length as u32);
                let code = prefix >> (LONGEST_CODE - length);
                let place = self.offsets[length] + code - self.firsts[length];
                return Ok(self.symbols[place as usize]);
            }
        }
        bits.skip(LONGEST_CODE as u32);
        Err(Fault::Corrupt("a code that means nothing"))
    }
}
