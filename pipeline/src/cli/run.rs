//! `tweetmill run`: the main job, one commit a date, in order.

use std::num::NonZeroU64;
use std::sync::Arc;

use clap::Args;

use crate::config::{Part, RunConfig, SampleShare};
use crate::error::{Error, ErrorKind, Result};
use crate::progress::Progress;
use crate::report::{ProgressView, RunSummary, funnel};

use super::ConfigArgs;
use super::dates::DateArgs;
use super::runtime;
use super::talk::{self, Talk};

/// Read archives and commit their documents to a data set
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tweetmill run nightly.yaml --date 2026-11-22
  tweetmill run nightly.yaml --from 2026-11-01 --to 2026-11-30
  tweetmill run backfill.yaml --set engine.threads=4 --json | jq .records.fates
  tweetmill run nightly.yaml --date 2026-11-22 --sample 1% --set output.url=/tmp/try-it

A run that is committed already, with the same inputs and settings, is not run again.

A trial run (--limit or --sample) is another setting, and its commit and the card say what part
it is of. Give it a data set of its own: one of whole runs takes none.")]
pub(super) struct RunArgs {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    dates: DateArgs,
    /// Try out: read the first N lines alone, in the order in which objects are listed
    #[arg(long, value_name = "N", conflicts_with = "sample")]
    limit: Option<NonZeroU64>,
    /// Try out: keep a share of the tweets, such as 1%, by a hash of their ids; the others get the fate
    /// `unsampled`, and deletions count all the same
    #[arg(long, value_name = "SHARE")]
    sample: Option<SampleShare>,
    /// Print the numbers of each run on stdout, as one JSON object
    #[arg(long)]
    json: bool,
}

/// Checks the run file for every date before the first run starts.
pub(super) fn run(args: &RunArgs, talk: Talk) -> Result<()> {
    let mut configs: Vec<RunConfig> = Vec::new();
    for date in args.dates.dates()? {
        let mut config = RunConfig::load(&args.config.config, date, &args.config.set)?;
        config.part = args.limit.map(Part::Lines).or(args.sample.map(Part::Sample));
        if configs.last().is_some_and(|last| last.run == config.run) {
            return Err(Error::new(
                ErrorKind::Usage,
                format!("run: every date has the label `{}`", config.run),
            )
            .with_hint("for --from and --to, let the label hold the date: run: \"{{ ds }}\""));
        }
        configs.push(config);
    }
    for config in &configs {
        let summary = run_one(config, talk)?;
        if args.json {
            talk::data(&as_json(&summary)?)?;
        }
    }
    Ok(())
}

/// One run with its progress shown, and its table at the end.
pub(super) fn run_one(config: &RunConfig, talk: Talk) -> Result<RunSummary> {
    let progress = Arc::new(Progress::new());
    let view = ProgressView::start(Arc::clone(&progress), talk.progress());
    let summary = runtime::block_on(config.engine.threads, crate::run::run(config, &progress));
    drop(view);
    let summary = summary?;
    talk.say(&funnel(&summary));
    Ok(summary)
}

fn as_json(summary: &RunSummary) -> Result<String> {
    serde_json::to_string(summary).map_err(|error| {
        Error::new(ErrorKind::Defect, "the run's numbers cannot be written").with_source(error)
    })
}
