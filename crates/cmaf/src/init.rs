//! Init segments: `ftyp` and `moov` of a rendition with video, audio or both.
//!
//! Written by hand rather than by `mp4-atom`, whose `esds` keeps a rate index instead of the AudioSpecificConfig's own
//! bytes and so loses explicit rates and HE-AAC; the tests read the result back with it.

use bytes::{BufMut, Bytes, BytesMut};
use streamly_media::{AudioConfig, VIDEO_TIMESCALE, VideoConfig};

use crate::{
    Facts,
    boxes::{boxed, full},
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
                avc1(out, video)
            });
        }
        if let Some(audio) = audio {
            trak(out, AUDIO_TRACK, (0, 0), audio.sample_rate, b"soun", |out| mp4a(out, audio));
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

fn numbers(out: &mut BytesMut, values: &[u32]) {
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

fn avc1(out: &mut BytesMut, video: &VideoConfig) {
    boxed(out, b"avc1", |out| {
        out.put_slice(&[0, 0, 0, 0, 0, 0, 0, 1]);
        numbers(out, &[0, 0, 0, 0]);
        out.put_u16(video.width as u16);
        out.put_u16(video.height as u16);
        numbers(out, &[0x0048_0000, 0x0048_0000, 0]);
        out.put_u16(1);
        out.put_bytes(0, 32);
        out.put_slice(&[0, 24, 0xff, 0xff]);
        boxed(out, b"avcC", |out| out.put_slice(&video.avcc));
    });
}

fn mp4a(out: &mut BytesMut, audio: &AudioConfig) {
    boxed(out, b"mp4a", |out| {
        out.put_slice(&[0, 0, 0, 0, 0, 0, 0, 1]);
        numbers(out, &[0, 0]);
        out.put_slice(&[0, audio.channels, 0, 16, 0, 0, 0, 0]);
        // 16.16 fixed point; a rate that does not fit is left to the AudioSpecificConfig.
        out.put_u32(u16::try_from(audio.sample_rate).map_or(0, |rate| u32::from(rate) << 16));
        full(out, b"esds", 0, 0, |out| {
            // ISO/IEC 14496-1, 7.2.6.5: ES descriptor > decoder config (AAC, audio stream) > decoder specific info; SL config.
            descriptor(out, 3, |out| {
                out.put_slice(&[0, AUDIO_TRACK as u8, 0]);
                descriptor(out, 4, |out| {
                    out.put_slice(&[0x40, 0x15, 0, 0, 0]);
                    numbers(out, &[0, 0]);
                    descriptor(out, 5, |out| out.put_slice(&audio.asc));
                });
                descriptor(out, 6, |out| out.put_u8(2));
            });
        });
    });
}

/// A descriptor whose length is written in four bytes of seven bits.
fn descriptor(out: &mut BytesMut, tag: u8, content: impl FnOnce(&mut BytesMut)) {
    out.put_u8(tag);
    let at = out.len();
    out.put_u32(0);
    content(out);
    let length = out.len() - at - 4;
    let bytes = [21, 14, 7, 0].map(|shift| (length >> shift) as u8 & 0x7f);
    out[at..at + 4].copy_from_slice(&[bytes[0] | 0x80, bytes[1] | 0x80, bytes[2] | 0x80, bytes[3]]);
}

#[cfg(test)]
mod tests {
    use mp4_atom::{Codec, Decode, Ftyp, Moov};

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
}
