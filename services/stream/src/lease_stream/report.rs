//! A node's report as what the outside sees: states, renditions, the dashboard's health object, all cut to size.

use crate::{
    store::broadcasts::Broadcast,
    view::health::{self, MAX_RENDITIONS, finite, text},
};
use serde_json::{Value, json};
use streamly_domain::StreamState;
use streamly_proto::stream::v1::{BroadcastReport, State};

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

/// The dashboard's health object.
pub(super) fn health_of(b: &Broadcast, report: &BroadcastReport) -> Value {
    serde_json::to_value(health::seen(b.channel.id, b.state, report)).unwrap_or_default()
}
