//! The same files in every kind of archive.

use std::io::{self, Read};

use super::archives::*;
use super::*;

/// Every way to put files together, with what goes before the name of a file in its label.
fn layouts(files: &[File]) -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let one = |name: &str, bytes: Vec<u8>| vec![(name.to_owned(), bytes)];
    let descriptor = |descriptor| Zip { descriptor: Some(descriptor), ..DEFLATED };
    let zip64 = Zip { zip64: true, ..DEFLATED };
    let no_directory = |how: Zip| zip(files, Zip { directory: false, ..how });
    let wide = descriptor(Descriptor::Wide);
    vec![
        ("tar", "", tar(files)),
        ("tar.gz", "", gzip(&tar(files))),
        ("tar.bz2", "", bzip2(&tar(files))),
        ("tar.zst", "", zstd(&tar(files))),
        ("zip, stored", "", zip(files, STORED)),
        ("zip, deflated", "", zip(files, DEFLATED)),
        ("zip, zip64", "", zip(files, zip64)),
        ("zip, descriptors", "", zip(files, wide)),
        ("zip.gz", "", gzip(&zip(files, STORED))),
        ("zip, deflated .gz", "", gzip(&zip(files, DEFLATED))),
        ("zip, zip64 .gz", "", gzip(&zip(files, Zip { deflate: false, ..zip64 }))),
        ("zip, bare descriptors .gz", "", gzip(&zip(files, descriptor(Descriptor::Bare)))),
        ("zip, signed descriptors .gz", "", gzip(&zip(files, descriptor(Descriptor::Signed)))),
        ("zip, wide descriptors .gz", "", gzip(&zip(files, wide))),
        ("zip in tar", "day.zip!", tar(&one("day.zip", zip(files, DEFLATED)))),
        ("tar in tar", "day.tar!", tar(&one("day.tar", tar(files)))),
        ("tar in zip", "day.tar!", zip(&one("day.tar", tar(files)), DEFLATED)),
        ("tar in stored zip", "day.tar!", zip(&one("day.tar", tar(files)), STORED)),
        ("zip in zip", "day.zip!", zip(&one("day.zip", zip(files, DEFLATED)), DEFLATED)),
        ("tar.gz in tar", "day!", tar(&one("day", gzip(&tar(files))))),
        ("zip in tar.zst in zip", "a!b!", zip(&one("a", zstd(&tar(&one("b", zip(files, STORED))))), STORED)),
        ("zip, no directory, cut", "", no_directory(STORED)),
    ]
}

#[test]
fn a_file_is_the_same_wherever_it_lies() {
    let files = minutes();
    let expected: Vec<Leaf> = files.iter().map(|(_, bytes)| bare(bytes)).collect();
    assert_eq!(expected[0].data, lines(1, 6000));
    assert_eq!(expected[1].data, lines(2, 900));
    assert_eq!(expected[2].data, lines(3, 900));
    assert_eq!(expected[3].data, lines(4, 300));
    assert_eq!(expected[6].data, lines(6, 50));
    for (leaf, (_, bytes)) in expected.iter().zip(&files) {
        assert_eq!(leaf.label(), "");
        assert_eq!(leaf.report.end, End::Complete);
        assert_eq!(leaf.report.stored_bytes, bytes.len() as u64);
        assert_eq!(leaf.report.stored_digest, *blake3::hash(bytes).as_bytes());
    }
    for (layout, prefix, archive) in layouts(&files) {
        let mut leaves = leaves(&archive);
        if layout.ends_with("cut") {
            let end = leaves.pop().expect("a notice").report.end;
            assert_eq!(end, End::Truncated("the zip ends before its directory".to_owned()));
        }
        assert_eq!(leaves.len(), files.len(), "{layout}: {:?}", labels(&leaves));
        for ((leaf, expected), (name, _)) in leaves.iter().zip(&expected).zip(&files) {
            assert_eq!(leaf.label(), format!("{prefix}{name}"), "{layout}");
            assert!(leaf.content() == expected.content(), "{layout}: {name}: {:?}", leaf.report);
        }
    }
}

