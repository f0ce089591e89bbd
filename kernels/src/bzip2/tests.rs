use std::io::{Read, Write};

use ::bzip2::Compression;
use ::bzip2::read::MultiBzDecoder;
use ::bzip2::write::BzEncoder;
use proptest::prelude::*;

use super::*;

fn compressed(bytes: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = BzEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What one decoder makes of a file of streams: the bytes of the blocks before any fault, and that fault.
fn streams(
    file: &[u8],
    mut read: impl FnMut(usize, Level) -> Result<(Found, Vec<u8>, u32), Fault>,
) -> (Vec<u8>, Option<Fault>) {
    let (mut bytes, mut at) = (Vec::new(), 0);
    while at < file.len() {
        let Some(header) = file[at..].first_chunk() else { return (bytes, Some(Fault::Starved)) };
        let Some(level) = Level::of_header(*header) else {
            return (bytes, Some(Fault::Corrupt("no header")));
        };
        let (mut bit, mut stream) = ((at + HEADER_BYTES) * 8, 0);
        loop {
            match read(bit, level) {
                Ok((Found::Block { end }, block, crc)) => {
                    bytes.extend(block);
                    stream = combine(stream, crc);
                    bit = end;
                }
                Ok((Found::End { crc, end }, ..)) if crc == stream => {
                    at = end.div_ceil(8);
                    break;
                }
                Ok(_) => return (bytes, Some(Fault::Corrupt("the checksum of the stream"))),
                Err(fault) => return (bytes, Some(fault)),
            }
        }
    }
    (bytes, None)
}

/// Decodes in pieces of `piece` bytes.
fn fast(file: &[u8], piece: usize) -> (Vec<u8>, Option<Fault>) {
    let (mut decoder, mut block) = (Decoder::new(), Block::default());
    let mut out = vec![0; piece];
    streams(file, |bit, level| {
        let found = decoder.read(file, bit, level, &mut block)?;
        let mut bytes = Vec::new();
        loop {
            match block.write(&mut out) {
                0 => return Ok((found, bytes, block.crc())),
                n => bytes.extend(&out[..n]),
            }
        }
    })
}

fn plain(file: &[u8]) -> (Vec<u8>, Option<Fault>) {
    streams(file, |bit, level| {
        let (found, bytes) = cpu::block(file, bit, level)?;
        let mut crc = crc::Crc::new();
        crc.update(&bytes);
        Ok((found, bytes, crc.sum()))
    })
}

/// What the decoder everyone uses makes of it; none where it refuses.
fn reference(file: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    MultiBzDecoder::new(file).read_to_end(&mut bytes).ok().map(|_| bytes)
}

/// Text as it comes in lines of JSON: the same keys over and over, and numbers.
fn lines(seed: u64, count: u64) -> Vec<u8> {
    let line = |i: u64| {
        let number = (i + seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        format!(
            "{{\"id\":{number},\"text\":\"{:x} says {:b}\",\"lang\":\"en\"}}\r\n",
            number >> 40,
            number >> 56
        )
    };
    (0..count).flat_map(|i| line(i).into_bytes()).collect()
}

fn noise(seed: u64, bytes: usize, alphabet: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let next = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % alphabet) as u8
    });
    next.take(bytes).collect()
}

#[test]
fn every_kind_of_text_comes_back() {
    let mut texts = vec![
        Vec::new(),
        b"a".to_vec(),
        b"\0".to_vec(),
        b"abracadabra".to_vec(),
        lines(1, 30_000),
        noise(1, 1_000_000, 256),
        noise(2, 1_000_000, 2),
        noise(3, 300_000, 70),
        (0..=255).collect(),
        b"ab".repeat(500_000),
        b"abcdefghijklm".repeat(100_000),
        vec![7; 5_000_000],
        noise(4, 4_000, 256).into_iter().flat_map(|byte| [byte; 300]).collect(),
        // Long stretches that repeat what was far away: marks lie far apart on the way.
        lines(2, 2_000).repeat(8),
    ];
    texts.extend(
        (1..12).chain(250..268).map(|run| [vec![b'x'; run], b"y".to_vec(), vec![b'z'; run]].concat()),
    );
    for (i, text) in texts.iter().enumerate() {
        for level in [1, 5, 9] {
            let file = compressed(text, level);
            assert!(fast(&file, 1 << 16) == (text.clone(), None), "text {i}, level {level}");
            if text.len() <= 400_000 {
                assert!(plain(&file) == (text.clone(), None), "text {i}, level {level}, plain");
            }
        }
    }
}

