//! `tweetmill why`: the whole story of one tweet.

use clap::Args;

use crate::dataset::why;
use crate::error::Result;

use super::open::open;
use super::resources::ResourceArgs;
use super::{runtime, talk};

/// Tell what became of one tweet, and why
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tweetmill why s3://train/nightly 1600000000000000001
  tweetmill why ./dataset 628231023482638336

Every record of that id in every commit: where it was found, its fate, and the record it lost to.")]
pub(super) struct WhyArgs {
    /// Folder of the data set: a URL or a path
    dataset: String,
    /// Id of the tweet
    #[arg(value_name = "TWEET_ID", allow_negative_numbers = true)]
    tweet_id: i64,
}

pub(super) fn why(args: &WhyArgs) -> Result<()> {
    let story = runtime::block_on(runtime::all_threads(), async {
        let opened = open(&args.dataset, ResourceArgs::default()).await?;
        why::why(&opened.data_set, &opened.session, tweetmill_kernels::hash::shuffle_key, args.tweet_id).await
    })?;
    talk::data(&story.to_string())
}
