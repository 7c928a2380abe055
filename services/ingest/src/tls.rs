//! RTMPS: the certificate publishers are shown, from an operator's files or this node's own, and the TLS side of a connection.
//!
//! The files are looked at again every [`RtmpsConfig::reload_interval`]; new ones serve new connections, while running ones keep what they
//! began with. Files that cannot be used are logged, and the last good ones stay. The own certificate is made once and kept, so that
//! who has told a machine to trust it need not do so again. Not here: deadlines and places, which are the session's and listener's.

mod own;
mod validity;
mod watch;

use crate::config::RtmpsConfig;
use arc_swap::ArcSwap;
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
    server::NoServerSessionStorage,
};
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// Largest certificate or key file read, bytes; a chain has some 6 KiB.
const MAX_FILE: u64 = 256 << 10;

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// A file is far too long.
    #[error("{} is longer than {MAX_FILE} bytes", .0.display())]
    TooLong(PathBuf),
    /// A file holds no PEM, or not what it should.
    #[error("{} is not PEM: {source}", path.display())]
    Pem { path: PathBuf, source: pem::Error },
    /// There is no certificate in the file.
    #[error("{} holds no certificate", .0.display())]
    Empty(PathBuf),
    /// The two do not fit each other, or no server can use them.
    #[error("certificate and key cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
    /// An own one could not be made.
    #[error("no certificate of our own can be made: {0}")]
    Make(#[from] rcgen::Error),
    /// An own one could not be kept.
    #[error("{} cannot be written: {source}", path.display())]
    Keep { path: PathBuf, source: io::Error },
}

/// What new connections are shown.
pub(crate) struct Certificates {
    served: ArcSwap<ServerConfig>,
    files: Files,
}

/// Chain and key, both PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Files {
    cert: PathBuf,
    key: PathBuf,
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
        let loaded = files.load()?;
        loaded.tell(&files);
        Ok(Self { served: ArcSwap::new(Arc::new(loaded.config)), files })
    }

    /// The TLS handshake, without a time limit of its own.
    ///
    /// # Errors
    /// The socket's, and whatever is wrong with the peer's TLS.
    pub(crate) async fn accept(&self, socket: TcpStream) -> io::Result<Box<TlsStream<TcpStream>>> {
        TlsAcceptor::from(self.served.load_full()).accept(socket).await.map(Box::new)
    }
}

/// What the files hold.
struct Loaded {
    config: ServerConfig,
    /// End of the certificate itself, Unix seconds.
    not_after: Option<i64>,
}

impl Loaded {
    /// As a metric, once it is what is shown.
    fn tell(&self, files: &Files) {
        match self.not_after {
            Some(end) => {
                metrics::gauge!("streamly_ingest_rtmps_certificate_not_after_seconds").set(end as f64)
            }
            None => {
                tracing::warn!(file = %files.cert.display(), "until when the certificate for rtmps is good cannot be read");
            }
        }
    }
}

impl Files {
    fn load(&self) -> Result<Loaded, Error> {
        let pem = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::Pem { path: path.clone(), source }
        };
        let chain = read(&self.cert)?;
        let chain: Vec<CertificateDer<'static>> =
            CertificateDer::pem_slice_iter(&chain).collect::<Result<_, _>>().map_err(pem(&self.cert))?;
        if chain.is_empty() {
            return Err(Error::Empty(self.cert.clone()));
        }
        let not_after = chain.first().and_then(|leaf| validity::not_after(leaf));
        let key = PrivateKeyDer::from_pem_slice(&read(&self.key)?).map_err(pem(&self.key))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        // Publishers connect rarely: what a resumed session saves is not worth its memory.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Loaded { config, not_after })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    if fs::metadata(path).map_err(failed)?.len() > MAX_FILE {
        return Err(Error::TooLong(path.to_owned()));
    }
    fs::read(path).map_err(failed)
}

#[cfg(test)]
mod tests;
