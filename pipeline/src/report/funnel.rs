//! The table at the end of a run: how many records came in, and where they went.

use std::fmt::{self, Write};
use std::time::Duration;

use super::summary::RunSummary;
use crate::quantity::{self, bytes, count, duration, percent};
use crate::sink::redacted::Redacted;
use crate::stages::clusters::Cluster;
use crate::terminal;

/// Columns of the names; with the numbers a line is at most 80 characters.
const NAME_WIDTH: usize = 44;

/// The table, ending in a line break; for a run that was done already, one line.
pub fn funnel(summary: &RunSummary) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _infallible: fmt::Result = write_funnel(&mut text, summary);
    text
}

fn write_funnel(text: &mut String, summary: &RunSummary) -> fmt::Result {
    if summary.noop {
        return writeln!(
            text,
            "nothing to do: commit {} holds run {} of the same inputs and settings",
            summary.commit, summary.run
        );
    }
    let records = &summary.records;
    writeln!(text, "{:NAME_WIDTH$} {:>17} {:>10}", format!("run {}", summary.run), "records", "share")?;
    let mut row = |name: &str, number: u64, share: &str| {
        let line = format!("{:NAME_WIDTH$} {:>17} {share:>10}", fitted(name), count(number));
        writeln!(text, "{}", line.trim_end())
    };
    row("members", summary.members.total(), "")?;
    for (state, members) in summary.members.damage() {
        row(&format!("  {state}"), members, "")?;
    }
    row("lines", records.lines, "")?;
    row("harvested originals", records.harvested, "")?;
    row("records in", records.read, &percent(records.read, records.read))?;
    for (fate, number) in records.fates.iter() {
        row(&format!("  {fate}"), number, &percent(number, records.read))?;
    }
    for set in &summary.evaluation {
        row(&format!("items of {} looked for", set.name), set.within + set.whole, "")?;
    }
    if let Some(near) = &summary.near {
        row("near-duplicates sought among texts", near.texts, "")?;
        row("  pairs that share a key", near.candidates, "")?;
        row("  of those, compared", near.compared, &percent(near.compared, near.candidates))?;
    }
    if let Some(semantic) = &summary.semantic {
        row("semantic duplicates sought among documents", semantic.texts, "")?;
        row("  clusters", semantic.clusters, "")?;
        row("  pairs compared", semantic.compared, "")?;
    }
    row("documents", summary.documents, "")?;
    row("tokens", summary.tokens, "")?;
    for (kind, parts) in summary.redacted.iter().flat_map(Redacted::kinds) {
        row(&format!("redacted {kind}"), parts, "")?;
    }
    row("shards", summary.shards, "")?;
    for cluster in &summary.clusters {
        writeln!(text, "{}", told(cluster))?;
    }
    let time = Duration::from_secs_f64(summary.seconds.clamp(0.0, 1e9));
    let rate = if summary.seconds > 0.0 { (summary.bytes_in as f64 / summary.seconds) as u64 } else { 0 };
    writeln!(
        text,
        "commit {}: {} read, {} written in {} ({}/s)",
        summary.commit,
        bytes(summary.bytes_in),
        bytes(summary.bytes_out),
        duration(time),
        bytes(rate)
    )
}

/// How many copies a text had, and as much of it as fits on the line.
fn told(cluster: &Cluster) -> String {
    let copies = quantity::of(cluster.exact + cluster.near, "record");
    let what = format!("{copies} dropped for {}", cluster.survivor);
    match &cluster.text {
        Some(text) => {
            let room = terminal::PAGE_COLUMNS.saturating_sub(what.len() + 4);
            format!("{what}: “{}”", terminal::fitted(text, room))
        }
        None => format!("{what}, of an earlier commit"),
    }
}

