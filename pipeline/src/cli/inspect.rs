//! `tweetmill inspect`: what is in an archive.

use std::sync::Arc;

use clap::Args;

use crate::error::{Error, ErrorKind, Result};
use crate::inspect;
use crate::progress::Progress;
use crate::report::ProgressView;

use super::resources::ResourceArgs;
use super::runtime;
use super::talk::{self, Talk};

/// Show what is in archives: members, counts, damage, a few rows
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tweetmill inspect /archives/archiveteam-twitter-stream-2015-10.tar
  tweetmill inspect s3://raw/2021/ --json | jq .total.rejects
  tweetmill inspect download.json.gz

Everything is read to its end; damage is told, not an error. For a first look at a large archive:
tweetmill sql \"SELECT * FROM tweets LIMIT 5\" --from URL")]
pub(super) struct InspectArgs {
    /// Archives, folders or globs: URLs or paths
    #[arg(required = true, value_name = "URL")]
    urls: Vec<String>,
    /// Print one JSON object instead
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    resources: ResourceArgs,
}

pub(super) fn inspect(args: &InspectArgs, talk: Talk) -> Result<()> {
    let (engine, _scratch) = args.resources.engine()?;
    let progress = Arc::new(Progress::new());
    let view = ProgressView::start(Arc::clone(&progress), talk.progress());
    let inspecting = inspect::inspect(&engine, &args.urls, &progress);
    let inspection = runtime::block_on(args.resources.threads(), inspecting);
    drop(view);
    let inspection = inspection?;
    if !args.json {
        return talk::data(&inspection.to_string());
    }
    let json = serde_json::to_string(&inspection).map_err(|error| {
        Error::new(ErrorKind::Defect, "the contents cannot be written").with_source(error)
    })?;
    talk::data(&json)
}
