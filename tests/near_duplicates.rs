//! Near-duplicates: what goes, what stays, whom each points at, and the same over any number of nights.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Archive, BASE, DataSet, RunFile, archive_of, files_below, status, tweetmill};

/// A run over hand-written `lines` that drops near-duplicates.
fn run_over(folder: &Path, lines: &[Value]) -> RunFile {
    let run = RunFile::new(folder, [archive_of(folder, "archive.json", lines).to_str().unwrap()]);
    run.push("dedup: {near: {preset: near}}\n");
    run
}

/// Fate and survivor of each tweet, ids counted from [`BASE`].
fn fates(run: &RunFile) -> BTreeMap<i64, (String, Option<i64>)> {
    let fates = DataSet::at(&run.output).fates();
    let of_id = |(id, fate, survivor): (Option<i64>, _, Option<i64>)| {
        (id.unwrap() - BASE, (fate, survivor.map(|survivor| survivor - BASE)))
    };
    fates.into_iter().map(of_id).collect()
}

fn dropped(fate: &str, survivor: i64) -> (String, Option<i64>) {
    (format!("duplicate_{fate}"), Some(survivor))
}

fn kept() -> (String, Option<i64>) {
    ("kept".to_owned(), None)
}

#[test]
fn a_history_that_lost_texts_is_named_with_what_tells_more() {
    let texts = |count: i64| -> Vec<Value> {
        (1..=count)
            .map(|id| status(id, &format!("it is {id} o'clock in the town of {}", id * 7919)))
            .collect()
    };
    let [folder, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let (run, fewer) = (run_over(folder.path(), &texts(40)), run_over(other.path(), &texts(2)));
    let near_texts = |run: &RunFile| {
        let history = Path::new(&run.output).join("_tweetmill/history/00000001");
        let name = files_below(&history).into_keys().find(|name| name.starts_with("near_texts")).unwrap();
        history.join(name)
    };
    for made in [&run, &fewer] {
        made.run(&[]).succeeded();
    }
    std::fs::copy(near_texts(&fewer), near_texts(&run)).unwrap();
    let again =
        archive_of(folder.path(), "again.json", &[status(99, "it is 40 o'clock in the town of 316761")]);
    let input = format!("input=[{{url: {}}}]", again.display());
    let damaged = near_texts(&run).file_name().unwrap().to_str().unwrap().to_owned();
    run.run(&["run=second", &input]).ended_with(1).complained_of(&[
        &damaged,
        "texts of an earlier commit cannot be read from",
        "hint: where the store is well, the file is damaged: tweetmill verify tells which are",
    ]);
}

#[test]
fn the_earliest_of_texts_that_are_nearly_the_same_survives() {
    let folder = tempfile::tempdir().unwrap();
    let morning = "good morning everyone, have a wonderful day ahead of you";
    let lines = [
        status(1, morning),
        status(2, &format!("RT @someone: {morning} https://t.co/abc")),
        status(3, "good night to all of you, and see you again tomorrow"),
        status(4, "GOOD MORNING EVERYONE have a wonderful day ahead of yous"),
        status(5, "Good morning everyone! Have a wonderful day ahead of yous"),
        status(6, "something else altogether was said by somebody else"),
        status(7, "can't"),
        status(8, "can"),
        status(9, "cant"),
        status(10, "can not"),
    ];
    let run = run_over(folder.path(), &lines);
    let summary = run.run(&[]).succeeded().json();
    assert_eq!(summary["records"]["fates"], json!({"duplicate_exact": 3, "duplicate_near": 2, "kept": 5}));
    let largest = [
        json!({"survivor": BASE + 1, "exact": 2, "near": 1, "text": "good morning everyone have a wonderful day ahead of you"}),
        json!({"survivor": BASE + 7, "exact": 1, "near": 1, "text": "cant"}),
    ];
    assert_eq!(summary["clusters"], json!(largest));
    let fates = fates(&run);
    assert_eq!(fates[&2], dropped("exact", 1));
    assert_eq!(fates[&3], kept());
    assert_eq!(fates[&4], dropped("near", 1));
    // A copy of what was dropped points at what that was dropped for.
    assert_eq!(fates[&5], dropped("exact", 1));
    // One letter more: 1 of 7, and 15 per cent of 7 are 1.05.
    assert_eq!(fates[&8], dropped("near", 7));
    assert_eq!(fates[&9], dropped("exact", 7));
    assert_eq!(fates[&10], kept());
    tweetmill(["verify", run.output.as_str()]).succeeded();
}

#[test]
fn short_texts_are_told_apart_and_empty_ones_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut lines: Vec<Value> = (1..=10).map(|id| status(id, "thank you")).collect();
    lines.extend([
        status(11, "\u{1f600}"),
        status(12, "\u{1f622}"),
        status(13, "@a https://t.co/x"),
        status(14, "..."),
    ]);
    let run = run_over(folder.path(), &lines);
    run.run(&[]).succeeded();
    let fates = fates(&run);
    assert_eq!(fates.values().filter(|(fate, _)| fate == "kept").count(), 5, "{fates:?}");
    assert!((2..=10).all(|id| fates[&id] == dropped("exact", 1)), "{fates:?}");
    assert!((11..=14).all(|id| fates[&id] == kept()), "{fates:?}");
    tweetmill(["verify", run.output.as_str()]).succeeded();
}

