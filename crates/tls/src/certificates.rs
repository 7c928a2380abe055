//! The certificate in use, swapped for its successor between two handshakes, and the settings of TLS that show it.

use crate::{
    files::{Error, Files, Version},
    validity,
};
use arc_swap::ArcSwap;
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use std::{fmt, sync::Arc};

/// What logs and metrics call a listener's certificate.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    /// The listener, in sentences: "rtmps".
    pub listener: &'static str,
    /// The gauge of the certificate's end, Unix seconds.
    pub not_after: &'static str,
}

/// What new connections are shown, whatever name they ask for.
pub struct Certificates {
    pub(crate) served: ArcSwap<CertifiedKey>,
    pub(crate) files: Files,
    /// What the files were when they were opened.
    pub(crate) opened: Version,
    pub(crate) told: Told,
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates").field("files", &self.files).finish_non_exhaustive()
    }
}

impl Certificates {
    /// What the files hold now. Reads them.
    ///
    /// # Errors
    /// They cannot be used.
    pub fn open(files: Files, told: Told) -> Result<Self, Error> {
        // First: what changes while it is read is another version.
        let opened = files.version();
        Ok(Self { served: ArcSwap::from_pointee(files.load()?), files, opened, told })
    }

    /// TLS 1.2 and 1.3 by aws-lc-rs, without client certificates, that shows what [`Certificates::watch`] finds. Protocols (ALPN) and
    /// resumption are the listener's to choose.
    ///
    /// # Errors
    /// The provider lacks what these versions need.
    pub fn server(self: &Arc<Self>) -> Result<ServerConfig, Error> {
        Ok(ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(self.clone()))
    }

    /// Sets the gauge to the end of what is shown. A service tells it at its start, once the process has its metrics; each change tells itself.
    pub fn tell(&self) {
        let end = self.served.load().cert.first().and_then(|leaf| validity::not_after(leaf));
        match end {
            Some(end) => metrics::gauge!(self.told.not_after).set(end as f64),
            None => {
                let (file, listener) = (self.files.cert.display(), self.told.listener);
                tracing::warn!(%file, "until when the certificate for {listener} is good cannot be read");
            }
        }
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.served.load_full())
    }
}

#[cfg(test)]
mod tests;
