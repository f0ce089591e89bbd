//! Files that grow without end.

use std::io::{self, Read, Write};

use super::archives::*;
use super::*;

const MIB: u64 = 1 << 20;

fn zeros(mut encoder: impl Write, bytes: u64) {
    let piece = vec![0; MIB as usize];
    for _ in 0..bytes / MIB {
        encoder.write_all(&piece).unwrap();
    }
    encoder.flush().unwrap();
}

fn gzip_zeros(bytes: u64) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    zeros(&mut encoder, bytes);
    encoder.finish().unwrap()
}

fn bzip2_zeros(bytes: u64) -> Vec<u8> {
    let mut encoder = ::bzip2::write::BzEncoder::new(Vec::new(), ::bzip2::Compression::new(9));
    zeros(&mut encoder, bytes);
    encoder.finish().unwrap()
}

fn zstd_zeros(bytes: u64) -> Vec<u8> {
    let mut encoder = ::zstd::Encoder::new(Vec::new(), 1).unwrap();
    zeros(&mut encoder, bytes);
    encoder.finish().unwrap()
}

/// Counts and throws away.
#[derive(Default)]
struct Counter {
    bytes: u64,
    reports: Vec<LeafReport>,
}

impl Visitor for Counter {
    fn start(&mut self, _: &str) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn data(&mut self, chunk: &[u8]) -> ControlFlow<()> {
        self.bytes += chunk.len() as u64;
        ControlFlow::Continue(())
    }

    fn end(&mut self, report: LeafReport) -> ControlFlow<()> {
        self.reports.push(report);
        ControlFlow::Continue(())
    }
}

fn count(bytes: Vec<u8>, limits: &Limits) -> Counter {
    let mut counter = Counter::default();
    walk(&MemoryBlob::new(bytes), limits, &mut counter).unwrap();
    counter
}

#[test]
fn a_file_of_zeros_is_stopped_after_64_mib() {
    let bomb = gzip_zeros(256 * MIB);
    let found = count(bomb, &Limits::default());
    assert!((63 * MIB..=64 * MIB).contains(&found.bytes), "{}", found.bytes);
    assert_eq!(found.reports[0].end.name(), "bomb");
}

#[test]
fn a_bomb_is_cut_at_the_same_byte_wherever_it_lies() {
    let limits = Limits { bomb_free_bytes: 2 * MIB, ..Limits::default() };
    for bomb in [gzip_zeros(16 * MIB), bzip2_zeros(64 * MIB), zstd_zeros(64 * MIB)] {
        let size = bomb.len() as u64;
        let found = count(bomb.clone(), &limits);
        assert!((MIB..=2 * MIB.max(size * 200)).contains(&found.bytes), "{} out of {size}", found.bytes);
        assert_eq!(found.reports[0].end.name(), "bomb");
        assert_eq!(found.reports[0].stored_bytes, size, "its digest is that of the whole file");
        let files = [("x".to_owned(), lines(1, 3)), ("bomb".to_owned(), bomb), ("y".to_owned(), lines(2, 3))];
        for archive in [tar(&files), zip(&files, STORED), gzip(&tar(&files))] {
            let inside = count(archive, &limits);
            let [x, bomb, y] = &inside.reports[..] else { panic!("{:?}", inside.reports) };
            assert_eq!((&x.end, &y.end), (&End::Complete, &End::Complete));
            assert_eq!((bomb.bytes, &bomb.end), (found.reports[0].bytes, &found.reports[0].end));
        }
    }
}

/// Reads come as they like: a few bytes at a time.
struct Dribbling(MemoryBlob, usize);

impl Blob for Dribbling {
    fn size(&self) -> u64 {
        self.0.size()
    }

    fn reader(&self, start: u64) -> Box<dyn Read + Send> {
        Box::new(Drops(self.0.reader(start), self.1))
    }
}

struct Drops(Box<dyn Read + Send>, usize);

impl Read for Drops {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = out.len().min(self.1);
        self.0.read(&mut out[..most])
    }
}

#[test]
fn a_bomb_is_cut_at_the_same_byte_however_it_arrives() {
    let limits = Limits { bomb_free_bytes: 2 * MIB, ..Limits::default() };
    for bomb in [gzip_zeros(32 * MIB), bzip2_zeros(64 * MIB), zstd_zeros(64 * MIB)] {
        let at_once = count(bomb.clone(), &limits).reports;
        for piece in [1, 1000, 4096] {
            let mut counter = Counter::default();
            walk(&Dribbling(MemoryBlob::new(bomb.clone()), piece), &limits, &mut counter).unwrap();
            assert_eq!(counter.reports, at_once, "{piece} bytes at a time");
        }
    }
}

