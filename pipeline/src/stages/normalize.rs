//! Records as read → records ready to be decided on: the derived columns later stages use.

use datafusion::dataframe::DataFrame;

use crate::config::{Filter, RunConfig, TemplateField};
use crate::error::Result;
use crate::evaluation::Evaluation;
use crate::schema::{self, DOCUMENT_COLUMNS, RecordKind};
use crate::stages::buckets::BucketLayout;
use crate::stages::{caps, decontaminate, filter, redact, sample, withdrawn};

/// What the derived columns depend on.
#[derive(Debug, Clone)]
pub struct Normalize {
    /// Seed of the shuffle and of the split.
    pub seed: u64,
    /// Split keys below this go to validation.
    pub validation_threshold: u64,
    /// Split keys from there to below this go to test.
    pub test_threshold: u64,
    /// Canonical columns that documents carry besides the fixed ones, and that deciding about those takes.
    pub columns: Vec<&'static str>,
    /// Conditions on tweets.
    pub filters: Vec<Filter>,
    /// What no tweet may contain.
    pub evaluation: Evaluation,
    /// Whether documents may show what a tweet quotes, which is asked for that, too.
    pub quotes: bool,
    /// Whether an author's documents are counted, for which one without an id is known by its handle.
    pub handles: bool,
    /// SQL that is true of records outside the sample, which need no text.
    pub left_out: Option<String>,
    /// Buckets of the boundary.
    pub layout: BucketLayout,
}

impl Normalize {
    /// As the run file says, whose evaluation sets are `evaluation`.
    pub fn new(config: &RunConfig, evaluation: &Evaluation, layout: BucketLayout) -> Self {
        let named = config.document.template.fields().map(TemplateField::column);
        let quotes = withdrawn::concerns_quotes(config);
        let mut columns = config.output.columns.clone();
        for column in
            named.chain(quotes.then_some("quote_of")).chain(redact::columns(config.redact).iter().copied())
        {
            let is_fixed = DOCUMENT_COLUMNS.iter().any(|(fixed, _)| *fixed == column);
            if !is_fixed && !columns.contains(&column) {
                columns.push(column);
            }
        }
        Self {
            seed: config.split.seed,
            validation_threshold: config.split.validation.threshold_u64(),
            test_threshold: config
                .split
                .validation
                .threshold_u64()
                .saturating_add(config.split.test.threshold_u64()),
            columns,
            filters: config.filter.clone(),
            evaluation: evaluation.clone(),
            quotes,
            handles: config.caps.per_author.is_some(),
            left_out: sample::left_out_sql(config),
            layout,
        }
    }
}

/// Adds to each record, with nothing dropped:
///
/// | column | meaning |
/// |---|---|
/// | `shuffle` | key the documents are shuffled by |
/// | `split` | train, validation or test, for tweets |
/// | `content_hash` | hash of the canonical text, for tweets |
/// | `richness` | sum of the counts: which copy of an id is worth keeping |
/// | `withheld` | whether the record itself says it is withheld somewhere |
/// | `filtered` | name of the first filter that a tweet fails, `contaminated:` and a set among them |
/// | `item`, `item_share` | with evaluation sets: the item that it contains, and how much of it |
/// | `author_handle` | with `handles`: lower-cased handle of an author without an id |
/// | `text_bytes` | UTF-8 bytes of the text, for tweets |
/// | `bucket` | bucket of the boundary |
///
/// Columns that only documents need are null for other kinds and outside the sample, which makes the boundary
/// smaller.
pub fn apply(records: DataFrame, options: &Normalize) -> Result<DataFrame> {
    let kind = |kind: RecordKind| format!("kind = {}", kind as u8);
    // Reports keep their label, which stands in `text`.
    let (mut tweet, mut without_text) = (kind(RecordKind::Tweet), kind(RecordKind::Retweet));
    if let Some(left_out) = &options.left_out {
        without_text = format!("{without_text} OR {tweet} AND {left_out}");
        tweet = format!("{tweet} AND NOT {left_out}");
    }
    let Normalize { seed, validation_threshold, test_threshold, .. } = options;
    let mut derived = vec![
        format!("shuffle_key(tweet_id, CAST({seed} AS BIGINT UNSIGNED)) AS shuffle"),
        format!(
            "CASE WHEN {tweet} THEN split_of(author_id, author_name, tweet_id, \
             CAST({seed} AS BIGINT UNSIGNED), CAST({validation_threshold} AS BIGINT UNSIGNED), \
             CAST({test_threshold} AS BIGINT UNSIGNED)) END AS split"
        ),
        format!("CASE WHEN {tweet} THEN content_hash(text) END AS content_hash"),
        "coalesce(text_complete, false) AS text_complete".to_owned(),
        "coalesce(retweets, 0) + coalesce(likes, 0) + coalesce(replies, 0) + coalesce(quotes, 0) AS richness"
            .to_owned(),
        "coalesce(cardinality(withheld_in), 0) > 0 AS withheld".to_owned(),
        format!("CASE WHEN {tweet} THEN {} END AS filtered", filter::first_failed_sql(&options.filters)),
        format!("CASE WHEN {tweet} THEN octet_length(text) END AS text_bytes"),
    ];
    for column in ["created_at", "lang"].into_iter().chain(options.columns.iter().copied()) {
        if column != "text_complete" {
            derived.push(format!("CASE WHEN {tweet} THEN {column} END AS {column}"));
        }
    }
    if options.handles {
        derived.push(format!("CASE WHEN {tweet} THEN {} END AS {}", caps::HANDLE_SQL, caps::HANDLE));
    }
    derived.push(format!("CASE WHEN NOT ({without_text}) THEN text END AS text"));
    let provenance = schema::provenance().into_iter().map(|column| column.name);
    let kept = ["tweet_id", "author_id"].into_iter().chain(provenance).map(|name| format!("\"{name}\""));
    let columns: Vec<String> = kept.chain(derived).collect();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let frame = decontaminate::apply(records.select_exprs(&columns)?, &options.evaluation, options.quotes)?;
    let bucket = frame.parse_sql_expr(&options.layout.bucket_sql())?;
    Ok(frame.with_column("bucket", bucket)?)
}
