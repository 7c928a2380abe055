//! Init segments: `ftyp` and `moov` of a rendition with video, audio or both.
//!
//! Written by hand rather than by `mp4-atom`, whose `esds` keeps a rate index instead of the AudioSpecificConfig's own
//! bytes and so loses explicit rates and HE-AAC; the tests read the result back with it. Sample entries: `entry`.

use bytes::{BufMut, Bytes, BytesMut};
use streamly_media::{AudioConfig, VIDEO_TIMESCALE, VideoConfig};

use crate::{
    Facts,
    boxes::{boxed, full},
    entry,
};

/// Track number of video.
pub(crate) const VIDEO_TRACK: u32 = 1;
/// Track number of audio.
pub(crate) const AUDIO_TRACK: u32 = 2;
/// Sample flags of a sync sample (ISO/IEC 14496-12, 8.8.3.1): depends on no other.
pub(crate) const SYNC: u32 = 0x0200_0000;
/// Sample flags of any other picture.
pub(crate) const NOT_SYNC: u32 = 0x0101_0000;

const MATRIX: [u32; 9] = [0x0001_0000, 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000];

/// The bytes of an init segment.
pub(crate) fn init(video: Option<&VideoConfig>, audio: Option<&AudioConfig>) -> Bytes {
    let mut out = BytesMut::with_capacity(1_400);
    boxed(&mut out, b"ftyp", |out| out.put_slice(b"iso6\0\0\0\x01iso6mp41"));
    boxed(&mut out, b"moov", |out| {
        full(out, b"mvhd", 0, 0, |out| {
            numbers(out, &[0, 0, 1_000, 0, 0x0001_0000, 0x0100_0000, 0, 0]);
            numbers(out, &MATRIX);
            numbers(out, &[0, 0, 0, 0, 0, 0, AUDIO_TRACK + 1]);
        });
        if let Some(video) = video {
            trak(out, VIDEO_TRACK, (video.width, video.height), VIDEO_TIMESCALE, b"vide", |out| {
                entry::video(out, video)
            });
        }
        if let Some(audio) = audio {
            trak(out, AUDIO_TRACK, (0, 0), audio.sample_rate, b"soun", |out| entry::audio(out, audio));
        }
        boxed(out, b"mvex", |out| {
            if video.is_some() {
                full(out, b"trex", 0, 0, |out| numbers(out, &[VIDEO_TRACK, 1, 0, 0, NOT_SYNC]));
            }
            if audio.is_some() {
                full(out, b"trex", 0, 0, |out| numbers(out, &[AUDIO_TRACK, 1, 0, 0, SYNC]));
            }
        });
    });
    out.freeze()
}

/// What a multivariant playlist says of these tracks.
pub(crate) fn facts(video: Option<&VideoConfig>, audio: Option<&AudioConfig>) -> Facts {
    let codecs: Vec<String> =
        video.map(VideoConfig::codec).into_iter().chain(audio.map(AudioConfig::codec)).collect();
    Facts {
        codecs: codecs.join(","),
        resolution: video.map(|video| (video.width, video.height)),
        fps: video.and_then(|video| video.fps),
    }
}

pub(crate) fn numbers(out: &mut BytesMut, values: &[u32]) {
    values.iter().for_each(|value| out.put_u32(*value));
}

fn trak(
    out: &mut BytesMut,
    id: u32,
    size: (u32, u32),
    timescale: u32,
    handler: &[u8; 4],
    entry: impl FnOnce(&mut BytesMut),
) {
    let sound = handler == b"soun";
    boxed(out, b"trak", |out| {
        full(out, b"tkhd", 0, 7, |out| {
            numbers(out, &[0, 0, id, 0, 0, 0, 0, 0, if sound { 0x0100_0000 } else { 0 }]);
            numbers(out, &MATRIX);
            numbers(out, &[size.0 << 16, size.1 << 16]);
        });
        boxed(out, b"mdia", |out| {
            full(out, b"mdhd", 0, 0, |out| numbers(out, &[0, 0, timescale, 0, 0x55c4_0000]));
            full(out, b"hdlr", 0, 0, |out| {
                out.put_u32(0);
                out.put_slice(handler);
                numbers(out, &[0, 0, 0]);
                out.put_slice(if sound { b"sound\0" } else { b"video\0" });
            });
            boxed(out, b"minf", |out| {
                if sound {
                    full(out, b"smhd", 0, 0, |out| out.put_u32(0));
                } else {
                    full(out, b"vmhd", 0, 1, |out| numbers(out, &[0, 0]));
                }
                boxed(out, b"dinf", |out| {
                    full(out, b"dref", 0, 0, |out| {
                        out.put_u32(1);
                        full(out, b"url ", 0, 1, |_| {});
                    });
                });
                boxed(out, b"stbl", |out| {
                    full(out, b"stsd", 0, 0, |out| {
                        out.put_u32(1);
                        entry(out);
                    });
                    full(out, b"stts", 0, 0, |out| out.put_u32(0));
                    full(out, b"stsc", 0, 0, |out| out.put_u32(0));
                    full(out, b"stsz", 0, 0, |out| numbers(out, &[0, 0]));
                    full(out, b"stco", 0, 0, |out| out.put_u32(0));
                });
            });
        });
    });
}

