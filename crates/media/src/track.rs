//! Track configuration: what a decoder must know before the first access unit.
//!
//! A value of these types is already validated: it was parsed, its sizes are above zero and bounded. Comparing two with
//! `==` says whether a new init segment is needed.

use bytes::Bytes;

use crate::{
    Kind, VIDEO_TIMESCALE,
    aac::{self, AudioSpecificConfig},
    avc::{self, DecoderConfiguration},
};

/// The configuration of one track.
#[derive(Debug, Clone, PartialEq)]
pub enum TrackConfig {
    /// H.264 video.
    Video(VideoConfig),
    /// AAC audio.
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

/// An H.264 track.
#[derive(Debug, Clone, PartialEq)]
pub struct VideoConfig {
    /// AVCDecoderConfigurationRecord, rebuilt: 4-byte NAL lengths, High extension bytes present. Fit for an `avcC` box
    /// and for `codec_data` in GStreamer caps.
    pub avcc: Bytes,
    /// Width in pixels after cropping.
    pub width: u32,
    /// Height in pixels after cropping.
    pub height: u32,
    /// profile_idc, the constraint flags byte and level_idc.
    pub profile: [u8; 3],
    /// Frames per second told by the VUI, if it tells.
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

    /// RFC 6381 codec string `avc1.PPCCLL`.
    pub fn codec(&self) -> String {
        let [profile, constraints, level] = self.profile;
        format!("avc1.{profile:02X}{constraints:02X}{level:02X}")
    }
}

/// An AAC track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioConfig {
    /// AudioSpecificConfig as received (ISO 14496-3, 1.6.2.1).
    pub asc: Bytes,
    /// Samples per second; the track's timescale.
    pub sample_rate: u32,
    /// Channels, 1 to 8.
    pub channels: u8,
    /// Audio object type: 2 = AAC-LC, 5 = HE-AAC, 29 = HE-AAC v2.
    pub object_type: u8,
    /// Samples in each access unit: 1024, or 960 with the frame length flag.
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
            asc,
            sample_rate: parsed.sample_rate,
            channels: parsed.channels,
            object_type: parsed.object_type,
            samples_per_frame: parsed.samples_per_frame,
        })
    }

    /// RFC 6381 codec string `mp4a.40.N`.
    pub fn codec(&self) -> String {
        format!("mp4a.40.{}", self.object_type)
    }
}