#[test]
fn zips_of_another_writer_read_alike() {
    let files = minutes();
    let mut writer = ::zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = ::zip::write::SimpleFileOptions::default()
        .compression_method(::zip::CompressionMethod::Stored)
        .large_file(true);
    writer.add_directory("2015/08/", options).unwrap();
    for (name, bytes) in &files {
        writer.start_file(name.as_str(), options).unwrap();
        std::io::Write::write_all(&mut writer, bytes).unwrap();
    }
    let theirs = writer.finish().unwrap().into_inner();
    assert_eq!(leaves(&theirs), leaves(&zip(&files, STORED)));
    let streamed = taken_out_of("gzip", leaves(&gzip(&theirs)));
    assert_eq!(streamed, leaves(&zip(&files, STORED)), "as it comes");
}

#[test]
fn streams_one_after_the_other_are_one_file() {
    let parts = [lines(1, 3000), lines(2, 10), lines(3, 500)];
    let whole = parts.concat();
    for (name, codec) in [("gzip", gzip as fn(&[u8]) -> Vec<u8>), ("bzip2", bzip2), ("zstd", zstd)] {
        let mut file = parts.iter().flat_map(|part| codec(part)).collect::<Vec<u8>>();
        assert!(bare(&file).data == whole, "{name}");
        assert_eq!(bare(&file).report.end, End::Complete, "{name}");
        // Tapes and block devices leave zeros behind.
        file.extend(vec![0; 100_000]);
        assert_eq!(bare(&file).report.end, End::Complete, "{name}, padded");
        assert!(bare(&file).data == whole, "{name}, padded");
        file.extend(b"rubbish");
        let end = End::Corrupt(format!("trailing bytes that are not {name}"));
        assert_eq!(bare(&file).report.end, end);
        assert!(bare(&file).data == whole, "{name}, with rubbish");
    }
}

#[test]
fn skippable_frames_of_zstd_are_skipped() {
    let skipped = b"\x51\x2a\x4d\x18\x05\0\0\0index";
    let file = [&skipped[..], &zstd(b"one\n"), skipped, skipped, &zstd(b"two\n"), skipped].concat();
    assert_eq!((&bare(&file).data[..], bare(&file).report.end), (&b"one\ntwo\n"[..], End::Complete));
}

#[test]
fn a_file_compressed_twice_is_one_leaf() {
    let once = bzip2(&lines(1, 50));
    let twice = gzip(&once);
    let leaf = bare(&twice);
    assert_eq!(leaf.data, lines(1, 50));
    assert_eq!(leaf.report.stored_digest, *blake3::hash(&twice).as_bytes());
}

#[test]
fn nesting_ends_where_the_limit_says() {
    let limits = |max_nesting| Limits { max_nesting, ..Limits::default() };
    let mut file = lines(1, 5);
    for _ in 0..5 {
        file = gzip(&file);
    }
    assert_eq!(walk_with(&file, &limits(5))[0].data, lines(1, 5));
    let refused = &walk_with(&file, &limits(4))[0].report;
    assert_eq!(refused.end, End::Unsupported("nested more than 4 deep".to_owned()));
    assert_eq!(refused.stored_digest, *blake3::hash(&file).as_bytes());
    let archive = tar(&[("a.tar".to_owned(), tar(&[("b.gz".to_owned(), gzip(b"x"))]))]);
    assert_eq!(walk_with(&archive, &limits(3))[0].data, b"x");
    assert_eq!(walk_with(&archive, &limits(2))[0].report.end.name(), "unsupported");
    assert_eq!(walk_with(&archive, &limits(2))[0].label(), "a.tar!b.gz");
    assert_eq!(walk_with(&archive, &limits(1))[0].label(), "a.tar");
    assert_eq!(walk_with(&archive, &limits(0))[0].label(), "");
    assert_eq!(walk_with(&archive, &limits(0))[0].report.end.name(), "unsupported");
}

