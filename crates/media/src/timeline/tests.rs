//! Publishers as they come: orderly, alone, jumping, reconnecting, hostile.

use proptest::prelude::*;

use super::*;
use crate::{
    AccessUnit, AudioFormat, Kind, TrackConfig, VideoError, VideoFormat, aac, avc, avc::DecoderConfiguration,
    hevc, opus,
};

mod sound;

/// An OBS header, 640x360 at 30 fps.
const OBS: &[u8] = &[
    1, 0x64, 0, 0x1e, 0xff, 0xe1, 0, 0x1e, 0x67, 0x64, 0, 0x1e, 0xac, 0xd9, 0x40, 0xa0, 0x2f, 0xf9, 0x70,
    0x16, 0xa0, 0x20, 0x20, 0x28, 0, 0, 3, 0, 8, 0, 0, 3, 1, 0xe4, 0x78, 0xb1, 0x6c, 0xb0, 1, 0, 4, 0x68,
    0xef, 0xbc, 0xb0,
];
/// An OBS header, 852x480.
const WIDE: &[u8] = &[
    1, 0x4d, 0x40, 0x1f, 0xff, 0xe1, 0, 0x1d, 0x67, 0x4d, 0x40, 0x1f, 0xec, 0xa0, 0x6c, 0x1e, 0xf3, 0xf8,
    0x0b, 0x50, 0x10, 0x10, 0x14, 0, 0, 3, 0, 4, 0, 0, 3, 0, 0xf2, 0x3c, 0x60, 0xc6, 0x58, 1, 0, 4, 0x68,
    0xef, 0xbc, 0x80,
];
const AAC: &[u8] = &[0x11, 0x90];
/// An x265 header, 640x360 at 30 fps.
const HEVC: &[u8] = &[
    1, 0x01, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 0x3f, 0xf0, 0, 0xfc, 0xfd, 0xf8, 0xf8, 0, 0, 0x0f, 3, 0xa0,
    0, 1, 0, 24, 0x40, 0x01, 0x0c, 0x01, 0xff, 0xff, 0x01, 0x60, 0, 0, 3, 0, 0x90, 0, 0, 3, 0, 0, 3, 0, 0x3f,
    0x95, 0x94, 0x09, 0xa1, 0, 1, 0, 45, 0x42, 0x01, 0x01, 0x01, 0x60, 0, 0, 3, 0, 0x90, 0, 0, 3, 0, 0, 3, 0,
    0x3f, 0xa0, 0x05, 0x02, 0x01, 0x69, 0x65, 0x95, 0x96, 0x49, 0x32, 0xbc, 0x05, 0xa8, 0x08, 0x08, 0x08,
    0x20, 0, 0, 3, 0, 0x20, 0, 0, 3, 3, 0xc1, 0xa2, 0, 1, 0, 7, 0x44, 0x01, 0xc1, 0x72, 0xb4, 0x62, 0x40,
];
/// An SVT-AV1 header, 640x360.
const AV1: &[u8] = &[
    0x81, 0x01, 0x0c, 0, 0x0a, 0x0f, 0x02, 0, 0, 0x0c, 0xe6, 0x27, 0xfb, 0x38, 0x05, 0xf0, 0x20, 0x20, 0x20,
    0x20, 0x80,
];
const OPUS: &[u8] = b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0";

fn bytes(parts: &[&[u8]]) -> Bytes {
    parts.concat().into()
}

struct Publisher {
    timeline: Timeline,
}

impl Publisher {
    fn new() -> Self {
        Self { timeline: Timeline::new() }
    }

    fn headers(&mut self) -> &mut Self {
        self.video_header(OBS).audio_header(AAC)
    }

    fn video_header(&mut self, record: &[u8]) -> &mut Self {
        self.timeline.push_video(0, bytes(&[&[0x17, 0, 0, 0, 0], record])).expect("header");
        self
    }

    fn audio_header(&mut self, config: &[u8]) -> &mut Self {
        self.timeline.push_audio(0, bytes(&[&[0xaf, 0], config])).expect("header");
        self
    }

