//! Media value types: tracks, access units, codec configuration, the timeline that repairs publisher time, the tap.
//!
//! Pure: no I/O, no clock, no async runtime. It is not the packager (`cmaf`) and not the wire format (`rtmp`).
//! Callers keep payloads as [`bytes::Bytes`]: a frame is copied only where filler or parameter sets are cut out of it.
//! A frame that cannot be repaired is dropped and counted, never an error that ends a session; only an unusable codec or
//! codec configuration is an error.
//!
//! RTMP bodies go in by [`Timeline::push_video`] and [`Timeline::push_audio`], [`Output`]s come out of
//! [`Timeline::poll`] and are given to a [`Tap`], a segmenter and a packager, in that order of arrival.

pub mod aac;
mod arrival;
pub mod av1;
pub mod avc;
mod bits;
pub mod captions;
pub mod flv;
pub mod hevc;
mod nal;
pub mod opus;
mod silence;
pub mod tap;
pub mod timeline;
mod track;
mod unit;

pub use arrival::Arrival;
pub use tap::Tap;
pub use timeline::{Counters, Facts, Output, Position, Timeline};
pub use track::{
    AudioConfig, AudioError, AudioFormat, RECORD_BYTES_MAX, TrackConfig, VideoConfig, VideoError, VideoFormat,
};
pub use unit::{AccessUnit, Kind, VIDEO_TIMESCALE};
