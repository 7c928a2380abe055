//! Cuts of orderly, jittery, sparse and hostile sources.

use bytes::Bytes;
use proptest::prelude::*;
use streamly_media::{AudioConfig, VideoConfig, VideoFormat};

use super::*;

const AUDIO_RATE: i64 = 48_000;

fn video_track() -> TrackConfig {
    TrackConfig::Video(VideoConfig {
        format: VideoFormat::H264,
        record: Bytes::new(),
        width: 64,
        height: 64,
        codec: "avc1.42001E".to_owned(),
        fps: None,
        reorder: None,
    })
}

fn audio_track() -> TrackConfig {
    TrackConfig::Audio(AudioConfig::parse(Bytes::from_static(&[0x11, 0x90])).expect("parses"))
}

fn picture(dts: i64, keyframe: bool) -> AccessUnit {
    AccessUnit { kind: Kind::Video, dts, pts: dts + 6_000, keyframe, data: Bytes::new() }
}

fn sound(dts: i64) -> AccessUnit {
    AccessUnit { kind: Kind::Audio, dts, pts: dts, keyframe: true, data: Bytes::new() }
}

fn segmenter(fps: Option<f64>, max_segment_s: u64, tracks: &[TrackConfig]) -> Segmenter {
    let limits = Limits { max_segment: Duration::from_secs(max_segment_s), ..Limits::default() };
    let mut segmenter = Segmenter::new(PartTarget::for_fps(fps), limits);
    tracks.iter().for_each(|track| segmenter.track(track));
    segmenter
}

fn cuts(segmenter: &mut Segmenter) -> Vec<Cut> {
    std::iter::from_fn(|| segmenter.poll()).collect()
}

/// Times told in whole ms, truncated, as OBS does; sound in between, arriving `lead_ms` before pictures of its time.
fn run(fps: f64, seconds: f64, gop: i64, lead_ms: i64, segmenter: &mut Segmenter) -> Vec<Cut> {
    let mut audio = 0;
    for number in 0..(fps * seconds) as i64 {
        let ms = (number as f64 * 1_000.0 / fps) as i64;
        while audio * 1_000 < (ms + lead_ms) * AUDIO_RATE {
            segmenter.push(&sound(audio));
            audio += 1_024;
        }
        segmenter.push(&picture(ms * 90, number % gop == 0));
    }
    cuts(segmenter)
}

/// Lengths in ticks of the parts but the last, with whether each is the last of its segment.
fn lengths(cuts: &[Cut]) -> Vec<(i64, bool)> {
    cuts.windows(2).map(|pair| (pair[1].video_dts - pair[0].video_dts, pair[1].segment_start)).collect()
}

#[test]
fn parts_of_common_frame_rates_keep_the_85_percent_rule() {
    for fps in [24.0, 25.0, 29.97, 30.0, 50.0, 59.94, 60.0] {
        let mut segmenter = segmenter(Some(fps), 9, &[video_track(), audio_track()]);
        let target = segmenter.part_target();
        let cuts = run(fps, 12.0, (fps * 2.0).round() as i64, 0, &mut segmenter);
        for (length, last) in lengths(&cuts) {
            assert!(length <= target.max_ticks(), "{fps}: {length}");
            assert!(last || length * 100 >= target.max_ticks() * 85, "{fps}: {length}");
        }
        let starts: Vec<_> = cuts.iter().filter(|cut| cut.segment_start).collect();
        assert_eq!(starts.len(), 6, "{fps}");
        assert!(starts.iter().all(|cut| cut.independent), "{fps}");
    }
}

#[test]
fn an_unknown_rate_keeps_the_rule_too() {
    for fps in [24.0, 25.0, 30.0, 50.0, 60.0] {
        let mut segmenter = segmenter(None, 9, &[video_track(), audio_track()]);
        let target = segmenter.part_target().max_ticks();
        let cuts = run(fps, 8.0, (fps * 2.0) as i64, 0, &mut segmenter);
        assert!(
            lengths(&cuts)
                .iter()
                .all(|(length, last)| *length <= target && (*last || length * 100 >= target * 85)),
            "{fps}"
        );
    }
}

#[test]
fn a_short_gop_is_joined_to_segments_of_about_a_second() {
    let mut segmenter = segmenter(Some(30.0), 9, &[video_track()]);
    let cuts = run(30.0, 6.1, 10, 0, &mut segmenter);
    let starts: Vec<_> =
        cuts.iter().filter(|cut| cut.segment_start).map(|cut| cut.video_dts / 90_000).collect();
    assert_eq!(starts, [0, 1, 2, 3, 4, 5, 6]);
}

#[test]
fn a_gop_longer_than_the_target_is_cut_there_and_again_at_its_keyframe() {
    let mut segmenter = segmenter(Some(30.0), 4, &[video_track(), audio_track()]);
    let cuts = run(30.0, 21.0, 300, 0, &mut segmenter);
    let starts: Vec<_> =
        cuts.iter().filter(|cut| cut.segment_start).map(|cut| (cut.video_dts, cut.independent)).collect();
    let seconds = |at: i64| at * 90_000;
    let expected = [(0, true), (4, false), (8, false), (10, true), (14, false), (18, false), (20, true)];
    for ((dts, independent), (second, keyframe)) in starts.iter().zip(expected) {
        assert!((dts - seconds(second)).abs() < 270, "{starts:?}");
        assert_eq!(*independent, keyframe);
    }
    assert_eq!(starts.len(), expected.len());
}

