//! What only shows across files: asked in SQL over narrow columns, so that the engine may spill.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray};
use arrow::datatypes::Int64Type;
use arrow::record_batch::RecordBatch;
use datafusion::prelude::SessionContext;

use super::{Options, Verification};
use crate::config::Semantic;
use crate::dataset::DataSet;
use crate::error::Result;
use crate::sink::shard::ShardId;

/// Offenders named of each check; one more is asked for, to tell whether there are others.
const NAMED: usize = 5;

/// Fates given before ids are compared.
const UNDECIDED: &str =
    "fate IN ('event', 'unsampled', 'deleted', 'withheld', 'retweet') OR starts_with(fate, 'rejected:')";

/// Runs all checks; every file is known to be sound.
pub(super) async fn check(
    report: &mut Verification,
    data_set: &DataSet,
    engine: &SessionContext,
    options: &Options,
) -> Result<()> {
    data_set.register(engine)?;
    let mut checks = Accounting { report, data_set, engine, options };
    checks.ids_are_unique().await?;
    checks.no_key_is_in_two_splits().await?;
    checks.fates_are_as_counted().await?;
    checks.kept_records_are_the_documents().await?;
    checks.one_record_of_an_id_is_decided().await?;
    checks.duplicates_have_survivors().await?;
    checks.vectors_were_near().await
}

struct Accounting<'a> {
    report: &'a mut Verification,
    data_set: &'a DataSet,
    engine: &'a SessionContext,
    options: &'a Options,
}

