//! Who may take part: every process shows a certificate of one authority, and asks every other for one.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use ballista_core::extension::EndpointOverrideFn;
use ballista_core::utils::{GrpcClientConfig, create_grpc_client_endpoint};
use tonic::transport::{Certificate, ClientTlsConfig, Identity, ServerTlsConfig};

use crate::config::TlsFiles;
use crate::error::{Error, ErrorKind, Result};

/// A process's own certificate, and the authority that it believes.
#[derive(Clone)]
pub(super) struct Tls {
    authority: Certificate,
    own: Identity,
}

impl Tls {
    /// Reads PEM files. That they hold what they should is seen when the first connection is made.
    pub(super) fn read(files: &TlsFiles) -> Result<Self> {
        let [ca, certificate, key] =
            [("ca", &files.ca), ("certificate", &files.certificate), ("key", &files.key)].map(
                |(what, path)| {
                    let pem = std::fs::read_to_string(Path::new(path))
                        .ok()
                        .filter(|text| text.contains("-----BEGIN "));
                    pem.ok_or_else(|| {
                        Error::new(ErrorKind::Usage, format!("the {what} {path} can't be read as a PEM file"))
                            .with_hint("docs/operations.md tells how certificates are made")
                    })
                },
            );
        Ok(Self { authority: Certificate::from_pem(ca?), own: Identity::from_pem(certificate?, key?) })
    }

    /// For a server that serves nobody without a certificate.
    pub(super) fn server(&self) -> ServerTlsConfig {
        ServerTlsConfig::new().identity(self.own.clone()).client_ca_root(self.authority.clone())
    }

    /// Turns an address that the engine would speak to in the clear into one with certificates.
    pub(super) fn endpoints(&self) -> EndpointOverrideFn {
        let client = ClientTlsConfig::new().identity(self.own.clone()).ca_certificate(self.authority.clone());
        Arc::new(move |endpoint| {
            let authority = endpoint.uri().authority().ok_or("an address without a host")?;
            let address = format!("https://{authority}");
            let endpoint = create_grpc_client_endpoint(address, Some(&GrpcClientConfig::default()))?;
            Ok(endpoint.tls_config(client.clone())?)
        })
    }
}

// The key is nobody's business.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}
