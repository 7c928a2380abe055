//! One broadcast over several nodes: take-over, draining, the window that goes along.

use crate::{
    app::{TestApp, send, tags},
    hls::{self, Playlist},
    probe,
};
use bytes::BytesMut;
use std::{
    net::SocketAddr,
    path::Path,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};
use streamly_config::Duration as Setting;
use streamly_proto::{
    ingest::v1::{DrainRequest, HandOverRequest, ingest_service_client::IngestServiceClient},
    stream::v1::State,
};
use streamly_rpc::{Identity, Peer, PeerConfig};
use streamly_testkit::{
    flv::{Kind, Tag},
    publisher::{Moving, Options, Pace},
};

/// Frames that may be lost by a move.
const MAY_BE_LOST: u64 = 2;

fn recorded() -> Vec<Tag> {
    tags("obs-gop2-bframes")
}

async fn source(app: &TestApp) -> String {
    hls::variants(&app.text("/live/ada/index.m3u8").await)[0].1.clone()
}

fn pictures(tags: &[Tag]) -> u64 {
    tags.iter().filter(|tag| tag.kind == Kind::Video && tag.data[1] == 1).count() as u64
}

/// The segments of one epoch of a list as a file, its init section in front.
async fn file(app: &TestApp, path: &str, list: &Playlist, epoch: u64) -> tempfile::NamedTempFile {
    let folder = hls::folder(path);
    let mut all = BytesMut::new();
    for segment in list.segments.iter().filter(|segment| segment.uri.starts_with(&format!("{epoch}-"))) {
        if all.is_empty() {
            all.extend_from_slice(&app.bytes(&format!("{folder}/{}", segment.map)).await);
        }
        all.extend_from_slice(&app.bytes(&format!("{folder}/{}", segment.uri)).await);
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), all).unwrap();
    file
}

/// How far apart the tracks may begin (seconds): behind a break sound begins before the decode time of the first picture, with silence
/// (ADR 0020). That what was sent stays in its place is seen in `crates/media`, and in the browser's tests by flash and beep.
const APART: std::ops::RangeInclusive<f64> = -0.045..=0.11;

/// Decoded pictures, and by how much they begin after the sound, in seconds.
async fn pictures_and_lead(file: &std::path::Path) -> (u64, f64) {
    probe::decodes_cleanly(file).await;
    let tracks = probe::tracks(file).await;
    let of = |codec: &str| tracks.iter().find(|track| track.codec == codec).unwrap();
    (of("h264").frames, of("h264").start - of("aac").start)
}

/// Publishes until it is told to stop, and moves when it is asked to.
fn moving(mut publisher: Moving, tags: Vec<Tag>) -> tokio::task::JoinHandle<Moving> {
    tokio::spawn(async move {
        publisher.send(&tags).await.expect("every connection is taken");
        publisher
    })
}

fn options() -> Options {
    Options::new("sk_ada").pace(Pace::Speed(1.0)).loops(2)
}

async fn connect(app: &TestApp) -> Moving {
    Moving::connect(app.addresses.rtmp, options()).await.unwrap()
}

