//! One 512-byte block of a tar, and the extended headers.

use std::ops::Range;

use tar::Header;

/// Everything in a tar lies at multiples of this.
pub(in crate::source::container) const BLOCK_BYTES: u64 = 512;

/// A block where a header is expected.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// All zeros: two of them end an archive.
    Zero,
    Member(Member),
    /// Neither, and why.
    Damaged(&'static str),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) kind: Kind,
    pub(super) name: Vec<u8>,
    /// Length of the body, which follows the header.
    pub(super) size: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    /// A file with holes, whose map continues in further blocks (`more`).
    Sparse {
        more: bool,
    },
    /// Its body is the name of the next member.
    LongName,
    /// Its body holds keywords that apply to the next member.
    Pax,
    /// A directory, a link, a device: nothing to read, and no body whatever the size says.
    NoBody,
    /// Anything else: a body to be passed over.
    Other,
}

impl Member {
    /// Blocks of the body, in bytes.
    pub(super) fn padded_size(&self) -> u64 {
        match self.kind {
            Kind::NoBody => 0,
            _ => self.size.div_ceil(BLOCK_BYTES).saturating_mul(BLOCK_BYTES),
        }
    }
}

pub(super) fn parse(block: &[u8; BLOCK_BYTES as usize]) -> Block {
    if block.iter().all(|&byte| byte == 0) {
        return Block::Zero;
    }
    if !checksum_agrees(block) {
        return Block::Damaged("no tar header: its checksum is wrong");
    }
    let header = Header::from_byte_slice(block);
    let Ok(size) = header.entry_size() else {
        return Block::Damaged("no tar header: its size is no number");
    };
    let name = header.path_bytes().into_owned();
    let kind = match block[156] {
        b'\0' | b'0' | b'7' => Kind::File,
        b'1'..=b'6' => Kind::NoBody,
        b'L' => Kind::LongName,
        b'x' | b'X' => Kind::Pax,
        b'S' => Kind::Sparse { more: header.as_gnu().is_some_and(tar::GnuHeader::is_extended) },
        _ => Kind::Other,
    };
    Block::Member(Member { kind, name, size })
}

/// Whether a file that starts like this is a tar: its first header proves itself, or it is damaged in one
/// place and the rest of it still looks like nothing else.
pub(in crate::source::container) fn begins_tar(head: &[u8]) -> bool {
    // Mode, owner, group, size, time, checksum.
    const NUMBERS: [Range<usize>; 6] = [100..108, 108..116, 116..124, 124..136, 136..148, 148..156];
    let magic = head.get(257..263).is_some_and(|magic| magic == b"ustar\0" || magic == b"ustar ");
    let is_number = |range: Range<usize>| head.get(range).is_some_and(|field| octal(field).is_some());
    let is_blank =
        |range: Range<usize>| head.get(range).is_some_and(|field| field.iter().all(|&byte| byte == 0));
    let [mode, owner, group, size, time, checksum] = NUMBERS;
    magic
        || head.first_chunk().is_some_and(checksum_agrees)
        || ([size, checksum].into_iter().all(is_number)
            && [mode, owner, group, time]
                .into_iter()
                .all(|field| is_blank(field.clone()) || is_number(field)))
}

/// The checksum is the sum of all bytes, its own field taken as blanks. Some old writers summed signed
/// bytes.
fn checksum_agrees(block: &[u8; BLOCK_BYTES as usize]) -> bool {
    let Some(wanted) = octal(&block[148..156]) else { return false };
    let outside = || block[..148].iter().chain(&block[156..]);
    let blanks = 8 * i64::from(b' ');
    let unsigned: i64 = outside().map(|&byte| i64::from(byte)).sum();
    let signed: i64 = outside().map(|&byte| i64::from(byte.cast_signed())).sum();
    wanted == unsigned + blanks || wanted == signed + blanks
}

/// Octal digits, after blanks if need be, with nothing but blanks and zero bytes behind.
fn octal(field: &[u8]) -> Option<i64> {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\0');
    let field = field.trim_ascii_start();
    let (digits, rest) = field.split_at(field.iter().position(is_blank).unwrap_or(field.len()));
    if digits.is_empty() || !rest.iter().all(is_blank) {
        return None;
    }
    digits.iter().try_fold(0, |value, digit| match digit {
        b'0'..=b'7' => Some(value * 8 + i64::from(digit - b'0')),
        _ => None,
    })
}

