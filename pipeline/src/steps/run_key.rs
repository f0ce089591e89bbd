//! What tells the steps of one run from those of any other.

use serde::Serialize;

use crate::build::build_id;
use crate::config::RunConfig;
use crate::evaluation::Evaluation;
use crate::run_log;
#[cfg(feature = "cluster")]
use crate::sink::digesting::short;
use crate::sink::manifest::InputRecord;
use crate::source::listing::Object;

/// Everything that the files of a step depend on, and where a run of this label and data set keeps them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunKey {
    place: String,
    json: String,
}

#[derive(Serialize)]
struct Made<'a> {
    build: String,
    output: &'a str,
    label: &'a str,
    config: String,
    /// Name and digest of each evaluation set.
    evaluation: Vec<(String, String)>,
    /// How the inputs are cut, and how records lie in buckets.
    threads: usize,
    memory: u64,
    range_size: u64,
    inputs: Vec<InputRecord>,
}

impl RunKey {
    /// The key of a run as `config` says over `objects`, whose evaluation sets are `evaluation`.
    pub fn new(config: &RunConfig, evaluation: &Evaluation, objects: &[Object]) -> Self {
        let (output, label) = (config.output.url.as_str(), config.run.as_str());
        let made = Made {
            // Unknown, it may be another: nothing is the same then.
            build: build_id().unwrap_or_else(|| format!("of process {}", std::process::id())),
            output,
            label,
            config: config.digest(),
            evaluation: evaluation.identity(),
            threads: config.engine.threads.get(),
            memory: config.engine.memory.as_u64(),
            range_size: config.engine.range_size.as_u64(),
            inputs: run_log::input_records(objects),
        };
        // The newline can be in neither.
        let place = blake3::hash(format!("{output}\n{label}").as_bytes())
            .to_hex()
            .as_str()
            .chars()
            .take(16)
            .collect();
        #[expect(clippy::expect_used, reason = "any other text would be the key of all runs alike")]
        let json =
            serde_json::to_string(&made).expect("plain structs of strings and numbers should serialize");
        Self { place, json }
    }

    /// A name for the place where the steps are kept: one for a label of a data set.
    pub(super) fn place(&self) -> String {
        self.place.clone()
    }

    /// A name that no other run has.
    #[cfg(feature = "cluster")]
    pub(crate) fn digest(&self) -> String {
        short(&blake3::hash(self.json.as_bytes()).to_hex()).to_owned()
    }

    /// All of it, as text.
    pub(super) fn as_str(&self) -> &str {
        &self.json
    }
}
