//! Sound of every kind of publisher: in its place, without holes, within bounds.

use super::*;

/// Browsers that share a buffer for both tracks throw pictures away from a hole in the sound to the next keyframe.
#[test]
fn after_a_reconnect_sound_begins_before_the_picture_however_late_it_comes() {
    for (late, cts) in [(0, 0), (11, 0), (30, 0), (64, 0), (400, 0), (0, 80), (70, 80), (11, 200)] {
        let mut publisher = Publisher::new();
        publisher.headers().run(0, 3_000);
        publisher.outputs();
        let end = publisher.timeline.position();
        publisher.timeline.reconnected();
        publisher.headers().shown_later(0, cts);
        for frame in 0..20 {
            publisher.sound(late + frame * 1_024 / 48);
        }
        let outputs = publisher.outputs();
        let (video, audio) = (times(&outputs, Kind::Video)[0], times(&outputs, Kind::Audio));
        assert!(audio[0] * 90 < video * 48, "{late} ms: sound at {} samples, picture at {video}", audio[0]);
        assert!(audio[0] * 90 >= end.audio * 48 - 48, "{late} ms: it does not sound over what was before");
        assert!(audio.windows(2).all(|pair| pair[1] - pair[0] == 1_024), "{late} ms: no hole");
        let first = units(&outputs).find(|unit| unit.data.as_ref() == [0xde, 0xad]).unwrap().dts;
        // By their times, but for those that end before the picture is shown.
        let frames = if late >= cts.into() { 0 } else { (u32::from(cts) - late) * 48 / 1_024 };
        let told = late + frames * 1_024 / 48;
        assert!((first - (video + i64::from(told) * 90) * 48 / 90).abs() <= 48, "{late} ms: in its place");
    }
}

#[test]
fn a_track_that_falls_silent_gets_silence_a_second_behind_the_pictures() {
    let mut publisher = Publisher::new();
    publisher.headers().run(0, 1_000);
    publisher.outputs();
    for at in (1_000..4_000).step_by(40) {
        publisher.picture(at, at % 1_000 == 0);
        let (video, audio) = (publisher.timeline.position().video_pts, publisher.timeline.position().audio);
        assert!(video - audio < 90 * (1_000 + 40 + 22), "{at}: {} ms behind", (video - audio) / 90);
    }
    let silent = publisher.timeline.counters().silent_audio;
    assert!((90..=94).contains(&silent), "{silent} frames in 2 s");
    publisher.run(4_000, 1_000);
    let outputs = publisher.outputs();
    let audio: Vec<_> = units(&outputs).filter(|unit| unit.kind == Kind::Audio).collect();
    assert!(audio.windows(2).all(|pair| pair[1].dts - pair[0].dts == 1_024));
    let back = audio.iter().find(|unit| unit.data.as_ref() == [0xde, 0xad]).unwrap();
    assert!((back.dts - 4_000 * 48).abs() <= 1_024, "back in its place: {}", back.dts);
}

#[test]
fn sound_that_always_comes_late_is_not_drowned_in_silence() {
    for (late, dropped) in [(900, 0), (1_200, 20), (3_000, 100), (4_400, 200)] {
        let mut publisher = Publisher::new();
        publisher.headers().run(0, 1_000);
        for at in (1_000..20_000u32).step_by(64) {
            publisher.picture(at + late, false);
            for frame in 0..3 {
                publisher.sound(at + frame * 1_024 / 48);
            }
        }
        let counters = publisher.timeline.counters();
        assert!(counters.dropped_audio <= dropped, "{late} ms: {} of 890 not heard", counters.dropped_audio);
        assert!(counters.silent_audio <= dropped + 1, "{late} ms: {} silent", counters.silent_audio);
    }
}

#[test]
fn pictures_that_are_shown_long_after_they_are_decoded_silence_nothing() {
    let mut publisher = Publisher::new();
    publisher.headers().shown_later(0, 250);
    for at in (0..10_000u32).step_by(21) {
        publisher.sound(at);
        if at % 504 == 0 {
            let cts = [0x27, 1, 0, 9, 196];
            publisher.timeline.push_video(at + 500, bytes(&[&cts, &[0, 0, 0, 2, 0x41, 1]])).expect("picture");
        }
    }
    assert_eq!(publisher.timeline.counters().silent_audio, 0);
}

/// Over each kind of break: where sound ends before it, and where it goes on, there is no hole of more than a frame.
#[test]
fn no_break_leaves_a_hole_in_the_sound() {
    type Break = fn(&mut Publisher);
    let breaks: [(&str, Break); 4] = [
        ("reconnect", |publisher| {
            publisher.timeline.reconnected();
            publisher.headers();
        }),
        ("another size", |publisher| {
            publisher.video_header(WIDE);
        }),
        ("another size, and silence", |publisher| {
            publisher.video_header(WIDE);
        }),
        ("a jump", |_| ()),
    ];
    for (name, make) in breaks {
        let mut publisher = Publisher::new();
        publisher.headers().run(0, 3_000);
        // Sound ahead of the pictures, or behind them.
        let ahead = !name.contains("silence");
        for at in (3_000..3_400).step_by(40) {
            match ahead {
                true => publisher.sound(at),
                false => publisher.picture(at, false),
            };
        }
        publisher.outputs();
        let before = publisher.timeline.position();
        make(&mut publisher);
        let from = if name == "a jump" { 100_000 } else { 3_400 };
        publisher.run(from + 600, 3_000);
        let outputs = publisher.outputs();
        let at =
            outputs.iter().position(|output| matches!(output, Output::Discontinuity { .. })).expect(name);
        let ends =
            times(&outputs[..at], Kind::Audio).last().map_or(before.audio * 48, |dts| (dts + 1_024) * 90);
        let pictures_end =
            times(&outputs[..at], Kind::Video).last().map_or(before.video_pts, |dts| dts + 3_600);
        assert!(pictures_end * 48 - ends <= 1_024 * 90, "{name}: the last pictures have sound");
        let (video, audio) = (times(&outputs[at..], Kind::Video)[0], times(&outputs[at..], Kind::Audio));
        assert!(audio[0] * 90 < video * 48, "{name}: before the picture");
        let hole = audio[0] * 90 - ends;
        assert!(
            (-90..=1_030 * 90).contains(&hole) || name == "a jump",
            "{name}: a hole of {} samples",
            hole / 90
        );
        assert!(audio.windows(2).all(|pair| pair[1] - pair[0] == 1_024), "{name}");
    }
}

#[test]
fn small_messages_that_go_far_ahead_do_not_become_silence_without_end() {
    let mut publisher = Publisher::new();
    publisher.headers().picture(0, true).sound(0);
    for number in 1..2_000u32 {
        publisher.sound(number * 5_000);
    }
    let most = publisher.outputs().len();
    assert!(most < 15_000, "{most} outputs");
    publisher.timeline.passed(Duration::from_secs(10));
    publisher.sound(2_000 * 5_000).sound(2_001 * 5_000).sound(2_002 * 5_000);
    // What is left over of each gap is less than a frame, and counts at the next.
    let silent = publisher.timeline.counters().silent_audio;
    assert!((12_699..=12_702).contains(&silent), "{silent}");
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
    let resumed = times(&publisher.outputs(), Kind::Audio);
    assert_eq!(resumed, (0..8).map(|frame| (50 + frame) * 1_024).collect::<Vec<_>>(), "after silence");
    assert_eq!(*resumed.last().unwrap(), 1_216 * 48);
    let counters = publisher.timeline.counters();
    assert_eq!((counters.audio_resyncs, counters.silent_audio), (1, 7));
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
