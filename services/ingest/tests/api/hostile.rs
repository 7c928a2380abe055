//! Strangers who send anything, many of them, and publishers who are gone without a word: nobody else notices.

use crate::{
    app::{TestApp, send, tags},
    hls::{self, Playlist},
    probe,
};
use bytes::Bytes;
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use streamly_config::Duration as Setting;
use streamly_proto::stream::v1::State;
use streamly_testkit::{
    flv::{Kind, Tag},
    publisher::{Options, Pace, Publisher},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

/// Sockets of strangers at a time.
const STRANGERS: usize = 12;

/// What crates/rtmp keeps of its fuzzing: each file's first byte says whether a handshake comes before the rest.
fn attacks() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/rtmp/fuzz/corpus/connection");
    let mut handshake = vec![0; 1 + 2 * 1536];
    handshake[0] = 3;
    let mut all: Vec<Vec<u8>> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .filter_map(|file| file.split_first().map(|(first, rest)| (first % 2 == 0, rest.to_vec())))
        .map(|(open, rest)| if open { [handshake.clone(), rest].concat() } else { rest })
        .collect();
    // A media message of 16 MiB, one on each of 60 000 chunk streams, and bytes without any sense.
    let header =
        |csid: u32| vec![1, (csid & 0xff) as u8, (csid >> 8) as u8, 0, 0, 0, 0, 0x40, 0, 9, 1, 0, 0, 0];
    all.push(
        [handshake.clone(), vec![4, 0, 0, 0, 0xff, 0xff, 0xff, 9, 1, 0, 0, 0], vec![7; 60_000]].concat(),
    );
    all.push([handshake.clone(), (0..60_000).flat_map(header).collect()].concat());
    all.push(
        [handshake, (0..200_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()].concat(),
    );
    all.push(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec());
    all
}

/// Sends it and leaves, or is closed; never waits long.
async fn attack(address: std::net::SocketAddr, bytes: &[u8]) {
    let Ok(mut socket) = TcpStream::connect(address).await else { return };
    for part in bytes.chunks(4096) {
        if socket.write_all(part).await.is_err() {
            return;
        }
    }
    let answer = async { while let Ok(1..) = socket.read(&mut [0; 4096]).await {} };
    let _ = tokio::time::timeout(Duration::from_millis(100), answer).await;
}

/// Media of real publishers with bytes turned over, by a publisher with a key.
fn damaged(round: usize) -> Vec<Tag> {
    let mut all = tags("gst-rtmp2sink");
    all.truncate(60);
    let mut state = round as u32 * 97 + 1;
    for tag in all.iter_mut().filter(|tag| tag.kind != Kind::Script) {
        let mut data = tag.data.to_vec();
        for _ in 0..3 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let place = (state >> 8) as usize % data.len().min(64);
            data[place] = state as u8;
        }
        tag.timestamp = tag.timestamp.wrapping_add(state & 0xffff);
        tag.data = Bytes::from(data);
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_bytes_on_many_sockets_leave_a_good_publishers_media_whole() {
    let app = TestApp::with(|config| config.rate_limits = false).await;
    app.stream.key("sk_ada", "ada");
    app.stream.key("sk_eve", "eve");
    let options = Options::new("sk_ada").pace(Pace::Speed(2.0));
    let publisher = Publisher::connect(app.addresses.rtmp, options).await.unwrap();
    let sent = send(publisher, tags("obs-gop2-bframes"));
    let (attacks, count, address) = (Arc::new(attacks()), Arc::new(AtomicUsize::new(0)), app.addresses.rtmp);
    let mut strangers = JoinSet::new();
    for stranger in 0..STRANGERS {
        let (attacks, count) = (attacks.clone(), count.clone());
        strangers.spawn(async move {
            for round in stranger.. {
                attack(address, &attacks[round % attacks.len()]).await;
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    strangers.spawn(async move {
        for round in 0.. {
            if let Ok(mut publisher) = Publisher::connect(address, Options::new("sk_eve")).await {
                // Refused somewhere in the middle, mostly.
                let _ = publisher.send(&damaged(round)).await;
            }
        }
    });
    let (publisher, sent) = sent.await.unwrap();
    sent.expect("it was never cut off");
    let attacked = count.load(Ordering::Relaxed);
    assert!(attacked > 3 * attacks.len(), "each attack ran several times: {attacked}");
    publisher.stop().await.unwrap();
    let (id, epoch) = app.stream.broadcast("ada").unwrap();
    app.stream.ended_of(&id, "clean").await;
    drop(strangers);
    assert_eq!(epoch, 1);
    assert_eq!(app.stream.count_ended_of(&id), 1, "neither lost nor refused");
    let path = format!("/live/b/{id}/source/index.m3u8");
    let list = Playlist::parse(&app.text(&path).await);
    assert!(list.ended && list.discontinuities == 0 && list.gaps == 0, "{list:?}");
    let (_, bytes) = hls::download(&app, &path).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ada.mp4");
    std::fs::write(&file, &bytes).unwrap();
    let pictures =
        tags("obs-gop2-bframes").iter().filter(|t| t.kind == Kind::Video && t.data[1] == 1).count();
    assert_eq!(probe::tracks(&file).await[0].frames, pictures as u64);
    probe::decodes_cleanly(&file).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publisher_gone_without_a_word_is_lost_after_the_media_time_out_by_rtmp_and_rtmps() {
    let folder = tempfile::tempdir().unwrap();
    let app = TestApp::with(|config| {
        config.rtmp.media_timeout = Setting::from_millis(800);
        config.rtmps.bind = Some(([127, 0, 0, 1], 0).into());
        config.rtmps.own_dir = Some(folder.path().to_owned());
    })
    .await;
    let certificate = std::fs::read(folder.path().join("rtmps.crt")).unwrap();
    for (user, secure) in [("ada", false), ("bob", true)] {
        app.stream.key(user, user);
        let options = Options::new(user);
        let (address, options) = match secure {
            true => (app.addresses.rtmps.unwrap(), options.tls(certificate.clone())),
            false => (app.addresses.rtmp, options),
        };
        let mut publisher = Publisher::connect(address, options).await.unwrap();
        let media: Vec<_> = tags("obs-gop2-bframes").into_iter().filter(|tag| tag.timestamp < 2500).collect();
        publisher.send(&media).await.unwrap();
        // Its socket stays open, as that of a machine whose network is gone.
        let silent = Instant::now();
        let _held = publisher.hold().await;
        let (id, _) = app.stream.broadcast(user).unwrap();
        app.stream.ended_of(&id, "lost").await;
        let took = silent.elapsed();
        assert!((Duration::from_millis(700)..Duration::from_secs(3)).contains(&took), "{user}: {took:?}");
        let reconnecting = State::Reconnecting as i32;
        app.stream.report("reconnecting", |r| r.broadcast_id == id && r.state == reconnecting).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_connections_is_bounded_and_a_publisher_gets_in_during_it() {
    const FLOOD: usize = 400;
    const PENDING: usize = 20;
    let app = TestApp::with(|config| config.rtmp.max_pending_per_address = PENDING).await;
    app.stream.key("sk_ada", "ada");
    app.stream.key("sk_bob", "bob");
    let ada = send(app.publish("sk_ada").await.unwrap(), tags("obs-gop2-bframes"));
    let mut open = Vec::new();
    for n in 0..FLOOD {
        let mut socket = TcpStream::connect(app.addresses.rtmp).await.unwrap();
        // Half of them begin a handshake that they never end.
        if n % 2 == 0 {
            let _ = socket.write_all(&[3; 700]).await;
        }
        open.push(socket);
    }
    let bob = app.publish("sk_bob").await.expect("let in");
    let mut left = 0;
    for socket in &mut open {
        let mut byte = [0];
        // Those that had to give way are closed: reading ends at once.
        left += usize::from(
            tokio::time::timeout(Duration::from_millis(20), socket.read(&mut byte)).await.is_err(),
        );
    }
    assert!(left <= PENDING, "{left} are still held");
    assert!(!ada.is_finished() && app.stream.count_ended("lost") == 0);
    bob.stop().await.unwrap();
    app.stream.ended("clean").await;
    ada.abort();
}
