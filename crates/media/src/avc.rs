//! H.264: decoder configuration records and NAL units as RTMP and MP4 carry them.
//!
//! Records are validated as far as a decoder or a box could stumble over them, and rebuilt with 4-byte lengths. Slices are
//! never read. All sizes come from a peer: every read is checked, nothing panics.

mod nal;
mod sps;

use bytes::{BufMut, Bytes, BytesMut};

pub use nal::{Normalised, normalise};
pub use sps::Sps;

use crate::{
    VideoConfig, VideoFormat,
    track::{RECORD_BYTES_MAX, bytes_of, is_usable_size},
};

/// Largest width or height taken, in pixels (level 6.2 ends near 16 384).
pub const MAX_DIMENSION: u32 = 16_384;

/// Why an H.264 configuration cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It ends before its own lengths say.
    #[error("video config is truncated")]
    Truncated,
    /// configurationVersion is not 1.
    #[error("video config has the unknown version {0}")]
    Version(u8),
    /// NAL lengths of 3 bytes, which the standard reserves.
    #[error("video config has 3-byte NAL lengths")]
    LengthSize,
    /// A parameter set is longer than a record's 16-bit length can say.
    #[error("parameter set of {0} bytes is too long for a video config")]
    SetTooLong(usize),
    /// No sequence parameter set, or an empty one.
    #[error("video config has no sequence parameter set")]
    NoSps,
    /// No picture parameter set, or an empty one.
    #[error("video config has no picture parameter set")]
    NoPps,
    /// The sequence parameter set cannot be read.
    #[error("sequence parameter set is malformed")]
    Sps,
    /// Longer than [`RECORD_BYTES_MAX`](crate::RECORD_BYTES_MAX).
    #[error("video config of {0} bytes is too long")]
    TooLong(usize),
    /// The picture is empty or larger than [`MAX_DIMENSION`].
    #[error("picture size {width}x{height} is not usable")]
    Size {
        /// Width after cropping.
        width: u32,
        /// Height after cropping.
        height: u32,
    },
}

/// An AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1), parsed.
#[derive(Debug, Clone, PartialEq)]
pub struct DecoderConfiguration {
    /// Bytes of a NAL length in the publisher's access units: 1, 2 or 4.
    pub length_size: u8,
    /// Sequence parameter sets with their NAL header, at least one, none empty.
    pub sps: Vec<Bytes>,
    /// Picture parameter sets with their NAL header, at least one, none empty.
    pub pps: Vec<Bytes>,
    /// The first sequence parameter set, read.
    pub active: Sps,
}

impl DecoderConfiguration {
    /// Parses and validates. The extension bytes for High profiles may be missing, as OBS leaves them out; they are taken
    /// from the sequence parameter set instead.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn parse(data: &[u8]) -> Result<Self, Error> {
        if data.len() > RECORD_BYTES_MAX {
            return Err(Error::TooLong(data.len()));
        }
        let [version, _, _, _, lengths, count, rest @ ..] = data else {
            return Err(Error::Truncated);
        };
        if *version != 1 {
            return Err(Error::Version(*version));
        }
        let length_size = (lengths & 3) + 1;
        if length_size == 3 {
            return Err(Error::LengthSize);
        }
        let (sps, rest) = sets(rest, count & 0x1f, Error::NoSps)?;
        let (&count, rest) = rest.split_first().ok_or(Error::Truncated)?;
        let (pps, _) = sets(rest, count, Error::NoPps)?;
        Self::from_sets(length_size, sps, pps)
    }

    /// A configuration from parameter sets found in-band.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn from_sets(length_size: u8, sps: Vec<Bytes>, pps: Vec<Bytes>) -> Result<Self, Error> {
        if let Some(long) =
            sps.iter().chain(&pps).map(Bytes::len).find(|length| *length > usize::from(u16::MAX))
        {
            return Err(Error::SetTooLong(long));
        }
        let bytes = bytes_of(sps.iter().chain(&pps));
        if bytes > RECORD_BYTES_MAX {
            return Err(Error::TooLong(bytes));
        }
        if pps.iter().any(|set| set[0] & 0x1f != 8) || pps.is_empty() {
            return Err(Error::NoPps);
        }
        if sps.iter().any(|set| set[0] & 0x1f != 7) {
            return Err(Error::NoSps);
        }
        let active = Sps::parse(sps.first().ok_or(Error::NoSps)?).ok_or(Error::Sps)?;
        let (width, height) = (active.width, active.height);
        if !is_usable_size(width, height) {
            return Err(Error::Size { width, height });
        }
        Ok(Self { length_size, sps, pps, active })
    }

    /// The record rebuilt: 4-byte lengths, extension bytes wherever the profile asks for them.
    pub fn to_avcc(&self) -> Bytes {
        let sps = &self.active;
        let [profile, constraints, level] = sps.profile;
        let mut out = BytesMut::with_capacity(64);
        out.put_slice(&[1, profile, constraints, level, 0xff, 0xe0 | self.sps.len().min(31) as u8]);
        for set in self.sps.iter().take(31) {
            out.put_u16(set.len() as u16);
            out.put_slice(set);
        }
        out.put_u8(self.pps.len().min(255) as u8);
        for set in self.pps.iter().take(255) {
            out.put_u16(set.len() as u16);
            out.put_slice(set);
        }
        if matches!(profile, 100 | 110 | 122 | 144) {
            out.put_slice(&[
                0xfc | sps.chroma_format,
                0xf8 | (sps.bit_depth_luma - 8),
                0xf8 | (sps.bit_depth_chroma - 8),
                0,
            ]);
        }
        out.freeze()
    }

    /// The track configuration consumers see.
    pub fn to_config(&self) -> VideoConfig {
        VideoConfig {
            format: VideoFormat::H264,
            record: self.to_avcc(),
            width: self.active.width,
            height: self.active.height,
            codec: self.active.codec(),
            fps: self.active.fps,
            reorder: self.active.reorder,
        }
    }
}

fn sets(mut data: &[u8], count: u8, missing: Error) -> Result<(Vec<Bytes>, &[u8]), Error> {
    let mut found = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        let [high, low, rest @ ..] = data else {
            return Err(Error::Truncated);
        };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        if length == 0 {
            return Err(missing);
        }
        let set = rest.get(..length).ok_or(Error::Truncated)?;
        found.push(Bytes::copy_from_slice(set));
        data = &rest[length..];
    }
    if found.is_empty() { Err(missing) } else { Ok((found, data)) }
}

#[cfg(test)]
#[path = "avc/tests.rs"]
mod tests;
