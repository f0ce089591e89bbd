//! `tweetmill completions`: scripts that complete verbs and options.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::error::Result;

use super::{Cli, talk};

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tweetmill completions bash > ~/.local/share/bash-completion/completions/tweetmill
  tweetmill completions fish > ~/.config/fish/completions/tweetmill.fish")]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub(super) fn completions(args: &CompletionsArgs) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "tweetmill", &mut script);
    talk::data(&String::from_utf8_lossy(&script))
}
