//! Track configuration: what a decoder must know before the first access unit.
//!
//! A value of these types is already validated: it was parsed, its sizes are above zero and bounded. Comparing two with
//! `==` says whether a new init segment is needed.

use bytes::Bytes;

use crate::{
    Kind, VIDEO_TIMESCALE,
    aac::{self, AudioSpecificConfig},
    av1,
    avc::{self, DecoderConfiguration},
    hevc, opus,
};

/// A video codec that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VideoFormat {
    /// H.264: every browser plays it.
    H264,
    /// HEVC.
    Hevc,
    /// AV1.
    Av1,
}

/// An audio codec that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AudioFormat {
    /// AAC: every browser plays it.
    Aac,
    /// Opus.
    Opus,
}

/// The configuration of one track.
#[derive(Debug, Clone, PartialEq)]
pub enum TrackConfig {
    /// Video.
    Video(VideoConfig),
    /// Audio.
    Audio(AudioConfig),
}

impl TrackConfig {
    /// Which track this configures.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Video(_) => Kind::Video,
            Self::Audio(_) => Kind::Audio,
        }
    }

    /// Ticks per second of the track's access units.
    pub fn timescale(&self) -> u32 {
        match self {
            Self::Video(_) => VIDEO_TIMESCALE,
            Self::Audio(audio) => audio.sample_rate,
        }
    }

    /// RFC 6381 codec string, as in `avc1.64001E` or `mp4a.40.2`.
    pub fn codec(&self) -> String {
        match self {
            Self::Video(video) => video.codec(),
            Self::Audio(audio) => audio.codec(),
        }
    }
}

/// A video track.
#[derive(Debug, Clone, PartialEq)]
pub struct VideoConfig {
    /// Its codec.
    pub format: VideoFormat,
    /// The codec's configuration record, rebuilt: fit for an `avcC`, `hvcC` or `av1C` box and for `codec_data` in GStreamer
    /// caps. NAL lengths are 4 bytes, High extension bytes present.
    pub record: Bytes,
    /// Width in pixels after cropping.
    pub width: u32,
    /// Height in pixels after cropping.
    pub height: u32,
    /// RFC 6381 codec string.
    pub codec: String,
    /// Frames per second told by the stream's header, if it tells.
    pub fps: Option<f64>,
    /// How many pictures may precede one in decoding order and follow it in output: 0 = no B-frames, `None` = not told.
    pub reorder: Option<u8>,
}

impl VideoConfig {
    /// Parses and validates an AVCDecoderConfigurationRecord as an RTMP sequence header or an encoder's caps carry it.
    ///
    /// # Errors
    /// [`avc::Error`] for anything a decoder could not use: truncated, no SPS or PPS, empty SPS, absurd sizes.
    pub fn parse(avcc: &[u8]) -> Result<Self, avc::Error> {
        Ok(DecoderConfiguration::parse(avcc)?.to_config())
    }

    /// The same for a record of any codec.
    ///
    /// # Errors
    /// The codec's own.
    pub fn parse_as(format: VideoFormat, record: &[u8]) -> Result<Self, VideoError> {
        Ok(match format {
            VideoFormat::H264 => DecoderConfiguration::parse(record)?.to_config(),
            VideoFormat::Hevc => hevc::DecoderConfiguration::parse(record)?.to_config(),
            VideoFormat::Av1 => av1::Configuration::parse(record)?.to_config(),
        })
    }

    /// RFC 6381 codec string, as in `avc1.64001E`, `hvc1.1.6.L93.90`, `av01.0.04M.08`.
    pub fn codec(&self) -> String {
        self.codec.clone()
    }
}

/// Why a video header cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VideoError {
    /// H.264.
    #[error(transparent)]
    H264(#[from] avc::Error),
    /// HEVC.
    #[error(transparent)]
    Hevc(#[from] hevc::Error),
    /// AV1.
    #[error(transparent)]
    Av1(#[from] av1::Error),
}

/// An audio track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioConfig {
    /// Its codec.
    pub format: AudioFormat,
    /// AAC: AudioSpecificConfig as received (ISO 14496-3, 1.6.2.1). Opus: the body of a `dOps` box.
    pub header: Bytes,
    /// Samples per second; the track's timescale.
    pub sample_rate: u32,
    /// Channels, 1 to 8.
    pub channels: u8,
    /// Audio object type of AAC: 2 = AAC-LC, 5 = HE-AAC, 29 = HE-AAC v2. 0 for other codecs.
    pub object_type: u8,
    /// Samples in each access unit. AAC: 1024, or 960 with the frame length flag. Opus: in most, see
    /// [`samples_of`](Self::samples_of).
    pub samples_per_frame: u32,
}

impl AudioConfig {
    /// Parses and validates an AudioSpecificConfig.
    ///
    /// # Errors
    /// [`aac::Error`] for a truncated config, a rate of 0, no channels, or an object type that is not AAC.
    pub fn parse(asc: Bytes) -> Result<Self, aac::Error> {
        let parsed = AudioSpecificConfig::parse(&asc)?;
        Ok(Self {
            format: AudioFormat::Aac,
            header: asc,
            sample_rate: parsed.sample_rate,
            channels: parsed.channels,
            object_type: parsed.object_type,
            samples_per_frame: parsed.samples_per_frame,
        })
    }

    /// The same for a header of any codec.
    ///
    /// # Errors
    /// The codec's own.
    pub fn parse_as(format: AudioFormat, header: Bytes) -> Result<Self, AudioError> {
        Ok(match format {
            AudioFormat::Aac => Self::parse(header)?,
            AudioFormat::Opus => opus::Header::parse(&header)?.to_config(),
        })
    }

    /// Samples in an access unit of this track; `None`: the unit is none.
    pub fn samples_of(&self, data: &[u8]) -> Option<u32> {
        match self.format {
            AudioFormat::Aac => Some(self.samples_per_frame),
            AudioFormat::Opus => opus::samples(data),
        }
    }

    /// RFC 6381 codec string `mp4a.40.N` or `opus`.
    pub fn codec(&self) -> String {
        match self.format {
            AudioFormat::Aac => format!("mp4a.40.{}", self.object_type),
            AudioFormat::Opus => "opus".to_owned(),
        }
    }
}

/// Why an audio header cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AudioError {
    /// AAC.
    #[error(transparent)]
    Aac(#[from] aac::Error),
    /// Opus.
    #[error(transparent)]
    Opus(#[from] opus::Error),
}

/// Longest codec configuration record taken, in bytes, and longest rebuilt one: real ones have some ten to some hundred. Without it
/// a header of a peer with hundreds of parameter sets would go into every init section and every order to a worker.
pub const RECORD_BYTES_MAX: usize = 64 * 1024;

/// Most of a record that is not parameter sets: 11 bytes of an avcC, 38 of an hvcC.
const RECORD_HEAD_MAX: usize = 64;

/// The bytes of a record with these parameter sets, or a few more.
pub(crate) fn bytes_of<'a>(sets: impl Iterator<Item = &'a Bytes>) -> usize {
    sets.map(|set| 2 + set.len()).sum::<usize>() + RECORD_HEAD_MAX
}

/// Whether a picture is of a size that decoders and boxes can be trusted with.
pub(crate) fn is_usable_size(width: u32, height: u32) -> bool {
    let usable = 1..=avc::MAX_DIMENSION;
    usable.contains(&width) && usable.contains(&height)
}
