//! The process that places tasks.

use std::net::SocketAddr;
use std::sync::Arc;

use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::serde::protobuf::scheduler_grpc_server::SchedulerGrpcServer;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::create_scheduler;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use tonic::transport::Server;

use super::codec::{ScanCodec, TableCodec};
use super::session::{session_config, session_state};
use super::tls::Tls;
use crate::config::TlsFiles;
use crate::error::{Error, ErrorKind, Result};

/// How long after its last sign of life an executor is taken for lost.
const EXECUTOR_TIMEOUT_SECONDS: u64 = 15;
/// How often that is looked at.
const LOOK_SECONDS: u64 = 3;

/// Where a scheduler listens, and to whom.
#[derive(Debug, Clone)]
pub struct SchedulerOptions {
    /// Address and port.
    pub bind: SocketAddr,
    /// Certificates; None: to everybody.
    pub tls: Option<TlsFiles>,
}

/// Serves until the process is told to stop.
///
/// Executors ask for work: nobody has to reach them for it, and those that a scheduler knew find it again after it was started anew.
pub async fn serve(options: SchedulerOptions) -> Result<()> {
    let SchedulerOptions { bind, tls } = options;
    let tls = tls.as_ref().map(Tls::read).transpose()?;
    let mut config = SchedulerConfig::default()
        .with_port(bind.port())
        .with_hostname(bind.ip().to_string())
        .with_scheduler_policy(TaskSchedulingPolicy::PullStaged)
        .with_override_config_producer(Arc::new(|| session_config(None)))
        .with_override_session_builder(Arc::new(|config| Ok(session_state(config))));
    config.override_logical_codec = Some(Arc::new(TableCodec::default()));
    config.override_physical_codec = Some(Arc::new(ScanCodec::default()));
    config.executor_timeout_seconds = EXECUTOR_TIMEOUT_SECONDS;
    config.expire_dead_executor_interval_seconds = LOOK_SECONDS;
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| {
        Error::new(ErrorKind::Resource, format!("the scheduler cannot serve at {bind}"))
            .with_source(error)
            .with_hint("another process may have the port: give another with --bind")
    };
    let (received, sent) =
        (config.grpc_server_max_decoding_message_size, config.grpc_server_max_encoding_message_size);
    let cluster = BallistaCluster::new_from_config(&config).await.map_err(|error| failed(error.into()))?;
    let scheduler = create_scheduler::<LogicalPlanNode, PhysicalPlanNode>(cluster, Arc::new(config)).await;
    let service = SchedulerGrpcServer::new(scheduler.map_err(|error| failed(error.into()))?)
        .max_decoding_message_size(received as usize)
        .max_encoding_message_size(sent as usize);
    let mut server = Server::builder();
    if let Some(tls) = &tls {
        server = server.tls_config(tls.server()).map_err(|error| failed(error.into()))?;
    }
    server.add_service(service).serve(bind).await.map_err(|error| failed(error.into()))
}
