//! What a packager gives out: init segments, parts, ends of segments.

use std::time::Duration;

use bytes::Bytes;
use streamly_media::VIDEO_TIMESCALE;

/// One product of a [`Packager`](crate::Packager), in playlist order.
#[derive(Debug, Clone, PartialEq)]
pub enum Packaged {
    /// A new init segment; parts after it refer to its version.
    Init(Init),
    /// A part.
    Part(Part),
    /// All parts of this segment have been given.
    SegmentEnd {
        /// Its media sequence number.
        msn: u64,
        /// Sum of its parts' durations in 90 kHz ticks.
        ticks: u64,
    },
}

/// An init segment: `ftyp` and `moov`.
#[derive(Debug, Clone, PartialEq)]
pub struct Init {
    /// Counts from 0 in each rendition; a new one only when a track's configuration changed.
    pub version: u32,
    /// The file.
    pub bytes: Bytes,
    /// What a multivariant playlist says of the rendition while this init is valid.
    pub facts: Facts,
}

/// What a multivariant playlist says of a rendition.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// RFC 6381 strings of the tracks joined by commas, as in `avc1.64001E,mp4a.40.2`.
    pub codecs: String,
    /// Width and height in pixels; `None` for audio alone.
    pub resolution: Option<(u32, u32)>,
    /// Frames per second told by the video configuration, if it tells.
    pub fps: Option<f64>,
}

/// A part: one `moof` and `mdat`. A segment is the concatenation of its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Media sequence number of its segment.
    pub msn: u64,
    /// Number in the segment, from 0.
    pub part: u32,
    /// Version of the init segment it needs.
    pub init: u32,
    /// The file; empty for a gap.
    pub bytes: Bytes,
    /// Duration in 90 kHz ticks: from its cut to the next, so that the sum of all is the media time.
    pub ticks: u64,
    /// Begins with a keyframe (`INDEPENDENT=YES`).
    pub independent: bool,
    /// No media could be had (`GAP=YES`).
    pub gap: bool,
    /// First part of its segment.
    pub starts_segment: bool,
    /// First part after a break of the timeline (`EXT-X-DISCONTINUITY` before its segment).
    pub discontinuity: bool,
    /// How many of the first bytes hold the keyframe it begins with: all of `moof`, the head of `mdat`, the keyframe. A byte range of
    /// an I-frame playlist (RFC 8216bis, 4.4.3.6).
    pub keyframe: Option<u32>,
    /// How many pictures it has.
    pub pictures: u32,
    /// Lowest presentation time of its pictures in 90 kHz ticks; `None` without pictures.
    pub first_pts: Option<i64>,
}

impl Part {
    /// The duration as a [`Duration`], to the nanosecond below.
    pub fn duration(&self) -> Duration {
        ticks_to_duration(self.ticks)
    }
}

/// 90 kHz ticks as a [`Duration`].
pub fn ticks_to_duration(ticks: u64) -> Duration {
    let scale = u64::from(VIDEO_TIMESCALE);
    Duration::new(ticks / scale, u32::try_from(ticks % scale * 1_000_000_000 / scale).unwrap_or(0))
}
