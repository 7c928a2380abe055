//! AV1: configuration records (av1C) and temporal units as RTMP and MP4 carry them.
//!
//! The record is validated by its sequence header and rebuilt from it. Of a temporal unit only the headers of its OBUs are
//! read, and the first bits of its first frame. All sizes come from a peer: every read is checked, nothing panics.

pub(crate) mod obu;
mod sequence;

use bytes::{BufMut, Bytes, BytesMut};

pub use obu::{Normalised, normalise};
pub use sequence::SequenceHeader;

use crate::{
    VideoConfig, VideoFormat,
    track::{RECORD_BYTES_MAX, is_usable_size},
};

/// Longest sequence header taken, in bytes: real ones have some ten.
const MAX_HEADER: usize = 1_024;

/// Why an AV1 configuration cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It ends before its mandatory fields.
    #[error("video config is truncated")]
    Truncated,
    /// Marker and version are not those of version 1.
    #[error("video config has the unknown version {0:#04x}")]
    Version(u8),
    /// No sequence header OBU, without which no player can be set up.
    #[error("video config has no sequence header")]
    NoSequenceHeader,
    /// The sequence header cannot be read, or is absurdly long.
    #[error("sequence header is malformed")]
    SequenceHeader,
    /// Longer than [`RECORD_BYTES_MAX`](crate::RECORD_BYTES_MAX).
    #[error("video config of {0} bytes is too long")]
    TooLong(usize),
    /// The picture is empty or larger than [`MAX_DIMENSION`](crate::avc::MAX_DIMENSION).
    #[error("picture size {width}x{height} is not usable")]
    Size {
        /// Largest width of a frame.
        width: u32,
        /// Largest height of a frame.
        height: u32,
    },
}

/// An AV1CodecConfigurationRecord (AV1 in ISO base media, 2.3), parsed.
#[derive(Debug, Clone, PartialEq)]
pub struct Configuration {
    /// The sequence header OBU, with its header and size.
    pub sequence_obu: Bytes,
    /// The same, read.
    pub active: SequenceHeader,
}

impl Configuration {
    /// Reads a record.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn parse(data: &[u8]) -> Result<Self, Error> {
        if data.len() > RECORD_BYTES_MAX {
            return Err(Error::TooLong(data.len()));
        }
        let (head, obus) = data.split_at_checked(4).ok_or(Error::Truncated)?;
        if head[0] != 0x81 {
            return Err(Error::Version(head[0]));
        }
        let sequence = obu::units(obus)
            .ok_or(Error::Truncated)?
            .into_iter()
            .find(|unit| unit.kind == obu::SEQUENCE_HEADER)
            .ok_or(Error::NoSequenceHeader)?;
        Self::from_sequence(&obus[sequence.payload])
    }

    /// A configuration from the payload of a sequence header OBU.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn from_sequence(payload: &[u8]) -> Result<Self, Error> {
        if payload.len() > MAX_HEADER {
            return Err(Error::SequenceHeader);
        }
        let active = SequenceHeader::parse(payload).ok_or(Error::SequenceHeader)?;
        let (width, height) = (active.width, active.height);
        if !is_usable_size(width, height) {
            return Err(Error::Size { width, height });
        }
        let mut sequence_obu = BytesMut::with_capacity(payload.len() + 3);
        sequence_obu.put_u8(obu::SEQUENCE_HEADER << 3 | 2);
        obu::put_size(&mut sequence_obu, payload.len());
        sequence_obu.put_slice(payload);
        Ok(Self { sequence_obu: sequence_obu.freeze(), active })
    }

    /// The record rebuilt from the sequence header, which follows it.
    pub fn to_av1c(&self) -> Bytes {
        let header = &self.active;
        let bit = |flag: bool, place: u8| u8::from(flag) << place;
        let mut out = BytesMut::with_capacity(4 + self.sequence_obu.len());
        out.put_slice(&[
            0x81,
            header.profile << 5 | header.level,
            bit(header.high_tier, 7)
                | bit(header.bit_depth > 8, 6)
                | bit(header.bit_depth == 12, 5)
                | bit(header.monochrome, 4)
                | bit(header.subsampling.0, 3)
                | bit(header.subsampling.1, 2)
                | header.chroma_position,
            0,
        ]);
        out.put_slice(&self.sequence_obu);
        out.freeze()
    }

    /// The track configuration consumers see.
    pub fn to_config(&self) -> VideoConfig {
        VideoConfig {
            format: VideoFormat::Av1,
            record: self.to_av1c(),
            width: self.active.width,
            height: self.active.height,
            codec: self.active.codec(),
            fps: self.active.fps,
            reorder: Some(0),
        }
    }
}

#[cfg(test)]
#[path = "av1/tests.rs"]
mod tests;
