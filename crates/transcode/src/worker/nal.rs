//! Takes what does not belong into an `avc1` sample out of an encoder's access unit.
//!
//! Parameter sets live in the codec configuration (ISO/IEC 14496-15 §5.4.2.1.2: `avc1` has them out of band) and access unit
//! delimiters and filler carry nothing. Most encoders write none of them in this format; then nothing is copied twice.

use bytes::{Bytes, BytesMut};

/// nal_unit_type values left out: SPS, PPS, AUD, filler (H.264 Table 7-1).
const LEFT_OUT: [u8; 4] = [7, 8, 9, 12];

/// `sample` has NAL units with 4-byte lengths. A sample that cannot be walked is handed on as it is: the encoder is not a peer.
pub(super) fn cleaned(sample: &[u8]) -> Bytes {
    let Some(units) = units(sample) else { return Bytes::copy_from_slice(sample) };
    let is_kept = |unit: &&[u8]| unit.get(4).is_some_and(|head| !LEFT_OUT.contains(&(head & 0x1F)));
    if units.iter().all(is_kept) {
        return Bytes::copy_from_slice(sample);
    }
    let mut kept = BytesMut::with_capacity(sample.len());
    units.iter().copied().filter(is_kept).for_each(|unit| kept.extend_from_slice(unit));
    kept.freeze()
}

/// The units with their lengths in front; `None` if the lengths do not add up.
fn units(mut rest: &[u8]) -> Option<Vec<&[u8]>> {
    let mut units = Vec::new();
    while !rest.is_empty() {
        let length = u32::from_be_bytes(*rest.first_chunk::<4>()?) as usize;
        let (unit, after) = rest.split_at_checked(length.checked_add(4)?)?;
        units.push(unit);
        rest = after;
    }
    Some(units)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parameter_sets_and_delimiters_are_taken_out_and_slices_stay() {
        let sample = [0, 0, 0, 2, 9, 0xF0, 0, 0, 0, 1, 0x67, 0, 0, 0, 1, 0x68, 0, 0, 0, 3, 0x65, 1, 2];
        assert_eq!(&cleaned(&sample)[..], [0, 0, 0, 3, 0x65, 1, 2]);
        assert_eq!(&cleaned(&sample[16..])[..], &sample[16..]);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(sample in proptest::collection::vec(any::<u8>(), 0..64)) {
            prop_assert!(cleaned(&sample).len() <= sample.len());
        }
    }
}
