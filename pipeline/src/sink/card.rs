//! The card: `README.md` of the data set, rebuilt from its commits.
//!
//! Its front matter lists the committed files by name, which is how Hugging Face datasets finds them: a
//! glob over `data/` would also see shards of a run in progress.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::digesting::short;
use super::manifest::Commit;
use crate::quantity;
use crate::schema::DOCUMENT_COLUMNS;

/// Files, rows, tokens and bytes of one split.
#[derive(Default)]
struct Totals {
    files: u64,
    rows: u64,
    tokens: u64,
    bytes: u64,
}

/// The text of the card of a data set called `name` with these commits, in order.
pub fn card(name: &str, commits: &[Commit]) -> String {
    let mut paths: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut totals: BTreeMap<&str, Totals> = BTreeMap::new();
    let mut fates: BTreeMap<&str, u64> = BTreeMap::new();
    for commit in commits {
        for file in &commit.files {
            paths.entry(&file.split).or_default().push(&file.path);
            let split = totals.entry(&file.split).or_default();
            split.files += 1;
            split.rows += file.rows;
            split.tokens += file.tokens;
            split.bytes += file.bytes;
        }
        for (fate, count) in &commit.records.fates {
            *fates.entry(fate).or_default() += count;
        }
    }
    // The order readers expect, not the alphabet's.
    let mut splits: Vec<&str> = paths.keys().copied().collect();
    splits.sort_by_key(|split| {
        ["train", "validation", "test"].iter().position(|known| known == split).unwrap_or(3)
    });

    let mut text = front_matter(name, &splits, &paths);
    push(&mut text, format_args!("\n# {name}\n\n"));
    text.push_str("Documents made from tweets by tweetmill: deduplicated, tokenized, shuffled.\n");
    text.push_str("This page is written by tweetmill and replaced at every commit.\n");
    if let Some(newest) = commits.last() {
        let parts: Vec<&Commit> = commits.iter().filter(|commit| commit.part.is_some()).collect();
        write_contents(&mut text, commits.len(), newest, &parts, &splits, &totals);
        write_fates(&mut text, commits, &fates);
        write_evaluation(&mut text, commits);
        write_loading(&mut text, name, &splits, &paths);
    }
    text.push_str(TERMS);
    text
}

fn front_matter(name: &str, splits: &[&str], paths: &BTreeMap<&str, Vec<&str>>) -> String {
    let mut text = String::from("---\n");
    push(&mut text, format_args!("pretty_name: {}\n", quoted(name)));
    text.push_str("license: other\nlicense_name: platform-developer-terms\n");
    if !splits.is_empty() {
        text.push_str("configs:\n- config_name: default\n  data_files:\n");
    }
    for split in splits {
        push(&mut text, format_args!("  - split: {split}\n    path:\n"));
        for path in paths.get(split).into_iter().flatten() {
            push(&mut text, format_args!("    - {}\n", quoted(path)));
        }
    }
    text.push_str("---\n");
    text
}

fn write_contents(
    text: &mut String,
    commits: usize,
    newest: &Commit,
    parts: &[&Commit],
    splits: &[&str],
    totals: &BTreeMap<&str, Totals>,
) {
    let (number, label, format) = (newest.number, &newest.label, newest.format_version);
    let commits = quantity::of(commits as u64, "commit");
    push(text, format_args!("\n## Contents\n\n{commits}, the newest `{label}` (number {number}); "));
    push(text, format_args!("format version {format}.\n\n"));
    write_parts(text, parts);
    text.push_str("| split | files | documents | tokens | bytes |\n|---|---:|---:|---:|---:|\n");
    for split in splits {
        if let Some(Totals { files, rows, tokens, bytes }) = totals.get(split) {
            let [files, rows, tokens, bytes] =
                [files, rows, tokens, bytes].map(|number| quantity::count(*number));
            push(text, format_args!("| {split} | {files} | {rows} | {tokens} | {bytes} |\n"));
        }
    }
    let pinned = &newest.pinned;
    let (tokenizer, by, seed) = (&pinned.tokenizer.name, &pinned.split.by, pinned.seed);
    push(text, format_args!("\nTokens are ids of `{tokenizer}`. No {by} is in two splits. Seed {seed}.\n"));
    let names = DOCUMENT_COLUMNS.map(|(name, _)| match name {
        "created_at" => format!("`{name}` (UTC)"),
        _ => format!("`{name}`"),
    });
    let columns = names.join(", ");
    push(text, format_args!("Columns: {columns}"));
    for column in &pinned.columns {
        push(text, format_args!(", `{column}`"));
    }
    text.push_str(".\n");
}

/// Says which commits are of trial runs, so that nobody takes a part for the whole.
fn write_parts(text: &mut String, parts: &[&Commit]) {
    for commit in parts {
        let (number, label) = (commit.number, &commit.label);
        let part = commit.part.as_deref().unwrap_or_default();
        push(
            text,
            format_args!("**Commit {number} (`{label}`) is of a trial run: {part} of its inputs.**\n\n"),
        );
    }
}

