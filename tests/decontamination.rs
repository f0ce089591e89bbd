//! Evaluation sets: what contains an item goes, and is told by which; all else stays.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Archive, BASE, DataSet, Identity, RunFile, archive_of, status, tweetmill};

/// Rows that `tweetmill sql` answers.
fn rows(query: &str, from: &str) -> Vec<Value> {
    let answer = tweetmill(["sql", query, "--from", from, "--format", "jsonl"]).succeeded();
    answer.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Texts of the tweets in `archive` that have `characters` or more, each once.
fn texts(archive: &Archive, characters: usize) -> Vec<String> {
    let query = format!(
        "SELECT min(text) AS text FROM tweets WHERE character_length(canonical_text(text)) >= {characters} \
         GROUP BY canonical_text(text) ORDER BY 1"
    );
    rows(&query, &archive.url()).iter().map(|row| row["text"].as_str().unwrap().to_owned()).collect()
}

fn set_of(folder: &Path, name: &str, items: &[String]) -> String {
    let path = folder.join(name);
    let lines: String =
        items.iter().map(|item| json!({"id": "x", "question": item}).to_string() + "\n").collect();
    std::fs::write(&path, lines).unwrap();
    path.to_str().unwrap().to_owned()
}

/// What people do to a text: six kinds.
fn edits(item: &str, stranger: usize) -> [(&'static str, String); 6] {
    let characters: Vec<char> = item.chars().collect();
    let cut: String = characters.iter().take(characters.len() * 4 / 5).collect();
    let upper = item.to_uppercase();
    let case = if upper == item { item.to_lowercase() } else { upper };
    [
        ("case", case),
        ("punctuation", item.replace(' ', "  - ").replace('.', " !! ") + " ..."),
        ("word", with_another_word(item)),
        ("mention and link", format!("@someone{stranger} {item} https://t.co/abc{stranger}")),
        ("cut", cut),
        ("wrapped", format!("saw this in a quiz today: {item} :) anyone who knows? we didn't")),
    ]
}

/// The word in the middle replaced; two characters where no spaces part words.
fn with_another_word(item: &str) -> String {
    let mut words: Vec<&str> = item.split(' ').collect();
    if words.len() >= 4 {
        let middle = words.len() / 2;
        words[middle] = "zebra";
        return words.join(" ");
    }
    let mut characters: Vec<char> = item.chars().collect();
    let middle = characters.len() / 2;
    characters.splice(middle..middle + 2, ['馬', '鹿']);
    characters.into_iter().collect()
}

#[test]
fn planted_items_are_found_under_six_edits_and_other_tweets_stay() {
    const PLANTED: usize = 400;
    let (others, sets) = (Archive::tar(24_000, 8, 191), Archive::tar(3_000, 2, 192));
    let folder = tempfile::tempdir().unwrap();
    let items = texts(&sets, 40);
    assert!(items.len() >= PLANTED, "{}", items.len());
    let step = items.len() / PLANTED;
    let planted: Vec<(i64, &str, String)> = (0..PLANTED)
        .flat_map(|at| {
            let of_item = edits(&items[at * step], at).into_iter().enumerate();
            of_item.map(move |(kind, (name, text))| ((at * 6 + kind) as i64, name, text))
        })
        .collect();
    let lines: Vec<Value> = planted.iter().map(|(id, _, text)| status(*id, text)).collect();
    let planted_in = archive_of(folder.path(), "planted.json", &lines);
    let run = RunFile::new(folder.path(), [others.url().as_str(), planted_in.to_str().unwrap()]);
    let set = set_of(folder.path(), "quiz.jsonl", &items);
    run.push(&format!("decontaminate: {{sets: [{{name: quiz, url: {set}, field: question}}]}}\n"));
    run.push("dedup: {exact: false}\n");
    let summary = run.run(&[]).succeeded().json();

    let found =
        rows("SELECT tweet_id, fate, item, similarity FROM fates WHERE item IS NOT NULL", &run.output);
    assert!(found.iter().all(|row| row["fate"] == "filtered:contaminated:quiz"), "{:?}", found.first());
    assert_eq!(summary["records"]["fates"]["filtered:contaminated:quiz"], found.len());
    let by_id: BTreeMap<i64, &Value> =
        found.iter().map(|row| (row["tweet_id"].as_i64().unwrap() - BASE, row)).collect();
    let mut counts: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for (id, name, text) in &planted {
        let [all, hit] = counts.entry(name).or_default();
        *all += 1;
        if let Some(row) = by_id.get(id) {
            *hit += 1;
            let (item, share) = (row["item"].as_u64().unwrap() as usize, row["similarity"].as_f64().unwrap());
            assert!((0.65..=1.0).contains(&share) && item <= items.len(), "{text}: {row}");
            if *name == "mention and link" {
                assert_eq!((share, item - 1), (1.0, *id as usize / 6 * step), "{text}: {row}");
            }
        }
    }
    for (name, [all, hit]) in &counts {
        assert!(hit * 100 >= all * 95, "{name}: {hit} of {all} found");
    }
    // The other archive invents its tweets with the same words, so what is found there is found by chance.
    let chance = by_id.keys().filter(|id| !(0..planted.len() as i64).contains(*id)).count();
    let asked =
        rows("SELECT count(*) AS n FROM fates WHERE fate = 'kept'", &run.output)[0]["n"].as_u64().unwrap();
    assert!(asked >= 10_000, "{asked}");
    assert!(chance as u64 * 10_000 <= asked, "{chance} of {asked} found by chance");
    tweetmill(["verify", &run.output, "--inputs"]).succeeded();
}

const QUESTION: &str = "Which planet of the solar system has the shortest day?";

/// A run over hand-written texts with two sets, the second in parts of three formats.
fn quiz_run(folder: &Path) -> RunFile {
    let lines: Vec<Value> = [
        "which planet of the solar-system has THE SHORTEST day",
        "ok: Which planet of the solar system has the shortest day? nobody knew",
        "Which river flows through four capitals, and which are they?",
        "Good morning everyone",
        "Good morning everyone 1",
        "good morning everyone 1 of you",
        "who wrote the longest novel ever printed in one volume?",
        "nothing of that kind is in here",
    ]
    .into_iter()
    .zip(1..)
    .map(|(text, id)| status(id, text))
    .collect();
    std::fs::write(
        folder.join("first.txt"),
        format!("Good morning everyone\n\nGood morning everyone 1\n{QUESTION}\n"),
    )
    .unwrap();
    std::fs::create_dir(folder.join("second")).unwrap();
    std::fs::write(folder.join("second/a.csv"), format!("n,text\n1,\"{QUESTION}\"\n")).unwrap();
    let tsv = "n\ttext\n1\tWhich river flows through four capitals, and which are they?\n";
    std::fs::write(folder.join("second/b.tsv"), tsv).unwrap();
    let gzip = std::fs::File::create(folder.join("more.jsonl.gz")).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(gzip, flate2::Compression::default());
    gzip.write_all(b"{\"text\": \"Who wrote the longest novel ever printed in a single volume?\"}\n")
        .unwrap();
    gzip.finish().unwrap();
    let run = RunFile::new(folder, [archive_of(folder, "archive.json", &lines).to_str().unwrap()]);
    run.push(&format!(
        "decontaminate:\n  sets:\n    - {{name: first, url: {folder}/first.txt}}\n    \
         - {{name: second, url: {folder}/second/*}}\n    - {{name: second, url: {folder}/more.jsonl.gz}}\n",
        folder = folder.display()
    ));
    run
}

#[test]
fn the_item_is_told_in_the_fates_and_the_sets_in_the_commit() {
    let folder = tempfile::tempdir().unwrap();
    let run = quiz_run(folder.path());
    let summary = run.run(&[]).succeeded().json();
    let told: Vec<(i64, String, Option<i64>)> =
        rows("SELECT tweet_id, fate, item FROM fates ORDER BY 1", &run.output)
            .iter()
            .map(|row| {
                (
                    row["tweet_id"].as_i64().unwrap() - BASE,
                    row["fate"].as_str().unwrap().to_owned(),
                    row["item"].as_i64(),
                )
            })
            .collect();
    let fate = |id, set: &str, item| (id, format!("filtered:contaminated:{set}"), Some(item));
    let kept = |id| (id, "kept".to_owned(), None);
    assert_eq!(
        told,
        [
            fate(1, "first", 3),
            fate(2, "first", 3),
            fate(3, "second", 2),
            // Too short to be looked for, even as a whole text.
            kept(4),
            fate(5, "first", 2),
            // Too short to be looked for in other texts.
            kept(6),
            fate(7, "second", 3),
            kept(8),
        ]
    );
    let commit = &DataSet::at(&run.output).commits()[0];
    let sets = commit["evaluation"].as_array().unwrap();
    let figures =
        |set: &Value| ["items", "within", "whole", "contaminated"].map(|name| set[name].as_u64().unwrap());
    assert_eq!(sets.iter().map(figures).collect::<Vec<_>>(), [[3, 1, 1, 3], [3, 3, 0, 2]]);
    assert_eq!(summary["evaluation"], commit["evaluation"]);
    assert_eq!(sets[0]["digest"].as_str().unwrap().len(), 64);

    let why = tweetmill(["why", &run.output, &(BASE + 2).to_string()]).succeeded();
    assert!(
        why.stdout.contains("filtered:contaminated:first\n    contains 100 % of item 3 of that set"),
        "{}",
        why.stdout
    );
    let sampled = tweetmill(["sample", &run.output, "--fate", "filtered:contaminated:second"]).succeeded();
    assert!(sampled.stdout.contains("of item 2 of that set"), "{}", sampled.stdout);
    let card = std::fs::read_to_string(Path::new(&run.output).join("README.md")).unwrap();
    assert!(card.contains("| first | 3 | 1 of 1 commit | `"), "{card}");
    tweetmill(["verify", &run.output, "--inputs"]).succeeded();
}

#[test]
fn another_content_of_a_set_is_another_run() {
    let folder = tempfile::tempdir().unwrap();
    let run = quiz_run(folder.path());
    run.run(&[]).succeeded();
    assert_eq!(run.run(&[]).succeeded().json()["noop"], true);
    // In another place and compressed it is the same set.
    std::fs::rename(folder.path().join("first.txt"), folder.path().join("moved.txt")).unwrap();
    let moved = format!(
        "decontaminate.sets=[{{name: first, url: {folder}/moved.txt}}, {{name: second, url: {folder}/second/*}}, \
         {{name: second, url: {folder}/more.jsonl.gz}}]",
        folder = folder.path().display()
    );
    let digest =
        |commit: usize| DataSet::at(&run.output).commits()[commit]["evaluation"][0]["digest"].clone();
    // The format told by the name is the same, so nothing that counts has changed.
    assert_eq!(run.run(&[&moved]).succeeded().json()["noop"], true);
    std::fs::write(folder.path().join("moved.txt"), format!("{QUESTION}\n")).unwrap();
    let other = run.run(&[&moved]).succeeded().json();
    assert_eq!((&other["noop"], &other["commit"]), (&json!(false), &json!(2)));
    assert_ne!(digest(0), digest(1));
}

#[test]
fn a_filter_goes_before_and_copies_come_after() {
    let folder = tempfile::tempdir().unwrap();
    let run = quiz_run(folder.path());
    run.push("filter: [{name: loud, keep: \"NOT text LIKE '%SHORTEST%'\"}]\n");
    let fates = run.run(&[]).succeeded().json()["records"]["fates"].clone();
    assert_eq!(
        fates,
        json!({"filtered:contaminated:first": 2, "filtered:contaminated:second": 2, "filtered:loud": 1, "kept": 3})
    );
    let loud = rows("SELECT tweet_id FROM fates WHERE fate = 'filtered:loud' AND item IS NULL", &run.output);
    assert_eq!(loud.len(), 1);
}

#[test]
fn sets_that_cannot_be_read_are_refused_before_anything_is() {
    let folder = tempfile::tempdir().unwrap();
    let run = quiz_run(folder.path());
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("empty.txt"), "\n").unwrap();
    std::fs::write(path("data.json"), "[]").unwrap();
    std::fs::write(path("cut.txt.gz"), b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03abc").unwrap();
    std::fs::write(path("short.jsonl"), "{\"question\": \"what?\"}\n{\"question\": null}\n").unwrap();
    std::fs::write(path("open.csv"), "question\n\"what is it\nthat has no end?\n").unwrap();
    for (url, code, words) in [
        (
            "short.jsonl",
            1,
            ["none of the 1 items of the evaluation set quiz is long enough", "hint: check its field"],
        ),
        (
            "open.csv",
            1,
            ["line 2 begins a quoted field that never ends", "hint: give the set the format tsv or text"],
        ),
        ("nowhere.txt", 1, ["the evaluation set quiz", "no object matches"]),
        ("empty.txt", 1, ["the evaluation set quiz has no item", "hint: check its url"]),
        ("data.json", 2, ["does not say how items stand in it", "hint: give the set a format"]),
        ("cut.txt.gz", 1, ["the evaluation set quiz", "could not be read whole"]),
        ("second/a.csv", 2, ["the table has no column `question`", "hint: name one of its columns"]),
    ] {
        let set = format!("decontaminate.sets=[{{name: quiz, url: {}, field: question}}]", path(url));
        run.run(&[&set]).ended_with(code).complained_of(&words);
    }
    let twice = format!(
        "decontaminate.sets=[{{name: quiz, url: {folder}/second/*}}, {{name: quiz, url: {folder}/second/a.csv}}]",
        folder = folder.path().display()
    );
    run.run(&[&twice])
        .ended_with(2)
        .complained_of(&["two entries of the evaluation set quiz name", "second/a.csv"]);
    assert!(!Path::new(&run.output).join("_tweetmill/commits").exists());
}

/// A document that shows what it quotes holds that, too.
#[test]
fn what_a_document_quotes_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut quoting = status(2, "nobody here knew that");
    let quoted = json!({
        "quoted_status_id": BASE + 1, "quoted_status_id_str": (BASE + 1).to_string(), "quoted_status": status(1, QUESTION),
    });
    quoting.as_object_mut().unwrap().extend(quoted.as_object().unwrap().clone());
    // The characters of a tweet are as escaped as its items'.
    let escaped = status(3, "who wrote about salt &amp; pepper &lt;3 first?");
    let input = archive_of(folder.path(), "archive.json", &[quoting, escaped]);
    let set = folder.path().join("quiz.txt");
    std::fs::write(&set, format!("{QUESTION}\nwho wrote about salt &amp; pepper &lt;3 first?\n")).unwrap();
    for (template, expected) in [
        ("{text}", [("kept", None), ("filtered:contaminated:quiz", Some(2))]),
        (
            "{text}[ {quoted_text}]",
            [("filtered:contaminated:quiz", Some(1)), ("filtered:contaminated:quiz", Some(2))],
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFile::new(folder.path(), [input.to_str().unwrap()]);
        run.push(&format!("decontaminate: {{sets: [{{name: quiz, url: {}}}]}}\n", set.display()));
        run.push(&format!("document: {{template: '{template}'}}\n"));
        run.run(&[]).succeeded();
        let query = format!("SELECT fate, item FROM fates WHERE tweet_id > {} ORDER BY tweet_id", BASE + 1);
        let expected = expected.map(|(fate, item)| json!({"fate": fate, "item": item}));
        assert_eq!(rows(&query, &run.output), expected, "{template}");
    }
}

/// Of a text that stands in a set many times the first is told.
#[test]
fn one_search_a_tweet_finds_the_first_of_equal_items() {
    let folder = tempfile::tempdir().unwrap();
    let input = archive_of(folder.path(), "archive.json", &[status(1, &format!("so: {QUESTION}"))]);
    let run = RunFile::new(folder.path(), [input.to_str().unwrap()]);
    let set = folder.path().join("quiz.txt");
    std::fs::write(
        &set,
        format!("something else that is asked in a quiz\n{QUESTION}\n{}!\n", QUESTION.to_uppercase()),
    )
    .unwrap();
    run.push(&format!("decontaminate: {{sets: [{{name: quiz, url: {}}}]}}\n", set.display()));
    let plan = tweetmill(["plan", run.path().to_str().unwrap()]).succeeded().stdout;
    assert_eq!(plan.matches("contamination(").count(), 1, "the text is searched once for all that is told");
    let commit = run.run(&[]).succeeded().json();
    assert_eq!(commit["evaluation"][0]["within"], 3);
    assert_eq!(rows("SELECT item FROM fates", &run.output), [json!({"item": 2})]);
}

/// An archive with tweets that contain items of a set in `folder`.
fn contaminated(folder: &Path) -> (Archive, String) {
    let (archive, sets) = (Archive::tar(6_000, 8, 193), Archive::tar(6_000, 2, 193));
    let mut items = texts(&sets, 20);
    items.truncate(300);
    let set = set_of(folder, "quiz.jsonl", &items);
    (archive, format!("decontaminate: {{sets: [{{name: quiz, url: {set}, field: question}}]}}\n"))
}

fn assert_found(summary: &Value) {
    let found = summary["records"]["fates"]["filtered:contaminated:quiz"].as_u64().unwrap();
    assert!(found >= 300, "{summary}");
}

#[test]
fn any_number_of_threads_and_ranges_finds_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, decontaminate) = contaminated(folder.path());
    let made = |settings: &[&str]| -> Identity {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFile::new(folder.path(), [archive.url()]);
        run.push(&decontaminate);
        assert_found(&run.run(settings).succeeded().json());
        DataSet::at(&run.output).identity()
    };
    let one = made(&["engine.threads=1"]);
    for settings in
        [["engine.threads=3", "engine.range_size=16KiB"], ["engine.threads=8", "engine.memory=1GiB"]]
    {
        one.assert_same(&made(&settings), &settings.join(", "));
    }
}

#[cfg(feature = "cluster")]
#[test]
fn executors_find_what_one_process_finds() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, decontaminate) = contaminated(folder.path());
    let cluster = crate::support::Cluster::of(2);
    let [alone, spread] = [None, Some(&cluster)].map(|cluster| {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFile::new(folder.path(), [archive.url()]);
        run.push(&decontaminate);
        let settings = cluster.map_or_else(Vec::new, crate::support::Cluster::settings);
        let mut all: Vec<&str> = settings.iter().map(String::as_str).collect();
        all.push("engine.range_size=64KiB");
        assert_found(&run.run(&all).succeeded().json());
        tweetmill(["verify", &run.output]).succeeded();
        DataSet::at(&run.output).identity()
    });
    alone.assert_same(&spread, "a cluster of two");
}