#[test]
fn streams_follow_each_other() {
    let file = [compressed(b"one", 1), compressed(b"", 9), compressed(b"two", 5)].concat();
    assert_eq!(fast(&file, 100), (b"onetwo".to_vec(), None));
    assert_eq!(plain(&file), (b"onetwo".to_vec(), None));
}

#[test]
fn a_level_bounds_its_blocks() {
    let mut file = compressed(&noise(1, 150_000, 256), 9);
    assert_eq!(fast(&file, 1000).1, None);
    file[3] = b'1';
    let fault = Some(Fault::Corrupt("a block longer than its stream allows"));
    assert_eq!((fast(&file, 1000).1, plain(&file).1, reference(&file)), (fault, fault, None));
}

#[test]
fn a_block_in_random_order_is_unsupported() {
    let mut file = compressed(b"any", 9);
    file[14] |= 0x80;
    assert!(matches!(fast(&file, 10).1, Some(Fault::Unsupported(_))));
    assert_eq!(fast(&file, 10), plain(&file));
}

#[test]
fn a_cut_file_is_starved_wherever_it_is_cut() {
    for text in [lines(1, 300), noise(1, 3000, 256), b"short".to_vec(), vec![0; 10_000]] {
        let file = compressed(&text, 1);
        for cut in 1..file.len() {
            let (bytes, fault) = fast(&file[..cut], 1000);
            assert!(bytes.is_empty() || bytes == text, "cut at {cut}");
            assert_eq!(fault, Some(Fault::Starved), "cut at {cut}");
            assert!((bytes, fault) == plain(&file[..cut]), "cut at {cut}");
        }
    }
}

/// The text is one that marks lie on as on any other, but the way comes back to its start and never sees most.
#[test]
fn a_way_that_goes_in_circles_ends() {
    for period in [1, 2, 3, 1000, 4096, 50_000] {
        let text = noise(5, period, 256).repeat(800_000 / period);
        assert!(fast(&compressed(&text, 9), 1 << 20) == (text, None), "period {period}");
    }
}

#[test]
fn blocks_are_found_at_any_bit() {
    for shift in 0..8 {
        let mut file = vec![0xff; 100];
        for (byte, offset) in
            (BLOCK_MAGIC << 16 >> shift).to_be_bytes().into_iter().zip([40, 41, 42, 43, 44, 45, 46])
        {
            file[offset] = byte;
        }
        let bit = 40 * 8 + shift;
        for (from, found) in
            [(0, Some(bit)), (bit - 1, Some(bit)), (bit, Some(bit)), (bit + 1, None), (900, None)]
        {
            assert_eq!(find(&file, from), found, "shifted by {shift}, from {from}");
        }
        assert_eq!(find(&file[..46], 0), None);
    }
    let file = compressed(&noise(1, 1_000_000, 256), 1);
    let (mut expected, mut bit) = (Vec::new(), 32);
    let (mut decoder, mut block) = (Decoder::new(), Block::default());
    while let Ok(Found::Block { end }) = decoder.read(&file, bit, Level(1), &mut block) {
        expected.push(bit);
        bit = end;
    }
    let next = |&bit: &usize| find(&file, bit + 1);
    let found: Vec<usize> = std::iter::successors(find(&file, 0), next).collect();
    assert_eq!((found.len(), found), (11, expected));
}

