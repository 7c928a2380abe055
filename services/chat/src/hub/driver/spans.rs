//! Spans of giving events out, from their coming over pub/sub until the room's sockets have them: of those events alone that came with a cause.
//!
//! An event that has to wait, since one before it is read from the log first or a replica is slow, has a long one. What is never given out
//! (deleted meanwhile, known already, left out since more is said than anybody reads) has one that ends without a number of sockets.
//! Bounded: beyond [`MAX`] the oldest ends so.

use crate::log_id::LogId;
use streamly_telemetry::trace::Span;

/// Recorded events of one room that wait, at most: without a bound they would fill the memory while Redis does not answer reads.
const MAX: usize = 64;

/// Those of one room.
#[derive(Debug, Default)]
pub(super) struct Spans {
    /// Events that came and are not to be given out yet.
    waiting: Vec<(LogId, Span)>,
    /// Those of what is given out next.
    next: Vec<Span>,
}

impl Spans {
    /// The event came.
    pub(super) fn came(&mut self, id: LogId, span: Span) {
        if !span.is_recorded() {
            return;
        }
        if self.waiting.len() >= MAX {
            self.waiting.remove(0);
        }
        self.waiting.push((id, span));
    }

    /// The event is among what is given out next.
    pub(super) fn ready(&mut self, id: LogId) {
        if let Some(at) = self.waiting.iter().position(|(of, _)| *of == id) {
            self.next.push(self.waiting.remove(at).1);
        }
    }

    /// What was ready was given to so many sockets.
    pub(super) fn given(&mut self, sockets: usize) {
        for span in self.next.drain(..) {
            span.number("streamly.chat.sockets", i64::try_from(sockets).unwrap_or(i64::MAX));
            span.end();
        }
    }

    /// All up to here was given out, where anything was: what waits there will not be.
    pub(super) fn passed(&mut self, last: Option<LogId>) {
        if !self.waiting.is_empty() {
            self.waiting.retain(|(id, _)| last.is_some_and(|last| *id > last));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::giving_out;
    use streamly_telemetry::{
        TracingConfig,
        trace::{Parent, Traces},
    };
    use streamly_testkit::traces::TraceReceiver;

    const HEADER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[tokio::test]
    async fn what_is_given_out_tells_to_how_many_and_what_is_passed_over_does_not() {
        let receiver = TraceReceiver::start().await.unwrap();
        let config = TracingConfig { otlp_endpoint: receiver.url(), ..TracingConfig::default() };
        let traces = Traces::start(&config, "chat", "1").unwrap();
        let (mut spans, id) = (Spans::default(), |n| LogId::new(1, n).unwrap());
        let come = |spans: &mut Spans, n| {
            spans.came(id(n), giving_out(&traces, id(n), Parent::parse(HEADER).unwrap()));
        };
        for n in 1..=3 {
            come(&mut spans, n);
        }
        spans.came(id(4), Span::none());
        assert_eq!(spans.waiting.len(), 3, "what is not recorded is not kept");
        spans.ready(id(2));
        spans.ready(id(4));
        spans.given(7);
        spans.passed(Some(id(2)));
        assert_eq!((spans.waiting.len(), spans.next.len()), (1, 0));
        for n in 10..200 {
            come(&mut spans, n);
        }
        assert_eq!(spans.waiting.len(), MAX);
        spans.passed(None);
        traces.close().await;
        let all = receiver.until("all of them", |all| all.len() >= 193).await.unwrap();
        let given: Vec<_> = all.iter().filter(|s| !s.attribute("streamly.chat.sockets").is_empty()).collect();
        let [given] = given[..] else { panic!("{given:?}") };
        assert_eq!(given.attribute("messaging.message.id"), id(2).to_string());
        assert_eq!(given.attribute("streamly.chat.sockets"), "7");
        assert!(all.iter().all(|s| s.is_consumer && s.parent == "00f067aa0ba902b7"), "{all:?}");
    }
}
