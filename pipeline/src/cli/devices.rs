//! `tweetmill devices`: what this machine has.

use clap::Args;

use crate::devices::Devices;
use crate::error::Result;

use super::talk;

/// Show what would do the work of a run on this machine, and why
///
/// Token ids are the same whatever makes them; `engine.gpu` of a run file says whether a GPU is used.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tweetmill devices
  tweetmill run nightly.yaml --set engine.gpu=require")]
pub(super) struct DevicesArgs {}

pub(super) fn devices(_: &DevicesArgs) -> Result<()> {
    talk::data(&Devices::find().to_string())
}
