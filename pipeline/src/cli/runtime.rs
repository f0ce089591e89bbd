//! The threads a verb works on, and what a signal does to them.

use std::future::Future;
use std::num::NonZeroUsize;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

use crate::error::{Error, ErrorKind, Result};

/// Plans recurse as deep as they are nested: the usual 2 MiB are too few.
const STACK_BYTES: usize = 16 << 20;

/// Most threads that may block at once; they are started when needed, so this costs nothing.
///
/// Not tokio's 512: each partition holds two readers (one reads ahead) and one writer, each on a
/// thread that waits for another. With the readers on all of them, no writer ever starts.
const BLOCKING_THREADS: usize = 1 << 16;

/// How long threads that were told to stop may take before the process ends without them.
const GRACE: Duration = Duration::from_secs(5);

const SIGINT: i32 = 2;
const SIGTERM: i32 = 15;

/// Runs `work` to its end on `threads` threads, or until SIGINT or SIGTERM.
///
/// A signal drops the work where it waits: nothing counts before its commit, so there is nothing to undo.
/// What the work spawned is aborted with it; threads that are still busy get a few seconds.
pub(super) fn block_on<T>(threads: NonZeroUsize, work: impl Future<Output = Result<T>>) -> Result<T> {
    parse_on(threads);
    let runtime = Builder::new_multi_thread()
        .worker_threads(threads.get())
        .max_blocking_threads(BLOCKING_THREADS)
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
    runtime.shutdown_timeout(GRACE);
    result
}

/// As many threads as the process may use: for verbs without a run file.
pub(super) fn all_threads() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Gives rayon, where lines are parsed and texts tokenized, as many threads as were asked for.
///
/// Its pool is the process's: the first call decides, and all runs of a process have the same settings.
fn parse_on(threads: NonZeroUsize) {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.get())
        .thread_name(|index| format!("tweetmill-parse-{index}"));
    drop(pool.build_global());
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

    #[test]
    fn more_threads_may_block_than_tokio_would_start() {
        const THREADS: usize = 700;
        let work = async {
            let all = std::sync::Arc::new(std::sync::Barrier::new(THREADS));
            let tasks: Vec<_> = (0..THREADS)
                .map(|_| {
                    let all = std::sync::Arc::clone(&all);
                    tokio::task::spawn_blocking(move || all.wait())
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
            Ok(())
        };
        block_on(NonZeroUsize::MIN, work).unwrap();
    }
}
