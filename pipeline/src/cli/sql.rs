//! `tweetmill sql`: questions about raw archives and data sets.

use std::io::IsTerminal;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use futures::StreamExt;

use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::progress::Progress;
use crate::query::rows::{self, Format};
use crate::query::{self, statement};
use crate::report::{ProgressView, Style};

use super::resources::ResourceArgs;
use super::runtime;
use super::talk::{self, Talk};

/// Ask raw archives or a data set in SQL
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tweetmill sql \"SELECT lang, count(*) AS tweets FROM tweets GROUP BY lang ORDER BY tweets DESC\" \\
      --from /archives/2021-01-*.tar
  tweetmill sql \"SELECT fate, count(*) FROM fates GROUP BY fate\" --from s3://train/nightly
  tweetmill sql \"SELECT text FROM tweets WHERE detect_language(text) = 'pt'\" --from day.tar \\
      --format jsonl | head
  tweetmill sql \"DESCRIBE tweets\" --from day.tar

Tables over archives:
  tweets     canonical columns; a tweet that is a line, or was found inside a retweet or quote
  retweets   who passed on which tweet; the texts are those of the originals, which are in tweets,
             so that no text counts once for every retweet
  events     deletions and other messages of the stream
  rejects    lines that could not be read
  members    files in the archives, by label and state
Each row has file, member and, but for members, byte_offset. Tables over a data set: documents and fates, each with
commit_number and file. Nothing is written.")]
pub(super) struct SqlArgs {
    /// One query, EXPLAIN or DESCRIBE; functions: docs/reference/functions.md
    query: String,
    /// Archives, folders or globs, and at most one data set; may be given again
    #[arg(long, value_name = "URL", required = true, num_args = 1..)]
    from: Vec<String>,
    /// How rows are written on stdout
    #[arg(long, value_enum, default_value = "table")]
    format: FormatArg,
    #[command(flatten)]
    resources: ResourceArgs,
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    /// For reading: long values are cut
    Table,
    /// Under a line of names; lists as JSON
    Csv,
    /// A JSON object a line
    Jsonl,
    /// One Parquet file
    Parquet,
}

impl FormatArg {
    fn format(self) -> Format {
        match self {
            Self::Table => Format::Table,
            Self::Csv => Format::Csv,
            Self::Jsonl => Format::Jsonl,
            Self::Parquet => Format::Parquet,
        }
    }
}

pub(super) fn sql(args: &SqlArgs, talk: Talk) -> Result<()> {
    if args.format == FormatArg::Parquet && std::io::stdout().is_terminal() {
        return Err(Error::new(ErrorKind::Usage, "a Parquet file is nothing to read on a terminal")
            .with_hint("send it to a file: --format parquet > rows.parquet"));
    }
    let (engine, _scratch) = args.resources.engine()?;
    runtime::block_on(args.resources.threads(), answer(args, &engine, talk.progress()))
}

async fn answer(args: &SqlArgs, engine: &Engine, style: Style) -> Result<()> {
    let progress = Arc::new(Progress::new());
    let session = query::open(engine, &args.from, &progress).await?;
    let frame = statement::plan(&session, &args.query).await?;
    let schema = Arc::new(frame.schema().as_arrow().clone());
    let (stdout, closed) = talk::Stdout::open();
    let mut writer = rows::writer(args.format.format(), &schema, stdout)?;
    let mut view = Some(ProgressView::start(Arc::clone(&progress), style));
    let mut batches = frame.execute_stream().await.map_err(statement::failed)?;
    while let Some(batch) = batches.next().await {
        if std::io::stdout().is_terminal() {
            // Rows and a bar that is drawn over do not share a screen.
            drop(view.take());
        }
        writer.write(&batch.map_err(statement::failed)?)?;
        if closed.is_closed() {
            return Ok(());
        }
    }
    drop(view);
    writer.finish()
}
