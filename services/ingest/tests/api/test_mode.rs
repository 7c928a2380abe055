//! Tests that move from node to node and go live: what a node was handed of a test is nobody's once that is live.

use crate::{
    app::{TestApp, send, tags},
    hand_over::behind,
    hls::{self, Playlist},
    process::until,
    rewind::list,
    watching::{ask, token},
};
use std::sync::atomic::Ordering;
use streamly_auth::playback::TEST;
use streamly_testkit::publisher::{Options, Pace, Publisher};

/// What `stream` says of the broadcast from now on.
fn is_test(app: &TestApp, is: bool) {
    *app.stream.watching.lock() = is.then_some(TEST | 3);
    app.stream.hidden.store(is, Ordering::Relaxed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_node_was_handed_of_a_test_is_gone_once_that_is_live() {
    let (a, proxy, path) = behind(None, 4.0).await;
    proxy.open();
    list(&a, &path, "a list", |list| list.segments.len() >= 4).await;
    is_test(&a, true);
    let b = a.beside("b", |_| {}).await;
    a.begin_stop();
    a.stream.draining("a").await;
    let sent = send(b.publish("sk_ada").await.unwrap(), tags("obs-gop2-bframes"));
    let team = token(&b.stream_key, |claims| claims.ver = TEST | 3);
    let (status, text) = ask(&b, &path, Some(&team)).await;
    assert_eq!(status, 200, "{text}");
    let folder = hls::folder(&path);
    let handed: Vec<String> = Playlist::parse(&text)
        .segments
        .iter()
        .filter(|segment| segment.uri.starts_with("1-"))
        .map(|segment| format!("{folder}/{}", segment.uri))
        .collect();
    assert!(handed.len() >= 3, "{text}");
    assert_eq!(ask(&b, &handed[0], Some(&team)).await.0, 200);
    assert_eq!(ask(&b, "/live/ada/index.m3u8", None).await.0, 404, "it is a test");
    is_test(&b, false);
    until("it is open", async || ask(&b, &path, None).await.0 == 200).await;
    let text = ask(&b, &path, None).await.1;
    assert!(!text.contains("\n1-"), "{text}");
    for segment in &handed {
        for bearer in [None, Some(&*team)] {
            let (status, _) = ask(&b, segment, bearer).await;
            assert!(matches!(status, 404 | 410), "{segment}: {status}");
        }
    }
    sent.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_window_that_was_asked_for_while_it_was_a_test_is_not_taken_by_who_is_live() {
    let (a, proxy, path) = behind(None, 4.0).await;
    list(&a, &path, "a list", |list| list.segments.len() >= 4).await;
    let b = a.beside("b", |_| {}).await;
    a.begin_stop();
    a.stream.draining("a").await;
    let asked = a.stream.asked("sk_ada");
    let connect = || {
        let (rtmp, options) = (b.addresses.rtmp, Options::new("sk_ada").pace(Pace::Speed(1.0)));
        tokio::spawn(async move { Publisher::connect(rtmp, options).await })
    };
    // The old node is told nothing of it: its own window stays whole.
    a.stream.mute.store(true, Ordering::Relaxed);
    is_test(&a, true);
    let first = connect();
    a.stream.asked_so_often("sk_ada", asked + 1).await;
    // Live, and the encoder connects again before the window has come.
    is_test(&a, false);
    let second = connect();
    a.stream.asked_so_often("sk_ada", asked + 2).await;
    proxy.open();
    let sent = send(second.await.unwrap().expect("the later one has the seat"), tags("obs-gop2-bframes"));
    let text = b.text(&path).await;
    assert!(text.contains("\n3-") || text.contains("\"3-"), "{text}");
    assert!(!text.contains("\n1-"), "nothing of the test: {text}");
    drop(first);
    sent.abort();
}
