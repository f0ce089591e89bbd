//! The devices of this machine, and what work each would do in a run.

use std::fmt;

use tweetmill_kernels::device::{self, NoGpu};
use tweetmill_kernels::encoder::InstructionSet;

use crate::config::ByteSize;

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
