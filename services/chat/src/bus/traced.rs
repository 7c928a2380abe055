//! The way of a room's events over pub/sub as a part of the trace of what caused them: a span at who publishes, and below it one at each node
//! that gives the event out, by OpenTelemetry's conventions for messaging.
//!
//! What goes along is a `traceparent` behind the server's name in the payload ([`Published::parse`](super::Published::parse)), only of a trace
//! that is recorded: otherwise no byte is sent and nothing is made. Nodes of the version before pass over it. Whoever can publish in Redis is
//! one of ours and is believed.

use crate::log_id::LogId;
use streamly_redis::Error;
use streamly_telemetry::trace::{Parent, Span, Traces};

/// What the conventions call the system, and the channels whatever room they are of.
const SYSTEM: (&str, &str) = ("messaging.system", "redis");
const CHANNEL: (&str, &str) = ("messaging.destination.template", "chat:ROOM");
const MESSAGE: &str = "messaging.message.id";

/// The span of an event that is about to be published; none where what causes it is not recorded.
pub(super) fn publishing() -> Span {
    described(Span::current().producer(|| "publish chat:ROOM".into()), "publish", "send")
}

/// What came of it: the event's id, if there is one.
pub(super) fn published(span: &Span, done: &Result<(String, bool), Error>) {
    if !span.is_recorded() {
        return;
    }
    match done {
        Ok((id, _)) if id.parse::<LogId>().is_ok() => span.text(MESSAGE, id),
        // Nothing to be published: it waits for a moderator, or what it is about is gone.
        Ok(_) => {}
        Err(e) => span.failed(if e.is_unavailable() { "unavailable" } else { "refused" }),
    }
    span.end();
}

/// The span of giving out an event that came with that cause; none where traces are off here.
pub fn giving_out(traces: &Traces, id: LogId, cause: Parent) -> Span {
    let span = described(traces.consumer(|| "process chat:ROOM".into(), cause), "process", "process");
    if span.is_recorded() {
        span.text(MESSAGE, &id.to_string());
    }
    span
}

fn described(span: Span, operation: &'static str, kind: &'static str) -> Span {
    for (key, value) in
        [SYSTEM, CHANNEL, ("messaging.operation.name", operation), ("messaging.operation.type", kind)]
    {
        span.text(key, value);
    }
    span
}
