//! `tweetmill quickstart`: the whole way in one command, on data that is made up.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use tweetmill_udfs::embed::{ModelFiles, SampleModel, VectorForm};

use crate::config::{Embed, Given, RunConfig, StoreUrl, VectorDevice};
use crate::error::{Error, ErrorKind, Result};
use crate::synth::{self, Amount, Options};

use super::run::run_one;
use super::talk::{self, Talk};
use super::verify::verify_data_set;

/// The run file it starts from, which operators find in `configs/` too.
const RUN_FILE: &str = include_str!("../../../configs/quickstart.yaml");

/// Most tokens of a text that the made-up encoder reads.
const POSITIONS: usize = 128;

/// Four minutes of the stream: a few seconds of work.
const LINES: u64 = 12_400;

/// Make a synthetic archive, run it into a data set, verify it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tweetmill quickstart
  tweetmill quickstart /scratch/try-it
  tweetmill quickstart --embed encoder with-vectors

A second time, archive and data set are found as they are, and the run has nothing to do.")]
pub(super) struct QuickstartArgs {
    /// Folder to work in; made when it is not there
    #[arg(default_value = "quickstart")]
    folder: PathBuf,
    /// Give every document a vector, by a small made-up model of this kind; the data set must be begun with it
    #[arg(long, value_enum)]
    embed: Option<SampleKind>,
}

/// What makes a vector of a text's tokens
#[derive(Debug, Clone, Copy, ValueEnum)]
enum SampleKind {
    /// A table: the mean of a row for each token
    Static,
    /// An encoder of the BERT family, of two layers
    Encoder,
}

impl SampleKind {
    fn model(self) -> SampleModel {
        match self {
            Self::Static => SampleModel::table(),
            Self::Encoder => SampleModel::encoder(POSITIONS),
        }
    }
}

pub(super) fn quickstart(args: &QuickstartArgs, talk: Talk) -> Result<()> {
    let archive = args.folder.join("archive");
    let dataset = args.folder.join("dataset");
    let mut config = config(&archive.join(synth::RAW_FOLDER), &dataset)?;
    std::fs::create_dir_all(&args.folder).map_err(|error| unwritable(&args.folder, error))?;
    if let Some(kind) = args.embed {
        let folder = args.folder.join("model");
        write_model(&folder, &kind.model()).map_err(|error| unwritable(&folder, error))?;
        config.embed = Some(Embed {
            model: place(&folder)?,
            column: "embedding".to_owned(),
            form: VectorForm::Float16,
            device: VectorDevice::Processor,
        });
    }
    // The counts are written last: without them an archive is half made.
    if archive.join(synth::COUNTS_FILE).exists() {
        talk.say(&format!("1. the archive in {} is there already", archive.display()));
    } else {
        talk.say(&format!("1. making an archive in {}", archive.display()));
        let options = Options { amount: Amount::Lines(LINES), overwrite: true, ..Options::default() };
        synth::write(&options, &archive)?;
    }
    let run_file = args.folder.join("run.yaml");
    std::fs::write(&run_file, config.to_yaml()).map_err(|error| unwritable(&run_file, error))?;
    talk.say(&format!("2. running {}", run_file.display()));
    run_one(&config, talk)?;
    talk.say(&format!("3. verifying {}", dataset.display()));
    let report = verify_data_set(config.output.url.as_str())?;
    talk.say(&report.to_string());
    if !report.passed() {
        return Err(Error::new(ErrorKind::Defect, "the data set just made does not verify"));
    }
    talk::data(&next_steps(&run_file, &dataset))
}

/// The built-in run file with its two places set to folders of the quickstart.
fn config(archive: &Path, dataset: &Path) -> Result<RunConfig> {
    #[expect(
        clippy::disallowed_methods,
        reason = "stands in for `RunConfig::load`, which owns the environment"
    )]
    let environment = |name: &str| std::env::var(name).ok();
    let given = Given { date: None, set: &[], environment: &environment };
    let mut config = RunConfig::parse("quickstart.yaml", RUN_FILE, &given)?;
    for input in &mut config.input {
        input.url = place(archive)?;
    }
    config.output.url = place(dataset)?;
    Ok(config)
}

fn place(path: &Path) -> Result<StoreUrl> {
    StoreUrl::parse(&path.display().to_string()).map_err(|message| Error::new(ErrorKind::Usage, message))
}

fn write_model(folder: &Path, model: &SampleModel) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let SampleModel { config, tokenizer, weights } = model;
    for (name, file) in ModelFiles::NAMES.into_iter().zip([config, tokenizer, weights]) {
        std::fs::write(folder.join(name), file)?;
    }
    Ok(())
}

fn unwritable(path: &Path, error: std::io::Error) -> Error {
    Error::new(ErrorKind::Resource, format!("{} cannot be written", path.display()))
        .with_source(error)
        .with_hint("name another folder: tweetmill quickstart FOLDER")
}

fn next_steps(run_file: &Path, dataset: &Path) -> String {
    let (run_file, dataset) = (run_file.display(), dataset.display());
    format!(
        "\
the data set in {dataset} is made and verified; next:
  tweetmill files {dataset} --split train    the shards to give to a loader
  tweetmill run {run_file}                   again: nothing to do
  tweetmill validate {run_file}              what the run file says, default by default
  tweetmill run {run_file} --set run=mine --set input.0.url=/path/to/archives
                                             your own archives, added as a second commit
"
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_built_in_run_file_is_right() {
        let config = config(Path::new("q/archive"), Path::new("q/dataset")).unwrap();
        assert_eq!(config.input[0].url.as_str(), "q/archive");
        assert_eq!(config.output.url.as_str(), "q/dataset");
    }
}
