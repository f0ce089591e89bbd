//! The stream held against its own truth, by readers that share no code with it.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::num::{NonZeroU32, NonZeroUsize};

use serde_json::Value;

use super::*;

fn small() -> Options {
    Options {
        seed: 11,
        amount: Amount::Lines(9_000),
        members: NonZeroU32::new(7),
        layout: Layout::Ndjson,
        rates: Rates { events: 0.01, damaged: 0.01, near: 0.04, withheld: 0.01, ..Rates::default() },
        ..Options::default()
    }
}

/// The lines of a stream, and everything known about them.
struct Made {
    truth: Truth,
    records: Vec<Record>,
    lines: Vec<Vec<u8>>,
}

fn made(options: &Options) -> Made {
    let folder = tempfile::tempdir().unwrap();
    let truth = write(options, folder.path()).unwrap();
    assert_eq!(Truth::read(folder.path()).unwrap(), truth);
    let records = Records::open(folder.path()).unwrap().map(Result::unwrap).collect();
    let raw = unpacked(options.layout, folder.path());
    let mut lines: Vec<Vec<u8>> = raw.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    // A stream that ends in half a line lacks the last end.
    let half = truth.counts.rejects.contains_key("truncated_line");
    if !half {
        assert_eq!(lines.pop(), Some(Vec::new()));
    }
    let ended = lines.len() - usize::from(half);
    for line in &mut lines[..ended] {
        assert_eq!(line.pop(), Some(b'\r'));
    }
    Made { truth, records, lines }
}

fn files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// All lines of a folder, in order of names.
fn unpacked(layout: Layout, folder: &Path) -> Vec<u8> {
    let mut paths = Vec::new();
    files(&folder.join(RAW_FOLDER), &mut paths);
    let mut out = Vec::new();
    for path in paths {
        let file = File::open(&path).unwrap();
        match layout {
            Layout::Ndjson => drop(File::open(&path).unwrap().read_to_end(&mut out).unwrap()),
            Layout::NdjsonGz => drop(flate2::read::MultiGzDecoder::new(file).read_to_end(&mut out).unwrap()),
            Layout::NdjsonBz2 | Layout::DirBz2 => {
                bzip2::read::MultiBzDecoder::new(file).read_to_end(&mut out).unwrap();
            }
            Layout::NdjsonZst => drop(zstd::Decoder::new(file).unwrap().read_to_end(&mut out).unwrap()),
            Layout::TarBz2 | Layout::TarGz => {
                for entry in tar::Archive::new(file).entries().unwrap() {
                    let entry = entry.unwrap();
                    if layout == Layout::TarBz2 {
                        bzip2::read::MultiBzDecoder::new(entry).read_to_end(&mut out).unwrap();
                    } else {
                        flate2::read::MultiGzDecoder::new(entry).read_to_end(&mut out).unwrap();
                    }
                }
            }
            Layout::ZipBz2 => {
                let mut zip = zip::ZipArchive::new(file).unwrap();
                let mut folders = 0;
                for at in 0..zip.len() {
                    let entry = zip.by_index(at).unwrap();
                    assert_eq!(entry.compression(), zip::CompressionMethod::Stored);
                    if entry.is_dir() {
                        folders += 1;
                    } else {
                        bzip2::read::MultiBzDecoder::new(entry).read_to_end(&mut out).unwrap();
                    }
                }
                assert!(folders >= 4);
            }
        }
    }
    out
}