#[test]
fn layers_that_multiply_are_stopped_together() {
    let limits = Limits { bomb_free_bytes: MIB, ..Limits::default() };
    // 180 : 1, twice: each layer alone is within bounds.
    let half: Vec<u8> = lines(1, 5000).iter().flat_map(|&byte| [byte; 60]).collect();
    let inner = gzip(&half);
    assert!(half.len() as u64 / (inner.len() as u64) < 200);
    let repeated: Vec<u8> = std::iter::repeat_n(inner, 40).flatten().collect();
    let outer = zstd(&repeated);
    assert!(repeated.len() / outer.len() < 200, "{}", repeated.len() / outer.len());
    assert!(half.len() * 40 / outer.len() > 200);
    assert_eq!(count(outer, &limits).reports[0].end.name(), "bomb");
    assert_eq!(count(repeated, &limits).reports[0].end, End::Complete);
}

#[test]
fn an_archive_that_is_a_bomb_ends_what_it_holds() {
    let limits = Limits { bomb_free_bytes: MIB, ..Limits::default() };
    let files = [
        ("x".to_owned(), lines(1, 3)),
        ("zeros".to_owned(), vec![0; 8 << 20]),
        ("y".to_owned(), lines(2, 3)),
    ];
    let found = count(gzip(&tar(&files)), &limits);
    let ends: Vec<_> =
        found.reports.iter().map(|report| (report.label.as_str(), report.end.name())).collect();
    assert_eq!(ends, [("x", "complete"), ("zeros", "bomb")]);
    for archive in [zip(&files, DEFLATED), gzip(&zip(&files, DEFLATED))] {
        let found = count(archive, &limits);
        let ends: Vec<_> =
            found.reports.iter().map(|report| (report.label.as_str(), report.end.name())).collect();
        assert_eq!(ends[..2], [("x", "complete"), ("zeros", "bomb")]);
    }
    assert_eq!(count(zip(&files, DEFLATED), &limits).reports[2].end, End::Complete);
}

#[test]
fn a_member_is_cut_at_its_longest() {
    let text = lines(1, 3000);
    for most in [0, 1, 100_000] {
        let limits = Limits { max_member_bytes: most, ..Limits::default() };
        for file in [gzip(&text), bzip2(&text), zstd(&text)] {
            let files = [("a".to_owned(), file.clone()), ("b".to_owned(), b"".to_vec())];
            for leaf in [&walk_with(&file, &limits)[0], &walk_with(&tar(&files), &limits)[0]] {
                assert_eq!(leaf.data, text[..most as usize]);
                assert_eq!(leaf.report.end, End::TooLarge(format!("more than {most} bytes")));
                assert_eq!(leaf.report.stored_digest, *blake3::hash(&file).as_bytes());
            }
            assert_eq!(walk_with(&tar(&files), &limits)[1].report.end, End::Complete);
        }
    }
    let limits = Limits { max_member_bytes: text.len() as u64, ..Limits::default() };
    assert_eq!(walk_with(&gzip(&text), &limits)[0].report.end, End::Complete, "exactly as long as allowed");
}

// An export of the platform as one file of lines used to be cut at 64 GiB.
#[test]
fn what_is_compressed_nowhere_may_have_any_length() {
    let text = lines(1, 3000);
    let limits = Limits { max_member_bytes: 100_000, ..Limits::default() };
    let files = [("a".to_owned(), text.clone())];
    let tar_in_tar = tar(&[("in.tar".to_owned(), tar(&files))]);
    for stored in [text.clone(), tar(&files), zip(&files, STORED), tar_in_tar] {
        let leaf = &walk_with(&stored, &limits)[0];
        assert_eq!((&leaf.report.end, leaf.data.len()), (&End::Complete, text.len()));
    }
    for compressed in [gzip(&tar(&files)), zip(&files, DEFLATED), gzip(&zip(&files, STORED))] {
        let leaf = &walk_with(&compressed, &limits)[0];
        assert_eq!((leaf.report.end.name(), leaf.data.len()), ("too_large", 100_000));
    }
}
