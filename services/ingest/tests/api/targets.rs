//! What playlists tell of durations stays as it is for the life of a broadcast, whichever node has it (RFC 8216bis, 4.4.3.1 and 6.2.1).

use crate::{
    app::{TestApp, send, tags},
    hls::{self, Playlist},
};
use bytes::BytesMut;
use std::sync::atomic::Ordering;
use streamly_testkit::flv::Tag;

/// The lines that hold for the life of a playlist.
fn fixed(text: &str) -> Vec<String> {
    let names = ["#EXT-X-TARGETDURATION:", "#EXT-X-PART-INF:", "#EXT-X-SERVER-CONTROL:"];
    let is_fixed = |line: &&str| names.iter().any(|name| line.starts_with(name));
    text.lines().filter(is_fixed).map(str::to_owned).collect()
}

/// A recording that says it has so many pictures a second.
fn saying(fps: f64, mut tags: Vec<Tag>) -> Vec<Tag> {
    const KEY: &[u8] = b"framerate\0";
    let found = tags.iter_mut().find_map(|tag| {
        let at = tag.data.windows(KEY.len()).position(|bytes| bytes == KEY)? + KEY.len();
        Some((tag, at))
    });
    let (tag, at) = found.expect("onMetaData names the frame rate");
    let mut data = BytesMut::from(&tag.data[..]);
    data[at..at + 8].copy_from_slice(&fps.to_be_bytes());
    tag.data = data.freeze();
    tags
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_lost_node_the_playlists_go_on_with_the_same_target_durations() {
    let a = TestApp::node("a", |_| {}).await;
    let b = a.beside("b", |_| {}).await;
    a.stream.key("sk_ada", "ada");
    let _first = send(a.publish("sk_ada").await.unwrap(), saying(30.0, tags("obs-gop2-bframes")));
    let path = hls::variants(&a.text("/live/ada/index.m3u8").await)[0].1.clone();
    let before = fixed(&a.text(&path).await);
    assert_eq!(before.len(), 3, "{before:?}");
    let told = a.stream.report("the target durations", |r| r.target_duration_ms > 0).await;
    assert_eq!((told.target_duration_ms, told.part_target_us), (2_000, 168_667));
    // What a node would choose now is something else.
    a.stream.last_gop_ms.store(8_333, Ordering::Relaxed);
    let _second = send(b.publish("sk_ada").await.unwrap(), saying(25.0, tags("obs-default")));
    let text = b.text(&path).await;
    assert_eq!(fixed(&text), before, "{text}");
    let list = Playlist::parse(&text);
    assert!(list.sequence >= 1000 && list.parts.iter().any(|(uri, _)| uri.starts_with("2-")), "{text}");
    assert!(list.parts.iter().all(|(_, duration)| *duration <= list.part_target), "{text}");
    let again =
        b.stream.report("the same of the second epoch", |r| r.epoch == 2 && r.part_target_us > 0).await;
    assert_eq!((again.target_duration_ms, again.part_target_us), (2_000, 168_667));
}
