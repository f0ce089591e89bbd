//! The process that does tasks.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_flight::flight_service_server::FlightServiceServer;
use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::error::BallistaError;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_core::utils::create_grpc_server;
use ballista_executor::ArrowFlightServerProvider;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_executor::flight_service::BallistaFlightService;

use super::codec::{ScanCodec, TableCodec};
use super::session::{session_config, session_state};
use super::tls::Tls;
use super::worker::Worker;
use crate::config::TlsFiles;
use crate::error::{Error, ErrorKind, Result};
use crate::workspace::scratch_folder;

/// How long a scheduler that isn't up yet is waited for.
const SCHEDULER_SECONDS: u16 = 60;

/// What an executor is.
#[derive(Debug, Clone)]
pub struct ExecutorOptions {
    /// Host and port of the scheduler.
    pub scheduler: (String, u16),
    /// Address it listens at.
    pub bind: IpAddr,
    /// By what others reach it.
    pub host: Option<String>,
    /// Where runs ask for what came of their tasks.
    pub port: u16,
    /// Tasks at once.
    pub threads: NonZeroUsize,
    /// Memory of the process.
    pub memory_bytes: u64,
    /// Folder for intermediate files.
    pub scratch: PathBuf,
    /// Certificates; None: nobody is asked who he is.
    pub tls: Option<TlsFiles>,
}

/// Does tasks until the process is told to stop.
pub async fn serve(options: ExecutorOptions) -> Result<()> {
    let tls = options.tls.as_ref().map(Tls::read).transpose()?;
    let scratch = scratch_folder(&options.scratch)?;
    let work = scratch.path().join("engine");
    std::fs::create_dir_all(&work)?;
    let work = work.to_str().ok_or_else(|| {
        Error::new(ErrorKind::Usage, format!("the folder {} is not UTF-8", options.scratch.display()))
    })?;
    let work = work.to_owned();
    let worker = Arc::new(Worker::new(options.threads, options.memory_bytes, scratch)?);
    let (scheduler_host, scheduler_port) = options.scheduler.clone();
    let config = ExecutorProcessConfig {
        bind_host: options.bind.to_string(),
        external_host: Some(options.host.unwrap_or_else(|| options.bind.to_string())),
        port: options.port,
        grpc_port: options.port,
        task_scheduling_policy: TaskSchedulingPolicy::PullStaged,
        scheduler_host,
        scheduler_port,
        scheduler_connect_timeout_seconds: SCHEDULER_SECONDS,
        vcores: options.threads.get(),
        work_dir: Some(work),
        // Tasks take their memory from the worker's own engine.
        memory_pool_size: Some(64 << 20),
        override_config_producer: Some(Arc::new({
            let tls = tls.clone();
            move || session_config(tls.as_ref())
        })),
        override_function_registry: Some(Arc::new(BallistaFunctionRegistry::from(&session_state(
            session_config(None),
        )))),
        override_logical_codec: Some(Arc::new(TableCodec::default())),
        override_physical_codec: Some(Arc::new(ScanCodec::of(worker))),
        override_create_grpc_client_endpoint: tls.as_ref().map(Tls::endpoints),
        override_arrow_flight_service: tls.map(results_with),
        ..ExecutorProcessConfig::default()
    };
    start_executor_process(Arc::new(config)).await.map_err(|error| {
        let (host, port) = &options.scheduler;
        Error::new(ErrorKind::Resource, format!("the executor of the scheduler {host}:{port} cannot go on"))
            .with_source(error)
            .with_hint("is the scheduler up, and are the ports given with --port free?")
    })
}

/// Serves results to those who show a certificate.
fn results_with(tls: Tls) -> Arc<ArrowFlightServerProvider> {
    Arc::new(move |folder, address, mut stopped, config| {
        let server = create_grpc_server(&config).tls_config(tls.server());
        tokio::spawn(async move {
            let service = FlightServiceServer::new(BallistaFlightService::new(folder));
            let results = server?.add_service(service).serve_with_shutdown(address, stopped.recv());
            results.await.map_err(BallistaError::TonicError)
        })
    })
}