    fn picture(&mut self, ts: u32, keyframe: bool) -> &mut Self {
        let nal: &[u8] = if keyframe { &[0, 0, 0, 2, 0x65, 1] } else { &[0, 0, 0, 2, 0x41, 1] };
        let first = if keyframe { 0x17 } else { 0x27 };
        self.timeline.push_video(ts, bytes(&[&[first, 1, 0, 0, 0], nal])).expect("picture");
        self
    }

    /// A keyframe that is shown so much later than it is decoded, as before B-frames.
    fn shown_later(&mut self, ts: u32, cts_ms: u8) -> &mut Self {
        let body: &[u8] = &[0x17, 1, 0, 0, cts_ms, 0, 0, 0, 2, 0x65, 1];
        self.timeline.push_video(ts, bytes(&[body])).expect("picture");
        self
    }

    fn sound(&mut self, ts: u32) -> &mut Self {
        self.timeline.push_audio(ts, bytes(&[&[0xaf, 1, 0xde, 0xad]])).expect("sound");
        self
    }

    /// Pictures each 40 ms, a keyframe each second, sound each 20 to 22 ms, over `ms` from `from`.
    fn run(&mut self, from: u32, ms: u32) -> &mut Self {
        let mut frame = 0u32;
        for at in 0..ms {
            if at % 40 == 0 {
                self.picture(from.wrapping_add(at), at % 1_000 == 0);
            }
            if at == frame * 1_024 / 48 {
                self.sound(from.wrapping_add(at));
                frame += 1;
            }
        }
        self
    }

    fn enhanced_header(&mut self, fourcc: &[u8; 4], record: &[u8]) -> &mut Self {
        self.timeline.push_video(0, bytes(&[b"\x90", fourcc, record])).expect("header");
        self
    }

    /// An HEVC picture of one slice.
    fn hevc(&mut self, ts: u32, nal_type: u8) -> &mut Self {
        let nal = [nal_type << 1, 1, 7];
        self.timeline.push_video(ts, bytes(&[b"\xa3hvc1\0\0\0\x03", &nal])).expect("picture");
        self
    }

    fn opus_header(&mut self) -> &mut Self {
        self.timeline.push_audio(0, bytes(&[b"\x90Opus", OPUS])).expect("header");
        self
    }

    fn opus(&mut self, ts: u32, toc: u8) -> &mut Self {
        self.timeline.push_audio(ts, bytes(&[b"\x91Opus", &[toc, 1]])).expect("sound");
        self
    }

    fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.timeline.poll()).collect()
    }
}

fn times(outputs: &[Output], kind: Kind) -> Vec<i64> {
    units(outputs).filter(|unit| unit.kind == kind).map(|unit| unit.dts).collect()
}

fn units(outputs: &[Output]) -> impl Iterator<Item = &AccessUnit> {
    outputs.iter().filter_map(|output| match output {
        Output::AccessUnit(unit) => Some(unit),
        _ => None,
    })
}

fn breaks(outputs: &[Output]) -> Vec<Reason> {
    outputs
        .iter()
        .filter_map(|output| match output {
            Output::Discontinuity { reason } => Some(*reason),
            _ => None,
        })
        .collect()
}

fn tracks(outputs: &[Output]) -> Vec<Kind> {
    outputs
        .iter()
        .filter_map(|output| match output {
            Output::Track(config) => Some(config.kind()),
            _ => None,
        })
        .collect()
}

#[test]
fn it_begins_at_zero_with_both_tracks_and_a_keyframe() {
    let mut publisher = Publisher::new();
    publisher.headers().sound(5_000).picture(5_010, false).picture(5_050, true).sound(5_060);
    let outputs = publisher.outputs();
    assert_eq!(tracks(&outputs), [Kind::Video, Kind::Audio]);
    assert_eq!(times(&outputs, Kind::Video), [0]);
    assert_eq!(times(&outputs, Kind::Audio), [480], "10 ms behind the keyframe");
    assert!(breaks(&outputs).is_empty());
}

