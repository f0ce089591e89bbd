//! The checksum of a block: CRC-32 with the polynomial of Ethernet, the most significant bit first.

/// `TABLES[k][b]`: what byte `b` adds when `k` more bytes follow it.
static TABLES: [[u32; 256]; 16] = {
    let mut tables = [[0; 256]; 16];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = (byte as u32) << 24;
        let mut bit = 0;
        while bit < 8 {
            crc = super::cpu::crc_shift(crc);
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut after = 1;
    while after < 16 {
        let mut byte = 0;
        while byte < 256 {
            let crc: u32 = tables[after - 1][byte];
            tables[after][byte] = crc << 8 ^ tables[0][(crc >> 24) as usize];
            byte += 1;
        }
        after += 1;
    }
    tables
};

/// The checksum of bytes given one piece after the other.
#[derive(Clone, Copy)]
pub(super) struct Crc(u32);

impl Crc {
    pub(super) fn new() -> Self {
        Self(u32::MAX)
    }

    /// Sixteen bytes at a time: sixteen lookups that don't wait for each other.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        let (chunks, rest) = bytes.as_chunks::<16>();
        for chunk in chunks {
            let mut mixed = *chunk;
            for (byte, crc) in mixed.iter_mut().zip(self.0.to_be_bytes()) {
                *byte ^= crc;
            }
            self.0 = (0..16).fold(0, |crc, i| crc ^ TABLES[15 - i][usize::from(mixed[i])]);
        }
        for &byte in rest {
            self.0 = self.0 << 8 ^ TABLES[0][usize::from((self.0 >> 24) as u8 ^ byte)];
        }
    }

    pub(super) fn sum(self) -> u32 {
        !self.0
    }
}
