//! `/api/*` and `/.well-known/*`: passed to the service that owns them, streamed both ways.

use crate::{
    address,
    config::Config,
    connections::watched,
    headers::{self, CLASSES},
};
use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    http::{Method, StatusCode, header},
    web,
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use std::{sync::Arc, time::Duration};
use streamly_http::{Problem, RequestId};
use streamly_lifecycle::Shutdown;
use streamly_status::Code;
use streamly_telemetry::trace::{Span, TRACEPARENT};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout, timeout_at},
};

/// Headers that belong to one connection (RFC 9110 §7.6.1) or are set anew.
const HOP: [&str; 17] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "x-request-id",
    "expect",
    "proxy-connection",
    // What strangers write decides nothing about traces.
    "traceparent",
    "tracestate",
    "baggage",
];

/// Request bodies in memory at once, KiB; more are answered 503. Without it slow uploads could fill the memory.
const BODIES_KIB: usize = 256 << 10;

/// A service's machine has to acknowledge by then what is sent to it: below `answer_timeout`, so that one that is gone is told from one that is slow.
const UNANSWERED: Duration = Duration::from_secs(10);

/// The client to the services.
pub(crate) struct Services {
    client: reqwest::Client,
    shutdown: Shutdown,
    /// KiB of request bodies held in memory.
    bodies: Arc<Semaphore>,
}

impl Services {
    pub(crate) fn new(shutdown: Shutdown) -> Result<Self, reqwest::Error> {
        let client = watched(reqwest::Client::builder(), UNANSWERED)
            .connect_timeout(Duration::from_secs(2))
            .tcp_nodelay(true)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self { client, shutdown, bodies: Arc::new(Semaphore::new(BODIES_KIB)) })
    }

    /// The JSON at a service's path.
    pub(crate) async fn json(&self, url: &str) -> Option<serde_json::Value> {
        let answer = timeout(Duration::from_secs(3), async {
            self.client.get(url).send().await?.error_for_status()?.json().await
        });
        answer.await.ok()?.ok()
    }
}

fn base_of<'a>(path: &str, config: &'a Config) -> Option<&'a str> {
    let under =
        |prefix: &str| path == prefix || path.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'));
    match () {
        () if under("/api/admin/categories")
            || under("/api/admin/nodes")
            || under("/api/admin/broadcasts")
            || under("/api/admin/limits/stream")
            || under("/api/admin/limits/ingest")
            || under("/api/categories")
            || under("/api/pictures") =>
        {
            Some(&config.stream_url)
        }
        () if under("/api/admin/limits/chat") => Some(&config.chat_url),
        () if under("/api/auth")
            || under("/api/users")
            || under("/api/admin")
            || under("/api/browser-errors") =>
        {
            Some(&config.user_url)
        }
        () if path == "/.well-known/jwks.json" => Some(&config.user_url),
        () if under("/api/streams") || path == "/api/events" => Some(&config.stream_url),
        () if under("/api/chat") => Some(&config.chat_url),
        () => None,
    }
}

