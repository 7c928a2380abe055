//! The dashboard's health object: what arrives from the encoder and what is made of it, once a second, as facts with units.
//!
//! A node's word is input: numbers that JSON does not know become 0, lists and names are cut. Sentences are the dashboard's.

use serde::Serialize;
use streamly_domain::{ChannelId, StreamState};
use streamly_proto::stream::v1 as proto;

/// Renditions of one broadcast; more are left out.
pub(crate) const MAX_RENDITIONS: usize = 16;
/// Reasons of drops of one broadcast; more are left out.
const MAX_DROPS: usize = 16;
/// Characters of a name; the rest is left out.
const MAX_TEXT: usize = 200;

/// What arrives and what is made of it; for the channel's owner.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Seen {
    #[schema(value_type = String)]
    channel_id: ChannelId,
    /// `starting`, `live`, `reconnecting`.
    #[schema(value_type = String)]
    state: StreamState,
    health: Health,
    /// The source first.
    renditions: Vec<Made>,
}

/// What arrives. Counts begin with the encoder's session unless they say otherwise.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Health {
    /// Of the pictures, over the last 5 s; 0: not measured.
    video_bitrate_bps: u64,
    /// Of the sound, over the last 5 s; 0: not measured.
    audio_bitrate_bps: u64,
    /// Pictures a second that arrive; 0: not measured.
    fps: f64,
    /// Between the last two keyframes; 0: not measured.
    keyframe_interval_ms: u32,
    /// Frames lost or moved because they could not be used as they were.
    frames_dropped: u64,
    /// 0: no sound.
    audio_sample_rate: u32,
    /// 0: no sound.
    audio_channels: u32,
    /// As the encoder names itself.
    encoder: String,
    /// By how much sound arrives ahead of the picture's time; negative: behind.
    av_skew_ms: i32,
    /// Everything, also what is not media.
    bytes_received: u64,
    /// 95 of 100 frames of the last 10 s came at most so much later than the earliest, against their own times.
    arrival_jitter_ms: u32,
    /// Breaks of the timeline since the broadcast began on its node.
    discontinuities: u32,
    /// Times the transcoder was replaced since the broadcast began on its node.
    worker_restarts: u32,
    /// What the transcoder takes, in thousandths of a core; 0: nothing, or not measured.
    transcode_cpu_permille: u32,
    /// Frames that did not reach viewers as they were sent, by why.
    drops: Vec<Drop>,
    /// The encoder came by RTMPS.
    secure: bool,
}

/// Frames of one fate.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Drop {
    /// `malformed`, `late_start` (before the first keyframe), `time_repaired`, `audio_overlap`, `empty`, `transcoder_behind`; more may come.
    reason: String,
    count: u64,
}

/// One rendition as its owner sees it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Made {
    /// As in the playlists.
    name: String,
    width: u32,
    height: u32,
    fps: f64,
    bitrate_bps: u64,
    /// RFC 6381.
    codecs: String,
    /// The encoder element that makes it; empty for the source.
    encoder: String,
    /// How far its newest part is behind the source's, in media time.
    lag_ms: u32,
    /// Not made at present.
    shed: bool,
}

/// The health object of a node's report.
pub(crate) fn seen(channel_id: ChannelId, state: StreamState, report: &proto::BroadcastReport) -> Seen {
    let h = report.health.clone().unwrap_or_default();
    Seen {
        channel_id,
        state,
        health: Health {
            video_bitrate_bps: h.video_bitrate_bps,
            audio_bitrate_bps: h.audio_bitrate_bps,
            fps: finite(h.fps),
            keyframe_interval_ms: h.keyframe_interval_ms,
            frames_dropped: h.frames_dropped,
            audio_sample_rate: h.audio_sample_rate,
            audio_channels: h.audio_channels,
            encoder: text(&h.encoder),
            av_skew_ms: h.av_skew_ms,
            bytes_received: h.bytes_received,
            arrival_jitter_ms: h.arrival_jitter_ms,
            discontinuities: h.discontinuities,
            worker_restarts: h.worker_restarts,
            transcode_cpu_permille: h.transcode_cpu_permille,
            drops: h.drops.iter().take(MAX_DROPS).map(drop_of).collect(),
            secure: h.secure,
        },
        renditions: report.renditions.iter().take(MAX_RENDITIONS).map(made).collect(),
    }
}

fn drop_of(drop: &proto::Drop) -> Drop {
    Drop { reason: text(&drop.reason), count: drop.count }
}

fn made(r: &proto::Rendition) -> Made {
    Made {
        name: text(&r.name),
        width: r.width,
        height: r.height,
        fps: finite(r.fps),
        bitrate_bps: r.bitrate_bps,
        codecs: text(&r.codecs),
        encoder: text(&r.encoder),
        lag_ms: r.lag_ms,
        shed: r.shed,
    }
}

/// A name without control characters: PostgreSQL takes no NUL, and a long one would go to every viewer.
pub(crate) fn text(said: &str) -> String {
    said.chars().filter(|c| !c.is_control()).take(MAX_TEXT).collect()
}

/// A number that JSON knows.
pub(crate) fn finite(number: f64) -> f64 {
    if number.is_finite() { number } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn facts_go_through_as_they_are() {
        let report = proto::BroadcastReport {
            health: Some(proto::Health {
                arrival_jitter_ms: 40,
                av_skew_ms: -12,
                drops: vec![proto::Drop { reason: "malformed".into(), count: 3 }],
                secure: true,
                ..Default::default()
            }),
            renditions: vec![proto::Rendition {
                name: "480p".into(),
                encoder: "x264enc".into(),
                lag_ms: 170,
                shed: true,
                ..Default::default()
            }],
            ..Default::default()
        };
        let told = serde_json::to_value(seen(ChannelId::new(), StreamState::Live, &report)).unwrap();
        assert_eq!(told["state"], "live");
        assert_eq!(told["health"]["drops"], json!([{"reason": "malformed", "count": 3}]));
        assert_eq!(
            (&told["health"]["arrival_jitter_ms"], &told["health"]["av_skew_ms"], &told["health"]["secure"]),
            (&json!(40), &json!(-12), &json!(true))
        );
        assert_eq!(
            (&told["renditions"][0]["lag_ms"], &told["renditions"][0]["shed"]),
            (&json!(170), &json!(true))
        );
    }

    #[test]
    fn a_node_that_says_nonsense_is_cut_to_size() {
        let drop = proto::Drop { reason: "x\0".repeat(1_000), count: u64::MAX };
        let rendition = proto::Rendition { fps: f64::INFINITY, ..Default::default() };
        let report = proto::BroadcastReport {
            health: Some(proto::Health { fps: f64::NAN, drops: vec![drop; 100], ..Default::default() }),
            renditions: vec![rendition; 100],
            ..Default::default()
        };
        let told = serde_json::to_value(seen(ChannelId::new(), StreamState::Live, &report)).unwrap();
        assert_eq!((&told["health"]["fps"], &told["renditions"][0]["fps"]), (&json!(0.0), &json!(0.0)));
        let drops = told["health"]["drops"].as_array().unwrap();
        assert_eq!((drops.len(), told["renditions"].as_array().unwrap().len()), (MAX_DROPS, MAX_RENDITIONS));
        assert_eq!(drops[0]["reason"].as_str().unwrap(), "x".repeat(MAX_TEXT));
    }
}
