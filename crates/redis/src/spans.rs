//! Spans of commands, by OpenTelemetry's conventions for Redis: the command's name; never a key, which may name a person, and never a value.
//!
//! Only what a call that is recorded causes has a span: background work asks as before.

use crate::Error;
use streamly_telemetry::trace::Span;

/// The span of a command that is asked now, so often in one go; none where nothing is recorded.
pub(crate) fn asked(command: &'static str, times: usize) -> Span {
    let cause = Span::current();
    if !cause.is_recorded() {
        return Span::none();
    }
    let span = cause.client(|| command.into());
    span.text("db.system.name", "redis");
    span.text("db.operation.name", command);
    if times != 1 {
        span.number("db.operation.batch.size", i64::try_from(times).unwrap_or(i64::MAX));
    }
    span
}

/// What came of it. Of an error its kind: its words may quote what was sent.
pub(crate) fn told<T>(span: &Span, answer: Result<&T, &Error>) {
    if let Err(e) = answer
        && span.is_recorded()
    {
        let kind = match e {
            Error::Command(e) => format!("{:?}", e.kind()),
            Error::Settings(_) | Error::NotReady(_) | Error::Stopped => "unavailable".to_owned(),
        };
        span.failed(&kind);
    }
    span.end();
}
