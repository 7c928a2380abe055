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

/// Share by which a measured bit rate has to move to be news: it is measured over seconds, moves with the picture in each heartbeat, and what is
/// news is written to PostgreSQL and told to every page. The owner's pages have it exactly, by health.
const RATE_SHARE: f64 = 0.25;
/// The same of pictures a second: 30 and 29.97 are alike.
const FPS_SHARE: f64 = 0.02;

/// Whether renditions are others than those that were told last.
pub(super) fn are_others(told: &Value, now: &Value) -> bool {
    let (Some(told), Some(now)) = (told.as_array(), now.as_array()) else { return told != now };
    told.len() != now.len() || told.iter().zip(now).any(|(told, now)| is_another(told, now))
}

fn is_another(told: &Value, now: &Value) -> bool {
    let moved = |field: &str, share: f64| match (told[field].as_f64(), now[field].as_f64()) {
        (Some(told), Some(now)) => (now - told).abs() > told * share,
        _ => told[field] != now[field],
    };
    ["name", "width", "height", "codecs"].iter().any(|field| told[*field] != now[*field])
        || moved("bitrate_bps", RATE_SHARE)
        || moved("fps", FPS_SHARE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendition(bitrate_bps: u64, fps: f64, height: u32) -> Value {
        json!({"name": "source", "width": 1280, "height": height, "fps": fps, "bitrate_bps": bitrate_bps, "codecs": "avc1"})
    }

    #[test]
    fn renditions_are_others_by_what_they_are_and_not_by_what_is_measured_a_little_otherwise() {
        let told = json!([rendition(4_000_000, 30.0, 720)]);
        for same in [rendition(5_000_000, 29.97, 720), rendition(3_000_000, 30.0, 720)] {
            assert!(!are_others(&told, &json!([same])), "{same}");
        }
        for other in [
            rendition(5_000_001, 30.0, 720),
            rendition(2_999_999, 30.0, 720),
            rendition(4_000_000, 25.0, 720),
            rendition(4_000_000, 30.0, 1080),
        ] {
            assert!(are_others(&told, &json!([other])), "{other}");
        }
        let two = json!([rendition(4_000_000, 30.0, 720), rendition(800_000, 30.0, 360)]);
        assert!(are_others(&told, &two) && are_others(&two, &told));
        assert!(are_others(&json!([]), &told) && are_others(&Value::Null, &told));
        // Of a rate that nobody had measured yet each one is news.
        assert!(are_others(&json!([rendition(0, 30.0, 720)]), &json!([rendition(1, 30.0, 720)])));
    }
}
