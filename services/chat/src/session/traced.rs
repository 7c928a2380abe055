//! The span of a frame: a socket has no header for each of its frames, so each is the first span of a trace of its own, with a link to the request
//! that opened the socket. What it causes (Redis, other services, the event that goes to all nodes) is below it.
//!
//! Only where traces are on: otherwise [`Session::on_text`] is called as it is. Nothing of what a client sent is in it but the frame's type.

use super::state::Session;
use crate::{error::Code, frame};
use streamly_telemetry::trace::Span;
use tracing::Instrument;

/// The type of what is no frame, or of no type that there is.
const OTHER: &str = "other";
/// Asks for nothing but a sign of life.
const PING: &str = "ping";

impl Session {
    /// Works on a frame within its span, and comes back.
    pub(super) async fn on_traced_text(mut self, text: String) -> Self {
        let kind = frame::kind(&text).unwrap_or(OTHER);
        let span = if kind == PING { Span::none() } else { self.span(kind) };
        // So that log lines of a frame that is recorded lead to its trace, whatever level is logged.
        let logged = span
            .trace_id()
            .map_or_else(tracing::Span::none, |trace| tracing::error_span!("frame", kind, trace_id = trace));
        span.clone().scope(self.on_text(&text)).instrument(logged).await;
        span.end();
        self
    }

    fn span(&self, kind: &'static str) -> Span {
        let span = self.context.traces.on_connection(|| format!("ws {kind}").into(), &self.opening);
        if span.is_recorded() {
            span.text("network.protocol.name", "websocket");
            span.text("streamly.frame", kind);
            if let Some(user) = self.socket.user() {
                span.text("user.id", &user.to_string());
            }
        }
        span
    }
}

/// A frame was answered by this error; only one that is ours makes it a failed one.
pub(super) fn refused(code: Code) {
    let span = Span::current();
    span.text("streamly.code", code.name());
    if code == Code::Unavailable {
        span.failed(code.name());
    }
}
