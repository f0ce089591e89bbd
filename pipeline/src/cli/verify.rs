//! `tweetmill verify`: does a data set keep its promises?

use clap::Args;

use crate::error::{Error, ErrorKind, Result};

use super::opened::Opened;
use super::{runtime, talk};

/// Check a data set: digests, schema, accounting, splits
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tweetmill verify s3://train/nightly
  tweetmill verify ./dataset && echo good

Exit code 1 when anything is wrong; the report says what.")]
pub(super) struct VerifyArgs {
    /// Folder of the data set: a URL or a path
    dataset: String,
}

pub(super) fn verify(args: &VerifyArgs) -> Result<()> {
    let report = runtime::block_on(runtime::all_threads(), async {
        Opened::at(&args.dataset).await?.verify().await
    })?;
    talk::data(&report.to_string())?;
    if report.passed() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Store, format!("the data set {} does not keep its promises", args.dataset))
        .with_hint("the report above names each file; restore it, or run again what made it"))
}
