//! Ended spans on their way to the receiver: a line with a bound, and the one task that sends what is in it, in batches.
//!
//! Ending a span never waits: one that finds the line full is dropped. A batch that the receiver does not take is lost and not tried again: what
//! is new is worth more. Both are counted (`streamly_traces_spans_total`), and the log says it once a minute.

use metrics::{Counter, counter};
use opentelemetry::Context;
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{Span, SpanData, SpanExporter, SpanProcessor},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::{Notify, mpsc},
    time::timeout,
};

/// Spans of one message, as the specification of OpenTelemetry has it for batches.
const BATCH: usize = 512;
/// Longest wait for a batch to become full.
const PAUSE: Duration = Duration::from_secs(1);
/// The log says not more than once in this time that nothing is taken.
const SAID: Duration = Duration::from_secs(60);

/// Where ended spans are put.
#[derive(Debug)]
pub(super) struct Line {
    sender: mpsc::Sender<SpanData>,
    dropped: Counter,
}

/// Takes them out and sends them.
pub(super) struct Sending<E> {
    waiting: mpsc::Receiver<SpanData>,
    exporter: E,
    /// Longest time of one batch.
    limit: Duration,
    /// For the log.
    service: &'static str,
    endpoint: String,
    sent: Counter,
    failed: Counter,
    /// When it was last said that nothing is taken.
    said: Option<Instant>,
}

/// A line of so many places, for spans of that service.
pub(super) fn of<E: SpanExporter>(
    service: &'static str,
    places: usize,
    (exporter, endpoint, limit): (E, String, Duration),
) -> (Line, Sending<E>) {
    let (sender, waiting) = mpsc::channel(places);
    let spans = |outcome: &'static str| counter!("streamly_traces_spans_total", "service" => service, "outcome" => outcome);
    let line = Line { sender, dropped: spans("dropped") };
    let (sent, failed) = (spans("sent"), spans("failed"));
    for counted in [&line.dropped, &sent, &failed] {
        counted.increment(0);
    }
    (line, Sending { waiting, exporter, limit, service, endpoint, sent, failed, said: None })
}

impl SpanProcessor for Line {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if self.sender.try_send(span).is_err() {
            self.dropped.increment(1);
        }
    }

    // The task sends by itself, and `Traces::close` waits for it.
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

impl<E: SpanExporter> Sending<E> {
    /// Sends until the stop, and then what is still there; also ends when nobody is left who could begin a span.
    pub(super) async fn run(mut self, stop: Arc<Notify>) {
        let mut batch = Vec::new();
        loop {
            let goes_on = tokio::select! {
                () = stop.notified() => false,
                open = gather(&mut self.waiting, &mut batch) => open,
            };
            if !goes_on {
                break;
            }
            self.send(std::mem::take(&mut batch)).await;
        }
        while let Ok(span) = self.waiting.try_recv() {
            batch.push(span);
            if batch.len() >= BATCH {
                self.send(std::mem::take(&mut batch)).await;
            }
        }
        self.send(batch).await;
    }

    async fn send(&mut self, batch: Vec<SpanData>) {
        let count = batch.len() as u64;
        if count == 0 {
            return;
        }
        let why = match timeout(self.limit, self.exporter.export(batch)).await {
            Ok(Ok(())) => return self.sent.increment(count),
            Ok(Err(e)) => e.to_string(),
            Err(_) => format!("no answer in {:?}", self.limit),
        };
        self.failed.increment(count);
        if self.said.is_none_or(|at| at.elapsed() >= SAID) {
            self.said = Some(Instant::now());
            tracing::warn!(
                service = self.service, endpoint = %self.endpoint, error = %why, spans = count,
                "traces are not taken and are lost; look at tracing.otlp_endpoint and the receiver there"
            );
        }
    }
}

/// Waits for a span and then, a moment, for a batch of them. Cancel-safe: what came is in the batch. Whether more can come.
async fn gather(waiting: &mut mpsc::Receiver<SpanData>, batch: &mut Vec<SpanData>) -> bool {
    if batch.is_empty() && waiting.recv_many(batch, BATCH).await == 0 {
        return false;
    }
    let more = async {
        while batch.len() < BATCH {
            if waiting.recv_many(batch, BATCH - batch.len()).await == 0 {
                return false;
            }
        }
        true
    };
    // Time is up: what is there goes.
    timeout(PAUSE, more).await.unwrap_or(true)
}
