//! The cut: where a part, and sometimes a segment, begins in every rendition of a broadcast.
//!
//! Cuts are decided once, from the source, by the [`Segmenter`](crate::Segmenter) and followed by every
//! [`Packager`](crate::Packager); that is what makes media sequence, part numbers and times the same everywhere.

/// The beginning of a part. The part lasts until the next cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Media sequence number of the segment the part belongs to; grows by one per segment and never resets.
    pub msn: u64,
    /// Number of the part in its segment, from 0.
    pub part: u32,
    /// The part is the first of its segment (`part == 0`).
    pub segment_start: bool,
    /// The source has a keyframe here (always, for audio alone).
    pub independent: bool,
    /// The first part after a break of the timeline.
    pub discontinuity: bool,
    /// Where on the source's decode clock, 90 kHz ticks: source pictures with a lower DTS belong to earlier parts.
    pub video_dts: i64,
    /// The same place on the presentation clock, 90 kHz ticks: pictures of a rung without B-frames with a lower PTS belong
    /// to earlier parts. At a segment start it is the keyframe's PTS: force the rungs' keyframes there.
    pub video_pts: i64,
    /// Audio ticks (sample rate): audio frames with a lower DTS belong to earlier parts, the same in every rendition.
    pub audio_from: i64,
}
