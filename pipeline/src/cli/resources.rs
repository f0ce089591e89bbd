//! Threads and memory of the verbs that have no run file to say.

use std::num::NonZeroUsize;

use clap::Args;

use crate::config::{ByteSize, least_memory};
use crate::engine::{Engine, Scratch};
use crate::error::{Error, ErrorKind, Result};

use super::runtime;

/// Memory of the engine: looking at data needs less than a run.
const MEMORY: ByteSize = ByteSize::mib(2048);

/// What a verb may use of this machine.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(super) struct ResourceArgs {
    /// Threads to use [default: one a core]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Memory of the process, at least 64MiB a thread; more is spilled to the folder TMPDIR names
    /// [default: 2GiB]
    #[arg(long, value_name = "SIZE")]
    memory: Option<ByteSize>,
}

impl ResourceArgs {
    /// Threads to work on.
    pub(super) fn threads(self) -> NonZeroUsize {
        self.threads.unwrap_or_else(runtime::all_threads)
    }

    /// An engine of that size, and the folder it spills to, which goes away with its handle.
    pub(super) fn engine(self) -> Result<(Engine, Scratch)> {
        let threads = self.threads();
        let least = least_memory(threads);
        let memory = match self.memory {
            Some(memory) if memory < least => {
                let message = format!("--memory {memory} is too little for {threads} threads");
                return Err(Error::new(ErrorKind::Usage, message)
                    .with_hint(format!("give at least {least}, or lower --threads")));
            }
            Some(memory) => memory,
            None => MEMORY.max(least),
        };
        let scratch = Scratch::create(&std::env::temp_dir()).map_err(|error| {
            Error::new(ErrorKind::Resource, "the folder for temporary files cannot be written")
                .with_source(error)
                .with_hint("point TMPDIR at a folder this user may write to")
        })?;
        Ok((Engine::new(threads, memory.as_u64(), scratch.path())?, scratch))
    }
}