#[test]
fn pictures_before_the_second_header_are_kept_from_the_keyframe_on() {
    let mut publisher = Publisher::new();
    publisher.video_header(OBS).picture(0, true).picture(40, false);
    assert!(publisher.outputs().is_empty());
    publisher.audio_header(AAC).picture(80, false);
    assert!(publisher.outputs().is_empty(), "a header is no sound yet");
    publisher.sound(85);
    assert_eq!(times(&publisher.outputs(), Kind::Video), [0, 3_600, 7_200]);
}

#[test]
fn one_track_alone_begins_after_a_while_and_loses_nothing() {
    let mut video = Publisher::new();
    video.video_header(OBS);
    for number in 0..50 {
        video.picture(number * 40, number == 0);
    }
    let outputs = video.outputs();
    assert_eq!((tracks(&outputs), times(&outputs, Kind::Video).len()), (vec![Kind::Video], 50));

    let mut audio = Publisher::new();
    audio.audio_header(AAC);
    for number in 0..90 {
        audio.sound(number * 1_024 / 48);
    }
    let outputs = audio.outputs();
    assert_eq!((tracks(&outputs), times(&outputs, Kind::Audio).len()), (vec![Kind::Audio], 90));
}

#[test]
fn a_track_that_shows_up_later_begins_a_new_timeline_at_a_keyframe() {
    let mut publisher = Publisher::new();
    publisher.audio_header(AAC);
    for number in 0..100 {
        publisher.sound(number * 1_024 / 48);
    }
    publisher.video_header(OBS).picture(2_140, false).sound(2_133).picture(2_180, true).sound(2_186);
    let outputs = publisher.outputs();
    assert_eq!(breaks(&outputs), [Reason::TrackAdded]);
    assert_eq!(tracks(&outputs), [Kind::Audio, Kind::Video, Kind::Audio]);
    assert_eq!(times(&outputs, Kind::Video).len(), 1);
    assert!(times(&outputs, Kind::Audio).windows(2).all(|pair| pair[1] >= pair[0] + 1_024));
}

#[test]
fn an_audio_header_without_sound_makes_no_track_until_sound_comes() {
    let mut publisher = Publisher::new();
    publisher.headers();
    for number in 0..50 {
        publisher.picture(number * 40, number % 25 == 0);
    }
    let outputs = publisher.outputs();
    assert_eq!(tracks(&outputs), [Kind::Video]);
    assert_eq!(times(&outputs, Kind::Video).len(), 25, "from the last keyframe");
    publisher.sound(1_970).picture(2_000, true).sound(2_001);
    let outputs = publisher.outputs();
    assert_eq!(
        (breaks(&outputs), tracks(&outputs)),
        (vec![Reason::TrackAdded], vec![Kind::Video, Kind::Audio])
    );
    assert_eq!(
        times(&outputs, Kind::Audio).len(),
        2,
        "one, and silence that reaches back before the picture"
    );
}

#[test]
fn the_same_headers_again_change_nothing() {
    let mut publisher = Publisher::new();
    publisher.headers().run(0, 500).headers().run(500, 500);
    assert!(breaks(&publisher.outputs()).is_empty());
    assert_eq!(publisher.timeline.counters().repeated_headers, 2);
    // One that differs only in what it leaves out is the same too.
    let mut extended = OBS.to_vec();
    extended.extend([0xfd, 0xf8, 0xf8, 0]);
    publisher.video_header(&extended).run(1_000, 500);
    assert!(breaks(&publisher.outputs()).is_empty());
}

#[test]
fn a_new_video_header_is_a_break_and_sound_goes_on_until_then() {
    let mut publisher = Publisher::new();
    publisher.headers().run(0, 1_000);
    let end = publisher.timeline.position();
    publisher.outputs();
    publisher.video_header(WIDE).picture(1_000, false).sound(1_002).picture(1_040, true);
    let outputs = publisher.outputs();
    assert_eq!(breaks(&outputs), [Reason::ConfigChanged]);
    assert!(matches!(&outputs[0], Output::AccessUnit(unit) if unit.kind == Kind::Audio));
    let video = outputs.iter().find_map(|output| match output {
        Output::Track(TrackConfig::Video(video)) => Some((video.width, video.height)),
        _ => None,
    });
    assert_eq!(video, Some((852, 480)));
    assert!(times(&outputs, Kind::Video)[0] >= end.video_dts);
}

