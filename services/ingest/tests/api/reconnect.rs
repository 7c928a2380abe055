//! A broadcast outlives its connections, and ends when it is told to.

use crate::{
    app::{TestApp, send, tags},
    hls::{self, Playlist},
};
use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};
use streamly_proto::stream::v1::State;

/// The tags up to that time in ms.
fn until(ms: u32) -> Vec<streamly_testkit::flv::Tag> {
    tags("obs-gop2-bframes").into_iter().filter(|tag| tag.timestamp < ms).collect()
}

async fn source(app: &TestApp) -> String {
    hls::variants(&app.text("/live/ada/index.m3u8").await)[0].1.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_lost_publisher_the_playlist_goes_on_with_one_discontinuity() {
    let app = TestApp::spawn().await;
    app.stream.key("sk_ada", "ada");
    let (publisher, sent) = send(app.publish("sk_ada").await.unwrap(), until(3000)).await.unwrap();
    sent.unwrap();
    let path = source(&app).await;
    publisher.reset().await.unwrap();
    app.stream.ended("lost").await;
    app.stream.report("reconnecting", |r| r.state == State::Reconnecting as i32).await;
    // Segment 2 has no next one to become whole with: it is whole soon after the loss, long before the grace is over.
    let before = Playlist::parse(&app.text(&format!("{path}?_HLS_msn=2")).await);
    assert!(!before.ended && before.segments.len() == 2, "{before:?}");
    let plain = Playlist::parse(&app.text(&format!("{path}?ll=0")).await);
    assert_eq!(plain.segments.len(), 2, "{plain:?}");
    assert_eq!(source(&app).await, path, "viewers keep their URL");

    let (publisher, sent) = send(app.publish("sk_ada").await.unwrap(), until(3000)).await.unwrap();
    sent.unwrap();
    publisher.stop().await.unwrap();
    app.stream.ended("clean").await;
    let after = Playlist::parse(&app.text(&path).await);
    assert_eq!(after.discontinuities, 1, "{after:?}");
    assert_eq!(after.sequence, before.sequence);
    assert!(after.segments[2].discontinuity);
    assert_eq!(after.segments[2].uri, format!("2-{}.m4s", before.next_msn()));
    assert_eq!(after.segments.len(), 4);
    assert!(after.ended);
    for segment in &after.segments {
        app.bytes(&format!("{}/{}", hls::folder(&path), segment.uri)).await;
        app.bytes(&format!("{}/{}", hls::folder(&path), segment.map)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_key_takes_over_from_a_half_open_connection_at_once() {
    let app = TestApp::spawn().await;
    app.stream.key("sk_ada", "ada");
    let (publisher, sent) = send(app.publish("sk_ada").await.unwrap(), until(2500)).await.unwrap();
    sent.unwrap();
    let path = source(&app).await;
    let (mut old, asked) = (publisher, Instant::now());
    let sent = send(app.publish("sk_ada").await.unwrap(), until(2500));
    let took = asked.elapsed();
    tokio::time::timeout(Duration::from_secs(1), old.closed()).await.expect("the old one is closed");
    assert!(took < Duration::from_secs(1), "took {took:?}");
    let live =
        app.stream.report("the second epoch live", |r| r.epoch == 2 && r.state == State::Live as i32).await;
    assert!(live.next_msn < 1000, "the numbers go on: {}", live.next_msn);
    sent.await.unwrap().1.unwrap();
    let list = Playlist::parse(&app.text(&path).await);
    assert_eq!(list.discontinuities, 1, "{list:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_grace_is_over_the_broadcast_ends() {
    let app = TestApp::spawn().await;
    app.stream.grace_ms.store(400, Ordering::Relaxed);
    app.stream.key("sk_ada", "ada");
    let (publisher, sent) = send(app.publish("sk_ada").await.unwrap(), until(1000)).await.unwrap();
    sent.unwrap();
    let path = source(&app).await;
    publisher.cut().await.unwrap();
    app.stream.ended("grace_over").await;
    assert!(Playlist::parse(&app.text(&path).await).ended);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publisher_that_sends_nothing_is_lost() {
    let app = TestApp::with(|c| c.rtmp.media_timeout = streamly_config::Duration::from_millis(400)).await;
    app.stream.key("sk_ada", "ada");
    let (publisher, sent) = send(app.publish("sk_ada").await.unwrap(), until(600)).await.unwrap();
    sent.unwrap();
    let _held = publisher.hold().await;
    app.stream.ended("lost").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_key_ends_the_session_within_a_second() {
    let app = TestApp::spawn().await;
    app.stream.key("sk_ada", "ada");
    let sent = send(app.publish("sk_ada").await.unwrap(), tags("obs-gop2-bframes"));
    let path = source(&app).await;
    let (id, epoch) = app.stream.broadcast("ada").unwrap();
    let told = Instant::now();
    app.stream.command_end(&id, epoch, "key_revoked").await;
    let (_, outcome) = sent.await.unwrap();
    assert!(outcome.is_err() && told.elapsed() < Duration::from_secs(1), "{:?}", told.elapsed());
    let ended = app.stream.ended("ended").await;
    assert_eq!(ended.code, "key_revoked");
    assert!(Playlist::parse(&app.text(&path).await).ended);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_lives_elsewhere_is_not_served_here_and_never_called_over() {
    let app = TestApp::spawn().await;
    app.stream.key("sk_ada", "ada");
    let _sent = send(app.publish("sk_ada").await.unwrap(), until(2500));
    let path = source(&app).await;
    // The second segment with media never becomes whole.
    let held = app.http.get(app.url(&format!("{path}?_HLS_msn=2"))).send();
    let (id, epoch) = app.stream.broadcast("ada").unwrap();
    let (held, ()) = tokio::join!(held, app.stream.command_end(&id, epoch, "superseded"));
    assert_eq!(held.unwrap().status(), 404);
    assert_eq!(app.get(&path).await.status(), 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_back_from_elsewhere_uses_no_number_that_was_used_there() {
    let app = TestApp::spawn().await;
    app.stream.key("sk_ada", "ada");
    let first = send(app.publish("sk_ada").await.unwrap(), until(2500));
    let old = source(&app).await;
    let open = Playlist::parse(&app.text(&old).await).next_msn();
    let (id, epoch) = app.stream.broadcast("ada").unwrap();
    app.stream.command_end(&id, epoch, "superseded").await;
    first.abort();
    // Held until it is known where it is now.
    assert_eq!(app.get(&format!("{old}?_HLS_msn={open}")).await.status(), 404);
    // The permit says that numbers up to 999 may have been given.
    let _sent = send(app.publish("sk_ada").await.unwrap(), tags("obs-gop2-bframes"));
    let path = source(&app).await;
    let list = Playlist::parse(&app.text(&path).await);
    assert_eq!(
        (list.sequence, list.gaps, list.parts[0].0.starts_with("2-1000.")),
        (1000, 1, true),
        "{list:?}"
    );
    assert!(list.parts[1..].iter().any(|(name, _)| name.starts_with("2-1001.")), "{list:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_of_the_node_cuts_publishers_off_and_tells_so() {
    let app = TestApp::spawn().await;
    app.stream.key("sk_ada", "ada");
    let sent = send(app.publish("sk_ada").await.unwrap(), tags("obs-gop2-bframes"));
    source(&app).await;
    let stream = app.stream.clone();
    app.stop().await;
    assert!(sent.await.unwrap().1.is_err());
    stream.ended("lost").await;
    assert_eq!(stream.count_ended("lost"), 1, "told once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_stream_a_running_broadcast_goes_on() {
    let app = TestApp::spawn().await;
    app.stream.key("sk_ada", "ada");
    let _sent = send(app.publish("sk_ada").await.unwrap(), tags("obs-gop2-bframes"));
    let path = source(&app).await;
    app.lose_stream();
    let away = async {
        while app.readiness.is_ready() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), away).await.expect("stream is seen to be away");
    let list = Playlist::parse(&app.text(&path).await);
    let later = Playlist::parse(&app.text(&format!("{path}?_HLS_msn={}", list.next_msn())).await);
    assert!(later.next_msn() > list.next_msn() && !later.ended);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_tells_of_every_broadcast_however_many() {
    const MANY: usize = 24;
    let app = TestApp::with(|config| config.ladder = Vec::new()).await;
    let mut publishers = Vec::new();
    for n in 0..MANY {
        app.stream.key(&format!("sk_{n}"), &format!("user{n}"));
        publishers.push(send(app.publish(&format!("sk_{n}")).await.unwrap(), until(60_000)));
    }
    for n in 0..MANY {
        let (id, _) = app.stream.broadcast(&format!("user{n}")).unwrap();
        app.stream.report("live", |r| r.broadcast_id == id && r.state == State::Live as i32).await;
    }
    let stream = app.stream.clone();
    app.stop().await;
    // The stop is over: what has not been read by now never will be.
    assert_eq!(stream.count_ended("lost"), MANY);
}
