//! Counts on real captures, against those published with them.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::*;

/// Tweets (retweets included) and deletions of a file, which has no unreadable line.
const COUNTS: &[(&str, u64, u64)] = &[
    ("ia/twitter-stream-2021-01-01.zip", 2830, 355),
    ("ia/archiveteam-twitter-stream-2015-08.tar", 4604, 584),
    ("ia/twitter-stream-20210126.tar", 1090, 317),
    ("ndjson/houxu.ndjson.zst", 777, 103),
    ("ndjson/eramirem.ndjson.zst", 716, 0),
    ("ndjson/acidpizza.ndjson.zst", 209, 28),
    ("ndjson/elid_apple.ndjson.zst", 275, 0),
    ("ndjson/insight_dvu4.ndjson.zst", 70, 0),
    ("ndjson/p1_AlessandroMozzato.ndjson.zst", 15, 5),
    ("hive/dt=2016-01-22/hr=05/part-00000.json.gz", 1000, 0),
    ("rest_extended/weratedogs.ndjson.zst", 1177, 0),
];

#[test]
fn real_captures_count_as_published() {
    let Some(root) = std::env::var_os("TWEETMILL_REALDATA") else {
        eprintln!("skipped: TWEETMILL_REALDATA is not set");
        return;
    };
    for (file, tweets, deletes) in COUNTS {
        let (mut counts, mut deleted, mut without_text) = (BlockCounts::default(), 0, 0);
        for member in members(&Path::new(&root).join(file)) {
            let parsed = parse(&member);
            counts += parsed.counts;
            for row in parsed.rows() {
                let is_tweet = row.kind() == TWEET || row.kind() == RETWEET;
                deleted += u64::from(row.text("reason") == Some("delete"));
                without_text += u64::from(is_tweet && row.text("text").is_none());
            }
        }
        assert_eq!((counts.tweets + counts.retweets, deleted), (*tweets, *deletes), "{file}");
        assert_eq!((counts.events, counts.rejects, without_text), (*deletes, 0, 0), "{file}");
        eprintln!("{file}: {counts:?}");
    }
}

/// The decompressed members of a capture.
fn members(path: &Path) -> Vec<Vec<u8>> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap();
    match extension {
        "zip" => {
            let mut archive = zip::ZipArchive::new(File::open(path).unwrap()).unwrap();
            (0..archive.len()).filter_map(|at| decompressed(&read(archive.by_index(at).unwrap()))).collect()
        }
        "tar" => {
            let mut archive = tar::Archive::new(File::open(path).unwrap());
            archive.entries().unwrap().filter_map(|entry| decompressed(&read(entry.unwrap()))).collect()
        }
        _ => vec![decompressed(&read(File::open(path).unwrap())).unwrap()],
    }
}

/// `None` for a directory.
fn decompressed(stored: &[u8]) -> Option<Vec<u8>> {
    match stored {
        [] => None,
        [b'B', b'Z', b'h', ..] => Some(read(bzip2::read::MultiBzDecoder::new(stored))),
        [0x1F, 0x8B, ..] => Some(read(flate2::read::MultiGzDecoder::new(stored))),
        _ => Some(read(zstd::Decoder::new(stored).unwrap())),
    }
}

fn read(mut reader: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).unwrap();
    bytes
}