/// Host and port of a service's base URL, as it is configured: no login, no path.
fn host_of(base: &str) -> &str {
    let rest = base.split_once("://").map_or(base, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

/// The handler of everything that belongs to a service; 404 for what belongs to none.
pub(crate) async fn forward(
    request: HttpRequest,
    payload: web::Payload,
    services: web::Data<Services>,
    config: web::Data<Config>,
) -> HttpResponse {
    match pass(&request, payload, &services, &config).await {
        Ok(response) => response,
        Err(problem) => problem.error_response(),
    }
}

/// Whether a path has a segment that a URL parser takes for "here" or "one up" (WHATWG URL §4.4): behind it the service would see another
/// path than the one that was looked at.
fn climbs(path: &str) -> bool {
    path.split(['/', '\\']).any(|segment| {
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        plain == "." || plain == ".."
    })
}

async fn pass(
    request: &HttpRequest,
    payload: web::Payload,
    services: &Services,
    config: &Config,
) -> Result<HttpResponse, Problem> {
    if climbs(request.uri().path()) {
        return Err(Code::NotFound.into());
    }
    let base = base_of(request.path(), config).ok_or(Code::NotFound)?;
    let (body, _permit) = collect(request, payload, services, config).await?;
    let target = request.uri().path_and_query().map_or("/", |p| p.as_str());
    let method = reqwest::Method::from_bytes(request.method().as_str().as_bytes())
        .map_err(|_| Code::MethodNotAllowed)?;
    let upstream = services.client.request(method, format!("{}{target}", base.trim_end_matches('/')));
    let mut upstream = introduced(upstream, request, config);
    if !body.is_empty() || matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH) {
        upstream = upstream.body(body);
    }
    hand_on(answered(upstream, request.method(), base, config).await?, services)
}

/// What a service answers to the same caller at another path of its own.
pub(crate) async fn ask(
    request: &HttpRequest,
    services: &Services,
    config: &Config,
    base: &str,
    path: &str,
) -> Result<reqwest::Response, Problem> {
    let upstream = services.client.get(format!("{}{path}", base.trim_end_matches('/')));
    answered(introduced(upstream, request, config), &Method::GET, base, config).await
}

/// With what the caller said, and who that is.
fn introduced(
    mut upstream: reqwest::RequestBuilder,
    request: &HttpRequest,
    config: &Config,
) -> reqwest::RequestBuilder {
    let named = request
        .headers()
        .get(header::CONNECTION)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let named: Vec<&str> = named.split(',').map(str::trim).collect();
    for (name, value) in request.headers() {
        if !HOP.contains(&name.as_str())
            && !named.contains(&name.as_str())
            && name != header::CONTENT_LENGTH
            && name != header::ACCEPT_ENCODING
        {
            upstream = upstream.header(name.as_str(), value.as_bytes());
        }
    }
    let scheme = if config.public_url.starts_with("https://") { "https" } else { "http" };
    upstream = upstream
        .header("x-forwarded-for", address::of(request, config).to_string())
        .header("x-forwarded-proto", scheme);
    if let Some(host) = crate::client::host(request) {
        upstream = upstream.header("x-forwarded-host", host);
    }
    if let Some(id) = actix_web::HttpMessage::extensions(request).get::<RequestId>() {
        upstream = upstream.header("x-request-id", id.0.as_str());
    }
    upstream
}

/// Which service is at a base URL; of several at one the first.
fn name_of(base: &str, config: &Config) -> &'static str {
    match base {
        base if base == config.user_url => "user",
        base if base == config.stream_url => "stream",
        _ => "chat",
    }
}

/// Counts a call, what came of it and how long that took, to the head of the answer.
fn count(to: &'static str, status: &'static str, took: Duration) {
    metrics::counter!("streamly_web_calls_total", "to" => to, "status" => status).increment(1);
    metrics::histogram!("streamly_web_call_seconds", "to" => to).record(took.as_secs_f64());
}

/// What the service at `base` answers to a request of this method. Errors: no answer, or none in time.
async fn answered(
    mut upstream: reqwest::RequestBuilder,
    method: &Method,
    base: &str,
    config: &Config,
) -> Result<reqwest::Response, Problem> {
    let call = Span::current().client(|| streamly_http::method_name(method).into());
    call.text("http.request.method", streamly_http::method_name(method));
    call.text("server.address", host_of(base));
    if let Some(cause) = call.traceparent() {
        upstream = upstream.header(TRACEPARENT, cause);
    }
    let (to, since) = (name_of(base, config), Instant::now());
    match timeout(config.answer_timeout.get(), upstream.send()).await {
        Ok(Ok(answer)) => {
            let status = answer.status();
            count(to, CLASSES[headers::class(status.as_u16())], since.elapsed());
            call.number("http.response.status_code", i64::from(status.as_u16()));
            if status.is_client_error() || status.is_server_error() {
                call.failed(status.as_str());
            }
            Ok(answer)
        }
        Ok(Err(e)) => {
            count(to, "unreachable", since.elapsed());
            call.failed("unreachable");
            tracing::warn!(error = %e.without_url(), "a service did not answer");
            Err(Problem::new(Code::BadGateway).retry_after(Duration::from_secs(1)))
        }
        Err(_) => {
            count(to, "timeout", since.elapsed());
            call.failed("timeout");
            Err(Problem::new(Code::BadGateway).detail("A service behind this one did not answer in time."))
        }
    }
}

