//! One fate a record: how deciding begins, ends, and is checked.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Int64Type, UInt8Type};
use datafusion::dataframe::DataFrame;
use datafusion::functions_aggregate::expr_fn::{count, sum};
use datafusion::prelude::{col, lit};

use crate::error::{Error, ErrorKind, Result};
use crate::fate::{self, KEPT};
use crate::schema::{Origin, Split};
use crate::sink::shard::logical_bytes;
use crate::stages::buckets::BucketLayout;
use crate::stages::decontaminate::ITEM;

/// Columns deciding needs of tweets and retweets, beside the four it fills in.
const NARROW: [&str; 19] = [
    "kind",
    "tweet_id",
    "author_id",
    "retweet_of",
    "origin",
    "carrier_id",
    "digest",
    "unit",
    "member",
    "offset",
    "record",
    "shuffle",
    "split",
    "content_hash",
    "text_complete",
    "richness",
    "withheld",
    "filtered",
    "text_bytes",
];

/// Columns of a decision: see `docs/output-format.md` for the ones that are published.
const DECISION: [&str; 17] = [
    "kind",
    "tweet_id",
    "author_id",
    "fate",
    "survivor",
    "similarity",
    "origin",
    "carrier_id",
    "unit",
    "member",
    "offset",
    "record",
    "shuffle",
    "split",
    "content_hash",
    "text_bytes",
    "quote_withdrawn",
];

/// Tweets and retweets with no fate yet, and the documents of earlier commits beside them.
///
/// `history` has the columns `tweet_id`, `content_hash`, `survivor`, `similarity`; its rows are marked
/// `committed`, decide the fates of others, and leave again in [`close`]. The columns `further` come along.
pub fn open(
    records: DataFrame,
    history: DataFrame,
    further: impl IntoIterator<Item = &'static str>,
) -> Result<DataFrame> {
    let mut own: Vec<String> = NARROW.into_iter().chain(further).map(|name| format!("\"{name}\"")).collect();
    own.extend(
        [
            "false AS committed",
            "CAST(NULL AS VARCHAR) AS fate",
            "CAST(NULL AS BIGINT) AS survivor",
            "CAST(NULL AS REAL) AS similarity",
        ]
        .map(str::to_owned),
    );
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    let records = records.select_exprs(&own)?;
    let mut past = Vec::new();
    for field in records.schema().fields() {
        let name = field.name();
        past.push(match name.as_str() {
            "tweet_id" | "survivor" | "similarity" => format!("\"{name}\""),
            "content_hash" => format!("arrow_cast({name}, '{}') AS {name}", field.data_type()),
            "committed" => "true AS committed".to_owned(),
            _ => format!("arrow_cast(NULL, '{}') AS \"{name}\"", field.data_type()),
        });
    }
    let past: Vec<&str> = past.iter().map(String::as_str).collect();
    Ok(records.union(history.select_exprs(&past)?)?)
}

/// Ends deciding: what has no fate is kept; events and rejects join with theirs; each goes to its bucket.
pub fn close(records: DataFrame, others: DataFrame, layout: BucketLayout) -> Result<DataFrame> {
    let decided = records.filter(col("committed").eq(lit(false)))?;
    let fate = decided.parse_sql_expr(&format!("coalesce(fate, '{KEPT}')"))?;
    let item = decided.schema().field_with_unqualified_name(ITEM).is_ok().then_some(ITEM);
    let columns: Vec<&str> = DECISION.into_iter().chain(item).collect();
    let decided = decided.with_column("fate", fate)?.select_columns(&columns)?;
    let mut columns = Vec::new();
    for field in decided.schema().fields() {
        let name = field.name();
        columns.push(match name.as_str() {
            "fate" => format!("{} AS fate", fate::of_no_tweet_sql()),
            "survivor" | "similarity" | ITEM => {
                format!("arrow_cast(NULL, '{}') AS \"{name}\"", field.data_type())
            }
            "quote_withdrawn" => "false AS quote_withdrawn".to_owned(),
            _ => format!("\"{name}\""),
        });
    }
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let all = decided.union(others.select_exprs(&columns)?)?;
    let bucket = all.parse_sql_expr(&layout.bucket_sql())?;
    Ok(all.with_column("bucket", bucket)?)
}

