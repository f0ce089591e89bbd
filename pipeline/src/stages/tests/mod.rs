//! Deciding, on records that fit on a page: rows as reading would give them in, one decision a row out.
#![expect(clippy::unwrap_used, reason = "tests")]

mod fates;
mod plain_rules;

use std::num::NonZeroUsize;

use arrow::array::{AsArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::Int64Type;
use datafusion::prelude::{SessionContext, col, lit};
use tempfile::TempDir;

use crate::config::{Given, RunConfig};
use crate::engine::{Engine, Joins};
use crate::evaluation::Evaluation;
use crate::history::History;
use crate::schema::{Origin, RecordKind};
use crate::source::records::{Columns, Record, RecordBuilder, with_record_base};
use crate::source::tweet::Tweet;
use crate::stages::buckets::{BucketLayout, EVENTS, REJECTS, RETWEETS};
use crate::stages::normalize::{self, Normalize};
use crate::stages::withdrawn::Withdrawn;

/// A record as reading gives it.
#[derive(Debug, Clone)]
struct Row {
    kind: RecordKind,
    id: Option<i64>,
    author: Option<i64>,
    handle: Option<&'static str>,
    text: Option<&'static str>,
    complete: bool,
    likes: i64,
    withheld: bool,
    retweet_of: Option<i64>,
    quote_of: Option<i64>,
    origin: Origin,
    carrier: Option<i64>,
    reason: Option<&'static str>,
}

fn row(kind: RecordKind) -> Row {
    Row {
        kind,
        id: None,
        author: None,
        handle: None,
        text: None,
        complete: true,
        likes: 0,
        withheld: false,
        retweet_of: None,
        quote_of: None,
        origin: Origin::Line,
        carrier: None,
        reason: None,
    }
}

/// A tweet by account 100.
fn tweet(id: i64, text: &'static str) -> Row {
    Row { id: Some(id), author: Some(100), text: Some(text), ..row(RecordKind::Tweet) }
}

/// A retweet by account 200.
fn retweet(id: i64, of: impl Into<Option<i64>>) -> Row {
    Row { id: Some(id), author: Some(200), retweet_of: of.into(), ..row(RecordKind::Retweet) }
}

/// A notice about a tweet.
fn notice(reason: &'static str, id: i64) -> Row {
    Row { id: Some(id), reason: Some(reason), ..row(RecordKind::Event) }
}

/// A notice about an account.
fn account_notice(author: i64) -> Row {
    Row { author: Some(author), reason: Some("user_withheld"), ..row(RecordKind::Event) }
}

/// A line that could not be read.
fn reject(reason: &'static str) -> Row {
    Row { reason: Some(reason), ..row(RecordKind::Reject) }
}

impl Row {
    fn by(self, author: impl Into<Option<i64>>) -> Self {
        Self { author: author.into(), ..self }
    }

    /// By an account of which only the handle is known.
    fn by_handle(self, handle: &'static str) -> Self {
        Self { author: None, handle: Some(handle), ..self }
    }

    fn likes(self, likes: i64) -> Self {
        Self { likes, ..self }
    }

    /// Its text was cut by the platform.
    fn cut(self) -> Self {
        Self { complete: false, ..self }
    }

    /// It says itself that it is withheld somewhere.
    fn marked(self) -> Self {
        Self { withheld: true, ..self }
    }

    fn quoting(self, id: i64) -> Self {
        Self { quote_of: Some(id), ..self }
    }

    fn inside(self, origin: Origin, carrier: i64) -> Self {
        Self { origin, carrier: Some(carrier), ..self }
    }

    fn is_tweet(&self) -> bool {
        matches!(self.kind, RecordKind::Tweet | RecordKind::Retweet)
    }

    /// What it is as a canonical tweet, and the digest of that.
    fn with_tweet<T>(&self, then: impl FnOnce(Tweet<'_>, [u8; 16]) -> T) -> T {
        let tweet = Tweet {
            tweet_id: self.id,
            author_id: self.author,
            author_name: self.handle,
            text: self.text,
            text_complete: self.text.map(|_| self.complete),
            likes: self.is_tweet().then_some(self.likes),
            quote_of: self.quote_of,
            withheld_in: self.withheld.then_some(&["XX"]),
            ..Tweet::default()
        };
        let digest = tweet.digest(&mut Vec::new());
        then(tweet, digest)
    }

    fn digest(&self) -> [u8; 16] {
        self.with_tweet(|_, digest| digest)
    }

    fn batch(&self, record: i64) -> RecordBatch {
        let mut builder = RecordBuilder::new(0, 0, 1, &Columns::all());
        self.with_tweet(|tweet, digest| {
            builder
                .append(&Record {
                    tweet,
                    kind: self.kind,
                    reason: self.reason,
                    raw: (!self.is_tweet()).then_some(b"{}"),
                    retweet_of: self.retweet_of,
                    origin: self.origin,
                    carrier_id: self.carrier,
                    digest: self.is_tweet().then_some(digest),
                    offset: 0,
                })
                .unwrap();
        });
        with_record_base(&builder.finish().unwrap(), record).unwrap()
    }
}

/// What earlier commits left behind.
#[derive(Debug, Clone, Default)]
struct Past {
    /// Id, text (none where texts are not compared with earlier commits), survivor.
    heads: Vec<(i64, Option<&'static str>, Option<i64>)>,
    deleted: Vec<i64>,
    withheld: Vec<i64>,
    withheld_accounts: Vec<i64>,
}

impl Past {
    fn open(&self, session: &SessionContext) -> History {
        let ids = |ids: Vec<Option<i64>>| std::sync::Arc::new(Int64Array::from(ids));
        let some = |ids: &[i64]| ids.iter().copied().map(Some).collect::<Vec<_>>();
        let texts: Vec<Option<&str>> = self.heads.iter().map(|head| head.1).collect();
        let heads = RecordBatch::try_from_iter_with_nullable([
            ("tweet_id", ids(self.heads.iter().map(|head| Some(head.0)).collect()) as _, true),
            ("text", std::sync::Arc::new(StringArray::from(texts)) as _, true),
            ("survivor", ids(self.heads.iter().map(|head| head.2).collect()) as _, true),
        ]);
        let tombstones =
            RecordBatch::try_from_iter_with_nullable([("tweet_id", ids(some(&self.deleted)) as _, true)]);
        let (tweets, accounts) = (some(&self.withheld), some(&self.withheld_accounts));
        let withheld = RecordBatch::try_from_iter_with_nullable([
            ("tweet_id", ids([tweets.clone(), vec![None; accounts.len()]].concat()) as _, true),
            ("author_id", ids([vec![None; tweets.len()], accounts].concat()) as _, true),
        ]);
        let hashed = "arrow_cast(content_hash(text), 'Binary') AS content_hash";
        let heads = session.read_batch(heads.unwrap()).unwrap();
        let similarity = "CASE WHEN survivor IS NOT NULL THEN CAST(1 AS REAL) END AS similarity";
        History {
            heads: heads.select_exprs(&["tweet_id", hashed, "survivor", similarity]).unwrap(),
            tombstones: session.read_batch(tombstones.unwrap()).unwrap(),
            withheld: session.read_batch(withheld.unwrap()).unwrap(),
        }
    }
}

/// What was decided about a record.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Decision {
    record: i64,
    fate: String,
    survivor: Option<i64>,
    quote_withdrawn: bool,
}

/// The plan of a run, without the run around it.
struct Decider {
    _scratch: TempDir,
    engine: Engine,
    config: RunConfig,
}

impl Decider {
    fn new(settings: &[&str]) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let engine = Engine::new(NonZeroUsize::MIN.saturating_add(3), 512 << 20, scratch.path()).unwrap();
        let set: Vec<String> = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let text = "version: 1\nname: test\nrun: first\ninput: [{url: /archives}]\n\
                    output: {url: /dataset, columns: [quoted_text]}\ntokenize: {tokenizer: cl100k_base}\n";
        let given = Given { date: None, set: &set, environment: &|_| None };
        let config = RunConfig::parse("run.yaml", text, &given).unwrap();
        Self { _scratch: scratch, engine, config }
    }

    /// Decides about `rows`, each with its record number; decisions come in the order of those.
    async fn decide(&self, rows: &[(i64, Row)], past: &Past, partitions: usize) -> Vec<Decision> {
        let partitions = NonZeroUsize::new(partitions).unwrap();
        let session = self.engine.session(partitions, Joins::Merge).unwrap();
        let layout = BucketLayout::new(0, &self.config.split, &self.engine);
        let batches: Vec<RecordBatch> = rows.iter().map(|(record, row)| row.batch(*record)).collect();
        let records = session.read_batches(batches).unwrap();
        let records =
            normalize::apply(records, &Normalize::new(&self.config, &Evaluation::default(), layout)).unwrap();
        let tweets = records.clone().filter(col("bucket").gt_eq(lit(RETWEETS))).unwrap();
        let events = records.clone().filter(col("bucket").eq(lit(EVENTS))).unwrap();
        let others = vec![lit(EVENTS), lit(REJECTS)];
        let others = records.filter(col("bucket").in_list(others, false)).unwrap();
        let history = past.open(&session);
        let opened = crate::run::opened(&self.config, tweets, &history).unwrap();
        let rows = Withdrawn::of(&opened, &events, &history).unwrap();
        let held = rows.clone().held(&self.engine).await.unwrap();
        assert!(matches!(held, Withdrawn::Held { .. }));
        let decide = async |withdrawn: &Withdrawn| {
            let (opened, others) = (opened.clone(), others.clone());
            let decided = crate::run::decisions(&self.config, opened, withdrawn, others, layout).unwrap();
            decisions_of(&decided.collect().await.unwrap())
        };
        let decisions = decide(&held).await;
        assert_eq!(decisions, decide(&rows).await, "withdrawn ids held in memory, and joined with");
        decisions
    }
}

/// The decisions in `batches`, in the order of their records.
fn decisions_of(batches: &[RecordBatch]) -> Vec<Decision> {
    let mut decisions = Vec::new();
    for batch in batches {
        let column = |name: &str| batch.column_by_name(name).unwrap();
        let records = column("record").as_primitive::<Int64Type>();
        let fates = column("fate").as_string::<i32>();
        let survivors = column("survivor").as_primitive::<Int64Type>();
        let quotes = column("quote_withdrawn").as_boolean();
        for at in 0..batch.num_rows() {
            decisions.push(Decision {
                record: records.value(at),
                fate: fates.value(at).to_owned(),
                survivor: survivors.iter().nth(at).unwrap(),
                quote_withdrawn: quotes.value(at),
            });
        }
    }
    decisions.sort_by_key(|decision| decision.record);
    decisions
}

fn numbered(rows: &[Row]) -> Vec<(i64, Row)> {
    (0..).zip(rows.iter().cloned()).collect()
}