#[test]
fn a_gop_as_long_as_the_target_is_cut_at_keyframes_only() {
    let mut segmenter = segmenter(Some(30.0), 2, &[video_track(), audio_track()]);
    let cuts = run(30.0, 20.0, 60, 0, &mut segmenter);
    assert!(cuts.iter().filter(|cut| cut.segment_start).all(|cut| cut.independent));
}

#[test]
fn lost_pictures_make_no_part_longer_than_the_target() {
    let mut segmenter = segmenter(Some(30.0), 9, &[video_track()]);
    let target = segmenter.part_target().max_ticks();
    for number in (0..90).filter(|number| !matches!(number, 6 | 17 | 30..=45)) {
        segmenter.push(&picture(number * 3_000, number == 0));
    }
    let cuts = cuts(&mut segmenter);
    assert!(lengths(&cuts).iter().all(|(length, _)| *length <= target));
}

#[test]
fn sound_cuts_parts_where_pictures_stay_away() {
    let mut segmenter = segmenter(Some(30.0), 9, &[video_track(), audio_track()]);
    segmenter.push(&picture(0, true));
    for number in 0..100 {
        segmenter.push(&sound(number * 1_024));
    }
    let cuts = cuts(&mut segmenter);
    assert!(cuts.len() >= 8, "2.1 s of sound: {}", cuts.len());
    assert!(lengths(&cuts).iter().all(|(length, _)| *length == 15_000));
    assert!(cuts.windows(2).all(|pair| pair[1].audio_from > pair[0].audio_from));
}

#[test]
fn a_publisher_that_sends_sound_ahead_still_gets_its_keyframe_boundaries() {
    let mut segmenter = segmenter(Some(30.0), 9, &[video_track(), audio_track()]);
    let cuts = run(30.0, 12.0, 60, 700, &mut segmenter);
    assert_eq!(cuts.iter().filter(|cut| cut.segment_start && cut.independent).count(), 6);
}

#[test]
fn sound_alone_is_cut_by_its_own_time() {
    let mut segmenter = segmenter(None, 9, &[audio_track()]);
    let target = segmenter.part_target().max_ticks();
    for number in 0..400 {
        segmenter.push(&sound(number * 1_024));
    }
    let cuts = cuts(&mut segmenter);
    assert!(cuts.iter().all(|cut| cut.independent && cut.audio_from % 1_024 == 0));
    assert!(
        lengths(&cuts)
            .iter()
            .all(|(length, last)| *length <= target && (*last || length * 100 >= target * 85))
    );
    let starts: Vec<_> = cuts.iter().filter(|cut| cut.segment_start).map(|cut| cut.video_dts).collect();
    assert!(starts.windows(2).all(|pair| (180_000..182_000).contains(&(pair[1] - pair[0]))), "{starts:?}");
}

#[test]
fn a_break_begins_a_segment_and_numbers_go_on() {
    let mut segmenter = segmenter(Some(30.0), 9, &[video_track()]);
    for number in 0..10 {
        segmenter.push(&picture(number * 3_000, number == 0));
    }
    segmenter.discontinuity();
    segmenter.track(&video_track());
    segmenter.push(&picture(31_000, true));
    let last = *cuts(&mut segmenter).last().expect("a cut");
    assert_eq!(
        (last.msn, last.part, last.discontinuity, last.independent, last.video_dts),
        (1, 0, true, true, 31_000)
    );
}

proptest! {
    #[test]
    fn numbers_and_times_never_go_back(
        events in proptest::collection::vec((0u8..20, any::<bool>(), 0i64..60_000, -40_000i64..40_000), 1..400),
        fps in prop_oneof![Just(None), Just(Some(30.0)), Just(Some(60.0))],
    ) {
        let mut segmenter = segmenter(fps, 2, &[video_track(), audio_track()]);
        let (mut video, mut audio) = (0, 0);
        let mut all = Vec::new();
        for (what, keyframe, step, skew) in events {
            match what {
                0 => {
                    // Output time goes on behind everything given out before.
                    video = video.max(audio * 15 / 8) + 3_000;
                    audio = video * 8 / 15;
                    segmenter.discontinuity();
                    segmenter.track(&video_track());
                    segmenter.track(&audio_track());
                    segmenter.push(&picture(video, true));
                }
                1..=9 => {
                    video += 1 + step / 8;
                    let pts = (video + skew / 4).max(0);
                    segmenter.push(&AccessUnit { pts, ..picture(video, keyframe) });
                }
                _ => {
                    segmenter.push(&sound(audio));
                    audio += 1_024;
                }
            }
            all.extend(cuts(&mut segmenter));
        }
        for pair in all.windows(2) {
            let next_part = pair[1].msn == pair[0].msn && pair[1].part == pair[0].part + 1 && !pair[1].segment_start;
            let next_segment = pair[1].msn == pair[0].msn + 1 && pair[1].part == 0 && pair[1].segment_start;
            prop_assert!(next_part || next_segment, "{:?}", pair);
            prop_assert!(pair[1].video_dts >= pair[0].video_dts, "{:?}", pair);
        }
    }
}
