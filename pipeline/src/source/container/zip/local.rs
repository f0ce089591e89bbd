//! The header in front of each member of a zip, and the fields it shares with the directory.

/// Length of a local header without its name and extra fields.
pub(super) const LOCAL_BYTES: usize = 30;

const LOCAL: [u8; 4] = *b"PK\x03\x04";

/// What may follow the last member: the directory, its end (zip64 or not), or its decryption header.
const AFTER_MEMBERS: [[u8; 4]; 4] = [*b"PK\x01\x02", *b"PK\x05\x06", *b"PK\x06\x06", *b"PK\x06\x08"];

pub(super) fn begins_directory(bytes: &[u8]) -> bool {
    AFTER_MEMBERS.iter().any(|signature| bytes.starts_with(signature))
}

pub(super) fn begins_header(bytes: &[u8]) -> bool {
    bytes.starts_with(&LOCAL) || begins_directory(bytes)
}

/// How a member is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Local {
    pub(super) name: String,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc: u32,
    /// Compressed bytes.
    pub(super) stored: u64,
    /// Decompressed bytes.
    pub(super) size: u64,
}

impl Local {
    pub(super) const STORED: u16 = 0;
    pub(super) const DEFLATED: u16 = 8;

    /// Reads a whole local header.
    pub(super) fn parse(header: &[u8], lengths: Lengths) -> Self {
        let (fixed, variable) = header.split_at(LOCAL_BYTES);
        let (name, extra) = variable.split_at(lengths.name);
        let mut local = Self {
            name: String::from_utf8_lossy(name).into_owned(),
            flags: u16_at(fixed, 6),
            method: u16_at(fixed, 8),
            crc: u32_at(fixed, 14),
            stored: u32_at(fixed, 18).into(),
            size: u32_at(fixed, 22).into(),
        };
        widen(extra, [&mut local.size, &mut local.stored]);
        local
    }

    pub(super) fn is_directory(&self) -> bool {
        self.name.ends_with('/') && self.size == 0
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.flags & 1 != 0
    }

    /// Whether lengths and checksum follow the body and are zero up here.
    pub(super) fn has_descriptor(&self) -> bool {
        self.flags & 8 != 0
    }
}

/// Lengths of the variable parts of a local header.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lengths {
    pub(super) name: usize,
    pub(super) extra: usize,
}

impl Lengths {
    pub(super) fn total(self) -> usize {
        LOCAL_BYTES + self.name + self.extra
    }
}

/// `None` where there is no local header.
pub(super) fn lengths(head: &[u8; LOCAL_BYTES]) -> Option<Lengths> {
    let lengths = || Lengths { name: u16_at(head, 26).into(), extra: u16_at(head, 28).into() };
    head.starts_with(&LOCAL).then(lengths)
}

/// Takes from the zip64 extra field those of `fields` that don't fit their 32 bits, in its order.
pub(super) fn widen<const N: usize>(mut extra: &[u8], fields: [&mut u64; N]) {
    const ZIP64: u16 = 1;
    while extra.len() >= 4 {
        let (head, rest) = extra.split_at(4);
        let (body, rest) = rest.split_at(usize::from(u16_at(head, 2)).min(rest.len()));
        if u16_at(head, 0) == ZIP64 {
            let mut wide = body.chunks_exact(8).map(|bytes| u64_at(bytes, 0));
            for field in fields {
                if *field == u64::from(u32::MAX) {
                    *field = wide.next().unwrap_or(*field);
                }
            }
            return;
        }
        extra = rest;
    }
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(array_at(bytes, at))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array_at(bytes, at))
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array_at(bytes, at))
}

/// Zeros where `bytes` is too short: callers look at records of fixed length.
fn array_at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes.get(at..).and_then(|bytes| bytes.first_chunk()).copied().unwrap_or([0; N])
}