fn write_fates(text: &mut String, commits: &[Commit], fates: &BTreeMap<&str, u64>) {
    let sum = |of: fn(&Commit) -> u64| quantity::count(commits.iter().map(of).sum());
    let total = sum(|commit| commit.records.total);
    let (lines, harvested) = (sum(|commit| commit.records.lines), sum(|commit| commit.records.harvested));
    push(text, format_args!("\n## What became of {total} records\n\n"));
    push(
        text,
        format_args!("{lines} lines, and {harvested} originals found inside retweets and quotes.\n\n"),
    );
    text.push_str("| fate | records |\n|---|---:|\n");
    for (fate, count) in fates {
        push(text, format_args!("| {fate} | {} |\n", quantity::count(*count)));
    }
}

fn write_evaluation(text: &mut String, commits: &[Commit]) {
    let mut sets: BTreeMap<(&str, &str), (u64, u64)> = BTreeMap::new();
    for set in commits.iter().flat_map(|commit| &commit.evaluation) {
        let (commits, _) = sets.entry((&set.name, &set.digest)).or_insert((0, set.items));
        *commits += 1;
    }
    if sets.is_empty() {
        return;
    }
    text.push_str("\n## Evaluation sets kept out\n\n");
    text.push_str("Records that contain an item of one have the fate `filtered:contaminated:<set>`.\n\n");
    text.push_str("| set | items | kept out of | digest |\n|---|---:|---|---|\n");
    for ((name, digest), (of, items)) in sets {
        let (items, commits) = (quantity::count(items), quantity::of(commits.len() as u64, "commit"));
        push(text, format_args!("| {name} | {items} | {of} of {commits} | `{}` |\n", short(digest)));
    }
}

fn write_loading(text: &mut String, name: &str, splits: &[&str], paths: &BTreeMap<&str, Vec<&str>>) {
    let Some(split) = splits.first() else { return };
    let Some(example) = paths.get(split).and_then(|paths| paths.first()) else { return };
    push(text, format_args!("\n## Loading\n\nFrom the folder that holds `{name}`:\n\n```python\n"));
    push(
        text,
        format_args!("from datasets import load_dataset           # reads this page's list of files\n"),
    );
    push(
        text,
        format_args!("{split} = load_dataset({}, split=\"{split}\", streaming=True)\n\n", quoted(name)),
    );
    push(
        text,
        format_args!(
            "files = open(\"files.txt\").read().split()    # tweetmill files {name} --split {split}\n\n"
        ),
    );
    text.push_str(
        "import pyarrow.dataset as ds\ntable = ds.dataset(files).to_table(columns=[\"input_ids\"])\n\n",
    );
    text.push_str(
        "import polars as pl\nframe = pl.scan_parquet(files).select(\"text\", \"n_tokens\").collect()\n\n",
    );
    text.push_str("import duckdb\nrows = duckdb.read_parquet(files).aggregate(\"lang, count(*)\")\n```\n\n");
    push(text, format_args!("A file of it: `{example}`.\n"));
    text.push_str(
        "Don't glob over `data/`: it may hold shards of a run in progress, which don't count yet.\n",
    );
}

const TERMS: &str = "
## Terms

Tweets belong to their authors and are licensed through the platform, whose developer terms forbid others to
train foundation models on them. This data set is for the platform and its licensees. Whoever holds it must
honour deletions: run tweetmill over the deletion notices that arrive, and drop older copies.
";

/// A YAML or Python string in double quotes.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', " "))
}

#[expect(clippy::expect_used, reason = "writing to a string cannot fail")]
fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments).expect("a string should take any text");
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn commits() -> Vec<Commit> {
        let newest = Commit::from_json(include_bytes!("../../../tests/golden/commit.v1.json")).unwrap();
        let mut first = Commit { number: 1, label: "2026-11-20".into(), ..newest.clone() };
        for file in &mut first.files {
            file.path = file.path.replace("00000003-2026-11-22", "00000001-2026-11-20");
            file.rows *= 1_000_000;
        }
        vec![first, newest]
    }

    /// Run with `TWEETMILL_BLESS=1` to write the card anew, then read the difference.
    #[test]
    fn the_card_is_as_reviewed() {
        let expected = include_str!("../../../tests/golden/card.md");
        let written = card("nightly", &commits());
        if std::env::var_os("TWEETMILL_BLESS").is_some() {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/card.md");
            std::fs::write(path, &written).unwrap();
            return;
        }
        assert_eq!(written, expected);
    }

    #[test]
    fn a_part_is_not_taken_for_the_whole() {
        assert!(!card("nightly", &commits()).contains("trial"));
        let mut commits = commits();
        commits[0].part = Some("first 1000 lines".into());
        let said = "**Commit 1 (`2026-11-20`) is of a trial run: first 1000 lines of its inputs.**";
        assert!(card("nightly", &commits).contains(said));
    }

    #[test]
    fn a_data_set_without_documents_names_no_files() {
        let empty = Commit { files: vec![], ..commits().remove(0) };
        let written = card("empty", &[empty]);
        assert!(!written.contains("data_files"), "{written}");
        assert!(!written.contains("load_dataset"), "{written}");
    }
}
