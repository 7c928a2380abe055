//! Consumers that come late, lag, and go.

use bytes::Bytes;

use super::*;
use crate::{VideoConfig, VideoFormat};

fn picture(number: i64, keyframe: bool) -> Output {
    let dts = number * 3_000;
    Output::AccessUnit(AccessUnit {
        kind: Kind::Video,
        dts,
        pts: dts,
        keyframe,
        data: Bytes::from_static(&[0; 100]),
    })
}

fn track() -> Output {
    let config = VideoConfig {
        format: VideoFormat::H264,
        record: Bytes::new(),
        width: 16,
        height: 16,
        codec: "avc1.42001E".to_owned(),
        fps: None,
        reorder: None,
    };
    Output::Track(TrackConfig::Video(config))
}

fn drain(receiver: &Receiver<Output>) -> Vec<Output> {
    std::iter::from_fn(|| receiver.try_recv().ok()).collect()
}

#[test]
fn a_late_consumer_begins_at_the_last_keyframe() {
    let mut tap = Tap::new(Limits::default());
    for output in [track(), picture(0, true), picture(1, false), picture(2, true), picture(3, false)] {
        tap.push(&output);
    }
    let receiver = tap.subscribe(4).expect("room");
    tap.push(&picture(4, false));
    assert_eq!(drain(&receiver), [track(), picture(2, true), picture(3, false), picture(4, false)]);
}

#[test]
fn a_consumer_that_lags_is_cut_and_the_others_go_on() {
    let mut tap = Tap::new(Limits::default());
    tap.push(&track());
    let lazy = tap.subscribe(2).expect("room");
    let quick = tap.subscribe(100).expect("room");
    for number in 0..10 {
        tap.push(&picture(number, number == 0));
    }
    assert_eq!((tap.subscribers(), tap.cut_off()), (1, 1));
    assert_eq!(drain(&lazy).len(), 3);
    assert!(lazy.is_closed());
    assert_eq!(drain(&quick).len(), 11);
}

#[test]
fn beyond_the_bounds_a_late_consumer_waits_for_the_next_keyframe() {
    for limits in [Limits { max_bytes: 250, ..Limits::default() }, Limits { max_ms: 60, ..Limits::default() }]
    {
        let mut tap = Tap::new(limits);
        tap.push(&track());
        for number in 0..4 {
            tap.push(&picture(number, number == 0));
        }
        let receiver = tap.subscribe(10).expect("room");
        tap.push(&picture(4, false));
        tap.push(&picture(5, true));
        assert_eq!(drain(&receiver), [track(), picture(5, true)]);
    }
}

#[test]
fn consumers_are_bounded_and_leave_room_when_they_go() {
    let mut tap = Tap::new(Limits { max_subscribers: 1, ..Limits::default() });
    let first = tap.subscribe(1).expect("room");
    assert!(tap.subscribe(1).is_none());
    drop(first);
    assert!(tap.subscribe(1).is_some());
    assert_eq!(tap.cut_off(), 0);
}
