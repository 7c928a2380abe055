//! What the timeline needs of a video codec: its header read, its pictures brought to the form MP4 wants.
//!
//! One value a header. The codecs' own rules are in their modules; here they get one shape.

use bytes::Bytes;

use crate::{VideoConfig, VideoError, VideoFormat, av1, avc, hevc};

pub(super) enum Decoder {
    H264(avc::DecoderConfiguration),
    Hevc(hevc::DecoderConfiguration),
    Av1(av1::Configuration),
}

/// One coded picture.
pub(super) struct Picture {
    pub(super) data: Bytes,
    /// There is a picture in it.
    pub(super) coded: bool,
    pub(super) keyframe: bool,
    /// See [`RawVideo`](super::lobby::RawVideo).
    pub(super) broken_link: bool,
    pub(super) skipped_leading: bool,
    /// It brings a header of its own that asks for a new decoder setup.
    pub(super) new_decoder: Option<Decoder>,
}

impl Decoder {
    pub(super) fn parse(format: VideoFormat, record: &[u8]) -> Result<Self, VideoError> {
        Ok(match format {
            VideoFormat::H264 => Self::H264(avc::DecoderConfiguration::parse(record)?),
            VideoFormat::Hevc => Self::Hevc(hevc::DecoderConfiguration::parse(record)?),
            VideoFormat::Av1 => Self::Av1(av1::Configuration::parse(record)?),
        })
    }

    pub(super) fn track(&self) -> VideoConfig {
        match self {
            Self::H264(config) => config.to_config(),
            Self::Hevc(config) => config.to_config(),
            Self::Av1(config) => config.to_config(),
        }
    }

    /// Reads a picture; `flagged`: its tag says keyframe. `None`: unusable.
    pub(super) fn picture(&self, data: &Bytes, flagged: bool) -> Option<Picture> {
        Some(match self {
            Self::H264(config) => {
                let read = avc::normalise(data, config)?;
                Picture {
                    data: read.data,
                    coded: read.slices,
                    keyframe: read.idr || flagged && read.recovery_point,
                    broken_link: false,
                    skipped_leading: false,
                    new_decoder: read.new_config.map(|config| Self::H264(*config)),
                }
            }
            Self::Hevc(config) => {
                let read = hevc::normalise(data, config)?;
                Picture {
                    data: read.data,
                    coded: read.slices,
                    keyframe: read.random_access,
                    broken_link: read.broken_link,
                    skipped_leading: read.skipped_leading,
                    new_decoder: read.new_config.map(|config| Self::Hevc(*config)),
                }
            }
            Self::Av1(config) => {
                let read = av1::normalise(data, config)?;
                Picture {
                    data: read.data,
                    coded: read.frames,
                    keyframe: read.keyframe,
                    broken_link: false,
                    skipped_leading: false,
                    new_decoder: read.new_config.map(|config| Self::Av1(*config)),
                }
            }
        })
    }
}
