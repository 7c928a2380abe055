//! How a bucket is spoken to: hyper's client with rustls, one for all requests of a store.
//!
//! `object_store` would bring `reqwest` with TLS, and every other client of the workspace with it. Each request has one time limit, for its
//! answer's head; what follows is read by the caller, under its own. Connections are kept and used again.

use crate::Error;
use async_trait::async_trait;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector as Tcp},
    rt::{TokioExecutor, TokioTimer},
};
use object_store::{
    ClientOptions,
    client::{
        HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse,
        HttpResponseBody, HttpService,
    },
};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use std::{path::Path, sync::Arc, time::Duration};

/// Longest wait for a TCP connection.
const CONNECT: Duration = Duration::from_secs(3);
/// Connections kept for later, at most.
const IDLE: usize = 8;

/// Makes the client of a bucket.
#[derive(Debug, Clone)]
pub(crate) struct Connector(Requests);

#[derive(Clone)]
struct Requests {
    client: Client<HttpsConnector<Tcp>, HttpRequestBody>,
    timeout: Duration,
}

impl std::fmt::Debug for Requests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Requests(of at most {:?})", self.timeout)
    }
}

impl Connector {
    /// Errors: the file of certificates cannot be read or has none.
    pub(crate) fn new(ca_file: Option<&Path>, timeout: Duration) -> Result<Self, Error> {
        let wrong = |detail: String| Error::Settings { key: "storage.ca_file", detail };
        let mut roots = rustls::RootCertStore::empty();
        match ca_file {
            None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Some(file) => {
                let read = |e: rustls::pki_types::pem::Error| {
                    wrong(format!("{} cannot be read: {e}", file.display()))
                };
                for certificate in CertificateDer::pem_file_iter(file).map_err(read)? {
                    roots.add(certificate.map_err(read)?).map_err(|e| wrong(e.to_string()))?;
                }
                if roots.is_empty() {
                    return Err(wrong(format!("{} has no certificate", file.display())));
                }
            }
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider has the default versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let mut tcp = Tcp::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(CONNECT));
        tcp.set_nodelay(true);
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_max_idle_per_host(IDLE)
            .build(https);
        Ok(Self(Requests { client, timeout }))
    }
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.0.clone()))
    }
}

#[async_trait]
impl HttpService for Requests {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let answer = tokio::time::timeout(self.timeout, self.client.request(request)).await;
        let answer = answer.map_err(|late| HttpError::new(HttpErrorKind::Timeout, late))?.map_err(|e| {
            let kind = if e.is_connect() { HttpErrorKind::Connect } else { HttpErrorKind::Request };
            HttpError::new(kind, e)
        })?;
        let (head, body) = answer.into_parts();
        Ok(HttpResponse::from_parts(head, HttpResponseBody::new(Decoded(body))))
    }
}

/// An answer's body with the errors that `object_store` tells apart.
struct Decoded(hyper::body::Incoming);

impl hyper::body::Body for Decoded {
    type Data = bytes::Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Self::Data>, HttpError>>> {
        std::pin::Pin::new(&mut self.0)
            .poll_frame(context)
            .map_err(|e| HttpError::new(HttpErrorKind::Interrupted, e))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.0.size_hint()
    }
}