#[test]
fn another_size_in_band_is_a_break_at_that_very_keyframe() {
    let mut publisher = Publisher::new();
    publisher.headers().run(0, 1_000);
    publisher.outputs();
    let (sps, pps) = (&WIDE[8..37], &WIDE[40..44]);
    let mut body = vec![0x17, 1, 0, 0, 0, 0, 0, 0, 29];
    body.extend(sps);
    body.extend([0, 0, 0, 4]);
    body.extend(pps);
    body.extend([0, 0, 0, 2, 0x65, 1]);
    publisher.timeline.push_video(1_000, body.into()).expect("picture");
    publisher.picture(1_040, false);
    let outputs = publisher.outputs();
    assert_eq!(breaks(&outputs), [Reason::ConfigChanged]);
    assert_eq!(times(&outputs, Kind::Video).len(), 2);
    assert_eq!(publisher.timeline.video.as_ref().map(|video| video.track.width), Some(852));
}

#[test]
fn a_jump_of_the_clock_is_a_break_and_output_time_goes_on() {
    for (to, broken) in [(60_000, true), (0, true), (5_990, false)] {
        let mut publisher = Publisher::new();
        publisher.headers().run(1_000, 2_000);
        let before = publisher.outputs();
        let end = publisher.timeline.position();
        publisher.run(to, 1_000);
        let after = publisher.outputs();
        assert_eq!(breaks(&after), if broken { vec![Reason::ClockJumped] } else { vec![] }, "to {to}");
        let first = times(&after, Kind::Video)[0];
        assert!(first >= end.video_dts, "to {to}");
        if broken {
            assert!(first - end.video_dts < 9_000, "to {to}: {first} after {}", end.video_dts);
            let tracks = tracks(&after);
            assert_eq!(tracks, [Kind::Video, Kind::Audio], "to {to}");
        }
        for kind in [Kind::Video, Kind::Audio] {
            let all = [times(&before, kind), times(&after, kind)].concat();
            assert!(all.windows(2).all(|pair| pair[1] > pair[0]), "to {to}");
        }
    }
}

#[test]
fn a_reconnect_keeps_sound_and_picture_on_one_clock() {
    let mut publisher = Publisher::new();
    publisher.headers().run(0, 3_000);
    publisher.outputs();
    let end = publisher.timeline.position();
    publisher.timeline.reconnected();
    publisher.headers().run(0, 2_000);
    let outputs = publisher.outputs();
    assert_eq!(breaks(&outputs), [Reason::Reconnected]);
    let (video, audio) = (times(&outputs, Kind::Video)[0], times(&outputs, Kind::Audio)[0]);
    assert!(video >= end.video_pts && audio * 90 / 48 >= end.audio - 1);
    assert!((video - audio * 90 / 48).abs() < 90 * 22);

    let mut elsewhere = Publisher { timeline: Timeline::resume(end) };
    elsewhere.headers().run(0, 2_000);
    assert_eq!(elsewhere.outputs(), outputs);
}

#[test]
fn decode_times_that_do_not_grow_are_moved_and_counted() {
    let mut publisher = Publisher::new();
    publisher
        .headers()
        .sound(0)
        .picture(0, true)
        .picture(40, false)
        .picture(40, false)
        .picture(30, false)
        .picture(80, false);
    assert_eq!(times(&publisher.outputs(), Kind::Video), [0, 3_600, 3_690, 3_780, 7_200]);
    assert_eq!(publisher.timeline.counters().repaired_dts, 2);
}