#[test]
fn the_same_lines_in_every_layout_and_for_any_number_of_threads() {
    let mut digests = BTreeSet::new();
    for (layout, threads) in Layout::ALL.into_iter().zip([1, 2, 3, 8, 1, 5, 2, 4]) {
        // The day turns after the third minute, so every archive has a second file.
        let options = Options {
            amount: Amount::Lines(1_200),
            layout,
            threads: NonZeroUsize::new(threads),
            start: chrono::NaiveDate::from_ymd_opt(2021, 1, 1).unwrap().and_hms_opt(23, 57, 0).unwrap(),
            ..small()
        };
        let folder = tempfile::tempdir().unwrap();
        let truth = write(&options, folder.path()).unwrap();
        let raw = unpacked(layout, folder.path());
        assert_eq!(raw.len() as u64, truth.counts.bytes);
        let records = fs::read(folder.path().join(RECORDS_FILE)).unwrap();
        digests.insert((xxhash_rust::xxh3::xxh3_64(&raw), xxhash_rust::xxh3::xxh3_64(&records)));
        let mut at = 0;
        for member in &truth.members {
            let end = at + member.bytes as usize;
            assert_eq!(xxhash_rust::xxh3::xxh3_64(&raw[at..end]), member.xxh3, "{member:?}");
            at = end;
        }
        let days: BTreeSet<&str> = truth.members.iter().map(|member| member.file.as_str()).collect();
        assert_eq!(days.len(), if layout == Layout::DirBz2 { 7 } else { 2 }, "{days:?}");
    }
    assert_eq!(digests.len(), 1);
    let other = Options { seed: 12, amount: Amount::Lines(1_200), ..small() };
    let folder = tempfile::tempdir().unwrap();
    write(&other, folder.path()).unwrap();
    let raw = unpacked(Layout::Ndjson, folder.path());
    assert!(!digests.iter().any(|(digest, _)| *digest == xxhash_rust::xxh3::xxh3_64(&raw)));
}

#[test]
fn a_file_a_minute_holds_the_same_lines() {
    let options = Options { amount: Amount::Lines(700), ..small() };
    let one = made(&options);
    let many = made(&Options { minute_files: true, ..options });
    assert!(one.lines == many.lines);
    let names: BTreeSet<&str> = many.truth.members.iter().map(|member| member.file.as_str()).collect();
    assert_eq!(names.len(), 7);
    assert!(names.contains("20210101/20210101000600.ndjson"), "{names:?}");
}

/// What a stranger counts who only has the lines.
#[derive(Default)]
struct Recount {
    counts: Counts,
    /// Id of every line that is a tweet, in order.
    ids: Vec<i64>,
}

fn recount(made: &Made) -> Recount {
    let mut recount = Recount::default();
    let counts = &mut recount.counts;
    let mut reasons = made.records.iter().filter(|record| record.kind == RecordKind::Reject);
    for line in &made.lines {
        counts.lines += 1;
        counts.bytes += line.len() as u64 + 2;
        if line.is_empty() {
            *counts.events.entry("keep_alive".into()).or_default() += 1;
            continue;
        }
        let lone = std::str::from_utf8(line)
            .is_ok_and(|line| line.contains("\\ud83d\"") || line.contains("\\ud83d "));
        let text = String::from_utf8_lossy(line).replace("\\ud83d\"", "\"").replace("\\ud83d ", " ");
        let Ok(value) = serde_json::from_str::<Value>(&text) else {
            let reason = reasons.next().unwrap().reason.clone().unwrap();
            if reason == "truncated_line" {
                counts.bytes -= 2;
            }
            *counts.rejects.entry(reason).or_default() += 1;
            continue;
        };
        let object = value.as_object().unwrap();
        if !object.contains_key("user") {
            let event = object.keys().next().unwrap().clone();
            *counts.events.entry(event.into()).or_default() += 1;
            continue;
        }
        let Some(id) = value["id"].as_i64().filter(|id| *id > 0) else {
            let reason = reasons.next().unwrap().reason.clone().unwrap();
            assert_eq!(reason, "bad_id");
            *counts.rejects.entry(reason).or_default() += 1;
            continue;
        };
        assert_eq!(value["id_str"].as_str().unwrap(), id.to_string());
        assert!(line.is_ascii());
        recount.ids.push(id);
        counts.lone_surrogates += u64::from(lone);
        counts.withheld += u64::from(object.contains_key("withheld_in_countries"));
        if let Some(original) = object.get("retweeted_status") {
            counts.retweets += 1;
            counts.harvested_retweets += 1;
            if original.get("quoted_status").is_some() {
                assert_eq!(original["quoted_status"], value["quoted_status"]);
                counts.harvested_quotes += 1;
                counts.repeated_quotes += 1;
            }
        } else {
            counts.tweets += 1;
            counts.extended += u64::from(object.contains_key("extended_tweet"));
            if object.contains_key("quoted_status") {
                counts.quotes += 1;
                counts.harvested_quotes += 1;
            }
        }
    }
    recount
}

