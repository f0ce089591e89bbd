//! The GPU of this process: whether a run uses it, and what becomes of a run whose GPU fails.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Once, OnceLock, PoisonError};

use datafusion::common::runtime::SpawnedTask;
use tweetmill_kernels::device::{Gpu, NoGpu};
use tweetmill_udfs::embed::Model;
use tweetmill_udfs::tokenize::Tokenizer;

use crate::config::{GpuMode, RunConfig, VectorDevice};
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
