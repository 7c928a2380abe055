//! onMetaData as typed options: what the publisher claims about its stream.
//!
//! Claims, not facts: the codec headers decide (`media`). A field of the wrong type, not finite or out of range is
//! absent; nothing here fails.

use crate::amf0::Value;

/// Longest name of an encoder kept, in characters: `encoder` here, `flashVer` of connect.
pub const MAX_ENCODER_CHARS: usize = 200;

/// What onMetaData said; every field optional.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    /// Picture width in pixels, 1 to 65 535.
    pub width: Option<u32>,
    /// Picture height in pixels, 1 to 65 535.
    pub height: Option<u32>,
    /// Frames per second, above 0 up to 1000.
    pub frame_rate: Option<f64>,
    /// `videodatarate` in kbit/s.
    pub video_kbps: Option<f64>,
    /// `audiodatarate` in kbit/s.
    pub audio_kbps: Option<f64>,
    /// `audiosamplerate` in Hz.
    pub audio_sample_rate: Option<u32>,
    /// `audiochannels`.
    pub audio_channels: Option<u32>,
    /// `stereo`.
    pub stereo: Option<bool>,
    /// `videocodecid`.
    pub video_codec: Option<CodecId>,
    /// `audiocodecid`.
    pub audio_codec: Option<CodecId>,
    /// `encoder`, cut to 200 characters, without control characters.
    pub encoder: Option<String>,
}

/// A codec as onMetaData names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodecId {
    /// FLV codec number: 7 is AVC, 10 is AAC. Enhanced RTMP sends a FourCC as a number too.
    Number(u32),
    /// A name such as "avc1", "mp4a", "hvc1"; at most 16 characters.
    Name(String),
}

impl Metadata {
    /// Reads the object or ECMA array of onMetaData; other values give an empty `Metadata`.
    pub fn from_value(value: &Value) -> Self {
        let number = |name: &str| value.property(name).and_then(Value::as_number).filter(|n| n.is_finite());
        let whole = |name: &str, max: f64| number(name).filter(|n| (1.0..=max).contains(n)).map(|n| n as u32);
        let rate = |name: &str, max: f64| number(name).filter(|n| *n > 0.0 && *n <= max);
        Self {
            width: whole("width", 65_535.0),
            height: whole("height", 65_535.0),
            frame_rate: rate("framerate", 1000.0),
            video_kbps: rate("videodatarate", 1e7),
            audio_kbps: rate("audiodatarate", 1e7),
            audio_sample_rate: whole("audiosamplerate", 768_000.0),
            audio_channels: whole("audiochannels", 64.0),
            stereo: value.property("stereo").and_then(Value::as_bool),
            video_codec: codec(value.property("videocodecid")),
            audio_codec: codec(value.property("audiocodecid")),
            encoder: value.property("encoder").and_then(Value::as_str).map(encoder_name),
        }
    }
}

/// What is kept of an encoder's name. It goes into logs and, every second, into what others are told of the stream.
pub(crate) fn encoder_name(said: &str) -> String {
    said.chars().filter(|c| !c.is_control()).take(MAX_ENCODER_CHARS).collect()
}

fn codec(value: Option<&Value>) -> Option<CodecId> {
    match value? {
        Value::Number(n) if (0.0..=f64::from(u32::MAX)).contains(n) => Some(CodecId::Number(*n as u32)),
        Value::String(name) => Some(CodecId::Name(String::from_utf8_lossy(name).chars().take(16).collect())),
        _ => None,
    }
}
