//! What the heartbeats tell of a broadcast, measured while it runs.

use crate::app::{TestApp, send, tags};
use crate::transcode::ALONE;
use std::time::Duration;
use streamly_proto::stream::v1::{BroadcastReport, Health};
use streamly_testkit::flv::{Kind, Tag};

fn until(ms: u32) -> Vec<Tag> {
    tags("obs-gop2-bframes").into_iter().filter(|tag| tag.timestamp < ms).collect()
}

fn health(report: &BroadcastReport) -> &Health {
    report.health.as_ref().unwrap()
}

fn dropped(report: &BroadcastReport, reason: &str) -> u64 {
    health(report).drops.iter().find(|drop| drop.reason == reason).map_or(0, |drop| drop.count)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_steady_publisher_is_told_as_it_is() {
    let _alone = ALONE.lock().await;
    let app = TestApp::with(|config| config.ladder = vec!["160p".into()]).await;
    app.stream.key("sk_ada", "ada");
    let _sent = send(app.publish("sk_ada").await.unwrap(), until(60_000));
    let report = app
        .stream
        .report("rung and intervals", |r| {
            let rung =
                r.renditions.get(1).is_some_and(|rung| !rung.encoder.is_empty() && rung.lag_ms < 1_500);
            rung && health(r).keyframe_interval_ms > 0 && r.next_msn >= 3
        })
        .await;
    let told = health(&report);
    // Whole milliseconds of 60 frames at 30 fps, the recording's own.
    assert!((1_999..=2_001).contains(&told.keyframe_interval_ms), "{told:?}");
    assert!((told.fps - 30.0).abs() < 0.5, "{told:?}");
    assert!(told.video_bitrate_bps > 100_000 && told.audio_bitrate_bps > 50_000, "{told:?}");
    assert!(told.av_skew_ms.abs() <= 100, "{told:?}");
    assert!(told.arrival_jitter_ms < 400, "{told:?}");
    assert_eq!((told.discontinuities, told.worker_restarts, told.frames_dropped), (0, 0, 0), "{told:?}");
    let [source, rung] = report.renditions.as_slice() else { panic!("{report:?}") };
    assert_eq!((source.lag_ms, source.shed, source.encoder.as_str()), (0, false, ""));
    assert_eq!((rung.shed, rung.encoder.as_str()), (false, "x264enc"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_stalls_shows_as_jitter() {
    let app = TestApp::spawn().await;
    app.stream.key("sk_ada", "ada");
    let mut publisher = app.publish("sk_ada").await.unwrap();
    for tag in &until(2_000) {
        publisher.send_tag(tag).await.unwrap();
    }
    // The network's own time, which no clock of the test stands for: a second later the rest comes at once.
    tokio::time::sleep(Duration::from_millis(1_000)).await;
    for tag in tags("obs-gop2-bframes").iter().filter(|tag| (2_000..4_000).contains(&tag.timestamp)) {
        publisher.send_tag(tag).await.unwrap();
    }
    let report = app.stream.report("jitter", |r| health(r).arrival_jitter_ms >= 500).await;
    assert!(health(&report).arrival_jitter_ms <= 1_500, "{report:?}");
    publisher.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drops_are_told_by_reason_and_begin_anew_with_each_session() {
    let app = TestApp::spawn().await;
    app.stream.key("sk_ada", "ada");
    let mut broken = until(2_500);
    let at = broken.iter().position(|tag| tag.timestamp > 900).unwrap();
    for _ in 0..3 {
        broken.insert(at, Tag { kind: Kind::Video, timestamp: 900, data: vec![0x17, 1].into() });
    }
    let (publisher, sent) = send(app.publish("sk_ada").await.unwrap(), broken).await.unwrap();
    sent.unwrap();
    let report = app.stream.report("three broken", |r| dropped(r, "malformed") == 3).await;
    assert_eq!(health(&report).frames_dropped, 3);
    publisher.reset().await.unwrap();
    app.stream.ended("lost").await;
    let _sent = send(app.publish("sk_ada").await.unwrap(), until(60_000));
    let again = app.stream.report("the second session", |r| r.epoch == 2 && health(r).fps > 0.0).await;
    assert_eq!((dropped(&again, "malformed"), health(&again).frames_dropped), (0, 0), "{again:?}");
    assert_eq!(health(&again).discontinuities, 1);
}
