//! The run file: from YAML to types that cannot be wrong.
//!
//! ```text
//!  file ──► yaml (tree with places) ──► set, template ──► decode ──► raw (version 1) ──► check ──► RunConfig
//!                                                                     └──► reference: JSON schema, Markdown
//! ```
//!
//! Only [`RunConfig`] travels further. Every refusal is an error of kind `Usage` that names file, line,
//! column and key, and says what is allowed.

mod bounded;
mod check;
mod cluster;
mod decode;
mod digest;
mod document_template;
mod fraction;
mod near;
mod part;
mod raw;
mod reference;
mod refusal;
mod set;
mod shown;
mod size;
mod store_url;
mod template;
mod tokenizer;
mod yaml;

use std::fs;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use tweetmill_udfs::embed::VectorForm;

use crate::error::{Error, ErrorKind, Result};

pub(crate) use check::least_memory;
pub use cluster::{Address, Cluster, TlsFiles};
pub use document_template::{DocumentTemplate, TemplateField, TemplatePart};
pub use fraction::Fraction;
pub use part::{Part, SampleShare};
pub use raw::{
    ContactRule, Dedup, GpuMode, LinkRule, MentionRule, Near, NearPreset, Redact, Semantic, SetFormat, Shape,
    SplitBy, VectorDevice,
};
pub use reference::{json_schema, markdown};
pub(crate) use refusal::{allowed_hint, did_you_mean};
pub use size::ByteSize;
pub use store_url::StoreUrl;
pub use template::Given;
pub use tokenizer::Tokenizer;

/// Everything a run needs to know; every value was checked.
#[derive(Debug, Clone, PartialEq)]
pub struct RunConfig {
    /// Name of the data set.
    pub name: String,
    /// Label of the commit this run makes: safe as part of a file name.
    pub run: String,
    /// Places to read archives from; at least one.
    pub input: Vec<Input>,
    /// The data set.
    pub output: Output,
    /// Which tweets are good enough, in order.
    pub filter: Vec<Filter>,
    /// What no document may contain; None: anything.
    pub decontaminate: Option<Decontaminate>,
    /// Which repeated records are dropped.
    pub dedup: Dedup,
    /// How many documents a commit may have of one kind.
    pub caps: Caps,
    /// What becomes of what documents say of people.
    pub redact: Redact,
    /// How a tweet becomes a document.
    pub document: Document,
    /// How documents become token ids.
    pub tokenize: Tokenize,
    /// How documents become vectors; None: they don't.
    pub embed: Option<Embed>,
    /// How documents are shared out and shuffled.
    pub split: Split,
    /// What one member and one line may take.
    pub limits: Limits,
    /// What the run may use of this machine.
    pub engine: Engine,
    /// What must hold before anything is committed.
    pub gates: Gates,
    /// The part of the inputs that is read; None, as every run file says: all of them.
    pub part: Option<Part>,
}

/// One place to read archives from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Archive, folder or glob.
    pub url: StoreUrl,
    /// Shape of the records inside.
    pub shape: Shape,
}

/// Where the data set is, and how its files are cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Folder of the data set.
    pub url: StoreUrl,
    /// Columns beside [`crate::schema::DOCUMENT_COLUMNS`], each once, in canonical order.
    pub columns: Vec<&'static str>,
    /// Logical size a shard is aimed at.
    pub shard_size: ByteSize,
    /// The number of shards of a split is a multiple of this.
    pub shards_multiple_of: NonZeroU32,
}

/// How documents become vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embed {
    /// Folder of the model.
    pub model: StoreUrl,
    /// Column of the vectors, of which no other has the name.
    pub column: String,
    /// What they are written as.
    pub form: VectorForm,
    /// Who makes them.
    pub device: VectorDevice,
}

/// A condition on a tweet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Its name, safe inside SQL text and file names.
    pub name: String,
    /// SQL over the canonical columns: true of what is kept.
    pub keep: String,
}

/// What no document may contain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decontaminate {
    /// Evaluation sets; at least one.
    pub sets: Vec<EvaluationSet>,
    /// Least share of an item's letters that a tweet contains: above 0.
    pub share: Fraction,
    /// Different shingles of an item that is looked for inside tweets.
    pub min_shingles: u32,
}

/// An evaluation set, or a part of the one of its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvaluationSet {
    /// Its name, safe inside SQL text and file names.
    pub name: String,
    /// File, folder or glob.
    pub url: StoreUrl,
    /// How items stand in its files.
    pub format: SetFormat,
    /// Field or column of their text.
    pub field: String,
}

/// How many documents a commit may have of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// Of one author; None: any number.
    pub per_author: Option<NonZeroU64>,
}

/// How a tweet becomes a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What its text is put together from.
    pub template: DocumentTemplate,
    /// The tokenizer's begin-of-text token stands before it.
    pub bos: bool,
    /// The tokenizer's end-of-text token stands after it.
    pub eos: bool,
}

/// How documents become token ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokenize {
    /// Which tokenizer.
    pub tokenizer: Tokenizer,
}

