//! Logs, metrics and traces of a process: the one place that installs a `tracing` subscriber and a `metrics` recorder.
//!
//! Call [`init`] once in `main`, before anything logs. Logs go to stderr, as text on a terminal or JSON elsewhere. Secrets never
//! reach it: types that hold one print `***`. [`Metrics::render`] is what `/metrics` answers. Traces are no part of it: see [`trace`].

mod config;
mod counted;
pub mod request;
pub mod trace;

pub use config::TracingConfig;

use counted::Counted;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::{
    io::IsTerminal,
    sync::OnceLock,
    time::{SystemTime, UNIX_EPOCH},
};
use tracing_subscriber::{EnvFilter, fmt, prelude::*};

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Text on a terminal, JSON otherwise.
    Auto,
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The process's metrics.
#[derive(Debug, Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// The Prometheus text exposition (version 0.0.4). Also runs the recorder's upkeep.
    pub fn render(&self) -> String {
        self.0.run_upkeep();
        self.0.render()
    }
}

/// Something else had installed a logger or recorder first.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The metrics recorder could not be installed.
    #[error("the metrics recorder could not be installed")]
    Metrics(#[source] metrics_exporter_prometheus::BuildError),
    /// The log file could not be opened.
    #[error("the log file could not be opened")]
    File(#[source] std::io::Error),
    /// The log subscriber could not be installed.
    #[error("the log subscriber could not be installed")]
    Logs(#[source] tracing_subscriber::util::TryInitError),
}

/// What the driver of PostgreSQL may log: it tells each statement's parameters at `debug`.
const SQL: &str = "tokio_postgres=info";

/// Seconds; from 0.5 ms to 10 s, as latencies of calls and parts fall. Bounds that alerts go by have buckets on both sides.
const LATENCY_BUCKETS: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0,
    2.5, 5.0, 10.0,
];

/// Whoever asks for debug lines is not shown the parameters of SQL statements: links of mails and hashes are among them.
pub fn without_parameters(filter: EnvFilter) -> EnvFilter {
    filter.add_directive(SQL.parse().expect("a directive that parses"))
}

/// Installs logs (level from `filter`, e.g. `"info"`; `RUST_LOG` wins) and metrics.
pub fn init(filter: &str, format: Format) -> Result<Metrics, Error> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(filter));
    let filter = without_parameters(filter);
    let json = match format {
        Format::Json => true,
        Format::Text => false,
        Format::Auto => !std::io::stderr().is_terminal(),
    };
    let ansi = std::io::stderr().is_terminal();
    let registry = tracing_subscriber::registry().with(filter).with(Counted);
    if json {
        registry.with(fmt::layer().json().with_writer(std::io::stderr)).try_init().map_err(Error::Logs)?;
    } else {
        registry
            .with(fmt::layer().with_ansi(ansi).with_writer(std::io::stderr))
            .try_init()
            .map_err(Error::Logs)?;
    }
    metrics()
}

/// As [`init`], with the logs appended to a file as JSON lines.
pub fn init_file(filter: &str, path: &std::path::Path) -> Result<Metrics, Error> {
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path).map_err(Error::File)?;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(filter));
    let filter = without_parameters(filter);
    let layer = fmt::layer().json().with_writer(std::sync::Arc::new(file));
    tracing_subscriber::registry().with(filter).with(Counted).with(layer).try_init().map_err(Error::Logs)?;
    metrics()
}

/// Installs metrics only, once a process; later calls give the same handle. For tests, and for several services in one process.
pub fn metrics() -> Result<Metrics, Error> {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(handle) = HANDLE.get() {
        return Ok(Metrics(handle.clone()));
    }
    let recorder =
        PrometheusBuilder::new().set_buckets(LATENCY_BUCKETS).map_err(Error::Metrics)?.build_recorder();
    let handle = HANDLE.get_or_init(|| {
        let handle = recorder.handle();
        // Somebody else's recorder (a test's) may be in place; ours then renders nothing, which is not worth failing for.
        let _ = metrics::set_global_recorder(recorder);
        // Telemetry is the first that a program starts: its start, to some milliseconds.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        metrics::gauge!("process_start_time_seconds").set(now.as_secs_f64());
        handle
    });
    Ok(Metrics(handle.clone()))
}
