//! Bit masks over 64 bytes of text, and what is carried from one block to the next.
//!
//! Bit *i* of a mask is about byte *i* of the block.

use super::Faults;

/// Bits 0, 2, 4 …
const EVEN: u64 = 0x5555_5555_5555_5555;

/// Which bytes of a block belong to which class.
#[derive(Debug, Clone, Copy)]
pub(super) struct Classes {
    pub(super) backslash: u64,
    pub(super) quote: u64,
    /// `{ [`, in strings too, as all below.
    pub(super) opening: u64,
    /// `} ]`
    pub(super) closing: u64,
    pub(super) comma: u64,
    pub(super) colon: u64,
    /// Space, tab, line ends.
    pub(super) space: u64,
    /// Below 0x20.
    pub(super) control: u64,
}

/// Classes asked for only where a block holds an escape.
#[derive(Debug, Clone, Copy)]
pub(super) struct EscapeClasses {
    /// What may follow a backslash.
    pub(super) escapable: u64,
    pub(super) u: u64,
    pub(super) hexadecimal: u64,
}

/// What is known at the end of a block of the next one.
#[derive(Debug)]
pub(super) struct Carry {
    /// 1 when its first byte is escaped.
    escaped: u64,
    /// All ones when it starts inside a string.
    in_string: u64,
    /// 1 when its first byte can continue a word.
    in_word: u64,
    /// Bits of its first four bytes that must be hexadecimal digits.
    hexadecimal: u64,
    /// 1 when what stood last, white space passed over, asks for a value: an opening bracket, a comma, a colon.
    wants_value: u64,
    /// 1 when that was an opening bracket.
    opened: u64,
    /// 1 when that was a string.
    string: u64,
    faults: Faults,
}

impl Carry {
    /// At the start of a text.
    pub(super) fn new() -> Self {
        Self {
            escaped: 0,
            in_string: 0,
            in_word: 0,
            hexadecimal: 0,
            wants_value: 1,
            opened: 0,
            string: 0,
            faults: Faults::default(),
        }
    }

    /// The tokens of the next block. `present` has the bits of its bytes that are text; `escapes` answers the
    /// classes of the same block.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "only inside its caller may it use what that one is compiled for"
    )]
    pub(super) fn tokens(
        &mut self,
        classes: &Classes,
        present: u64,
        prefix_xor: impl Fn(u64) -> u64,
        escapes: impl Fn() -> EscapeClasses,
    ) -> u64 {
        let behind_backslash = self.escaped(classes.backslash);
        let quotes = classes.quote & !behind_backslash;
        // From an opening quote up to, but not with, the closing one.
        let in_string = prefix_xor(quotes) ^ self.in_string;
        self.in_string = ((in_string as i64) >> 63) as u64;

        self.faults.control |= classes.control & in_string & present != 0;
        if behind_backslash | self.hexadecimal != 0 {
            let of_escapes = escapes();
            let escape = behind_backslash & in_string & present;
            let u = escape & of_escapes.u;
            let digits = (u << 1) | (u << 2) | (u << 3) | (u << 4) | self.hexadecimal;
            self.hexadecimal = (u >> 63) | (u >> 62) | (u >> 61) | (u >> 60);
            let wrong = (escape & !of_escapes.escapable) | (digits & !of_escapes.hexadecimal);
            self.faults.escape |= wrong & present != 0;
        }

        let outside = !(in_string | quotes);
        let space = classes.space & outside;
        let opening = classes.opening & outside;
        let closing = classes.closing & outside;
        let colon = classes.colon & outside;
        let separator = classes.comma & outside | colon;
        let word = outside & !(space | opening | closing | separator);
        let word_start = word & !((word << 1) | self.in_word);
        self.in_word = word >> 63;

        let value = (quotes & in_string) | word_start | opening;
        let wants_value = behind(opening | separator, space, &mut self.wants_value);
        let opened = behind(opening, space, &mut self.opened);
        let string = behind(quotes & !in_string, space, &mut self.string);
        let wrong = (value & !wants_value)
            | (separator & wants_value)
            | (closing & wants_value & !opened)
            | (colon & !string);
        self.faults.order |= wrong & present != 0;
        (value | closing) & present
    }

    /// The bytes that a backslash stands before which is not escaped itself.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "only inside its caller may it use what that one is compiled for"
    )]
    fn escaped(&mut self, backslash: u64) -> u64 {
        if backslash == 0 {
            return std::mem::take(&mut self.escaped);
        }
        // In a run of backslashes every other one escapes. Runs that start on odd bits are carried, by the
        // addition, to where they end; their parity tells which of their bytes are escaped.
        let backslash = backslash & !self.escaped;
        let follows = (backslash << 1) | self.escaped;
        let starts_odd = backslash & !EVEN & !follows;
        let (even_runs, overflow) = starts_odd.overflowing_add(backslash);
        self.escaped = u64::from(overflow);
        (EVEN ^ (even_runs << 1)) & follows
    }

    /// What is wrong, once the last block is done.
    pub(super) fn finish(mut self) -> Faults {
        self.faults.open_string = self.in_string != 0;
        self.faults
    }
}

/// The bytes before which, white space passed over, one of `bytes` stands; `carry` is that of the byte before the block.
#[inline(always)]
#[expect(clippy::inline_always, reason = "only inside its caller may it use what that one is compiled for")]
fn behind(bytes: u64, space: u64, carry: &mut u64) -> u64 {
    let next = (bytes << 1) | *carry;
    *carry = bytes >> 63;
    if space == 0 {
        return next;
    }
    // Added to the first bit of a run of spaces, a bit is carried to the first after the run.
    let (after, overflow) = space.overflowing_add(next & space);
    *carry |= u64::from(overflow);
    (next | after) & !space
}
