//! The publisher's socket, plain or TLS, in its two halves.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// What is read from.
pub(super) enum Reading {
    Plain(OwnedReadHalf),
    Tls(ReadHalf<TlsStream<TcpStream>>),
}

/// What is written to.
pub(super) enum Writing {
    Plain(OwnedWriteHalf),
    Tls(WriteHalf<TlsStream<TcpStream>>),
}

/// Both halves of a plain socket.
pub(super) fn plain(socket: TcpStream) -> (Reading, Writing) {
    let (reading, writing) = socket.into_split();
    (Reading::Plain(reading), Writing::Plain(writing))
}

/// Both halves after the TLS handshake with a server that has this certificate and no other.
pub(super) async fn tls(socket: TcpStream, certificate: &[u8]) -> io::Result<(Reading, Writing)> {
    let (reading, writing) = split(handshake(socket, certificate).await?);
    Ok((Reading::Tls(reading), Writing::Tls(writing)))
}

/// A TLS connection to a server that has this certificate (PEM) and no other, on which nothing is said yet.
///
/// # Errors
/// The socket's, and those of the handshake.
pub async fn raw_tls(server: SocketAddr, certificate: &[u8]) -> io::Result<TlsStream<TcpStream>> {
    let socket = TcpStream::connect(server).await?;
    socket.set_nodelay(true)?;
    handshake(socket, certificate).await
}

async fn handshake(socket: TcpStream, certificate: &[u8]) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(certificate) {
        roots.add(certificate.map_err(io::Error::other)?).map_err(io::Error::other)?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
    TlsConnector::from(Arc::new(config)).connect(name, socket).await
}

impl Reading {
    pub(super) async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(half) => half.read(buffer).await,
            Self::Tls(half) => half.read(buffer).await,
        }
    }

    pub(super) async fn read_exact(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(half) => half.read_exact(buffer).await,
            Self::Tls(half) => half.read_exact(buffer).await,
        }
    }
}

impl Writing {
    pub(super) async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(half) => half.write_all(bytes).await,
            Self::Tls(half) => {
                half.write_all(bytes).await?;
                half.flush().await
            }
        }
    }

    /// FIN; of TLS its own goodbye before.
    pub(super) async fn shutdown(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(half) => half.shutdown().await,
            Self::Tls(half) => half.shutdown().await,
        }
    }
}
