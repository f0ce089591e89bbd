//! Version 1 of the run file, as written: serde structs that are nothing but the file's keys.
//!
//! The doc comments here *are* the descriptions in the JSON schema and in the reference, so they
//! speak to the person who writes a run file. What can be refused by a single value's type is refused
//! here; what needs more than one value is checked in `check`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema;

use super::bounded::{Size, Whole};
use super::cluster::TlsFiles;
use super::fraction::Fraction;
use super::size::ByteSize;
use crate::source::limits::ReadLimits;

/// The version this build reads and writes.
pub(super) const VERSION: u64 = 1;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// A run file: which archives to read, what to make of them, and where the data set is.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRun {
    /// Version of the run file's format.
    pub(super) version: Whole<1, VERSION>,
    /// Name of the data set, on its card and in reports: letters, digits, `.`, `_` and `-`.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$"))]
    pub(super) name: String,
    /// Label of the commit a run makes, and part of its file names. A label that is committed already,
    /// with the same inputs and settings, is not run again.
    #[serde(default = "default_label")]
    pub(super) run: String,
    /// Archives to read, as one or more places.
    #[schemars(length(min = 1))]
    pub(super) input: Vec<RawInput>,
    /// The data set to write to.
    pub(super) output: RawOutput,
    /// Which tweets are good enough: conditions in order, the first that a tweet fails is its fate,
    /// `filtered:<name>`. Asked of each tweet alone, after duplicates by id and before duplicates by text.
    #[serde(default)]
    pub(super) filter: Vec<RawFilter>,
    /// Evaluation sets that no document may contain an item of. Left out: none. See docs/decontamination.md for what is found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) decontaminate: Option<RawDecontaminate>,
    /// Which repeated records are dropped.
    #[serde(default)]
    pub(super) dedup: Dedup,
    /// How many documents a commit may have of one kind.
    #[serde(default)]
    pub(super) caps: RawCaps,
    /// What becomes of what documents say of people, in `text` and `quoted_text`. Filters and duplicates see the
    /// texts as written. See docs/redaction.md for what counts as a phone number and the like.
    #[serde(default)]
    pub(super) redact: Redact,
    /// How a tweet becomes the document a model is trained on.
    #[serde(default)]
    pub(super) document: RawDocument,
    /// How documents become token ids, in the columns `input_ids` and `n_tokens`.
    #[serde(default)]
    pub(super) tokenize: RawTokenize,
    /// How documents become vectors, in a column of their own. Left out: they don't.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) embed: Option<RawEmbed>,
    /// How documents are shared out between training, validation and test, and how they are shuffled.
    #[serde(default)]
    pub(super) split: RawSplit,
    /// What one file and one line may take. What exceeds a limit is cut off there and counted; nothing else
    /// is lost.
    #[serde(default)]
    pub(super) limits: RawLimits,
    /// What the run may use of this machine. Nothing here changes a byte of the result.
    #[serde(default)]
    pub(super) engine: RawEngine,
    /// What must hold before anything is committed; a run that breaks a gate ends with exit code 3.
    #[serde(default)]
    pub(super) gates: RawGates,
}

/// One place to read archives from.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawInput {
    /// An archive, a folder (everything below it) or a glob: `file://`, `s3://`, `gs://`, `az://`, or a
    /// path on this machine.
    pub(super) url: String,
    /// Shape of the records inside. An object that two places name must have one shape in both.
    #[serde(default)]
    pub(super) shape: Shape,
}

/// Shape of the records in an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// Told line by line. An object that looks like no record of any known shape is kept aside as an event
    /// `unknown`, as a new kind of stream message would be.
    #[default]
    Auto,
    /// Statuses of API v1.1, each with its `user`, and the documented messages of its streams. Any other line
    /// is rejected, and counts for `gates.max_reject_rate`.
    StatusV1,
}

