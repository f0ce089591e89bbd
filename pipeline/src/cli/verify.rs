//! `tweetmill verify`: does a data set keep its promises?

use clap::Args;

use crate::dataset::verify::{self, Options, Verification};
use crate::error::{Error, ErrorKind, Result};

use super::open::open;
use super::resources::ResourceArgs;
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
    let report = verify_data_set(&args.dataset)?;
    talk::data(&report.to_string())?;
    if report.passed() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Store, format!("the data set {} does not keep its promises", args.dataset))
        .with_hint("the report names each file: restore it, or run again what made it"))
}

/// Checks everything that can be checked; an error where checking itself is impossible.
pub(super) fn verify_data_set(url: &str) -> Result<Verification> {
    runtime::block_on(runtime::all_threads(), async {
        let opened = open(url, ResourceArgs::default()).await?;
        let options = Options {
            shuffle_key: tweetmill_kernels::hash::shuffle_key,
            spool: opened.scratch.path().to_owned(),
            readers: opened.threads.get(),
        };
        verify::verify(&opened.data_set, &opened.session, &options).await
    })
}
