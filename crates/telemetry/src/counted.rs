//! Counts warnings and errors as they are logged, so that they are seen together without a place that collects lines: which crate of which
//! service says how many. What it is about stands in the log.

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

/// A layer beside the one that writes the lines; what a filter leaves out is not counted either.
pub(crate) struct Counted;

impl<S: Subscriber> Layer<S> for Counted {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let said = event.metadata();
        let level = match *said.level() {
            Level::ERROR => "error",
            Level::WARN => "warn",
            _ => return,
        };
        // The crate alone: there are few of them, and modules come and go.
        let target = said.target().split("::").next().unwrap_or_default();
        metrics::counter!("streamly_telemetry_log_lines_total", "level" => level, "target" => target.to_owned())
            .increment(1);
    }
}

#[cfg(test)]
mod tests {
    use super::Counted;
    use tracing_subscriber::prelude::*;

    #[test]
    fn warnings_and_errors_count_by_the_crate_that_says_them_and_nothing_else_does() {
        let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
        let shown = recorder.handle();
        metrics::with_local_recorder(&recorder, || {
            tracing::subscriber::with_default(tracing_subscriber::registry().with(Counted), || {
                tracing::error!("one");
                tracing::warn!(target: "streamly_x::y", "two");
                tracing::warn!(target: "streamly_x", "three");
                tracing::info!(target: "streamly_z", "nothing is wrong");
            });
        });
        let text = shown.render();
        let mut lines: Vec<&str> = text.lines().filter(|line| line.starts_with("streamly_")).collect();
        lines.sort_unstable();
        let counted = [
            "streamly_telemetry_log_lines_total{level=\"error\",target=\"streamly_telemetry\"} 1",
            "streamly_telemetry_log_lines_total{level=\"warn\",target=\"streamly_x\"} 2",
        ];
        assert_eq!(lines, counted);
    }
}
