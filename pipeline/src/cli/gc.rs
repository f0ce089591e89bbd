//! `tweetmill gc`: removes what runs left behind that never committed.

use std::time::{Duration, SystemTime};

use clap::Args;

use crate::dataset::gc::{self, Options};
use crate::engine::Storage;
use crate::engine::store_error::explain_cause;
use crate::error::{Error, ErrorKind, Result};
use crate::quantity::{bytes, count};

use super::runtime;
use super::talk::{self, Talk};

/// Remove what runs left in a data set without committing it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tweetmill gc s3://train/nightly --dry-run
  tweetmill gc s3://train/nightly
  tweetmill gc ./dataset --older-than 0s --idle
      where no run is going on

A run that is killed leaves files that no commit names. They do no harm but cost space; running it again uses
those that are whole. Prints the URL of each file it removes, one a line.

Stores keep the parts of uploads that were never completed where no listing shows them: let a rule of the bucket
remove those after a day.")]
pub(super) struct GcArgs {
    /// Folder of the data set: a URL or a path
    dataset: String,
    /// Only what was last written so long ago; at least a day, or a run that is going on may need it
    #[arg(long, value_name = "AGE", default_value = "1d", value_parser = humantime::parse_duration)]
    older_than: Duration,
    /// No run is going on: --older-than may be less than a day
    #[arg(long)]
    idle: bool,
    /// Only tell what would be removed
    #[arg(long)]
    dry_run: bool,
}

/// Twice as long as a run relies on what it found there.
const LEAST_AGE: Duration = Duration::from_hours(24);

pub(super) fn gc(args: &GcArgs, talk: Talk) -> Result<()> {
    if args.older_than < LEAST_AGE && !args.idle && !args.dry_run {
        return Err(Error::new(
            ErrorKind::Usage,
            "--older-than: a run that is going on may need what is younger than a day",
        )
        .with_hint("where none is, say so with --idle"));
    }
    #[expect(clippy::disallowed_methods, reason = "how old a file is depends on when it is asked")]
    let now = SystemTime::now();
    let options = Options { older_than: args.older_than, now, dry_run: args.dry_run };
    let collected = runtime::block_on(runtime::all_threads(), async {
        let place = Storage::new().locate(&args.dataset)?;
        let name = place.to_string();
        gc::collect(&place, options).await.map_err(|error| explain_cause(error, &name))
    })?;
    if !collected.removed.is_empty() {
        talk::data(&collected.removed.join("\n"))?;
    }
    let (files, size) = (count(collected.removed.len() as u64), bytes(collected.bytes));
    let done = if args.dry_run { "would be removed" } else { "removed" };
    talk.say(&format!("{files} files, {size}: {done}"));
    if collected.too_young > 0 {
        talk.say(&format!(
            "{} more that no commit names were written within {}",
            count(collected.too_young),
            humantime::format_duration(args.older_than)
        ));
    }
    Ok(())
}
