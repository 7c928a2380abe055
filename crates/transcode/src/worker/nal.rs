//! Takes what does not belong into an `avc1` sample out of an encoder's access unit, and puts the source's captions in.
//!
//! Parameter sets live in the codec configuration (ISO/IEC 14496-15 §5.4.2.1.2: `avc1` has them out of band) and access unit
//! delimiters and filler carry nothing. Most encoders write none of them in this format; then nothing is copied twice.

use bytes::{BufMut, Bytes, BytesMut};
use streamly_media::captions::{self, Construct};

/// nal_unit_type values left out: SPS, PPS, AUD, filler (H.264 Table 7-1).
const LEFT_OUT: [u8; 4] = [7, 8, 9, 12];

/// `sample` has NAL units with 4-byte lengths. A sample that cannot be walked is handed on as it is: the encoder is not a peer.
///
/// Captions come in front of the first slice, behind the encoder's own messages: a buffering period has to be the first (H.264, 7.4.1.2.3).
pub(super) fn cleaned(sample: &[u8], captions: &[Construct]) -> Bytes {
    let Some(units) = units(sample) else { return Bytes::copy_from_slice(sample) };
    let kind = |unit: &[u8]| unit.get(4).map(|head| head & 0x1F);
    let is_kept = |unit: &&[u8]| kind(unit).is_some_and(|kind| !LEFT_OUT.contains(&kind));
    if captions.is_empty() && units.iter().all(is_kept) {
        return Bytes::copy_from_slice(sample);
    }
    let mut message = (!captions.is_empty()).then(|| captions::h264_message(captions));
    let room = message.as_ref().map_or(0, |message| message.len() + 4);
    let mut kept = BytesMut::with_capacity(sample.len() + room);
    for unit in units.iter().copied().filter(is_kept) {
        if kind(unit).is_some_and(|kind| (1..=5).contains(&kind))
            && let Some(message) = message.take()
        {
            kept.put_u32(message.len() as u32);
            kept.put_slice(&message);
        }
        kept.put_slice(unit);
    }
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
        assert_eq!(&cleaned(&sample, &[])[..], [0, 0, 0, 3, 0x65, 1, 2]);
        assert_eq!(&cleaned(&sample[16..], &[])[..], &sample[16..]);
    }

    #[test]
    fn captions_stand_behind_the_encoders_messages_and_in_front_of_its_first_slice() {
        let (words, slices) = ([0, 0, 0, 2, 6, 0], [0, 0, 0, 1, 0x65, 0, 0, 0, 1, 0x65]);
        let sample = [&[0, 0, 0, 2, 9, 0xF0][..], &words, &slices].concat();
        let message = captions::h264_message(&[[0xFC, 1, 2]]);
        let length = [0, 0, 0, message.len() as u8];
        let expected = [&words[..], &length, &message, &slices].concat();
        assert_eq!(cleaned(&sample, &[[0xFC, 1, 2]]), expected);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(sample in proptest::collection::vec(any::<u8>(), 0..64)) {
            prop_assert!(cleaned(&sample, &[]).len() <= sample.len());
            cleaned(&sample, &[[0xFC, 0, 0]]);
        }
    }
}
