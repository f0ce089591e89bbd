//! `tweetmill sample`: random records of a data set to read.

use std::sync::Arc;

use clap::Args;

use crate::dataset::sample::{self, Sampled, Wanted};
use crate::error::{Error, ErrorKind, Result};
use crate::fate::KEPT;
use crate::progress::Progress;
use crate::report::ProgressView;
use crate::schema::Split;

use super::open::open;
use super::resources::ResourceArgs;
use super::runtime;
use super::talk::{self, Talk};

/// Show random records to read: documents, or what a rule dropped
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tweetmill sample s3://train/nightly
  tweetmill sample ./dataset --fate duplicate_exact -n 20
  tweetmill sample ./dataset --fate filtered:language --json | jq -r .text

Dropped tweets have no text in the data set: they are read again from the archives, where these
are still there. Duplicates come with the document that stands for them. The same seed gives the
same records.")]
pub(super) struct SampleArgs {
    /// Folder of the data set: a URL or a path
    dataset: String,
    /// What became of the records: `kept`, `duplicate_exact`, `filtered:NAME` …; `filtered` and `rejected` alone
    /// stand for all that begin so
    #[arg(long, default_value = KEPT)]
    fate: String,
    /// Only documents of this split: train, validation or test
    #[arg(long)]
    split: Option<Split>,
    /// At most so many records
    #[arg(short, long, value_name = "N", default_value_t = 50)]
    number: usize,
    /// Another seed gives other records
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print a JSON object a record instead
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    resources: ResourceArgs,
}

pub(super) fn sample(args: &SampleArgs, talk: Talk) -> Result<()> {
    let wanted = Wanted { fate: args.fate.clone(), split: args.split, number: args.number, seed: args.seed };
    let progress = Arc::new(Progress::new());
    let view = ProgressView::start(Arc::clone(&progress), talk.progress());
    let records = runtime::block_on(args.resources.threads(), async {
        let opened = open(&args.dataset, args.resources).await?;
        let engine = (&opened.engine, &opened.session);
        let key = tweetmill_kernels::hash::shuffle_key;
        sample::sample(&opened.data_set, engine, key, &wanted, &progress).await
    });
    drop(view);
    let records = records?;
    let missing = records.iter().filter(|record| record.text.is_none()).count();
    if missing > 0 {
        talk.say(&format!("{missing} of {} records have no text here; each says why", records.len()));
    }
    let texts: Vec<String> = if args.json {
        records.iter().map(json).collect::<Result<_>>()?
    } else {
        records.iter().map(Sampled::to_string).collect()
    };
    if texts.is_empty() { Ok(()) } else { talk::data(&texts.join("\n")) }
}

fn json(record: &Sampled) -> Result<String> {
    serde_json::to_string(record)
        .map_err(|error| Error::new(ErrorKind::Defect, "a record cannot be written").with_source(error))
}