#[test]
fn the_facts_are_what_was_sent() {
    let mut publisher = Publisher::new();
    publisher.headers().run(0, 4_000);
    let facts = publisher.timeline.facts();
    assert!((facts.fps.expect("fps") - 25.0).abs() < 0.01);
    assert_eq!(facts.keyframe_interval, Some(std::time::Duration::from_secs(1)));
    assert_eq!(facts.video_bitrate_bps, Some(6 * 8 * 25));
    assert!(facts.skew_ms.expect("skew").abs() <= 40 && facts.audio_drift_ms.abs() <= 1);
}

fn codecs(outputs: &[Output]) -> Vec<String> {
    let tracks = outputs.iter().filter_map(|output| match output {
        Output::Track(config) => Some(config.codec()),
        _ => None,
    });
    tracks.collect()
}

#[test]
fn hevc_and_opus_begin_with_their_own_names() {
    let mut publisher = Publisher::new();
    publisher
        .enhanced_header(b"hvc1", HEVC)
        .opus_header()
        .hevc(0, 19)
        .hevc(33, 1)
        .opus(0, 0xfc)
        .opus(20, 0xfc);
    let outputs = publisher.outputs();
    assert_eq!(codecs(&outputs), ["hvc1.1.6.L63.90", "opus"]);
    assert_eq!(times(&outputs, Kind::Video), [0, 2_970]);
    assert_eq!(times(&outputs, Kind::Audio), [0, 960]);
    assert!(
        units(&outputs).next().is_some_and(|unit| unit.keyframe && unit.data[..] == [0, 0, 0, 3, 38, 1, 7])
    );
    assert_eq!(publisher.timeline.counters(), Counters::default());
}

#[test]
fn who_starts_at_an_open_random_access_point_gets_none_of_the_pictures_that_need_what_was_before() {
    let mut publisher = Publisher::new();
    publisher.enhanced_header(b"hvc1", HEVC).opus_header().opus(0, 0xfc);
    // CRA, two RASL, a trailing picture; then a CRA in the middle, whose RASL pictures are whole; then a BLA.
    publisher.hevc(0, 21).hevc(33, 8).hevc(66, 9).hevc(100, 1).hevc(133, 21).hevc(166, 8).hevc(200, 1);
    publisher.hevc(233, 16).hevc(266, 8).hevc(300, 1);
    let outputs = publisher.outputs();
    let seen: Vec<i64> = times(&outputs, Kind::Video).iter().map(|dts| dts / 90).collect();
    assert_eq!(seen, [0, 100, 133, 166, 200, 233, 300]);
    assert_eq!(publisher.timeline.counters().dropped_waiting, 3);
    // After a cut of the connection the same holds anew.
    publisher.timeline.reconnected();
    publisher.enhanced_header(b"hvc1", HEVC).opus_header().opus(0, 0xfc).hevc(0, 21).hevc(33, 8).hevc(66, 1);
    assert_eq!(times(&publisher.outputs(), Kind::Video).len(), 2);
}

#[test]
fn packets_of_any_length_are_counted_by_their_own() {
    let mut publisher = Publisher::new();
    publisher.opus_header().enhanced_header(b"av01", AV1);
    publisher.timeline.push_video(0, Bytes::from_static(b"\x91av01\x32\x02\x10\0")).expect("picture");
    // 20 ms, 60 ms, 2.5 ms, 20 ms; one that is no packet.
    publisher.opus(0, 0xfc).opus(20, 0x18).opus(80, 0x80).opus(82, 0xfc).opus(102, 0xff).opus(102, 0xfc);
    let outputs = publisher.outputs();
    assert_eq!(codecs(&outputs), ["av01.0.01M.08", "opus"]);
    assert_eq!(times(&outputs, Kind::Audio), [0, 960, 3_840, 3_960, 4_920, 5_880]);
    assert_eq!(publisher.timeline.counters().malformed, 0, "0xff 1: one frame of 20 ms by its count");
    publisher.timeline.push_audio(122, Bytes::from_static(b"\x91Opus\xff\0")).expect("sound");
    assert_eq!(publisher.timeline.counters().malformed, 1);
}

