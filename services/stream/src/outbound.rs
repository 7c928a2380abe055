//! The one client for addresses that users chose: webhooks, Web Push. Nothing of the operator's own network can be reached by it.
//!
//! What is forbidden is decided by the address that is connected to, after the name was resolved here, once: a name that answers
//! differently the second time gains nothing (DNS rebinding), nor does any spelling of an address, nor a redirect, which is an answer
//! like others. No proxy, no cookies, no connection kept for somebody else. Bounded in time, bytes and number; who waits too long for a
//! place gets [`Error::Busy`]. An address may be a secret: nothing here logs it, and no error has it in its text.

mod answer;
mod error;
mod places;
mod resolver;
mod rules;
#[cfg(test)]
mod tests;

pub use answer::Answer;
pub use error::{Error, Wrong};
pub use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
pub use resolver::{Lookup, system};
pub use rules::is_global;
pub use url::Url;

use crate::config::Outbound;
use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client as Hyper, connect::HttpConnector},
    rt::TokioExecutor,
};
use places::Places;
use resolver::Guarded;
use rules::Rules;
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use std::{path::Path, sync::Arc, time::Duration};
use uuid::Uuid;

/// Largest body that is sent.
pub const MAX_REQUEST: usize = 256 * 1024;
/// How much of an answer's body is kept; the rest is not read.
pub const KEPT: usize = 1024;
/// Longest head of an answer; without it a receiver fills memory. hyper takes no less than 8 KiB.
const MAX_HEAD: usize = 16 * 1024;
/// Header fields of an answer.
const MAX_FIELDS: usize = 100;
/// Who asks, where the caller says nothing.
const AGENT: HeaderValue = HeaderValue::from_static(concat!("Streamly/", env!("CARGO_PKG_VERSION")));

/// The client. One for all, so that its bounds hold.
pub struct Client {
    http: Hyper<HttpsConnector<HttpConnector<Guarded>>, Full<Bytes>>,
    rules: Arc<Rules>,
    places: Places,
    timeout: Duration,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "outbound::Client({:?})", self.rules)
    }
}

impl Client {
    /// Errors, for the operator: the file of certificates cannot be read or has none.
    pub fn new(config: &Outbound) -> Result<Self, String> {
        Self::resolving(config, system())
    }

    /// The same with names resolved by `lookup`; its answers are judged like any.
    pub fn resolving(config: &Outbound, lookup: Lookup) -> Result<Self, String> {
        let rules = Arc::new(Rules::new(config));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider has the default versions")
            .with_root_certificates(roots(config.ca_file.as_deref())?)
            .with_no_client_auth();
        let mut tcp = HttpConnector::new_with_resolver(Guarded::new(lookup, rules.clone()));
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(config.connect_timeout.get()));
        tcp.set_nodelay(true);
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let http = Hyper::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .retry_canceled_requests(false)
            .http1_max_buf_size(MAX_HEAD)
            .http1_max_headers(MAX_FIELDS)
            .build(https);
        let places = Places::new(config.at_once, config.per_owner, config.per_host);
        Ok(Self { http, rules, places, timeout: config.timeout.get() })
    }

    /// Whether an address may be asked, as far as can be told without resolving its name: for the time at which it is entered.
    pub fn check(&self, url: &Url) -> Result<(), Error> {
        self.rules.check(url)
    }

    /// Posts `body`; the answer with the first [`KEPT`] bytes of its body, whatever its status. It waits at most `timeout` for a place, of
    /// which `owner` has a share, and at most `timeout` for the answer. Errors: everything else.
    pub async fn post(
        &self,
        owner: Uuid,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answer, Error> {
        self.post_within(self.timeout, owner, url, headers, body).await
    }

    /// The same with a shorter wait for the answer.
    pub async fn post_within(
        &self,
        patience: Duration,
        owner: Uuid,
        url: &Url,
        mut headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answer, Error> {
        self.check(url)?;
        if body.len() > MAX_REQUEST {
            return Err(Error::TooLarge);
        }
        headers.entry(header::USER_AGENT).or_insert(AGENT);
        let mut request = http::Request::new(Full::new(body));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = url.as_str().parse().map_err(|_| Error::Invalid(Wrong::Unreadable))?;
        *request.headers_mut() = headers;
        let host = url.host_str().unwrap_or_default();
        let _place = tokio::time::timeout(self.timeout, self.places.take(owner, host))
            .await
            .map_err(|_| Error::Busy)?;
        let until = tokio::time::Instant::now() + patience.min(self.timeout);
        let answered = tokio::time::timeout_at(until, self.http.request(request)).await;
        let answered = answered.map_err(|_| Error::Late)?.map_err(Error::from)?;
        Ok(answer::read(answered, until).await)
    }
}

/// The certificates that are trusted: a file's, else those of Mozilla.
fn roots(ca_file: Option<&Path>) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    let Some(file) = ca_file else {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        return Ok(roots);
    };
    let wrong = |what: String| format!("outbound.ca_file: {}: {what}", file.display());
    for certificate in CertificateDer::pem_file_iter(file).map_err(|e| wrong(e.to_string()))? {
        let certificate = certificate.map_err(|e| wrong(e.to_string()))?;
        roots.add(certificate).map_err(|e| wrong(e.to_string()))?;
    }
    if roots.is_empty() { Err(wrong("it has no certificate".into())) } else { Ok(roots) }
}
