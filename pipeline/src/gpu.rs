//! The GPU of this machine: whether a run uses it, and what it would do.

use std::fmt;
use std::sync::{Arc, OnceLock};

use datafusion::common::runtime::SpawnedTask;
use tweetmill_kernels::device::{Gpu, NoGpu};
use tweetmill_kernels::encoder::InstructionSet;

use crate::config::{ByteSize, GpuMode};
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};

/// Has the functions of `engine` use this machine's GPU as `mode` says. Results are the same with it and without.
pub async fn use_as_told(engine: &Engine, mode: GpuMode) -> Result<()> {
    if mode == GpuMode::Off {
        return Ok(());
    }
    let found = SpawnedTask::spawn_blocking(|| gpu().clone()).join_unwind().await;
    let found = found.map_err(|error| {
        Error::new(ErrorKind::Defect, "looking for a GPU stopped early").with_source(error)
    })?;
    match (found, mode) {
        (Ok(gpu), _) => {
            tracing::info!("texts are tokenized by {}", gpu.name());
            engine.known().tokenizers.use_gpu(gpu);
            Ok(())
        }
        (Err(why), GpuMode::Require) => Err(Error::new(ErrorKind::Resource, why.to_string())
            .with_hint("engine.gpu: auto lets the processor do it; `tweetmill devices` shows what is here")),
        (Err(why), _) => {
            tracing::info!("{why}: texts are tokenized by the processor");
            Ok(())
        }
    }
}

/// Tells where the GPU that a run used broke, and the processor did the rest.
pub fn tell_if_broken(engine: &Engine) {
    if let Some(why) = engine.known().tokenizers.broken_gpu() {
        tracing::warn!("the GPU was not used to the end, the processor did the rest: {why}");
    }
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
    /// Looks for them: it takes a second or two where there is a GPU.
    pub fn find() -> Self {
        let gpu = gpu().as_ref().map(|gpu| (gpu.name().to_owned(), ByteSize::bytes(gpu.memory_bytes())));
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self { gpu: gpu.map_err(Clone::clone), threads }
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
            Ok(_) => ("gpu", "with engine.gpu: auto or require; one text of 1,024 is compared"),
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
