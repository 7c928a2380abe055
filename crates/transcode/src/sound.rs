//! AAC sound for the rungs of a source that has Opus: what is made, and what players are told of it.
//!
//! Known before the first frame, since the playlists and init sections need it at once: AAC-LC, 48 kHz, mono or stereo. A worker whose
//! encoder gives anything else ends with a fault.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// Sound that the rungs need in AAC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoundJob {
    /// The source's Opus header as the body of a `dOps` box.
    #[serde(with = "crate::transcoder::bytes_as_list")]
    pub dops: Bytes,
}

/// Channels that are made of the source's.
pub fn channels(source: u8) -> u8 {
    source.clamp(1, 2)
}

/// Bit rate of the AAC sound that is made of so many channels.
pub fn bitrate_bps(source: u8) -> u32 {
    if channels(source) == 1 { 96_000 } else { 160_000 }
}

/// Its AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1): AAC-LC, 48 kHz.
pub fn asc(source: u8) -> [u8; 2] {
    [0x11, 0x80 | channels(source) << 3]
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamly_media::AudioConfig;

    #[test]
    fn what_is_promised_is_aac_lc_of_one_or_two_channels() {
        for (source, expected) in [(1, 1), (2, 2), (6, 2)] {
            let config = AudioConfig::parse(Bytes::copy_from_slice(&asc(source))).unwrap();
            assert_eq!((config.codec().as_str(), config.sample_rate), ("mp4a.40.2", 48_000));
            assert_eq!((config.channels, config.samples_per_frame), (expected, 1024));
        }
    }
}
