//! What goes along when a broadcast moves from a node that drains: the rewind on disk, and the window where the way is slow or the
//! publisher impatient.

use crate::{
    app::{TestApp, send, tags},
    hls::{self, Playlist},
    proxy::Proxy,
    rewind::{eventually, list, settings},
};
use bytes::Bytes;
use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, Instant},
};
use streamly_config::{ByteSize, Duration as Setting};
use streamly_ingest::Config;
use streamly_proto::stream::v1::State;
use streamly_testkit::publisher::{Moving, Options, Pace, Publisher};

/// Enough for a publisher to move, and for no rewind that is fetched at [`SLOWLY`].
const DRAIN: Setting = Setting::from_secs(5);
/// Bytes a second: the rewind of these tests, some 4 MB, takes three times as long as [`DRAIN`].
const SLOWLY: ByteSize = ByteSize::new(256 << 10);
const MINUTE: Setting = Setting::from_secs(60);

/// A broadcast with a rewind on a node that is to drain, whose publisher moves when it is asked to.
struct Moved {
    a: TestApp,
    b: TestApp,
    /// The source's playlist.
    path: String,
    /// The plain list on the old node, as text, shortly before.
    before: String,
    /// Every segment of it.
    media: BTreeMap<String, Bytes>,
    publishing: tokio::task::JoinHandle<()>,
}

/// Up to the moment at which the new node has the broadcast. The old one stays for the rewind so long.
async fn moved(from: &Path, rewind_drain: Setting, to: impl FnOnce(&mut Config)) -> Moved {
    let a = TestApp::node("a", |c| {
        settings(c, from);
        (c.drain, c.rewind_drain) = (DRAIN, rewind_drain);
    })
    .await;
    a.stream.key("sk_ada", "ada");
    let options = Options::new("sk_ada").pace(Pace::Speed(8.0)).loops(60);
    let mut publisher = Moving::connect(a.addresses.rtmp, options).await.unwrap();
    let publishing = tokio::spawn(async move {
        let _ = publisher.send(&tags("obs-gop2-bframes")).await;
    });
    let path = hls::variants(&a.text("/live/ada/index.m3u8").await)[0].1.clone();
    list(&a, &path, "a long list", |list| list.segments.len() >= 60).await;
    let b = a
        .beside("b", |c| {
            c.rtmp.bind = a.addresses.rtmp;
            to(c);
        })
        .await;
    let before = a.text(&format!("{path}?ll=0")).await;
    // A good part of it is on disk alone.
    let old = Playlist::parse(&before).segments[20].uri.replace(".m4s", ".0.m4s");
    assert_eq!(a.get(&format!("{}/{old}", hls::folder(&path))).await.status(), 404);
    let mut media = BTreeMap::new();
    for segment in Playlist::parse(&before).segments {
        media.insert(segment.uri.clone(), a.bytes(&format!("{}/{}", hls::folder(&path), segment.uri)).await);
    }
    a.begin_stop();
    a.stream.draining("a").await;
    a.stream.elsewhere(1);
    a.stream.report("the second epoch live", |r| r.epoch == 2 && r.state == State::Live as i32).await;
    Moved { a, b, path, before, media, publishing }
}