/// Where the data set is, and how its files are cut.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOutput {
    /// Folder of the data set: `file://`, `s3://`, `gs://`, `az://`, or a path on this machine. It is made
    /// by the first run and added to by every later one.
    pub(super) url: String,
    /// Columns to write beside `tweet_id`, `author_id`, `created_at`, `lang`, `text` and the token
    /// columns. Their order in the files is that of the canonical schema, whatever the order here.
    #[serde(default)]
    #[schemars(schema_with = "column_list")]
    pub(super) columns: Vec<String>,
    /// Size that a shard is aimed at, counted before compression. A split may have 100,000 shards.
    #[serde(default = "default_shard_size")]
    pub(super) shard_size: Size<4096, { 64 * GIB }>,
    /// The number of shards of every split is rounded up to a multiple of this: give the number of
    /// readers, so that each gets as many.
    #[serde(default = "default_multiple")]
    pub(super) shards_multiple_of: Whole<1, 65536>,
}

/// A condition on a tweet.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFilter {
    /// Its name, in fates and reports: letters, digits, `.`, `_` and `-`.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$"))]
    pub(super) name: String,
    /// SQL that is true of what is kept, over the canonical columns and with any immutable function. What it
    /// is neither true nor false of, because something is null, is dropped.
    pub(super) keep: String,
}

/// Evaluation sets that no document may contain an item of.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDecontaminate {
    /// The sets, in order: the first that a tweet contains an item of is its fate, `filtered:contaminated:<name>`. Asked of what
    /// passes all filters. What the sets hold counts, not where they are; they may change from run to run, and what is
    /// committed stays.
    #[schemars(length(min = 1))]
    pub(super) sets: Vec<RawEvaluationSet>,
    /// Least share of an item's letters that a tweet contains, in its shingles: runs of 8 letters, or of 4 in scripts without an
    /// alphabet, of the canonical text without its spaces.
    #[serde(default = "default_share")]
    pub(super) share: Fraction,
    /// Different shingles that an item must have for it to be looked for inside tweets; those of scripts without an alphabet
    /// count twice. An item with fewer is compared with whole tweets alone, and one of fewer than 20 letters with nothing.
    #[serde(default = "default_min_shingles")]
    pub(super) min_shingles: Whole<8, 1000>,
}

/// An evaluation set, or a part of one.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEvaluationSet {
    /// Its name, in fates and reports: letters, digits, `.`, `_` and `-`. All that are called alike are one set.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$"))]
    pub(super) name: String,
    /// A file, a folder (everything below it) or a glob: `file://`, `s3://`, `gs://`, `az://`, or a path on this machine.
    /// Compressed files and archives are opened.
    pub(super) url: String,
    /// How items stand in the files.
    #[serde(default)]
    pub(super) format: SetFormat,
    /// The field of a JSON object, or the column of a table, that has the text of an item. In plain text each line is one.
    #[serde(default = "default_field")]
    pub(super) field: String,
}

/// How items stand in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SetFormat {
    /// As its name says: `.jsonl`, `.ndjson`, `.csv`, `.tsv` or `.txt`, and `.gz`, `.bz2` or `.zst` after that.
    #[default]
    Auto,
    /// A JSON object in each line.
    Jsonl,
    /// A table with commas, the names of its columns in the first row.
    Csv,
    /// The same with tabs.
    Tsv,
    /// An item in each line.
    Text,
}

/// Which repeated records are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Dedup {
    /// Drop a tweet whose canonical text is that of an earlier one.
    pub exact: bool,
    /// Compare texts with everything committed before, not only within this run. Whatever this says, no
    /// tweet is committed twice, and what was deleted or withheld before stays out.
    pub history: bool,
    /// Drop a tweet whose canonical text is nearly that of an earlier one that is kept; needs `exact`. The same in all
    /// commits of a data set. Left out: only exact duplicates go. See docs/near-duplicates.md for what each preset takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near: Option<Near>,
    /// Drop a document whose vector points nearly the same way as that of an earlier one of the same run that is kept; needs `embed`,
    /// whose model makes the vectors. Looked for after all other duplicates. The same in all commits of a data set. Left out:
    /// meaning is not compared. See docs/semantic-duplicates.md for what is taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub semantic: Option<Semantic>,
}

/// How near vectors may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Semantic {
    /// Least cosine of two vectors that are too near.
    pub similarity: Fraction,
    /// Clusters that documents are parted into; those of two are not compared. Left out: one for each 1,000 documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) clusters: Option<Whole<1, 1_000_000>>,
}

