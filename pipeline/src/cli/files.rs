//! `tweetmill files`: the committed files of a data set, for loaders and scripts.

use clap::{Args, ValueEnum};

use crate::error::Result;

use super::opened::Opened;
use super::{runtime, talk};

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
    /// Only the files of this split
    #[arg(long)]
    split: Option<SplitName>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SplitName {
    Train,
    Validation,
    Test,
}

impl SplitName {
    fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

pub(super) fn files(args: &FilesArgs) -> Result<()> {
    let files = runtime::block_on(runtime::all_threads(), async {
        Opened::at(&args.dataset).await?.data_set.file_lines(&args.dataset, args.split.map(SplitName::name))
    })?;
    if files.is_empty() { Ok(()) } else { talk::data(&files.join("\n")) }
}
