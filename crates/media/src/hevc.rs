//! HEVC: decoder configuration records (hvcC) and NAL units as RTMP and MP4 carry them.
//!
//! Records are validated as far as a decoder or a box could stumble over them, and rebuilt with 4-byte lengths and with what the
//! sequence parameter set says, whatever the header claimed. Slices are never read. All sizes come from a peer: every read is
//! checked, nothing panics.

mod nal;
mod record;
mod sps;

use bytes::Bytes;

pub use nal::{Normalised, normalise};
pub use sps::{ProfileTierLevel, Sps};

use crate::{
    VideoConfig, VideoFormat,
    track::{RECORD_BYTES_MAX, bytes_of, is_usable_size},
};

/// nal_unit_type values (ITU-T H.265, Table 7-1).
const VPS: u8 = 32;
const SPS: u8 = 33;
const PPS: u8 = 34;
const PREFIX_SEI: u8 = 39;
const SUFFIX_SEI: u8 = 40;

/// Parameter sets of a kind kept at most: the standard allows 16, 16 and 64 numbers.
const MAX_SETS: usize = 64;

/// Why an HEVC configuration cannot be used.
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
    /// More parameter sets than the standard has numbers for.
    #[error("video config has too many parameter sets")]
    TooManySets,
    /// No video parameter set.
    #[error("video config has no video parameter set")]
    NoVps,
    /// No sequence parameter set.
    #[error("video config has no sequence parameter set")]
    NoSps,
    /// No picture parameter set.
    #[error("video config has no picture parameter set")]
    NoPps,
    /// The sequence parameter set cannot be read.
    #[error("sequence parameter set is malformed")]
    Sps,
    /// Longer than [`RECORD_BYTES_MAX`](crate::RECORD_BYTES_MAX).
    #[error("video config of {0} bytes is too long")]
    TooLong(usize),
    /// The picture is empty or larger than [`MAX_DIMENSION`](crate::avc::MAX_DIMENSION).
    #[error("picture size {width}x{height} is not usable")]
    Size {
        /// Width after cropping.
        width: u32,
        /// Height after cropping.
        height: u32,
    },
}

/// The parameter sets of a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct DecoderConfiguration {
    /// Bytes of each NAL length in the publisher's pictures: 1, 2 or 4.
    pub length_size: u8,
    /// Video parameter sets with their headers; at least one.
    pub vps: Vec<Bytes>,
    /// Sequence parameter sets with their headers; at least one.
    pub sps: Vec<Bytes>,
    /// Picture parameter sets with their headers; at least one.
    pub pps: Vec<Bytes>,
    /// Supplemental messages for the whole stream (colours of a mastering display).
    pub sei: Vec<Bytes>,
    /// The first sequence parameter set, read.
    pub active: Sps,
}

impl DecoderConfiguration {
    /// A configuration from parameter sets found in-band.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn from_sets(
        length_size: u8,
        vps: Vec<Bytes>,
        sps: Vec<Bytes>,
        pps: Vec<Bytes>,
        sei: Vec<Bytes>,
    ) -> Result<Self, Error> {
        let all = || vps.iter().chain(&sps).chain(&pps).chain(&sei);
        if let Some(long) = all().map(Bytes::len).find(|length| *length > usize::from(u16::MAX)) {
            return Err(Error::SetTooLong(long));
        }
        let bytes = bytes_of(all());
        if bytes > RECORD_BYTES_MAX {
            return Err(Error::TooLong(bytes));
        }
        if [&vps, &sps, &pps, &sei].iter().any(|sets| sets.len() > MAX_SETS) {
            return Err(Error::TooManySets);
        }
        if vps.is_empty() {
            return Err(Error::NoVps);
        }
        if pps.is_empty() {
            return Err(Error::NoPps);
        }
        let active = Sps::parse(sps.first().ok_or(Error::NoSps)?).ok_or(Error::Sps)?;
        let (width, height) = (active.width, active.height);
        if !is_usable_size(width, height) {
            return Err(Error::Size { width, height });
        }
        Ok(Self { length_size, vps, sps, pps, sei, active })
    }

    /// The track configuration consumers see.
    pub fn to_config(&self) -> VideoConfig {
        VideoConfig {
            format: VideoFormat::Hevc,
            record: self.to_hvcc(),
            width: self.active.width,
            height: self.active.height,
            codec: self.active.profile.codec(),
            fps: self.active.fps,
            reorder: Some(self.active.reorder),
        }
    }
}

/// The type of a NAL unit; `None`: shorter than its header.
fn kind(nal: &[u8]) -> Option<u8> {
    (nal.len() >= 2).then(|| nal[0] >> 1 & 0x3f)
}

#[cfg(test)]
#[path = "hevc/tests.rs"]
mod tests;
