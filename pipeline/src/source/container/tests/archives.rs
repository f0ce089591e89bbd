//! Writers of archives, honest and otherwise.

use std::io::Write;

use flate2::write::{DeflateEncoder, GzEncoder};
use flate2::{Compression, Crc};

pub(super) type File = (String, Vec<u8>);

/// Lines like a stream's: `seed` tells files apart.
pub(super) fn lines(seed: usize, count: usize) -> Vec<u8> {
    let mut state = seed as u64 + 1;
    let mut text = Vec::new();
    for i in 0..count {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let word = state >> 20;
        write!(text, "{{\"id\":{seed}{i:05},\"text\":\"{word:x} of {i}\",\"lang\":\"en\"}}\r\n").unwrap();
    }
    text
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// In blocks of 100 kB, so that a few files have several.
pub(super) fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ::bzip2::write::BzEncoder::new(Vec::new(), ::bzip2::Compression::new(1));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ::zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A minute of each era, and what else lies around: a plain file, an empty one, a name that lies.
pub(super) fn minutes() -> Vec<File> {
    [
        ("2015/08/16/21/41.json.bz2", bzip2(&lines(1, 6000))),
        ("20210126/20210126023200.json.gz", gzip(&lines(2, 900))),
        ("minute.json.zst", zstd(&lines(3, 900))),
        ("minute.json", lines(4, 300)),
        (".09.json.bz2.J1uA1l", bzip2(&lines(5, 20))),
        ("empty.json", Vec::new()),
        ("really-gzip.json.bz2", gzip(&lines(6, 50))),
        ("page.html", b"<html>404</html>".to_vec()),
    ]
    .map(|(name, bytes)| (name.to_owned(), bytes))
    .to_vec()
}

pub(super) fn tar_header(name: &[u8], size: u64, kind: u8) -> [u8; 512] {
    let mut header = ::tar::Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_entry_type(::tar::EntryType::new(kind));
    header.set_cksum();
    *header.as_bytes()
}

/// The header with its checksum made to agree.
pub(super) fn checksummed(mut header: [u8; 512]) -> [u8; 512] {
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

pub(super) fn pad(tar: &mut Vec<u8>) {
    tar.resize(tar.len().next_multiple_of(512), 0);
}

/// Adds a member of any kind with its body.
pub(super) fn tar_member(tar: &mut Vec<u8>, name: &[u8], kind: u8, body: &[u8]) {
    tar.extend(tar_header(name, body.len() as u64, kind));
    tar.extend(body);
    pad(tar);
}

/// A tar as the `tar` crate writes it: long names in headers of their own, two blocks of zeros behind.
pub(super) fn tar(files: &[File]) -> Vec<u8> {
    let mut builder = ::tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        builder.append_data(&mut header, name, &bytes[..]).unwrap();
    }
    builder.into_inner().unwrap()
}

/// How a zip is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Zip {
    pub(super) deflate: bool,
    /// Lengths and checksum behind the body: without signature, with one, or with one and 8-byte lengths.
    pub(super) descriptor: Option<Descriptor>,
    pub(super) zip64: bool,
    pub(super) directory: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Descriptor {
    Bare,
    Signed,
    Wide,
}

pub(super) const STORED: Zip = Zip { deflate: false, descriptor: None, zip64: false, directory: true };
pub(super) const DEFLATED: Zip = Zip { deflate: true, ..STORED };

/// Written by hand, as streaming writers and 64-bit writers do and the `zip` crate doesn't.
pub(super) fn zip(files: &[File], how: Zip) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        let offset = out.len() as u64;
        let body = if how.deflate {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(6));
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        } else {
            bytes.clone()
        };
        let mut crc = Crc::new();
        crc.update(bytes);
        let lengths = [body.len() as u64, bytes.len() as u64];
        let fields = |crc: u32, lengths: [u64; 2], zip64: bool| {
            let mut out = vec![20, 0, if how.descriptor.is_some() { 8 } else { 0 }, 0];
            out.extend([if how.deflate { 8 } else { 0 }, 0, 0, 0, 0, 0]);
            out.extend(crc.to_le_bytes());
            for length in lengths {
                out.extend((if zip64 { u32::MAX } else { length as u32 }).to_le_bytes());
            }
            out.extend((name.len() as u16).to_le_bytes());
            out
        };
        let wide = |values: &[u64]| {
            // Another field first, to be passed over.
            let mut extra = vec![0x55, 0x54, 2, 0, 9, 9, 1, 0, values.len() as u8 * 8, 0];
            extra.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            extra
        };
        let local_extra = if how.zip64 { wide(&[lengths[1], lengths[0]]) } else { vec![] };
        out.extend(b"PK\x03\x04");
        if how.descriptor.is_some() {
            out.extend(fields(0, [0, 0], false));
        } else {
            out.extend(fields(crc.sum(), lengths, how.zip64));
        }
        out.extend((local_extra.len() as u16).to_le_bytes());
        out.extend(name.as_bytes());
        out.extend(&local_extra);
        out.extend(&body);
        if let Some(descriptor) = how.descriptor {
            if descriptor != Descriptor::Bare {
                out.extend(b"PK\x07\x08");
            }
            out.extend(crc.sum().to_le_bytes());
            for length in lengths {
                let bytes = length.to_le_bytes();
                out.extend(&bytes[..if descriptor == Descriptor::Wide { 8 } else { 4 }]);
            }
        }
        let extra = if how.zip64 { wide(&[lengths[1], lengths[0], offset]) } else { vec![] };
        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend(fields(crc.sum(), lengths, how.zip64));
        directory.extend((extra.len() as u16).to_le_bytes());
        directory.extend([0; 10]);
        directory.extend((if how.zip64 { u32::MAX } else { offset as u32 }).to_le_bytes());
        directory.extend(name.as_bytes());
        directory.extend(extra);
    }
    if !how.directory {
        return out;
    }
    let (offset, bytes, count) = (out.len() as u64, directory.len() as u64, files.len() as u64);
    out.extend(directory);
    if how.zip64 {
        let end = out.len() as u64;
        out.extend(b"PK\x06\x06\x2c\0\0\0\0\0\0\0\x2d\0\x2d\0\0\0\0\0\0\0\0\0");
        out.extend([count, count, bytes, offset].iter().flat_map(|value| value.to_le_bytes()));
        out.extend(b"PK\x06\x07\0\0\0\0");
        out.extend(end.to_le_bytes());
        out.extend(b"\x01\0\0\0PK\x05\x06\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0");
    } else {
        out.extend(b"PK\x05\x06\0\0\0\0");
        out.extend([count as u16, count as u16].iter().flat_map(|value| value.to_le_bytes()));
        out.extend([bytes as u32, offset as u32].iter().flat_map(|value| value.to_le_bytes()));
        out.extend(b"\x07\0comment");
    }
    out
}
