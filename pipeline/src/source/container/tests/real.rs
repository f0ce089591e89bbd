//! Real archives, where `TWEETMILL_REALDATA` says they are.

use std::env;
use std::fs;
use std::path::Path;

use super::*;

#[test]
fn real_archives_are_read_whole() {
    let Some(root) = env::var_os("TWEETMILL_REALDATA") else {
        eprintln!("skipped: TWEETMILL_REALDATA is not set");
        return;
    };
    // Lines of each archive, tweets and deletes, as the README beside them counts them.
    for (name, members, lines) in [
        ("archiveteam-twitter-stream-2015-08.tar", 2, 5188),
        ("twitter-stream-2021-01-01.zip", 1, 3185),
        ("twitter-stream-20210126.tar", 148, 1407),
    ] {
        let bytes = fs::read(Path::new(&root).join("ia").join(name)).unwrap();
        let blob = MemoryBlob::new(bytes.clone());
        let found = leaves(&bytes);
        assert_eq!(found.len(), members, "{name}");
        assert!(found.iter().all(|leaf| leaf.report.end == End::Complete), "{name}");
        let ends = found.iter().flat_map(|leaf| &leaf.data).filter(|&&byte| byte == b'\n').count();
        assert_eq!(ends, lines, "{name}");
        let size = blob.size();
        let mut pieces = Keeper::new(usize::MAX);
        let mut before = 0;
        for i in 0..7 {
            let (start, end) = (size * i / 7, size * (i + 1) / 7);
            let start = if i == 0 { Start::Exact(0) } else { Start::Resync(start) };
            let report = walk_range(&blob, start, end, &Limits::default(), &mut pieces).unwrap();
            assert!(i == 0 || !matches!(report.judge(before, end), Verdict::Reread(_)), "{name}, range {i}");
            before = if report.first.is_some() { report.stop } else { before };
        }
        assert_eq!(pieces.leaves, found, "{name} in ranges");
    }
}
