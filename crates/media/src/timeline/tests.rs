//! Publishers as they come: orderly, alone, jumping, reconnecting, hostile.

use proptest::prelude::*;

use super::*;
use crate::aac;

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
    assert_eq!(times(&outputs, Kind::Audio).len(), 1);
}

#[test]
fn audio_is_counted_in_samples_and_follows_the_clock_only_beyond_100_ms() {
    let mut publisher = Publisher::new();
    publisher.headers().picture(0, true);
    for number in 0..50u32 {
        publisher.sound(number * 1_024 / 48 + number % 2 * 60);
    }
    let outputs = publisher.outputs();
    assert!(times(&outputs, Kind::Audio).windows(2).all(|pair| pair[1] - pair[0] == 1_024));
    publisher.sound(1_066 + 150);
    assert_eq!(times(&publisher.outputs(), Kind::Audio), [1_216 * 48]);
    assert_eq!(publisher.timeline.counters().audio_resyncs, 1);
    // Now samples run ahead of the clock: frames are dropped until it has caught up.
    for number in 0..20u32 {
        publisher.sound(1_066 + number * 21);
    }
    let late = times(&publisher.outputs(), Kind::Audio);
    assert_eq!(late[0], 1_217 * 48 + 976, "goes on without overlap");
    let counters = publisher.timeline.counters();
    assert_eq!((counters.audio_resyncs, counters.dropped_audio), (2, 9));
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
fn sound_that_ends_before_the_first_picture_is_shown_is_left_out() {
    let mut publisher = Publisher::new();
    publisher.headers();
    let keyframe = [0x17, 1, 0, 0, 66, 0, 0, 0, 2, 0x65, 1];
    publisher.timeline.push_video(0, Bytes::copy_from_slice(&keyframe)).expect("picture");
    for ts in [0, 21, 42, 64, 85] {
        publisher.sound(ts);
    }
    let outputs = publisher.outputs();
    assert_eq!(units(&outputs).next().map(|unit| (unit.dts, unit.pts)), Some((0, 66 * 90)));
    assert_eq!(times(&outputs, Kind::Audio), [64 * 48, 64 * 48 + 1_024]);
    let counters = publisher.timeline.counters();
    assert_eq!((counters.dropped_waiting, counters.dropped_audio), (3, 0));
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

#[test]
fn codecs_and_headers_of_no_use_end_the_publish() {
    let mut timeline = Timeline::new();
    let hevc = timeline.push_video(0, Bytes::from_static(b"\x90hvc1"));
    assert_eq!(hevc, Err(Error::UnsupportedCodec("HEVC".to_owned())));
    let empty_sps =
        timeline.push_video(0, Bytes::from_static(&[0x17, 0, 0, 0, 0, 1, 0x64, 0, 0x1e, 0xff, 0xe1, 0, 0]));
    assert_eq!(empty_sps, Err(Error::VideoConfig(avc::Error::NoSps)));
    let rate_zero = timeline.push_audio(0, Bytes::from_static(&[0xaf, 0, 0x17, 0x80, 0, 0, 0x10, 0]));
    assert_eq!(rate_zero, Err(Error::AudioConfig(aac::Error::Rate(0))));
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
        let _ = VideoConfig::parse(&body);
        let _ = avc::Sps::parse(&body);
        let _ = AudioConfig::parse(body.clone());
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
            prop_assert_eq!(VideoConfig::parse(&config.avcc), Ok(config));
        }
    }
}
