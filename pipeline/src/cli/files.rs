//! `tweetmill files`: the committed files of a data set, for loaders and scripts.

use clap::Args;

use crate::error::Result;
use crate::schema::Split;

use super::{open, runtime, talk};

/// List the committed files of a data set
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tweetmill files s3://train/nightly --split train
  duckdb -c \"SELECT count(*) FROM read_parquet([$(tweetmill files ./dataset | sed \"s/.*/'&'/\" | paste -sd,)])\"

One URL a line, in the order of the commits. Files of a run in progress are not among them.")]
pub(super) struct FilesArgs {
    /// Folder of the data set: a URL or a path
    dataset: String,
    /// Only the files of this split: train, validation or test
    #[arg(long)]
    split: Option<Split>,
}

pub(super) fn files(args: &FilesArgs) -> Result<()> {
    let lines = runtime::block_on(runtime::all_threads(), async {
        open::data_set(&args.dataset).await?.file_lines(&args.dataset, args.split.map(Split::name))
    })?;
    if lines.is_empty() { Ok(()) } else { talk::data(&lines.join("\n")) }
}