/// The lines of a plain list from its first segment up to the last one that `before` has.
fn lines<'a>(text: &'a str, last: &str) -> &'a str {
    let from = text.find("#EXT-X-MEDIA-SEQUENCE").expect("a list");
    let to = text.find(&format!("\n{last}\n")).expect("the last segment is listed");
    &text[from..to]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_drain_viewers_can_go_back_as_far_as_before() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let slowly = |c: &mut Config| {
        settings(c, to.path());
        c.rewind_pull = SLOWLY;
    };
    let Moved { a, b, path, before, media, publishing } = moved(from.path(), MINUTE, slowly).await;
    let stopping = Instant::now();
    let was = Playlist::parse(&before);
    let text = b.text(&format!("{path}?ll=0")).await;
    let last = &was.segments.last().unwrap().uri;
    assert_eq!(lines(&text, last), lines(&before, last), "letter by letter");
    let folder = hls::folder(&path);
    // What a viewer goes back to is there at once, whether its file has come or not.
    for name in [&was.segments[0].uri, &was.segments[20].uri] {
        assert_eq!(b.bytes(&format!("{folder}/{name}")).await, media[name], "{name}");
    }
    // It ends by itself when all is taken, and viewers go on meanwhile.
    let stopped = a.stop_within(Duration::from_secs(45));
    let viewed = async {
        let next = Playlist::parse(&b.text(&path).await).next_msn();
        for msn in next..next + 3 {
            b.text(&format!("{path}?_HLS_msn={msn}")).await;
        }
    };
    tokio::join!(stopped, viewed);
    assert!(stopping.elapsed() > DRAIN.get(), "the rewind was there within the drain: nothing is tried");
    let id = b.stream.broadcast("ada").unwrap().0;
    for (name, bytes) in &media {
        assert_eq!(&b.bytes(&format!("{folder}/{name}")).await, bytes, "{name}");
    }
    eventually("all that was on disk there is here", || {
        let on_disk = |name: &String| to.path().join(&id).join("source").join(name).is_file();
        media.keys().all(on_disk)
    })
    .await;
    let now = list(&b, &path, "it goes on", |list| list.segments.len() > was.segments.len() + 5).await;
    assert_eq!((now.sequence, now.discontinuities, now.gaps), (was.sequence, was.discontinuities + 1, 0));
    publishing.abort();
}