#[test]
fn the_truth_is_what_a_stranger_counts() {
    let made = made(&small());
    let Recount { mut counts, ids } = recount(&made);
    let told = &made.truth.counts;
    // These two can't be seen in the lines alone; other tests hold them against the records.
    counts.deletes_in_stream = told.deletes_in_stream;
    counts.planted.clone_from(&told.planted);
    assert_eq!(&counts, told);
    assert_eq!(counts.records() as usize, made.records.len());
    let own = |record: &&Record| matches!(record.kind, RecordKind::Tweet | RecordKind::Retweet);
    let recorded: Vec<i64> = made.records.iter().filter(own).filter_map(|record| record.id).collect();
    assert_eq!(ids, recorded);
    for reason in ["invalid_json", "truncated_line", "not_utf8", "not_json", "too_deep", "bad_id"] {
        assert!(counts.rejects.contains_key(reason), "{reason}");
    }
    for event in ["delete", "limit", "status_withheld", "user_withheld", "scrub_geo", "keep_alive"] {
        assert!(counts.events.contains_key(event), "{event}");
    }
    assert!(counts.lone_surrogates > 0 && counts.withheld > 0 && counts.extended > 0);
}

#[test]
fn rates_are_met() {
    let rates = Rates { deletes_in_stream: 0.5, wave: 0.1, ..Rates::default() };
    let counts = made(&Options { amount: Amount::Lines(30_000), rates, ..small() }).truth.counts;
    let tweets = (counts.tweets + counts.retweets) as f64;
    let planted = |prefix: &str| -> u64 {
        counts.planted.iter().filter(|(name, _)| name.starts_with(prefix)).map(|(_, count)| count).sum()
    };
    for (name, count, of, expected) in [
        ("deletes", counts.events["delete"], counts.lines as f64, rates.deletes),
        ("deletes in stream", counts.deletes_in_stream, counts.events["delete"] as f64, 0.5),
        ("retweets", counts.retweets, tweets, rates.retweets),
        ("quotes", counts.quotes, tweets, rates.quotes),
        ("exact", planted("exact"), tweets, rates.exact),
        ("near", planted("near"), tweets, rates.near),
        ("spam", planted("spam"), tweets, rates.spam),
        ("wave", planted("wave"), tweets, rates.wave),
        ("again", planted("again"), tweets, rates.again),
    ] {
        let rate = count as f64 / of;
        // Four standard deviations, and a little for copies that found nothing to copy.
        let allowed = 4.0 * (expected * (1.0 - expected) / of).sqrt() + 0.02 * expected;
        assert!((rate - expected).abs() < allowed, "{name}: {rate} is not {expected}");
    }
    for edit in Edit::NEAR {
        assert!(counts.planted.contains_key(format!("near:{}", edit.name()).as_str()), "{edit:?}");
    }
}

