//! Run files for tests: small shards, so that a small archive makes several.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::program::{Outcome, Program};

/// A run file on disk, with the data set it writes to beside it.
pub(crate) struct RunFile {
    path: PathBuf,
    scratch: PathBuf,
    /// Where the data set is: a path or URL.
    pub(crate) output: String,
}

impl RunFile {
    /// Reads `inputs`, writes to the folder `dataset` beside the run file in `folder`.
    pub(crate) fn new<S: AsRef<str>>(folder: &Path, inputs: impl IntoIterator<Item = S>) -> Self {
        let output = folder.join("dataset").to_str().unwrap().to_owned();
        Self::with_output(folder, inputs, &output)
    }

    /// Reads `inputs`, writes to `output`.
    pub(crate) fn with_output<S: AsRef<str>>(
        folder: &Path,
        inputs: impl IntoIterator<Item = S>,
        output: &str,
    ) -> Self {
        let scratch = folder.join("scratch");
        std::fs::create_dir_all(&scratch).unwrap();
        let mut text = String::from("version: 1\nname: test\nrun: first\ninput:\n");
        for input in inputs {
            writeln!(text, "  - url: {}", input.as_ref()).unwrap();
        }
        write!(
            text,
            "output: {{url: {output}, columns: [reply_to, hashtags], shard_size: 64KiB}}\n\
             tokenize: {{tokenizer: cl100k_base}}\n\
             split: {{by: author, validation: 5%, test: 5%, seed: 7}}\n\
             engine: {{threads: 2, memory: 1GiB, scratch: {}}}\n\
             gates: {{max_reject_rate: 5%}}\n",
            scratch.display()
        )
        .unwrap();
        let path = folder.join("run.yaml");
        std::fs::write(&path, text).unwrap();
        Self { path, scratch, output: output.to_owned() }
    }

    /// Adds lines to the file.
    pub(crate) fn push(&self, lines: &str) {
        let text = std::fs::read_to_string(&self.path).unwrap();
        std::fs::write(&self.path, text + lines).unwrap();
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// `tweetmill run --json`, with `settings` such as `engine.threads=3`.
    pub(crate) fn run(&self, settings: &[&str]) -> Outcome {
        self.program(settings).run()
    }

    /// The same call, not yet started.
    pub(crate) fn program(&self, settings: &[&str]) -> Program {
        let mut arguments = vec!["run", self.path.to_str().unwrap(), "--json"];
        for setting in settings {
            arguments.extend(["--set", setting]);
        }
        Program::new(arguments)
    }

    /// Names of what is in the folders of the scratch folder, while a run may be at work there.
    pub(crate) fn scratch_names(&self) -> Vec<String> {
        let below = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().flatten();
        let folders = below(&self.scratch).map(|entry| entry.path());
        let names = folders.flat_map(|folder| below(&folder).collect::<Vec<_>>());
        names.filter_map(|entry| entry.file_name().into_string().ok()).collect()
    }

    /// Files left in the scratch folder.
    pub(crate) fn scratch_files(&self) -> Vec<PathBuf> {
        super::data_set::files_below(&self.scratch).into_keys().map(PathBuf::from).collect()
    }
}
