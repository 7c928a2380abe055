//! A recorded call that took long is one line of the log, with the id of its trace; nothing else of a trace is told there.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};
use streamly_telemetry::{
    TracingConfig,
    trace::{Parent, Traces},
};
use streamly_testkit::traces::TraceReceiver;

const CAUSE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// The calls that it tells of, in their order, and the ids of their traces.
    fn told(&self) -> Vec<(String, String)> {
        let all = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let part = |line: &str, name: &str| {
            let (_, rest) = line.split_once(&format!("\"{name}\":\"")).unwrap();
            rest.split_once('"').unwrap().0.to_owned()
        };
        let slow = all.lines().filter(|line| line.contains("a recorded call took long"));
        slow.map(|line| (part(line, "call"), part(line, "trace_id"))).collect()
    }
}

#[tokio::test]
async fn a_recorded_call_that_took_long_is_told_once_with_the_id_of_its_trace() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let receiver = TraceReceiver::start().await.unwrap();
    let traces = |slow: Duration, sample_ratio: f64| {
        let config = TracingConfig {
            otlp_endpoint: receiver.url(),
            sample_ratio,
            slow: streamly_config::Duration(slow),
            ..TracingConfig::default()
        };
        Traces::start(&config, "test", "1").unwrap()
    };

    let all = traces(Duration::ZERO, 1.0);
    let call = all.server(|| "GET /things/{id}".into(), None);
    let trace = call.trace_id().unwrap();
    // What it causes is in its trace.
    call.client(|| "SELECT".into()).end();
    call.producer(|| "publish".into()).end();
    call.end();
    call.end();
    drop(call);
    assert_eq!(log.told(), [("GET /things/{id}".to_owned(), trace.clone())]);
    // Who went away, and what waited for to be given out.
    let gone = all.server(|| "GET /gone".into(), None);
    let gone_trace = gone.trace_id().unwrap();
    drop(gone);
    all.consumer(|| "process".into(), Parent::parse(CAUSE).unwrap()).end();
    let told = log.told();
    assert_eq!(told[1..2], [("GET /gone".to_owned(), gone_trace)]);
    assert_eq!(told[2..], [("process".to_owned(), CAUSE[3..35].to_owned())]);

    let (patient, unrecorded) = (traces(Duration::from_secs(3_600), 1.0), traces(Duration::ZERO, 0.0));
    patient.server(|| "GET /soon".into(), None).end();
    unrecorded.server(|| "GET /unrecorded".into(), None).end();
    assert_eq!(log.told().len(), 3, "neither what was soon done nor what leads nowhere");
    for traces in [all, patient, unrecorded] {
        traces.close().await;
    }
}
