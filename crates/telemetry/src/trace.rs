//! Traces: which call led to which, across services, with the time that each took; sent by OTLP (OpenTelemetry Protocol) over gRPC.
//!
//! A service has one [`Traces`], which begins a [`Span`] for each call that comes in. What the call does runs inside [`Span::scope`]: whatever asks
//! something else of it finds the span by [`Span::current`] and begins one below it by [`Span::client`]. Where nothing is traced a span is
//! an empty option, and a name that nobody needs is not made. Spans never hold tokens, keys, addresses of mail or query strings: there is no
//! way to put headers, bodies or parameters of statements into them.
//!
//! A receiver that is away costs spans, which are counted, and one line in the log a minute; never a caller's time.

mod context;
mod line;
mod slow;
mod span;
mod traces;

pub use context::{Parent, TRACEPARENT};
pub use span::Span;
pub use traces::{Error, Traces};