/// How near texts may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Near {
    /// What counts as near, and where it is looked for.
    pub preset: NearPreset,
    /// Texts of fewer characters are near to none; counted in the canonical text, without links, mentions, punctuation and
    /// symbols.
    pub(super) min_chars: Whole<0, 10_000>,
    /// Earlier texts that must be near for one to be dropped; for the preset `spam` only. Default 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) copies: Option<Whole<1, 16>>,
}

/// What counts as near.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NearPreset {
    /// 85 per cent alike: a word of fifteen replaced, a few letters, a greeting added.
    #[default]
    Near,
    /// 80 per cent alike: also texts cut by a third, or with several words replaced.
    Loose,
    /// As `near`, but dropped only when there are `copies` of it: waves go, what a few people say alike stays.
    Spam,
}

/// How many documents a commit may have of one kind.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawCaps {
    /// Documents of one author in one commit: the first so many by tweet id, after all duplicates; the others have
    /// the fate `capped`. An author is known by id, else by handle in any case; tweets of nobody known are not
    /// counted. Left out: any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) per_author: Option<Whole<1, 1_000_000_000>>,
}

/// What becomes of what documents say of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Redact {
    /// Mentions of users and lists, and the handles that `document.template` names.
    pub mentions: MentionRule,
    /// Links, with or without a scheme.
    pub urls: LinkRule,
    /// E-mail addresses.
    pub emails: ContactRule,
    /// Phone numbers.
    pub phones: ContactRule,
}

/// What becomes of mentions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MentionRule {
    /// They stay.
    #[default]
    Keep,
    /// `@user` stands for each.
    User,
    /// They go.
    Drop,
}

/// What becomes of links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LinkRule {
    /// They stay.
    #[default]
    Keep,
    /// The name of the host stands for each: of where it leads, if the record knows, else of the link as written.
    Host,
    /// `<url>` stands for each.
    Tag,
    /// They go.
    Drop,
}

/// What becomes of e-mail addresses, or of phone numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ContactRule {
    /// They stay.
    #[default]
    Keep,
    /// `<email>` or `<phone>` stands for each.
    Tag,
    /// They go.
    Drop,
}

/// How a tweet becomes the document a model is trained on.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawDocument {
    /// The text of a document: words and, in braces, what a tweet has: `{text}`, `{quoted_text}`, `{author_name}`,
    /// `{reply_to_author_name}`, `{created_at}`, `{date}`, `{lang}`, `{source}`. A part in brackets is there only if all
    /// that it names is: `[In reply to @{reply_to_author_name}: ]{text}`. For a literal brace or bracket, a line
    /// feed or a tab write `\{`, `\}`, `\[`, `\]`, `\n`, `\t`, and `\\` for a backslash.
    pub(super) template: String,
    /// Put the tokenizer's begin-of-text token before each document.
    pub(super) bos: bool,
    /// Put the tokenizer's end-of-text token after each document.
    pub(super) eos: bool,
}

/// How documents become token ids.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawTokenize {
    /// `cl100k_base` or `o200k_base`, which are built in, or the URL of a `tokenizer.json` or of a
    /// `.tiktoken` file.
    pub(super) tokenizer: String,
}

/// How documents become vectors.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEmbed {
    /// URL of a folder as Hugging Face lays out a model: `config.json`, `tokenizer.json`, `model.safetensors` and, where they are
    /// there, what `sentence-transformers` keeps beside them. Models of the BERT family (`MiniLM`, bge, e5) with mean or CLS pooling,
    /// and static ones (model2vec). The same in all commits of a data set.
    pub(super) model: String,
    /// Name of the column.
    #[serde(default = "default_embed_column")]
    #[schemars(regex(pattern = r"^[a-z][a-z0-9_]{0,62}$"))]
    pub(super) column: String,
    /// What the numbers of a vector are written as.
    #[serde(default)]
    pub(super) form: EmbedForm,
    /// Who makes the vectors. The same in all commits of a data set.
    #[serde(default)]
    pub(super) device: VectorDevice,
}

