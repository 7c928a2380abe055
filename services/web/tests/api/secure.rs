//! Clients of the listener by TLS, and the certificate that they trust.

use crate::TestApp;
use bytes::Bytes;
use h2::{
    RecvStream, SendStream,
    client::{ResponseFuture, SendRequest},
};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use std::{fs, io, net::SocketAddr, path::PathBuf, sync::Arc};
use streamly_web::{Config, HttpsConfig};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// A certificate for localhost with its key, in two files.
pub struct Certified {
    folder: tempfile::TempDir,
}

impl Certified {
    pub fn new() -> Self {
        let this = Self { folder: tempfile::tempdir().unwrap() };
        this.renew();
        this
    }

    pub fn cert(&self) -> PathBuf {
        self.folder.path().join("chain.pem")
    }

    pub fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    /// Another one; as PEM.
    pub fn renew(&self) -> Vec<u8> {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(self.key(), made.signing_key.serialize_pem()).unwrap();
        fs::write(self.cert(), made.cert.pem()).unwrap();
        made.cert.pem().into_bytes()
    }

    /// As [`Certified::renew`], good until that year begins; its end, Unix seconds.
    pub fn renew_until(&self, year: i32) -> i64 {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(year, 1, 1);
        fs::write(self.key(), key.serialize_pem()).unwrap();
        fs::write(self.cert(), params.self_signed(&key).unwrap().pem()).unwrap();
        params.not_after.unix_timestamp()
    }

    /// Serves it.
    pub fn to(&self, config: &mut Config) {
        config.public_url = "https://localhost".into();
        config.https = HttpsConfig {
            listen: Some(([127, 0, 0, 1], 0).into()),
            cert_file: Some(self.cert()),
            key_file: Some(self.key()),
            ..HttpsConfig::default()
        };
    }

    /// The files, as a client trusts them.
    pub fn pem(&self) -> Vec<u8> {
        fs::read(self.cert()).unwrap()
    }
}

/// A connection to a server that shows this certificate (PEM) and no other, with these protocols (ALPN).
pub async fn connect(at: SocketAddr, pem: &[u8], protocols: &[&str]) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(pem).map_err(io::Error::other)?).map_err(io::Error::other)?;
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let socket = TcpStream::connect(at).await?;
    socket.set_nodelay(true)?;
    let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
    TlsConnector::from(Arc::new(config)).connect(name, socket).await
}

/// All that is said to one request by HTTP/1.1 for that path.
pub async fn http1(app: &TestApp, pem: &[u8], protocols: &[&str], path: &str) -> io::Result<String> {
    let mut stream = connect(app.https.unwrap(), pem, protocols).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut said = Vec::new();
    match stream.read_to_end(&mut said).await {
        Err(error) if said.is_empty() => Err(error),
        _ => Ok(String::from_utf8_lossy(&said).into_owned()),
    }
}

/// A connection by HTTP/2.
pub struct Http2 {
    pub client: SendRequest<Bytes>,
}

impl Http2 {
    pub async fn connect(app: &TestApp, pem: &[u8]) -> Self {
        let stream = connect(app.https.unwrap(), pem, &["h2", "http/1.1"]).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let (client, connection) = h2::client::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        Self { client }
    }

    /// A request for that path, on its way.
    pub async fn send(&self, path: &str) -> (ResponseFuture, SendStream<Bytes>) {
        let request = http::Request::get(format!("https://localhost{path}")).body(()).unwrap();
        let mut client = self.client.clone().ready().await.unwrap();
        client.send_request(request, true).unwrap()
    }

    /// The answer to a request without a body.
    pub async fn ask(&self, method: &str, path: &str) -> http::Response<RecvStream> {
        let uri = format!("https://localhost{path}");
        let request = http::Request::builder().method(method).uri(uri).body(()).unwrap();
        let mut client = self.client.clone().ready().await.unwrap();
        client.send_request(request, true).unwrap().0.await.unwrap()
    }

    pub async fn get(&self, path: &str) -> http::Response<RecvStream> {
        self.ask("GET", path).await
    }
}

/// The whole body.
pub async fn whole(answer: http::Response<RecvStream>) -> Result<Vec<u8>, h2::Error> {
    let (mut body, mut all) = (answer.into_body(), Vec::new());
    while let Some(chunk) = body.data().await {
        let chunk = chunk?;
        body.flow_control().release_capacity(chunk.len())?;
        all.extend_from_slice(&chunk);
    }
    Ok(all)
}