/// How many records met which fate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accounts {
    /// Framed lines.
    pub lines: u64,
    /// Originals found inside retweets and quotes.
    pub harvested: u64,
    /// Records by fate.
    pub fates: BTreeMap<String, u64>,
    /// Documents and their logical bytes by split.
    pub documents: BTreeMap<Split, Documents>,
}

/// The documents of one split, counted before they are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Documents {
    /// Number of documents.
    pub rows: u64,
    /// Their size as shards are measured, see [`logical_bytes`].
    pub logical_bytes: u64,
}

/// Counts the decisions.
pub async fn account(decisions: DataFrame) -> Result<Accounts> {
    let grouped = decisions
        .aggregate(
            vec![col("fate"), col("origin"), col("split")],
            vec![count(lit(1)).alias("records"), sum(col("text_bytes")).alias("text_bytes")],
        )?
        .collect()
        .await?;
    let mut accounts = Accounts::default();
    for batch in &grouped {
        let column = |name: &str| {
            batch.column_by_name(name).ok_or_else(|| {
                Error::new(ErrorKind::Defect, format!("the counting plan lost its column {name}"))
            })
        };
        let fates = column("fate")?.as_string::<i32>();
        let origins = column("origin")?.as_primitive::<UInt8Type>();
        let splits = column("split")?.as_string::<i32>();
        let records = column("records")?.as_primitive::<Int64Type>();
        let bytes = column("text_bytes")?.as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let number = records.value(row) as u64;
            if origins.value(row) == Origin::Line as u8 {
                accounts.lines += number;
            } else {
                accounts.harvested += number;
            }
            let fate = fates.value(row);
            *accounts.fates.entry(fate.to_owned()).or_default() += number;
            if fate == KEPT {
                let split = splits.value(row).parse::<Split>()?;
                let documents = accounts.documents.entry(split).or_default();
                documents.rows += number;
                let text_bytes = if bytes.is_null(row) { 0 } else { bytes.value(row) as u64 };
                documents.logical_bytes += logical_bytes(number, text_bytes);
            }
        }
    }
    Ok(accounts)
}

/// What reading says it handed on, counted where lines are framed and parsed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Framed {
    /// Lines.
    pub lines: u64,
    /// Originals found inside them.
    pub harvested: u64,
}

/// Fails unless the records that were framed are exactly those that were stored, and exactly those that
/// have a fate. `stored` is the number of records in the first boundary.
pub fn conserved(accounts: &Accounts, framed: Framed, stored: u64) -> Result<()> {
    let decided: u64 = accounts.fates.values().sum();
    let Accounts { lines, harvested, .. } = *accounts;
    let Framed { lines: framed_lines, harvested: framed_harvested } = framed;
    if decided == stored
        && lines + harvested == stored
        && (lines, harvested) == (framed_lines, framed_harvested)
    {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Defect,
        format!(
            "{framed_lines} lines with {framed_harvested} originals inside were read and {stored} records stored, \
             but {lines} lines and {harvested} originals have a fate; nothing was committed"
        ),
    )
    .with_hint("this should be impossible: please report it with the run's log"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_lost_anywhere_fails_the_run() {
        let accounts = |lines, harvested, kept| Accounts {
            lines,
            harvested,
            fates: BTreeMap::from([("kept".to_owned(), kept), ("event".to_owned(), 2)]),
            documents: BTreeMap::new(),
        };
        let framed = Framed { lines: 10, harvested: 3 };
        for (story, accounts, stored, passes) in [
            ("all there", accounts(10, 3, 11), 13, true),
            ("lost while deciding", accounts(9, 3, 10), 13, false),
            ("twice while deciding", accounts(11, 3, 12), 13, false),
            ("a line lost before it was stored", accounts(9, 3, 10), 12, false),
            ("an original lost before it was stored", accounts(10, 2, 10), 12, false),
            ("an original taken for a line", accounts(11, 2, 11), 13, false),
            ("a record without a fate", accounts(10, 3, 10), 13, false),
        ] {
            let result = conserved(&accounts, framed, stored);
            assert_eq!(result.is_ok(), passes, "{story}");
            assert!(result.err().is_none_or(|error| error.kind() == ErrorKind::Defect), "{story}");
        }
    }
}
