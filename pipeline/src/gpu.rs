//! The GPU of this machine: whether a run uses it, and what it would do.

use std::fmt;
use std::sync::{Arc, Once, OnceLock};

use datafusion::common::runtime::SpawnedTask;
use tweetmill_kernels::device::{self, Gpu, NoGpu};
use tweetmill_kernels::encoder::InstructionSet;
use tweetmill_udfs::tokenize::Tokenizer;

use crate::config::{ByteSize, GpuMode};
use crate::error::{Error, ErrorKind, Result};

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
        (Err(why), GpuMode::Require) => Err(Error::new(ErrorKind::Resource, why)
            .with_hint("engine.gpu: auto lets the processor do it; `tweetmill devices` shows what is here")),
        (Err(why), _) => {
            tracing::info!("{why}: texts are tokenized by the processor");
            Ok(None)
        }
    }
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
    Error::new(ErrorKind::Gate, format!("{} can't be trusted: {why}", gpu.name()))
        .with_hint("engine.gpu: off has the processor do it; nothing of this run was committed")
}

/// That of the process, looked for once.
fn gpu() -> &'static Result<Arc<Gpu>, NoGpu> {
    static GPU: OnceLock<Result<Arc<Gpu>, NoGpu>> = OnceLock::new();
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
        let (tokens, why) = match self.gpu {
            Ok(_) => ("gpu", "with engine.gpu: auto or require; one text of 1,021 is compared"),
            Err(_) => ("processor", "there is no GPU"),
        };
        let rows = [
            ("work", "where", "why"),
            ("token ids: byte-level BPE, WordPiece", tokens, why),
            ("token ids: other tokenizers", "processor", "by the engine of tokenizers"),
            ("keys of near-duplicates", "processor", "texts are wanted there at once"),
            ("vectors", "processor", "there are no kernels for it"),
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
