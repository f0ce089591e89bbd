//! What a file is, told by its first bytes: names and extensions lie.

use std::fmt;

use super::tar::header;

/// Bytes wanted to tell what something is: a tar shows itself only in a whole header.
pub const HEAD_BYTES: usize = 512;

/// An archive whose members can be found without reading it from its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Splittable {
    /// Members are found by their headers, at multiples of 512 bytes.
    Tar,
    /// Members are listed at the end.
    Zip,
}

/// Whether an object can be read in ranges, from its first [`HEAD_BYTES`] bytes or all it has.
pub fn splittable(head: &[u8]) -> Option<Splittable> {
    match sniff(head) {
        Found::Tar => Some(Splittable::Tar),
        Found::Zip => Some(Splittable::Zip),
        Found::Codec(_) | Found::Plain => None,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Tar,
    Zip,
    Codec(Codec),
    Plain,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tar => f.write_str("tar"),
            Self::Zip => f.write_str("zip"),
            Self::Codec(codec) => codec.fmt(f),
            Self::Plain => f.write_str("plain"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    Gzip,
    Bzip2,
    Zstd,
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Zstd => "zstd",
        })
    }
}

pub(super) fn sniff(head: &[u8]) -> Found {
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Found::Zip;
    }
    match codec_at(head) {
        Some(codec) => Found::Codec(codec),
        None if header::begins_tar(head) => Found::Tar,
        None => Found::Plain,
    }
}

/// The compression whose stream starts here. A head too short to tell counts as what it begins like, so
/// that a stream cut inside its magic is a truncated stream and not a line of noise.
pub(super) fn codec_at(head: &[u8]) -> Option<Codec> {
    const BLOCK: [u8; 6] = [0x31, 0x41, 0x59, 0x26, 0x53, 0x59];
    const EMPTY: [u8; 6] = [0x17, 0x72, 0x45, 0x38, 0x50, 0x90];
    match head {
        // Deflate is the only method; the upper three flags are reserved and zero.
        [0x1f, 0x8b] | [0x1f, 0x8b, 8] => Some(Codec::Gzip),
        [0x1f, 0x8b, 8, flags, ..] => (flags & 0xe0 == 0).then_some(Codec::Gzip),
        [b'B', b'Z', b'h'] => Some(Codec::Bzip2),
        [b'B', b'Z', b'h', b'1'..=b'9', magic @ ..] => {
            let seen = magic.get(..6).unwrap_or(magic);
            (BLOCK.starts_with(seen) || EMPTY.starts_with(seen)).then_some(Codec::Bzip2)
        }
        // A frame, or one to be skipped, which carries an index or a comment.
        [0x28, 0xb5, 0x2f]
        | [0x28, 0xb5, 0x2f, 0xfd, ..]
        | [0x50..=0x5f, 0x2a, 0x4d]
        | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Codec::Zstd),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_plain_even_where_it_looks_like_magic() {
        let mut json = br#"{"created_at":"Wed Jan 01 00:00:00 +0000 2020","id":1}"#.to_vec();
        json.resize(600, b' ');
        assert_eq!(sniff(&json), Found::Plain);
        for text in ["", "B", "BZh", "BZhello", "BZh9 is a magic", "PK", "\u{1f}", "(\u{b5}/"] {
            assert_eq!(sniff(text.as_bytes()) == Found::Plain, text != "BZh", "{text:?}");
        }
        assert_eq!(sniff(&[0; 1024]), Found::Plain);
        assert_eq!(sniff(&[0x1f, 0x8b, 8, 0xff]), Found::Plain);
    }

    #[test]
    fn a_stream_cut_inside_its_magic_is_still_that_stream() {
        for (codec, magic) in [
            (Codec::Gzip, &[0x1f, 0x8b, 8, 0][..]),
            (Codec::Bzip2, b"BZh9\x31\x41\x59\x26\x53\x59"),
            (Codec::Bzip2, b"BZh1\x17\x72\x45\x38\x50\x90"),
            (Codec::Zstd, &[0x28, 0xb5, 0x2f, 0xfd]),
            (Codec::Zstd, &[0x53, 0x2a, 0x4d, 0x18]),
        ] {
            for n in 3..=magic.len() {
                assert_eq!(sniff(&magic[..n]), Found::Codec(codec), "{codec} cut at {n}");
            }
        }
    }
}