/// What pax keywords say about the next member.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pax {
    pub(super) path: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) sparse: bool,
}

/// Reads records `length keyword=value\n`, as far as they make sense; the length counts the whole record.
pub(super) fn parse_pax(mut body: &[u8]) -> Pax {
    let mut pax = Pax::default();
    while let Some((record, rest)) = next_record(body) {
        body = rest;
        let Some(equals) = record.iter().position(|&byte| byte == b'=') else { continue };
        let value = &record[equals + 1..];
        match &record[..equals] {
            b"path" => pax.path = Some(value.to_vec()),
            b"size" => pax.size = str::from_utf8(value).ok().and_then(|size| size.parse().ok()),
            keyword if keyword.starts_with(b"GNU.sparse.") => pax.sparse = true,
            _ => {}
        }
    }
    pax
}

fn next_record(body: &[u8]) -> Option<(&[u8], &[u8])> {
    let blank = body.iter().position(|&byte| byte == b' ')?;
    let length: usize = str::from_utf8(&body[..blank]).ok()?.parse().ok()?;
    let record = body.get(blank + 1..length)?.strip_suffix(b"\n")?;
    Some((record, &body[length..]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn header(name: &str, size: u64) -> Header {
        let mut header = Header::new_ustar();
        header.set_path(name).unwrap();
        header.set_size(size);
        header.set_cksum();
        header
    }

    #[test]
    fn a_header_proves_itself_by_its_checksum() {
        let mut block = *header("a/b.json", 1000).as_bytes();
        let member = Member { kind: Kind::File, name: b"a/b.json".to_vec(), size: 1000 };
        assert_eq!(member.padded_size(), 1024);
        assert_eq!(parse(&block), Block::Member(member));
        block[3] ^= 1;
        assert_eq!(parse(&block), Block::Damaged("no tar header: its checksum is wrong"));
        assert!(begins_tar(&block), "it still says ustar");
        block[3] ^= 1;
        block[257] ^= 1;
        assert!(begins_tar(&block), "its numbers still are numbers");
        block[101] = b'x';
        assert!(!begins_tar(&block));
        assert_eq!(parse(&[0; 512]), Block::Zero);
    }

    #[test]
    fn sums_of_signed_bytes_are_accepted() {
        let mut header = header("x", 0);
        header.as_old_mut().name[..2].copy_from_slice("é".as_bytes());
        header.set_cksum();
        let mut block = *header.as_bytes();
        assert!(checksum_agrees(&block));
        let sum = octal(&block[148..156]).unwrap() - 2 * 256;
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        assert!(checksum_agrees(&block));
        block[148..156].copy_from_slice(format!("{:06o}\0 ", sum + 1).as_bytes());
        assert!(!checksum_agrees(&block));
    }

    #[test]
    fn sizes_beyond_octal_are_read() {
        assert!(matches!(parse(header("x", 1 << 40).as_bytes()), Block::Member(m) if m.size == 1 << 40));
        let huge = parse(header("x", u64::MAX).as_bytes());
        assert!(matches!(huge, Block::Member(m) if m.padded_size() > u64::MAX - 1024));
    }

    #[test]
    fn pax_records_are_read_by_length_and_nonsense_ends_them() {
        let pax = parse_pax(b"16 path=a\nb/c=d\n13 size=99999\n19 GNU.sparse.x=yes\n");
        assert_eq!(pax, Pax { path: Some(b"a\nb/c=d".to_vec()), size: None, sparse: false });
        let pax = parse_pax(b"16 path=a\nb/c=d\n14 size=99999\n20 GNU.sparse.x=yes\n");
        assert_eq!(pax, Pax { path: Some(b"a\nb/c=d".to_vec()), size: Some(99999), sparse: true });
        for nonsense in
            ["", " ", "5", "5 a=b", "0 a=b\n", "3 a=b\n", "99999999999999999999 a=b\n", "-6 a=b\n"]
        {
            assert_eq!(parse_pax(nonsense.as_bytes()), Pax::default(), "{nonsense:?}");
        }
    }
}