/// Who makes vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VectorDevice {
    /// The processor, in single precision: the same numbers on every machine.
    #[default]
    Processor,
    /// A GPU, in half precision: each number of a vector of length 1 within 0.002 of the processor's. A data set keeps to GPUs of one name.
    /// The run is refused where there is none, and ends where it fails. Not in a cluster.
    Gpu,
}

impl VectorDevice {
    /// As run files have it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Processor => "processor",
            Self::Gpu => "gpu",
        }
    }
}

/// What the numbers of a vector are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum EmbedForm {
    /// As they are, in a list.
    Float32,
    /// Rounded to half precision, in a list.
    #[default]
    Float16,
    /// `scale` and `values`: number = value · scale.
    Int8,
    /// One bit each, set where it is above zero, the first the highest of the first byte.
    Binary,
}

fn default_embed_column() -> String {
    "embedding".to_owned()
}

/// How documents are shared out and shuffled.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawSplit {
    /// What stays together: no key of this kind is ever in two splits.
    pub(super) by: SplitBy,
    /// Share of the keys that goes to validation.
    pub(super) validation: Fraction,
    /// Share of the keys that goes to test.
    pub(super) test: Fraction,
    /// Seed of the split and of the shuffled order.
    pub(super) seed: Whole<0, { u64::MAX }>,
}

/// What stays together in one split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SplitBy {
    /// Everything one account wrote.
    #[default]
    Author,
}

/// What one file and one line may take. What exceeds a limit is cut off there and counted; nothing else is
/// lost.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawLimits {
    /// Largest size of one file after decompression. A longer one is cut there and counts as damaged
    /// (`too_large`). A file that is compressed nowhere, neither itself nor the archive around it, may have
    /// any size.
    pub(super) member_size: Size<MIB, { super::Limits::MOST.member_size.as_u64() }>,
    /// Longest line. A longer one is rejected (`rejected:too_long`), and its first 64 KiB are kept aside. A few
    /// lines of this length may be in memory at once for each thread.
    pub(super) line_size: Size<{ 64 * KIB }, { super::Limits::MOST.line_size.as_u64() }>,
}

/// Where the work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum EngineKind {
    /// By the process of the run.
    #[default]
    Local,
    /// By the executors of a cluster: see docs/operations.md.
    Cluster,
}

/// Whether texts are tokenized by a GPU. Token ids are the same whoever makes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GpuMode {
    /// Never: no GPU is looked for.
    #[default]
    Off,
    /// Where there is one; if not, or if it fails, by the processor.
    Auto,
    /// The run is refused where there is none. What breaks later is done by the processor.
    Require,
}

impl GpuMode {
    /// As run files have it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Auto => "auto",
            Self::Require => "require",
        }
    }
}

/// What the run may use, and of what.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawEngine {
    /// Where the work is done. With `cluster` the machine of the run reads no archive and writes no shard.
    pub(super) kind: EngineKind,
    /// Host and port of the cluster's scheduler, such as `10.0.0.5:50050`. For `kind: cluster`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scheduler: Option<String>,
    /// Host and port of a second scheduler, whose executors have a GPU each: they write the shards, and so tokenize and embed. For
    /// `kind: cluster`. Left out: the executors of `scheduler` do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) device_scheduler: Option<String>,
    /// Files of certificates by which run, schedulers and executors know each other: with them nothing is said in the clear, and
    /// nobody else is listened to. For `kind: cluster`, whose other processes are given theirs on the command line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tls: Option<TlsFiles>,
    /// Threads that work at once; of a cluster, tasks for which there is room on all executors together. Left out: one
    /// for each core available to the process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) threads: Option<Whole<1, 1024>>,
    /// Memory of the whole process: decoders and writers take their reserve from it, the rest is the
    /// engine's. More than fits is spilled to `scratch`. At least 64MiB a thread. Left out: 4GiB, or what
    /// the threads need where that is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) memory: Option<Size<{ 256 * MIB }, { 16384 * GIB }>>,
    /// Whether texts are tokenized by a GPU of the machine that does the work: see `tweetmill devices`. Token ids are the same with it and
    /// without.
    pub(super) gpu: GpuMode,
    /// A tar or zip larger than this is read in ranges of about this size, at most 4,096 of them, by
    /// several threads at once. In ranges of 4MiB or more even where it is smaller, if threads would be idle.
    pub(super) range_size: Size<4096, { 1024 * GIB }>,
    /// Folder on this machine for spilled and intermediate files, which are removed when the run is done. The
    /// finished steps of a run that was stopped stay for three days, for the same run to go on from. Left
    /// out: the system's folder for temporary files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scratch: Option<String>,
}

