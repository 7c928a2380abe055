//! FLV tag bodies as RTMP carries them: which codec, which packet, what composition time.
//!
//! Legacy tags (H.264, AAC) and Enhanced RTMP v2 (`enhanced`: H.264, HEVC, AV1, AAC, Opus). Every other codec is recognised by
//! name, so that a publish can be refused with its reason. Payloads are slices of the given body.
//! A tag with nothing for us (a command, an end of sequence, colour information, another track) has no packet and is no error.

mod enhanced;
mod names;

use bytes::Bytes;

use crate::{AudioFormat, VideoFormat};

/// Why a tag gives no media.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The body is shorter than its header, or a field has a reserved value.
    #[error("malformed media tag")]
    Malformed,
    /// A codec this platform does not take; the value is its name for people.
    #[error("unsupported codec {0}")]
    Unsupported(String),
}

/// What a tag holds for us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag<P> {
    /// Of the first track; `None`: nothing that is needed.
    pub packet: Option<P>,
    /// Packets of further tracks, which nobody plays.
    pub other_tracks: u64,
}

impl<P> Tag<P> {
    fn of(packet: P) -> Self {
        Self { packet: Some(packet), other_tracks: 0 }
    }

    fn nothing() -> Self {
        Self { packet: None, other_tracks: 0 }
    }
}

/// What a video tag holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Video {
    /// avcC, hvcC or av1C.
    Config {
        /// Its codec.
        format: VideoFormat,
        /// The record as sent.
        record: Bytes,
    },
    /// One coded picture.
    Picture {
        /// Its codec.
        format: VideoFormat,
        /// The tag's frame type says keyframe.
        keyframe: bool,
        /// Composition time in ms, signed 24 bits: PTS = timestamp + this.
        cts_ms: i32,
        /// NAL units with the lengths the configuration tells; AV1: OBUs.
        data: Bytes,
    },
}

/// What an audio tag holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audio {
    /// AudioSpecificConfig, or Opus' identification header.
    Config {
        /// Its codec.
        format: AudioFormat,
        /// The header as sent.
        header: Bytes,
    },
    /// One raw AAC frame or Opus packet.
    Frame {
        /// Its codec.
        format: AudioFormat,
        /// The frame.
        data: Bytes,
    },
}

/// Reads the body of an RTMP video message (type 9).
///
/// # Errors
/// [`Error::Malformed`] for a short body, [`Error::Unsupported`] for any codec but H.264, HEVC and AV1.
pub fn video(body: &Bytes) -> Result<Tag<Video>, Error> {
    let first = *body.first().ok_or(Error::Malformed)?;
    if first & 0x80 != 0 {
        return enhanced::video(body);
    }
    match first & 0x0f {
        7 => {}
        0 => return Err(Error::Malformed),
        codec => return Err(Error::Unsupported(names::legacy_video(codec))),
    }
    if first >> 4 == 5 {
        return Ok(Tag::nothing());
    }
    let [packet, cts @ ..] =
        body.get(1..5).and_then(|header| <[u8; 4]>::try_from(header).ok()).ok_or(Error::Malformed)?;
    let format = VideoFormat::H264;
    match packet {
        0 => Ok(Tag::of(Video::Config { format, record: body.slice(5..) })),
        1 => Ok(Tag::of(Video::Picture {
            format,
            keyframe: is_keyframe(first >> 4),
            cts_ms: composition_time(cts),
            data: body.slice(5..),
        })),
        2 => Ok(Tag::nothing()),
        _ => Err(Error::Malformed),
    }
}

/// Reads the body of an RTMP audio message (type 8).
///
/// # Errors
/// [`Error::Malformed`] for a short body, [`Error::Unsupported`] for any codec but AAC and Opus.
pub fn audio(body: &Bytes) -> Result<Tag<Audio>, Error> {
    let first = *body.first().ok_or(Error::Malformed)?;
    match first >> 4 {
        10 => {}
        9 => return enhanced::audio(body),
        format => return Err(Error::Unsupported(names::legacy_audio(format))),
    }
    let format = AudioFormat::Aac;
    match body.get(1) {
        Some(0) => Ok(Tag::of(Audio::Config { format, header: body.slice(2..) })),
        Some(1) if body.len() > 2 => Ok(Tag::of(Audio::Frame { format, data: body.slice(2..) })),
        _ => Err(Error::Malformed),
    }
}

/// Frame types 1 (keyframe) and 4 (generated keyframe).
fn is_keyframe(frame_type: u8) -> bool {
    matches!(frame_type, 1 | 4)
}

/// A signed 24-bit number.
fn composition_time([high, middle, low]: [u8; 3]) -> i32 {
    i32::from_be_bytes([high, middle, low, 0]) >> 8
}

#[cfg(test)]
mod tests;
