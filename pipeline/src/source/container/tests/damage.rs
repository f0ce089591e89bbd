//! Damage costs what is damaged.

use proptest::prelude::*;

use super::archives::*;
use super::*;

/// Every byte near the ends and the seams, some in between.
fn cuts(len: usize, seams: &[usize]) -> Vec<usize> {
    let near = |at: usize| at.saturating_sub(24)..(at + 24).min(len);
    let mut cuts: Vec<usize> = near(0).chain(near(len)).chain((0..len).step_by(len / 60 + 1)).collect();
    cuts.extend(seams.iter().flat_map(|&seam| near(seam)));
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

#[test]
fn a_cut_file_gives_all_that_can_be_decoded() {
    let text = lines(7, 6000);
    for (name, codec, least) in [
        // What must come out of nine tenths of the file: gzip all but a window, the others whole blocks.
        ("gzip", gzip as fn(&[u8]) -> Vec<u8>, text.len() * 8 / 10),
        ("bzip2", bzip2, text.len() / 100_000 * 100_000 - 100_000),
        ("zstd", zstd, text.len() * 5 / 10),
    ] {
        let one = codec(&text);
        let file = [one.clone(), codec(b"the end\n")].concat();
        let whole = [text.clone(), b"the end\n".to_vec()].concat();
        assert!(bare(&file[..one.len() * 9 / 10]).data.len() >= least, "{name}");
        let mut longest = 0;
        // Two bytes are too few to say what it was going to be.
        for cut in cuts(file.len(), &[one.len()]).into_iter().filter(|&cut| cut > 2) {
            let leaf = bare(&file[..cut]);
            assert!(whole.starts_with(&leaf.data), "{name} cut at {cut}");
            assert!(leaf.data.len() >= longest, "{name} cut at {cut}: {} after {longest}", leaf.data.len());
            longest = leaf.data.len();
            if cut >= one.len() {
                assert!(leaf.data.starts_with(&text), "{name} cut at {cut}");
            }
            let end = match cut.checked_sub(one.len()) {
                Some(0) => "complete",
                Some(1 | 2) => continue,
                _ => "truncated",
            };
            assert_eq!(leaf.report.end.name(), end, "{name} cut at {cut}: {:?}", leaf.report.end);
        }
    }
}

/// Offsets behind each member of an archive, found by what a cut leaves whole.
fn whole_members(archive: &[u8], expected: &[Leaf]) {
    let mut most = 0;
    for cut in cuts(archive.len(), &[]) {
        let leaves = leaves(&archive[..cut]);
        let whole = leaves.iter().zip(expected).take_while(|(leaf, expected)| leaf == expected).count();
        assert!(whole >= most, "cut at {cut}: {whole} after {most}");
        most = whole;
        assert!(leaves.len() <= whole + 2, "cut at {cut}: {:?}", labels(&leaves));
        if let Some(broken) = leaves.get(whole).filter(|_| whole < expected.len()) {
            assert!(expected[whole].data.starts_with(&broken.data) || whole == 0, "cut at {cut}");
            let end = broken.report.end.name();
            assert!(end == "truncated" || (whole == 0 && cut < 512), "cut at {cut}: {:?}", broken.report);
        }
    }
    assert_eq!(most, expected.len());
}

#[test]
fn a_cut_archive_gives_the_members_before_the_cut() {
    let files = &minutes()[1..6];
    for archive in
        [tar(files), zip(files, STORED), zip(files, DEFLATED), gzip(&tar(files)), zstd(&zip(files, STORED))]
    {
        whole_members(&archive, &leaves(&archive));
    }
}

// A download that breaks off between two members used to look like a whole, shorter archive.
#[test]
fn a_tar_without_its_end_marker_may_be_cut_short() {
    let files = &minutes()[1..6];
    let archive = tar(files);
    let marked = archive.len() - 1024;
    let cut = |bytes: usize| leaves(&archive[..bytes]);
    assert_eq!(cut(marked + 512), leaves(&archive), "one of the two blocks of zeros is enough");
    assert_eq!(cut(marked + 1), leaves(&archive), "and so is the start of one");
    let at = marked - 512 - files[4].1.len().next_multiple_of(512);
    for (bytes, members, label) in [(marked, 5, format!("@{marked}")), (at, 4, format!("@{at}"))] {
        let found = cut(bytes);
        assert_eq!(found[..members], leaves(&archive)[..members]);
        assert_eq!(labels(&found[members..]), [label]);
        let end = End::Truncated("the tar ends without its end marker".to_owned());
        assert_eq!(found[members].report.end, end);
    }
}

#[test]
fn a_corrupt_block_of_bzip2_is_not_given_out() {
    let text = lines(1, 8000);
    let file = bzip2(&text);
    let (mut complete, mut blocks) = (0, std::collections::BTreeSet::new());
    for at in (10..file.len()).step_by(file.len() / 60) {
        let mut damaged = file.clone();
        damaged[at] ^= 4;
        let leaf = bare(&damaged);
        assert!(text.starts_with(&leaf.data), "flipped at {at}");
        complete += usize::from(leaf.report.end == End::Complete);
        assert!(matches!(leaf.report.end.name(), "corrupt" | "truncated" | "complete"), "flipped at {at}");
        blocks.insert(leaf.data.len());
        let archive = tar(&[("a".to_owned(), damaged), ("b".to_owned(), b"next".to_vec())]);
        let leaves = leaves(&archive);
        assert_eq!(leaves[0].content(), leaf.content());
        assert_eq!((leaves[1].label(), &leaves[1].data[..]), ("b", &b"next"[..]));
    }
    assert!(complete <= 1, "{complete} flips went unnoticed");
    assert!(blocks.len() >= 5, "the blocks before the damage are given out: {blocks:?}");
}

#[test]
fn a_corrupt_gzip_gives_what_came_before() {
    let text = lines(1, 3000);
    let mut file = gzip(&text);
    let half = file.len() / 2;
    file[half..half + 50].fill(0xff);
    let leaf = bare(&file);
    let same = leaf.data.iter().zip(&text).take_while(|(a, b)| a == b).count();
    assert!(same > text.len() / 3, "{same} of {}", text.len());
    assert_eq!(leaf.report.end.name(), "corrupt");
    let last = file.len() - 6;
    let mut file = gzip(&text);
    file[last] ^= 1;
    assert_eq!((bare(&file).report.end.name(), bare(&file).data), ("corrupt", text));
}

/// zstd writes nothing down of a call that fails: what the call had decoded before must not be lost.
#[test]
fn a_corrupt_block_of_zstd_costs_none_before_it() {
    let text: Vec<u8> = (0..8).flat_map(|i| lines(i, 2500)).collect();
    let file = zstd(&text);
    for at in (20..file.len()).step_by(file.len() / 60) {
        let mut damaged = file.clone();
        damaged[at] ^= 0x10;
        let leaf = bare(&damaged);
        let same = leaf.data.iter().zip(&text).take_while(|(a, b)| a == b).count();
        let block = 128 << 10;
        let before = (text.len() as f64 * (at as f64 / file.len() as f64)) as usize;
        assert!(same + 2 * block >= before, "flipped at {at}: {same} of about {before}");
        assert_ne!(leaf.report.end, End::Complete, "flipped at {at}");
    }
}

#[test]
fn a_damaged_header_of_a_tar_costs_its_member() {
    let files: Vec<File> = (0..5).map(|i| (format!("{i}.json.gz"), gzip(&lines(i, 40)))).collect();
    let archive = tar(&files);
    let whole = leaves(&archive);
    let mut at = 0;
    for (i, (_, bytes)) in files.iter().enumerate() {
        for byte in [0, 130, 150, 511] {
            let mut damaged = archive.clone();
            damaged[at + byte] ^= 0x41;
            let mut expected = whole.clone();
            let notice = LeafReport {
                label: format!("@{at}"),
                layers: "tar".to_owned(),
                stored_bytes: 0,
                stored_digest: *blake3::hash(b"").as_bytes(),
                bytes: 0,
                end: End::Corrupt("no tar header: its checksum is wrong".to_owned()),
            };
            expected[i] = Leaf { report: notice, data: Vec::new() };
            assert_eq!(leaves(&damaged), expected, "byte {byte} of header {i}");
            let mut nested = taken_out_of("tar", leaves(&tar(&[("x.tar".to_owned(), damaged.clone())])));
            for leaf in &mut nested {
                leaf.report.label = leaf.label().strip_prefix("x.tar!").expect("the inner tar").to_owned();
            }
            assert_eq!(nested, expected, "byte {byte} of header {i}, nested");
        }
        at += 512 + bytes.len().next_multiple_of(512);
    }
}

/// A header inside a body is found when the one before the body is lost; only what follows tells it apart.
#[test]
fn a_header_that_nothing_follows_is_not_believed() {
    let mut archive = Vec::new();
    let body = [&tar_header(b"fake", 700, b'0')[..], &[b'x'; 2000]].concat();
    tar_member(&mut archive, b"lost", b'0', &body);
    tar_member(&mut archive, b"next", b'0', b"next");
    archive.extend([0; 1024]);
    archive[0] ^= 1;
    assert_eq!(labels(&leaves(&archive)), ["@0", "next"]);
}

#[test]
fn lengths_that_lie_cost_no_memory() {
    let mut tar = Vec::new();
    tar_member(&mut tar, b"first", b'0', b"first");
    let honest = tar.len();
    for (kind, size, label, end) in [
        (b'0', 1 << 40, "huge", "truncated"),
        (b'0', u64::MAX, "huge", "truncated"),
        (b'L', 1 << 40, "@1024", "corrupt"),
        (b'x', u64::MAX, "@1024", "corrupt"),
        (b'L', 1 << 20, "@1024", "truncated"),
        (b'?', 1 << 62, "@1024", "truncated"),
    ] {
        tar.truncate(honest);
        tar.extend(tar_header(b"huge", size, kind));
        tar.extend(b"some bytes");
        for leaves in [leaves(&tar), leaves(&gzip(&tar))] {
            assert_eq!(leaves[0].data, b"first");
            assert_eq!((leaves[1].label(), leaves[1].report.end.name()), (label, end), "{kind} {size}");
        }
    }
}

#[test]
fn damage_around_an_archive_is_told_once() {
    let files = &minutes()[..2];
    let tar = tar(files);
    let mut file = gzip(&tar);
    let checksum = file.len() - 8;
    file[checksum] ^= 1;
    let found = taken_out_of("gzip", leaves(&file));
    assert_eq!(found[..2], leaves(&tar)[..]);
    assert_eq!((found.len(), found[2].report.end.name()), (3, "corrupt"));
    let nested = super::archives::tar(&[("in.tar".to_owned(), tar.clone()), ("z".to_owned(), b"z".to_vec())]);
    let cut = leaves(&gzip(&nested[..tar.len() / 2]));
    assert_eq!(cut.iter().filter(|leaf| leaf.report.end != End::Complete).count(), 1, "{:?}", labels(&cut));
}

#[test]
fn a_zip_with_a_damaged_member_goes_on() {
    let files: Vec<File> = (0..4).map(|i| (format!("{i}.json"), lines(i, 200))).collect();
    for how in [STORED, DEFLATED, Zip { descriptor: Some(Descriptor::Signed), ..DEFLATED }] {
        let archive = zip(&files, how);
        let whole = leaves(&archive);
        let second = archive.windows(4).enumerate().filter(|(_, w)| *w == b"PK\x03\x04").nth(1).unwrap().0;
        let mut damaged = archive.clone();
        damaged[second + 500..second + 600].fill(0xff);
        for leaves in [leaves(&damaged), taken_out_of("gzip", leaves(&gzip(&damaged)))] {
            assert_eq!(leaves[0], whole[0]);
            assert_eq!((leaves[1].label(), leaves[1].report.end.name()), ("1.json", "corrupt"));
            assert_eq!(leaves[2..], whole[2..], "{how:?}");
        }
        let mut damaged = archive.clone();
        damaged[second] ^= 1;
        let streamed = taken_out_of("gzip", leaves(&gzip(&damaged)));
        for (leaves, label) in [(leaves(&damaged), "1.json".to_owned()), (streamed, format!("@{second}"))] {
            assert_eq!(leaves[0], whole[0]);
            assert_eq!((leaves[1].label(), leaves[1].report.end.name()), (label.as_str(), "corrupt"));
            assert_eq!(leaves[2..], whole[2..], "{how:?}");
        }
    }
}

fn small_archives() -> Vec<Vec<u8>> {
    let files: Vec<File> = vec![
        ("a.json.gz".to_owned(), gzip(&lines(1, 30))),
        ("b.json.bz2".to_owned(), bzip2(&lines(2, 30))),
        (format!("{}/c.json.zst", "long".repeat(40)), zstd(&lines(3, 30))),
        ("d.json".to_owned(), lines(4, 10)),
        ("e.json.gz".to_owned(), gzip(&lines(5, 30))),
    ];
    let inner = |bytes| vec![("inner".to_owned(), bytes), ("last.json".to_owned(), lines(6, 10))];
    vec![
        tar(&files),
        zip(&files, STORED),
        zip(&files, DEFLATED),
        tar(&inner(zip(&files, Zip { descriptor: Some(Descriptor::Bare), ..DEFLATED }))),
        zip(&inner(tar(&files)), Zip { zip64: true, ..STORED }),
        tar(&inner(tar(&files))),
        gzip(&tar(&files)),
        bzip2(&zip(&files, STORED)),
        zstd(&tar(&files)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// In a plain tar a flip touches one member or its header; every other member stays as it was.
    #[test]
    fn a_flip_in_a_tar_costs_one_member(at in 0_usize..1 << 20, bit in 0_u8..8) {
        let archive = &small_archives()[0];
        let whole = leaves(archive);
        let mut damaged = archive.clone();
        let at = at % damaged.len();
        damaged[at] ^= 1 << bit;
        let found = leaves(&damaged);
        let kept = whole.iter().filter(|leaf| found.contains(leaf)).count();
        prop_assert!(kept + 1 >= whole.len(), "flipped at {at}: {:?}", labels(&found));
    }

    /// Whatever is flipped, nothing panics, the walk ends, and the protocol holds.
    #[test]
    fn flips_never_panic(which in 0_usize..9, flips in prop::collection::vec((0_usize..1 << 20, any::<u8>()), 1..6)) {
        let archive = &small_archives()[which];
        let mut damaged = archive.clone();
        let mut first = damaged.len();
        for (at, value) in flips {
            let at = at % damaged.len();
            damaged[at] = value;
            first = first.min(at);
        }
        let (whole, found) = (leaves(archive), leaves(&damaged));
        // Where members lie in plain sight, those before the first flip are as they were.
        if which == 0 {
            let before = leaves(&archive[..first]);
            let intact = before.iter().zip(&whole).take_while(|(a, b)| a == b).count();
            prop_assert_eq!(&found[..intact], &whole[..intact]);
        }
    }

    #[test]
    fn noise_never_panics(magic in 0_usize..9, head in 0_usize..700, noise in prop::collection::vec(any::<u8>(), 0..3000)) {
        let archive = &small_archives()[magic];
        let file = [&archive[..head.min(archive.len())], &noise].concat();
        let _found = leaves(&file);
        let mut keeper = Keeper::new(usize::MAX);
        let _report = walk_range(&MemoryBlob::new(file), Start::Resync(head as u64), 2000, &Limits::default(), &mut keeper);
    }
}
