//! AAC: the AudioSpecificConfig of ISO/IEC 14496-3, 1.6.2.1.
//!
//! Only the part before the GASpecificConfig's details is read. What a decoder could not use (rate 0, no channels,
//! another codec's object type) is an error, so that no later stage divides by it.

use crate::bits::Bits;

const RATES: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

/// Why an AudioSpecificConfig cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It ends before its mandatory fields.
    #[error("audio config is truncated")]
    Truncated,
    /// The sampling rate is 0, reserved, or above 96 kHz.
    #[error("audio config has the unusable sampling rate {0}")]
    Rate(u32),
    /// Channel configuration 0 (a program config element) or reserved.
    #[error("audio config has the unusable channel configuration {0}")]
    Channels(u32),
    /// An audio object type that is not AAC.
    #[error("audio object type {0} is not AAC")]
    ObjectType(u32),
}

/// The fields of an AudioSpecificConfig that packaging needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioSpecificConfig {
    /// 1 Main, 2 LC, 3 SSR, 4 LTP, 5 SBR (HE-AAC), 29 PS (HE-AAC v2).
    pub object_type: u8,
    /// Core sampling rate in Hz, 1 to 96 000.
    pub sample_rate: u32,
    /// 1 to 8.
    pub channels: u8,
    /// 1024, or 960 when frameLengthFlag is set.
    pub samples_per_frame: u32,
}

impl AudioSpecificConfig {
    /// Parses and validates.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn parse(data: &[u8]) -> Result<Self, Error> {
        let mut bits = Bits::new(data);
        let object_type = object_type(&mut bits)?;
        let sample_rate = rate(&mut bits)?;
        let channels = match bits.read(4).ok_or(Error::Truncated)? {
            count @ 1..=6 => count as u8,
            7 => 8,
            11 => 7,
            12 | 14 => 8,
            other => return Err(Error::Channels(other)),
        };
        let mut core = object_type;
        if matches!(object_type, 5 | 29) {
            rate(&mut bits)?;
            core = self::object_type(&mut bits)?;
        }
        if !matches!(core, 1..=4) {
            return Err(Error::ObjectType(core));
        }
        let short = bits.bit().ok_or(Error::Truncated)?;
        Ok(Self {
            object_type: object_type as u8,
            sample_rate,
            channels,
            samples_per_frame: if short { 960 } else { 1024 },
        })
    }
}

fn object_type(bits: &mut Bits<'_>) -> Result<u32, Error> {
    let code = bits.read(5).ok_or(Error::Truncated)?;
    let code = if code == 31 { 32 + bits.read(6).ok_or(Error::Truncated)? } else { code };
    if matches!(code, 1..=5 | 29) { Ok(code) } else { Err(Error::ObjectType(code)) }
}

fn rate(bits: &mut Bits<'_>) -> Result<u32, Error> {
    let index = bits.read(4).ok_or(Error::Truncated)?;
    let rate = match index {
        15 => bits.read(24).ok_or(Error::Truncated)?,
        index => RATES.get(index as usize).copied().unwrap_or(0),
    };
    if (1..=96_000).contains(&rate) { Ok(rate) } else { Err(Error::Rate(rate)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_config_of_obs_is_lc_48_khz_stereo() {
        let config = AudioSpecificConfig::parse(&[0x11, 0x90, 0x56, 0xe5, 0x00]).expect("parses");
        assert_eq!(
            config,
            AudioSpecificConfig { object_type: 2, sample_rate: 48_000, channels: 2, samples_per_frame: 1024 }
        );
    }

    #[test]
    fn an_explicit_rate_is_read_and_zero_is_refused() {
        // object type 2, index 15, 24 bits of rate, 2 channels
        let with = |rate: u32| {
            let bits: u64 = 2u64 << 59 | 15u64 << 55 | u64::from(rate) << 31 | 2u64 << 27;
            AudioSpecificConfig::parse(&bits.to_be_bytes())
        };
        assert_eq!(with(44_056).expect("parses").sample_rate, 44_056);
        assert_eq!(with(0), Err(Error::Rate(0)));
        assert_eq!(AudioSpecificConfig::parse(&[0x16, 0x90]), Err(Error::Rate(0)), "reserved index 13");
    }

    #[test]
    fn the_960_flag_and_he_aac_are_read() {
        assert_eq!(AudioSpecificConfig::parse(&[0x11, 0x94]).expect("parses").samples_per_frame, 960);
        // SBR, core 24 kHz, stereo, extension 48 kHz, core LC
        let he = AudioSpecificConfig::parse(&[0x2b, 0x11, 0x88, 0x00]).expect("parses");
        assert_eq!((he.object_type, he.sample_rate), (5, 24_000));
    }

    #[test]
    fn no_channels_another_codec_and_no_bytes_are_refused() {
        assert_eq!(AudioSpecificConfig::parse(&[0x11, 0x80]), Err(Error::Channels(0)));
        assert_eq!(AudioSpecificConfig::parse(&[0xfb, 0x40, 0x00]), Err(Error::ObjectType(58)));
        assert_eq!(AudioSpecificConfig::parse(&[]), Err(Error::Truncated));
        assert_eq!(AudioSpecificConfig::parse(&[0x11]), Err(Error::Truncated));
    }
}
