//! One archive read by several tasks.

use proptest::prelude::*;

use super::archives::*;
use super::*;

fn read(blob: &MemoryBlob, start: Start, end: u64) -> (RangeReport, Vec<Leaf>) {
    let mut keeper = Keeper::new(usize::MAX);
    let report = walk_range(blob, start, end, &Limits::default(), &mut keeper).unwrap();
    (report, keeper.leaves)
}

/// Reads each range on its own, then puts them together as a caller does. Also how many were read twice.
fn in_ranges(archive: &[u8], cuts: &[u64]) -> (Vec<Leaf>, usize) {
    let blob = MemoryBlob::new(archive.to_vec());
    let ends = cuts.iter().copied().chain([blob.size()]);
    let starts = [Start::Exact(0)].into_iter().chain(cuts.iter().map(|&cut| Start::Resync(cut)));
    let (mut leaves, mut before, mut again) = (Vec::new(), 0, 0);
    for (i, (start, end)) in starts.zip(ends).enumerate() {
        let (report, found) = read(&blob, start, end);
        match report.judge(before, end) {
            _ if i == 0 => {
                leaves.extend(found);
                before = report.stop;
            }
            Verdict::Accept => {
                leaves.extend(found);
                before = report.stop;
            }
            Verdict::Discard => {}
            Verdict::Reread(at) => {
                let (report, found) = read(&blob, Start::Exact(at), end);
                leaves.extend(found);
                before = report.stop;
                again += 1;
            }
        }
    }
    (leaves, again)
}

fn sorted(cuts: Vec<u64>, size: u64) -> Vec<u64> {
    let mut cuts: Vec<u64> = cuts.into_iter().map(|cut| cut % size).collect();
    cuts.sort_unstable();
    cuts
}

/// Small members between large ones, long names, tars inside, and two tars in one file.
fn archive() -> Vec<u8> {
    let small =
        |n: usize| (0..n).map(|i| (format!("{}{i}.json.gz", "deep/".repeat(i * 3)), gzip(&lines(i, 9))));
    let inner = tar(&small(12).collect::<Vec<File>>());
    let mut files: Vec<File> = small(20).collect();
    files.insert(4, ("large.json".to_owned(), lines(1, 400)));
    files.insert(9, ("inner.tar".to_owned(), inner.clone()));
    files.insert(15, ("inner.tar.gz".to_owned(), gzip(&inner)));
    files.push(("twice.tar".to_owned(), tar(&[("once.tar".to_owned(), inner)])));
    [tar(&files), tar(&files[..5])].concat()
}

fn zip_archive() -> Vec<u8> {
    let mut files: Vec<File> = (0..30).map(|i| (format!("{i}.json.gz"), gzip(&lines(i, 9)))).collect();
    files.insert(3, ("dir/".to_owned(), Vec::new()));
    files.insert(7, ("inner.tar".to_owned(), archive()));
    zip(&files, DEFLATED)
}

#[test]
fn a_range_reads_the_members_that_start_in_it() {
    let files: Vec<File> = (0..3).map(|i| (format!("{i}"), lines(i, 30))).collect();
    let archive = tar(&files);
    let blob = MemoryBlob::new(archive.clone());
    let stride = 512 + files[0].1.len().next_multiple_of(512) as u64;
    let whole = leaves(&archive);
    for (start, end, members, first, stop) in [
        (Start::Exact(0), 1, 0..1, Some(0), stride),
        (Start::Exact(0), stride, 0..1, Some(0), stride),
        (Start::Exact(0), stride + 1, 0..2, Some(0), 2 * stride),
        (Start::Resync(0), u64::MAX, 0..3, Some(0), archive.len() as u64),
        (Start::Resync(1), stride + 1, 1..2, Some(stride), 2 * stride),
        (Start::Resync(stride), 2 * stride, 1..2, Some(stride), 2 * stride),
        (Start::Resync(stride + 1), u64::MAX, 2..3, Some(2 * stride), archive.len() as u64),
        (Start::Resync(stride + 512), 2 * stride, 0..0, None, 2 * stride),
        (Start::Resync(3 * stride), u64::MAX, 0..0, None, archive.len() as u64),
        (Start::Resync(u64::MAX), u64::MAX, 0..0, None, u64::MAX),
    ] {
        let (report, found) = read(&blob, start, end);
        assert_eq!(found, whole[members], "{start:?} to {end}");
        assert_eq!(report, RangeReport { first, stop }, "{start:?} to {end}");
    }
}

#[test]
fn a_long_name_belongs_to_its_member() {
    let files: Vec<File> = (0..3).map(|i| (format!("{}{i}", "n".repeat(200)), lines(i, 3))).collect();
    let archive = tar(&files);
    let whole = leaves(&archive);
    for cut in 1..archive.len() as u64 / 512 {
        let (found, _) = in_ranges(&archive, &[cut * 512]);
        assert_eq!(found, whole, "cut at block {cut}");
    }
}

