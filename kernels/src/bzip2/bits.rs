//! Bits of a slice, the most significant first.

use super::Fault;

/// Reads on from some bit. What lies beyond the slice reads as zeros: [`Bits::checked`] tells whether a
/// result came of them.
#[derive(Clone, Copy)]
pub(super) struct Bits<'a> {
    data: &'a [u8],
    /// The byte that is loaded next.
    at: usize,
    /// Loaded bits, left-aligned.
    hold: u64,
    /// How many of them count.
    held: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8], bit: usize) -> Self {
        let mut bits = Self { data, at: bit / 8, hold: 0, held: 0 };
        bits.refill();
        bits.skip((bit % 8) as u32);
        bits
    }

    /// Loads bits until at least 56 are held.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        match self.data.get(self.at..).and_then(|rest| rest.first_chunk()) {
            Some(next) => {
                self.hold |= u64::from_be_bytes(*next) >> self.held;
                self.at += ((63 - self.held) >> 3) as usize;
                self.held |= 0x38; // 56, and what is beyond whole bytes
            }
            None => self.refill_at_the_end(),
        }
    }

    #[cold]
    fn refill_at_the_end(&mut self) {
        while self.held < 56 {
            let byte = self.data.get(self.at).copied().unwrap_or(0);
            self.hold |= u64::from(byte) << (56 - self.held);
            self.held += 8;
            self.at += 1;
        }
    }

    /// The next `n` bits, 1 to 32, without going on; they must be held.
    #[inline(always)]
    pub(super) fn peek(&self, n: u32) -> u32 {
        (self.hold >> (64 - n)) as u32
    }

    /// Goes on by `n` bits, which must be held.
    #[inline(always)]
    pub(super) fn skip(&mut self, n: u32) {
        self.hold <<= n;
        self.held -= n;
    }

    /// Reads the next `n` bits, 1 to 32.
    #[inline(always)]
    pub(super) fn take(&mut self, n: u32) -> u32 {
        if self.held < n {
            self.refill();
        }
        let value = self.peek(n);
        self.skip(n);
        value
    }

    /// Bits from the start of the slice.
    pub(super) fn position(&self) -> usize {
        self.at * 8 - self.held as usize
    }

    /// Whether more bits were read than there are.
    pub(super) fn is_over(&self) -> bool {
        self.position() > self.data.len() * 8
    }

    /// What reading came to, unless it read zeros that are not there.
    pub(super) fn checked<T>(&self, result: Result<T, Fault>) -> Result<T, Fault> {
        if self.is_over() { Err(Fault::Starved) } else { result }
    }
}
