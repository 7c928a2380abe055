//! From plain HTTP to https: the same path under the public address, where there is a listener by TLS and `https.redirect` is on.
//!
//! Not sent away: `/health`, which balancers and probes ask without TLS, and what a trusted proxy says came to it by https
//! (`X-Forwarded-Proto`). 308 keeps method and body. Where people are sent is the operator's `public_url`, whatever host a request names. What
//! is answered in the clear says nothing of HSTS (RFC 6797, 7.2), which is for the answers by https.

use crate::{address, config::Config, headers};
use actix_web::{
    Error, HttpResponse,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderMap},
    middleware::Next,
    web,
};

/// What stays plain.
const HEALTH: &str = "/health";

/// By which listener a request came; among the app's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    Plain,
    Secure,
}

/// The middleware.
pub(crate) async fn to_https<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let Some(target) = target(&request) else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    let answer = HttpResponse::PermanentRedirect()
        .insert_header((header::LOCATION, target))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish();
    // It goes past the middleware that counts all others.
    headers::answers(headers::class(answer.status().as_u16())).increment(1);
    Ok(request.into_response(answer).map_into_right_body())
}

/// Whether the answer goes out in the clear though there is a listener by TLS. Without one nobody here knows: a proxy may end TLS.
pub(crate) fn in_the_clear(request: &ServiceRequest, config: &Config) -> bool {
    let is_plain = request.app_data::<Door>() == Some(&Door::Plain);
    let proxied = || request.peer_addr().is_some_and(|peer| address::is_proxy(peer.ip(), config));
    is_plain && config.https.listen.is_some() && !(was_https(request.headers()) && proxied())
}

/// Where the request belongs, if not here.
fn target(request: &ServiceRequest) -> Option<String> {
    let config = request.app_data::<web::Data<Config>>()?;
    if !config.https.redirects() || request.path() == HEALTH || !in_the_clear(request, config) {
        return None;
    }
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    // `*`, of OPTIONS, is no path.
    let path = if path.starts_with('/') { path } else { "/" };
    Some(format!("{}{path}", config.base()))
}

/// Whether the first of our proxies was asked by https, as they say.
fn was_https(headers: &HeaderMap) -> bool {
    let said = headers.get("x-forwarded-proto").and_then(|v| v.to_str().ok()).unwrap_or_default();
    said.split(',').next().is_some_and(|first| first.trim().eq_ignore_ascii_case("https"))
}
