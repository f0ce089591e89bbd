//! The GPU of this machine: whether a run uses it, and what it would do.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, Once, OnceLock, PoisonError};

use datafusion::common::runtime::SpawnedTask;
use tweetmill_kernels::device::{self, Gpu, NoGpu};
use tweetmill_kernels::encoder::InstructionSet;
use tweetmill_udfs::embed::Model;
use tweetmill_udfs::tokenize::Tokenizer;

use crate::config::{ByteSize, GpuMode, RunConfig, VectorDevice};
use crate::error::{Error, ErrorKind, Result};

static GPU: OnceLock<Result<Arc<Gpu>, NoGpu>> = OnceLock::new();

/// Has `tokenizer` give ids by this machine's GPU as `mode` says; gives the GPU, where it does. Ids are the same with it and without.
pub async fn use_as_told(tokenizer: &Arc<Tokenizer>, mode: GpuMode) -> Result<Option<Arc<Gpu>>> {
    tokenizer.use_processor();
    if mode == GpuMode::Off {
        return Ok(None);
    }
    let of_run = Arc::clone(tokenizer);
    let found = SpawnedTask::spawn_blocking(move || ready(&of_run)).join_unwind().await;
    let found = found.map_err(|error| {
        Error::new(ErrorKind::Defect, "looking for a GPU stopped early").with_source(error)
    })?;
    if let Ok(gpu) = gpu()
        && gpu.was_wrong()
    {
        return Err(untrusted(gpu));
    }
    match (found, mode) {
        (Ok(gpu), _) => {
            tracing::info!("texts are tokenized by {}", gpu.name());
            Ok(Some(gpu))
        }
        // What an earlier start finished is kept for the next one.
        (Err(why), GpuMode::Require) => Err(Error::new(ErrorKind::Input, why)
            .with_hint("engine.gpu: auto lets the processor do it; `tweetmill devices` shows what is here")),
        (Err(why), _) => {
            tracing::info!("{why}: texts are tokenized by the processor");
            Ok(None)
        }
    }
}

/// The GPU of the process, to make vectors: where there is none, they can't be made.
pub fn of_vectors() -> Result<Arc<Gpu>> {
    let refused = |why: String| {
        Error::new(ErrorKind::Input, why)
            .with_hint("embed.device: processor needs none; `tweetmill devices` shows what is here")
    };
    let gpu = gpu().as_ref().map_err(|error| refused(error.to_string()))?;
    if gpu.was_wrong() {
        return Err(untrusted(gpu));
    }
    if let Some(why) = gpu.broken() {
        return Err(refused(format!("no GPU: it broke in an earlier run: {why}")));
    }
    tracing::info!("vectors are made by {}", gpu.name());
    Ok(Arc::clone(gpu))
}

/// `model` with its arithmetic on `gpu`: put there once, whatever runs of this process use it, for a device's memory isn't given back.
pub fn with_model(gpu: &Arc<Gpu>, model: &Model) -> Result<Arc<Model>> {
    static MODELS: Mutex<BTreeMap<u128, Arc<Model>>> = Mutex::new(BTreeMap::new());
    let mut models = MODELS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(there) = models.get(&model.digest()) {
        return Ok(Arc::clone(there));
    }
    let there = model.on_gpu(gpu).map(Arc::new).map_err(|error| {
        Error::new(ErrorKind::Usage, error.to_string())
            .with_hint("embed.device: processor makes the vectors of every model")
    })?;
    models.insert(model.digest(), Arc::clone(&there));
    Ok(there)
}

/// Why a run can't be trusted of whose vectors some were wrong, if a GPU was to make them and was caught.
pub fn wrong_vectors(config: &RunConfig) -> Option<Error> {
    let makes_vectors = config.embed.as_ref().is_some_and(|embed| embed.device == VectorDevice::Gpu);
    let gpu = GPU.get()?.as_ref().ok()?;
    (makes_vectors && gpu.was_wrong()).then(|| untrusted(gpu))
}

