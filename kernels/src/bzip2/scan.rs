//! Where blocks may begin, without reading what is before them.

use super::BLOCK_MAGIC;

/// By value of the third byte of eight that hold the magic number of a block at some bit of the first: which
/// bits, the highest first, it may be at.
static BITS_BY_THIRD: [u8; 256] = {
    let mut bits = [0; 256];
    let mut bit = 0;
    while bit < 8 {
        bits[(BLOCK_MAGIC << 16 >> bit >> 40 & 0xff) as usize] |= 0x80 >> bit;
        bit += 1;
    }
    bits
};

/// The first bit of `data` at or after `from` where the magic number of a block stands. That may be chance: one
/// in 2^48 bits looks like it.
pub fn find(data: &[u8], from: usize) -> Option<usize> {
    let windows = data.get(from / 8..)?.array_windows::<7>().enumerate();
    for (at, window) in windows {
        let maybe = BITS_BY_THIRD[usize::from(window[2])];
        if maybe != 0 {
            let window = window.iter().fold(0, |window, &byte| window << 8 | u64::from(byte));
            let magic_at =
                |bit: usize| maybe << bit & 0x80 != 0 && window << bit >> 8 & 0xffff_ffff_ffff == BLOCK_MAGIC;
            let first = if at == 0 { from % 8 } else { 0 };
            if let Some(bit) = (first..8).find(|&bit| magic_at(bit)) {
                return Some((from / 8 + at) * 8 + bit);
            }
        }
    }
    None
}
