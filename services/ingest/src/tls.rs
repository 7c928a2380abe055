//! RTMPS: the certificate publishers are shown, from an operator's files or this node's own, and the TLS side of a connection.
//!
//! Files are read, watched and swapped by `streamly-tls`: new ones serve new connections, while running ones keep what they began with.
//! The own certificate is made once and kept, so that who has told a machine to trust it need not do so again. Not here: deadlines and
//! places, which are the session's and listener's.

mod own;

use crate::config::RtmpsConfig;
use rustls::server::NoServerSessionStorage;
use std::{io, path::PathBuf, sync::Arc, time::Duration};
use streamly_tls::{Files, Told};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, server::TlsStream};

const TOLD: Told =
    Told { listener: "rtmps", not_after: "streamly_ingest_rtmps_certificate_not_after_seconds" };

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The files are of no use.
    #[error(transparent)]
    Files(#[from] streamly_tls::Error),
    /// An own one could not be made.
    #[error("no certificate of our own can be made: {0}")]
    Make(#[from] rcgen::Error),
    /// An own one could not be kept.
    #[error("{} cannot be written: {source}", path.display())]
    Keep { path: PathBuf, source: io::Error },
}

/// What new connections are shown.
pub(crate) struct Certificates {
    files: Arc<streamly_tls::Certificates>,
    acceptor: TlsAcceptor,
}

impl Certificates {
    /// From the configured files, or from the own folder, where they are made if there are none. Reads files.
    ///
    /// # Errors
    /// [`Error`]; the service does not start with it.
    pub(crate) fn open(config: &RtmpsConfig) -> Result<Self, Error> {
        let files = match (&config.cert_file, &config.key_file, &config.own_dir) {
            (Some(cert), Some(key), _) => Files { cert: cert.clone(), key: key.clone() },
            (_, _, Some(folder)) => own::files(folder, &config.names)?,
            // Refused by the configuration's own check before.
            _ => Files { cert: PathBuf::new(), key: PathBuf::new() },
        };
        let files = Arc::new(streamly_tls::Certificates::open(files, TOLD)?);
        let mut server = files.server()?;
        // Publishers connect rarely: what a resumed session saves is not worth its memory.
        server.session_storage = Arc::new(NoServerSessionStorage {});
        server.send_tls13_tickets = 0;
        Ok(Self { files, acceptor: TlsAcceptor::from(Arc::new(server)) })
    }

    /// Sets the metric of the certificate's end, once there are metrics.
    pub(crate) fn tell(&self) {
        self.files.tell();
    }

    /// Serves changed files to new connections, for ever.
    pub(crate) async fn watch(self: Arc<Self>, interval: Duration) {
        self.files.clone().watch(interval).await;
    }

    /// The TLS handshake, without a time limit of its own.
    ///
    /// # Errors
    /// The socket's, and whatever is wrong with the peer's TLS.
    pub(crate) async fn accept(&self, socket: TcpStream) -> io::Result<Box<TlsStream<TcpStream>>> {
        self.acceptor.accept(socket).await.map(Box::new)
    }
}

#[cfg(test)]
mod tests;