#[test]
fn another_codec_in_the_middle_is_a_break_at_its_keyframe() {
    let mut publisher = Publisher::new();
    publisher.headers().run(0, 1_000);
    let end = publisher.timeline.position();
    publisher.outputs();
    // Until its own keyframe, pictures of neither codec are given out; sound goes on.
    publisher.enhanced_header(b"hvc1", HEVC).picture(1_000, true).hevc(1_010, 1).sound(1_002).hevc(1_040, 20);
    let outputs = publisher.outputs();
    assert_eq!(breaks(&outputs), [Reason::ConfigChanged]);
    assert_eq!(codecs(&outputs), ["hvc1.1.6.L63.90", "mp4a.40.2"]);
    let pictures = times(&outputs, Kind::Video);
    assert!(pictures.len() == 1 && pictures[0] >= end.video_dts);
}

#[test]
fn opus_needs_no_header_and_other_tracks_are_counted() {
    let mut publisher = Publisher::new();
    publisher.enhanced_header(b"hvc1", HEVC);
    let two = b"\x96\x13hvc1\0\0\0\x07\0\0\0\x03\x26\x01\x07\x01\0\0\x01a";
    publisher.timeline.push_video(0, Bytes::from_static(two)).expect("picture");
    publisher.opus(0, 0xfc);
    assert_eq!(codecs(&publisher.outputs()), ["hvc1.1.6.L63.90", "opus"]);
    assert_eq!(publisher.timeline.counters().other_tracks, 1);
}

#[test]
fn codecs_and_headers_of_no_use_end_the_publish() {
    let mut timeline = Timeline::new();
    let vp9 = timeline.push_video(0, Bytes::from_static(b"\x90vp09"));
    assert_eq!(vp9, Err(Error::UnsupportedCodec("VP9".to_owned())));
    let empty_sps =
        timeline.push_video(0, Bytes::from_static(&[0x17, 0, 0, 0, 0, 1, 0x64, 0, 0x1e, 0xff, 0xe1, 0, 0]));
    assert_eq!(empty_sps, Err(Error::VideoConfig(VideoError::H264(avc::Error::NoSps))));
    let no_record = timeline.push_video(0, Bytes::from_static(b"\x90hvc1"));
    assert_eq!(no_record, Err(Error::VideoConfig(VideoError::Hevc(hevc::Error::Truncated))));
    let rate_zero = timeline.push_audio(0, Bytes::from_static(&[0xaf, 0, 0x17, 0x80, 0, 0, 0x10, 0]));
    assert_eq!(rate_zero, Err(Error::AudioConfig(aac::Error::Rate(0).into())));
    let no_head = timeline.push_audio(0, Bytes::from_static(b"\x90Opus\x01"));
    assert_eq!(no_head, Err(Error::AudioConfig(opus::Error::Magic.into())));
    assert_eq!(timeline.push_video(0, Bytes::from_static(&[0x17])), Ok(()));
    assert_eq!(timeline.counters().malformed, 1);
}

#[test]
fn a_publisher_without_keyframes_is_held_within_bounds() {
    let mut publisher = Publisher::new();
    publisher.headers();
    for number in 0..5_000 {
        publisher.picture(number * 40, false).sound(number * 40);
    }
    assert!(publisher.outputs().is_empty());
    assert!(publisher.timeline.counters().dropped_waiting > 9_000);
}

