//! `tweetmill plan`: what a run would do.

use clap::Args;

use crate::config::RunConfig;
use crate::error::Result;

use super::dates::DateArg;
use super::{ConfigArgs, runtime, talk};

/// Show what a run would read and do; nothing is written
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tweetmill plan nightly.yaml --date 2026-11-22
  tweetmill plan backfill.yaml --set input.0.url='/archives/2015/*.tar'")]
pub(super) struct PlanArgs {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    date: DateArg,
}

pub(super) fn plan(args: &PlanArgs) -> Result<()> {
    let config = RunConfig::load(&args.config.config, args.date.date, &args.config.set)?;
    let text = runtime::block_on(config.engine.threads, crate::plan::plan(&config))?;
    talk::data(&text)
}
