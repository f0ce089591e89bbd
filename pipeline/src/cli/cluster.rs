//! `tweetmill cluster`: the processes that runs with `engine.kind: cluster` are spread over.

use clap::{Args, Subcommand};

use crate::config::ByteSize;
use crate::error::Result;

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;

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
}

/// Place the tasks of runs on executors
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tweetmill cluster scheduler
  tweetmill cluster scheduler --bind 10.0.0.5:50050

There is no authentication: bind to an address that only the machines of the cluster can reach.")]
struct SchedulerArgs {
    /// Address and port to listen at
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:50050")]
    bind: SocketAddr,
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
    /// First of two ports to listen at
    #[arg(long, default_value = "50051", value_parser = clap::value_parser!(u16).range(1..65535))]
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

fn host_and_port(text: &str) -> Result<(String, u16), String> {
    let (host, port) = text.rsplit_once(':').ok_or("write HOST:PORT")?;
    let port = port.parse().map_err(|_| format!("`{port}` is no port"))?;
    Ok((host.to_owned(), port))
}

#[cfg(feature = "cluster")]
pub(super) fn cluster(args: ClusterArgs) -> Result<()> {
    use crate::cluster::{ExecutorOptions, SchedulerOptions, serve_executor, serve_scheduler};
    use crate::error::{Error, ErrorKind};

    use super::runtime;

    match args.role {
        Role::Scheduler(SchedulerArgs { bind }) => {
            runtime::block_on(runtime::all_threads(), serve_scheduler(SchedulerOptions { bind }))
        }
        Role::Executor(args) => {
            let threads = args.threads.unwrap_or_else(runtime::all_threads);
            let least = crate::config::least_memory(threads);
            if args.memory < least {
                let message = format!("--memory: {} are too little for {threads} threads", args.memory);
                return Err(Error::new(ErrorKind::Usage, message)
                    .with_hint(format!("give at least {least}, or lower --threads")));
            }
            let options = ExecutorOptions {
                scheduler: args.scheduler,
                bind: args.bind,
                host: args.host,
                port: args.port,
                threads,
                memory_bytes: args.memory.as_u64(),
                scratch: args.scratch.unwrap_or_else(std::env::temp_dir),
            };
            runtime::block_on(threads, serve_executor(options))
        }
    }
}

#[cfg(not(feature = "cluster"))]
pub(super) fn cluster(args: ClusterArgs) -> Result<()> {
    use crate::error::{Error, ErrorKind};

    drop(args);
    Err(Error::new(ErrorKind::Usage, "this build of tweetmill knows no cluster")
        .with_hint("build it with: cargo build --release --features cluster"))
}
