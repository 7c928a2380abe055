//! Walking the OBUs of a temporal unit and bringing them to the form MP4 wants (AV1 5.3, AV1 in ISO base media 2.4).
//!
//! Temporal delimiters (2), tile lists (8) and padding (15) go. Sequence headers stay, and a key frame without one gets the
//! configuration's: a sync sample must have one in front of its first frame. With nothing to change the payload is the publisher's
//! own buffer; otherwise it is copied once. A unit without a size ends with the data and keeps that form at its end.

use std::ops::Range;

use bytes::{BufMut, Bytes, BytesMut};

use super::{Configuration, SequenceHeader};
use crate::bits::Bits;

pub(super) const SEQUENCE_HEADER: u8 = 1;
const TEMPORAL_DELIMITER: u8 = 2;
const FRAME_HEADER: u8 = 3;
const TILE_GROUP: u8 = 4;
pub(crate) const METADATA: u8 = 5;
const FRAME: u8 = 6;
const TILE_LIST: u8 = 8;
const PADDING: u8 = 15;

/// OBUs in one temporal unit at most; real ones have a handful, with many tile groups some hundred.
const MAX_UNITS: usize = 1_024;

/// Where an OBU lies.
pub(crate) struct Unit {
    pub(crate) kind: u8,
    /// With its header.
    pub(super) whole: Range<usize>,
    pub(crate) payload: Range<usize>,
}

/// The OBUs of `data`; `None` if one reaches past the end, has the forbidden bit, or there are absurdly many.
pub(crate) fn units(data: &[u8]) -> Option<Vec<Unit>> {
    let mut found = Vec::with_capacity(4);
    let mut at = 0;
    while at < data.len() {
        let start = at;
        let head = data[at];
        if head & 0x80 != 0 || found.len() >= MAX_UNITS {
            return None;
        }
        at += if head & 4 != 0 { 2 } else { 1 };
        let length = if head & 2 != 0 { size(data, &mut at)? } else { data.len().checked_sub(at)? };
        let end = at.checked_add(length).filter(|end| *end <= data.len())?;
        found.push(Unit { kind: head >> 3 & 15, whole: start..end, payload: at..end });
        at = end;
    }
    Some(found)
}

/// Whether what a frame begins with or consists of.
pub(crate) fn is_of_frame(kind: u8) -> bool {
    matches!(kind, FRAME_HEADER | TILE_GROUP | FRAME)
}

/// leb128() (4.10.5), at most 32 bits.
fn size(data: &[u8], at: &mut usize) -> Option<usize> {
    let mut value = 0u64;
    for place in 0..8 {
        let byte = *data.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return u32::try_from(value).ok().and_then(|value| usize::try_from(value).ok());
        }
    }
    None
}

/// Writes a leb128 number.
pub(super) fn put_size(out: &mut BytesMut, mut value: usize) {
    while value > 0x7f {
        out.put_u8(value as u8 & 0x7f | 0x80);
        value >>= 7;
    }
    out.put_u8(value as u8);
}

/// One temporal unit, normalised.
#[derive(Debug, Clone, PartialEq)]
pub struct Normalised {
    /// OBUs of the sample.
    pub data: Bytes,
    /// Has a frame at all.
    pub frames: bool,
    /// Begins with a key frame that is shown: one may start here.
    pub keyframe: bool,
    /// A sequence header that asks for a new decoder setup.
    pub new_config: Option<Box<Configuration>>,
}

/// Reads a temporal unit and drops what MP4 does not need. `None`: unusable.
pub fn normalise(data: &Bytes, config: &Configuration) -> Option<Normalised> {
    let units = units(data)?;
    let keeps = |unit: &Unit| !matches!(unit.kind, TEMPORAL_DELIMITER | TILE_LIST | PADDING);
    let mut active = &config.active;
    let mut changed: Option<Configuration> = None;
    if let Some(unit) = units.iter().find(|unit| unit.kind == SEQUENCE_HEADER) {
        let payload = &data[unit.payload.clone()];
        let known = config.sequence_obu.ends_with(payload);
        if !known && let Ok(new) = Configuration::from_sequence(payload) {
            changed = Some(new).filter(|new| new.active.differs_materially(&config.active));
        }
    }
    if let Some(new) = &changed {
        active = &new.active;
    }
    let place = units.iter().position(|unit| matches!(unit.kind, FRAME_HEADER | FRAME));
    let first = place.map(|place| &units[place]);
    let keyframe = first.is_some_and(|unit| is_shown_key(&data[unit.payload.clone()], active));
    let frames = first.is_some();
    let before = &units[..place.unwrap_or(0)];
    let lacks = keyframe && !before.iter().any(|unit| unit.kind == SEQUENCE_HEADER);
    let out = if !lacks && units.iter().all(keeps) {
        data.clone()
    } else {
        let header: &[u8] = if lacks { &config.sequence_obu } else { &[] };
        let kept = || units.iter().filter(|unit| keeps(unit));
        let mut out =
            BytesMut::with_capacity(header.len() + kept().map(|unit| unit.whole.len()).sum::<usize>());
        out.put_slice(header);
        kept().for_each(|unit| out.put_slice(&data[unit.whole.clone()]));
        out.freeze()
    };
    Some(Normalised { data: out, frames, keyframe, new_config: changed.map(Box::new) })
}

/// The beginning of uncompressed_header() (5.9.2).
fn is_shown_key(frame: &[u8], sequence: &SequenceHeader) -> bool {
    if sequence.still_picture {
        return true;
    }
    let mut bits = Bits::new(frame);
    // show_existing_frame, frame_type (0 is a key frame), show_frame
    bits.read(4).is_some_and(|head| head == 0b0001)
}
