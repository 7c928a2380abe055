//! Walking the NAL units of one picture and bringing them to the form MP4 wants.
//!
//! Delimiters (35) and filler (38) go; parameter sets identical to the configuration's go (the `hvc1` sample entry keeps them out
//! of band); any other parameter set stays, a decoder applies it. With nothing to drop and lengths of 4 bytes the payload is the
//! publisher's own buffer; otherwise it is copied once.
//!
//! Where one may start (ITU-T H.265, 3.66 and 8.1.3): at any IRAP picture. An IDR breaks with what was before. A CRA picture does
//! not: pictures that come behind it and are shown before it (RASL) need what was before, and are of no use to who starts at it;
//! the timeline leaves them out there. Behind a BLA picture, where a stream was spliced, they are of no use to anybody.

use bytes::Bytes;

use super::{DecoderConfiguration, PPS, SPS, Sps, VPS, kind};
use crate::nal::Kept;

/// One picture, normalised.
#[derive(Debug, Clone, PartialEq)]
pub struct Normalised {
    /// NAL units with 4-byte lengths; empty if nothing but filler was there.
    pub data: Bytes,
    /// Has slices at all.
    pub slices: bool,
    /// An intra random access point: IDR, CRA or BLA.
    pub random_access: bool,
    /// A BLA picture.
    pub broken_link: bool,
    /// A RASL picture: shown before the random access point it follows, made from pictures before that.
    pub skipped_leading: bool,
    /// In-band parameter sets that ask for a new decoder setup (see [`Sps::differs_materially`]).
    pub new_config: Option<Box<DecoderConfiguration>>,
}

/// Reads the NAL units in `nals`, with lengths as `config` tells, and drops what MP4 does not need.
///
/// Returns `None` when a length reaches past the end, or there are absurdly many: the picture is unusable.
pub fn normalise(nals: &Bytes, config: &DecoderConfiguration) -> Option<Normalised> {
    let mut slice: Option<u8> = None;
    let mut sets: [Vec<Bytes>; 3] = Default::default();
    let mut kept = Kept::of(nals, usize::from(config.length_size), |nal, place| match kind(nal) {
        None | Some(35 | 38) => false,
        Some(set @ (VPS | SPS | PPS)) => {
            let number = usize::from(set - VPS);
            sets[number].push(nals.slice(place));
            let known = [&config.vps, &config.sps, &config.pps][number];
            !known.iter().any(|known| known == nal)
        }
        Some(picture @ 0..=31) => {
            slice.get_or_insert(picture);
            true
        }
        Some(_) => true,
    })?;
    let new_config = new_config(sets, config);
    if new_config.is_some() {
        kept.leave_out(nals, |nal| matches!(kind(nal), Some(VPS | SPS | PPS)));
    }
    let data = kept.data(nals)?;
    let is = |kinds: std::ops::RangeInclusive<u8>| slice.is_some_and(|slice| kinds.contains(&slice));
    Some(Normalised {
        data,
        slices: slice.is_some(),
        random_access: is(16..=23),
        broken_link: is(16..=18),
        skipped_leading: is(8..=9),
        new_config,
    })
}

fn new_config(sets: [Vec<Bytes>; 3], config: &DecoderConfiguration) -> Option<Box<DecoderConfiguration>> {
    let [vps, sps, pps] = sets;
    let first = sps.first()?;
    if config.sps.contains(first) || !Sps::parse(first)?.differs_materially(&config.active) {
        return None;
    }
    let copy = |sets: Vec<Bytes>, known: &[Bytes]| match sets.is_empty() {
        true => known.to_vec(),
        false => sets.iter().map(|set| Bytes::copy_from_slice(set)).collect(),
    };
    let (vps, sps, pps) = (copy(vps, &config.vps), copy(sps, &config.sps), copy(pps, &config.pps));
    DecoderConfiguration::from_sets(config.length_size, vps, sps, pps, config.sei.clone()).ok().map(Box::new)
}
