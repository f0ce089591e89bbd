//! The one session of every role.

use std::sync::Arc;

use ballista_core::config::BALLISTA_SCHEDULER_MAX_PARTITIONS_PER_TASK;
use ballista_core::extension::SessionConfigExt;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::prelude::SessionConfig;

use super::codec::{ScanCodec, TableCodec};
use super::tls::Tls;

/// What every role's session is configured as; with `tls` for those that speak to others.
pub(super) fn session_config(tls: Option<&Tls>) -> SessionConfig {
    let config = SessionConfig::new_with_ballista()
        .with_ballista_adaptive_query_planner(false)
        .set_usize(BALLISTA_SCHEDULER_MAX_PARTITIONS_PER_TASK, 1)
        .with_ballista_logical_extension_codec(Arc::new(TableCodec::default()))
        .with_ballista_physical_extension_codec(Arc::new(ScanCodec::default()));
    match tls {
        None => config,
        Some(tls) => config
            .with_ballista_use_tls(true)
            .with_ballista_override_create_grpc_client_endpoint(tls.endpoints()),
    }
}

/// The one way a session of driver and scheduler is built.
pub(super) fn session_state(config: SessionConfig) -> SessionState {
    SessionStateBuilder::new().with_config(config).with_default_features().build()
}
