//! Makes a span of each call of a service's API, named by its method and route, below its cause where whoever says the cause may say it.
//!
//! An application that is to be traced has [`Traced`] among its data (`app_data`), and [`request_id`](crate::request_id()) as its middleware. No
//! span have probes of `/health`, media (`/live/…`), what matches no route, and all that a hot path answers ([`crate::serve_hot`]). Like the
//! time of [`Calls`](crate::Calls) a span goes to the answer's head.

use crate::{calls::METHODS, forwarded::is_trusted};
use actix_web::{
    dev::ServiceRequest,
    http::{Method, StatusCode},
};
use streamly_config::Network;
use streamly_telemetry::trace::{Parent, Span, TRACEPARENT, Traces};

/// Routes of which nothing is traced: what is asked again and again, and what is asked a thousand times a second.
const UNTRACED: [&str; 2] = ["/health", "/live"];
/// How the semantic conventions call a method that nobody knows.
const OTHER: &str = "_OTHER";

/// Whose `traceparent` counts; that of others is as if it were not there, and their calls begin traces.
#[derive(Debug, Clone)]
pub enum Follows {
    /// Nobody's: what strangers reach decides itself what is recorded.
    Nobody,
    /// That of this machine and of these proxies, whose `X-Forwarded-For` is believed too.
    Proxies(Vec<Network>),
}

/// How the calls of one service's application are traced.
#[derive(Debug, Clone)]
pub struct Traced {
    traces: Traces,
    follows: Follows,
}

impl Traced {
    /// By these traces.
    pub fn new(traces: Traces, follows: Follows) -> Self {
        Self { traces, follows }
    }

    /// The span of a request with that id.
    pub(crate) fn begin(&self, request: &ServiceRequest, id: &str) -> Span {
        if !self.traces.is_on() {
            return Span::none();
        }
        let Some(route) = request.match_pattern().filter(|route| is_traced(route)) else {
            return Span::none();
        };
        let method = method_name(request.method());
        let span = self.traces.server(|| format!("{method} {route}").into(), self.cause(request));
        span.text("http.request.method", method);
        span.text("http.route", &route);
        span.text("streamly.request_id", id);
        span
    }

    fn cause(&self, request: &ServiceRequest) -> Option<Parent> {
        let Follows::Proxies(proxies) = &self.follows else { return None };
        let header = request.headers().get(TRACEPARENT)?.to_str().ok()?;
        let peer = request.peer_addr()?.ip();
        is_trusted(peer, proxies).then(|| Parent::parse(header))?
    }
}

/// A method as spans name it: one that nobody knows is `_OTHER`, whatever it is.
pub fn method_name(method: &Method) -> &'static str {
    METHODS.into_iter().find(|known| *known == method.as_str()).unwrap_or(OTHER)
}

fn is_traced(route: &str) -> bool {
    let is_under = |rest: &str| rest.is_empty() || rest.starts_with('/');
    !UNTRACED.iter().any(|of| route.strip_prefix(of).is_some_and(is_under))
}

/// The head of the answer is there.
pub(crate) fn answered(span: &Span, status: StatusCode) {
    span.number("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.failed(status.as_str());
    }
    span.end();
}

#[cfg(test)]
mod tests {
    use super::is_traced;

    #[test]
    fn probes_and_media_are_not_traced_and_what_is_called_alike_is() {
        for route in ["/health", "/live", "/live/b/{broadcast}/{rendition}/{name}", "/live/{tail:.*}"] {
            assert!(!is_traced(route), "{route}");
        }
        for route in ["/api/{rest:.*}", "/api/live", "/lively", "/healthy", "/ws", "/"] {
            assert!(is_traced(route), "{route}");
        }
    }
}
