//! Near-duplicates night by night: the same as in one go, wherever the nights are cut.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use crate::support::{DataSet, RunFile, files_below, real_data, tweetmill};

/// The lines of a synthetic stream of `options`, in the order of their ids.
fn lines_of(options: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut call = vec![
        "synth",
        folder.path().to_str().unwrap(),
        "--layout",
        "ndjson-zst",
        "--members",
        "50",
        "--damaged",
        "0",
    ];
    call.extend_from_slice(options);
    tweetmill(call).succeeded();
    let mut text = String::new();
    for packed in files_below(&folder.path().join("raw")).into_values() {
        zstd::Decoder::new(packed.as_slice()).unwrap().read_to_string(&mut text).unwrap();
    }
    text.lines().map(str::to_owned).collect()
}

/// Writes `lines` as the nights of November, cut at random places that `seed` gives; some nights are empty.
fn cut(lines: &[String], nights: u32, seed: u64, folder: &Path) {
    let mut state = seed;
    let mut cuts: Vec<usize> = (1..nights)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % (lines.len() + 1)
        })
        .collect();
    cuts.sort_unstable();
    cuts.push(lines.len());
    let mut from = 0;
    for (to, day) in cuts.into_iter().zip(1..) {
        let night: String = lines[from..to].iter().flat_map(|line| [line.as_str(), "\n"]).collect();
        std::fs::write(folder.join(format!("2026-11-{day:02}.json")), night).unwrap();
        from = to;
    }
}

/// A run over the night `{{ ds }}` of `inputs`, with near-duplicates.
fn nightly(folder: &Path, inputs: &Path) -> RunFile {
    let run = RunFile::new(folder, [format!("\"{}/{{{{ ds }}}}.*\"", inputs.display())]);
    run.push("dedup: {near: {preset: near}}\n");
    run
}

fn run_nights(run: &RunFile, dates: &[&str]) {
    let mut call = vec!["run", run.path().to_str().unwrap(), "--set", "run={{ ds }}"];
    call.extend_from_slice(dates);
    tweetmill(call).succeeded();
}

/// Runs the nights one by one, and all of them in one go of `--from --to`; both must give the same bytes. Answers the
/// data set.
fn nights_and_backfill(inputs: &Path, folder: &Path, nights: u32) -> DataSet {
    let [alone, together] = ["alone", "together"].map(|name| folder.join(name));
    let [alone, together] = [&alone, &together].map(|place| {
        std::fs::create_dir(place).unwrap();
        nightly(place, inputs)
    });
    for day in 1..=nights {
        run_nights(&alone, &["--date", &format!("2026-11-{day:02}")]);
    }
    run_nights(&together, &["--from", "2026-11-01", "--to", &format!("2026-11-{nights:02}")]);
    let (alone, together) = (DataSet::at(&alone.output), together);
    alone.identity().assert_same(&DataSet::at(&together.output).identity(), "a backfill");
    tweetmill(["verify", together.output.as_str(), "--inputs"]).succeeded();
    alone
}

fn near_duplicates(data_set: &DataSet) -> usize {
    data_set.fates().iter().filter(|(_, fate, _)| fate == "duplicate_near").count()
}

#[test]
fn a_month_cut_anywhere_gives_the_same_bytes_night_by_night_and_in_one_backfill() {
    let lines = lines_of(&["--lines", "4000", "--seed", "3", "--near", "0.1", "--deletes-in-stream", "0.5"]);
    let folder = tempfile::tempdir().unwrap();
    let inputs = folder.path().join("inputs");
    std::fs::create_dir(&inputs).unwrap();
    cut(&lines, 30, 17, &inputs);
    let data_set = nights_and_backfill(&inputs, folder.path(), 30);
    assert!(near_duplicates(&data_set) > 50, "{}", near_duplicates(&data_set));
}

#[test]
fn archives_in_order_without_deletions_keep_the_same_documents_in_one_run_as_in_any_nights() {
    let rates = [
        "--retweets",
        "0",
        "--quotes",
        "0",
        "--again",
        "0",
        "--deletes",
        "0",
        "--withheld",
        "0",
        "--events",
        "0",
    ];
    let lines = lines_of(&[&["--lines", "3000", "--seed", "4", "--near", "0.2"][..], &rates].concat());
    let kept = |data_set: &DataSet| -> BTreeMap<i64, String> {
        data_set.documents().into_iter().map(|document| (document.tweet_id, document.text)).collect()
    };
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| {
        let place = folder.path().join(name);
        std::fs::create_dir_all(place.join("inputs")).unwrap();
        place
    };
    let all = place("all");
    cut(&lines, 1, 0, &all.join("inputs"));
    let run = nightly(&all, &all.join("inputs"));
    run_nights(&run, &["--date", "2026-11-01"]);
    let in_one_run = DataSet::at(&run.output);
    assert!(near_duplicates(&in_one_run) > 100, "{}", near_duplicates(&in_one_run));
    for (nights, seed) in [(2, 1), (7, 2), (13, 3)] {
        let place = place(&format!("{nights} nights"));
        cut(&lines, nights, seed, &place.join("inputs"));
        let run = nightly(&place, &place.join("inputs"));
        run_nights(&run, &["--from", "2026-11-01", "--to", &format!("2026-11-{nights:02}")]);
        assert!(kept(&DataSet::at(&run.output)) == kept(&in_one_run), "{nights} nights keep other documents");
    }
}

#[test]
fn real_captures_give_the_same_bytes_night_by_night_and_in_one_backfill() {
    let Some(data) = real_data() else { return };
    let folder = tempfile::tempdir().unwrap();
    let inputs = folder.path().join("inputs");
    std::fs::create_dir(&inputs).unwrap();
    let mut files = Vec::new();
    for name in ["ia", "ndjson", "hive"] {
        files.extend(files_below(&data.join(name)).into_keys().map(|file| data.join(name).join(file)));
    }
    assert!(files.len() > 8, "{files:?}");
    for (file, day) in files.iter().zip(1..) {
        std::fs::copy(file, inputs.join(format!("2026-11-{day:02}.capture"))).unwrap();
    }
    let data_set = nights_and_backfill(&inputs, folder.path(), files.len() as u32);
    assert!(near_duplicates(&data_set) > 0);
}
