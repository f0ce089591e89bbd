//! The process that places tasks.

use std::net::SocketAddr;
use std::sync::Arc;

use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::start_server;

use super::codec::{ScanCodec, TableCodec};
use super::session::{session_config, session_state};
use crate::error::{Error, ErrorKind, Result};

/// How long after its last sign of life an executor is taken for lost.
const EXECUTOR_TIMEOUT_SECONDS: u64 = 15;
/// How often that is looked at.
const LOOK_SECONDS: u64 = 3;

/// Where a scheduler listens.
#[derive(Debug, Clone)]
pub struct SchedulerOptions {
    /// Address and port.
    pub bind: SocketAddr,
}

/// Serves until the process is told to stop.
pub async fn serve(options: SchedulerOptions) -> Result<()> {
    let mut config = SchedulerConfig::default()
        .with_port(options.bind.port())
        .with_hostname(options.bind.ip().to_string())
        .with_override_config_producer(Arc::new(session_config))
        .with_override_session_builder(Arc::new(|config| Ok(session_state(config))));
    config.bind_host = options.bind.ip().to_string();
    config.override_logical_codec = Some(Arc::new(TableCodec::default()));
    config.override_physical_codec = Some(Arc::new(ScanCodec::default()));
    config.executor_timeout_seconds = EXECUTOR_TIMEOUT_SECONDS;
    config.expire_dead_executor_interval_seconds = LOOK_SECONDS;
    let failed = |error: ballista_core::error::BallistaError| {
        Error::new(ErrorKind::Resource, format!("the scheduler cannot serve at {}", options.bind))
            .with_source(error)
            .with_hint("another process may have the port: give another with --bind")
    };
    let cluster = BallistaCluster::new_from_config(&config).await.map_err(failed)?;
    start_server(cluster, options.bind, Arc::new(config)).await.map_err(failed)
}