#[test]
fn each_first_sixteen_agree() {
    fn moves<N: front::Near>(places: &[usize]) -> Vec<u8> {
        let mut near = N::new(std::array::from_fn(|i| i as u8));
        places
            .iter()
            .map(|&place| if place < 16 { near.touch(place) } else { near.push(place as u8) })
            .collect()
    }
    let places: Vec<usize> = noise(1, 10_000, 24).into_iter().map(usize::from).collect();
    let portable = moves::<u128>(&places);
    #[cfg(target_arch = "x86_64")]
    if processor::is_recent() {
        assert_eq!(moves::<front::shuffled::Shuffled>(&places), portable);
    }
    let mut list: Vec<u8> = (0..16).collect();
    for (&place, &byte) in places.iter().zip(&portable) {
        let expected = if place < 16 { list.remove(place) } else { list.remove(15) };
        assert_eq!(byte, expected);
        list.insert(0, if place < 16 { byte } else { place as u8 });
    }
}

fn any_text() -> impl Strategy<Value = Vec<u8>> {
    let piece = (any::<u64>(), 1_usize..400, 1_u64..=256, 1_usize..40);
    prop::collection::vec(piece, 0..8).prop_map(|pieces| {
        let bytes = |(seed, bytes, alphabet, repeat)| noise(seed, bytes, alphabet).repeat(repeat);
        pieces.into_iter().flat_map(bytes).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_comes_back(text in any_text(), level in 1_u32..=9, piece in 1_usize..3000) {
        let file = compressed(&text, level);
        prop_assert!(fast(&file, piece) == (text.clone(), None));
        prop_assert!(plain(&file) == (text, None));
    }

    /// Whatever is flipped, the plain body and the fast one say the same, and the reference agrees on what is
    /// accepted. Bytes that are given out are bytes that were written.
    #[test]
    fn damage_is_told_alike(
        text in any_text(),
        flips in prop::collection::vec((any::<usize>(), 0_u8..8), 1..4),
        early: bool,
        cut in any::<usize>(),
    ) {
        let mut file = compressed(&text, 1);
        let within = if early { file.len().min(400) } else { file.len() };
        for (at, bit) in flips {
            file[at % within] ^= 1 << bit;
        }
        if cut % 3 == 0 {
            file.truncate(cut / 3 % file.len() + 1);
        }
        let found = fast(&file, 1000);
        prop_assert!(found == plain(&file), "{:?} and {:?}", found.1, plain(&file).1);
        prop_assert!(text.starts_with(&found.0), "{:?}", found.1);
        let reference = reference(&file);
        prop_assert!(found.1.is_some() || reference == Some(found.0), "only one accepts it");
        prop_assert!(found.1.is_none() || reference.is_none(), "{:?}, says one alone", found.1);
    }

    /// Heads that make sense up to some point, and then anything.
    #[test]
    fn noise_never_panics(head in 0_usize..200, noise in prop::collection::vec(any::<u8>(), 0..3000)) {
        let file = compressed(&lines(1, 500), 1);
        let file = [&file[..head.min(file.len())], &noise].concat();
        if file.len() >= HEADER_BYTES {
            prop_assert!(fast(&file, 1000) == plain(&file));
        }
    }

    /// A lookup finds what reading bit by bit finds, in codes that are complete, too small, or too large.
    #[test]
    fn any_lengths_make_a_code(
        lengths in prop::collection::vec(1_u8..=20, 3..258),
        data in prop::collection::vec(any::<u8>(), 1..200),
    ) {
        let mut code = code::Code::new();
        code.set(&lengths);
        let plain = cpu::Code(lengths.iter().map(|&length| usize::from(length)).collect());
        let mut plain_bits = cpu::Bits { data: &data, at: 0 };
        let mut bits = bits::Bits::new(&data, 0);
        loop {
            let expected = plain.symbol(&mut plain_bits).map(|symbol| match symbol {
                0 | 1 => (0, symbol as u32 + 1),
                _ if symbol == lengths.len() - 1 => (0x1ff, 0),
                _ => (symbol - 1, 0),
            });
            bits.refill();
            let symbol = code.look_up(&bits);
            bits.skip(symbol.length());
            let found = if symbol.is_undecided() { code.decide(&mut bits) } else { Ok(symbol) };
            let found = bits.checked(found.map(|symbol| (symbol.index(), symbol.run())));
            prop_assert_eq!(found, expected);
            if found.is_err() {
                break;
            }
            prop_assert_eq!(bits.position(), plain_bits.at);
        }
    }
}
