//! Parts: one `moof` and `mdat` with a `traf` each for video and audio.
//!
//! Written by hand: `mp4-atom` needs lists of entries and a second encoding once the data's offset is known, measured as six
//! allocations a part for the boxes alone. Here the part is one allocation of its final size, into which each payload is copied once; that is the
//! only copy of a frame on its way to a viewer. A list of slices would save it but make each of the many answers to
//! viewers gather some 15 pieces.

use bytes::{BufMut, Bytes, BytesMut};
use streamly_media::AccessUnit;

use crate::{
    boxes::{boxed, full, patch},
    init::{AUDIO_TRACK, NOT_SYNC, SYNC, VIDEO_TRACK},
};

/// A unit with its duration in its track's timescale.
pub(crate) struct Sample {
    pub(crate) unit: AccessUnit,
    pub(crate) duration: u32,
}

/// trun flags: data offset, and per sample duration and size (ISO/IEC 14496-12, 8.8.8).
const TRUN: u32 = 0x0301;
/// trun flags for video in addition: per sample flags and composition time offset.
const TRUN_VIDEO: u32 = 0x0c00;
/// tfhd flag default-base-is-moof.
const BASE_IS_MOOF: u32 = 0x02_0000;

/// The bytes of a part, and how many of them hold its first picture if that is a keyframe. Either list may be empty, not both.
pub(crate) fn part(sequence: u32, video: &[Sample], audio: &[Sample]) -> (Bytes, Option<u32>) {
    let payload: usize = video.iter().chain(audio).map(|sample| sample.unit.data.len()).sum();
    let mut out = BytesMut::with_capacity(payload + 200 + 16 * video.len() + 8 * audio.len());
    let mut offsets = [0usize; 2];
    boxed(&mut out, b"moof", |out| {
        full(out, b"mfhd", 0, 0, |out| out.put_u32(sequence));
        if !video.is_empty() {
            offsets[0] = traf(out, VIDEO_TRACK, video, true);
        }
        if !audio.is_empty() {
            offsets[1] = traf(out, AUDIO_TRACK, audio, false);
        }
    });
    let mut data = out.len() as u32 + 8;
    let keyframe =
        video.first().filter(|first| first.unit.keyframe).map(|first| data + first.unit.data.len() as u32);
    for (offset, samples) in offsets.into_iter().zip([video, audio]) {
        if offset != 0 {
            patch(&mut out, offset, data);
            data += samples.iter().map(|sample| sample.unit.data.len() as u32).sum::<u32>();
        }
    }
    boxed(&mut out, b"mdat", |out| {
        for sample in video.iter().chain(audio) {
            out.put_slice(&sample.unit.data);
        }
    });
    (out.freeze(), keyframe)
}

/// Writes a `traf`; returns where its data offset is to be patched.
fn traf(out: &mut BytesMut, track: u32, samples: &[Sample], video: bool) -> usize {
    let mut offset = 0;
    boxed(out, b"traf", |out| {
        full(out, b"tfhd", 0, BASE_IS_MOOF, |out| out.put_u32(track));
        full(out, b"tfdt", 1, 0, |out| {
            out.put_u64(samples.first().map_or(0, |first| first.unit.dts.max(0) as u64))
        });
        full(out, b"trun", 1, if video { TRUN | TRUN_VIDEO } else { TRUN }, |out| {
            out.put_u32(samples.len() as u32);
            offset = out.len();
            out.put_u32(0);
            for Sample { unit, duration } in samples {
                out.put_u32(*duration);
                out.put_u32(unit.data.len() as u32);
                if video {
                    out.put_u32(if unit.keyframe { SYNC } else { NOT_SYNC });
                    out.put_i32((unit.pts - unit.dts).clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32);
                }
            }
        });
    });
    offset
}

#[cfg(test)]
mod tests {
    use mp4_atom::{Decode, Header, Moof, ReadFrom};
    use streamly_media::Kind;

    use super::*;

    fn sample(kind: Kind, dts: i64, pts: i64, keyframe: bool, data: &'static [u8]) -> Sample {
        let unit = AccessUnit { kind, dts, pts, keyframe, data: Bytes::from_static(data) };
        Sample { unit, duration: if kind == Kind::Video { 3_000 } else { 1_024 } }
    }

    #[test]
    fn another_reader_finds_times_flags_and_payloads() {
        let video = [
            sample(Kind::Video, 1 << 40, (1 << 40) + 6_000, true, b"IDR"),
            sample(Kind::Video, (1 << 40) + 3_000, (1 << 40) + 2_000, false, b"pic"),
        ];
        let audio = [sample(Kind::Audio, 77, 77, true, b"sound")];
        let (bytes, keyframe) = part(9, &video, &audio);
        assert!(bytes[..keyframe.expect("it starts with one") as usize].ends_with(b"IDR"));
        assert_eq!(part(9, &video[1..], &audio).1, None);
        let mut data = &bytes[..];
        let moof = Moof::decode(&mut data).expect("moof");
        assert_eq!(moof.mfhd.sequence_number, 9);
        let [first, second] = &moof.traf[..] else { panic!("two trafs") };
        assert_eq!(first.tfdt.as_ref().expect("tfdt").base_media_decode_time, 1 << 40);
        let trun = &first.trun[0];
        assert_eq!(
            trun.samples.iter().map(|entry| entry.cts).collect::<Vec<_>>(),
            [Some(6_000), Some(-1_000)]
        );
        assert_eq!(
            trun.samples.iter().map(|entry| entry.flags).collect::<Vec<_>>(),
            [Some(SYNC), Some(NOT_SYNC)]
        );
        let at = |offset: Option<i32>| &bytes[offset.expect("offset") as usize..];
        assert!(at(trun.data_offset).starts_with(b"IDRpicsound"));
        assert!(at(second.trun[0].data_offset).starts_with(b"sound"));
        let header = Header::read_from(&mut data).expect("mdat");
        assert_eq!((header.size, data.len()), (Some(11), 11));
    }
}
