//! The span of the request that opens a socket; each of the socket's frames has a link to it ([`crate::session`]).
//!
//! Requests that open none (refused ones, probes) have no span: the listener answers them without a look at anything.

use super::{Door, head::Head};
use std::net::IpAddr;
use streamly_http::forwarded;
use streamly_telemetry::trace::{Parent, Span, TRACEPARENT};

/// Begins it, below its cause where `trusted_proxies` says one; none where it is not recorded: it is kept as long as the socket.
pub(super) fn opening(head: &Head<'_>, peer: IpAddr, door: &Door) -> Span {
    let Some(context) = door.context.get().filter(|context| context.traces.is_on()) else {
        return Span::none();
    };
    let is_believed = forwarded::is_trusted(peer, &door.config.trusted_proxies);
    let header = head.header(TRACEPARENT).filter(|_| is_believed);
    let span = context.traces.server(|| "GET /ws".into(), header.and_then(Parent::parse));
    if !span.is_recorded() {
        return Span::none();
    }
    span.text("http.request.method", "GET");
    span.text("http.route", "/ws");
    span.number("http.response.status_code", 101);
    span
}