/// A name cut to its column, with a mark where it was cut.
fn fitted(name: &str) -> String {
    if name.chars().count() <= NAME_WIDTH {
        return name.to_owned();
    }
    let mut cut: String = name.chars().take(NAME_WIDTH - 1).collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::super::summary::sample;
    use super::*;
    use crate::sink::manifest::{EvaluationFigures, NearFigures};

    #[test]
    fn evaluation_sets_tell_how_many_items_were_looked_for() {
        let set = EvaluationFigures {
            name: "quiz".into(),
            items: 1200,
            within: 1000,
            whole: 150,
            ..EvaluationFigures::default()
        };
        let table = funnel(&RunSummary { evaluation: vec![set], ..sample() });
        assert!(
            table.contains("\nitems of quiz looked for                                 1,150\n"),
            "{table}"
        );
    }

    #[test]
    fn the_table_of_a_run() {
        assert_eq!(
            funnel(&sample()),
            "\
run 2026-11-22                                         records      share
members                                                  1,440
  truncated                                                  2
lines                                                1,100,014
harvested originals                                    402,217
records in                                           1,502,231    100.0 %
  rejected:bad_id                                            3     <0.1 %
  rejected:invalid_json                                     12     <0.1 %
  event                                                121,113      8.0 %
  deleted                                                6,871      0.4 %
  retweet                                              402,118     26.7 %
  duplicate_id                                          98,765      6.5 %
  duplicate_exact                                       61,004      4.0 %
  kept                                                 812,345     54.0 %
documents                                              812,345
tokens                                              25,123,456
shards                                                      10
commit 3: 512 MB read, 98.7 MB written in 1 min 23 s (6.15 MB/s)
"
        );
    }

    #[test]
    fn the_largest_groups_of_copies_are_shown_on_a_line_each() {
        let cluster = |exact, text: Option<&str>| Cluster {
            survivor: 1_345_000_000_000_000_001,
            exact,
            near: 34,
            text: text.map(str::to_owned),
        };
        let clusters = vec![
            cluster(61_000, Some("win a new phone today, follow the link and tell us all about your mother")),
            cluster(2, Some("日本語の文章がここにあります。とても長いので最後まで読むことはできません。")),
            cluster(0, None),
        ];
        let table = funnel(&RunSummary { clusters, ..sample() });
        assert!(
            table.contains(
                "\
shards                                                      10
61,034 records dropped for 1345000000000000001: “win a new phone today, follow…”
36 records dropped for 1345000000000000001: “日本語の文章がここにあります。と…”
34 records dropped for 1345000000000000001, of an earlier commit
"
            ),
            "{table}"
        );
        assert!(table.lines().all(|line| terminal::columns(line) <= terminal::PAGE_COLUMNS), "{table}");
    }

    #[test]
    fn what_was_redacted_is_told_where_anything_could_be() {
        let redacted = Some(Redacted { mentions: 1_234_567, emails: 8, ..Redacted::default() });
        let table = funnel(&RunSummary { redacted, ..sample() });
        assert!(
            table.contains(
                "\
tokens                                              25,123,456
redacted mentions                                    1,234,567
redacted urls                                                0
redacted emails                                              8
redacted phones                                              0
shards "
            ),
            "{table}"
        );
    }

    #[test]
    fn what_near_duplicates_took_is_told_where_they_were_sought() {
        let near = NearFigures {
            texts: 1_234_567,
            candidates: 2_000_000,
            compared: 90_000,
            ..NearFigures::default()
        };
        let table = funnel(&RunSummary { near: Some(near), ..sample() });
        assert!(
            table.contains(
                "\
near-duplicates sought among texts                   1,234,567
  pairs that share a key                             2,000,000
  of those, compared                                    90,000      4.5 %
documents "
            ),
            "{table}"
        );
    }

    #[test]
    fn the_line_of_a_run_that_was_done_already() {
        let summary = RunSummary { noop: true, ..sample() };
        assert_eq!(
            funnel(&summary),
            "nothing to do: commit 3 holds run 2026-11-22 of the same inputs and settings\n"
        );
    }

    #[test]
    fn it_fits_eighty_columns_whatever_the_numbers() {
        let mut summary = sample();
        summary.records.fates.add(&format!("filtered:{}", "long_name_".repeat(9)), 9_999_999_999_999);
        summary.records.read = 9_999_999_999_999;
        for line in funnel(&summary).lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}
