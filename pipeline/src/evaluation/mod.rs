//! Evaluation sets: read before anything else, held in memory, looked for in every tweet.
//!
//! ```text
//!  places ──► objects ──► files in them ──► items, numbered ──┬─► digest of the set
//!             listing     container         format            └─► Contaminants ──► a function of a text (`stages::decontaminate`)
//! ```

mod format;
mod quotes;
mod read;

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use datafusion::common::runtime::SpawnedTask;
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::logical_expr::ScalarUDF;
use tokio::runtime::Handle;
use tweetmill_udfs::dedup::contamination::{ContaminantsBuilder, contamination};

use crate::config::{Decontaminate, Shape};
use crate::engine::{Engine, Storage};
use crate::error::{Error, ErrorKind, Result};
use crate::sink::manifest::EvaluationFigures;
use crate::source::listing::{self, Object};

/// The evaluation sets of a run; none where it asks for none.
#[derive(Clone, Default)]
pub struct Evaluation {
    sets: Vec<EvaluationFigures>,
    function: Option<ScalarUDF>,
    /// What the function takes.
    memory: Option<Arc<MemoryReservation>>,
}

impl fmt::Debug for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evaluation").field("sets", &self.sets).finish_non_exhaustive()
    }
}

/// A file or an archive of a set, and how items stand in it.
struct Part {
    object: Object,
    /// Ordinal of the set.
    set: usize,
    /// Index into [`Decontaminate::sets`].
    of: usize,
}

impl Evaluation {
    /// Reads the sets that `decontaminate` names. What they take is asked of the memory of `engine`, and kept.
    pub async fn load(
        storage: &Storage,
        engine: &Engine,
        decontaminate: Option<&Decontaminate>,
    ) -> Result<Self> {
        let Some(decontaminate) = decontaminate else { return Ok(Self::default()) };
        let mut names: Vec<String> = Vec::new();
        let mut parts = Vec::new();
        let mut read = HashSet::new();
        for (of, part) in decontaminate.sets.iter().enumerate() {
            let objects = listing::list(storage, [(part.url.as_str(), Shape::Auto)]).await;
            let objects =
                objects.map_err(|error| error.with_context(format!("the evaluation set {}", part.name)))?;
            let set = names.iter().position(|name| *name == part.name).unwrap_or_else(|| {
                names.push(part.name.clone());
                names.len() - 1
            });
            for object in objects {
                if !read.insert((set, object.url())) {
                    let message =
                        format!("two entries of the evaluation set {} name {}", part.name, object.url());
                    return Err(Error::new(ErrorKind::Usage, message)
                        .with_hint("name each file once: it would be read twice"));
                }
                parts.push(Part { object, set, of });
            }
        }
        // The parts of a set come together, in the order of the run file.
        parts.sort_by_key(|part| part.set);
        let (memory, runtime) = (engine.reservation("evaluation sets"), Handle::current());
        let (of_run, sets) = (decontaminate.clone(), names.clone());
        let read = move || {
            let Decontaminate { share, min_shingles, .. } = of_run;
            let builder = ContaminantsBuilder::new((share.numerator(), share.denominator()), min_shingles);
            let mut reader = read::Sets::new(builder, memory, sets);
            for Part { object, set, of } in parts {
                if let Some(part) = of_run.sets.get(of) {
                    reader.read(&object, set, part, &runtime)?;
                }
            }
            reader.finish()
        };
        let stopped =
            |error| Error::new(ErrorKind::Defect, "reading evaluation sets stopped early").with_source(error);
        let read = SpawnedTask::spawn_blocking(read).join_unwind().await.map_err(stopped)??;
        Ok(Self {
            sets: read.sets,
            function: Some(contamination(&Arc::new(read.contaminants), names)),
            memory: Some(Arc::new(read.memory)),
        })
    }

    /// The same without items, which only reading asks for: what they took is free again once all of them are gone.
    #[must_use]
    pub fn without_items(self) -> Self {
        Self { function: None, memory: None, ..self }
    }

    /// What is known of each set, in order, with no record found yet.
    pub fn sets(&self) -> &[EvaluationFigures] {
        &self.sets
    }

    /// The function from a text to the item that it contains, where there are sets.
    pub fn function(&self) -> Option<&ScalarUDF> {
        self.function.as_ref()
    }

    /// Name and digest of each set: what a record's fate depends on beside the run file.
    pub fn identity(&self) -> Vec<(String, String)> {
        self.sets.iter().map(|set| (set.name.clone(), set.digest.clone())).collect()
    }

    /// Bytes of memory that the sets take.
    pub fn bytes(&self) -> usize {
        self.memory.as_ref().map_or(0, |memory| memory.size())
    }
}
