//! The command line: one file a verb, each a thin layer over the library.
//!
//! stdout is data, stderr is talk. Exit codes: 0 done, 1 failed, 2 usage or run file, 3 a gate refused,
//! 130 and 143 stopped by a signal.

mod cluster;
mod completions;
mod dates;
#[cfg(test)]
mod deploy_tests;
mod devices;
mod files;
mod gc;
mod inspect;
mod open;
mod plan;
mod quickstart;
mod reference;
mod resources;
mod run;
mod runtime;
mod sample;
mod sql;
mod synth;
mod talk;
mod validate;
mod verify;
mod version;
mod why;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind as ClapKind;
use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::engine::give_back;
use crate::error::Result;

use talk::{LogFormat, Talk};

pub use reference::markdown;

/// Raw tweet archives in, training-ready Parquet shards out.
#[derive(Debug, Parser)]
#[command(
    name = "tweetmill",
    max_term_width = 100,
    arg_required_else_help = true,
    disable_version_flag = true
)]
#[command(subcommand_value_name = "VERB", subcommand_help_heading = "Verbs", disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: Option<Verb>,
}

/// Options of every verb.
#[derive(Debug, Clone, Args)]
struct Global {
    /// How messages on stderr are written
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text", help_heading = "Every verb")]
    log_format: LogFormat,
    /// Say nothing on stderr but warnings and errors
    #[arg(long, short, global = true, help_heading = "Every verb")]
    quiet: bool,
    /// Print version, build id and features
    #[arg(long, short = 'V')]
    version: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Read archives and commit their documents to a data set
    Run(run::RunArgs),
    /// Show what a run would read and do; nothing is written
    Plan(plan::PlanArgs),
    /// Check a run file and print it with every default filled in
    Validate(validate::ValidateArgs),
    /// Show what is in archives: members, counts, damage, a few rows
    Inspect(inspect::InspectArgs),
    /// Ask raw archives or a data set in SQL
    Sql(sql::SqlArgs),
    /// Check a data set: digests, schema, accounting, splits
    Verify(verify::VerifyArgs),
    /// List the committed files of a data set
    Files(files::FilesArgs),
    /// Remove what runs left in a data set without committing it
    Gc(gc::GcArgs),
    /// Tell what became of one tweet, and why
    Why(why::WhyArgs),
    /// Show random records to read: documents, or what a rule dropped
    Sample(sample::SampleArgs),
    /// Make a synthetic archive, with its truth beside it
    Synth(synth::SynthArgs),
    /// Make a synthetic archive, run it into a data set, verify it
    Quickstart(quickstart::QuickstartArgs),
    /// Show what would do the work of a run on this machine, and why
    Devices(devices::DevicesArgs),
    /// Serve runs with `engine.kind: cluster`
    Cluster(cluster::ClusterArgs),
    /// Print a completion script for a shell
    Completions(completions::CompletionsArgs),
}

/// A run file, and values to replace in it.
#[derive(Debug, Clone, Args)]
struct ConfigArgs {
    /// The run file (YAML)
    config: PathBuf,
    /// Replace one value of the run file, such as engine.threads=4; may be given again
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

/// Runs the command line `args`, program name first; returns the exit code of the process.
pub fn run(args: impl IntoIterator<Item = OsString>) -> u8 {
    give_back::large_blocks_at_once();
    let args: Vec<OsString> = args.into_iter().collect();
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => return refused(&error, talk::asks_for_json(&args)),
    };
    let talk = Talk::new(cli.global.log_format, cli.global.quiet);
    match act(cli, talk) {
        Ok(()) => 0,
        Err(error) => {
            talk.error(&error);
            u8::try_from(error.exit_code()).unwrap_or(1)
        }
    }
}

fn act(cli: Cli, talk: Talk) -> Result<()> {
    talk.start_log()?;
    match cli.verb {
        _ if cli.global.version => talk::data(&version::line()),
        None => talk::data(&Cli::command().render_help().to_string()),
        Some(Verb::Run(args)) => run::run(&args, talk),
        Some(Verb::Plan(args)) => plan::plan(&args),
        Some(Verb::Validate(args)) => validate::validate(&args),
        Some(Verb::Inspect(args)) => inspect::inspect(&args, talk),
        Some(Verb::Sql(args)) => sql::sql(&args, talk),
        Some(Verb::Verify(args)) => verify::verify(&args, talk),
        Some(Verb::Files(args)) => files::files(&args),
        Some(Verb::Gc(args)) => gc::gc(&args, talk),
        Some(Verb::Why(args)) => why::why(&args),
        Some(Verb::Sample(args)) => sample::sample(&args, talk),
        Some(Verb::Synth(args)) => synth::run(&args, talk),
        Some(Verb::Quickstart(args)) => quickstart::quickstart(&args, talk),
        Some(Verb::Devices(args)) => devices::devices(&args),
        Some(Verb::Cluster(args)) => cluster::cluster(args),
        Some(Verb::Completions(args)) => completions::completions(&args),
    }
}

/// What clap has to say: help asked for goes to stdout with exit code 0, anything else to stderr with 2.
fn refused(error: &clap::Error, json: bool) -> u8 {
    let asked_for = matches!(error.kind(), ClapKind::DisplayHelp | ClapKind::DisplayVersion);
    if json && !asked_for {
        talk::usage_as_json(error);
    } else {
        // Nobody is left to tell when the stream is closed.
        drop(error.print());
    }
    if asked_for { 0 } else { 2 }
}
