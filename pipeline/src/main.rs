//! The `tweetmill` command: arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(tweetmill::cli::run(std::env::args_os()))
}