/// The GPU of the process with the tables of `tokenizer`, or why there is none.
fn ready(tokenizer: &Tokenizer) -> Result<Arc<Gpu>, String> {
    let gpu = gpu().as_ref().map_err(ToString::to_string)?;
    if let Some(why) = gpu.broken() {
        return Err(format!("no GPU: it broke in an earlier run: {why}"));
    }
    tokenizer.use_gpu(gpu).map_err(|error| error.to_string())?;
    Ok(Arc::clone(gpu))
}

/// Refuses what was written where the GPU of the run was caught with wrong ids: others of its ids may be as wrong. Tells where it
/// stopped, and the processor did the rest.
pub fn check(gpu: Option<&Arc<Gpu>>) -> Result<()> {
    // Of a cluster's many tasks the first tells.
    static TOLD: Once = Once::new();
    let Some((gpu, why)) = gpu.and_then(|gpu| Some((gpu, gpu.broken()?))) else { return Ok(()) };
    if gpu.was_wrong() {
        return Err(untrusted(gpu));
    }
    TOLD.call_once(|| {
        tracing::warn!("the GPU was not used to the end, the processor did the rest: {why}");
    });
    Ok(())
}

fn untrusted(gpu: &Gpu) -> Error {
    let why = gpu.broken().unwrap_or_default();
    Error::new(ErrorKind::Gate, format!("{} can't be trusted: {why}", gpu.name())).with_hint(
        "engine.gpu: off and embed.device: processor need no GPU; nothing of this run was committed",
    )
}

/// That of the process, looked for once.
fn gpu() -> &'static Result<Arc<Gpu>, NoGpu> {
    GPU.get_or_init(|| Gpu::find().map(Arc::new))
}

/// What this machine has, and what work it would do in a run.
#[derive(Debug)]
pub struct Devices {
    gpu: Result<(String, ByteSize), NoGpu>,
    threads: usize,
}

impl Devices {
    /// Looks for them, and takes nothing of a GPU.
    pub fn find() -> Self {
        let gpu = device::look().map(|(name, memory)| (name, ByteSize::bytes(memory)));
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self { gpu, threads }
    }

    /// The GPU, or why there is none.
    pub fn gpu(&self) -> String {
        match &self.gpu {
            Ok((name, memory)) => format!("{name}, {memory}"),
            Err(why) => format!("none: {}", why.why()),
        }
    }
}

impl fmt::Display for Devices {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let vectors = InstructionSet::best().name();
        writeln!(out, "gpu        {}", self.gpu())?;
        writeln!(out, "processor  {} threads, vectors by {vectors}\n", self.threads)?;
        let there = |setting| match self.gpu {
            Ok(_) => ("gpu", setting),
            Err(_) => ("processor", "there is no GPU"),
        };
        let (tokens, why) = there("with engine.gpu: auto or require; one text of 1,021 is compared");
        let (encoders, why_encoders) = there("with embed.device: gpu, in half precision");
        let rows = [
            ("work", "where", "why"),
            ("token ids: byte-level BPE, WordPiece", tokens, why),
            ("token ids: other tokenizers", "processor", "by the engine of tokenizers"),
            ("keys of near-duplicates", "processor", "texts are wanted there at once"),
            ("vectors: models of the BERT family", encoders, why_encoders),
            ("vectors: static models", "processor", "they cost next to nothing"),
            ("archives, JSON, Parquet", "processor", "always"),
        ];
        for (work, place, why) in rows {
            writeln!(out, "{work:<37} {place:<10} {why}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_gpu_would_do_is_told() {
        let gpu = Ok(("NVIDIA H100".to_owned(), ByteSize::mib(79 << 10)));
        let text = Devices { gpu, threads: 8 }.to_string();
        assert!(
            text.starts_with("gpu        NVIDIA H100, 79GiB\nprocessor  8 threads, vectors by "),
            "{text}"
        );
        assert!(text.contains("token ids: byte-level BPE, WordPiece  gpu "), "{text}");
        assert!(text.lines().all(|line| line.len() <= 120), "{text}");
    }
}
