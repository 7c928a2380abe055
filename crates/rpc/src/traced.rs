//! Spans of calls, by OpenTelemetry's conventions for gRPC: one at who asks, and below it one at who is asked.
//!
//! `traceparent` goes in the metadata beside the service token. Who has shown one of an allowed peer is believed which trace a call belongs to:
//! there are no strangers behind the gate. A span of a server goes to the answer's head, as the time in `calls` does.

use http::{HeaderMap, HeaderValue};
use streamly_telemetry::trace::{Parent, Span, TRACEPARENT, Traces};
use tonic::{Code, GrpcMethod, Request, Status, metadata::MetadataValue};

/// Where a call's code stands.
const STATUS: &str = "grpc-status";
/// The name of a call to a method that nobody knows.
const OTHER: &str = "other";

/// The span of a call that came in from `caller`; `path`: of a method that this server has, as it is asked for; none: any other.
pub(crate) fn served(traces: &Traces, path: Option<&str>, headers: &HeaderMap, caller: &str) -> Span {
    if !traces.is_on() {
        return Span::none();
    }
    let name = path.map_or(OTHER, |path| path.trim_start_matches('/'));
    let cause = headers.get(TRACEPARENT).and_then(|header| Parent::parse(header.to_str().ok()?));
    let span = traces.server(|| name.to_owned().into(), cause);
    span.text("rpc.system", "grpc");
    if let Some((service, method)) = name.split_once('/') {
        span.text("rpc.service", service);
        span.text("rpc.method", method);
    }
    span.text("streamly.caller", caller);
    span
}

/// The head of its answer is there; an error's has the code.
pub(crate) fn answered(span: &Span, head: &HeaderMap) {
    ended(span, head.get(STATUS).map_or(Code::Ok, |code: &HeaderValue| Code::from_bytes(code.as_bytes())));
}

/// The span of a call that is about to be sent.
pub(crate) fn asked(cause: &Span, request: &Request<()>) -> Span {
    let method = request.extensions().get::<GrpcMethod<'static>>();
    let named = |method: &GrpcMethod<'static>| format!("{}/{}", method.service(), method.method()).into();
    let span = cause.client(|| method.map_or(OTHER.into(), named));
    span.text("rpc.system", "grpc");
    if let Some(method) = method {
        span.text("rpc.service", method.service());
        span.text("rpc.method", method.method());
    }
    span
}

/// What came of it.
pub(crate) fn told<T>(span: &Span, answer: &Result<T, Status>) {
    ended(span, answer.as_ref().map_or_else(Status::code, |_| Code::Ok));
}

fn ended(span: &Span, code: Code) {
    if !span.is_recorded() {
        return;
    }
    span.number("rpc.grpc.status_code", i64::from(code as i32));
    if code != Code::Ok {
        span.failed(&format!("{code:?}"));
    }
    span.end();
}

/// Tells who is asked which span is the cause. What is said already stays where there is none.
pub(crate) fn tell(span: &Span, request: &mut Request<()>) {
    if let Some(header) = span.traceparent()
        && let Ok(header) = MetadataValue::try_from(header)
    {
        request.metadata_mut().insert(TRACEPARENT, header);
    }
}