#[test]
fn only_regular_files_of_a_tar_are_read_and_names_are_labels() {
    let long = format!("{}/long.json", "d".repeat(300));
    let mut tar = Vec::new();
    tar_member(&mut tar, b"dir/", b'5', b"");
    tar_member(&mut tar, b"../../etc/passwd", b'0', b"up");
    tar_member(&mut tar, b"/etc/shadow", b'0', b"absolute");
    for kind in b"12346" {
        // The length of a link is that of what it points at: no body follows.
        let mut header = tar_header(b"link", 4096, *kind);
        header[157..163].copy_from_slice(b"target");
        tar.extend(checksummed(header));
    }
    tar_member(&mut tar, b"old-dir/", b'\0', b"");
    tar_member(&mut tar, b"old-file", b'\0', b"old");
    tar_member(&mut tar, b"contiguous", b'7', b"contiguous");
    tar_member(&mut tar, b"pax_global_header", b'g', b"20 path=for-everyone\n");
    tar_member(&mut tar, b"volume", b'V', b"");
    tar_member(&mut tar, b"unknown", b'?', &[b'?'; 700]);
    tar_member(&mut tar, b"././@LongLink", b'L', format!("{long}\0").as_bytes());
    tar_member(&mut tar, b"././@LongLink", b'K', b"some target\0");
    tar_member(&mut tar, b"dddd", b'0', b"gnu");
    tar_member(&mut tar, b"PaxHeader", b'x', "26 path=päx/näme\u{301}.json\n10 size=3\n".as_bytes());
    tar.extend(tar_header(b"short", 0, b'0'));
    tar.extend(b"pax");
    pad(&mut tar);
    tar_member(&mut tar, b"latin-\xe9", b'0', b"latin");
    tar_member(&mut tar, b"PaxHeader", b'x', b"22 GNU.sparse.major=1\n");
    tar_member(&mut tar, b"sparse", b'0', b"holes");
    let mut sparse = tar_header(b"old-sparse", 3, b'S');
    sparse[482] = 1;
    tar.extend(checksummed(sparse));
    let mut map = [0; 512];
    map[504] = 1;
    tar.extend(map);
    tar.extend([0; 512]);
    tar.extend(b"abc");
    pad(&mut tar);
    tar_member(&mut tar, b"last", b'0', b"last");
    tar.extend([0; 1024]);

    let leaves = leaves(&tar);
    let found: Vec<_> =
        leaves.iter().map(|leaf| (leaf.label(), &leaf.data[..], leaf.report.end.name())).collect();
    let expected: [(&str, &[u8], &str); 10] = [
        ("../../etc/passwd", b"up", "complete"),
        ("/etc/shadow", b"absolute", "complete"),
        ("old-file", b"old", "complete"),
        ("contiguous", b"contiguous", "complete"),
        (&long, b"gnu", "complete"),
        ("päx/näme\u{301}.json", b"pax", "complete"),
        ("latin-\u{fffd}", b"latin", "complete"),
        ("sparse", b"", "unsupported"),
        ("old-sparse", b"", "unsupported"),
        ("last", b"last", "complete"),
    ];
    assert_eq!(found, expected);
    assert_eq!(taken_out_of("gzip", super::leaves(&gzip(&tar))), leaves);
}

#[test]
fn tars_one_after_the_other_are_one() {
    let files = minutes();
    let joined = [tar(&files[..3]), vec![0; 4096], tar(&files[3..])].concat();
    assert_eq!(leaves(&joined), leaves(&tar(&files)));
    assert_eq!(taken_out_of("gzip", leaves(&gzip(&joined))), leaves(&tar(&files)));
}