/// A publisher that does not move when it is asked to, as most encoders.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_cut_off_when_the_drain_is_over_and_comes_back_elsewhere_has_its_rewind() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let a = TestApp::node("a", |c| {
        settings(c, from.path());
        (c.drain, c.rewind_drain) = (Setting::from_millis(200), MINUTE);
    })
    .await;
    a.stream.key("sk_ada", "ada");
    let publish = |app: &TestApp| {
        let (rtmp, options) = (app.addresses.rtmp, Options::new("sk_ada").pace(Pace::Speed(8.0)).loops(60));
        async move { Publisher::connect(rtmp, options).await }
    };
    let cut = send(publish(&a).await.unwrap(), tags("obs-gop2-bframes"));
    let path = hls::variants(&a.text("/live/ada/index.m3u8").await)[0].1.clone();
    let was = list(&a, &path, "a long list", |list| list.segments.len() >= 20).await;
    let b = a.beside("b", |c| settings(c, to.path())).await;
    a.begin_stop();
    a.stream.draining("a").await;
    a.stream.elsewhere(1);
    assert!(cut.await.unwrap().1.is_err(), "cut off");
    let sent = send(publish(&b).await.unwrap(), tags("obs-gop2-bframes"));
    let now = list(&b, &path, "it goes on", |list| list.segments.len() > was.segments.len() + 2).await;
    assert_eq!((now.sequence, now.gaps), (was.sequence, 0), "{now:?}");
    a.stop_within(Duration::from_secs(30)).await;
    for segment in &was.segments {
        b.bytes(&format!("{}/{}", hls::folder(&path), segment.uri)).await;
    }
    sent.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_old_node_has_no_time_for_leaves_the_list_and_nothing_hangs() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // So slow that next to nothing comes by itself.
    let slow = |c: &mut Config| {
        settings(c, to.path());
        c.rewind_pull = ByteSize::new(64 << 10);
    };
    let Moved { a, b, path, before, media, publishing } =
        moved(from.path(), Setting::from_secs(5), slow).await;
    let was = Playlist::parse(&before);
    let url = |name: &str| format!("{}/{name}", hls::folder(&path));
    let list_now = Playlist::parse(&b.text(&format!("{path}?ll=0")).await);
    assert_eq!(list_now.sequence, was.sequence);
    // A viewer does not wait for all that is newer.
    let (wanted, asked) = (&was.segments[2].uri, Instant::now());
    assert_eq!(b.bytes(&url(wanted)).await, media[wanted]);
    assert!(asked.elapsed() < Duration::from_secs(2), "took {:?}", asked.elapsed());
    a.stop_within(Duration::from_secs(14)).await;
    // Asked for when the old node is gone already: answered, though not with media.
    let asked = Instant::now();
    assert_eq!(b.get(&url(&was.segments[5].uri)).await.status(), 404);
    assert!(asked.elapsed() < Duration::from_secs(10), "took {:?}", asked.elapsed());
    let shorter = list(&b, &path, "the list begins later", |list| list.sequence > was.sequence).await;
    for segment in &shorter.segments {
        let bytes = b.bytes(&url(&segment.uri)).await;
        assert!(media.get(&segment.uri).is_none_or(|known| *known == bytes), "{}", segment.uri);
    }
    publishing.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_new_node_takes_no_more_than_its_bound() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    const BOUND: u64 = 3 << 20;
    let bounded = |c: &mut Config| {
        settings(c, to.path());
        c.rewind_bytes = ByteSize::new(BOUND);
    };
    let Moved { a, b, path, before, publishing, .. } = moved(from.path(), MINUTE, bounded).await;
    publishing.abort();
    a.stop_within(Duration::from_secs(20)).await;
    let now = Playlist::parse(&b.text(&format!("{path}?ll=0")).await);
    let was = Playlist::parse(&before);
    assert!(now.sequence > was.sequence && now.segments.len() > 10, "{now:?}");
    for segment in &now.segments {
        b.bytes(&format!("{}/{}", hls::folder(&path), segment.uri)).await;
    }
    let source = to.path().join(b.stream.broadcast("ada").unwrap().0).join("source");
    let files = std::fs::read_dir(&source).unwrap();
    let bytes: u64 = files.filter_map(|file| Some(file.ok()?.metadata().ok()?.len())).sum();
    assert!(bytes > BOUND / 2 && bytes <= BOUND, "{bytes} bytes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_rung_that_the_new_node_does_not_make_only_what_a_viewer_wants_is_fetched() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let a = TestApp::node("a", |c| {
        settings(c, from.path());
        (c.rewind_drain, c.ladder) = (MINUTE, vec!["160p".into()]);
        c.drain = MINUTE;
    })
    .await;
    a.stream.key("sk_ada", "ada");
    let options = Options::new("sk_ada").pace(Pace::Speed(3.0)).loops(60);
    let mut publisher = Moving::connect(a.addresses.rtmp, options).await.unwrap();
    let publishing = tokio::spawn(async move {
        let _ = publisher.send(&tags("obs-resize-2")).await;
    });
    let variants = hls::variants(&a.text("/live/ada/index.m3u8").await);
    let path = |name: &str| variants[0].1.replace("source", name);
    let id = a.stream.broadcast("ada").unwrap().0;
    let was = list(&a, &path("160p"), "a long list", |list| list.segments.len() >= 28).await;
    let folder = hls::folder(&path("160p")).to_owned();
    // Those are on disk alone. On a busy machine some of the rung are gaps.
    let (mut old, mut bytes) = (Vec::new(), Vec::new());
    for segment in &was.segments[..8] {
        let answer = a.get(&format!("{folder}/{}", segment.uri)).await;
        if answer.status() == 200 {
            old.push(segment.uri.clone());
            bytes.push(answer.bytes().await.unwrap());
        }
    }
    assert!(old.len() >= 3, "{old:?}");
    let last = old.last().unwrap().replace(".m4s", ".0.m4s");
    assert_eq!(a.get(&format!("{folder}/{last}")).await.status(), 404);
    let url = format!("{folder}/{}", old[2]);
    let b = a
        .beside("b", |c| {
            settings(c, to.path());
            // The source's takes longer than the viewer's way here.
            (c.rtmp.bind, c.rewind_pull) = (a.addresses.rtmp, ByteSize::new(64 << 10));
        })
        .await;
    a.begin_stop();
    a.stream.draining("a").await;
    a.stream.elsewhere(1);
    a.stream.report("the second epoch live", |r| r.epoch == 2 && r.state == State::Live as i32).await;
    assert_eq!(b.bytes(&url).await, bytes[2], "who is in the rewind of that rung goes on");
    a.stop_within(Duration::from_secs(60)).await;
    let came = |rendition: &str| {
        let folder = to.path().join(&id).join(rendition);
        old.iter().filter(|name| folder.join(name).is_file()).collect::<Vec<_>>()
    };
    assert_eq!(came("source").len(), old.len(), "all of the source");
    assert_eq!(came("160p"), [&old[2]]);
    publishing.abort();
}

