//! Calls to one peer service: lazily connected, with a deadline, a token, retries where the call is idempotent, and a breaker.

use crate::{Breaker, Identity, Verdict, line::Line, traced};
use backon::{BackoffBuilder, ExponentialBuilder};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use streamly_telemetry::{request as request_id, trace::Span};
use tonic::{
    Code, Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};

/// Where a peer is and how long to wait for it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PeerConfig {
    /// `http://host:port`.
    pub url: String,
    /// Deadline of one attempt.
    #[serde(default = "PeerConfig::default_deadline")]
    pub deadline: streamly_config::Duration,
    /// Attempts of an idempotent call, the first included.
    #[serde(default = "PeerConfig::default_attempts")]
    pub attempts: usize,
}

impl PeerConfig {
    /// Default settings for that address.
    pub fn at(url: impl Into<String>) -> Self {
        Self { url: url.into(), deadline: Self::default_deadline(), attempts: Self::default_attempts() }
    }
    fn default_deadline() -> streamly_config::Duration {
        streamly_config::Duration::from_secs(2)
    }
    fn default_attempts() -> usize {
        3
    }
}

/// What generated clients take: `UserServiceClient::new(transport)`.
pub type Transport = InterceptedService<Channel, Token>;

/// When it was signed (Unix seconds), and the header's value.
type Signed = (u64, MetadataValue<Ascii>);

/// Adds the service token; signs a new one when half of the old one's life is over.
#[derive(Clone)]
pub struct Token {
    identity: Identity,
    audience: Arc<str>,
    deadline: Option<Duration>,
    cached: Arc<Mutex<Option<Signed>>>,
    /// Where the span of the one call is put that is made with it; none: calls have none of their own.
    call: Option<Arc<Mutex<Span>>>,
}

impl Token {
    fn value(&self) -> Result<MetadataValue<Ascii>, Status> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        let mut cached = self.cached.lock();
        if let Some((at, value)) = cached.as_ref()
            && now.saturating_sub(*at) < streamly_auth::service::LIFETIME_S / 2
        {
            return Ok(value.clone());
        }
        let token =
            streamly_auth::service::sign(&self.identity.key, &self.identity.name, &self.audience, now)
                .map_err(|_| Status::internal("no service token could be signed"))?;
        let value: MetadataValue<Ascii> = format!("Bearer {token}")
            .parse()
            .map_err(|_| Status::internal("no service token could be signed"))?;
        *cached = Some((now, value.clone()));
        Ok(value)
    }
}

impl Interceptor for Token {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.value()?);
        if let Some(deadline) = self.deadline {
            request.set_timeout(deadline);
        }
        // What the other one logs of this call is found by the id that a person was shown.
        if let Some(id) = request_id::current()
            && let Ok(id) = MetadataValue::try_from(id)
        {
            request.metadata_mut().insert(request_id::HEADER, id);
        }
        let cause = Span::current();
        match &self.call {
            Some(place) => {
                let span = traced::asked(&cause, &request);
                traced::tell(&span, &mut request);
                *place.lock() = span;
            }
            None => traced::tell(&cause, &mut request),
        }
        Ok(request)
    }
}

/// One peer. Clones share connection, token and breaker.
#[derive(Clone)]
pub struct Peer {
    line: Line,
    token: Token,
    breaker: Arc<Mutex<Breaker>>,
    config: PeerConfig,
}

impl Peer {
    /// Connects lazily. `name` is the peer's service name, the token's audience. Errors: the address is not a URL.
    pub fn new(config: PeerConfig, name: &str, identity: Identity) -> Result<Self, tonic::transport::Error> {
        let endpoint: Endpoint = Endpoint::from_shared(config.url.clone())?
            .connect_timeout(Duration::from_secs(2))
            .tcp_nodelay(true)
            .http2_keep_alive_interval(Duration::from_secs(10))
            .keep_alive_timeout(Duration::from_secs(5))
            .keep_alive_while_idle(true);
        let token = Token {
            identity,
            audience: name.into(),
            deadline: Some(config.deadline.get()),
            cached: Arc::default(),
            call: None,
        };
        Ok(Self { line: Line::new(endpoint), token, breaker: Arc::default(), config })
    }

    /// With connections that are used for so long, instead of some five minutes.
    #[must_use]
    pub fn with_life(mut self, life: Duration) -> Self {
        self.line = self.line.living(life);
        self
    }

    /// Nobody answers on the connection that a stream was to go over: what is asked next goes over another one.
    pub fn leave(&self) {
        let now = Instant::now();
        self.line.missed(&self.line.get(now), now);
    }

    /// For long-lived streams only: token, but no deadline.
    pub fn streaming(&self) -> Transport {
        let used = self.line.get(Instant::now());
        InterceptedService::new(used.channel, Token { deadline: None, ..self.token.clone() })
    }

    /// An idempotent call: `peer.call(|t| async move { UserServiceClient::new(t).get_users(request.clone()).await })`.
    /// Retried with jittered back-off while the peer is unavailable or the deadline passes, as often as configured.
    pub async fn call<T, F, Fut>(&self, mut make: F) -> Result<T, Status>
    where
        F: FnMut(Transport) -> Fut,
        Fut: Future<Output = Result<tonic::Response<T>, Status>>,
    {
        let mut pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(50))
            .with_max_delay(Duration::from_secs(1))
            .with_jitter()
            .with_max_times(self.config.attempts.saturating_sub(1))
            .build();
        loop {
            match self.once(&mut make).await {
                Err(status) if is_outage(&status) => match pauses.next() {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => return Err(status),
                },
                answer => return answer,
            }
        }
    }

    /// A call that must not be repeated blindly: one attempt.
    pub async fn once<T, F, Fut>(&self, make: &mut F) -> Result<T, Status>
    where
        F: FnMut(Transport) -> Fut,
        Fut: Future<Output = Result<tonic::Response<T>, Status>>,
    {
        if self.breaker.lock().ask(Instant::now()) == Verdict::Refuse {
            return Err(Status::unavailable("the peer did not answer lately"));
        }
        let call = Span::current().is_recorded().then(Arc::<Mutex<Span>>::default);
        let token = Token { call: call.clone(), ..self.token.clone() };
        let used = self.line.get(Instant::now());
        let transport = InterceptedService::new(used.channel.clone(), token);
        let answer = tokio::time::timeout(self.config.deadline.get(), make(transport))
            .await
            .unwrap_or_else(|_| Err(Status::deadline_exceeded("the peer did not answer in time")));
        if let Some(span) = call {
            traced::told(&span.lock(), &answer);
        }
        match &answer {
            Err(status) if is_outage(status) => {
                self.breaker.lock().failed(Instant::now());
                self.line.missed(&used, Instant::now());
            }
            _ => self.breaker.lock().succeeded(),
        }
        answer.map(tonic::Response::into_inner)
    }
}

fn is_outage(status: &Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Unknown)
}
