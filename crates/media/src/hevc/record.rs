//! The HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3.1): reading and writing.

use bytes::{BufMut, Bytes, BytesMut};

use crate::track::RECORD_BYTES_MAX;

use super::{DecoderConfiguration, Error, PPS, PREFIX_SEI, SPS, SUFFIX_SEI, VPS, kind};

/// SEI payload type user_data_unregistered (ITU-T H.265, D.2.1).
const USER_DATA: u8 = 5;
/// Bytes in front of the arrays of NAL units.
const HEAD: usize = 23;

impl DecoderConfiguration {
    /// Reads a record. What its head says of profile and size is left to the sequence parameter set.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn parse(data: &[u8]) -> Result<Self, Error> {
        if data.len() > RECORD_BYTES_MAX {
            return Err(Error::TooLong(data.len()));
        }
        let (&version, _) = data.split_first().ok_or(Error::Truncated)?;
        if version != 1 {
            return Err(Error::Version(version));
        }
        let (head, mut rest) = data.split_at_checked(HEAD).ok_or(Error::Truncated)?;
        let length_size = (head[21] & 3) + 1;
        if length_size == 3 {
            return Err(Error::LengthSize);
        }
        let (mut vps, mut sps, mut pps, mut sei) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for _ in 0..head[22] {
            let [_, high, low, after @ ..] = rest else { return Err(Error::Truncated) };
            rest = after;
            for _ in 0..u16::from_be_bytes([*high, *low]) {
                let [high, low, after @ ..] = rest else { return Err(Error::Truncated) };
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                let (nal, after) = after.split_at_checked(length).ok_or(Error::Truncated)?;
                rest = after;
                // The unit's own header counts, not the array's.
                let sets = match kind(nal) {
                    Some(VPS) => &mut vps,
                    Some(SPS) => &mut sps,
                    Some(PPS) => &mut pps,
                    // What an encoder says of its settings is long and no player's business.
                    Some(PREFIX_SEI | SUFFIX_SEI) if nal.get(2) != Some(&USER_DATA) => &mut sei,
                    _ => continue,
                };
                sets.push(Bytes::copy_from_slice(nal));
                if sets.len() > super::MAX_SETS {
                    return Err(Error::TooManySets);
                }
            }
        }
        Self::from_sets(length_size, vps, sps, pps, sei)
    }

    /// The record rebuilt: 4-byte lengths, everything else as the sequence parameter set has it.
    pub fn to_hvcc(&self) -> Bytes {
        let sps = &self.active;
        let profile = &sps.profile;
        let mut out = BytesMut::with_capacity(256);
        out.put_u8(1);
        out.put_u8(profile.space << 6 | u8::from(profile.high_tier) << 5 | profile.idc);
        out.put_u32(profile.compatibility);
        out.put_slice(&profile.constraints);
        out.put_u8(profile.level_idc);
        // No bound on segments, no hint on parallel decoding.
        out.put_slice(&[0xf0, 0, 0xfc]);
        out.put_slice(&[
            0xfc | sps.chroma_format,
            0xf8 | (sps.bit_depth_luma - 8),
            0xf8 | (sps.bit_depth_chroma - 8),
        ]);
        // Average rate not told, constancy not told; sub-layers, nesting, 4-byte lengths.
        out.put_u16(0);
        out.put_u8(sps.sub_layers << 3 | u8::from(sps.nested) << 2 | 3);
        let (prefix, suffix): (Vec<_>, Vec<_>) =
            self.sei.iter().cloned().partition(|nal| kind(nal) == Some(PREFIX_SEI));
        // The sets are all here (array_completeness), as `hvc1` demands; messages may come in-band too.
        let arrays = [
            (0x80 | VPS, &self.vps),
            (0x80 | SPS, &self.sps),
            (0x80 | PPS, &self.pps),
            (PREFIX_SEI, &prefix),
            (SUFFIX_SEI, &suffix),
        ];
        out.put_u8(arrays.iter().filter(|(_, sets)| !sets.is_empty()).count() as u8);
        for (kind, sets) in arrays.into_iter().filter(|(_, sets)| !sets.is_empty()) {
            out.put_u8(kind);
            out.put_u16(sets.len() as u16);
            for set in sets {
                out.put_u16(set.len() as u16);
                out.put_slice(set);
            }
        }
        out.freeze()
    }
}