/// A node whose window can only be fetched by way of `proxy`, with a broadcast on it.
pub async fn behind(bytes_per_second: Option<u64>, speed: f64) -> (TestApp, Proxy, String) {
    let mut proxy = None;
    let a = TestApp::node("a", |c| {
        let way = Proxy::start(c.grpc, bytes_per_second);
        c.grpc_url = format!("http://{}", way.address);
        c.drain = Setting::from_secs(60);
        c.window = Setting::from_secs(60);
        proxy = Some(way);
    })
    .await;
    a.stream.key("sk_ada", "ada");
    let options = Options::new("sk_ada").pace(Pace::Speed(speed)).loops(60);
    let publisher = Publisher::connect(a.addresses.rtmp, options).await.unwrap();
    let _sent = send(publisher, tags("obs-gop2-bframes"));
    let path = hls::variants(&a.text("/live/ada/index.m3u8").await)[0].1.clone();
    (a, proxy.unwrap(), path)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publisher_that_comes_again_while_the_window_is_on_its_way_has_it() {
    let (a, proxy, path) = behind(None, 4.0).await;
    let before = list(&a, &path, "a list", |list| list.segments.len() >= 4).await;
    let b = a.beside("b", |_| {}).await;
    a.begin_stop();
    a.stream.draining("a").await;
    let asked = a.stream.asked("sk_ada");
    let connect = || {
        let (rtmp, options) = (b.addresses.rtmp, Options::new("sk_ada").pace(Pace::Speed(1.0)));
        tokio::spawn(async move { Publisher::connect(rtmp, options).await })
    };
    let first = connect();
    a.stream.asked_so_often("sk_ada", asked + 1).await;
    let second = connect();
    a.stream.asked_so_often("sk_ada", asked + 2).await;
    proxy.open();
    let publisher = second.await.unwrap().expect("the later one has the seat");
    let sent = send(publisher, tags("obs-gop2-bframes"));
    let now = Playlist::parse(&b.text(&path).await);
    assert_eq!(now.sequence, before.sequence, "with the window: {now:?}");
    assert!(now.parts.iter().any(|(name, _)| name.starts_with("3-")), "{now:?}");
    drop(first);
    sent.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_window_that_does_not_come_in_time_the_newest_is_taken() {
    let (a, proxy, path) = behind(Some(400 << 10), 8.0).await;
    proxy.open();
    let before = list(&a, &path, "a list", |list| list.segments.len() >= 25).await;
    let b = a.beside("b", |_| {}).await;
    a.begin_stop();
    a.stream.draining("a").await;
    let asked = Instant::now();
    let publisher = b.publish("sk_ada").await.unwrap();
    assert!(asked.elapsed() < Duration::from_millis(2800), "took {:?}", asked.elapsed());
    let sent = send(publisher, tags("obs-gop2-bframes"));
    let now = Playlist::parse(&b.text(&path).await);
    assert!(now.sequence > before.sequence && now.sequence < before.next_msn() + 40, "{now:?}");
    let old = now.segments.iter().filter(|segment| segment.uri.starts_with("1-")).count();
    assert!(old >= 2, "some of it came: {now:?}");
    assert_eq!((now.discontinuities, now.gaps), (1, 0), "{now:?}");
    for segment in &now.segments {
        b.bytes(&format!("{}/{}", hls::folder(&path), segment.uri)).await;
    }
    sent.abort();
}
