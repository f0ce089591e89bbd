//! `tweetmill inspect`: what is in an archive, whole or damaged, told to people and to scripts.

use std::path::Path;

use serde_json::Value;

use crate::support::{Archive, Packing, assert_golden, members_of, pack, tweetmill};

fn inspected(place: &Path) -> Value {
    tweetmill(["inspect", place.to_str().unwrap(), "--json"]).succeeded().json()
}

/// The page of a place below `folder`, whose own path is left out.
fn page(place: &Path, folder: &Path) -> String {
    let page = tweetmill(["inspect", place.to_str().unwrap()]).succeeded();
    assert_eq!(page.stderr, "");
    page.stdout.replace(folder.to_str().unwrap(), "")
}

#[test]
fn the_page_of_an_archive() {
    let archive = Archive::tar(1_000, 3, 81);
    let page = page(&archive.path(), archive.path().parent().unwrap());
    for line in page.lines().skip(1) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert_golden("inspect.txt", &page);
}

#[test]
fn the_page_of_damaged_files() {
    let archive = Archive::tar(300, 2, 82);
    let folder = tempfile::tempdir().unwrap();
    let [(_, whole), (_, other)] = <[_; 2]>::try_from(members_of(&archive.path())).unwrap();
    std::fs::write(folder.path().join("a cut file.bz2"), &other[..other.len() * 2 / 3]).unwrap();
    std::fs::write(folder.path().join("b.json"), "<html>\u{1b}[2J</html>\n{\"id\": 1, \"text\": \"no user\n")
        .unwrap();
    std::fs::write(folder.path().join("c.bz2"), whole).unwrap();
    assert_golden("inspect-damaged.txt", &page(folder.path(), folder.path()));
}

#[test]
fn counts_are_those_of_the_truth() {
    let archive = Archive::tar(3_000, 4, 83);
    let truth = archive.counts();
    let told = inspected(&archive.path());
    let object = &told["objects"][0];
    assert_eq!(object["lines"], truth["lines"]);
    assert_eq!(object["harvested"]["retweet"], truth["harvested_retweets"]);
    assert_eq!(object["harvested"]["quote"], truth["harvested_quotes"]);
    assert_eq!(object["bytes"].as_u64().unwrap(), std::fs::metadata(archive.path()).unwrap().len());
    assert_eq!(object["members"]["count"], 4);
    assert_eq!(object["members"]["states"]["complete"], 4);
    assert_eq!(object["members"]["layers"]["tar, bzip2"], 4);
    let sum = |counts: &Value| counts.as_object().unwrap().values().filter_map(Value::as_u64).sum::<u64>();
    let lines = object["tweets"].as_u64().unwrap() + object["retweets"].as_u64().unwrap();
    assert_eq!(lines + sum(&object["events"]) + sum(&object["rejects"]), truth["lines"].as_u64().unwrap());
    assert_eq!(sum(&object["shapes"]), lines);
    let bad = &object["bad_lines"][0];
    assert!(bad["reason"].is_string() && bad["member"].as_str().unwrap().contains(".json.bz2"), "{bad}");
    assert_eq!(told["total"], {
        let mut contents = object.clone();
        contents.as_object_mut().unwrap().retain(|key, _| key != "url" && key != "bytes");
        contents
    });
}

#[test]
fn layers_tell_how_an_archive_is_packed() {
    let archive = Archive::tar(600, 2, 84);
    let folder = tempfile::tempdir().unwrap();
    let counts = |told: &Value| {
        let total = &told["total"];
        [&total["lines"], &total["tweets"], &total["events"], &total["languages"]].map(Clone::clone)
    };
    let whole = counts(&inspected(&archive.path()));
    for (name, packing, layers) in [
        ("files", Packing::Files, "bzip2"),
        ("zip", Packing::Zip, "zip, bzip2"),
        ("tar", Packing::TarInTar, "tar, tar, bzip2"),
    ] {
        let place = folder.path().join(name);
        std::fs::create_dir(&place).unwrap();
        pack(&archive.path(), packing, &place);
        let told = inspected(&place);
        assert_eq!(told["total"]["members"]["layers"][layers], 2, "{told}");
        assert_eq!(counts(&told), whole, "{name}");
    }
}

#[test]
fn a_place_that_is_not_there_is_an_error() {
    tweetmill(["inspect", "/no/such/place"]).ended_with(1).complained_of(&["/no/such/place"]);
    tweetmill(["inspect"]).ended_with(2);
}
