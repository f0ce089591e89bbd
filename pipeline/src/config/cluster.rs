//! Where a cluster is found, and who it believes.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A cluster that does the work of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// Where its executors are asked for.
    pub scheduler: Address,
    /// Where executors with a device each are asked for; None: those of `scheduler` do all steps.
    pub device_scheduler: Option<Address>,
    /// Certificates; None: nobody is asked who he is.
    pub tls: Option<TlsFiles>,
}

/// Host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    /// None where `text` is no `HOST:PORT`.
    pub fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        (!host.is_empty() && port.parse::<u16>().is_ok()).then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// PEM files by which the processes of a cluster know each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// Certificate of the authority that signed those of all processes.
    pub ca: String,
    /// Certificate of this process, for servers and for clients.
    pub certificate: String,
    /// Its private key.
    pub key: String,
}