#[test]
fn a_later_night_knows_what_earlier_ones_compared() {
    let folder = tempfile::tempdir().unwrap();
    let run = run_over(folder.path(), &[]);
    let nights = [
        vec![
            status(10, "the first night brings this sentence about a lighthouse keeper"),
            status(11, "the first night brings this sentence about a lighthouse keepers"),
            status(12, "and there is another one that its author deletes in the morning"),
        ],
        vec![
            json!({"delete": {"status": {"id": BASE + 12, "id_str": (BASE + 12).to_string(), "user_id": 12}}}),
            // Near to what was kept, the same as what was dropped, near to what was deleted, and an id of the past.
            status(20, "the first night brings this sentence about a lighthouse keeper now"),
            status(21, "The first night brings this sentence about a lighthouse keepers!"),
            status(22, "and there is another one that its author deletes in the mornings"),
            status(5, "the first night brings this sentence about the lighthouse keeper"),
        ],
    ];
    for (number, lines) in nights.iter().enumerate() {
        let archive = archive_of(folder.path(), &format!("night-{number}.json"), lines);
        let input = format!("input=[{{url: {}}}]", archive.display());
        run.run(&[&format!("run=night-{number}"), &input]).succeeded();
    }
    let fates = fates(&run);
    assert_eq!(fates[&11], dropped("near", 10));
    assert_eq!(fates[&20], dropped("near", 10));
    assert_eq!(fates[&21], dropped("exact", 10));
    assert_eq!(fates[&22], kept());
    assert_eq!(fates[&5], dropped("near", 10));
    tweetmill(["verify", run.output.as_str()]).succeeded();
}

#[test]
fn nights_and_a_backfill_give_the_same_bytes() {
    let archives = [Archive::tar(1_500, 3, 1), Archive::tar(1_500, 3, 2), Archive::tar(1_500, 3, 3)];
    let inputs = tempfile::tempdir().unwrap();
    for (archive, day) in archives.iter().zip(20..) {
        std::fs::copy(archive.path(), inputs.path().join(format!("2026-11-{day}.tar"))).unwrap();
    }
    let identity = |dates: &[&[&str]]| {
        let folder = tempfile::tempdir().unwrap();
        let pattern = format!("{}/{{{{ ds }}}}.tar", inputs.path().display());
        let run = RunFile::new(folder.path(), [format!("\"{pattern}\"")]);
        run.push("dedup: {near: {preset: loose}}\n");
        for date in dates {
            let mut arguments = vec!["run", run.path().to_str().unwrap(), "--set", "run={{ ds }}"];
            arguments.extend_from_slice(date);
            tweetmill(arguments).succeeded();
        }
        tweetmill(["verify", run.output.as_str()]).succeeded();
        let data_set = DataSet::at(&run.output);
        assert!(data_set.fates().iter().any(|(_, fate, _)| fate == "duplicate_near"));
        data_set.identity()
    };
    let nights = identity(&[&["--date", "2026-11-20"], &["--date", "2026-11-21"], &["--date", "2026-11-22"]]);
    let backfill = identity(&[&["--from", "2026-11-20", "--to", "2026-11-22"]]);
    nights.assert_same(&backfill, "a backfill");
}

#[test]
fn the_rule_of_a_data_set_cannot_change() {
    let folder = tempfile::tempdir().unwrap();
    let run = run_over(folder.path(), &[status(1, "something that was said")]);
    run.run(&[]).succeeded();
    run.run(&["run=second", "dedup.near.preset=loose"]).ended_with(2).complained_of(&["near.preset"]);
    for (wrong, why) in [
        (
            "dedup={exact: false, near: {}}",
            "dedup.near: near-duplicates are looked for among texts that differ",
        ),
        ("dedup={near: {copies: 2}}", "dedup.near.copies: counts for the preset `spam` only"),
        ("dedup={near: {preset: nearer}}", "dedup.near.preset"),
    ] {
        run.run(&[wrong]).ended_with(2).complained_of(&[why]);
    }
}
