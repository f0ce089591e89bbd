//! Files of bzip2 that are long enough for all threads to decode them.

use super::archives::*;
use super::*;

const BLOCK_MAGIC: u64 = 0x3141_5926_5359;
const END_MAGIC: usize = 0x1772_4538_5090;

/// What doesn't compress, so that a long file takes little time.
fn noise(seed: u64, bytes: usize) -> Vec<u8> {
    let mut noise = vec![0; bytes];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut noise);
    noise
}

/// The same text with more selectors than are used, as some encoders write them. These spell the magic number
/// of a block, and a decoder passes over them.
fn with_false_magic(text: &[u8]) -> Vec<u8> {
    let file = bzip2(text);
    let mut bits: Vec<bool> =
        file.iter().flat_map(|byte| (0..8).map(move |i| byte >> (7 - i) & 1 == 1)).collect();
    let number = |bits: &[bool]| bits.iter().fold(0_usize, |number, &bit| number << 1 | usize::from(bit));
    // Header, magic, checksum, order, start; then which bytes occur, and how many codes there are.
    let mut at = 32 + 48 + 32 + 1 + 24;
    at += 16 + 16 * bits[at..at + 16].iter().filter(|&&bit| bit).count() + 3;
    let groups = number(&bits[at..at + 15]);
    let behind = (at + 15..).filter(|&at| !bits[at]).nth(groups - 1).unwrap() + 1;
    let more: Vec<bool> = (0..48).map(|i| BLOCK_MAGIC >> (47 - i) & 1 == 1).chain([false]).collect();
    let groups = groups + more.iter().filter(|&&bit| !bit).count();
    (0..15).for_each(|i| bits[at + i] = groups >> (14 - i) & 1 == 1);
    bits.splice(behind..behind, more);
    let end = (0..bits.len() - 80).rfind(|&at| number(&bits[at..at + 48]) == END_MAGIC).unwrap();
    bits.truncate(end + 48 + 32);
    bits.chunks(8).map(|byte| number(byte) << (8 - byte.len())).map(|byte| byte as u8).collect()
}

/// Length and digest of what came out, and how it ended.
fn read(file: &[u8]) -> (usize, blake3::Hash, End) {
    let leaf = bare(file);
    (leaf.data.len(), blake3::hash(&leaf.data), leaf.report.end)
}

/// Reads it with all threads; with one it must come to the same.
fn read_twice(file: &[u8]) -> (usize, blake3::Hash, End) {
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let (one, all) = (alone.install(|| read(file)), read(file));
    assert_eq!(one, all);
    all
}

#[test]
fn a_long_file_is_the_same_whoever_decodes_it() {
    let texts = [noise(1, 9 << 20), lines(1, 2000), noise(2, 4 << 20), vec![7; 60 << 20], noise(3, 3 << 20)];
    let [first, magic, second, zeros, third] = &texts;
    let files = [bzip2(first), with_false_magic(magic), bzip2(second), bzip2(zeros), bzip2(third)];
    assert_eq!(bare(&files[1]).content().2, magic);
    let file = files.concat();
    let whole: Vec<u8> = texts.concat();
    assert_eq!(read_twice(&file), (whole.len(), blake3::hash(&whole), End::Complete));

    let long = files[0].len();
    for at in [long - 100_000, long + 12, long + files[1].len() + 50_000, file.len() - 2] {
        let mut damaged = file.clone();
        damaged[at] ^= 0x10;
        let (bytes, digest, end) = read_twice(&damaged);
        assert_eq!((digest, end.name()), (blake3::hash(&whole[..bytes]), "corrupt"), "flipped at {at}");
        let (bytes, digest, end) = read_twice(&file[..at]);
        assert_eq!((digest, end.name()), (blake3::hash(&whole[..bytes]), "truncated"), "cut at {at}");
    }
}
