//! Walking the NAL units of one picture and bringing them to the form MP4 wants.
//!
//! Filler (12) and access unit delimiters (9) go; parameter sets identical to the configuration's go (the `avc1` sample
//! entry keeps them out of band); any other parameter set stays, a decoder applies it. With nothing to drop and lengths
//! of 4 bytes the payload is the publisher's own buffer; otherwise it is copied once.

use bytes::Bytes;

use super::{DecoderConfiguration, Sps};
use crate::nal::Kept;

/// One picture, normalised.
#[derive(Debug, Clone, PartialEq)]
pub struct Normalised {
    /// NAL units with 4-byte lengths; empty if nothing but filler was there.
    pub data: Bytes,
    /// Has an IDR slice.
    pub idr: bool,
    /// Has slices at all.
    pub slices: bool,
    /// Has a recovery point SEI message: with the keyframe flag of the tag, also a place to start.
    pub recovery_point: bool,
    /// In-band parameter sets that ask for a new decoder setup (see [`Sps::differs_materially`]).
    pub new_config: Option<Box<DecoderConfiguration>>,
}

/// Reads the NAL units in `nals`, with lengths as `config` tells, and drops what MP4 does not need.
///
/// Returns `None` when a length reaches past the end, or there are absurdly many: the picture is unusable.
pub fn normalise(nals: &Bytes, config: &DecoderConfiguration) -> Option<Normalised> {
    let (mut idr, mut slices, mut recovery_point) = (false, false, false);
    let (mut sps, mut pps): (Vec<Bytes>, Vec<Bytes>) = (Vec::new(), Vec::new());
    let mut kept = Kept::of(nals, usize::from(config.length_size), |nal, place| {
        let Some(&header) = nal.first() else { return false };
        match header & 0x1f {
            9 | 12 => false,
            7 => {
                sps.push(nals.slice(place));
                !config.sps.iter().any(|known| known == nal)
            }
            8 => {
                pps.push(nals.slice(place));
                !config.pps.iter().any(|known| known == nal)
            }
            5 => {
                (idr, slices) = (true, true);
                true
            }
            1..=4 => {
                slices = true;
                true
            }
            6 => {
                recovery_point |= has_recovery_point(&nal[1..]);
                true
            }
            _ => true,
        }
    })?;
    let new_config = new_config(sps, pps, config);
    if new_config.is_some() {
        kept.leave_out(nals, |nal| matches!(nal[0] & 0x1f, 7 | 8));
    }
    let data = kept.data(nals)?;
    Some(Normalised { data, idr, slices, recovery_point, new_config })
}

fn new_config(
    sps: Vec<Bytes>,
    pps: Vec<Bytes>,
    config: &DecoderConfiguration,
) -> Option<Box<DecoderConfiguration>> {
    let first = sps.first()?;
    if config.sps.contains(first) || !Sps::parse(first)?.differs_materially(&config.active) {
        return None;
    }
    let pps = if pps.is_empty() { config.pps.clone() } else { pps };
    let copy = |sets: Vec<Bytes>| sets.iter().map(|set| Bytes::copy_from_slice(set)).collect::<Vec<_>>();
    DecoderConfiguration::from_sets(config.length_size, copy(sps), copy(pps)).ok().map(Box::new)
}

/// Whether an SEI NAL unit holds payload type 6 (ITU-T H.264, D.1.8).
fn has_recovery_point(mut sei: &[u8]) -> bool {
    let number = |sei: &mut &[u8]| {
        let mut sum = 0usize;
        loop {
            let (&byte, rest) = sei.split_first()?;
            *sei = rest;
            sum += usize::from(byte);
            if byte != 255 {
                return Some(sum);
            }
        }
    };
    while sei.len() > 2 {
        let (Some(kind), Some(size)) = (number(&mut sei), number(&mut sei)) else {
            return false;
        };
        if kind == 6 {
            return true;
        }
        sei = sei.get(size..).unwrap_or_default();
    }
    false
}