/// A tag of a hostile publisher: a start that leads deep into the parsers, then anything.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let start = prop_oneof![
        Just([&[0x17, 0, 0, 0, 0], OBS].concat()),
        Just([&[0x17, 0, 0, 0, 0], WIDE].concat()),
        Just(vec![0x17, 1, 0, 0, 0, 0, 0, 0, 2, 0x65, 1]),
        Just(vec![0x27, 1]),
        Just(vec![0x17, 0, 0, 0, 0, 1, 0x64, 0, 0x1e, 0xff, 0xe1]),
        Just(vec![0xaf, 0, 0x11, 0x90]),
        Just(vec![0xaf, 1]),
        Just([&b"\x90hvc1"[..], HEVC].concat()),
        Just([&b"\x90av01"[..], AV1].concat()),
        Just(b"\x91hvc1\0\0\0\0\0\0\x03\x26\x01\x07".to_vec()),
        Just(b"\xa3hvc1\0\0\0\x03\x10\x01\x07".to_vec()),
        Just(b"\x91av01\x32\x02\x10\0".to_vec()),
        Just(b"\x91Opus\xfc".to_vec()),
        Just(b"\x90OpusOpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0".to_vec()),
        Just(b"\x96\x13hvc1\0\0\0\x07\0\0\0\x03\x26\x01\x07\x01\0\0\x01a".to_vec()),
        Just(vec![]),
    ];
    (
        start,
        proptest::collection::vec(any::<u8>(), 0..40),
        any::<proptest::sample::Index>(),
        any::<Option<u8>>(),
    )
        .prop_map(|(mut body, rest, at, byte)| {
            body.extend(rest);
            if let (Some(byte), false) = (byte, body.is_empty()) {
                let at = at.index(body.len());
                body[at] = byte;
            }
            body
        })
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic_and_times_always_grow(
        tags in proptest::collection::vec((any::<bool>(), prop_oneof![any::<u32>(), 0u32..20_000], body()), 1..80),
    ) {
        let mut publisher = Publisher::new();
        publisher.headers().picture(0, true);
        for (video, ts, body) in tags {
            let body = Bytes::from(body);
            let _ = if video { publisher.timeline.push_video(ts, body) } else { publisher.timeline.push_audio(ts, body) };
        }
        let outputs = publisher.outputs();
        // A unit, a break and its tracks for each message, and silence within its bound.
        prop_assert!(outputs.len() <= 12_000 + 5 * 82, "{} outputs", outputs.len());
        let video = times(&outputs, Kind::Video);
        prop_assert!(video.windows(2).all(|pair| pair[1] > pair[0]));
        prop_assert!(units(&outputs).all(|unit| unit.dts >= 0 && unit.pts >= 0));
        let mut rate = 48_000;
        let mut end = 0.0;
        for output in &outputs {
            match output {
                Output::Track(TrackConfig::Audio(audio)) => rate = audio.sample_rate,
                Output::AccessUnit(unit) if unit.kind == Kind::Audio => {
                    let at = unit.dts as f64 / f64::from(rate);
                    prop_assert!(at >= end);
                    end = at;
                }
                _ => {}
            }
        }
    }

    #[test]
    fn parsers_never_panic(data in proptest::collection::vec(any::<u8>(), 0..200)) {
        let body = Bytes::from(data);
        let _ = flv::video(&body);
        let _ = flv::audio(&body);
        for format in [VideoFormat::H264, VideoFormat::Hevc, VideoFormat::Av1] {
            let _ = VideoConfig::parse_as(format, &body);
        }
        let _ = avc::Sps::parse(&body);
        for format in [AudioFormat::Aac, AudioFormat::Opus] {
            if let Ok(config) = AudioConfig::parse_as(format, body.clone()) {
                let _ = config.samples_of(&body);
            }
        }
        let _ = opus::samples(&body);
        let config = DecoderConfiguration::parse(OBS).expect("parses");
        for length_size in [1, 2, 4] {
            let _ = avc::normalise(&body, &DecoderConfiguration { length_size, ..config.clone() });
        }
    }

    #[test]
    fn any_damage_to_a_header_gives_an_error_or_a_usable_configuration(at in 0usize..46, byte: u8) {
        let mut record = OBS.to_vec();
        let at = at % record.len();
        record[at] = byte;
        if let Ok(config) = VideoConfig::parse(&record) {
            prop_assert!((1..=avc::MAX_DIMENSION).contains(&config.width) && (1..=avc::MAX_DIMENSION).contains(&config.height));
            prop_assert_eq!(VideoConfig::parse(&config.record), Ok(config));
        }
    }
}
