//! `tweetmill cluster`: the processes that runs with `engine.kind: cluster` are spread over.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand};

#[cfg(feature = "cluster")]
use crate::cluster::{ExecutorOptions, SchedulerOptions};
use crate::config::ByteSize;
#[cfg(feature = "cluster")]
use crate::config::TlsFiles;
use crate::error::{Error, ErrorKind, Result};

/// Serve runs with `engine.kind: cluster`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tweetmill cluster scheduler
  tweetmill cluster executor --scheduler 127.0.0.1:50050
  tweetmill run nightly.yaml --set engine.kind=cluster --set engine.scheduler=127.0.0.1:50050

For builds with the feature `cluster`. How to set up a cluster: docs/operations.md.")]
pub(super) struct ClusterArgs {
    #[command(subcommand)]
    role: Role,
}

#[derive(Debug, Subcommand)]
enum Role {
    /// Place the tasks of runs on executors
    Scheduler(SchedulerArgs),
    /// Do tasks: read archives, write shards
    Executor(ExecutorArgs),
    /// Be scheduler and executor at once: a cluster of one process
    Standalone(StandaloneArgs),
}

/// Place the tasks of runs on executors
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tweetmill cluster scheduler
  tweetmill cluster scheduler --bind 10.0.0.5:50050

Without certificates nobody is asked who he is: bind to an address that only the machines of the cluster can reach, or
give --tls-ca, --tls-certificate and --tls-key.")]
struct SchedulerArgs {
    /// Address and port to listen at
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:50050")]
    bind: SocketAddr,
    #[command(flatten)]
    tls: TlsArgs,
}

/// Do tasks: read archives, write shards
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tweetmill cluster executor --scheduler 127.0.0.1:50050
  tweetmill cluster executor --scheduler 10.0.0.5:50050 --bind 0.0.0.0 --host worker-7 --threads 32 --memory 64GiB

Archives and data set are reached with this process's own credentials: set them in its environment as for a run.")]
struct ExecutorArgs {
    /// Host and port of the scheduler
    #[arg(long, value_name = "HOST:PORT", value_parser = host_and_port)]
    scheduler: (String, u16),
    /// Address to listen at
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    bind: IpAddr,
    /// Name or address by which the other machines reach this one [default: that of --bind]
    #[arg(long)]
    host: Option<String>,
    #[command(flatten)]
    work: WorkArgs,
    #[command(flatten)]
    tls: TlsArgs,
}

/// Be scheduler and executor at once: a cluster of one process
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tweetmill cluster standalone
  tweetmill cluster standalone --bind 127.0.0.1:50060 --port 50061 --threads 8

To try things with: a run that asks it for tasks takes every step it would take on a hundred machines.")]
struct StandaloneArgs {
    /// Address and port that runs ask for tasks at
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:50050")]
    bind: SocketAddr,
    #[command(flatten)]
    work: WorkArgs,
}

/// What an executor works with
#[derive(Debug, Args)]
struct WorkArgs {
    /// Port to listen at, for results
    #[arg(long, default_value = "50051", value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,
    /// Tasks at once [default: one for each core]
    #[arg(long)]
    threads: Option<NonZeroUsize>,
    /// Memory of the process; at least 64MiB a thread
    #[arg(long, default_value = "4GiB")]
    memory: ByteSize,
    /// Folder for intermediate files [default: the system's]
    #[arg(long)]
    scratch: Option<PathBuf>,
}

/// Certificates by which the processes of a cluster know each other: all three, or none
#[derive(Debug, Args)]
struct TlsArgs {
    /// Certificate of the authority that signed those of all processes, PEM
    #[arg(long = "tls-ca", value_name = "FILE", requires_all = ["certificate", "key"])]
    ca: Option<String>,
    /// Certificate of this process, PEM; it names the host by which the others reach it
    #[arg(long = "tls-certificate", value_name = "FILE", requires_all = ["ca", "key"])]
    certificate: Option<String>,
    /// Private key of the certificate, PEM
    #[arg(long = "tls-key", value_name = "FILE", requires_all = ["ca", "certificate"])]
    key: Option<String>,
}

#[cfg(feature = "cluster")]
impl TlsArgs {
    fn files(self) -> Option<TlsFiles> {
        let Self { ca, certificate, key } = self;
        Some(TlsFiles { ca: ca?, certificate: certificate?, key: key? })
    }
}

fn host_and_port(text: &str) -> Result<(String, u16), String> {
    let (host, port) = text.rsplit_once(':').ok_or("write HOST:PORT")?;
    let port = port.parse().map_err(|_| format!("`{port}` is no port"))?;
    Ok((host.to_owned(), port))
}

#[cfg(feature = "cluster")]
pub(super) fn cluster(args: ClusterArgs) -> Result<()> {
    use crate::cluster::{serve_executor, serve_scheduler, serve_standalone};

    use super::runtime;

    match args.role {
        Role::Scheduler(SchedulerArgs { bind, tls }) => {
            let options = SchedulerOptions { bind, tls: tls.files() };
            runtime::block_on(runtime::all_threads(), serve_scheduler(options))
        }
        Role::Executor(ExecutorArgs { scheduler, bind, host, work, tls }) => {
            let options = work.executor(scheduler, bind, host, tls.files())?;
            runtime::block_on(options.threads, serve_executor(options))
        }
        Role::Standalone(StandaloneArgs { bind, work }) => {
            let executor = work.executor((bind.ip().to_string(), bind.port()), bind.ip(), None, None)?;
            let scheduler = SchedulerOptions { bind, tls: None };
            runtime::block_on(executor.threads, serve_standalone(scheduler, executor))
        }
    }
}

#[cfg(feature = "cluster")]
impl WorkArgs {
    /// Errs where there is too little memory for the threads.
    fn executor(
        self,
        scheduler: (String, u16),
        bind: IpAddr,
        host: Option<String>,
        tls: Option<TlsFiles>,
    ) -> Result<ExecutorOptions> {
        let Self { port, threads, memory, scratch } = self;
        let threads = threads.unwrap_or_else(super::runtime::all_threads);
        let least = crate::config::least_memory(threads);
        if memory < least {
            let message = format!("--memory: {memory} are too little for {threads} threads");
            return Err(Error::new(ErrorKind::Usage, message)
                .with_hint(format!("give at least {least}, or lower --threads")));
        }
        let scratch = scratch.unwrap_or_else(std::env::temp_dir);
        let memory_bytes = memory.as_u64();
        Ok(ExecutorOptions { scheduler, bind, host, port, threads, memory_bytes, scratch, tls })
    }
}

#[cfg(not(feature = "cluster"))]
pub(super) fn cluster(args: ClusterArgs) -> Result<()> {
    drop(args);
    Err(Error::new(ErrorKind::Usage, "this build of tweetmill knows no cluster")
        .with_hint("build it with: cargo build --release --features cluster"))
}
