//! The threads a verb works on, and what a signal does to them.

use std::future::Future;
use std::num::NonZeroUsize;

use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

use crate::error::{Error, ErrorKind, Result};

/// Plans recurse as deep as they are nested: the usual 2 MiB are too few.
const STACK_BYTES: usize = 16 << 20;

const SIGINT: i32 = 2;
const SIGTERM: i32 = 15;

/// Runs `work` to its end on `threads` threads, or until SIGINT or SIGTERM.
///
/// A signal drops the work where it waits: nothing counts before its commit, so there is nothing to undo.
/// Threads that are still busy then end with the process.
pub(super) fn block_on<T>(threads: NonZeroUsize, work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(threads.get())
        .thread_stack_size(STACK_BYTES)
        .thread_name("tweetmill")
        .enable_all()
        .build()?;
    let result = runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            result = work => result,
            _ = interrupt.recv() => Err(stopped(SIGINT)),
            _ = terminate.recv() => Err(stopped(SIGTERM)),
        }
    });
    runtime.shutdown_background();
    result
}

/// As many threads as the process may use: for verbs without a run file.
pub(super) fn all_threads() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

fn stopped(signal: i32) -> Error {
    let name = if signal == SIGINT { "SIGINT" } else { "SIGTERM" };
    Error::new(ErrorKind::Interrupted(signal), format!("stopped by {name}"))
        .with_hint("run the same command again: what is committed stays, the rest is done anew")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn work_ends_with_its_own_result() {
        assert_eq!(block_on(NonZeroUsize::MIN, async { Ok(7) }).unwrap(), 7);
        assert_eq!(stopped(SIGTERM).exit_code(), 143);
        assert_eq!(stopped(SIGINT).exit_code(), 130);
    }
}
