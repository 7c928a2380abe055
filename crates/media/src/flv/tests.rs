//! Legacy and enhanced tags, whole, odd and broken.

use super::*;

fn bytes(parts: &[&[u8]]) -> Bytes {
    parts.concat().into()
}

fn picture(format: VideoFormat, keyframe: bool, cts_ms: i32, data: &'static [u8]) -> Tag<Video> {
    Tag::of(Video::Picture { format, keyframe, cts_ms, data: Bytes::from_static(data) })
}

fn sound(format: AudioFormat, data: &'static [u8]) -> Tag<Audio> {
    Tag::of(Audio::Frame { format, data: Bytes::from_static(data) })
}

#[test]
fn a_negative_composition_time_keeps_its_sign() {
    let body = Bytes::from_static(&[0x27, 1, 0xff, 0xff, 0xfe, 9]);
    assert_eq!(video(&body), Ok(picture(VideoFormat::H264, false, -2, &[9])));
    let body = Bytes::from_static(b"\xa1hvc1\xff\xff\xfe\x09");
    assert_eq!(video(&body), Ok(picture(VideoFormat::Hevc, false, -2, &[9])));
}

#[test]
fn headers_ends_and_commands_are_told_apart() {
    let record = Bytes::from_static(&[1]);
    let config = |format| Ok(Tag::of(Video::Config { format, record: record.clone() }));
    assert_eq!(video(&bytes(&[&[0x17, 0, 0, 0, 0, 1]])), config(VideoFormat::H264));
    assert_eq!(video(&bytes(&[b"\x90avc1", &[1]])), config(VideoFormat::H264));
    assert_eq!(video(&bytes(&[b"\x90hvc1", &[1]])), config(VideoFormat::Hevc));
    assert_eq!(video(&bytes(&[b"\x90av01", &[1]])), config(VideoFormat::Av1));
    let nothing: [&[u8]; 6] =
        [&[0x17, 2, 0, 0, 0], &[0x57, 0], b"\xd0\x01", b"\x92hvc1", b"\xd4hvc1\x02\0\x01a", b"\x95av01\0"];
    for body in nothing {
        assert_eq!(video(&Bytes::copy_from_slice(body)), Ok(Tag::nothing()), "{body:?}");
    }
    let header = Bytes::from_static(&[0x11, 0x90]);
    let config = |format| Ok(Tag::of(Audio::Config { format, header: header.clone() }));
    assert_eq!(audio(&bytes(&[&[0xaf, 0], &header])), config(AudioFormat::Aac));
    assert_eq!(audio(&bytes(&[b"\x90mp4a", &header])), config(AudioFormat::Aac));
    assert_eq!(audio(&bytes(&[b"\x90Opus", &header])), config(AudioFormat::Opus));
    for body in [&b"\x92Opus"[..], b"\x94Opus\x01\x02\0\0\0\x03"] {
        assert_eq!(audio(&Bytes::copy_from_slice(body)), Ok(Tag::nothing()), "{body:?}");
    }
}

#[test]
fn frames_of_each_enhanced_codec_are_read() {
    let read = |body: &'static [u8]| video(&Bytes::from_static(body));
    assert_eq!(read(b"\x91hvc1\0\0\x43nal"), Ok(picture(VideoFormat::Hevc, true, 67, b"nal")));
    assert_eq!(read(b"\xa3hvc1nal"), Ok(picture(VideoFormat::Hevc, false, 0, b"nal")));
    assert_eq!(read(b"\xa1avc1\0\0\x21nal"), Ok(picture(VideoFormat::H264, false, 33, b"nal")));
    assert_eq!(read(b"\x91av01obu"), Ok(picture(VideoFormat::Av1, true, 0, b"obu")));
    assert_eq!(audio(&Bytes::from_static(b"\x91Opus\xfc")), Ok(sound(AudioFormat::Opus, b"\xfc")));
    assert_eq!(audio(&Bytes::from_static(b"\x91mp4a\x21")), Ok(sound(AudioFormat::Aac, b"\x21")));
}