/// PROGRAM-DATE-TIME never goes back in a list.
fn dates_grow(text: &str) {
    let dates: Vec<_> =
        text.lines().filter_map(|line| line.strip_prefix("#EXT-X-PROGRAM-DATE-TIME:")).collect();
    assert!(dates.len() > 2 && dates.is_sorted(), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_node_takes_over_at_once_and_the_old_one_writes_nothing_more() {
    let a = TestApp::node("a", |_| {}).await;
    let b = a.beside("b", |_| {}).await;
    a.stream.key("sk_ada", "ada");
    let sent = send(a.publish("sk_ada").await.unwrap(), recorded());
    let path = source(&a).await;
    let before = Playlist::parse(&a.text(&format!("{path}?_HLS_msn=2")).await);
    let asked = Instant::now();
    let publisher = b.publish("sk_ada").await.unwrap();
    assert!(asked.elapsed() < Duration::from_secs(1), "took {:?}", asked.elapsed());
    // The old session is closed, though its publisher goes on sending.
    assert!(sent.await.unwrap().1.is_err());
    assert!(asked.elapsed() < Duration::from_secs(1), "closed after {:?}", asked.elapsed());
    let fenced = Playlist::parse(&a.text(&path).await);
    let sent = send(publisher, recorded());
    // What comes next is held, never written, until it is known where it is; then it is not here.
    let (msn, part) = (fenced.next_msn(), fenced.open_parts);
    assert_eq!(a.get(&format!("{path}?_HLS_msn={msn}&_HLS_part={part}")).await.status(), 404);
    assert_eq!(a.get(&path).await.status(), 404);
    let last = &before.segments.last().unwrap().uri;
    a.bytes(&format!("{}/{last}", hls::folder(&path))).await;
    assert_eq!(source(&b).await, path, "viewers keep their URL");
    let list = Playlist::parse(&b.text(&path).await);
    assert!(list.sequence >= 1000 && !list.ended, "{list:?}");
    let own = list.parts.iter().filter(|(name, _)| name.starts_with("2-")).count();
    assert_eq!(own, list.parts.len(), "{list:?}");
    sent.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publisher_moves_from_a_draining_node_and_its_viewers_go_on() {
    moves_by(None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_does_one_by_rtmps_which_the_new_node_takes_by_rtmps() {
    let folder = tempfile::tempdir().unwrap();
    moves_by(Some(folder.path())).await;
}

/// Replaces the only node of a port under its publisher. `own`: where the nodes have their common certificate; then all of it is by RTMPS.
async fn moves_by(own: Option<&Path>) {
    let secure = |c: &mut streamly_ingest::Config, door: SocketAddr| {
        c.rtmps.bind = own.map(|_| door);
        c.rtmps.own_dir = own.map(Path::to_owned);
    };
    let a = TestApp::node("a", |c| {
        c.drain = Setting::from_secs(60);
        secure(c, ([127, 0, 0, 1], 0).into());
    })
    .await;
    a.stream.key("sk_ada", "ada");
    // A channel that waits for nobody is moved all the same.
    a.stream.grace_ms.store(0, Ordering::Relaxed);
    let publisher = match own {
        Some(folder) => {
            let options = options().tls(std::fs::read(folder.join("rtmps.crt")).unwrap());
            Moving::connect(a.addresses.rtmps.unwrap(), options).await.unwrap()
        }
        None => connect(&a).await,
    };
    let publishing = moving(publisher, recorded());
    let path = source(&a).await;
    let before = Playlist::parse(&a.text(&format!("{path}?_HLS_msn=2")).await);
    let b = a
        .beside("b", |c| {
            c.rtmp.bind = a.addresses.rtmp;
            secure(c, a.addresses.rtmps.unwrap_or(a.addresses.rtmp));
        })
        .await;
    // A node says so of itself.
    let by_rtmps = a.stream.takes_rtmps("b").await;
    assert_eq!((a.stream.takes_rtmps("a").await, by_rtmps), (own.is_some(), own.is_some()));

    a.begin_stop();
    a.stream.draining("a").await;
    // Nobody is asked before another place is certain, though keyframes come: a segment later it is still here.
    a.text(&format!("{path}?_HLS_msn={}", before.next_msn() + 1)).await;
    assert_eq!(a.stream.broadcast("ada").unwrap().1, 1, "one session so far");
    a.stream.elsewhere_by(1, u32::from(by_rtmps));
    a.stream.report("the second epoch live", |r| r.epoch == 2 && r.state == State::Live as i32).await;
    assert_eq!(a.stream.was_secure("sk_ada"), own.is_some());

    // The old node serves what it has until the new place is known, then sends viewers away, then ends by itself.
    let left = async {
        while a.get(&path).await.status() != 404 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(2), left).await.expect("viewers are sent to the new node");
    let text = b.text(&format!("{path}?_HLS_msn={}", before.next_msn())).await;
    dates_grow(&text);
    let after = Playlist::parse(&text);
    assert_eq!((after.sequence, after.discontinuities), (before.sequence, 1), "{text}");
    for (old, new) in before.segments.iter().zip(&after.segments) {
        assert_eq!((&old.uri, &old.map), (&new.uri, &new.map));
    }
    tokio::time::timeout(Duration::from_secs(6), a.stop()).await.expect("the old node ends by itself");
    assert!(!b.stream.was_away(), "viewers see it move, and not that it is away");

    let publisher = publishing.await.unwrap();
    assert_eq!(publisher.moves(), 1);
    publisher.stop().await.unwrap();
    b.stream.ended("clean").await;
    let list = Playlist::parse(&b.text(&path).await);
    assert!(list.ended && list.gaps == 0 && list.discontinuities == 1, "{list:?}");
    let (mut frames, mut numbers) = (0, Vec::new());
    for segment in &list.segments {
        numbers.push(segment.uri.split(['-', '.']).nth(1).unwrap().parse::<u64>().unwrap());
    }
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "no jump: {numbers:?}");
    for epoch in [1, 2] {
        let (pictures, lead) = pictures_and_lead(file(&b, &path, &list, epoch).await.path()).await;
        assert!(APART.contains(&lead), "epoch {epoch}: {lead} s");
        frames += pictures;
    }
    let sent = 2 * pictures(&recorded());
    assert!(frames + MAY_BE_LOST >= sent, "{frames} of {sent} frames");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rungs_go_along_and_those_of_one_node_alone_begin_or_end_in_order() {
    let rungs = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let long = |c: &mut streamly_ingest::Config| {
        (c.drain, c.ladder) = (Setting::from_secs(60), rungs(&["360p", "160p"]));
    };
    let a = TestApp::node("a", long).await;
    a.stream.key("sk_ada", "ada");
    let publishing = moving(connect(&a).await, tags("obs-resize-2"));
    let variants = hls::variants(&a.text("/live/ada/index.m3u8").await);
    let names: Vec<_> = variants.iter().map(|(_, path)| path.split('/').nth(4).unwrap().to_owned()).collect();
    assert_eq!(names, ["source", "360p", "160p"], "the picture is large enough for two rungs");
    let path = |name: &str| variants[0].1.replace("source", name);
    let before = Playlist::parse(&a.text(&format!("{}?_HLS_msn=2", path("160p"))).await);
    let b = a.beside("b", |c| (c.rtmp.bind, c.ladder) = (a.addresses.rtmp, rungs(&["160p"]))).await;
    a.begin_stop();
    a.stream.draining("a").await;
    a.stream.elsewhere(1);
    a.stream.report("the second epoch live", |r| r.epoch == 2 && r.state == State::Live as i32).await;
    let last = Playlist::parse(&b.text(&path("source")).await).next_msn();
    for name in ["source", "160p"] {
        let list = Playlist::parse(&b.text(&format!("{}?_HLS_msn={last}", path(name))).await);
        assert_eq!(
            (list.sequence, list.discontinuities, list.gaps),
            (before.sequence, 1, 0),
            "{name}: {list:?}"
        );
    }
    // Not made here: what there is of it stays fetchable, it goes on with gaps and is gone soon.
    let old = &before.segments[0];
    b.bytes(&format!("{}/{}", hls::folder(&path("360p")), old.uri)).await;
    let text = b.text(&path("360p")).await;
    assert!(!text.contains("#EXT-X-ENDLIST") && text.contains(&format!("{}\n", old.uri)), "{text}");
    let listed = hls::variants(&b.text("/live/ada/index.m3u8").await);
    assert_eq!(listed.len(), 2, "{listed:?}");
    publishing.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_old_window_the_broadcast_goes_on_as_after_a_lost_node() {
    let a = TestApp::node("a", |_| {}).await;
    let b = a.beside("b", |_| {}).await;
    a.stream.key("sk_ada", "ada");
    let _first = send(a.publish("sk_ada").await.unwrap(), recorded());
    let path = source(&a).await;
    *a.stream.misleading.lock() = Some("http://127.0.0.1:1".into());
    let asked = Instant::now();
    let _second = send(b.publish("sk_ada").await.unwrap(), recorded());
    assert!(asked.elapsed() < Duration::from_millis(2500), "took {:?}", asked.elapsed());
    let list = Playlist::parse(&b.text(&path).await);
    assert!(list.sequence >= 1000 && list.parts.iter().any(|(name, _)| name.starts_with("2-")), "{list:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_window_is_fetched_from_outside_the_networks_of_the_nodes() {
    let elsewhere = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let a = TestApp::node("a", |_| {}).await;
    let b = a.beside("b", |c| c.hand_over_allow = vec!["10.0.0.0/8".parse().unwrap()]).await;
    a.stream.key("sk_ada", "ada");
    let _first = send(a.publish("sk_ada").await.unwrap(), recorded());
    source(&a).await;
    *a.stream.misleading.lock() = Some(format!("http://{}", elsewhere.local_addr().unwrap()));
    let publishing = async {
        let publisher = b.publish("sk_ada").await.unwrap();
        let _second = send(publisher, recorded());
        source(&b).await
    };
    tokio::select! {
        biased;
        called = elsewhere.accept() => panic!("{called:?} called where no node can be"),
        _ = publishing => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_window_is_given_to_other_nodes_alone_and_only_by_a_node_that_drains() {
    let a = TestApp::node("a", |_| {}).await;
    a.stream.key("sk_ada", "ada");
    let publishing = send(a.publish("sk_ada").await.unwrap(), recorded());
    source(&a).await;
    let (id, epoch) = a.stream.broadcast("ada").unwrap();
    let ask = |who: &'static str, id: &str, epoch: u64| {
        let key = if who == "ingest" { a.node_key() } else { a.stream_key.clone() };
        let url = format!("http://{}", a.addresses.grpc);
        let peer = Peer::new(PeerConfig::at(url), "ingest", Identity::new(who, key)).unwrap();
        let request = HandOverRequest { broadcast_id: id.to_owned(), epoch, ..HandOverRequest::default() };
        async move {
            let answer = IngestServiceClient::new(peer.streaming()).hand_over(request).await;
            answer.map_err(|status| status.code())
        }
    };
    assert_eq!(
        ask("ingest", &id, epoch).await.unwrap_err(),
        tonic::Code::FailedPrecondition,
        "it does not drain"
    );
    let stream = Identity::new("stream", a.stream_key.clone());
    let peer = Peer::new(PeerConfig::at(format!("http://{}", a.addresses.grpc)), "ingest", stream).unwrap();
    peer.call(|t| async move { IngestServiceClient::new(t).drain(DrainRequest {}).await }).await.unwrap();
    assert_eq!(ask("ingest", "nothing", epoch).await.unwrap_err(), tonic::Code::NotFound);
    assert_eq!(
        ask("ingest", &id, epoch - 1).await.unwrap_err(),
        tonic::Code::FailedPrecondition,
        "an old epoch"
    );
    assert!(!publishing.is_finished(), "nothing of it touched the publisher");
    let mut given = ask("ingest", &id, epoch).await.unwrap().into_inner();
    assert!(publishing.await.unwrap().1.is_err(), "fenced: the session is closed");
    let mut pieces = 0;
    while let Some(piece) = given.message().await.unwrap() {
        pieces += 1;
        if matches!(piece.piece, Some(streamly_proto::ingest::v1::hand_over_piece::Piece::Finished(_))) {
            break;
        }
    }
    assert!(pieces > 3, "{pieces}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_reconnects_leave_sound_and_picture_together_and_one_discontinuity_each() {
    const CUTS: u64 = 20;
    let app = TestApp::with(|c| c.rate_limits = false).await;
    app.stream.key("sk_ada", "ada");
    let short: Vec<Tag> = recorded().into_iter().filter(|tag| tag.timestamp < 1200).collect();
    let mut path = String::new();
    for _ in 0..=CUTS {
        let options = Options::new("sk_ada").pace(Pace::Speed(8.0));
        let mut publisher =
            streamly_testkit::publisher::Publisher::connect(app.addresses.rtmp, options).await.unwrap();
        publisher.send(&short).await.unwrap();
        path = source(&app).await;
        publisher.cut().await.unwrap();
    }
    let (id, epoch) = app.stream.broadcast("ada").unwrap();
    app.stream.command_end(&id, epoch, "owner_ended").await;
    app.stream.ended("ended").await;
    let text = app.text(&path).await;
    dates_grow(&text);
    let list = Playlist::parse(&text);
    assert_eq!((list.discontinuities as u64, list.gaps), (CUTS, 0), "{text}");
    for epoch in 1..=CUTS + 1 {
        let (pictures, lead) = pictures_and_lead(file(&app, &path, &list, epoch).await.path()).await;
        assert!(pictures > 20 && APART.contains(&lead), "epoch {epoch}: {pictures} pictures, {lead} s");
    }
}
