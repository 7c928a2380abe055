//! The gRPC server of a service: health and reflection for everybody, everything else for named callers on an allow-list.

use crate::{
    calls::{Calls, is_everybodys},
    greeting::Greeted,
    patience::Patience,
    traced,
};
use std::{
    future::Future,
    net::TcpListener,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use streamly_auth::service::Peers;
use streamly_lifecycle::{Readiness, Shutdown};
use streamly_telemetry::{request as request_id, trace::Traces};
use tokio_stream::{StreamExt, wrappers::TcpListenerStream};
use tonic::{Status, body::Body, server::NamedService, service::Routes};
use tower::{Layer, Service};
use tracing::Instrument;

/// Most bytes of a call's headers, as HTTP/2 counts them: a token has half a kilobyte.
const HEADERS: u32 = 16 << 10;
/// Pause after an accept error such as too many open files: others will end, and nobody is helped by a processor that tries at once.
const ERROR_PAUSE: Duration = Duration::from_millis(50);

/// Which caller may call what: `("ingest", "/streamly.stream.v1.PublishService/")`; a prefix ending in `/` is a whole service.
pub type Allow = &'static [(&'static str, &'static str)];

/// The calling service, in the request's extensions.
#[derive(Debug, Clone)]
pub struct Caller(pub Arc<str>);

/// A gRPC server being put together.
pub struct Server {
    routes: Routes,
    gate: Gate,
    readiness: Readiness,
    /// Full names of the services.
    served: Vec<&'static str>,
    patience: Patience,
}

impl Server {
    /// With health (following `readiness`) and reflection, and a gate of `peers` and `allow`.
    pub fn new(peers: Peers, allow: Allow, readiness: Readiness) -> Self {
        let reflection = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(streamly_proto::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .build_v1()
            .expect("the descriptors are our own and decode");
        let calls = Arc::new(Calls::of(readiness.service(), &[]));
        let gate = Gate { peers: Arc::new(peers), allow, calls, traces: Traces::default() };
        let (routes, patience) = (Routes::new(reflection), Patience::default());
        Self { routes, gate, readiness, served: Vec::new(), patience }
    }

    /// With another patience than the usual one.
    #[must_use]
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// Has its calls traced.
    #[must_use]
    pub fn traced(mut self, traces: Traces) -> Self {
        self.gate.traces = traces;
        self
    }

    /// Adds a generated service.
    #[expect(clippy::should_implement_trait, reason = "the sum of a server and a service is not a number")]
    pub fn add<S>(mut self, service: S) -> Self
    where
        S: Service<http::Request<Body>, Response = http::Response<Body>, Error = std::convert::Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.routes = self.routes.add_service(service);
        self.served.push(S::NAME);
        self
    }

    /// Serves until the stop; then lets running calls end (2 s).
    pub async fn serve(mut self, listener: TcpListener, shutdown: Shutdown) -> std::io::Result<()> {
        self.gate.calls = Arc::new(Calls::of(self.readiness.service(), &self.served));
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let (health, health_service) = tonic_health::server::health_reporter();
        let stop = shutdown.clone();
        let readiness = self.readiness;
        let report = async move {
            let mut changes = readiness.changes();
            loop {
                let status = if *changes.borrow_and_update() {
                    tonic_health::ServingStatus::Serving
                } else {
                    tonic_health::ServingStatus::NotServing
                };
                health.set_service_status("", status).await;
                // Fails only without `readiness`, which is in here.
                let _ = changes.changed().await;
            }
        };
        let patience = self.patience;
        let connections = TcpListenerStream::new(listener).then(move |accepted| async move {
            if accepted.is_err() {
                tokio::time::sleep(ERROR_PAUSE).await;
            }
            accepted.map(|stream| Greeted::within(patience.greeting, stream))
        });
        let server = tonic::transport::Server::builder()
            .http2_keepalive_interval(Some(patience.ping))
            .http2_keepalive_timeout(Some(patience.pong))
            .http2_max_header_list_size(HEADERS)
            .concurrency_limit_per_connection(256)
            .layer(self.gate)
            .add_routes(self.routes.add_service(health_service))
            .serve_with_incoming_shutdown(connections, async move { stop.started().await });
        let bounded = async {
            tokio::select! {
                done = server => done.map_err(std::io::Error::other),
                () = async { shutdown.started().await; tokio::time::sleep(Duration::from_secs(2)).await } => Ok(()),
            }
        };
        tokio::select! {
            done = bounded => done,
            () = report => Ok(()),
        }
    }
}

#[derive(Clone)]
struct Gate {
    peers: Arc<Peers>,
    allow: Allow,
    calls: Arc<Calls>,
    traces: Traces,
}

impl Gate {
    fn decide(
        &self,
        path: &str,
        authorization: Option<&http::HeaderValue>,
    ) -> Result<Option<Caller>, Status> {
        if is_everybodys(path) {
            return Ok(None);
        }
        let token = authorization.and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer "));
        let caller = token
            .and_then(|t| self.peers.verify(t).ok())
            .ok_or_else(|| Status::unauthenticated("a service token of a known peer is needed"))?;
        let allowed = self.allow.iter().any(|(who, what)| {
            *who == caller && (path == *what || what.ends_with('/') && path.starts_with(what))
        });
        if allowed {
            Ok(Some(Caller(caller.into())))
        } else {
            Err(Status::permission_denied("this peer may not call this method"))
        }
    }
}

impl<S> Layer<S> for Gate {
    type Service = Gated<S>;
    fn layer(&self, inner: S) -> Gated<S> {
        Gated { gate: self.clone(), inner }
    }
}

/// A service behind the gate.
#[derive(Clone)]
struct Gated<S> {
    gate: Gate,
    inner: S,
}

impl<S> Service<http::Request<Body>> for Gated<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }
    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        let call = self.gate.calls.begin(request.uri().path(), request.headers());
        let tell = |response| match call {
            Some(call) => call.answered(response),
            None => response,
        };
        match self.gate.decide(request.uri().path(), request.headers().get("authorization")) {
            Ok(Some(caller)) => {
                let path = self.gate.calls.known(request.uri().path());
                let span = traced::served(&self.gate.traces, path, request.headers(), &caller.0);
                let id = request.headers().get(request_id::HEADER).and_then(|id| id.to_str().ok());
                let id = id.filter(|id| request_id::is_plain(id)).map(str::to_owned);
                // So that log lines of a call lead to the request that it was made for, and if it is recorded to its trace,
                // whatever level is logged.
                let trace = span.trace_id();
                let logged = match (&id, &trace) {
                    (None, None) => tracing::Span::none(),
                    (id, trace) => tracing::error_span!(
                        "call",
                        id = id.as_deref(),
                        method = path.unwrap_or_default(),
                        trace_id = trace.as_deref()
                    ),
                };
                request.extensions_mut().insert(caller);
                let (answer, during) = (self.inner.call(request), span.clone());
                let served = async move {
                    let answer = answer.await.map(tell);
                    if let Ok(response) = &answer {
                        traced::answered(&during, response.headers());
                    }
                    answer
                };
                let served = span.scope(served.instrument(logged));
                match id {
                    Some(id) => Box::pin(request_id::scope(id, served)),
                    None => Box::pin(served),
                }
            }
            Ok(None) => {
                let answer = self.inner.call(request);
                Box::pin(async move { answer.await.map(tell) })
            }
            Err(status) => Box::pin(async move { Ok(tell(status.into_http())) }),
        }
    }
}