#[test]
fn offsets_of_nanoseconds_in_front_are_skipped_of_whatever_length() {
    // Two ModEx packets of 3 and of 256 bytes, then coded frames without a composition time.
    let long = [&[255u8, 0, 255][..], &[7; 256], &[0x03]].concat();
    let body = bytes(&[&[0xa7, 2, 0, 1, 2, 0x07], &long, b"hvc1nal"]);
    assert_eq!(video(&body), Ok(picture(VideoFormat::Hevc, false, 0, b"nal")));
    assert_eq!(
        audio(&bytes(&[&[0x97, 2, 0, 1, 2, 0x01], b"Opus\xfc"])),
        Ok(sound(AudioFormat::Opus, b"\xfc"))
    );
    for cut in 1..body.len() - 3 {
        assert_eq!(video(&body.slice(..cut)), Err(Error::Malformed), "cut at {cut}");
    }
}

#[test]
fn of_several_tracks_the_first_is_taken_and_the_others_counted() {
    let counted = |mut tag: Tag<Video>, others| {
        tag.other_tracks = others;
        Ok(tag)
    };
    let hevc = picture(VideoFormat::Hevc, true, 0, b"nal");
    // One track, number 0; then number 1.
    assert_eq!(video(&bytes(&[&[0x96, 0x03], b"hvc1\0nal"])), Ok(hevc.clone()));
    let other = Tag { packet: None, other_tracks: 1 };
    assert_eq!(video(&bytes(&[&[0x96, 0x03], b"hvc1\x01nal"])), Ok(other));
    // Tracks 1, 0 and 2 of one codec.
    let body = bytes(&[&[0x96, 0x13], b"hvc1", b"\x01\0\0\x01a", b"\0\0\0\x03nal", b"\x02\0\0\x02bc"]);
    assert_eq!(video(&body), counted(hevc.clone(), 2));
    // Tracks of several codecs, one that nobody plays among the others.
    let body = bytes(&[&[0x96, 0x23], b"vp09\x01\0\0\x01a", b"hvc1\0\0\0\x03nal"]);
    assert_eq!(video(&body), counted(hevc, 1));
    let opus = bytes(&[&[0x95, 0x11], b"Opus", b"\0\0\0\x01\xfc", b"\x01\0\0\x01\xfd"]);
    let first = Tag { other_tracks: 1, ..sound(AudioFormat::Opus, b"\xfc") };
    assert_eq!(audio(&opus), Ok(first));
    // A size past the end, tracks within tracks, a fourth kind.
    for body in [&b"\x96\x13hvc1\0\0\0\x09nal"[..], b"\x96\x06hvc1\0nal", b"\x96\x33hvc1\0nal"] {
        assert_eq!(video(&Bytes::copy_from_slice(body)), Err(Error::Malformed), "{body:?}");
    }
}

#[test]
fn other_codecs_are_refused_by_name() {
    let video_name = |body: &'static [u8]| video(&Bytes::from_static(body));
    let audio_name = |body: &'static [u8]| audio(&Bytes::from_static(body));
    let unsupported = |name: &str| Err(Error::Unsupported(name.to_owned()));
    let unsupported_sound = |name: &str| Err(Error::Unsupported(name.to_owned()));
    assert_eq!(video_name(b"\x90vp09"), unsupported("VP9"));
    assert_eq!(video_name(b"\x90vvc1"), unsupported("VVC"));
    assert_eq!(video_name(b"\x90\0x\xffy"), unsupported("FourCC .x.y"));
    assert_eq!(video_name(&[0x12]), unsupported("Sorenson H.263"));
    assert_eq!(video_name(&[0x1c, 0, 0, 0, 0]), unsupported("HEVC without Enhanced RTMP"));
    assert_eq!(audio_name(b"\x90fLaC"), unsupported_sound("FLAC"));
    assert_eq!(audio_name(b"\x91ac-3\x0b"), unsupported_sound("AC-3"));
    assert_eq!(audio_name(&[0x2f]), unsupported_sound("MP3"));
    assert_eq!(audio_name(&[0xb2]), unsupported_sound("Speex"));
}

#[test]
fn short_bodies_are_malformed() {
    let videos: [&[u8]; 8] = [
        &[],
        &[0x17],
        &[0x17, 1, 0, 0],
        &[0x90, b'h'],
        &[0x17, 9, 0, 0, 0],
        &[0x10, 0],
        b"\x91hvc1\0\0",
        b"\x98hvc1",
    ];
    for body in videos {
        assert_eq!(video(&Bytes::copy_from_slice(body)), Err(Error::Malformed), "{body:?}");
    }
    for body in [&[][..], &[0xaf], &[0xaf, 1], &[0xaf, 7, 1], b"\x91Opu", b"\x91Opus", b"\x93Opus"] {
        assert_eq!(audio(&Bytes::copy_from_slice(body)), Err(Error::Malformed), "{body:?}");
    }
}