#[test]
fn only_tar_and_zip_are_read_in_ranges() {
    let files = minutes();
    for (bytes, kind) in [
        (tar(&files), Some(Splittable::Tar)),
        (zip(&files, STORED), Some(Splittable::Zip)),
        (gzip(&tar(&files)), None),
        (lines(1, 100), None),
        (Vec::new(), None),
    ] {
        assert_eq!(splittable(&bytes[..bytes.len().min(HEAD_BYTES)]), kind);
        let mut keeper = Keeper::new(usize::MAX);
        let blob = MemoryBlob::new(bytes);
        let result = walk_range(&blob, Start::Exact(0), 100, &Limits::default(), &mut keeper);
        assert_eq!(matches!(result, Err(WalkError::NotSplittable)), kind.is_none());
    }
}

#[test]
fn even_cuts_of_members_alike_are_never_read_twice() {
    let files: Vec<File> = (0..100).map(|i| (format!("{i:03}.json.gz"), gzip(&lines(i, 60)))).collect();
    let archive = tar(&files);
    let size = archive.len() as u64;
    let (found, again) = in_ranges(&archive, &(1..7).map(|i| size * i / 7).collect::<Vec<_>>());
    assert_eq!((found, again), (leaves(&archive), 0));
}

#[test]
fn a_missing_end_marker_is_told_by_one_range() {
    let archive = archive();
    let archive = &archive[..archive.len() - 1024];
    let whole = leaves(archive);
    assert_eq!(whole.last().unwrap().report.end.name(), "truncated");
    for blocks in 1..archive.len() as u64 / 512 {
        let (found, _) = in_ranges(archive, &[blocks * 512 / 2, blocks * 512]);
        assert_eq!(found, whole, "cut at block {blocks}");
    }
}

#[test]
fn a_zip_without_a_directory_is_read_by_its_first_range() {
    let files = minutes();
    let archive = zip(&files, Zip { directory: false, ..STORED });
    let size = archive.len() as u64;
    assert_eq!(in_ranges(&archive, &[size / 3, size / 2]), (leaves(&archive), 0));
}

#[test]
fn a_member_that_reaches_over_the_next_is_told_in_any_range() {
    let files: Vec<File> = (0..4).map(|i| (format!("{i}"), lines(i, 30))).collect();
    let mut archive = zip(&files, STORED);
    let entries: Vec<usize> =
        archive.windows(4).enumerate().filter(|(_, w)| w == b"PK\x01\x02").map(|(at, _)| at).collect();
    let second = u32::from_le_bytes(archive[entries[1] + 42..][..4].try_into().unwrap());
    let longer = second + 100;
    archive[entries[0] + 20..][..4].copy_from_slice(&longer.to_le_bytes());
    let whole = leaves(&archive);
    assert_eq!(whole[1].report.end, End::Corrupt("overlaps another member".to_owned()));
    for cut in [1, second, second + 1, longer + 60] {
        assert_eq!(in_ranges(&archive, &[cut.into()]), (whole.clone(), 0), "cut at {cut}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ranges_of_a_tar_add_up_to_the_whole(cuts in prop::collection::vec(any::<u64>(), 0..9)) {
        let archive = archive();
        let cuts = sorted(cuts, archive.len() as u64);
        prop_assert!(in_ranges(&archive, &cuts).0 == leaves(&archive));
    }

    #[test]
    fn ranges_of_a_zip_add_up_to_the_whole(cuts in prop::collection::vec(any::<u64>(), 0..9)) {
        let archive = zip_archive();
        let cuts = sorted(cuts, archive.len() as u64);
        prop_assert!(in_ranges(&archive, &cuts) == (leaves(&archive), 0));
    }

    #[test]
    fn ranges_of_a_damaged_tar_add_up_to_what_is_left(
        cuts in prop::collection::vec(any::<u64>(), 0..6),
        flips in prop::collection::vec((0_usize..1 << 20, any::<u8>()), 1..8),
        keep in 0.3_f64..1.0,
    ) {
        let mut archive = archive();
        for (at, value) in flips {
            // Headers are what matters here: damage the starts of blocks.
            let at = at % (archive.len() / 512) * 512 + at % 160;
            archive[at] = value;
        }
        archive.truncate((archive.len() as f64 * keep) as usize);
        let cuts = sorted(cuts, archive.len() as u64);
        let (whole, found) = (leaves(&archive), in_ranges(&archive, &cuts).0);
        let same = whole.iter().zip(&found).take_while(|(a, b)| a == b).count();
        prop_assert!(found == whole, "{:?} for {:?}", labels(&found[same..]), labels(&whole[same..]));
    }
}
