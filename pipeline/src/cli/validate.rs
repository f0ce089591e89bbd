//! `tweetmill validate`: is this run file right, and what does it mean?

use clap::Args;

use crate::config::RunConfig;
use crate::error::Result;

use super::dates::DateArg;
use super::{ConfigArgs, talk};

/// Check a run file and print it with every default filled in
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tweetmill validate nightly.yaml --date 2026-11-22
  tweetmill validate backfill.yaml --set split.test=1%

What it prints is a run file too. Inputs are not looked at: that is what plan does.")]
pub(super) struct ValidateArgs {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    date: DateArg,
}

pub(super) fn validate(args: &ValidateArgs) -> Result<()> {
    let config = RunConfig::load(&args.config.config, args.date.date, &args.config.set)?;
    talk::data(&validated(&config))
}

/// The answer: a first line to look for, then the run file it amounts to.
fn validated(config: &RunConfig) -> String {
    format!("# config ok, digest {}\n{}", config.digest(), config.to_yaml())
}