impl Accounting<'_> {
    async fn ids_are_unique(&mut self) -> Result<()> {
        let sql = "SELECT tweet_id, count(*) FROM documents GROUP BY tweet_id HAVING count(*) > 1";
        let twice = self.offenders(sql).await?;
        let files = self.shards_that_may_hold(&twice);
        self.tell("unique", &twice, &files, |row| {
            format!("tweet {} is in {} documents", show(row[0]), show(row[1]))
        });
        Ok(())
    }

    async fn no_key_is_in_two_splits(&mut self) -> Result<()> {
        let columns = &self.data_set.pinned().columns;
        let has = |name: &str| columns.iter().any(|column| column == name);
        let by = self.data_set.pinned().split.by.clone();
        match by.as_str() {
            "author" => {
                self.key_is_in_one_split("author_id", "author_id IS NOT NULL").await?;
                if has("author_name") {
                    let nameless = "author_id IS NULL AND author_name IS NOT NULL";
                    self.key_is_in_one_split("lower(author_name)", nameless).await?;
                } else {
                    let sql = "SELECT count(*) FROM documents WHERE author_id IS NULL HAVING count(*) > 0";
                    if let Some(row) = self.offenders(sql).await?.first() {
                        let unknown = format!("splits of {} documents without author_id", show(row[0]));
                        let why = "the column author_name is not in the data set";
                        self.report.unchecked.push(format!("{unknown}: {why}"));
                    }
                }
            }
            "thread" if has("conversation_id") => {
                self.key_is_in_one_split("conversation_id", "conversation_id IS NOT NULL").await?;
            }
            "thread" => {
                let why = "the column conversation_id is not in the data set";
                self.report.unchecked.push(format!("splits by thread: {why}"));
            }
            other => self.report.fail("split leak", "the commits", format!("`{other}` is no way to split")),
        }
        Ok(())
    }

    async fn key_is_in_one_split(&mut self, key: &str, condition: &str) -> Result<()> {
        // One of the tweets stands for its key: keys may be names, which are not ours to print.
        let sql = format!(
            "SELECT min(tweet_id), max(tweet_id) FROM documents WHERE {condition} GROUP BY {key} \
             HAVING min(split) <> max(split)"
        );
        let leaks = self.offenders(&sql).await?;
        let files = self.shards_that_may_hold(&leaks);
        self.tell("split leak", &leaks, &files, |row| {
            format!("the {key} of tweet {} is in two splits", show(row[0]))
        });
        Ok(())
    }

    async fn fates_are_as_counted(&mut self) -> Result<()> {
        let sql = "SELECT commit_number, fate, origin = 'line' AS line, count(*) FROM fates GROUP BY 1, 2, 3";
        let mut counted: BTreeMap<u64, (BTreeMap<String, u64>, u64)> = BTreeMap::new();
        for batch in self.engine.sql(sql).await?.collect().await? {
            let commits = batch.column(0).as_primitive::<Int64Type>();
            let fates = texts(&batch, 1)?;
            let lines = batch.column(2).as_boolean();
            let counts = batch.column(3).as_primitive::<Int64Type>();
            for (row, fate) in fates.into_iter().enumerate() {
                let count = counts.value(row) as u64;
                let (by_fate, line_count) = counted.entry(commits.value(row) as u64).or_default();
                *by_fate.entry(fate).or_default() += count;
                *line_count += if lines.value(row) { count } else { 0 };
            }
        }
        for commit in self.data_set.commits() {
            let place = format!("commit {}", commit.number);
            let (found, lines) = counted.remove(&commit.number).unwrap_or_default();
            if lines != commit.records.lines {
                let reason =
                    format!("{lines} records with origin line, {} were committed", commit.records.lines);
                self.report.fail("fates", &place, reason);
            }
            let told = &commit.records.fates;
            for fate in found.keys().chain(told.keys().filter(|fate| !found.contains_key(*fate))) {
                let of = |counts: &BTreeMap<String, u64>| counts.get(fate).copied().unwrap_or(0);
                if of(&found) != of(told) {
                    let reason =
                        format!("{} records with fate {fate}, {} were committed", of(&found), of(told));
                    self.report.fail("fates", &place, reason);
                }
            }
        }
        Ok(())
    }

    async fn kept_records_are_the_documents(&mut self) -> Result<()> {
        let sql = "SELECT tweet_id, commit_number, sum(kept), sum(held) FROM ( \
                     SELECT tweet_id, commit_number, 1 AS kept, 0 AS held FROM fates \
                       WHERE fate = 'kept' AND tweet_id IS NOT NULL \
                     UNION ALL SELECT tweet_id, commit_number, 0, 1 FROM documents) \
                   GROUP BY tweet_id, commit_number HAVING sum(kept) <> sum(held)";
        let wrong = self.offenders(sql).await?;
        let files = self.shards_that_may_hold(&wrong);
        self.tell("kept", &wrong, &files, |row| {
            let [id, commit, kept, held] = [row[0], row[1], row[2], row[3]].map(show);
            format!("tweet {id} is kept {kept} times in commit {commit}, and in {held} of its documents")
        });
        Ok(())
    }

    async fn one_record_of_an_id_is_decided(&mut self) -> Result<()> {
        let sql = format!(
            "SELECT tweet_id, commit_number, count(*) FROM fates \
             WHERE tweet_id IS NOT NULL AND fate <> 'duplicate_id' AND NOT ({UNDECIDED}) \
             GROUP BY tweet_id, commit_number HAVING count(*) > 1"
        );
        let wrong = self.offenders(&sql).await?;
        self.tell("fates", &wrong, &[], |row| {
            let [id, commit, count] = [row[0], row[1], row[2]].map(show);
            format!("{count} records of tweet {id} in commit {commit} passed for the one of its id")
        });
        Ok(())
    }

    /// Every duplicate names a record that was decided before it. For texts that record is kept, or was left out only because
    /// its author had too many, or because its vector is near to that of another.
    async fn duplicates_have_survivors(&mut self) -> Result<()> {
        let sql = "SELECT tweet_id, commit_number FROM fates WHERE starts_with(fate, 'duplicate_') AND survivor IS NULL";
        let orphans = self.offenders(sql).await?;
        self.tell("survivor", &orphans, &[], |row| {
            format!("tweet {} is a duplicate without a survivor in commit {}", show(row[0]), show(row[1]))
        });

        let not_decided = format!("fate = 'duplicate_id' OR {UNDECIDED}");
        let not_publishable = "fate NOT IN ('kept', 'capped')";
        // Found last: copies of what is dropped then go on pointing at it.
        let not_compared = "fate NOT IN ('kept', 'capped', 'duplicate_semantic')";
        for (duplicates, unfit) in [
            ("fate = 'duplicate_id'", not_decided.as_str()),
            ("fate IN ('duplicate_exact', 'duplicate_near')", not_compared),
            ("fate = 'duplicate_semantic'", not_publishable),
        ] {
            // A duplicate and its survivor in one commit are in the order of their ids, copies of one id
            // excepted: they share it.
            let sql = format!(
                "SELECT id, min(wanted), min(decided) FROM ( \
                   SELECT survivor AS id, commit_number AS wanted, CAST(NULL AS BIGINT) AS decided, \
                          CASE WHEN fate <> 'duplicate_id' AND tweet_id <= survivor THEN commit_number END AS not_after \
                     FROM fates WHERE ({duplicates}) AND survivor IS NOT NULL \
                   UNION ALL SELECT tweet_id, NULL, commit_number, NULL \
                     FROM fates WHERE NOT ({unfit}) AND tweet_id IS NOT NULL) \
                 GROUP BY id HAVING min(wanted) IS NOT NULL AND \
                   (min(decided) IS NULL OR min(wanted) < min(decided) OR min(not_after) <= min(decided))"
            );
            let wrong = self.offenders(&sql).await?;
            self.tell("survivor", &wrong, &[], |row| match row[2] {
                None => format!("tweet {} is named as a survivor, but no such record survived", show(row[0])),
                Some(_) => format!("tweet {} is named as a survivor by an earlier one", show(row[0])),
            });
        }
        Ok(())
    }

    /// Each semantic duplicate is told to be as near to its survivor as the data set's rule asks for.
    async fn vectors_were_near(&mut self) -> Result<()> {
        let Some(rule) = &self.data_set.pinned().semantic else { return Ok(()) };
        let Ok(similarity) = rule.similarity.parse() else {
            let reason = format!("`{}` is no similarity", rule.similarity);
            self.report.fail("pinned", "the commits", reason);
            return Ok(());
        };
        let sql = format!(
            "SELECT tweet_id, commit_number FROM fates WHERE fate = 'duplicate_semantic' \
             AND (similarity IS NULL OR similarity < CAST({} AS FLOAT))",
            Semantic::least_of(similarity)
        );
        let wrong = self.offenders(&sql).await?;
        self.tell("semantic", &wrong, &[], |row| {
            let [id, commit] = [row[0], row[1]].map(show);
            format!("tweet {id} was dropped in commit {commit} for one that is not near enough")
        });
        Ok(())
    }

    /// The first rows of a query whose columns are integers.
    async fn offenders(&self, sql: &str) -> Result<Vec<Vec<Option<i64>>>> {
        let sql = format!("SELECT * FROM ({sql}) ORDER BY 1 LIMIT {}", NAMED + 1);
        let mut rows = Vec::new();
        for batch in self.engine.sql(&sql).await?.collect().await? {
            for row in 0..batch.num_rows() {
                let integer = |column: &arrow::array::ArrayRef| {
                    let column = column.as_primitive_opt::<Int64Type>()?;
                    column.is_valid(row).then(|| column.value(row))
                };
                rows.push(batch.columns().iter().map(integer).collect());
            }
        }
        Ok(rows)
    }

    /// Shards whose range holds one of these tweets.
    fn shards_that_may_hold(&self, rows: &[Vec<Option<i64>>]) -> Vec<String> {
        let seed = self.data_set.pinned().seed;
        let keys: Vec<u64> = rows
            .iter()
            .take(NAMED)
            .filter_map(|row| row.first().copied().flatten())
            .map(|id| (self.options.shuffle_key)(seed, id))
            .collect();
        let holds =
            |shard: &ShardId| keys.iter().any(|key| ShardId::index_of(*key, shard.count) == shard.index);
        self.data_set
            .files(None)
            .filter(|(_, file)| holds(&file.id()))
            .map(|(_, file)| file.path.clone())
            .collect()
    }

    fn tell(
        &mut self,
        check: &'static str,
        rows: &[Vec<Option<i64>>],
        files: &[String],
        describe: impl Fn(&[Option<i64>]) -> String,
    ) {
        let place = match files {
            [] => "the fates".to_owned(),
            [only] => only.clone(),
            [first, others @ ..] => format!("{first} or {} more", others.len()),
        };
        for row in rows.iter().take(NAMED) {
            self.report.fail(check, &place, describe(row));
        }
        if rows.len() > NAMED {
            self.report.fail(check, &place, format!("and more than these {NAMED}"));
        }
    }
}

fn show(value: Option<i64>) -> String {
    value.map_or_else(|| "unknown".to_owned(), |value| value.to_string())
}

/// A column of strings, whichever of its string types the engine chose.
fn texts(batch: &RecordBatch, column: usize) -> Result<Vec<String>> {
    let column = arrow::compute::cast(batch.column(column), &arrow::datatypes::DataType::Utf8)?;
    Ok(column.as_string::<i32>().iter().map(|text| text.unwrap_or_default().to_owned()).collect())
}