#[test]
fn what_a_zip_hides_is_unsupported_and_the_rest_is_read() {
    let files =
        [("a".to_owned(), lines(1, 9)), ("b".to_owned(), lines(2, 9)), ("dir/".to_owned(), Vec::new())];
    for how in [STORED, DEFLATED] {
        let archive = zip(&files, how);
        let directory = archive.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
        let change = |local: usize, entry: usize, value: u8| {
            let mut archive = archive.clone();
            (archive[local], archive[directory + entry]) = (value, value);
            [archive.clone(), gzip(&archive)].map(|archive| leaves(&archive))
        };
        for leaves in [change(6, 8, 1), change(8, 10, 99)].concat() {
            assert_eq!(labels(&leaves), ["a", "b"]);
            assert_eq!(leaves[0].report.end.name(), "unsupported");
            assert!(leaves[0].report.stored_bytes > 0);
            assert_eq!(leaves[1].data, lines(2, 9));
        }
        for leaves in change(14, 16, 7) {
            assert_eq!(leaves[0].report.end, End::Corrupt("the checksum or the length disagrees".to_owned()));
            assert_eq!(leaves[0].data, lines(1, 9));
            assert_eq!(leaves[1].data, lines(2, 9));
        }
    }
    // Nothing tells where a stored member without lengths ends: the next signature has to.
    let how = Zip { descriptor: Some(Descriptor::Signed), ..STORED };
    let leaves = leaves(&gzip(&zip(&files, how)));
    assert_eq!(labels(&leaves), ["a", "b"]);
    assert!(leaves.iter().all(|leaf| leaf.report.end.name() == "unsupported"));
    assert_eq!(super::leaves(&zip(&files, how))[1].data, lines(2, 9), "but the directory does");
}

#[test]
fn members_of_a_zip_that_overlap_are_read_once() {
    let files = [("a".to_owned(), lines(1, 9)), ("b".to_owned(), lines(2, 9))];
    let mut archive = zip(&files, STORED);
    let second = archive.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
    archive[second + 42..second + 46].fill(0);
    let leaves = leaves(&archive);
    assert_eq!(leaves[0].report.end, End::Complete);
    assert_eq!(leaves[1].report.end, End::Corrupt("overlaps another member".to_owned()));
}

#[test]
fn a_visitor_that_goes_is_left_alone() {
    let files = minutes();
    for archive in [tar(&files), gzip(&tar(&files)), zip(&files, DEFLATED), gzip(&zip(&files, STORED))] {
        let blob = MemoryBlob::new(archive);
        let mut all = Keeper::new(usize::MAX);
        walk(&blob, &Limits::default(), &mut all).unwrap();
        for calls in 1..usize::MAX - all.calls {
            let mut keeper = Keeper::new(calls);
            walk(&blob, &Limits::default(), &mut keeper).unwrap();
            assert_eq!(keeper.calls, 0);
            assert_eq!(keeper.leaves, all.leaves[..keeper.leaves.len()]);
        }
    }
}

/// Fails at some byte, or claims to be one byte longer than it is.
struct Broken {
    blob: MemoryBlob,
    at: Option<u64>,
}

impl Blob for Broken {
    fn size(&self) -> u64 {
        self.blob.size() + u64::from(self.at.is_none())
    }

    fn reader(&self, start: u64) -> Box<dyn Read + Send> {
        match self.at {
            Some(at) => Box::new(self.blob.reader(start).take(at.saturating_sub(start)).chain(Down)),
            None => self.blob.reader(start),
        }
    }
}

struct Down;

impl Read for Down {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("the network is down"))
    }
}

#[test]
fn a_failing_store_is_an_error_and_never_damage() {
    let files = minutes();
    for archive in [tar(&files), gzip(&tar(&files)), zip(&files, DEFLATED), files[0].1.clone()] {
        let size = archive.len() as u64;
        let whole = leaves(&archive);
        for at in [0, 5, 600, size / 3, size / 2, size - 1].map(Some).into_iter().chain([None]) {
            let blob = Broken { blob: MemoryBlob::new(archive.clone()), at };
            let mut keeper = Keeper::new(usize::MAX);
            let WalkError::Read(error) = walk(&blob, &Limits::default(), &mut keeper).unwrap_err() else {
                panic!("a read error")
            };
            let expected = if at.is_some() { "the network is down" } else { "shorter than it was listed" };
            // A zip is read from its end, where the default method of a blob fills a buffer.
            assert!(error.to_string() == expected || at.is_none(), "{error}");
            assert_eq!(keeper.leaves, whole[..keeper.leaves.len()], "broken at {at:?}");
        }
    }
}
