//! The service's metrics, looked up once: the hot path only adds.

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

/// Handles to all metrics.
pub(crate) struct Meters {
    pub(crate) connections: Gauge,
    pub(crate) refused_connections: Counter,
    pub(crate) publishes: Counter,
    pub(crate) refused_publishes: Counter,
    pub(crate) sessions: Gauge,
    pub(crate) broadcasts: Gauge,
    pub(crate) received: Counter,
    pub(crate) lost: Counter,
    pub(crate) dropped_transcode: Counter,
    pub(crate) worker_restarts: Counter,
    pub(crate) refused_parts: Counter,
    /// Publishers that were asked to connect elsewhere.
    pub(crate) go_aways: Counter,
    pub(crate) hand_overs_given: Counter,
    pub(crate) hand_overs_taken: Counter,
    pub(crate) hand_overs_failed: Counter,
    /// From the arrival of a part's last frame to its being fetchable.
    pub(crate) part_latency_source: Histogram,
    pub(crate) part_latency_rung: Histogram,
}

impl Default for Meters {
    fn default() -> Self {
        Self {
            connections: gauge!("streamly_ingest_rtmp_connections"),
            refused_connections: counter!("streamly_ingest_rtmp_connections_refused_total"),
            publishes: counter!("streamly_ingest_publishes_total"),
            refused_publishes: counter!("streamly_ingest_publishes_refused_total"),
            sessions: gauge!("streamly_ingest_sessions"),
            broadcasts: gauge!("streamly_ingest_broadcasts"),
            received: counter!("streamly_ingest_received_bytes_total"),
            lost: counter!("streamly_ingest_publishers_lost_total"),
            dropped_transcode: counter!("streamly_ingest_transcode_dropped_frames_total"),
            worker_restarts: counter!("streamly_ingest_transcode_restarts_total"),
            refused_parts: counter!("streamly_ingest_window_refused_total"),
            go_aways: counter!("streamly_ingest_go_aways_total"),
            hand_overs_given: counter!("streamly_ingest_hand_overs_total", "side" => "given"),
            hand_overs_taken: counter!("streamly_ingest_hand_overs_total", "side" => "taken"),
            hand_overs_failed: counter!("streamly_ingest_hand_overs_total", "side" => "failed"),
            part_latency_source: histogram!("streamly_ingest_part_latency_seconds", "kind" => "source"),
            part_latency_rung: histogram!("streamly_ingest_part_latency_seconds", "kind" => "rung"),
        }
    }
}