/// What a service answered, for who asked. Errors: a status that is none.
pub(crate) fn hand_on(answer: reqwest::Response, services: &Services) -> Result<HttpResponse, Problem> {
    let status = StatusCode::from_u16(answer.status().as_u16()).map_err(|_| Code::BadGateway)?;
    let mut response = HttpResponse::build(status);
    for (name, value) in answer.headers() {
        if !HOP.contains(&name.as_str()) && name.as_str() != "content-length" {
            response.append_header((name.as_str(), value.as_bytes()));
        }
    }
    let length =
        answer.headers().get("content-length").and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
    if let Some(length) = length {
        return Ok(response.no_chunking(length).streaming(bounded(answer.bytes_stream())));
    }
    if matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        return Ok(response.finish());
    }
    // Without a length it may be an event stream, which would hold up the stop.
    let shutdown = services.shutdown.clone();
    let stop = Box::pin(async move { shutdown.started().await });
    Ok(response.streaming(bounded(answer.bytes_stream()).take_until(stop)))
}

/// The upstream's errors in the middle of a body end the client's connection.
fn bounded(
    body: impl Stream<Item = reqwest::Result<Bytes>> + 'static,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> + 'static {
    body.map(|chunk| chunk.map_err(|_| std::io::Error::other("a service broke off")))
}

/// The request's body, within its size and its deadline.
async fn collect(
    request: &HttpRequest,
    mut payload: web::Payload,
    services: &Services,
    config: &Config,
) -> Result<(Bytes, Option<OwnedSemaphorePermit>), Problem> {
    let max = usize::try_from(config.max_upload.bytes()).unwrap_or(usize::MAX);
    let too_large =
        || Problem::new(Code::PayloadTooLarge).detail(format!("A request has at most {max} bytes."));
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.parse::<usize>().ok());
    if announced.is_some_and(|n| n > max) {
        return Err(too_large());
    }
    let deadline = Instant::now() + config.upload_timeout.get();
    let mut body = web::BytesMut::new();
    let mut permit: Option<OwnedSemaphorePermit> = None;
    loop {
        match timeout_at(deadline, payload.next()).await {
            Ok(None) => return Ok((body.freeze(), permit)),
            Ok(Some(Ok(chunk))) if body.len() + chunk.len() <= max => {
                body.extend_from_slice(&chunk);
                let held = permit.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
                let more = u32::try_from(body.len().div_ceil(1024).saturating_sub(held)).unwrap_or(u32::MAX);
                let more = services
                    .bodies
                    .clone()
                    .try_acquire_many_owned(more)
                    .map_err(|_| Problem::new(Code::Unavailable).retry_after(Duration::from_secs(1)))?;
                match &mut permit {
                    Some(permit) => permit.merge(more),
                    None => permit = Some(more),
                }
            }
            Ok(Some(Ok(_))) => return Err(too_large()),
            Ok(Some(Err(_))) => return Err(Problem::new(Code::MalformedRequest)),
            Err(_) => {
                return Err(
                    Problem::new(Code::MalformedRequest).detail("The request did not arrive in time.")
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{climbs, host_of};

    #[test]
    fn a_span_says_where_a_service_is_and_not_how_to_get_in() {
        for (base, host) in [
            ("http://127.0.0.1:8080", "127.0.0.1:8080"),
            ("http://user.streamly.svc:8080/", "user.streamly.svc:8080"),
            ("http://name:word@[::1]:8080/below?key=1", "[::1]:8080"),
        ] {
            assert_eq!(host_of(base), host);
        }
    }

    #[test]
    fn a_path_that_a_parser_would_shorten_is_seen() {
        for path in [
            "/api/streams/../../health",
            "/api/streams/%2E%2e/x",
            "/api/.%2e",
            "/api/./x",
            "/api\\..\\x",
            "/api/..",
        ] {
            assert!(climbs(path), "{path}");
        }
        for path in [
            "/api/streams",
            "/api/users/a..b",
            "/api/x/...",
            "/api/streams/%2e%2ehidden",
            "/live/b/1/1-1.0.m4s",
        ] {
            assert!(!climbs(path), "{path}");
        }
    }
}
