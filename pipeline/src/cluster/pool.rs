//! Executors, by their scheduler.

use std::error::Error as _;
use std::fmt;

use ballista::prelude::SessionContextExt;
use ballista_core::serde::protobuf::GetJobStatusParams;
use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use ballista_core::utils::{GrpcClientConfig, create_grpc_client_endpoint};
use datafusion::prelude::SessionContext;

use super::session::{session_config, session_state};
use super::tls::Tls;
use crate::config::Address;
use crate::error::{Error, ErrorKind, Result};

/// A scheduler, and how it is spoken to.
#[derive(Debug, Clone)]
pub(super) struct Pool {
    scheduler: Address,
    tls: Option<Tls>,
}

impl Pool {
    pub(super) fn new(scheduler: Address, tls: Option<Tls>) -> Self {
        Self { scheduler, tls }
    }

    /// A session whose queries its executors answer.
    pub(super) async fn session(&self) -> Result<SessionContext> {
        let state = session_state(session_config(self.tls.as_ref()));
        Ok(SessionContext::remote_with_state(&format!("df://{}", self.scheduler), state).await?)
    }

    /// Errs where no scheduler answers, or none that believes us.
    pub(super) async fn reach(&self) -> Result<()> {
        self.ask().await.map_err(|error| {
            Error::new(ErrorKind::Resource, format!("the scheduler {} can't be reached", self.scheduler))
                .with_source(error)
        })
    }

    /// Asks for a job that there isn't: whatever is said of it, somebody is there. A certificate that isn't believed shows no earlier.
    async fn ask(&self) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let address = format!("http://{}", self.scheduler);
        let mut endpoint = create_grpc_client_endpoint(address, Some(&GrpcClientConfig::default()))?;
        if let Some(tls) = &self.tls {
            endpoint = tls.endpoints()(endpoint)?;
        }
        let mut scheduler = SchedulerGrpcClient::new(endpoint.connect().await?);
        match scheduler.get_job_status(GetJobStatusParams::default()).await {
            Err(status) if status.source().is_some() => Err(status.into()),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.scheduler.fmt(f)
    }
}
