//! What a timeline gives out and tells of itself: outputs, reasons of breaks, positions, counters, errors.
//!
//! Plain values; the rules that make them are the [`Timeline`](crate::Timeline)'s.

use crate::{AccessUnit, AudioError, TrackConfig, VideoError};

/// Why a publish cannot go on. Anything less is counted in [`Counters`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A codec this platform does not take, by its name for people.
    #[error("unsupported codec {0}")]
    UnsupportedCodec(String),
    /// The video header is of no use to a decoder.
    #[error("unusable video header")]
    VideoConfig(#[source] VideoError),
    /// The audio header is of no use to a decoder.
    #[error("unusable audio header")]
    AudioConfig(#[source] AudioError),
}

/// What the timeline gives out.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// The configuration of a track, before its first access unit and after each discontinuity.
    Track(TrackConfig),
    /// One picture or audio frame.
    AccessUnit(AccessUnit),
    /// A new timeline begins.
    Discontinuity {
        /// What made it.
        reason: Reason,
    },
}

/// What made a new timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A new session of the same broadcast.
    Reconnected,
    /// The publisher's time went back by more than 1 s or ahead by more than 5 s.
    ClockJumped,
    /// A different codec configuration.
    ConfigChanged,
    /// A track appeared that was not there at the start.
    TrackAdded,
}

/// Where output time stands, in 90 kHz ticks; nothing later was given out. Serves to go on in another [`Timeline`](crate::Timeline).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// End of the last picture in decode time.
    pub video_dts: i64,
    /// End of the last picture in presentation time.
    pub video_pts: i64,
    /// End of the last audio frame.
    pub audio: i64,
}

/// What was dropped or repaired since the timeline was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Tags that could not be read, and pictures whose NAL lengths lie.
    pub malformed: u64,
    /// Sequence headers sent again unchanged.
    pub repeated_headers: u64,
    /// Pictures whose decode time did not grow and was moved.
    pub repaired_dts: u64,
    /// Composition times out of bounds, read as 0.
    pub repaired_cts: u64,
    /// Units dropped while waiting for a keyframe or a header, and sound before the first picture.
    pub dropped_waiting: u64,
    /// Audio frames dropped to catch up with the publisher's clock.
    pub dropped_audio: u64,
    /// Times the audio clock was set anew because it had drifted more than 100 ms.
    pub audio_resyncs: u64,
    /// Silent frames given out where sound was missing.
    pub silent_audio: u64,
    /// Pictures of nothing but filler.
    pub empty: u64,
    /// Packets of a second and further track of one message (Enhanced RTMP): nobody plays them.
    pub other_tracks: u64,
    /// Discontinuities given out.
    pub discontinuities: u64,
}