#[test]
fn the_copies_of_the_large_wave_differ() {
    let rates = Rates { wave: 0.8, retweets: 0.0, quotes: 0.0, ..Rates::default() };
    let made = made(&Options { amount: Amount::Lines(3_000), rates, ..small() });
    let in_wave = |record: &&Record| record.plant.as_ref().is_some_and(|plant| plant.how == How::Wave);
    let texts: Vec<u64> = made.records.iter().filter(in_wave).map(|record| record.group.unwrap()).collect();
    let distinct: BTreeSet<u64> = texts.iter().copied().collect();
    assert!(
        texts.len() > 2_000 && distinct.len() * 100 > texts.len() * 99,
        "{} {}",
        texts.len(),
        distinct.len()
    );
}

#[test]
fn ids_times_and_references_agree() {
    let made = made(&small());
    let planted_again = |record: &Record| record.plant.as_ref().is_some_and(|plant| plant.how == How::Again);
    let mut seen = BTreeSet::new();
    let own = |record: &&Record| matches!(record.kind, RecordKind::Tweet | RecordKind::Retweet);
    for record in made.records.iter().filter(own) {
        let fresh = seen.insert(record.id.unwrap());
        assert_eq!(fresh, !planted_again(record), "{record:?}");
    }
    let mut deleted = 0;
    for record in made.records.iter().filter(|record| record.event.as_deref() == Some("delete")) {
        assert_eq!(seen.contains(&record.target.unwrap()), record.in_stream.unwrap(), "{record:?}");
        deleted += u64::from(record.in_stream.unwrap());
    }
    assert_eq!(deleted, made.truth.counts.deletes_in_stream);
    for record in &made.records {
        if let Some(base) = record.plant.as_ref().and_then(|plant| plant.base) {
            assert!(seen.contains(&base), "{record:?}");
            assert!(base < record.id.unwrap() || planted_again(record), "{record:?}");
        }
    }
    for line in &made.lines {
        let Ok(value) = serde_json::from_slice::<Value>(line) else { continue };
        let Some(id) = value["id"].as_i64().filter(|id| *id > 0) else { continue };
        let ms: i64 = value["timestamp_ms"].as_str().unwrap().parse().unwrap();
        assert_eq!((id >> 22) + 1_288_834_974_657, ms);
        let time = chrono::DateTime::parse_from_str(
            value["created_at"].as_str().unwrap(),
            "%a %b %d %H:%M:%S %z %Y",
        );
        assert_eq!(time.unwrap().timestamp(), ms / 1000);
        for carried in [&value["retweeted_status"], &value["quoted_status"]] {
            assert!(carried.is_null() || carried["id"].as_i64().unwrap() >> 22 <= id >> 22);
        }
    }
}

fn full_text(tweet: &Value) -> &str {
    tweet["extended_tweet"]["full_text"].as_str().or(tweet["text"].as_str()).unwrap()
}

