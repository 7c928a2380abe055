//! The access unit: one coded picture or one audio frame on the broadcast's own clock.
//!
//! It is made by the [`Timeline`](crate::Timeline) and by transcoders, and read by the packager. Times are ticks of the
//! track's timescale; the payload is shared, never copied by a clone.

use bytes::Bytes;

/// Ticks per second of every video track.
pub const VIDEO_TIMESCALE: u32 = 90_000;

/// What a track carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Pictures; timescale 90 000.
    Video,
    /// Sound; timescale = sample rate.
    Audio,
}

/// One coded picture or one audio frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessUnit {
    /// Which track.
    pub kind: Kind,
    /// Decode time in the track's timescale, on the broadcast's own continuous clock.
    pub dts: i64,
    /// Presentation time, same clock; equals `dts` for audio and for video without B-frames.
    pub pts: i64,
    /// Random access point (H.264: IDR; HEVC: IRAP; AV1: a key frame that is shown); always true for audio.
    pub keyframe: bool,
    /// H.264 and HEVC: NAL units with 4-byte lengths, filler and AUD removed. AV1: OBUs without temporal delimiters. Audio: one
    /// raw AAC frame or Opus packet.
    pub data: Bytes,
}

impl AccessUnit {
    /// An audio frame at this time, in samples.
    pub(crate) fn sound(dts: i64, data: Bytes) -> Self {
        Self { kind: Kind::Audio, dts, pts: dts, keyframe: true, data }
    }
}
