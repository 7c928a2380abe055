//! The service's metrics, looked up once: the hot path only adds. docs/OPERATING.md lists them.

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use std::time::Duration;
use streamly_media::timeline::Reason;

/// Handles to all metrics.
pub(crate) struct Meters {
    pub(crate) connections: Gauge,
    pub(crate) refused_connections: Counter,
    pub(crate) publishes: Counter,
    /// Closed without a verdict.
    pub(crate) unanswered: Counter,
    /// Publishers connected, by how they came.
    sessions_rtmp: Gauge,
    sessions_rtmps: Gauge,
    pub(crate) broadcasts: Gauge,
    pub(crate) received: Counter,
    pub(crate) lost: Counter,
    /// A session came in the place of one whose connection was open.
    pub(crate) takeovers: Counter,
    /// A session came after its broadcast had lost the one before, here or on another node.
    pub(crate) reconnects: Counter,
    pub(crate) dropped: Dropped,
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

/// Frames that did not reach viewers as they were sent, by why; the reasons are those of `Health.drops`, and `transcoder_sound`.
pub(crate) struct Dropped {
    pub(crate) malformed: Counter,
    pub(crate) late_start: Counter,
    pub(crate) time_repaired: Counter,
    pub(crate) audio_overlap: Counter,
    pub(crate) empty: Counter,
    pub(crate) transcoder_behind: Counter,
    pub(crate) transcoder_sound: Counter,
    /// No loss, but the same place: silent frames given out where no sound was sent.
    pub(crate) silence: Counter,
}

impl Default for Meters {
    fn default() -> Self {
        let dropped =
            |reason: &'static str| counter!("streamly_ingest_frames_dropped_total", "reason" => reason);
        Self {
            connections: gauge!("streamly_ingest_rtmp_connections"),
            refused_connections: counter!("streamly_ingest_rtmp_connections_refused_total"),
            publishes: counter!("streamly_ingest_publishes_total"),
            unanswered: counter!("streamly_ingest_publishes_unanswered_total"),
            sessions_rtmp: gauge!("streamly_ingest_sessions", "transport" => "rtmp"),
            sessions_rtmps: gauge!("streamly_ingest_sessions", "transport" => "rtmps"),
            broadcasts: gauge!("streamly_ingest_broadcasts"),
            received: counter!("streamly_ingest_received_bytes_total"),
            lost: counter!("streamly_ingest_publishers_lost_total"),
            takeovers: counter!("streamly_ingest_takeovers_total"),
            reconnects: counter!("streamly_ingest_reconnects_total"),
            dropped: Dropped {
                malformed: dropped("malformed"),
                late_start: dropped("late_start"),
                time_repaired: dropped("time_repaired"),
                audio_overlap: dropped("audio_overlap"),
                empty: dropped("empty"),
                transcoder_behind: dropped("transcoder_behind"),
                transcoder_sound: dropped("transcoder_sound"),
                silence: counter!("streamly_ingest_silent_frames_total"),
            },
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

impl Meters {
    /// Publishers connected by RTMPS, or by plain RTMP.
    pub(crate) fn sessions(&self, secure: bool) -> &Gauge {
        if secure { &self.sessions_rtmps } else { &self.sessions_rtmp }
    }

    /// A publish was refused, by `stream` or for its media. `code` is one of a short list that both write.
    pub(crate) fn refused_publish(&self, code: &str) {
        counter!("streamly_ingest_publishes_refused_total", "code" => code.to_owned()).increment(1);
    }

    /// The timeline began anew.
    pub(crate) fn discontinuity(&self, reason: Reason) {
        let reason = match reason {
            Reason::Reconnected => "reconnected",
            Reason::ClockJumped => "clock_jumped",
            Reason::ConfigChanged => "config_changed",
            Reason::TrackAdded => "track_added",
        };
        counter!("streamly_ingest_discontinuities_total", "reason" => reason).increment(1);
    }
}

/// How far a rung is behind its source, once a second and broadcast. Names are those of the ladder's table.
pub(crate) fn rung_lag(rung: &str, lag: Duration) {
    histogram!("streamly_ingest_rung_lag_seconds", "rung" => rung.to_owned()).record(lag.as_secs_f64());
}
