//! `tweetmill verify`: does a data set keep its promises?

use std::sync::Arc;

use clap::Args;

use crate::dataset::verify::{self, Options, Verification};
use crate::error::{Error, ErrorKind, Result};
use crate::progress::Progress;
use crate::report::ProgressView;

use super::open::{Opened, open};
use super::resources::ResourceArgs;
use super::runtime;
use super::talk::{self, Talk};

/// Check a data set: digests, schema, accounting, splits, near-duplicates
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tweetmill verify s3://train/nightly
  tweetmill verify ./dataset && echo good
  tweetmill verify ./dataset --inputs
      also read the archives again: has every line its fates, is every text that was dropped as near
      to its survivor as was said?

Exit code 1 when anything is wrong; the report says what.")]
pub(super) struct VerifyArgs {
    /// Folder of the data set: a URL or a path
    dataset: String,
    /// Also read the archives again, where the runs found them, and recompute the duplicates
    #[arg(long)]
    inputs: bool,
    #[command(flatten)]
    resources: ResourceArgs,
}

pub(super) fn verify(args: &VerifyArgs, talk: Talk) -> Result<()> {
    let progress = Arc::new(Progress::new());
    let view = ProgressView::start(Arc::clone(&progress), talk.progress());
    let report = runtime::block_on(args.resources.threads(), async {
        let opened = open(&args.dataset, args.resources).await?;
        progress.begin("verifying", None);
        let mut report = verified(&opened).await?;
        if args.inputs {
            let engine = (&opened.engine, &opened.session);
            verify::against_inputs(&mut report, &opened.data_set, engine, &progress).await?;
        }
        Ok(report)
    });
    drop(view);
    let report = report?;
    talk::data(&report.to_string())?;
    if report.passed() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Store, format!("the data set {} does not keep its promises", args.dataset))
        .with_hint("the report names each file: restore it, or run again what made it"))
}

/// Checks everything that can be checked without the archives; an error where checking itself is impossible.
pub(super) fn verify_data_set(url: &str) -> Result<Verification> {
    runtime::block_on(runtime::all_threads(), async {
        verified(&open(url, ResourceArgs::default()).await?).await
    })
}

async fn verified(opened: &Opened) -> Result<Verification> {
    let options = Options {
        shuffle_key: tweetmill_kernels::hash::shuffle_key,
        spool: opened.scratch.path().to_owned(),
        readers: opened.threads.get(),
    };
    verify::verify(&opened.data_set, &opened.session, &options).await
}