#[cfg(test)]
mod tests {
    use mp4_atom::{Codec, Decode, Ftyp, Moov};
    use streamly_media::{AudioFormat, VideoFormat};
    use streamly_testkit::flv;

    use super::*;

    #[test]
    fn another_reader_finds_both_tracks() {
        let avcc = [
            1, 0x64, 0, 0x1e, 0xff, 0xe1, 0, 0x1e, 0x67, 0x64, 0, 0x1e, 0xac, 0xd9, 0x40, 0xa0, 0x2f, 0xf9,
            0x70, 0x16, 0xa0, 0x20, 0x20, 0x28, 0, 0, 3, 0, 8, 0, 0, 3, 1, 0xe4, 0x78, 0xb1, 0x6c, 0xb0, 1,
            0, 4, 0x68, 0xef, 0xbc, 0xb0,
        ];
        let video = VideoConfig::parse(&avcc).expect("parses");
        let audio = AudioConfig::parse(Bytes::from_static(&[0x11, 0x90])).expect("parses");
        let bytes = init(Some(&video), Some(&audio));
        let mut data = &bytes[..];
        Ftyp::decode(&mut data).expect("ftyp");
        let moov = Moov::decode(&mut data).expect("moov");
        assert!(data.is_empty());
        assert_eq!(moov.mvex.expect("mvex").trex.len(), 2);
        let [picture, sound] = &moov.trak[..] else { panic!("two tracks") };
        assert_eq!((picture.tkhd.track_id, picture.mdia.mdhd.timescale), (1, 90_000));
        assert_eq!((sound.tkhd.track_id, sound.mdia.mdhd.timescale), (2, 48_000));
        assert_eq!(sound.tkhd.volume, 1.into());
        let Codec::Avc1(avc1) = &picture.mdia.minf.stbl.stsd.codecs[0] else { panic!("avc1") };
        assert_eq!((avc1.visual.width, avc1.visual.height, avc1.avcc.ext.is_some()), (640, 360, true));
        let Codec::Mp4a(mp4a) = &sound.mdia.minf.stbl.stsd.codecs[0] else { panic!("mp4a") };
        assert_eq!(mp4a.audio.channel_count, 2);
        assert_eq!(facts(Some(&video), Some(&audio)).codecs, "avc1.64001E,mp4a.40.2");
    }

    fn entries(video: &VideoConfig, audio: &AudioConfig) -> [Codec; 2] {
        let bytes = init(Some(video), Some(audio));
        let mut data = &bytes[..];
        Ftyp::decode(&mut data).expect("ftyp");
        let moov = Moov::decode(&mut data).expect("moov");
        assert!(data.is_empty());
        let entry = |track: usize| moov.trak[track].mdia.minf.stbl.stsd.codecs[0].clone();
        assert_eq!(moov.trak[1].mdia.mdhd.timescale, 48_000);
        [entry(0), entry(1)]
    }

    #[test]
    fn another_reader_finds_hevc_av1_and_opus() {
        let header = b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0";
        let audio = AudioConfig::parse_as(AudioFormat::Opus, Bytes::from_static(header)).expect("parses");
        let hvcc = header_of("ffmpeg-hevc-opus");
        let hevc = VideoConfig::parse_as(VideoFormat::Hevc, &hvcc).expect("parses");
        let [Codec::Hvc1(entry), Codec::Opus(sound)] = entries(&hevc, &audio) else { panic!("hvc1, Opus") };
        assert_eq!((entry.visual.width, entry.visual.height), (640, 360));
        let read = &entry.hvcc;
        assert_eq!(
            (read.general_profile_idc, read.general_level_idc, read.length_size_minus_one),
            (1, 63, 3)
        );
        let kinds: Vec<_> =
            read.arrays.iter().map(|array| (array.nal_unit_type, array.completeness)).collect();
        assert_eq!(kinds, [(32, true), (33, true), (34, true)]);
        assert_eq!((sound.dops.output_channel_count, sound.dops.pre_skip), (2, 312));
        assert_eq!(facts(Some(&hevc), Some(&audio)).codecs, "hvc1.1.6.L63.90,opus");

        let av1 = VideoConfig::parse_as(VideoFormat::Av1, &header_of("ffmpeg-av1-opus")).expect("parses");
        let [Codec::Av01(entry), Codec::Opus(_)] = entries(&av1, &audio) else { panic!("av01, Opus") };
        assert_eq!(
            (entry.visual.width, entry.av1c.seq_level_idx_0, entry.av1c.high_bitdepth),
            (640, 1, false)
        );
        assert!(!entry.av1c.config_obus.is_empty());
        assert_eq!(facts(Some(&av1), Some(&audio)).codecs, "av01.0.01M.08,opus");
    }

    /// The record of an Enhanced RTMP sequence start.
    fn header_of(fixture: &str) -> Vec<u8> {
        let tags = flv::read(&flv::fixture(fixture)).expect("fixture");
        let start = tags.iter().find(|tag| tag.data.first() == Some(&0x90) && tag.kind == flv::Kind::Video);
        start.expect("a header").data[5..].to_vec()
    }
}