/// How documents are shared out and shuffled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split {
    /// What stays together.
    pub by: SplitBy,
    /// Share of the keys that goes to validation; with `test` below 1.
    pub validation: Fraction,
    /// Share of the keys that goes to test.
    pub test: Fraction,
    /// Seed of the split and of the shuffled order.
    pub seed: u64,
}

/// What one member and one line may take: what exceeds a limit is cut off there, and counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Size of one member after decompression.
    pub member_size: ByteSize,
    /// Length of one line.
    pub line_size: ByteSize,
}

impl Limits {
    /// The most that a run file may ask for.
    pub const MOST: Self = Self { member_size: ByteSize::mib(16 << 20), line_size: ByteSize::mib(256) };
}

/// What the run may use of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Engine {
    /// Who does the work; None: the process itself.
    pub cluster: Option<Cluster>,
    /// Threads that work at once.
    pub threads: NonZeroUsize,
    /// Memory of the whole process.
    pub memory: ByteSize,
    /// Whether a GPU is used.
    pub gpu: GpuMode,
    /// A tar or zip larger than this is read in ranges of about this size, or of less where threads would be idle.
    pub range_size: ByteSize,
    /// Folder for intermediate files; it may not exist yet, and others may use it too.
    pub scratch: PathBuf,
}

/// What must hold before anything is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gates {
    /// Largest share of lines that may be rejected.
    pub max_reject_rate: Fraction,
    /// Most members that may not have been read whole; None: any number.
    pub max_damaged_members: Option<u64>,
}

/// A run file is read by people: one larger than this is something else.
const MAX_FILE: ByteSize = ByteSize::mib(1);

impl RunConfig {
    /// Where to read archives from, and the shape of the records there.
    pub fn places(&self) -> impl Iterator<Item = (&str, Shape)> {
        self.input.iter().map(|input| (input.url.as_str(), input.shape))
    }

    /// Reads a run file, filled in with `date`, `--set` arguments and the process's environment.
    pub fn load(path: &Path, date: Option<NaiveDate>, set: &[String]) -> Result<Self> {
        let unreadable = |error: std::io::Error| {
            let hint = match error.kind() {
                std::io::ErrorKind::NotFound => "check the path, or make a run file: tweetmill quickstart",
                _ => "a run file is a YAML file this user may read",
            };
            Error::new(ErrorKind::Usage, format!("the run file {} cannot be read", path.display()))
                .with_source(error)
                .with_hint(hint)
        };
        let size = fs::metadata(path).map_err(unreadable)?.len();
        if size > MAX_FILE.as_u64() {
            let size = ByteSize::bytes(size);
            let message = format!("{} is {size} long, a run file is at most {MAX_FILE}", path.display());
            return Err(Error::new(ErrorKind::Usage, message).with_hint("give the run file, not an archive"));
        }
        let text = fs::read_to_string(path).map_err(unreadable)?;
        #[expect(clippy::disallowed_methods, reason = "owner of the environment, for `${…}` in run files")]
        let environment = |name: &str| std::env::var(name).ok();
        Self::parse(&path.display().to_string(), &text, &Given { date, set, environment: &environment })
    }

    /// Reads the text of a run file; `file` is its name in messages.
    pub fn parse(file: &str, text: &str, given: &Given<'_>) -> Result<Self> {
        check::read(text, given).map_err(|refusal| refusal.into_error(file))
    }

    /// Digest of the settings that can change a row or a file of the data set, in hexadecimal.
    ///
    /// In: `input[].shape`, `output.columns`, `output.shard_size`, `output.shards_multiple_of`, `filter`, `dedup`,
    /// `decontaminate` but for the places of its sets, `document`, `tokenize`, `split`, `part`, and `caps`, `redact`, `limits` where they are not the defaults. Out, because the rows
    /// are the same without: `name`, `run` and the date, `input[].url` (inputs are known by the digests of
    /// their bytes; only where shapes differ does it tell which has which), `output.url`, `engine`, `gates`.
    /// A tokenizer given by URL counts by its URL; what its file holds, and what evaluation sets hold, is for the commit to tell.
    pub fn digest(&self) -> String {
        digest::digest(self)
    }

    /// The resolved configuration, as a run file that means the same.
    pub fn to_yaml(&self) -> String {
        shown::yaml(self)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn every_run_file_in_the_tree_is_right() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs");
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                continue; // of deployments, see `cli`
            }
            let date = NaiveDate::from_ymd_opt(2026, 11, 22);
            names.push(RunConfig::load(&path, date, &[]).unwrap().name);
        }
        names.sort();
        assert_eq!(names, ["backfill", "careful", "nightly", "nightly", "quickstart"]);
    }

    #[test]
    fn a_file_that_is_not_there_is_refused_with_a_hint() {
        let refused = RunConfig::load(Path::new("/no/such/run.yaml"), None, &[]).unwrap_err();
        assert_eq!(refused.exit_code(), 2);
        assert_eq!(
            refused.to_string(),
            "the run file /no/such/run.yaml cannot be read: No such file or directory (os error 2)\n\
             hint: check the path, or make a run file: tweetmill quickstart"
        );
    }
}