/// What must hold before anything is committed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawGates {
    /// Largest share of lines that may be rejected as unreadable.
    pub(super) max_reject_rate: Fraction,
    /// Most members that may not have been read whole: files, or files in archives, that are cut short, corrupt,
    /// a decompression bomb, too large, or of a kind that can't be opened. Damage between the members of an
    /// archive counts as one. Left out: any number, because old archives are full of them; a run names the
    /// first ten and counts them all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_damaged_members: Option<Whole<0, 1_000_000_000>>,
}

fn default_label() -> String {
    "{{ ds }}".to_owned()
}

fn default_share() -> Fraction {
    Fraction::per_mille(650)
}

fn default_min_shingles() -> Whole<8, 1000> {
    Whole(18)
}

fn default_field() -> String {
    "text".to_owned()
}

fn default_shard_size() -> Size<4096, { 64 * GIB }> {
    Size(ByteSize::mib(256))
}

fn default_multiple() -> Whole<1, 65536> {
    Whole(1)
}

impl Default for Dedup {
    fn default() -> Self {
        Self { exact: true, history: true, near: None, semantic: None }
    }
}

impl Default for Near {
    fn default() -> Self {
        Self { preset: NearPreset::Near, min_chars: Whole(0), copies: None }
    }
}

impl Default for Semantic {
    fn default() -> Self {
        Self { similarity: Fraction::per_mille(950), clusters: None }
    }
}

impl Semantic {
    /// Least cosine.
    pub fn least(self) -> f32 {
        Self::least_of(self.similarity)
    }

    /// Least cosine for a `similarity`. That of a vector and itself may be as little less than 1 as the rounding of its numbers makes it, and
    /// counts as 1.
    pub fn least_of(similarity: Fraction) -> f32 {
        const ALIKE: f64 = 1.0 - 1e-5;
        (similarity.numerator() as f64 / similarity.denominator() as f64).min(ALIKE) as f32
    }

    /// Clusters, where the run file says how many.
    pub fn clusters(self) -> Option<usize> {
        self.clusters.map(|clusters| clusters.0 as usize)
    }
}

impl Default for RawDocument {
    fn default() -> Self {
        Self { template: "{text}".to_owned(), bos: false, eos: true }
    }
}

impl Default for RawTokenize {
    fn default() -> Self {
        Self { tokenizer: "cl100k_base".to_owned() }
    }
}

impl Default for RawSplit {
    fn default() -> Self {
        let share = Fraction::per_mille(5);
        Self { by: SplitBy::Author, validation: share, test: share, seed: Whole(7) }
    }
}

impl Default for RawLimits {
    fn default() -> Self {
        let limits = ReadLimits::default();
        Self {
            member_size: Size(ByteSize::bytes(limits.archive.max_member_bytes)),
            line_size: Size(ByteSize::bytes(limits.line.line_bytes as u64)),
        }
    }
}

impl Default for RawEngine {
    fn default() -> Self {
        Self {
            kind: EngineKind::Local,
            scheduler: None,
            device_scheduler: None,
            tls: None,
            threads: None,
            memory: None,
            gpu: GpuMode::Off,
            range_size: Size(ByteSize::mib(64)),
            scratch: None,
        }
    }
}

impl Default for RawGates {
    fn default() -> Self {
        Self { max_reject_rate: Fraction::per_mille(10), max_damaged_members: None }
    }
}

fn column_list(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let names: Vec<&str> = schema::canonical().iter().map(|column| column.name).collect();
    schemars::json_schema!({"type": "array", "uniqueItems": true, "items": {"type": "string", "enum": names}})
}