/// Letters and digits of a text without its `RT @x:`, links and mentions, in one case.
fn canonical(text: &str) -> String {
    let text = text.replace("&amp;", "&");
    let text = match text.strip_prefix("RT @").and_then(|rest| rest.split_once(": ")) {
        Some((_, rest)) => rest,
        None => &text,
    };
    let words =
        text.split([' ', '\n']).filter(|word| !word.starts_with('@') && !word.contains("https://t.co/"));
    let kept = words.flat_map(|word| word.chars().chain([' '])).filter(|c| c.is_alphanumeric() || *c == ' ');
    let folded: String = kept.flat_map(char::to_lowercase).collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn groups_are_the_texts_that_are_the_same() {
    let made = made(&small());
    let mut by_place: BTreeMap<(u32, u32), Vec<&Record>> = BTreeMap::new();
    for record in &made.records {
        by_place.entry((record.member, record.line)).or_default().push(record);
    }
    let mut groups: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    let mut texts: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
    let mut copies = 0;
    for (line, records) in made.lines.iter().zip(by_place.values()) {
        let Ok(value) = serde_json::from_slice::<Value>(line) else { continue };
        for record in records {
            let tweet = match record.kind {
                RecordKind::Tweet => &value,
                RecordKind::HarvestedRetweet => &value["retweeted_status"],
                RecordKind::HarvestedQuote => &value["quoted_status"],
                _ => continue,
            };
            let text = full_text(tweet);
            assert_eq!(tweet["id"].as_i64(), record.id);
            assert_eq!(tweet["user"]["id"].as_i64(), record.author);
            assert_eq!(tweet["lang"].as_str(), record.lang.as_deref());
            assert_eq!(text.chars().count() as u32, record.chars.unwrap());
            let sum: i64 = ["quote_count", "reply_count", "retweet_count", "favorite_count"]
                .iter()
                .map(|name| tweet[name].as_i64().unwrap())
                .sum();
            assert_eq!(Some(sum), record.counts);
            let words = canonical(text);
            let words = if words.is_empty() { format!("\0{text}") } else { words };
            groups.entry(words.clone()).or_default().insert(record.group.unwrap());
            texts.entry(record.group.unwrap()).or_default().insert(words);
            copies += usize::from(record.plant.as_ref().is_some_and(|plant| plant.edit.is_some()));
        }
    }
    assert!(copies > 300, "{copies}");
    for (text, groups) in groups {
        assert_eq!(groups.len(), 1, "{text}");
    }
    for (group, texts) in texts {
        assert_eq!(texts.len(), 1, "{group}: {texts:?}");
    }
}

#[test]
fn copies_differ_from_their_base_as_recorded() {
    let made = made(&small());
    let mut texts: BTreeMap<i64, String> = BTreeMap::new();
    for line in &made.lines {
        if let Ok(value) = serde_json::from_slice::<Value>(line)
            && let Some(id) = value["id"].as_i64()
        {
            texts.insert(id, full_text(&value).to_owned());
        }
    }
    let mut edits = BTreeSet::new();
    for record in &made.records {
        let Some(Plant { edit: Some(edit), base: Some(base), .. }) = &record.plant else { continue };
        let (copy, base) = (&texts[&record.id.unwrap()], &texts[base]);
        edits.insert(*edit);
        let same = canonical(copy) == canonical(base);
        assert_eq!(same, !edit.changes_words(), "{edit:?}: {copy:?} of {base:?}");
        let links = |text: &str| text.matches("https://t.co/").count();
        match edit {
            Edit::Identical => assert_eq!(copy, base),
            Edit::Case | Edit::Link | Edit::EmojiAdded | Edit::WordReplaced => assert_ne!(copy, base),
            Edit::UpperCase => assert!(copy.contains("!!!")),
            Edit::Mention => assert!(copy.ends_with(base.as_str()) && copy.starts_with('@')),
            Edit::RetweetPrefix => assert!(copy.ends_with(base.as_str()) && copy.starts_with("RT @")),
            Edit::LinkAdded => assert!(links(copy) > links(base)),
            Edit::Cut => assert!(canonical(base).starts_with(&canonical(copy))),
        }
    }
    assert_eq!(edits.len(), 10, "{edits:?}");
}

#[test]
fn a_size_is_met_within_a_few_per_cent() {
    let options = Options { amount: Amount::Bytes(40_000_000), members: None, ..small() };
    let bytes = made(&options).truth.counts.bytes as f64;
    assert!((bytes / 40e6 - 1.0).abs() < 0.05, "{bytes}");
}

#[test]
fn a_folder_that_holds_a_stream_is_kept_unless_told_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { amount: Amount::Lines(50), members: None, ..small() };
    let first = write(&options, folder.path()).unwrap();
    let refused = write(&options, folder.path()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Usage);
    assert!(refused.to_string().contains("already holds a stream"));
    let again = write(&Options { overwrite: true, ..options }, folder.path()).unwrap();
    assert_eq!(first, again);
}

#[test]
fn a_single_line_is_a_stream() {
    for lines in 1..6 {
        let options = Options { amount: Amount::Lines(lines), members: None, ..small() };
        assert_eq!(made(&options).lines.len() as u64, lines);
    }
}
