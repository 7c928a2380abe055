//! A node's report as what the outside sees: states, renditions, the dashboard's health object. Numbers that JSON does not know
//! become 0, lists and names are cut: a node's word is input.

use crate::store::broadcasts::Broadcast;
use serde_json::{Value, json};
use streamly_domain::StreamState;
use streamly_proto::stream::v1::{BroadcastReport, State};

/// Renditions of one broadcast; more are left out.
const MAX_RENDITIONS: usize = 16;
/// Characters of a name; the rest is left out.
const MAX_TEXT: usize = 200;

/// The state that a node reports; anything else starts.
pub(super) fn state_of(state: i32) -> StreamState {
    match State::try_from(state) {
        Ok(State::Live) => StreamState::Live,
        Ok(State::Reconnecting) => StreamState::Reconnecting,
        _ => StreamState::Starting,
    }
}

/// The renditions for everybody.
pub(super) fn renditions_of(report: &BroadcastReport) -> Value {
    report.renditions.iter().take(MAX_RENDITIONS).map(|r| {
        json!({"name": text(&r.name), "width": r.width, "height": r.height, "fps": finite(r.fps), "bitrate_bps": r.bitrate_bps, "codecs": text(&r.codecs)})
    }).collect()
}

/// A name without control characters: PostgreSQL takes no NUL, and a long one would go to every viewer.
fn text(said: &str) -> String {
    said.chars().filter(|c| !c.is_control()).take(MAX_TEXT).collect()
}

fn finite(number: f64) -> f64 {
    if number.is_finite() { number } else { 0.0 }
}

/// The dashboard's health object.
pub(super) fn health_of(b: &Broadcast, report: &BroadcastReport) -> Value {
    let h = report.health.clone().unwrap_or_default();
    let renditions: Vec<Value> = report
        .renditions
        .iter()
        .take(MAX_RENDITIONS)
        .map(|r| {
            json!({"name": text(&r.name), "width": r.width, "height": r.height, "fps": finite(r.fps),
                   "bitrate_bps": r.bitrate_bps, "codecs": text(&r.codecs), "encoder": text(&r.encoder)})
        })
        .collect();
    json!({
        "channel_id": b.channel.id,
        "state": b.state,
        "health": {
            "video_bitrate_bps": h.video_bitrate_bps, "audio_bitrate_bps": h.audio_bitrate_bps, "fps": finite(h.fps),
            "keyframe_interval_ms": h.keyframe_interval_ms, "frames_dropped": h.frames_dropped,
            "audio_sample_rate": h.audio_sample_rate, "audio_channels": h.audio_channels, "encoder": text(&h.encoder),
            "av_skew_ms": h.av_skew_ms, "bytes_received": h.bytes_received,
        },
        "renditions": renditions,
    })
}
